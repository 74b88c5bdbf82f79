"""The list of what is wrong, in words, set beside or below the drawing of a network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf

from archdsl.outputs.drawing.faults import Remark
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.scene import Circle, Group, Part, Scene, Text, placed
from archdsl.outputs.drawing.themes import SMALL

MOST_REMARKS = 40
"""In one list; it says how many more there are."""
MOST_LINES = 4
"""Of one message or remedy; what is longer ends with an ellipsis."""

_LEADING = 10.5
_APART = 3.0
"""Between a number and what follows it."""
_GAP = 7.0
"""Between two remarks."""
_MARGIN = 12.0
"""Between the drawing and the list."""
_INDENT = 17.0
"""For the number."""
_BESIDE = 270.0
"""How wide the list may be beside a drawing."""
_USUAL = 300.0
"""How wide it is at least below a drawing."""

_NUMBER = re.compile(r"(?:^|(?<=, ))\((\d+)\)(?: |$)")
"""A remark's number in the texts of a drawing."""


def listed(scene: Scene, remarks: Sequence[Remark], room: float = inf) -> Scene:
    """The drawing with the list at its right, or where that would be wider than the room, below it."""
    if not remarks:
        return scene
    marks = _marks(scene)
    scene = replace(scene, parts=tuple(_badged(scene.parts)))
    said, more = remarks[:MOST_REMARKS], len(remarks) - MOST_REMARKS
    long = max(_long(each) for each in said)
    if scene.height > scene.width and scene.width + _MARGIN + long + _GAP <= room:
        left, scene = scene.width + _MARGIN, _beside(scene, said, marks, long)
    else:
        left, scene = _GAP, _below(scene, said, min(room, max(scene.width, _USUAL)))
    return _continued(scene, left, more) if more > 0 else scene


def _continued(scene: Scene, x: float, more: int) -> Scene:
    """With a last line, which says how many remarks are not in the list."""
    text = Text(x + _INDENT, scene.height + _LEADING - 2.4, f"and {more:,} more", SMALL, "start", "faint")
    return replace(scene, height=scene.height + _LEADING + _GAP, parts=(*scene.parts, text))


def _below(scene: Scene, remarks: Sequence[Remark], room: float) -> Scene:
    wide = max(scene.width, room)
    parts, y = list(placed(scene.parts, right=(wide - scene.width) / 2)), scene.height + _MARGIN
    for remark in remarks:
        parts.append(_drawn(remark, _GAP, y, wide - 2 * _GAP))
        y += _height(remark, wide - 2 * _GAP) + _GAP
    return replace(scene, width=wide, height=y, parts=tuple(parts))


def _beside(scene: Scene, remarks: Sequence[Remark], marks: Mapping[int, float], room: float) -> Scene:
    """Each remark at the height of what it is about."""
    parts, x, y = list(scene.parts), scene.width + _MARGIN, _GAP
    waiting = [_height(each, room) + _GAP for each in remarks]
    for number, remark in enumerate(remarks):
        # as low as its mark is, unless those that follow then had no room
        last = max(scene.height, sum(waiting) + _GAP) - sum(waiting[number:])
        y = max(y, min(marks.get(remark.number, 0.0) - _LEADING, last))
        parts.append(_drawn(remark, x, y, room))
        y += waiting[number]
    return replace(scene, width=x + room + _GAP, height=max(scene.height, y), parts=tuple(parts))


def _marks(scene: Scene) -> dict[int, float]:
    """How far down the first mark with each number is."""
    found: dict[int, float] = {}
    for part in scene.shapes():
        if isinstance(part, Text):
            for number in map(int, _NUMBER.findall(part.text)):
                found[number] = min(part.y, found.get(number, part.y))
    return found


def _badged(parts: Iterable[Part]) -> Iterator[Part]:
    """The same, the numbers of remarks in circles."""
    for part in parts:
        if isinstance(part, Group):
            yield replace(part, parts=tuple(_badged(part.parts)))
        elif isinstance(part, Text) and not part.turned and _NUMBER.match(part.text):
            yield from _numbered(part)
        else:
            yield part


def _numbered(text: Text) -> Iterator[Part]:
    _, *pieces = _NUMBER.split(text.text)
    pairs = list(zip(pieces[::2], pieces[1::2], strict=True))
    wide = sum(_breadth(number, words, text) for number, words in pairs)
    x = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    for number, words in pairs:
        yield from _badge(number, x, text.y - 0.36 * text.size)
        if words:
            yield replace(text, x=x + _across(number) + _APART, text=words, anchor="start")
        x += _breadth(number, words, text)


def _breadth(number: str, words: str, text: Text) -> float:
    return _across(number) + (_APART + width(words, text.size, text.bold) if words else 0.0)


def _badge(number: str, x: float, y: float) -> Iterator[Part]:
    """A number in a circle, whose left end is at x and whose middle at y."""
    across = _across(number)
    yield Circle(x + across / 2, y, across / 2, "fault", weight=0.9)
    yield Text(x + across / 2, y + 0.36 * SMALL, number, SMALL, bold=True)


def _across(number: str) -> float:
    return max(10.0, width(number, SMALL, bold=True) + 5.0)


# -- one remark -----------------------------------------------------------------------------------


def _rows(remark: Remark, room: float) -> Iterator[tuple[str, bool, str]]:
    """Its lines: the text, whether it is bold, and its role."""
    room -= _INDENT
    head = f"{remark.place}:  {remark.source}" if remark.source else remark.place
    yield shortened(head, room, SMALL, bold=True), True, "ink"
    for line in _wrapped(remark.message, room):
        yield line, False, "ink"
    more = [f"in {remark.way}"] if remark.way else []
    for text in (*more, *(f"help: {remedy}" for remedy in remark.remedies)):
        for line in _wrapped(text, room):
            yield line, False, "faint"


def _long(remark: Remark) -> float:
    """The width that it takes beside a drawing."""
    return _INDENT + max(width(line, SMALL, bold) for line, bold, _ in _rows(remark, _BESIDE)) + 0.1


def _height(remark: Remark, room: float) -> float:
    return _LEADING * sum(1 for _ in _rows(remark, room))


def _drawn(remark: Remark, x: float, y: float, room: float) -> Group:
    number = str(remark.number)
    parts = list(_badge(number, x, y + _LEADING / 2))
    for index, (line, bold, role) in enumerate(_rows(remark, room)):
        baseline = y + _LEADING * (index + 1) - 2.4
        parts.append(Text(x + _INDENT, baseline, line, SMALL, "start", role, bold))
    return Group(f"remark {number}", f"{remark.place}: {remark.message}", tuple(parts))


def _wrapped(text: str, room: float) -> list[str]:
    """The text in lines that fit into the room; the end of a long one is left out."""
    lines: list[str] = []
    rest = text
    while rest:
        if len(lines) == MOST_LINES - 1:
            return [*lines, shortened(rest, room, SMALL)]
        line = _line(rest, room)
        lines.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return lines


def _line(text: str, room: float) -> str:
    """As many words as fit, or of a single long one as many letters."""
    if width(text, SMALL) <= room:
        return text
    end = fits = 0
    total = 0.0
    for index, letter in enumerate(text):
        total += width(letter, SMALL)
        if total > room:
            break
        fits = index + 1
        if letter == " " and "×" not in text[index - 1 : index + 2]:
            end = index + 1
    return text[: end or max(fits, 1)]
