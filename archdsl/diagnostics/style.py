"""Text on a terminal: colours, and how many cells a text takes.

Assumes nothing about where the text goes; whoever prints decides whether there is colour.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal

Style = Literal["error", "warning", "advice", "good", "help", "place", "strong", "faint"]

_CODES: dict[str, str] = {
    "error": "1;31",
    "warning": "1;33",
    "advice": "1;35",
    "good": "32",
    "help": "1;36",
    "place": "1;34",
    "strong": "1",
    "faint": "2",
}

TAB = 4

# what would move the cursor, reorder the line or hide in it is shown as a mark of one cell
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Paint:
    """Colours a text, or leaves it as it is."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, style: Style | None) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.on and style and text else text


PLAIN = Paint(False)


def cells(character: str) -> int:
    """How many terminal cells one character takes."""
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """How many terminal cells a text takes."""
    return len(text) if text.isascii() else sum(map(cells, text))


def visible(line: str) -> list[str]:
    """What to print for each character of a line: tabs as spaces, control characters as marks."""
    if line.isascii() and line.isprintable():
        return list(line)
    shown: list[str] = []
    column = 0
    for character in line:
        if character == "\t":
            text = " " * (TAB - column % TAB)
        elif unicodedata.category(character) in _UNSAFE:
            text = chr(0x2400 + ord(character)) if character < " " else "\N{REPLACEMENT CHARACTER}"
        else:
            text = character
        shown.append(text)
        column += width(text)
    return shown


def clean(text: str) -> str:
    """A text on one line, safe to print."""
    return "".join(visible(text))


def grid(rows: Sequence[Sequence[str]], right: Sequence[bool], gap: str = "  ") -> list[str]:
    """Rows of cells in columns of equal width, those set in `right` aligned to the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = []
        for cell, wide, to_right in zip(row, widths, right, strict=True):
            room = " " * (wide - width(cell))
            padded.append(room + cell if to_right else cell + room)
        lines.append(gap.join(padded).rstrip())
    return lines
