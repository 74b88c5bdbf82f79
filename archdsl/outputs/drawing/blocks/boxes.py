"""Boxes with their sizes, and drawn: layers with their strips, closed blocks, merges, ends and forks.

A box is symmetrical about the middle of its width, where arrows that run down meet it; `port` says
where arrows meet it on each side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from archdsl.outputs.drawing.blocks import glyphs
from archdsl.outputs.drawing.blocks.picture import Box, Text
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.scene import Circle, Group, Line, Part, Point, Rect
from archdsl.outputs.drawing.scene import Text as Letters
from archdsl.outputs.drawing.themes import DASHES, SIZE, SMALL
from archdsl.outputs.drawing.wanted import Direction

Side = Literal["top", "bottom", "left", "right"]

PADDING = 6.0
"""Between a text and the sides of its box."""
MAIN_ROW, SMALL_ROW = 16.0, 11.0
"""Heights of a line of text in a box."""
NOTE_ROW = 13.0
"""Height of a line that says what is wrong; it begins with a number in a circle."""
CARD = 2.5
"""How far the outlines behind a box that repeats stand out, each."""
CARDS = 2
LONGEST = 240.0
"""A text that is longer is cut."""
WIDEST = 168.0
"""Small texts that together are wider go on separate lines."""

SIGN, FORK = 7.0, 1.4
"""Radii of a merge's sign and of a fork."""


@dataclass(frozen=True, slots=True)
class _Row:
    """Texts beside each other in a box."""

    cells: tuple[Text, ...]
    kind: Literal["main", "strip", "plain"]
    times: int = 1
    bold: bool = False

    @property
    def size(self) -> float:
        return SIZE if self.kind == "main" else SMALL

    @property
    def height(self) -> float:
        return MAIN_ROW if self.kind == "main" else SMALL_ROW

    def widths(self) -> list[float]:
        """The room that each text needs."""
        room = PADDING * {"main": 1.0, "plain": 0.75, "strip": 0.5}[self.kind]
        found = [width(_text(cell), self.size, self.bold) + 2 * room for cell in self.cells]
        if self.times > 1:
            found[-1] += _badge_width(self.times)
        return found


def measured(box: Box, direction: Direction = "down") -> tuple[float, float]:
    """Width and height of all that belongs to a box; its skip goes along with the flow."""
    if box.kind == "sign":
        return 2 * SIGN, 2 * SIGN
    if box.kind == "fork":
        return 2 * FORK, 2 * FORK
    width_, height = _core(box)
    if box.kind == "bar":
        return (width_, height) if direction == "down" else (height, width_)
    if direction == "down":
        return width_ + 2 * (_cards(box) + _arc_room(box)), height + _cards(box)
    return width_ + 2 * _cards(box), height + _cards(box) + _arc_room(box)


def port(box: Box, x: float, y: float, side: Side, direction: Direction = "down") -> Point:
    """Where an arrow meets a side of the box whose top left corner is at (x, y)."""
    whole_width, whole_height = measured(box, direction)
    plain = box.kind in ("sign", "fork", "bar")
    inner_width, inner_height = (whole_width, whole_height) if plain else _core(box)
    middle = x + whole_width / 2
    top = y + _cards(box)
    if side == "top":
        return middle, y
    if side == "bottom":
        return middle, top + inner_height
    half = inner_width / 2
    return (middle - half if side == "left" else middle + half + _cards(box)), top + inner_height / 2


def drawn(box: Box, x: float, y: float, direction: Direction = "down", wide: float = 0.0) -> Group:
    """The box with its top left corner at (x, y); a bar may be wider than its words need."""
    if box.kind == "sign":
        parts = _sign(box, x, y)
    elif box.kind == "fork":
        parts = iter((Circle(x + FORK, y + FORK, FORK, "arrow", weight=0.0),))
    elif box.kind == "loose":
        parts = _texts(box, x, y)
    elif box.kind == "bar":
        parts = _bar(box, x, y, direction, wide)
    else:
        parts = _stack(box, x, y, direction)
    return Group(box.key, box.title or box.key, tuple(parts))


# -- how it is divided ----------------------------------------------------------------------------


