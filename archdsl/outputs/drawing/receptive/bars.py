"""Fields over an input of one axis: a bar for each, below the input, solid over it and dashed beyond."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.outputs.drawing.receptive.captions import HIGH
from archdsl.outputs.drawing.receptive.picture import Picture, drawn, ends, pieces
from archdsl.outputs.drawing.receptive.seen import Seen, Span, View
from archdsl.outputs.drawing.scene import Dash, Line, Part, Rect

THICK = 7.0


class Ruler(NamedTuple):
    """Where the input is drawn."""

    x: float
    y: float
    ends: Span
    input: int
    scale: float

    def place(self, cell: float) -> float:
        """Where a cell begins."""
        return self.x + (cell - self.ends[0]) * self.scale

    def row(self, number: int) -> float:
        """The middle of a bar; the input's has number 0."""
        return self.y + HIGH * (number + 0.5)

    def part(self, layer: Seen) -> Span:
        """As much of a field as is drawn."""
        ((start, end),) = layer.spans
        return max(start, self.ends[0]), min(end, self.ends[1])


def picture(view: View, named: Sequence[Seen], x: float, y: float, room: float) -> Picture:
    """The input, and below it a bar for each named field, in a room of this width."""
    (n,) = (view.source.shape or ())[1:]
    start, end = ends(n, [layer.spans[0] for layer in drawn(named, (n,))])
    ruler = Ruler(x, y, (start, end), n, room / (end - start))
    rows = range(1, len(named) + 1)
    return Picture(
        tuple(_input(ruler, len(named))),
        tuple(tuple(_bar(ruler, layer, row)) for row, layer in zip(rows, named, strict=True)),
        tuple(
            (ruler.place(ruler.part(layer)[1]), ruler.row(row))
            for row, layer in zip(rows, named, strict=True)
        ),
        tuple(ruler.row(row) for row in rows),
        room,
        HIGH * (len(named) + 1),
    )


def _input(ruler: Ruler, rows: int) -> Iterator[Part]:
    """The first bar, and its borders down to the last one."""
    start, end = ruler.place(0), ruler.place(ruler.input)
    yield Rect(start, ruler.row(0) - THICK / 2, end - start, THICK, "frame")
    for x in (start, end):
        yield Line(((x, ruler.row(0)), (x, ruler.row(rows) + THICK)), "faint", dash="dotted", weight=0.5)


def _bar(ruler: Ruler, layer: Seen, row: int) -> Iterator[Part]:
    for start, end, inside in pieces(*ruler.part(layer), ruler.input):
        wide = (end - start) * ruler.scale
        dash: Dash = "solid" if inside else "dashed"
        role = layer.node.op.family
        yield Rect(
            ruler.place(start), ruler.row(row) - THICK / 2, wide, THICK, role, dash=dash, filled=inside
        )
