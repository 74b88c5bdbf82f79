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
        "learned": Paint("#c3def5", "#0f66a3"),
        "pool": Paint("#f3cfac", "#bd6d1c"),
        "norm": Paint("#eef1f4", "#87919a"),
        "activation": Paint("#fcf6c6", "#86773a"),
        "merge": Paint("#c4ead3", "#2f8a63"),
        "shape": Paint("#ffffff", "#87919a"),
        "boxes": Paint("#e0c6db", "#763f61"),
        "regular": Paint("#f3f4f5", "#87919a"),
        "source": Paint("#ffffff", "#4b565f"),
        "block": Paint("#ffffff", "#4b565f"),
        # the page, its print and its lines
        "paper": Paint("#ffffff", "#ffffff"),
        "ink": Paint("#1b1f24", "#1b1f24"),
        "faint": Paint("#4b565f", "#4b565f"),
        "arrow": Paint("#76818b", "#76818b"),
        "frame": Paint("#f8f9fa", "#b4bcc4"),
        "inner frame": Paint("#f0f2f4", "#b4bcc4"),
        "band": Paint("#f4f6f8", "#dde2e6"),
        # where networks are compared: what became of a layer
        "same": Paint("#ffffff", "#b4bcc4"),
        "added": Paint("#b9dcf2", "#0072b2"),
        "removed": Paint("#fde0cb", "#c45000"),
        "changed": Paint("#f9f1b0", "#755c00"),
        # where a network is wrong
        "fault": Paint("#fde3dc", "#b3261e"),
        "unknown": Paint("#f6f6f6", "#a5adb4"),
    },
)

SLIDES = Theme(
    "slides",
    {
        **PAPER.paints,
        "learned": Paint("#94cbf7", "#0061aa"),
        "pool": Paint("#eeb88c", "#9c5a1e"),
        "norm": Paint("#d8dee3", "#5f6a74"),
        "activation": Paint("#fbee8c", "#80691a"),
        "merge": Paint("#b9e8cb", "#0f5a38"),
        "boxes": Paint("#d2b3cc", "#6d2560"),
        "regular": Paint("#e3e6e9", "#6b757e"),
        "faint": Paint("#39424a", "#39424a"),
        "arrow": Paint("#4c565f", "#4c565f"),
        "frame": Paint("#f3f5f7", "#8b959e"),
        "inner frame": Paint("#e8ebee", "#8b959e"),
    },
)

DARK = Theme(
    "dark",
    {
        "learned": Paint("#1e5077", "#5a97c9"),
        "pool": Paint("#4f2a0c", "#cc8450"),
        "norm": Paint("#363b40", "#7f8991"),
        "activation": Paint("#524b1d", "#e4c243"),
        "merge": Paint("#22463a", "#67d0a5"),
        "shape": Paint("#1f2429", "#87919a"),
        "boxes": Paint("#43273d", "#f0a3dd"),
        "regular": Paint("#292e33", "#757f88"),
        "source": Paint("#16191d", "#9aa4ad"),
        "block": Paint("#1f2429", "#9aa4ad"),
        "paper": Paint("#16191d", "#16191d"),
        "ink": Paint("#eceff2", "#eceff2"),
        "faint": Paint("#c1c9d0", "#c1c9d0"),
        "arrow": Paint("#8f99a2", "#8f99a2"),
        "frame": Paint("#1c2025", "#4d565e"),
        "inner frame": Paint("#23282d", "#4d565e"),
        "band": Paint("#1a1e22", "#31373d"),
        "same": Paint("#1f2429", "#5b656e"),
        "added": Paint("#0f3d5c", "#56b4e9"),
        "removed": Paint("#4d2208", "#f0894f"),
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
