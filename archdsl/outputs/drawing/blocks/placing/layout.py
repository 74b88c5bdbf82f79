"""From the structure of a picture to places: stacks, branches beside each other, frames, columns.

Everything is laid out along the flow (u) and across it (v); so the same rules hold for drawings that
run down and to the right. Boxes of a chain stand on one axis, and lines between them are straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from archdsl.outputs.drawing.blocks import boxes
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture
from archdsl.outputs.drawing.blocks.placing import columns, fans, frames, knots
from archdsl.outputs.drawing.blocks.placing.structure import (
    Branch,
    Fan,
    Knot,
    Level,
    Piece,
    Series,
    Taken,
    is_tangled,
    levels,
)
from archdsl.outputs.drawing.blocks.placing.unit import Put, Room, Unit, Wire, label
from archdsl.outputs.drawing.blocks.placing.unrolled import Joint, unrolled
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.wanted import Direction

GAP = 11.0
"""Between two boxes, where nothing is written beside the arrow."""
LETTERED = 17.0
"""Where something is."""


@dataclass(slots=True)
class Step:
    """A unit of a chain with the arrow into it, and what begins or ends beside it."""

    unit: Unit
    piece: Piece
    link: Arrow | None
    text: str = ""
    begin: list[tuple[Branch, Unit]] = field(default_factory=list)
    """Branches that leave from here and end by themselves."""
    end: list[tuple[Branch, Unit]] = field(default_factory=list)
    """Branches that begin by themselves and end here."""

    @property
    def resolution(self) -> str:
        """Of a block: the spatial size of what leaves it."""
        return self.piece.resolution if isinstance(self.piece, Box | Frame) else ""


class Layout:
    """The layout of one picture in one direction."""

    def __init__(self, picture: Picture, direction: Direction) -> None:
        self.picture = picture
        self.direction: Direction = direction
        self.levels: dict[Frame | None, Level] = levels(picture)
        self.tangled = {frame for frame, level in self.levels.items() if frame and is_tangled(level)}
        self.banded = _is_banded(self.levels)
        self._series: dict[Frame | None, Series] = {}
        self._knots: dict[Knot, Unit] = {}

    @property
    def down(self) -> bool:
        return self.direction == "down"

    def whole(self, limit: float | None) -> Unit:
        """All of it, its chain in columns that are no longer than the limit, if that can be."""
        return self.chain(self.series(None), Room(limit))

    def series(self, frame: Frame | None) -> Series:
        """What a level is made of."""
        if frame not in self._series:
            self._series[frame] = Taken(self.levels[frame], self.tangled).series()
        return self._series[frame]

    # -- chains -----------------------------------------------------------------------------------

    def chain(self, series: Series, room: Room, after: str = "") -> Unit:
        """A series, in one column or several; `after` is the shape that leaves it, if it is known."""
        steps = self.steps(series, room, after)
        return columns.folded(self, steps, room)

    def steps(self, series: Series, room: Room, after: str = "") -> list[Step]:
        """The units of a series, and beside them those of the branches that only begin or end there."""
        joints = unrolled(series)
        found: list[Step] = []
        for at, joint in enumerate(joints):
            before = joints[at - 1].piece if at else None
            step = Step(self._unit(joints, at, found, room, after), joint.piece, joint.link)
            if joint.link is not None and not isinstance(joint.piece, Fan):
                step.text = joint.link.text
                told = isinstance(joint.piece, Box) and joint.piece.kind in ("end", "loose")
                if not (step.text or told) and isinstance(before, Box) and before.kind == "sign" and at > 1:
                    step.text = fans.common_text(joints[at - 2].piece)
            inner = Room(None, room.depth)
            step.begin = [(branch, self.chain(branch.series, inner)) for branch in joint.begin]
            step.end = [(branch, self.chain(branch.series, inner)) for branch in joint.end]
            found.append(step)
        return found

    def _unit(self, joints: Sequence[Joint], at: int, found: Sequence[Step], room: Room, after: str) -> Unit:
        """The unit of one piece among the others."""
        piece = joints[at].piece
        before = joints[at - 1].piece if at else None
        if isinstance(piece, Fan):
            behind = joints[at + 1].piece if at + 1 < len(joints) else None
            leaving = joints[at + 2].link if at + 2 < len(joints) else None
            tail = before if isinstance(before, Box) else None
            head = behind if isinstance(behind, Box) else None
            return fans.fan(self, piece, tail, head, room, leaving.text if leaving else after)
        if isinstance(piece, Box) and piece.kind == "bar" and isinstance(before, Fan):
            return self.box(piece, *fans.bar_reach(found[-1].unit, before))
        return self.unit(piece, room)

    def unit(self, piece: Piece, room: Room) -> Unit:
        """A box, a frame or a knot, laid out."""
        if isinstance(piece, Box):
            return self.box(piece)
        if isinstance(piece, Frame):
            return frames.framed(self, piece, room)
        assert isinstance(piece, Knot)
        if piece not in self._knots:  # which is the same in columns of any length
            self._knots[piece] = knots.knot(self, piece, room)
        return self._knots[piece]

    def box(self, box: Box, low: float = 0.0, high: float = 0.0) -> Unit:
        """A box; a bar reaches from -low to high across the flow."""
        wide, tall = boxes.measured(box, self.direction)
        if self.down:
            if low + high > wide:
                return Unit(tall, low, high, marks=[Put(box, 0.0, -low, low + high)])
            half = wide / 2
            return Unit(tall, half, half, enters=box.kind != "fork", marks=[Put(box, 0.0, -half)])
        if low + high > tall:
            return Unit(wide, low, high, marks=[Put(box, 0.0, -low, low + high)])
        left, middle = boxes.port(box, 0.0, 0.0, "left", self.direction)
        right, _ = boxes.port(box, 0.0, 0.0, "right", self.direction)
        return Unit(
            right - left,
            middle,
            tall - middle,
            enters=box.kind != "fork",
            marks=[Put(box, -left, -middle)],
        )

    # -- lines ------------------------------------------------------------------------------------

    def gap(self, text: str) -> float:
        """The length of an arrow with a text beside it."""
        if not text:
            return GAP
        return LETTERED if self.down else width(text, SMALL) + 10.0

    def beside(self, text: str) -> tuple[float, float]:
        """What a text takes beside an arrow: on the low side, and on the high one."""
        if not text:
            return 0.0, 0.0
        return (0.0, width(text, SMALL) + 5.0) if self.down else (SMALL + 3.0, 0.0)

    def line(
        self,
        into: Unit,
        arrow: Arrow,
        text: str,
        start: tuple[float, float],
        end: tuple[float, float],
        head: bool,
    ) -> None:
        """An arrow from one place to another further along, with one step aside if it needs it."""
        (u0, v0), (u1, v1) = start, end
        if abs(v0 - v1) < 0.05:
            points: tuple[tuple[float, float], ...] = (start, (u1, v0))
        else:
            middle = u1 - min(GAP, (u1 - u0) / 2)
            points = (start, (middle, v0), (middle, v1), end)
        into.marks.append(Wire(arrow, points, head))
        if text:
            into.marks.append(label(arrow, text, (u0 + u1 - (4.0 if head else 0.0)) / 2, v0))


def _is_banded(levels: dict[Frame | None, Level]) -> bool:
    """Whether in one level blocks follow each other in the same resolution, in several resolutions."""
    for level in levels.values():
        parts = [item for item in level.items if isinstance(item, Frame) or item.kind != "fork"]
        both = ((one.resolution, other.resolution) for one, other in pairwise(parts))
        if len({one for one, other in both if one and one == other}) > 1:
            return True
    return False
