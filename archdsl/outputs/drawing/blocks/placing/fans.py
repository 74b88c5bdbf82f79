"""Branches beside each other, and the lines that divide into them and meet behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archdsl.outputs.drawing.blocks import boxes
from archdsl.outputs.drawing.blocks.picture import Arrow, Box
from archdsl.outputs.drawing.blocks.placing.structure import Branch, Fan, Piece, Series
from archdsl.outputs.drawing.blocks.placing.unit import Place, Room, Unit, Wire, label

if TYPE_CHECKING:
    from archdsl.outputs.drawing.blocks.placing.layout import Layout

BETWEEN = 12.0
"""Between two branches."""
BESIDE = 4.0
"""How far behind a branch in several columns its line turns back to its axis."""
TRACK = 4.0
"""Between two lines that run beside each other."""
AROUND = 48.0
"""What the lines into branches and out of them take, with the fork and the merge."""
ALIKE = 0.6
"""Where two branches are no more unequal than this, neither is the main one."""
BESIDE_BAR = 14.0
"""How far a bar reaches beyond the outermost lines into it."""


@dataclass(slots=True)
class _Lane:
    """A branch, laid out, and at which v its axis is."""

    branch: Branch
    unit: Unit | None
    axis: float = 0.0
    text: str = ""
    """The shape that is written beside the line that leads in."""
    wrong: str = ""
    """How what it gives does not fit where the branches meet, beside the line that leads there."""

    @property
    def low(self) -> float:
        return self.unit.low if self.unit else 0.0

    @property
    def high(self) -> float:
        return self.unit.high if self.unit else 0.0


def fan(layout: Layout, piece: Fan, tail: Box | None, head: Box | None, room: Room, after: str) -> Unit:
    """Branches between two boxes, of which either may be missing; `after` is the shape that leaves."""
    if len(piece.branches) > 2:
        _silence(piece, after)
    inner = Room(room.limit and room.limit - AROUND, room.depth)
    lanes = [
        _Lane(branch, layout.chain(branch.series, inner) if branch.series.pieces else None)
        for branch in piece.branches
    ]
    for lane in lanes:
        text = lane.branch.first.text if lane.branch.first and lane.unit else ""
        lane.text = text
        last = lane.branch.last
        lane.wrong = last.text if last is not None and last.role == "fault" else ""
    main = _main(lanes)
    _arrange(layout, lanes, main)
    entry = _first_room(layout, lanes, tail)
    leave = _last_room(layout, lanes, head)
    length = entry + max((lane.unit.length for lane in lanes if lane.unit), default=0.0) + leave
    whole = Unit(length, -min(lane.axis for lane in lanes), max(lane.axis for lane in lanes))
    for lane in lanes:
        for low, high in ((lane.low, lane.high), layout.beside(lane.text), layout.beside(lane.wrong)):
            whole.low, whole.high = max(whole.low, low - lane.axis), max(whole.high, lane.axis + high)
    for number, lane in enumerate(lanes):
        _branch(layout, whole, lanes, number, tail, head, (entry, leave), lane is main)
    whole.enters = False
    return whole


def common_text(piece: Piece) -> str:
    """The shape that all branches of a fan bring, where it is written at one of them."""
    if not isinstance(piece, Fan):
        return ""
    lasts = [branch.last for branch in piece.branches if branch.last]
    if any(last.role == "fault" for last in lasts):
        return ""
    return next((last.text for last in lasts if last.text), "")


def bar_reach(unit: Unit, piece: Fan) -> tuple[float, float]:
    """How far from the axis, to either side, the lines are that a fan brings to a bar."""
    ends = [
        mark.points[-1][1]
        for mark in unit.marks
        if isinstance(mark, Wire) and any(mark.arrow is branch.last for branch in piece.branches)
    ]
    return -min(ends, default=0.0) + BESIDE_BAR, max(ends, default=0.0) + BESIDE_BAR


def _silence(piece: Fan, after: str) -> None:
    """Leave out shapes within narrow branches that have the resolution in which the branches meet."""
    spatial = after.partition(" × ")[2]

    def quiet(arrow: Arrow | None) -> Arrow | None:
        if arrow is None or arrow.text.partition(" × ")[2] != spatial:
            return arrow
        return arrow._replace(text="")

    def within(series: Series) -> None:
        series.links = [quiet(link) for link in series.links]
        for each in series.pieces:
            if isinstance(each, Fan):
                _silence(each, after)

    for branch in piece.branches:
        branch.first = quiet(branch.first)
        within(branch.series)


# -- where the branches are -----------------------------------------------------------------------


def _main(lanes: Sequence[_Lane]) -> _Lane | None:
    """The branch that stays on the axis: the longest, if another one is only a line or much shorter."""
    lengths = [lane.unit.length if lane.unit else 0.0 for lane in lanes]
    longest = max(lengths)
    if not longest:
        return None
    unequal = len(lanes) == 2 and min(lengths) < ALIKE * longest
    if not unequal and min(lengths) > 0:
        return None
    return lanes[lengths.index(longest)]


def _arrange(layout: Layout, lanes: list[_Lane], main: _Lane | None) -> None:
    """Give each branch its axis: the main one at 0 and the others to its right, or all about 0."""
    if main is not None:
        lanes.sort(key=lambda lane: (lane is not main, -(lane.unit.length if lane.unit else 0.0)))
    v = 0.0
    for number, lane in enumerate(lanes):
        if number:
            v += BETWEEN + max(lane.low, layout.beside(lane.wrong)[0])
        lane.axis = v
        v += max(lane.high, layout.beside(lane.text)[1], layout.beside(lane.wrong)[1])
    if main is None:
        shift = (lanes[0].axis + lanes[-1].axis) / 2
        for lane in lanes:
            lane.axis -= shift


def _first_room(layout: Layout, lanes: Sequence[_Lane], tail: Box | None) -> float:
    """The length of the lines that lead into the branches."""
    room = max((layout.gap(lane.text) for lane in lanes if lane.branch.first), default=0.0)
    if tail is not None and tail.kind != "fork":
        room += TRACK * len(lanes)
    return room


def _last_room(layout: Layout, lanes: Sequence[_Lane], head: Box | None) -> float:
    room = max(
        (layout.gap(lane.wrong if lane.unit else "") for lane in lanes if lane.branch.last), default=0.0
    )
    if head is not None and head.kind not in ("sign", "bar"):
        room += TRACK * len(lanes)
    return room


# -- lines ----------------------------------------------------------------------------------------


def _branch(
    layout: Layout,
    whole: Unit,
    lanes: Sequence[_Lane],
    number: int,
    tail: Box | None,
    head: Box | None,
    rooms: tuple[float, float],
    main: bool,
) -> None:
    """Place a branch, with the lines into it and out of it."""
    lane, (entry, leave) = lanes[number], rooms
    branch, unit, v = lane.branch, lane.unit, lane.axis
    begins = _begin(lanes, number, tail, whole)
    ends = _end(lanes, number, head, whole)
    if unit is None:
        assert branch.first is not None
        whole.marks.append(Wire(branch.first, _clean((*begins, *ends)), head is None or head.kind != "fork"))
        if lane.wrong:
            whole.marks.append(label(branch.first, lane.wrong, whole.length / 2, v))
        return
    spare = whole.length - entry - leave - unit.length
    u = entry
    if not main and branch.first is None:
        u += spare  # what begins by itself stands near to where it ends
    elif not main and branch.last is not None and len(lanes) == 2:
        u += spare / 2
    whole.put(unit, u, v)
    if branch.first is not None:
        points = _clean((*begins, (u + unit.inset, v)))
        whole.marks.append(Wire(branch.first, points, unit.enters))
        if lane.text:
            whole.marks.append(label(branch.first, lane.text, u - layout.gap(lane.text) / 2, v))
    if branch.last is not None:
        start = (u + unit.length - unit.outset, v + unit.exit)
        aside = start[0] + unit.outset + BESIDE
        stops = ends if abs(unit.exit) < 0.05 else ((aside, start[1]), (aside, v), *ends)
        whole.marks.append(Wire(branch.last, _clean((start, *stops)), True))
        if lane.wrong:
            whole.marks.append(label(branch.last, lane.wrong, whole.length - layout.gap(lane.wrong) / 2, v))


def _begin(lanes: Sequence[_Lane], number: int, tail: Box | None, whole: Unit) -> tuple[Place, ...]:
    """The first points of the line into a branch."""
    v = lanes[number].axis
    if tail is None or tail.kind == "fork":
        bus = -boxes.FORK if tail is not None else 0.0
        return ((bus, 0.0), (bus, v)) if tail is not None else ((0.0, v),)
    start = _spread(number, len(lanes))
    track = TRACK * (_track(lanes, number) + 1)
    return (0.0, start), (track, start), (track, v)


def _end(lanes: Sequence[_Lane], number: int, head: Box | None, whole: Unit) -> tuple[Place, ...]:
    """The last points of the line out of a branch."""
    v, length = lanes[number].axis, whole.length
    if head is None or head.kind == "bar":
        return ((length, v),)
    if head.kind == "sign":
        if abs(v) < 0.05:
            return ((length, 0.0),)
        middle, side = length + boxes.SIGN, boxes.SIGN if v > 0 else -boxes.SIGN
        return (middle, v), (middle, side)
    if head.kind == "fork":
        return (length, v), (length, 0.0)
    stop = _spread(number, len(lanes))
    track = length - TRACK * (_track(lanes, number) + 1) - 5.0
    return (track, v), (track, stop), (length, stop)


def _spread(number: int, count: int) -> float:
    """Where the number-th of several lines meets a box."""
    return (number - (count - 1) / 2) * 9.0


def _track(lanes: Sequence[_Lane], number: int) -> int:
    """Which of the lines beside each other this is, so that none crosses another one."""
    right = [each for each, lane in enumerate(lanes) if lane.axis > _spread(each, len(lanes))]
    left = [each for each, lane in enumerate(lanes) if lane.axis < _spread(each, len(lanes))]
    if number in right:
        return len(right) - 1 - right.index(number)
    return left.index(number) if number in left else 0


def _clean(points: tuple[Place, ...]) -> tuple[Place, ...]:
    """The points without those that lie on a straight line between others, or on each other."""
    found: list[Place] = []
    for point in points:
        if found and abs(found[-1][0] - point[0]) < 0.05 and abs(found[-1][1] - point[1]) < 0.05:
            continue
        if len(found) > 1 and (
            abs(found[-2][0] - found[-1][0]) + abs(found[-1][0] - point[0]) < 0.05
            or abs(found[-2][1] - found[-1][1]) + abs(found[-1][1] - point[1]) < 0.05
        ):
            found[-1] = point
            continue
        found.append(point)
    return tuple(found)
