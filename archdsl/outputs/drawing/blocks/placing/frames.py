"""Blocks as frames around what is in them, with their words above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.outputs.drawing.blocks.picture import Frame
from archdsl.outputs.drawing.blocks.placing.unit import Border, Room, Unit, Wire
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.themes import SMALL

if TYPE_CHECKING:
    from archdsl.outputs.drawing.blocks.placing.layout import Layout

PADDING = 8.0
LINE = 11.0
"""Height of a line of its words."""
LONGEST = 240.0
"""Words that are longer are cut."""
CARD = 3.0
"""How far the outlines behind a frame that repeats stand out, each."""


def framed(layout: Layout, frame: Frame, room: Room) -> Unit:
    """A frame with what is in it; the line that enters it goes on to what is inside."""
    level = layout.levels[frame]
    limit = None if room.limit is None else room.limit - 60.0
    content = layout.chain(layout.series(frame), Room(limit, room.depth + 1))
    whole = surrounded(layout, frame, content, room.depth)
    start = whole.inner[0][0]
    if level.ins:
        points = ((0.0, 0.0), (start + content.inset, 0.0))
        whole.marks.append(Wire(level.ins[0][0], points, content.enters))
    if level.outs:
        end = start + content.length - content.outset
        points = ((end, content.exit), (whole.length, content.exit))
        whole.marks.append(Wire(level.outs[0][0], points, False))
    return whole


def surrounded(layout: Layout, frame: Frame, content: Unit, depth: int) -> Unit:
    """The frame with its words around a content; on the low side of the axis, or where there is room."""
    cards = 2 * CARD if frame.times > 1 else 0.0
    lines = words(frame)
    low, high = content.low + PADDING, content.high + PADDING
    text = lines
    widest = max((width(line, SMALL, bold=not number) for number, line in enumerate(lines)), default=0.0)
    if layout.down:
        entered = bool(layout.levels[frame].ins)
        side = "low" if not entered or widest <= low - 12.0 else "high"
        if not entered:
            high = max(high, widest + 14.0 - low)
        elif side == "high":
            high = max(high, widest + 12.0)
        start = (LINE * len(text) + 6.0 if text else PADDING) + (3.0 if not content.enters else 4.0)
        at = (3.0, -low + 7.0 if side == "low" else 7.0)
    else:
        low += LINE * len(text)
        start = PADDING + 4.0
        at = (7.0, -low + 3.0)
    length = start + content.length + PADDING
    if not layout.down:
        length = max(length, widest + 14.0)
    before = cards if layout.down else 0.0
    border = Border(frame, before, -low, length, low + high, text, at, depth)
    whole = Unit(before + length, low, high, content.exit, enters=False, marks=[border])
    whole.put(content, before + start, 0.0)
    if layout.down:
        whole.high += cards
    else:
        whole.low, whole.length = whole.low + cards, whole.length + cards
    return whole


def words(frame: Frame) -> tuple[str, ...]:
    """What a frame says, line by line; the first one is its name."""
    times = f"×{frame.times}" if frame.times > 1 else ""
    first = "  ".join(filter(None, (frame.name, frame.block, times)))
    lines = filter(None, (" ".join(first.split()), frame.small if first else ""))
    return tuple(shortened(line, LONGEST, SMALL, bold=True) for line in lines)
