"""From units to the parts of a scene: everything at its place on the page."""

from __future__ import annotations

from archdsl.outputs.drawing.blocks import boxes
from archdsl.outputs.drawing.blocks.picture import Arrow
from archdsl.outputs.drawing.blocks.placing.frames import CARD, LINE
from archdsl.outputs.drawing.blocks.placing.unit import Band, Border, Label, Place, Put, Unit, Wire
from archdsl.outputs.drawing.lettering import shortened
from archdsl.outputs.drawing.scene import Dash, Group, Line, Part, Point, Rect, Text
from archdsl.outputs.drawing.themes import DASHES, SMALL
from archdsl.outputs.drawing.wanted import Direction

BEND = 5.0
"""Radius of the corners of a line."""
_ROUND = 0.5523
"""How far the handles of a quarter of a circle reach, for radius 1."""


def painted(unit: Unit, direction: Direction, x: float, y: float) -> tuple[Part, ...]:
    """A unit with its top left corner at (x, y): frames below, then lines, then boxes and texts."""
    down = direction == "down"

    def at(u: float, v: float) -> Point:
        return (x + unit.low + v, y + u) if down else (x + u, y + unit.low + v)

    below: list[Part] = []
    lines: list[Part] = []
    above: list[Part] = []
    texts: list[Part] = []
    for u, v, mark in unit.walk():
        if isinstance(mark, Put):
            above.append(_box(mark, at(u + mark.u, v + mark.v), direction))
        elif isinstance(mark, Wire):
            lines.append(_wire(mark, tuple(at(u + each[0], v + each[1]) for each in mark.points)))
        elif isinstance(mark, Label):
            texts.append(_label(mark, at(u + mark.u, v + mark.v), down))
        elif isinstance(mark, Border):
            corner = at(u + mark.u, v + mark.v)
            size = (mark.breadth, mark.length) if down else (mark.length, mark.breadth)
            words = at(u + mark.u + mark.at[0], v + mark.at[1])
            below.append(_frame(mark, corner, size, words))
        else:
            below.append(_band(mark, at(u + mark.u, v + mark.v), down))
    return (*below, *lines, *above, *texts)


def _box(mark: Put, corner: Point, direction: Direction) -> Part:
    return boxes.drawn(mark.box, *corner, direction, mark.wide)


# -- lines ----------------------------------------------------------------------------------------


def _wire(mark: Wire, points: tuple[Point, ...]) -> Line:
    arrow = mark.arrow
    role, dash, weight = _look(arrow)
    if mark.curved or len(points) == 2:
        return Line(points, role, mark.curved, mark.head, dash, weight)
    return Line(rounded(points), role, True, mark.head, dash, weight)


def _look(arrow: Arrow) -> tuple[str, Dash, float]:
    if arrow.role:
        return (
            arrow.role,
            "solid" if arrow.role == "fault" else "dashed",
            1.6 if arrow.role == "fault" else 0.9,
        )
    if "removed" in (arrow.tail.mark, arrow.head.mark):
        return "removed", DASHES["removed"], 0.9  # type: ignore[return-value]
    return "arrow", "dashed" if arrow.training else "solid", 0.9


def rounded(points: tuple[Point, ...], bend: float = BEND) -> tuple[Point, ...]:
    """A line of straight pieces with round corners, as Bézier curves."""
    found = [points[0]]

    def straight(to: Point) -> None:
        x, y = found[-1]
        far = to[0] - x, to[1] - y
        found.extend(((x + far[0] / 3, y + far[1] / 3), (x + far[0] * 2 / 3, y + far[1] * 2 / 3), to))

    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = _towards(corner, before), _towards(corner, after)
        radius = min(bend, _distance(before, corner) / 2, _distance(corner, after) / 2)
        start = corner[0] + ax * radius, corner[1] + ay * radius
        end = corner[0] + bx * radius, corner[1] + by * radius
        inward = radius * (1 - _ROUND)
        straight(start)
        found.extend(
            (
                (corner[0] + ax * inward, corner[1] + ay * inward),
                (corner[0] + bx * inward, corner[1] + by * inward),
                end,
            )
        )
    straight(points[-1])
    return tuple(found)


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(one: Point, other: Point) -> Place:
    """The direction of a line along an axis."""
    length = _distance(one, other) or 1.0
    return (other[0] - one[0]) / length, (other[1] - one[1]) / length


def _label(mark: Label, point: Point, down: bool) -> Text:
    x, y = point
    if mark.centred:
        return Text(x, y + 0.36 * SMALL, mark.text, SMALL, "middle", mark.role)
    if down:
        off = 6.0 if mark.role == "fault" else 4.0
        return Text(x + off, y + 0.36 * SMALL, mark.text, SMALL, "start", mark.role)
    return Text(x, y - 3.5, mark.text, SMALL, "middle", mark.role)


# -- frames ---------------------------------------------------------------------------------------


def _frame(mark: Border, corner: Point, size: tuple[float, float], words: Point) -> Group:
    frame, (x, y), (wide, high) = mark.frame, corner, size
    alone = frame.mark in ("added", "removed")
    dash: Dash = "dashed" if frame.training or frame.mark == "removed" else "solid"
    fill = "inner frame" if mark.depth % 2 else "frame"
    parts: list[Part] = []
    if frame.times > 1:
        parts += [Rect(x + CARD * far, y - CARD * far, wide, high, fill, 6.0, dash, 0.6) for far in (2, 1)]
    parts.append(Rect(x, y, wide, high, fill, 6.0, dash, 0.8))
    if alone:
        parts.append(Rect(x, y, wide, high, frame.mark, 6.0, dash, 1.6, filled=False))
    left, top = words
    for number, line in enumerate(mark.words):
        baseline = top + LINE * number + 8.0
        first = number == 0
        room = x + wide - left - 4.0
        text = " ".join(shortened(line, room, SMALL, first).split())
        parts.append(Text(left, baseline, text, SMALL, "start", "ink" if first else "faint", bold=first))
    return Group(frame.key, frame.title or frame.key, tuple(parts))


def _band(mark: Band, corner: Point, down: bool) -> Group:
    x, y = corner
    wide, high = (mark.breadth, mark.length) if down else (mark.length, mark.breadth)
    if down:
        text = Text(x + 10.0, y + high / 2, mark.text, SMALL, "middle", "faint", turned=True)
    else:
        text = Text(x + wide / 2, y + 9.0, mark.text, SMALL, "middle", "faint")
    return Group(f"band {mark.text}", mark.text, (Rect(x, y, wide, high, "band", 3.0, weight=0.5), text))
