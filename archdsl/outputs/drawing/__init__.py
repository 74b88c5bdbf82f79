"""Drawings of networks, for papers, slides and pages.

A style lays a network out as a `scene`, in which everything has its place; `render` writes it in a
format, with the colours of a theme. Graphviz source and Mermaid leave the layout to others: they are
written from what the block diagram shows. The page in HTML is a room of its own, `outputs.page`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

from archdsl.check.model import Checked
from archdsl.outputs.drawing import pages
from archdsl.outputs.drawing.engine import CannotDraw, EngineMissing
from archdsl.outputs.drawing.faults import Faulty
from archdsl.outputs.drawing.heeded import refuse_unheeded, refuse_unheeded_by_format
from archdsl.outputs.drawing.marked import Marked
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.themes import DARK, THEMES
from archdsl.outputs.drawing.wanted import ENDINGS, FORMATS, Style, Wanted

__all__ = [
    "FORMATS",
    "CannotDraw",
    "Drawing",
    "EngineMissing",
    "Faulty",
    "Marked",
    "Shown",
    "UnknownFormat",
    "Wanted",
    "draw",
    "draw_to",
    "scene",
    "style_of",
]

ANYHOW = Wanted()
"""As the network's structure suggests."""

Shown: TypeAlias = Sequence[Checked] | Marked | Faulty
"""What can be drawn: networks, a comparison of two, or one that is wrong."""


class Drawing(NamedTuple):
    """The file, and what was folded so that it fits: sentences for whoever asked for it."""

    data: bytes
    folded: tuple[str, ...] = ()


class UnknownFormat(CannotDraw):
    """The drawing cannot be written as this."""

    def __init__(self, format: str) -> None:
        super().__init__(f"no drawing format is named {format or 'nothing'}", f"choose {', '.join(FORMATS)}")


def draw(
    shown: Checked | Shown,
    format: str = "svg",
    style: Style | None = None,
    wanted: Wanted = ANYHOW,
    *,
    theme: str = "paper",
    scale: float = 1.0,
) -> Drawing:
    """Draw networks; without a style, in the one that suits them. Raises CannotDraw, with a remedy.

    `theme` is a name of THEMES, or `auto`: svg that is light or dark as the reader's page is. A `scale`
    of 2 makes everything twice as large.
    """
    shown = [shown] if isinstance(shown, Checked) else shown
    if format not in FORMATS:
        raise UnknownFormat(format)
    refuse_unheeded_by_format(wanted, format, style, theme, scale)
    if format in ("dot", "mermaid"):
        return Drawing(_source(_one(shown, format), format, wanted).encode())
    if format == "html":
        return Drawing(_page(shown, wanted))
    from archdsl.outputs.drawing.render import render

    made = scene(shown, style, wanted)
    light, dark = (THEMES["paper"], DARK) if theme == "auto" else (THEMES[theme], None)
    return Drawing(render(made, format, light, dark, scale), made.folded)


def scene(shown: Shown, style: Style | None = None, wanted: Wanted = ANYHOW) -> Scene:
    """The drawing in which everything has its place, before it is written in any format.

    What does not fit a slide with letters as large as they should be has smaller ones, and says so.
    """
    style = style or style_of(shown, wanted)
    refuse_unheeded(wanted, style)
    if wanted.page is None:
        return _scene(shown, style, wanted)
    refusal: CannotDraw | None = None
    for page in pages.relaxed(wanted.page):
        try:
            made = _scene(shown, style, replace(wanted, page=page))
        except CannotDraw as problem:
            refusal = refusal or problem
            continue
        return replace(made, folded=(*made.folded, *pages.told(made, wanted.page)))
    assert refusal is not None
    raise refusal


def _scene(shown: Shown, style: Style, wanted: Wanted) -> Scene:
    """The drawing in a style."""
    if style == "blocks":
        from archdsl.outputs.drawing import blocks

        return blocks.scene(_one(shown, "blocks"), wanted)
    if isinstance(shown, Marked | Faulty):
        what = "a comparison" if isinstance(shown, Marked) else "a network that is wrong"
        raise CannotDraw(f"{what} is drawn as blocks, not as {style}", "leave out the style")
    if style == "volumes":
        from archdsl.outputs.drawing import volumes

        return volumes.scene(shown, wanted)
    if style == "columns":
        from archdsl.outputs.drawing import columns

        return columns.scene(shown, wanted)
    from archdsl.outputs.drawing import receptive

    return receptive.scene(shown, wanted)


def style_of(shown: Shown, wanted: Wanted = ANYHOW) -> Style:
    """The style that suits: volumes for a plain chain on maps, columns for several networks.

    What is wanted may ask for another: an image to be drawn over, or blocks that are open.
    """
    if isinstance(shown, Marked | Faulty):
        return "blocks"
    if wanted.image is not None:
        return "receptive"
    if len(shown) > 1:
        return "columns"
    if wanted.direction or wanted.opened or wanted.depth is not None:
        return "blocks"
    from archdsl.outputs.drawing.volumes import suits

    return "volumes" if suits(shown[0]) else "blocks"


def draw_to(
    shown: Checked | Shown,
    path: str | os.PathLike[str],
    format: str | None = None,
    style: Style | None = None,
    wanted: Wanted = ANYHOW,
    *,
    theme: str = "paper",
    scale: float = 1.0,
) -> Drawing:
    """The same, written to a file whose ending says the format unless `format` does."""
    from archdsl.outputs.write import write

    ending = Path(path).suffix.removeprefix(".").lower()
    drawing = draw(shown, format or ENDINGS.get(ending, ending), style, wanted, theme=theme, scale=scale)
    write(path, drawing.data)
    return drawing


def _one(shown: Shown, what: str) -> Checked | Marked | Faulty:
    """The only network; one drawing of this kind shows no more."""
    if isinstance(shown, Marked | Faulty):
        return shown
    if len(shown) != 1:
        names = ", ".join(each.name for each in shown)
        raise CannotDraw(
            f"one picture as {what} shows one network, and here are {names}",
            f"add `--net {shown[0].name}`, or draw them side by side as columns, in svg, pdf or png",
        )
    return shown[0]


def _source(shown: Checked | Marked | Faulty, format: str, wanted: Wanted) -> str:
    direction = wanted.direction or "down"
    if format == "mermaid":
        from archdsl.outputs.drawing.charts.mermaid import mermaid, readable

        return mermaid(readable(shown, wanted.depth, wanted.opened), direction)
    from archdsl.outputs.drawing.blocks.compose import composed
    from archdsl.outputs.drawing.blocks.opening import Opening, asked
    from archdsl.outputs.drawing.charts.dot import dot

    opening = Opening(wanted.depth, asked=asked(shown.graph, wanted.opened))
    return dot(composed(shown, opening), direction)


def _page(shown: Shown, wanted: Wanted) -> bytes:
    from archdsl.outputs.page import page

    if isinstance(shown, Marked):
        raise CannotDraw("the page does not show comparisons", "draw it as svg, pdf or png")
    if isinstance(shown, Faulty):
        sources = [file.source for file in reversed(shown.graph.files)]
        picture = draw(shown, theme="auto").data
        return page([], wanted.title or shown.graph.name, sources=sources, wrong={shown.graph.name: picture})
    return page(shown, wanted.title)
