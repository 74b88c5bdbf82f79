"""What is drawn of an input and of the fields over it, whatever its number of axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from archdsl.outputs.drawing.receptive.seen import Seen, Span
from archdsl.outputs.drawing.scene import Part, Point

FARTHEST = 0.65
"""How much of the input's size is drawn beyond each border; larger fields are only named."""


class Picture(NamedTuple):
    """The parts of a picture, and where the labels belong."""

    ground: tuple[Part, ...]
    fields: tuple[tuple[Part, ...], ...]
    """Of each named layer."""
    tips: tuple[Point | None, ...]
    """Where the leader of each begins; None where the field is too large to be drawn."""
    heights: tuple[float, ...]
    """Of the labels."""
    width: float
    height: float


def drawn(layers: Sequence[Seen], shape: tuple[int, ...]) -> list[Seen]:
    """The layers whose fields are drawn: those that do not reach too far beyond the input."""
    return [
        layer
        for layer in layers
        if all(
            -FARTHEST * n <= start and end <= n + FARTHEST * n
            for (start, end), n in zip(layer.spans, shape, strict=True)
        )
    ]


def ends(n: int, spans: Sequence[Span]) -> Span:
    """From where to where an axis of n cells is drawn, to hold these."""
    return min([0.0, *(start for start, _ in spans)]), max([float(n), *(end for _, end in spans)])


def pieces(start: float, end: float, n: int) -> Iterator[tuple[float, float, bool]]:
    """The parts of a stretch before the input, over it and behind it; and whether it is over it."""
    cuts = (start, min(max(start, 0.0), end), max(min(end, n), start), end)
    for number, (first, last) in enumerate(pairwise(cuts)):
        if first < last:
            yield first, last, number == 1


def exceeds_input(layer: Seen, shape: tuple[int, ...]) -> bool:
    """Whether a field is larger than the input."""
    return any(size > n for size, n in zip(layer.size, shape, strict=True))
