"""How wide text is in Helvetica, whose widths Arial, Liberation Sans and Arimo share.

So a drawing is the same on every machine, whatever fonts it has.
"""

from __future__ import annotations

import unicodedata

# fmt: off
_REGULAR = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778,
    722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278,
    278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)
_BOLD = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778,
    722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333,
    278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)
# fmt: on
"""Thousandths of the size, from the space to the tilde."""

_USUAL, _WIDE = 584, 1000

_OTHERS = {
    "×": 584,
    "–": 556,
    "—": 1000,
    "…": 1000,
    "·": 333,
    "²": 333,
    "³": 333,
    "→": 1000,
    "≥": 549,
    "≤": 549,
}

ASCENT, DESCENT = 0.72, 0.21
"""How far letters stand above and below the baseline, for size 1."""


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is, in points; letters outside of Latin-1 are estimated."""
    known = _BOLD if bold else _REGULAR
    total = 0
    for letter in text:
        place = ord(letter) - 32
        if 0 <= place < len(known):
            total += known[place]
        elif unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
            continue
        else:
            wide = unicodedata.east_asian_width(letter) in "WF"
            total += _OTHERS.get(letter, _WIDE if wide else _USUAL)
    return total * size / 1000


def shortened(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits into the room, with an ellipsis."""
    if width(text, size, bold) <= room:
        return text
    left = room - width("…", size, bold)
    for end, letter in enumerate(text):
        left -= width(letter, size, bold)
        if left < 0:
            return text[:end].rstrip() + "…"
    return text.rstrip() + "…"


def wrapped(text: str, room: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines that fit into the room; a word that does not ends with an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(shortened(word, room, size, bold))
    return lines
