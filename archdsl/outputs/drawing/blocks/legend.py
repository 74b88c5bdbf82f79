"""What the signs in a drawing mean, in a line below it: of those that occur and do not say it themselves.

Where networks are compared, a line before that says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from archdsl.outputs.drawing.blocks.picture import Box, Picture
from archdsl.outputs.drawing.blocks.placing.unit import Put, Unit
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.marked import SIGNS
from archdsl.outputs.drawing.scene import Line, Part, Rect, Text
from archdsl.outputs.drawing.themes import DASHES, SMALL

ABOVE, ROW, APART = 10.0, 14.0, 16.0
SAMPLE = 18.0
"""Width of a sign in the legend."""

LONGEST = 300.0
"""A caption that is longer is cut."""

Sign = Literal["caption", "bars", "identity", "projection", "training", "added", "removed", "changed"]

_WORDS: dict[Sign, str] = {
    "bars": "channels that each branch gives",
    "identity": "identity shortcut",
    "projection": "projection shortcut",
    "training": "in training only",
    "added": f"{SIGNS['added']}added",
    "removed": f"{SIGNS['removed']}removed",
    "changed": f"{SIGNS['changed']}changed",
}


class Entry(NamedTuple):
    """A sign and its meaning; a caption is without a sign."""

    sign: Sign
    words: str

    @property
    def indent(self) -> float:
        """The room that the sign takes before its meaning."""
        return 0.0 if self.sign == "caption" else SAMPLE + 5.0

    @property
    def breadth(self) -> float:
        return self.indent + width(self.words, SMALL)


def entries(picture: Picture, units: Sequence[Unit]) -> list[Entry]:
    """The signs that occur, behind what is compared."""
    boxes = [mark.box for unit in units for _, _, mark in unit.walk() if isinstance(mark, Put)]
    boxes += picture.boxes()
    found = {sign for box in boxes for sign in _signs(box)}
    caption = shortened(" ".join(picture.caption.split()), LONGEST, SMALL)
    return [
        *([Entry("caption", caption)] if caption else []),
        *(Entry(sign, meaning) for sign, meaning in _WORDS.items() if sign in found),
    ]


def _signs(box: Box) -> Iterator[Sign]:
    if box.bars:
        yield "bars"
    if box.skip:
        yield box.skip
    if box.training:
        yield "training"
    if box.mark in ("added", "removed", "changed"):
        yield box.mark


def rows(found: Sequence[Entry], room: float) -> list[list[Entry]]:
    """The entries line by line, as wide as the drawing."""
    lines: list[list[Entry]] = []
    left = 0.0
    for entry in found:
        if not lines or lines[-1][0].sign == "caption" or left + APART + entry.breadth > room:
            lines.append([entry])
            left = entry.breadth
        else:
            lines[-1].append(entry)
            left += APART + entry.breadth
    return lines


def height(lines: Sequence[Sequence[Entry]]) -> float:
    """With the room above it."""
    return ABOVE + ROW * len(lines) if lines else 0.0


def breadth(lines: Sequence[Sequence[Entry]]) -> float:
    """The width of the longest line."""
    return max((sum(each.breadth for each in line) + APART * (len(line) - 1) for line in lines), default=0.0)


def drawn(lines: Sequence[Sequence[Entry]], x: float, y: float) -> Iterator[Part]:
    """The legend with its top left corner at (x, y)."""
    for line in lines:
        left = x
        for entry in line:
            if entry.indent:
                yield from _sample(entry.sign, left, y + ROW / 2)
            words = left + entry.indent
            yield Text(words, y + ROW / 2 + 0.36 * SMALL, entry.words, SMALL, "start", "faint")
            left += entry.breadth + APART
        y += ROW


def _sample(sign: Sign, x: float, y: float) -> Iterator[Part]:
    """A small picture of the sign, in the middle of its height."""
    if sign == "bars":
        yield Rect(x, y - 4, 10.0, 8.0, "learned", weight=0.5)
        yield Rect(x + 11.5, y - 4, 6.5, 8.0, "learned", weight=0.5)
    elif sign in ("identity", "projection"):
        points = (
            (x, y + 3.5), (x + 2, y - 1.5), (x + 4, y - 3.5), (x + 7, y - 3.5),
            (x + 9, y - 3.5), (x + 10, y - 3.5), (x + SAMPLE - 7, y - 3.5),
            (x + SAMPLE - 4, y - 3.5), (x + SAMPLE - 2, y - 1.5), (x + SAMPLE, y + 3.5),
        )  # fmt: skip
        yield Line(points, "merge", curved=True, weight=1.2)
        if sign == "projection":
            yield Rect(x + SAMPLE / 2 - 4, y - 6, 8.0, 5.0, "learned")
    elif sign == "training":
        yield Rect(x, y - 4.5, SAMPLE, 9.0, "block", 3.0, "dashed")
    else:
        weight = 1.6 if sign in ("added", "changed") else 0.8
        yield Rect(x, y - 4.5, SAMPLE, 9.0, sign, 0.0, DASHES[sign], weight)  # type: ignore[arg-type]
