"""What a drawing is wanted as, beside the network: plain data that the command line fills in."""

from __future__ import annotations

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
"""Points. Nothing on a page of fixed size is printed smaller."""


class Page(NamedTuple):
    """The room that a drawing has, in points."""

    width: float
    height: float


PAGES: dict[str, Page] = {
    "column": Page(252, 660),
    "double": Page(516, 660),
    "a4": Page(510, 760),
    "slide": Page(960, 540),
}
"""A column of a two-column paper, both columns, the text of a page of A4, a slide of 16:9."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a network is to be drawn; None where the network's structure is to decide."""

    direction: Direction | None = None
    depth: int | None = None
    """Blocks deeper than this are closed."""
    opened: tuple[str, ...] = ()
    """Paths (`layer1.0`) or names of blocks (`bottleneck`) that are open whatever the depth."""
    page: Page | None = None
    """The room that it has to fit into, letters of at least `SMALLEST` points; None for its natural size."""
    title: str | None = None
    """A heading above the drawing; None for none, as a paper's caption says it."""
    image: bytes | None = None
    """A picture to draw over: PNG or JPEG, for `receptive`."""
