"""Links between bars as lines: straight ones within a row, steps up and down, and ways over other bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from archdsl.outputs.drawing.blocks.words import about_layers
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.levels.bars import LABELS, LANE, Bar, Plan
from archdsl.outputs.drawing.levels.units import Link
from archdsl.outputs.drawing.levels.words import beyond, brought, kind_of, kinds
from archdsl.outputs.drawing.scene import Dash, Group, Line, Part, Point, Text
from archdsl.outputs.drawing.themes import SMALL

ROOM_FOR_ARROW = 9.0
"""Bars that are closer than this have no arrow between them."""
CLEAR = 1.5
"""Between the ends of a line and what it connects."""
_ASIDE = 5.0
"""How far beside a bar a link goes up that goes over others."""
_STEPS, _ACROSS = 1.5, 0.9
"""How thick lines are that change resolution, and others."""


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of step down or up, as the legend tells it."""

    drop: int
    kind: str
    role: str


def steps(plan: Plan) -> list[Step]:
    """The most frequent kind of step down, and that of steps up: what the legend tells."""
    found: list[Step] = []
    for drop in (1, -1):
        count = Counter(step(link) for link in plan.found.links if link.drop == drop)
        found += [each for each, times in count.most_common(1)]
    return found


def step(link: Link) -> Step:
    """The kind of a link that changes resolution."""
    if link.via:
        return Step(link.drop, kinds(link.via), link.via[0].op.family)
    if link.head.scope is None:
        return Step(link.drop, kind_of(link.head), link.head.head.op.family)
    return Step(link.drop, f"{kind_of(link.head)}, /{link.head.scale / link.tail.scale}", "learned")


def drawn(link: Link, plan: Plan) -> Part | tuple[Part, ...]:
    """A line with its letters; where layers lie on it, it is theirs."""
    parts = tuple(_step(link, plan) if link.drop else _across(link, plan))
    if not link.via:
        return parts
    return Group(link.via[0].path, about_layers(link.via, plan.found.checked), parts)


def arrow(before: Bar, bar: Bar) -> Iterator[Part]:
    """From one bar of a stage to the next, where there is room."""
    if bar.lead < ROOM_FOR_ARROW:
        return
    role = "learned" if bar.unit.scope else bar.unit.head.op.family
    points = (before.right + CLEAR, bar.y), (bar.x - CLEAR, bar.y)
    yield Line(points, "arrow" if role == "merge" else role, head=True, weight=1.1)
    if bar.word:
        yield Text((points[0][0] + points[1][0]) / 2, bar.y - 4, bar.word, SMALL, role="faint")


# -- up and down ----------------------------------------------------------------------------------


def _step(link: Link, plan: Plan) -> Iterator[Part]:
    tail, head = plan.bars[link.tail], plan.bars[link.head]
    x = head.x + head.entry(link)
    points = _path(link, tail, head, x)
    yield Line(points, step(link).role, head=True, weight=_STEPS)
    words = _beside(link, plan)
    if words:
        upper = tail if link.drop > 0 else head
        y = upper.bottom + LABELS + 11
        if link.drop < 0 and _room_before(link, x, plan) > width(words, SMALL) + 12:
            yield Text(x - 4, y, words, SMALL, "end", "faint")
        else:
            yield Text(x + 4, y, words, SMALL, "start", "faint")


def _beside(link: Link, plan: Plan) -> str:
    """What stands beside a step: nothing where the legend tells it."""
    own, told = step(link), steps(plan)
    if own in told:
        return ""
    return beyond(own.kind, [each.kind for each in told if each.drop == own.drop])


def _room_before(link: Link, x: float, plan: Plan) -> float:
    """How much room is free at the left of a step up: to the next line, with the words beside it."""
    upper = link.head.scale
    free = [x, *(x - other for other in uprights(plan, "bottom", upper) if other < x - 1)]
    for other in plan.found.links:
        head = plan.bars[other.head]
        at = head.x + head.entry(other)
        if other.drop > 0 and other.tail.scale == upper and at < x and (words := _beside(other, plan)):
            free.append(x - at - 4 - width(words, SMALL))
    return min(free)


