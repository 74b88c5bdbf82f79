"""Fields over an input of two axes: nested squares, solid over the input and dashed beyond its border."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archdsl.outputs.drawing.receptive.captions import HIGH, spread
from archdsl.outputs.drawing.receptive.picture import Picture, drawn, ends, pieces
from archdsl.outputs.drawing.receptive.seen import Seen, Span, View
from archdsl.outputs.drawing.scene import Image, Line, Part, Point, Rect

CLOSEST = 4.0
"""Points between two lines of layers that are not named."""

NAMED, OTHER = 1.1, 0.35
"""Weights of lines."""


class Frame(NamedTuple):
    """Where the input is drawn."""

    x: float
    y: float
    top: Span
    """From where to where, down."""
    left: Span
    """The same across."""
    input: tuple[int, int]
    scale: float

    def point(self, row: float, column: float) -> Point:
        """A place over the input."""
        return self.x + (column - self.left[0]) * self.scale, self.y + (row - self.top[0]) * self.scale

    def holds(self, layer: Seen) -> bool:
        """Whether all of a field is drawn."""
        return all(
            start <= first and last <= end
            for (first, last), (start, end) in zip(layer.spans, (self.top, self.left), strict=True)
        )


def picture(
    view: View, named: Sequence[Seen], x: float, y: float, room: float, image: bytes | None
) -> Picture:
    """The input, and around it as much as the named fields need, in a square of this size."""
    rows, columns = (view.source.shape or ())[1:]
    whole = drawn(named, (rows, columns))
    top = ends(rows, [layer.spans[0] for layer in whole])
    left = ends(columns, [layer.spans[1] for layer in whole])
    high, wide = top[1] - top[0], left[1] - left[0]
    frame = Frame(x, y, top, left, (rows, columns), room / max(high, wide))
    height = max(high * frame.scale, HIGH * len(named))
    tips = tuple(_corner(frame, layer) if frame.holds(layer) else None for layer in named)
    wanted = [tip[1] if tip else y for tip in tips]
    heights = spread(wanted[::-1], y + HIGH / 2, y + height - HIGH / 2)[::-1]
    return Picture(
        (*_input(frame, image), *_others(frame, view.layers, named)),
        tuple(
            tuple(_square(frame, layer, halo=image is not None)) if frame.holds(layer) else ()
            for layer in named
        ),
        tips,
        tuple(heights),
        wide * frame.scale,
        height,
    )


def _input(frame: Frame, image: bytes | None) -> Iterator[Part]:
    x, y = frame.point(0, 0)
    high, wide = (n * frame.scale for n in frame.input)
    if image is None:
        yield Rect(x, y, wide, high, "frame", weight=0)
    else:
        yield Image(x, y, wide, high, image)
    yield Rect(x, y, wide, high, "source", weight=1.0, filled=False)


def _others(frame: Frame, layers: Sequence[Seen], named: Sequence[Seen]) -> Iterator[Part]:
    """The fields of layers that are not named, where there is room between the lines."""
    taken = [max(layer.size) * frame.scale / 2 for layer in named]
    for layer in layers:
        half = max(layer.size) * frame.scale / 2
        if frame.holds(layer) and all(abs(half - each) >= CLOSEST for each in taken):
            taken.append(half)
            yield from _outline(frame, layer, "faint", OTHER)


def _square(frame: Frame, layer: Seen, *, halo: bool) -> Iterator[Part]:
    """The field of a named layer, in the colour of its family; a halo sets it off from an image."""
    if halo:
        yield from _outline(frame, layer, "paper", NAMED + 1.2)
    yield from _outline(frame, layer, layer.node.op.family, NAMED)


def _corner(frame: Frame, layer: Seen) -> Point:
    """The upper right corner of a field."""
    (first, _), (_, last) = layer.spans
    return frame.point(first, last)


def _outline(frame: Frame, layer: Seen, role: str, weight: float) -> Iterator[Part]:
    (top, bottom), (left, right) = layer.spans
    rows, columns = frame.input
    for row in (top, bottom):
        for start, end, solid in _side(left, right, columns, within=0 <= row <= rows):
            points = frame.point(row, start), frame.point(row, end)
            yield Line(points, role, dash="solid" if solid or role == "paper" else "dashed", weight=weight)
    for column in (left, right):
        for start, end, solid in _side(top, bottom, rows, within=0 <= column <= columns):
            points = frame.point(start, column), frame.point(end, column)
            yield Line(points, role, dash="solid" if solid or role == "paper" else "dashed", weight=weight)


def _side(start: float, end: float, n: int, *, within: bool) -> Iterable[tuple[float, float, bool]]:
    """The stretches of a side, and whether they lie over the input."""
    return pieces(start, end, n) if within else [(start, end, False)]
