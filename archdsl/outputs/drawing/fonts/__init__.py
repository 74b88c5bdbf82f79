"""Arimo, whose letters are as wide as Helvetica's: so that drawings look the same on every machine.

Its two faces are from Google's Chrome OS core fonts, version 1.33, under the licence in `OFL.txt`. They
were cut down to Latin, Greek and Cyrillic letters, punctuation and signs, without hints.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from archdsl.outputs.drawing.fonts.truetype import Face

NAME = "Arimo"

REGULAR = Path(__file__).with_name("Arimo-Regular.ttf")
BOLD = Path(__file__).with_name("Arimo-Bold.ttf")


@cache
def face(bold: bool) -> Face:
    """The letters of a text that is bold or not."""
    return Face((BOLD if bold else REGULAR).read_bytes())