def _rows(box: Box) -> list[_Row]:
    """The lines of a box: what it is about large, norms and activations beside each other and small."""
    if box.kind == "end":
        small = box.lines[1:]
        return [_Row(box.lines[:1], "main", bold=True), *(_Row((line,), "plain") for line in small)]
    if box.kind == "bar":
        return [_Row(box.lines[:1], "strip")]
    if box.kind == "loose":
        return [_Row((line,), "plain") for line in box.lines]
    if box.is_block:
        small = (*box.lines[1:], *([Text(box.small, "block")] if box.small else ()))
        name = _Row(box.lines[:1], "main", box.times, bold=True)
        return [name, *(_Row((line,), "plain") for line in small)]
    rows: list[_Row] = []
    strip: list[Text] = []
    main = main_line(box)

    def close() -> None:
        if strip:
            rows.extend(_strips(tuple(strip)))
            strip.clear()

    times = box.times
    for line in box.lines:
        if line is main or line.family == main.family == "learned":
            close()
            rows.append(_Row((line,), "main", times))
            times = 1
        else:
            strip.append(line)
    close()
    return rows


def _strips(texts: tuple[Text, ...]) -> Iterator[_Row]:
    """Small texts in one row, or in several if they are too wide together."""
    row: tuple[Text, ...] = ()
    for text in texts:
        longer = _Row((*row, text), "strip")
        if row and sum(longer.widths()) > WIDEST:
            yield _Row(row, "strip")
            longer = _Row((text,), "strip")
        row = longer.cells
    yield _Row(row, "strip")


def main_line(box: Box) -> Text:
    """The line that a box is about: its block or its first weight layer, else its first line."""
    return next((line for line in box.lines if line.family in ("block", "learned")), box.lines[0])


def _core(box: Box) -> tuple[float, float]:
    """Width and height of the box itself, without what stands out of it."""
    rows = _rows(box)
    widest = max(sum(row.widths()) for row in rows)
    height = sum(row.height for row in rows)
    if box.note:
        widest = max(widest, *(width(line, SMALL) + PADDING for line in box.note))
        height += NOTE_ROW * len(box.note)
    if box.bars:
        widest, height = max(widest, glyphs.BARS + 2 * PADDING), height + glyphs.BAR + 4
    if box.is_block or box.kind == "end":
        height += 2  # round corners need a little more room
    if box.kind == "bar":
        widest, height = max(widest, 56.0), height + 2
    return widest, height


def _cards(box: Box) -> float:
    return CARD * CARDS if box.times > 1 else 0.0


def _arc_room(box: Box) -> float:
    """What the skip takes beside the box; running down, as much room is left at the other side."""
    return glyphs.ARC if box.skip else 0.0


def _badge_width(times: int) -> float:
    return width(f"×{times}", SIZE, bold=True) + PADDING


def _text(line: Text) -> str:
    """On one line, and no longer than a box may be."""
    return shortened(" ".join(line.text.split()), LONGEST, SIZE, bold=True)


# -- and drawn ------------------------------------------------------------------------------------


def _role(line: Text) -> str:
    """By what became of it, or where nothing is compared, by its family."""
    return line.mark or line.family


def _outline(box: Box) -> str:
    return box.role or box.mark or main_line(box).family


def _weight(box: Box) -> float:
    return 1.6 if box.mark in ("added", "changed") or box.role == "fault" else 0.8


def _dash(box: Box) -> Literal["solid", "dashed", "dotted"]:
    if box.training:
        return "dashed"
    return DASHES.get(box.mark, "solid")  # type: ignore[return-value]


def _sign(box: Box, x: float, y: float) -> Iterator[Part]:
    line = box.lines[0]
    middle, role = x + SIGN, box.role or _role(line)
    yield Circle(middle, y + SIGN, SIGN, role, _dash(box), _weight(box))
    arm = SIGN * 0.5
    if line.text == "+":
        yield Line(((middle - arm, y + SIGN), (middle + arm, y + SIGN)), role, weight=1.2)
        yield Line(((middle, y + SIGN - arm), (middle, y + SIGN + arm)), role, weight=1.2)
    else:
        yield Letters(middle, y + SIGN + 0.36 * SIZE, _text(line), SIZE)
    for number, note in enumerate(box.note):  # where lines seldom come
        yield Letters(x - 1.0, y + 2 * SIGN + 2.0 + NOTE_ROW * number, note, SMALL, "end", "fault")


