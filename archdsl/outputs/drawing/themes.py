"""How a drawing looks: the colours of its roles, as data.

The fills are tints of Okabe and Ito's palette, told apart with any kind of colour vision; what a thing
is, its text says too. Text on a fill has a contrast of 4.5 to 1 or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Paint(NamedTuple):
    """The colour inside, and that of the outline; of a line or a text only the second counts."""

    fill: str
    line: str


@dataclass(frozen=True)
class Theme:
    """The paint of every role."""

    name: str
    paints: Mapping[str, Paint]

    def __getitem__(self, role: str) -> Paint:
        return self.paints[role]


PAPER = Theme(
    "paper",
    {
        # families of operators
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
        # the page, its print and its lines
        "paper": Paint("#ffffff", "#ffffff"),
        "ink": Paint("#1b1f24", "#1b1f24"),
        "faint": Paint("#5f6a74", "#5f6a74"),
        "arrow": Paint("#76818b", "#76818b"),
        "frame": Paint("#f8f9fa", "#b4bcc4"),
        "inner frame": Paint("#f0f2f4", "#b4bcc4"),
        "band": Paint("#f4f6f8", "#dde2e6"),
        # where networks are compared: what became of a layer
        "same": Paint("#ffffff", "#b4bcc4"),
        "added": Paint("#b9dcf2", "#0072b2"),
        "removed": Paint("#fbd9c0", "#d55e00"),
        "changed": Paint("#f9f1b0", "#8a6d00"),
        # where a network is wrong
        "fault": Paint("#fde3dc", "#b3261e"),
        "unknown": Paint("#f6f6f6", "#a5adb4"),
    },
)

SLIDES = Theme(
    "slides",
    {
        **PAPER.paints,
        "learned": Paint("#a9cfee", "#1f5f93"),
        "pool": Paint("#f5bf92", "#8f4f17"),
        "norm": Paint("#d5dce2", "#5f6a74"),
        "activation": Paint("#f7e78f", "#7d6a10"),
        "merge": Paint("#a8dcc3", "#1f6b4c"),
        "boxes": Paint("#e2bfd6", "#7f3d69"),
        "regular": Paint("#e3e6e9", "#6b757e"),
        "faint": Paint("#3f4850", "#3f4850"),
        "arrow": Paint("#4c565f", "#4c565f"),
        "frame": Paint("#f3f5f7", "#8b959e"),
        "inner frame": Paint("#e8ebee", "#8b959e"),
    },
)

DARK = Theme(
    "dark",
    {
        "learned": Paint("#1d3f5c", "#6ba3d0"),
        "pool": Paint("#553416", "#d5935a"),
        "norm": Paint("#333a41", "#87919a"),
        "activation": Paint("#4a4218", "#c9b458"),
        "merge": Paint("#1d4736", "#62b491"),
        "shape": Paint("#1f2429", "#87919a"),
        "boxes": Paint("#4b2a40", "#c98bb3"),
        "regular": Paint("#292e33", "#757f88"),
        "source": Paint("#16191d", "#9aa4ad"),
        "block": Paint("#1f2429", "#9aa4ad"),
        "paper": Paint("#16191d", "#16191d"),
        "ink": Paint("#eceff2", "#eceff2"),
        "faint": Paint("#aab3bb", "#aab3bb"),
        "arrow": Paint("#8f99a2", "#8f99a2"),
        "frame": Paint("#1c2025", "#4d565e"),
        "inner frame": Paint("#23282d", "#4d565e"),
        "band": Paint("#1a1e22", "#31373d"),
        "same": Paint("#1f2429", "#5b656e"),
        "added": Paint("#0f3d5c", "#56b4e9"),
        "removed": Paint("#5a2a0c", "#f0894f"),
        "changed": Paint("#4a4210", "#e0c94f"),
        "fault": Paint("#4d1f1a", "#ff8a7a"),
        "unknown": Paint("#202428", "#6b757e"),
    },
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (PAPER, SLIDES, DARK)}

FONTS = "Helvetica, Arial, 'Liberation Sans', Arimo, sans-serif"
"""Fonts with the widths that `lettering` knows."""

SIZE = 10.0
"""Points, for what a box is about."""
SMALL = 8.0
"""For everything else; nothing is smaller at the natural size."""

DASHES = {"same": "solid", "added": "solid", "removed": "dashed", "changed": "dotted"}
"""Lines that tell without colour what became of a layer."""