def _path(link: Link, tail: Bar, head: Bar, x: float) -> tuple[Point, ...]:
    """Straight where the ends are above each other, else with a corner."""
    end = (x, _near(head, link.drop > 0))
    if abs(tail.middle - x) < 0.01:
        return (x, _far(tail, link.drop > 0)), end
    if link.drop < 0:
        return (tail.right + CLEAR, tail.y), (x, tail.y), end
    turn = tail.bottom + LABELS + 3
    return (tail.middle, tail.bottom + CLEAR), (tail.middle, turn), (x, turn), end


def _near(head: Bar, from_above: bool) -> float:
    height = 11.0 if head.sign else head.height
    return head.y - height / 2 - CLEAR if from_above else head.y + height / 2 + CLEAR


def _far(tail: Bar, down: bool) -> float:
    return tail.bottom + CLEAR if down else tail.top - CLEAR


# -- across ---------------------------------------------------------------------------------------


def _across(link: Link, plan: Plan) -> Iterator[Part]:
    tail, head = plan.bars[link.tail], plan.bars[link.head]
    dash: Dash = "dashed" if link.indices else "solid"
    aside = link.tail.dips == link.head.dips and not link.indices
    role = "pool" if link.indices else link.head.head.op.family if aside else "arrow"
    if link not in plan.lanes:
        start, end, y = tail.right + CLEAR, head.x - CLEAR, head.y
        yield Line(((start, y), (end, y)), role, head=True, dash=dash, weight=_ACROSS)
    else:
        start, end = tail.right + _ASIDE, head.x + head.entry(link)
        y = over(plan, head) - LANE * plan.lanes[link]
        leaves = tail.top + tail.height / 8
        points = ((tail.right, leaves), (start, leaves), (start, y), (end, y), (end, _near(head, True)))
        yield Line(points, role, head=True, dash=dash, weight=_ACROSS)
        crossing = [x for x in uprights(plan, "top", link.head.scale) if start < x < end]
        corners = sorted((start, *crossing, end))
        start, end = max(pairwise(corners), key=lambda piece: round(piece[1] - piece[0], 2))
    word = fitting(brought(link), end - start - 10)
    if word:
        yield Text((start + end) / 2, y - 3, word, SMALL, role="faint")


def fitting(words: tuple[str, ...], room: float) -> str:
    """The fullest wording that there is room for, or none."""
    return next((each for each in words if width(each, SMALL) <= room), "")


def over(plan: Plan, bar: Bar) -> float:
    """The height of the lowest lane over the row of a bar: over its letters, and the names of its ends."""
    row = [each for unit, each in plan.bars.items() if unit.scale == bar.unit.scale]
    named = any(plan.named(each) for each in row)
    return min(each.top for each in row) - LABELS * (1 + named) - 2


def uprights(plan: Plan, side: Literal["top", "bottom"], scale: object) -> list[float]:
    """Where lines pass through the letters over a row, or under it."""
    found = []
    for link in plan.found.links:
        tail, head = plan.bars[link.tail], plan.bars[link.head]
        x = head.x + head.entry(link)
        if link in plan.lanes and side == "top" and link.head.scale == scale:
            found += [tail.right + _ASIDE, x]
        if not link.drop:
            continue
        straight = abs(tail.middle - x) < 0.01
        upper, lower = (link.tail, link.head) if link.drop > 0 else (link.head, link.tail)
        leaves = tail.middle if straight or link.drop > 0 else x
        if side == "bottom" and upper.scale <= scale < lower.scale:  # type: ignore[operator]
            found.append(leaves if upper.scale == scale and link.drop > 0 else x)
        if side == "top" and upper.scale < scale <= lower.scale:  # type: ignore[operator]
            found.append(x)
    return found
