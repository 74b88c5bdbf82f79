"""What lines and bars mean, beside a drawing by levels: where it leaves a corner free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.scene import Circle, Dash, Group, Line, Part, Polygon, Rect, Text, placed
from archdsl.outputs.drawing.themes import SMALL

_LINE = 13.0
_SAMPLE = 22.0
_AROUND = 6.0
_LEAST = 160.0
"""Room for a line, however narrow the drawing is."""

Area = tuple[float, float, float, float]
"""Left, top, right and bottom."""


class Entry(NamedTuple):
    """One line of a legend: what is drawn, in a room as wide as a sample, about y = 0; and its meaning."""

    sample: tuple[Part, ...]
    words: str


def arrow(role: str, weight: float, words: str, drop: int = 0, dashed: bool = False) -> Entry:
    """The entry of a line: as it runs."""
    dash: Dash = "dashed" if dashed else "solid"
    points = ((2.0, 0.0), (_SAMPLE - 2, 0.0))
    if drop:
        points = ((_SAMPLE / 2, -5.5 * drop), (_SAMPLE / 2, 5.5 * drop))
    return Entry((Line(points, role, head=True, weight=weight, dash=dash),), words)


def bar(roles: Sequence[str], words: str, tone: int = 0, block: bool = False) -> Entry:
    """The entry of a bar, of one part or more."""
    left = _SAMPLE / 2 - 3.0 * len(roles)
    sample = (body(left + 6 * i, -4.5, 6, 9, role, tone, block) for i, role in enumerate(roles))
    return Entry(tuple(sample), words)


def body(
    x: float,
    y: float,
    wide: float,
    high: float,
    role: str,
    tone: int = 0,
    block: bool = False,
    dash: Dash = "solid",
) -> Part:
    """A part of a bar; the second tone of a role is darker, and a block has round corners."""
    if not tone:
        return Rect(x, y, wide, high, role, 2.5 if block else 0.0, dash)
    corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
    return Polygon(corners, role, 0.35, dash)


def beside(parts: Sequence[Part], room: tuple[float, float], entries: Sequence[Entry]) -> list[Part]:
    """The legend in a free lower corner of the room that parts take, or else below."""
    across, down = room
    entries = [
        Entry(sample, shortened(words, max(across, _LEAST) - _SAMPLE - 6, SMALL)) for sample, words in entries
    ]
    wide = _SAMPLE + 6 + max((width(entry.words, SMALL) for entry in entries), default=0.0)
    high = _LINE * len(entries)
    taken = [area for part in parts for area in _areas(part)]
    for left in (across - wide, 0.0):
        area = (left - _AROUND, down - high - _AROUND, left + wide + _AROUND, down + _AROUND)
        if left >= 0 and high <= down and not any(_meet(area, other) for other in taken):
            return list(_listed(entries, left, down - high))
    rows = _rows(entries, across)
    below: list[Part] = []
    for number, row in enumerate(rows):
        at = 0.0
        for entry in row:
            below += _listed([entry], at, down + 10 + _LINE * number)
            at += _reach(entry)
    return below


def _listed(entries: Iterable[Entry], left: float, top: float) -> Iterator[Part]:
    for number, entry in enumerate(entries):
        y = top + _LINE * (number + 0.5)
        yield from placed(entry.sample, left, y)
        yield Text(left + _SAMPLE + 6, y + 0.36 * SMALL, entry.words, SMALL, "start")


def _rows(entries: Sequence[Entry], room: float) -> list[list[Entry]]:
    """Entries beside each other, as many as there is room for."""
    rows: list[list[Entry]] = []
    for entry in entries:
        if rows and sum(map(_reach, (*rows[-1], entry))) - 18 <= room:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return rows


def _reach(entry: Entry) -> float:
    return _SAMPLE + 6 + width(entry.words, SMALL) + 18


def _meet(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _areas(part: Part) -> Iterator[Area]:
    """What a part covers: of a line, each of its pieces."""
    if isinstance(part, Group):
        for each in part.parts:
            yield from _areas(each)
    elif isinstance(part, Text):
        wide = width(part.text, part.size, part.bold)
        left = part.x - {"start": 0.0, "middle": wide / 2, "end": wide}[part.anchor]
        yield left, part.y - 0.75 * part.size, left + wide, part.y + 0.25 * part.size
    elif isinstance(part, Line):
        for (x, y), (right, down) in zip(part.points, part.points[1:], strict=False):
            yield min(x, right) - 1, min(y, down) - 1, max(x, right) + 1, max(y, down) + 1
    elif isinstance(part, Circle):
        yield part.x - part.radius, part.y - part.radius, part.x + part.radius, part.y + part.radius
    elif isinstance(part, Polygon):
        lefts, tops = zip(*part.points, strict=True)
        yield min(lefts), min(tops), max(lefts), max(tops)
    elif isinstance(part, Rect):
        yield part.x, part.y, part.x + part.width, part.y + part.height


def extent(parts: Iterable[Part]) -> Area:
    """The smallest area around all parts."""
    areas = [area for part in parts for area in _areas(part)]
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
