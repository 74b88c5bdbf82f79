"""Drawings of networks, for papers and pages.

Assumes a sound network. `compose` decides what is shown, as a `picture` with its `wires`; `dot` writes
it for Graphviz with the looks of `style`; `engine` runs Graphviz; `svg` and `pdf` finish the result.
"""

from __future__ import annotations

import os
from pathlib import Path

from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks.compose import compose, compose_marked
from archdsl.outputs.drawing.blocks.dot import dot
from archdsl.outputs.drawing.blocks.picture import Picture
from archdsl.outputs.drawing.engine import CannotDraw, EngineMissing, run
from archdsl.outputs.drawing.marked import Marked
from archdsl.outputs.drawing.wanted import Direction

__all__ = ["FORMATS", "CannotDraw", "EngineMissing", "Marked", "UnknownFormat", "draw", "draw_to"]

FORMATS = ("svg", "png", "pdf", "dot")

MOST_BOXES = 2000
"""Graphviz takes minutes for more, and nobody can read them."""

DOTS_PER_INCH = 200


class UnknownFormat(CannotDraw):
    """The drawing cannot be written as this."""

    def __init__(self, format: str) -> None:
        super().__init__(f"no drawing format is named {format or 'nothing'}", f"choose {', '.join(FORMATS)}")


def draw(
    checked: Checked | Marked,
    format: str = "svg",
    *,
    direction: Direction = "down",
    depth: int | None = None,
) -> bytes:
    """A drawing as svg, png, pdf or dot, running down or to the right.

    Blocks more than `depth` deep are closed boxes. Of two networks that are compared, the picture shows
    both. Raises CannotDraw, with a remedy.
    """
    if format not in FORMATS:
        raise UnknownFormat(format)
    shown = compose_marked(checked, depth) if isinstance(checked, Marked) else compose(checked, depth)
    source = dot(shown, direction)
    if format == "dot":
        return source.encode()
    count = sum(1 for _ in shown.boxes())
    if count > MOST_BOXES:
        raise CannotDraw(
            f"the picture of {shown.title} would have {count:,} boxes",
            "draw fewer levels of blocks, or write dot",
        )
    if format == "png":
        return run(source, "png", f"-Gdpi={DOTS_PER_INCH}")
    return _svg(shown, source) if format == "svg" else _pdf(shown, source)


def draw_to(
    checked: Checked,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    direction: Direction = "down",
    depth: int | None = None,
) -> None:
    """The same, written to a file whose ending says the format unless `format` does."""
    from archdsl.outputs.write import write

    ending = Path(path).suffix.removeprefix(".").lower()
    write(path, draw(checked, format or ending, direction=direction, depth=depth))


def _svg(shown: Picture, source: str) -> bytes:
    from archdsl.outputs.drawing.svg import finished

    return finished(run(source, "svg"), shown)


def _pdf(shown: Picture, source: str) -> bytes:
    """By Graphviz, which embeds its fonts, or else from the SVG."""
    try:
        return run(source, "pdf")
    except EngineMissing:
        from archdsl.outputs.drawing.pdf import pdf

        return pdf(_svg(shown, source))
