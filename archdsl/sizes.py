"""Shapes: exact sizes of tensors, channels first, without the batch axis.

A shape is a tuple of positive integers, `(3, 224, 224)`; `None` stands for a shape that is unknown
because an error was reported upstream.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

Shape = tuple[int, ...]


def show(shape: Iterable[int]) -> str:
    """`3 x 224 x 224`, as it is written in a spec; a scalar is `1`."""
    return " x ".join(map(str, shape)) or "1"


def elements(shape: Shape) -> int:
    """How many numbers a tensor of this shape holds."""
    return prod(shape)


def spatial(shape: Shape) -> Shape:
    """The axes behind the channels."""
    return shape[1:]
