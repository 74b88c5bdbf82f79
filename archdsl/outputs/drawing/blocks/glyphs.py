"""Small pictures of what is in a closed block: bars for its branches, an arc for its skip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.scene import Line, Part, Point, Rect, Text
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.wanted import Direction

BARS, BAR = 124.0, 10.0
"""How long the bars of a concat are together, and how high."""
BETWEEN = 1.5
"""Two bars."""
ARC = 10.0
"""How far the arc of a skip stands out."""

Way = Literal["identity", "projection"]


def bars(channels: Sequence[int], x: float, y: float, role: str = "learned") -> Iterator[Part]:
    """A bar for each branch, as long as its share of the channels, with their number if there is room."""
    room = BARS - BETWEEN * (len(channels) - 1)
    lengths = [room * count / (sum(channels) or 1) for count in channels]
    each = list(zip(channels, lengths, strict=True))
    told = all(width(str(count), SMALL) + 1 <= length for count, length in each)
    for count, length in each:
        yield Rect(x, y, length, BAR, role, weight=0.5)
        if told:
            yield Text(x + length / 2, y + BAR - 2.2, str(count), SMALL)
        x += length + BETWEEN


def arc(way: Way, x: float, y: float, length: float, direction: Direction, role: str = "") -> Iterator[Part]:
    """A skip along a side that begins at (x, y): of a box's right, or of its lower side where the flow runs
    to the right.
    """

    def at(out: float, along: float) -> Point:
        return (x + out, y + along) if direction == "down" else (x + along, y + out)

    start, end, out = 3.0, length - 3.0, ARC - 3.0
    bend = min(out, (end - start) / 2)
    middle = (start + end) / 2
    points = (
        at(0.0, start), at(out * 0.7, start), at(out, start + bend * 0.3), at(out, start + bend),
        at(out, start + bend), at(out, end - bend), at(out, end - bend),
        at(out, end - bend * 0.3), at(out * 0.7, end), at(0.0, end),
    )  # fmt: skip
    yield Line(points, role or "merge", curved=True, weight=1.2)
    if way == "projection":
        left, top = at(out - 2.5, middle - 5.0)
        wide, high = (5.0, 10.0) if direction == "down" else (10.0, 5.0)
        yield Rect(left, top, wide, high, role or "learned")
