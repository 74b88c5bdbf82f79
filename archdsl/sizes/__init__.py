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
    return " x ".join(map(_term, shape)) or "1"


def _term(size: int) -> str:
    text = str(size)
    return f"({text})" if " " in text else text


def alike(one: Shape, other: Shape) -> bool:
    """Whether shapes are the same, for every size if they depend on open ones."""
    left, right = ([getattr(size, "form", size) for size in shape] for shape in (one, other))
    return left == right


def one_if(condition: bool) -> int:
    """1 if a condition on sizes holds, else 0: a number that may be open, where an `if` would decide."""
    if type(condition) is bool:
        return int(condition)
    from archdsl.sizes.open import one_if as open_one_if

    return open_one_if(condition)


_AXES = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}


def axis_name(axis: int, rank: int) -> str:
    """What an axis is called in messages: `channels`, `height`, …"""
    if axis == 0:
        return "features" if rank == 1 else "channels"
    names = _AXES.get(rank)
    return names[axis - 1] if names else f"axis {axis}"


def elements(shape: Shape) -> int:
    """How many numbers a tensor of this shape holds."""
    return prod(shape)


def spatial(shape: Shape) -> Shape:
    """The axes behind the channels."""
    return shape[1:]