def _bar(box: Box, x: float, y: float, direction: Direction, long: float) -> Iterator[Part]:
    """A merge that reaches across its branches."""
    wide, high = measured(box, direction)
    line = box.lines[0]
    wide, high = (max(wide, long), high) if direction == "down" else (wide, max(high, long))
    yield Rect(x, y, wide, high, box.role or _role(line), 0.0, _dash(box), _weight(box))
    notes = NOTE_ROW * len(box.note)
    for number, text in enumerate((_text(line), *box.note)):
        off = (high if direction == "down" else wide) - notes
        off = off / 2 + 0.36 * SMALL if number == 0 else off + NOTE_ROW * (number - 1) + 8.0
        if direction == "down":
            yield Letters(x + wide / 2, y + off, text, SMALL)
        else:
            yield Letters(x + off, y + high / 2, text, SMALL, turned=True)


def _texts(box: Box, x: float, y: float) -> Iterator[Part]:
    """Text without a box."""
    wide, _ = measured(box)
    for number, line in enumerate(box.lines):
        yield Letters(x + wide / 2, y + SMALL_ROW * number + 8.3, _text(line), SMALL, role="faint")


def _stack(box: Box, x: float, y: float, direction: Direction) -> Iterator[Part]:
    """What stands out behind, then the box, its rows from above, and its outline on top."""
    inner_width, inner_height = _core(box)
    x, y = x + _cards(box) + (_arc_room(box) if direction == "down" else 0.0), y + _cards(box)
    round_ = 4.0 if box.is_block else 6.0 if box.kind == "end" else 0.0
    role, dash, weight = _outline(box), _dash(box), _weight(box)
    base = role if box.is_block or box.kind == "end" else box.role or _role(main_line(box))
    if box.times > 1:
        for behind in range(CARDS, 0, -1):
            off = behind * CARD
            yield Rect(x + off, y - off, inner_width, inner_height, base, round_, dash, 0.6)
    if box.skip and direction == "down":
        right = x + inner_width + _cards(box)
        yield from glyphs.arc(box.skip, right, y, inner_height, direction, box.role)
    elif box.skip:
        yield from glyphs.arc(box.skip, x, y + inner_height, inner_width, direction, box.role)
    yield Rect(x, y, inner_width, inner_height, base, round_, dash, weight if round_ else 0.0)
    at = y + (1.0 if round_ else 0.0)
    for row in _rows(box):
        yield from _row(box, row, x, at, inner_width)
        at += row.height
    if box.bars:
        yield from glyphs.bars(box.bars, x + (inner_width - glyphs.BARS) / 2, at + 1, box.role or "learned")
    for number, line in enumerate(box.note):
        baseline = y + inner_height - NOTE_ROW * (len(box.note) - number) + 8.5
        yield Letters(x + inner_width / 2, baseline, line, SMALL)
    if not round_:
        yield Rect(x, y, inner_width, inner_height, role, 0.0, dash, weight, filled=False)


def _row(box: Box, row: _Row, x: float, y: float, room: float) -> Iterator[Part]:
    widths = row.widths()
    spare = (room - sum(widths)) / len(widths)
    for cell, own in zip(row.cells, widths, strict=True):
        wide = own + spare
        if row.kind != "plain" and not box.is_block and box.kind != "end":
            if row.kind == "strip":
                yield Rect(x, y, wide, row.height, box.role or _role(cell), weight=0.0)
            elif _role(cell) != _role(main_line(box)):
                yield Rect(x, y, wide, row.height, _role(cell), weight=0.0)
        last = cell is row.cells[-1]
        badge = _badge_width(row.times) if row.times > 1 and last else 0.0
        baseline = y + row.height / 2 + 0.36 * row.size
        ink = "ink" if row.kind == "main" else "faint"
        middle = x + (wide - badge) / 2
        yield Letters(middle, baseline, _text(cell), row.size, role=ink, bold=row.bold)
        if badge:
            words = width(_text(cell), row.size, row.bold)
            yield Letters(middle + words / 2 + PADDING, baseline, f"×{row.times}", SIZE, "start", bold=True)
        x += wide
