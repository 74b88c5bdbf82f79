"""Columns: networks side by side, as in a paper's table or figure, lined up by resolution.

`cells` reads one network as the cells of its column, with `form` and `labels`; `bands` lines the columns
up; `marks` says what is new in each; `texts` and `layout` give all of it a place, `paint` its shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.check.model import Checked
from archdsl.outputs.drawing.columns.cells import CLOSED, COUNTED, NAMED, OPEN, Column, column
from archdsl.outputs.drawing.columns.compose import compose
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.pages import is_readable, sized, too_large
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Wanted

__all__ = ["scene"]

NATURAL_HEIGHT = PAGES["a4"].height * SMALL / SMALLEST
"""Points. What is higher is folded, where it can be, even if there is no page that it has to fit into."""

ALMOST = 1.25
"""Where nothing is low enough: how much higher than the lowest a drawing may be that shows more."""

MOST_CELLS = 1500
"""Of all columns."""

FOLDED = {
    CLOSED: "Blocks that repeat are drawn once.",
    COUNTED: "Blocks and layers that repeat are drawn once.",
    NAMED: "Of blocks only the names are drawn.",
}


def scene(networks: Sequence[Checked], wanted: Wanted) -> Scene:
    """The networks side by side, folded as far as the page asks for; raises CannotDraw."""
    if not networks:
        raise CannotDraw("there is no network to draw", "name at least one")
    drawings = []
    for columns, level, compact in _ways(networks, wanted):
        if sum(len(column.cells) for column in columns) > MOST_CELLS:
            continue
        drawings.append(compose(columns, wanted.title, FOLDED.get(level), compact=compact))
        if _fits(drawings[-1], wanted):
            return drawings[-1] if wanted.page is None else sized(drawings[-1], wanted.page)
    names = ", ".join(network.name for network in networks)
    if not drawings:
        raise CannotDraw(f"{names} would have more than {MOST_CELLS:,} boxes", "draw fewer networks")
    if wanted.page is None:
        lowest = min(drawn.height for drawn in drawings)
        return next(drawn for drawn in drawings if drawn.height <= ALMOST * lowest)
    refusal = too_large(names, wanted.page)
    if len(networks) == 1:
        raise refusal
    raise CannotDraw(str(refusal.args[0]), f"draw fewer networks, or {refusal.remedy}")


def _ways(networks: Sequence[Checked], wanted: Wanted) -> Iterator[tuple[list[Column], int, bool]]:
    """How the columns may be drawn, the most that can be seen first."""
    least = CLOSED if wanted.depth == 0 else OPEN
    for level in range(least, NAMED + 1):
        columns = [column(network, level, wanted.opened) for network in networks]
        yield columns, level, False
        if wanted.page is not None:
            yield columns, level, True


def _fits(drawn: Scene, wanted: Wanted) -> bool:
    """Whether a drawing has the size that it may have, with letters that can be read."""
    if wanted.page is None:
        return wanted.depth is not None or drawn.height <= NATURAL_HEIGHT
    return is_readable(drawn, wanted.page)
