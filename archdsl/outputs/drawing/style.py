"""How a drawing looks: colours, type and distances.

The fills are tints of Okabe and Ito's palette, light enough for black text (contrast above 12 to 1)
and told apart with any kind of colour vision; what a box is, its text says too.
"""

from __future__ import annotations

from typing import NamedTuple


class Paint(NamedTuple):
    fill: str
    line: str


FAMILIES: dict[str, Paint] = {
    "learned": Paint("#cfe3f3", "#4a7ea8"),
    "pool": Paint("#f8dcc4", "#b3713a"),
    "norm": Paint("#e9edf0", "#8b959e"),
    "activation": Paint("#fbf3cf", "#a89545"),
    "merge": Paint("#d3ecdf", "#3f8a6b"),
    "shape": Paint("#ffffff", "#8b959e"),
    "boxes": Paint("#eedce8", "#a2628c"),
    "regular": Paint("#f3f4f5", "#a5adb4"),
    "source": Paint("#ffffff", "#5f6a74"),
    "block": Paint("#ffffff", "#5f6a74"),
}
"""Fill and outline by the family of an operator."""

FONT = "Helvetica"
"""Whose metrics the layout uses; Arial and the free Arimo and Liberation Sans share them."""
FONTS = "Helvetica, Arial, 'Liberation Sans', Arimo, sans-serif"
PAPER = "#ffffff"
INK = "#1b1f24"
FAINT = "#5f6a74"
"""Shapes and other small print; 5.5 to 1 on white."""
ARROW = "#76818b"
FRAME = Paint("#f8f9fa", "#b4bcc4")
INNER_FRAME = Paint("#f0f2f4", "#b4bcc4")
"""Frames within frames take turns, so that nesting can be seen."""

SIZE = 11
SMALL = 9
"""Points, for a box's first line and for everything else."""

MARKS: dict[str, Paint] = {
    "same": Paint("#ffffff", "#b4bcc4"),
    "added": Paint("#b9dcf2", "#0072b2"),
    "removed": Paint("#fbd9c0", "#d55e00"),
    "changed": Paint("#f9f1b0", "#8a6d00"),
}
"""Fill and outline by what became of a layer, where networks are compared: blue, vermilion and yellow.

Signs, and lines that are thick, dashed or dotted, tell the same without colour.
"""
LINES = {"same": "solid", "added": "solid", "removed": "dashed", "changed": "dotted"}
WIDTHS = {"same": 1, "added": 2, "removed": 1, "changed": 2}
