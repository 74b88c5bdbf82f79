"""Maps as bars, on one row where their resolutions are equal: where each of them stands.

A bar is as high as its map's resolution and as wide as its channels tell, on scales on which both can
be seen. Stages go to the right; what steps down stands below what it comes from, what steps up above.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, isinf, sqrt

from archdsl.graph.model import Value
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.levels.found import Levels, Stage
from archdsl.outputs.drawing.levels.units import Link, Scale, Unit
from archdsl.outputs.drawing.levels.words import brought, kind_of, over_arrow
from archdsl.outputs.drawing.themes import SMALL
from archdsl.sizes import Shape

SIGN = 5.5
"""Radius of the sign of a sum."""
LABELS = 11.0
"""Room for a line of letters over bars, and for one under them."""
LANE = 15.0
"""Room for a link that goes over the bars between its ends, with its letters."""
STEP = 14.0
"""Room between rows, beside that for letters."""
_BETWEEN = 26.0
"""Between two stages on a row."""
_THINNEST, _WIDEST, _LOWEST = 2.2, 34.0, 5.0
_FREQUENT = 4
"""How often a second kind of step must be there to have its own tone."""
_LONGEST = 130.0
"""Room for the word over an arrow, in points; of a longer one the beginning is shown."""
_STRETCH = 60.0
"""How much longer a stage may become so that the step up from it is straight."""


@dataclass(frozen=True, slots=True)
class Form:
    """How large bars are, and how much is folded."""

    gap: float = 15.0
    """Between bars of a stage; under 9 there is no room for arrows."""
    thick: float = 0.95
    """Width of a bar, for the square root of its channels."""
    tall: float = 120.0
    """Height of the highest bar."""
    folds: bool = False
    """Whether equal units that follow on each other are one bar."""
    brief: bool = False
    """Whether links across need no more room than their shortest wording."""


@dataclass(slots=True, eq=False)
class Bar:
    """One unit, or several that are alike, in its place."""

    units: list[Unit]
    parts: list[tuple[float, str]]
    """Width and role of each part: a concat has one for each map that it joins."""
    height: float
    joins: tuple[Value, ...] = ()
    """Of a concat: the map that each part is."""
    tone: int = 0
    """Its place among the usual kinds of its role: the second is darker."""
    sign: str = ""
    """Of a sum or a product, in a circle before the bar."""
    lead: float = 0.0
    """Room in front of it, behind the bar before it."""
    word: str = ""
    """Over the arrow in that room."""
    x: float = 0.0
    y: float = 0.0
    """Of the middle of its height."""

    @property
    def unit(self) -> Unit:
        return self.units[-1]

    @property
    def front(self) -> float:
        """Width of the sign with the room behind it."""
        return 2 * SIGN + 4 if self.sign else 0.0

    @property
    def width(self) -> float:
        return self.front + sum(part for part, _ in self.parts)

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    @property
    def middle(self) -> float:
        """Where lines leave it up or down."""
        return self.x + self.front + (self.width - self.front) / 2

    def entry(self, link: Link) -> float:
        """Where a line from above or below meets it, from its left side."""
        if self.sign:
            return SIGN
        if not self.joins:
            return self.width / 2
        at = self.joins.index(link.end)
        return sum(part for part, _ in self.parts[:at]) + self.parts[at][0] / 2


@dataclass(slots=True, eq=False)
class Plan:
    """Every bar in its place."""

    found: Levels
    form: Form
    bars: dict[Unit, Bar]
    stages: dict[Stage, list[Bar]]
    lanes: dict[Link, int] = field(default_factory=dict)
    """Links that go over the bars between their ends: on which height, from below."""
    usual: tuple[str, ...] = ()
    """The kinds of units that need no word over their arrows, for the legend tells them."""
    width: float = 0.0
    height: float = 0.0

    def named(self, bar: Bar) -> str:
        """The name of the input or the output that a bar is, or nothing."""
        graph, head = self.found.checked.graph, bar.units[0].head
        if head.op.family == "source":
            return head.name
        every = (*graph.outputs.items(), *graph.training_outputs.items())
        return next((name or "output" for name, value in every if value.node in bar.unit.nodes), "")


def planned(found: Levels, form: Form) -> Plan:
    """The bars of a network, from the top left corner on."""
    usual = _usual(found)
    tallest = max(_cells(unit.value.shape or ()) for stage in found.stages for unit in stage.units)
    stages = {stage: _bars(stage, found, form, usual, tallest) for stage in found.stages}
    bars = {unit: bar for each in stages.values() for bar in each for unit in bar.units}
    plan = Plan(found, form, bars, stages, usual=usual)
    while _across(plan):
        pass
    plan.lanes = _lanes(plan)
    _down(plan)
    return plan


def _usual(found: Levels) -> tuple[str, ...]:
    """The most frequent kind of step within stages, and a second one if it is frequent too."""
    steps = [unit for stage in found.stages for unit in stage.units[1:]]
    learned = Counter(kind_of(unit) for unit in steps if unit.scope or unit.head.op.family == "learned")
    ranked = sorted(learned, key=lambda each: (-learned[each], each))
    return tuple(ranked[: 1 + (len(ranked) > 1 and learned[ranked[1]] >= _FREQUENT)])


# -- bars -----------------------------------------------------------------------------------------


def _bars(stage: Stage, found: Levels, form: Form, usual: Sequence[str], tallest: int) -> list[Bar]:
    bars: list[Bar] = []
    for unit in stage.units:
        if form.folds and bars and _alike(bars[-1].unit, unit, found):
            bars[-1].units.append(unit)
            continue
        bar = _bar(unit, found, form, tallest)
        bar.tone = int(kind_of(unit) in usual[1:])
        bars.append(bar)
    for before, bar in pairwise(bars):
        words = shortened(over_arrow(bar.unit, usual), _LONGEST, SMALL)
        times = f"×{len(bar.units)}" if len(bar.units) > 1 else ""
        bar.word = " ".join(filter(None, (words, times)))
        bar.lead = max(form.gap, width(bar.word, SMALL) + 8 if bar.word else 0.0)
        leaves = any(not link.drop for link in found.out_of(before.unit))
        if leaves or before.unit.head.op.family == "source":
            bar.lead = max(bar.lead, 12.0)
    return bars


def _alike(before: Unit, unit: Unit, found: Levels) -> bool:
    """Whether a unit does just what the one before it did, and no link leaves from in between."""
    return (
        not found.out_of(before)
        and kind_of(before) == kind_of(unit)
        and before.value.shape == unit.value.shape
        and before.head.op.family != "merge"
    )


def _bar(unit: Unit, found: Levels, form: Form, tallest: int) -> Bar:
    shape = unit.value.shape or ()
    height = max(_LOWEST, form.tall * sqrt(_cells(shape) / tallest))
    name = unit.head.op.name
    if unit.is_merge and name == "concat":
        joins = _joined(unit, found)
        parts = [(_thickness(value.shape or (), form), role) for value, role in joins]
        return Bar([unit], parts, height, tuple(value for value, _ in joins))
    role = "learned" if unit.is_merge or unit.scope else unit.head.op.family
    sign = {"add": "+", "mul": "×"}.get(name, name) if unit.is_merge else ""
    return Bar([unit], [(_thickness(shape, form), role)], height, sign=sign)


def _joined(unit: Unit, found: Levels) -> list[tuple[Value, str]]:
    """What a concat joins, each with its role: first what comes across, as its line comes from the left."""
    across = [link.end for link in found.into(unit) if not link.drop]
    others = [value for value in unit.data() if value not in across]
    return [(value, "source") for value in across] + [(value, "learned") for value in others]


def _cells(shape: Shape) -> int:
    """The height of a map; of one with a single axis, its length."""
    return shape[-2] if len(shape) > 2 else shape[-1] if len(shape) > 1 else 1


def _thickness(shape: Shape, form: Form) -> float:
    return min(_WIDEST, max(_THINNEST, form.thick * sqrt(shape[0])))


# -- from left to right ---------------------------------------------------------------------------


def _across(plan: Plan) -> bool:
    """Each stage as far to the left as what leads into it and what stands on its row allow.

    Whether a stage has become longer, so that the step up from it is straight, and all has to be done again.
    """
    found = plan.found
    ends: dict[Scale, float] = {}
    for stage, bars in plan.stages.items():
        offset = _offsets(bars)
        at = ends[stage.scale] + _BETWEEN if stage.scale in ends else -inf
        links = [(bar, link) for bar in bars for unit in bar.units for link in found.into(unit)]
        for bar, link in links:
            tail = plan.bars[link.tail]
            if link.drop:
                least = max(tail.middle, _beyond(link, ends)) - bar.entry(link)
            else:
                words = brought(link)[-1 if plan.form.brief else -2 :][0]
                least = tail.right + width(words, SMALL) + 16
            at = max(at, least - offset[bar])
        at = max(at, 0.0) if isinf(at) else at
        for bar in bars:
            bar.x = at + offset[bar]
        if any(_stretched(bar, link, plan) for bar, link in links if link.drop < 0):
            return True
        ends[stage.scale] = bars[-1].right
    leftmost = min(bar.x for bar in plan.bars.values())
    for bar in plan.bars.values():
        bar.x -= leftmost
    plan.width = max(bar.right for bar in plan.bars.values())
    return False


def _stretched(bar: Bar, link: Link, plan: Plan) -> bool:
    """Make the stage that a step up leaves longer where its end lies too far to the left."""
    short = bar.x + bar.entry(link) - plan.bars[link.tail].middle
    if not 0.01 < short <= _STRETCH:
        return False
    steps = [link]
    while steps:
        tail = plan.bars[steps[0].tail]
        bars = next(each for each in plan.stages.values() if tail in each)
        longer = bars[1 : bars.index(tail) + 1]
        for each in longer:
            each.lead += short / len(longer)
        if longer:
            return True
        steps = [each for each in plan.found.into(tail.units[0]) if each.drop < 0]
    return False


def _beyond(link: Link, ends: Mapping[Scale, float]) -> float:
    """Where a link is to the right of all that stands on the rows between its ends."""
    low, high = sorted((link.tail.scale, link.head.scale))
    return max((end + 10 for scale, end in ends.items() if low < scale < high), default=-inf)


def _offsets(bars: Sequence[Bar]) -> dict[Bar, float]:
    """Where each bar of a stage stands, from the left of the first."""
    at, found = 0.0, {}
    for bar in bars:
        at += bar.lead
        found[bar] = at
        at += bar.width
    return found


# -- from above to below --------------------------------------------------------------------------


def _lanes(plan: Plan) -> dict[Link, int]:
    """The links across that bars stand in the way of, each on the lowest free height."""
    lanes: dict[Link, int] = {}
    blocked = [link for link in plan.found.links if not link.drop and _blocked(link, plan)]
    for link in sorted(blocked, key=lambda each: plan.bars[each.head].x - plan.bars[each.tail].right):
        taken = {lane for other, lane in lanes.items() if _overlap(link, other, plan)}
        lanes[link] = next(lane for lane in range(len(taken) + 1) if lane not in taken)
    return lanes


def _blocked(link: Link, plan: Plan) -> bool:
    tail, head = plan.bars[link.tail], plan.bars[link.head]
    same_row = (bar for unit, bar in plan.bars.items() if unit.scale == link.head.scale)
    return any(tail.right < bar.right and bar.x < head.x and bar is not tail for bar in same_row)


def _overlap(one: Link, other: Link, plan: Plan) -> bool:
    if one.head.scale != other.head.scale:
        return False
    (left, right), (start, end) = (
        (plan.bars[link.tail].x, plan.bars[link.head].right) for link in (one, other)
    )
    return left < end and start < right


def _down(plan: Plan) -> None:
    """Each row below the finer ones, with room for its letters and for the links over it."""
    y = 0.0
    for scale in plan.found.rows:
        bars = list(dict.fromkeys(bar for unit, bar in plan.bars.items() if unit.scale == scale))
        lanes = [lane for link, lane in plan.lanes.items() if link.head.scale == scale]
        named = any(plan.named(bar) for bar in bars)
        tallest = max(bar.height for bar in bars)
        y += LABELS * (1 + named) + LANE * (max(lanes, default=-1) + 1)
        for bar in bars:
            bar.y = y + tallest / 2
        y += tallest + LABELS + STEP
    plan.height = y - STEP
