"""Chains in columns: a stack of units, and where it is too long, several beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from archdsl.outputs.drawing.blocks import boxes
from archdsl.outputs.drawing.blocks.picture import Box
from archdsl.outputs.drawing.blocks.placing.structure import Branch, Fan
from archdsl.outputs.drawing.blocks.placing.unit import Band, Room, Unit, Wire, label
from archdsl.outputs.drawing.blocks.placing.unrolled import is_loose

if TYPE_CHECKING:
    from archdsl.outputs.drawing.blocks.placing.layout import Layout, Step

GUTTER = 22.0
"""Between two columns, for the line that leads from one to the next."""
TURN = 9.0
"""How far that line goes beyond the end of a column."""
BAND, BAND_OVER = 13.0, 4.0
"""Room for the words of a band, and how far it reaches beyond what is in it."""
NARROWER = 0.85
"""How much narrower uneven columns have to be than even ones."""
UNEVEN = 1 / 3
"""A column that is so much shorter than another looks as if it were left over."""
STUB = 13.0
"""The length of an arrow from words to what reads them."""
LANE = 14.0
"""Between a chain and what stands beside it."""


def folded(layout: Layout, steps: Sequence[Step], room: Room) -> Unit:
    """A chain in as few columns as keep to the limit, all about equally long unless that takes more room."""
    lengths = [_length(layout, steps, number) for number in range(len(steps))]
    if room.limit is None or sum(lengths) <= room.limit:
        return stack(layout, steps)
    places = [0, *(place for place in range(1, len(steps)) if _may_begin(steps, place)), len(steps)]
    longest = max((sum(lengths[start:stop]) for start, stop in pairwise(places)), default=0.0)
    limit = max(room.limit - 2 * TURN - GUTTER / 2, longest)
    count = len(_cut(places, lengths, limit))
    low, high = max(longest, sum(lengths) / count), limit
    for _ in range(12):
        middle = (low + high) / 2
        if len(_cut(places, lengths, middle)) <= count:
            high = middle
        else:
            low = middle
    cuts: list[list[int]] = []
    for share in (0.0, 0.5, 1.0) if count > 1 and not room.depth else (0.0,):
        bound = high + share * (limit - high)
        both = _cut(places, lengths, bound), _cut_back(places, lengths, bound)
        cuts += sorted(both, key=lambda starts: -_shortest(lengths, starts))
    tried: dict[tuple[int, ...], Unit] = {}
    for cut in cuts:
        starts = tuple(_settled(steps, places, lengths, cut, limit))
        if starts not in tried:
            parts = [steps[start:stop] for start, stop in pairwise([*starts, len(steps)])]
            tried[starts] = _beside(layout, parts) if len(parts) > 1 else stack(layout, steps)
    even, *others = tried.values()
    return min(others, key=_breadth, default=even) if _narrower(even, others) else even


def _breadth(unit: Unit) -> float:
    return unit.low + unit.high


def _narrower(even: Unit, others: Sequence[Unit]) -> bool:
    """Whether uneven columns take much less room across, as where something stands beside one of them."""
    return any(_breadth(other) < NARROWER * _breadth(even) and not other.uneven for other in others)


def _may_begin(steps: Sequence[Step], place: int) -> bool:
    """Whether a column may begin here: where one plain arrow leads on."""
    step, before = steps[place], steps[place - 1]
    forks = isinstance(before.piece, Box) and before.piece.kind == "fork"
    return step.link is not None and not forks and not step.end and not before.begin


def _cut(places: Sequence[int], lengths: Sequence[float], limit: float) -> list[int]:
    """Where columns begin, each filled as far as the limit lets it."""
    starts, total = [0], 0.0
    for start, stop in pairwise(places):
        length = sum(lengths[start:stop])
        if total and total + length > limit:
            starts.append(start)
            total = 0.0
        total += length
    return starts


def _cut_back(places: Sequence[int], lengths: Sequence[float], limit: float) -> list[int]:
    """The same from the end, so that the last column is full."""
    starts, total = [0], 0.0
    for start, stop in reversed(list(pairwise(places))):
        length = sum(lengths[start:stop])
        if total and total + length > limit:
            starts.insert(1, stop)
            total = 0.0
        total += length
    return starts


def _shortest(lengths: Sequence[float], starts: Sequence[int]) -> float:
    """The length of the shortest column."""
    return min(sum(lengths[start:stop]) for start, stop in pairwise([*starts, len(lengths)]))


def _settled(
    steps: Sequence[Step],
    places: Sequence[int],
    lengths: Sequence[float],
    starts: list[int],
    limit: float,
) -> list[int]:
    """The same columns, where there is room each beginning where blocks change their resolution."""
    for number in range(1, len(starts)):
        before, stop = starts[number - 1], [*starts, len(steps)][number + 1]
        fitting = [
            place
            for place in places
            if before < place < stop
            and _is_seam(steps, place)
            and sum(lengths[before:place]) <= limit
            and sum(lengths[place:stop]) <= limit
        ]
        if fitting:
            starts[number] = min(fitting, key=lambda place: abs(place - starts[number]))
    return starts


def _is_seam(steps: Sequence[Step], place: int) -> bool:
    """Whether blocks change their resolution here."""
    resolution = steps[place].resolution
    return bool(resolution) and resolution != steps[place - 1].resolution


def _length(layout: Layout, steps: Sequence[Step], number: int) -> float:
    """What a step takes along the flow, with the arrow before it."""
    step = steps[number]
    return step.unit.length + (_gap(layout, steps, number) if number else 0.0)


def _gap(layout: Layout, steps: Sequence[Step], number: int) -> float:
    """The length of the arrow before a step; a fan has its own arrows."""
    step, before = steps[number], steps[number - 1]
    if isinstance(step.piece, Fan) or isinstance(before.piece, Fan):
        return 0.0
    gap = layout.gap(step.text)
    if abs(before.unit.exit) > 0.05:
        gap = max(gap, layout.gap("") * 2)
    return gap


def stack(layout: Layout, steps: Sequence[Step]) -> Unit:
    """A chain on one axis."""
    whole = Unit(0.0, 0.0, 0.0)
    if not steps:
        return whole
    places: list[float] = []
    u = 0.0
    for number, step in enumerate(steps):
        if number:
            u += _gap(layout, steps, number)
        for low, high in (
            (step.unit.low, step.unit.high),
            layout.beside(step.text) if number else (0.0, 0.0),
        ):
            whole.low, whole.high = max(whole.low, low), max(whole.high, high)
        places.append(u)
        whole.put(step.unit, u, 0.0)
        u += step.unit.length
    whole.length = u
    _bands(layout, whole, steps, places)
    for number in range(1, len(steps)):
        _link(layout, whole, steps, places, number)
    first, last = steps[0].unit, steps[-1].unit
    whole.inset, whole.enters = first.inset, first.enters
    whole.exit, whole.outset = last.exit, last.outset
    _sides(layout, whole, steps, places)
    return whole


def _bands(layout: Layout, whole: Unit, steps: Sequence[Step], places: Sequence[float]) -> None:
    """Set off what shares a resolution, where blocks do that in several places."""
    runs: list[tuple[str, int, int]] = []
    for number, step in enumerate(steps):
        size = step.resolution
        if runs and runs[-1][0] == size and runs[-1][2] == number:
            runs[-1] = size, runs[-1][1], number + 1
        elif isinstance(step.piece, Box) and step.piece.kind == "fork" and runs and runs[-1][2] == number:
            runs[-1] = runs[-1][0], runs[-1][1], number + 1  # a fork between two of them
        else:
            runs.append((size, number, number + 1))
    low, high = whole.low + BAND + 3.0, whole.high + 4.0
    for size, start, stop in runs:
        if not size:
            continue
        last = stop - 1
        while isinstance(piece := steps[last].piece, Box) and piece.kind == "fork":
            last -= 1
        if last <= start or not layout.banded:
            continue
        begin = places[start] - BAND_OVER
        end = places[last] + steps[last].unit.length + BAND_OVER
        whole.marks.append(Band(size, begin, -low, end - begin, low + high))
        whole.low, whole.high = max(whole.low, low), max(whole.high, high)


def _link(layout: Layout, whole: Unit, steps: Sequence[Step], places: Sequence[float], number: int) -> None:
    step, before = steps[number], steps[number - 1]
    if step.link is None:
        return
    start = places[number - 1] + before.unit.length - before.unit.outset, before.unit.exit
    end = places[number] + step.unit.inset, 0.0
    layout.line(whole, step.link, step.text, start, end, step.unit.enters)


def _sides(layout: Layout, whole: Unit, steps: Sequence[Step], places: Sequence[float]) -> None:
    """What begins or ends beside the chain: words next to what reads them, all else in a lane of its own."""
    for place, step in zip(places, steps, strict=True):
        for branch, unit in step.end:
            if is_loose(branch):
                _next_to(whole, step, place, branch, unit)
    both = list(zip(places, steps, strict=True))
    sides = [(place, step, *each, True) for place, step in both for each in step.begin]
    ending = [(place, step, *each, False) for place, step in both for each in step.end]
    sides += [side for side in ending if not is_loose(side[2])]
    axis = whole.high + LANE + max((unit.low for _, _, _, unit, _ in sides), default=0.0)
    free = 0.0
    for place, step, branch, unit, begins in sides:
        middle = place + step.unit.length / 2
        if begins:
            assert branch.first is not None
            text = branch.first.text
            u = max(middle + layout.gap(text), free)
            points = ((middle, boxes.FORK), (middle, axis), (u + unit.inset, axis))
            whole.marks.append(Wire(branch.first, points, unit.enters))
            if text:
                whole.marks.append(label(branch.first, text, (middle + u) / 2, axis))
        else:
            assert branch.last is not None
            u = max(middle - layout.gap("") - unit.length, free)
            points = ((u + unit.length - unit.outset, axis), (middle, axis), (middle, step.unit.high))
            whole.marks.append(Wire(branch.last, points, True))
        whole.put(unit, u, axis)
        free = u + unit.length + LANE
        whole.high = max(whole.high, axis + unit.high)
        whole.length = max(whole.length, u + unit.length)


def _next_to(whole: Unit, step: Step, place: float, branch: Branch, unit: Unit) -> None:
    """Words at the side of what reads them."""
    assert branch.last is not None
    middle = place + step.unit.length / 2
    axis = step.unit.high + STUB + unit.low
    whole.put(unit, middle - unit.length / 2, axis)
    whole.marks.append(Wire(branch.last, ((middle, axis - unit.low), (middle, step.unit.high)), True))
    whole.high = max(whole.high, axis + unit.high)


def _beside(layout: Layout, parts: Sequence[Sequence[Step]]) -> Unit:
    """Stacks beside each other, and lines from the end of each to the beginning of the next."""
    stacks = [stack(layout, part) for part in parts]
    whole = Unit(0.0, 0.0, 0.0)
    top = TURN + GUTTER / 2
    if not layout.down:  # there the texts are along the lines
        top = max(top, *(layout.gap(steps[0].text) + 6.0 for steps in parts[1:]))
    axis = 0.0
    whole.low = stacks[0].low
    ends: list[tuple[float, float]] = []
    for number, (column, steps) in enumerate(zip(stacks, parts, strict=True)):
        if number:
            gutter = ends[-1][1] + GUTTER / 2
            entry = steps[0]
            low = max(column.low, *layout.beside(entry.text))
            start_axis = axis
            axis = ends[-1][1] + GUTTER + low
            assert entry.link is not None
            bottom = ends[-1][0]
            last = parts[number - 1][-1].unit
            leave = bottom - last.outset, start_axis + last.exit
            turn = top + stacks[number - 1].length + TURN
            points = (
                leave,
                (turn, leave[1]),
                (turn, gutter),
                (0.0, gutter),
                (0.0, axis),
                (top + column.inset, axis),
            )
            whole.marks.append(Wire(entry.link, points, column.enters))
            if entry.text:
                whole.marks.append(label(entry.link, entry.text, (top + column.inset) / 2, axis))
                column.high = max(column.high, layout.beside(entry.text)[1])
        whole.put(column, top, axis)
        chain_end = top + _chain_end(column, steps)
        ends.append((chain_end, axis + column.high))
        whole.length = max(whole.length, top + column.length + TURN)
    whole.high, whole.columns = ends[-1][1], len(stacks)
    lengths = [column.length for column in stacks]
    whole.uneven = min(lengths) < UNEVEN * max(lengths)
    final = stacks[-1]
    whole.exit = axis + final.exit
    whole.outset = whole.length - ends[-1][0] + final.outset
    whole.inset, whole.enters = top + stacks[0].inset, stacks[0].enters
    return whole


def _chain_end(column: Unit, steps: Sequence[Step]) -> float:
    """Where the chain of a stack ends, though something beside it may reach further."""
    last = column.inner[len(steps) - 1]
    return last[0] + last[2].length
