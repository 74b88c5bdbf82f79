"""What a drawing is wanted as, beside the network: plain data that the command line fills in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Style = Literal["blocks", "volumes", "columns", "receptive"]
STYLES: tuple[Style, ...] = get_args(Style)

Direction = Literal["down", "right"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

ENDINGS = {
    "svg": "svg",
    "pdf": "pdf",
    "png": "png",
    "tex": "tikz",
    "dot": "dot",
    "mmd": "mermaid",
    "html": "html",
}
"""The format that a file's ending names."""

FORMATS = tuple(ENDINGS.values())

SMALLEST = 6.0
"""Points. Nothing on paper is printed smaller."""


class Page(NamedTuple):
    """The room that a drawing has, and how small its letters may be there, in points."""

    width: float
    height: float
    least: float = SMALLEST


PAGES: dict[str, Page] = {
    "column": Page(229, 500),
    "double": Page(469, 500),
    "a4": Page(510, 760),
    "slide": Page(960, 540, least=6.5),
}
"""A column of a two-column paper, both columns, the text of a page of A4, a slide of 16:9.

The first two go with a caption of three lines, which takes about 40 points, into the papers that LaTeX
sets: the column of `article` is 229.5 points wide and 548 high, others (IEEE 252 by 696, CVPR 237 by 642,
ICML 234 by 648) have more room. A slide is read from far away, so its letters are larger.
"""

LARGEST_PAGE = 14_400.0
"""Points. What is larger no reader of PDF shows."""

_POINTS = {"pt": 1.0, "mm": 72 / 25.4, "cm": 720 / 25.4, "in": 72.0}
_LENGTH = r"(\d+\.?\d*|\.\d+)\s*(pt|mm|cm|in)?"
_SIZES = re.compile(rf"\s*{_LENGTH}\s*[x×]\s*{_LENGTH}\s*", re.ASCII | re.IGNORECASE)


def page(text: str) -> Page:
    """The page that a name of PAGES means, or a size: `240x500`, `84x120mm`, `8.4cm x 5in`.

    Without a unit these are points, 1/72 inch; a unit after one number holds for both. Raises ValueError
    with two arguments: what is wrong, and a remedy.
    """
    if text in PAGES:
        return PAGES[text]
    found = _SIZES.fullmatch(text)
    if found is None:
        remedy = f"choose {', '.join(PAGES)}, or a width and a height, as `84x120mm`"
        raise ValueError(f"`{text}` is no page", remedy)
    width, unit, height, other = found.groups()
    across, along = (each.lower() for each in (unit or other or "pt", other or unit or "pt"))
    made = Page(float(width) * _POINTS[across], float(height) * _POINTS[along])
    if not (made.width > 0 and made.height > 0 and max(made) <= LARGEST_PAGE):
        raise ValueError(
            f"a page of `{text}` has no room, or is larger than paper is",
            f"its sides may have up to {LARGEST_PAGE:,.0f} points",
        )
    return made


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a network is to be drawn; None where the network's structure is to decide."""

    direction: Direction | None = None
    depth: int | None = None
    """Blocks deeper than this are closed."""
    opened: tuple[str, ...] = ()
    """Paths (`layer1.0`) or names of blocks (`bottleneck`) that are open whatever the depth."""
    page: Page | None = None
    """The room that it has to fit into, no letter smaller than it allows; None for its natural size."""
    title: str | None = None
    """A heading above the drawing; None for none, as a paper's caption says it."""
    image: bytes | None = None
    """A picture to draw over: PNG or JPEG, for `receptive`."""
