"""A network that goes down and up in resolution, drawn so: equal resolutions on equal rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archdsl.check.model import Checked, written_shape
from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.lettering import shortened
from archdsl.outputs.drawing.levels import legend, streams
from archdsl.outputs.drawing.levels.bars import Form, planned
from archdsl.outputs.drawing.levels.drawn import entries_of, parts_of
from archdsl.outputs.drawing.levels.found import Levels, Streams, levels
from archdsl.outputs.drawing.pages import is_readable, relaxed, sized
from archdsl.outputs.drawing.scene import Part, Scene, Text, placed
from archdsl.outputs.drawing.themes import SIZE
from archdsl.outputs.drawing.wanted import PAGES, Page, Wanted

MARGIN = 6.0


def scene(checked: Checked, wanted: Wanted) -> Scene:
    """The drawing of a network that has levels; raises CannotDraw where no form of it fits the page."""
    found = levels(checked)
    if found is None:
        raise CannotDraw(f"{checked.name} does not go down and up in resolution", "draw it as blocks")
    page = wanted.page
    if page is None:
        every = list(_forms(found, wanted.title))
        if found.streams is not None:
            return every[0]
        return next((made for made in every if is_readable(made, PAGES["a4"])), every[-1])
    for room in relaxed(page):
        for made in _forms(found, wanted.title, room):
            if is_readable(made, room):
                return sized(made, room)
    raise CannotDraw(
        f"{checked.name} by its resolutions does not fit into {page.width:g} × {page.height:g} points",
        "give it a larger page, or a direction, for which it is drawn as blocks",
    )


_FORMS = (
    Form(),
    Form(gap=2.5),
    Form(folds=True),
    Form(gap=2.5, folds=True),
    Form(2.5, 0.6, folds=True, brief=True),
    Form(2.5, 0.4, folds=True, brief=True),
)
"""From generous to tight."""
_HEIGHTS = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3)
"""How high bars are, of their natural height, on pages that are wider than high."""


def _forms(found: Levels, title: str | None, page: Page | None = None) -> Iterator[Scene]:
    """The same drawing, from generous to tight; with bars of the height for which a page shows it largest."""
    if found.streams is not None:
        for close in streams.FORMS:
            yield _streams(found, found.streams, close, title)
        return
    for form in _FORMS:
        if page is None:
            yield _bars(found, form, title)
            continue
        made = [_bars(found, replace(form, tall=form.tall * share), title) for share in _HEIGHTS]
        yield max(made, key=lambda each: round(_scale(each, page), 2))


def _scale(made: Scene, page: Page) -> float:
    return min(page.width / made.width, page.height / made.height)


def _bars(found: Levels, form: Form, title: str | None) -> Scene:
    plan = planned(found, form)
    return _scene(found, parts_of(plan), entries_of(plan), title)


def _streams(found: Levels, two: Streams, form: streams.Form, title: str | None) -> Scene:
    parts = streams.parts_of(found, two, form)
    return _scene(found, parts, streams.entries_of(found), title)


def _scene(found: Levels, drawn: list[Part], entries: list[legend.Entry], title: str | None) -> Scene:
    """Everything within margins, the legend beside it, the title above."""
    left, _, right, bottom = legend.extent(drawn)
    parts = list(placed(drawn, right=-left))
    parts += legend.beside(parts, (right - left, bottom), entries)
    left, top, right, bottom = legend.extent(parts)
    above = SIZE + 12 if title else 0.0
    shown = list(placed(parts, MARGIN - left, MARGIN + above - top))
    width = right - left + 2 * MARGIN
    if title:
        heading = shortened(" ".join(title.split()), width - 2 * MARGIN, SIZE + 2, bold=True)
        shown.insert(0, Text(width / 2, MARGIN + SIZE + 1, heading, SIZE + 2, bold=True))
    high = bottom - top + above + 2 * MARGIN
    return Scene(width, high, found.checked.name, _description(found), tuple(shown))


def _description(found: Levels) -> str:
    checked = found.checked
    graph, metrics = checked.graph, checked.metrics
    inputs, outputs = (
        ", ".join(f"{name or 'output'} {sizes(written_shape(value))}" for name, value in values.items())
        for values in (graph.inputs, graph.outputs)
    )
    return (
        f"{checked.name}, from {inputs} to {outputs}, down and up through {len(found.rows)} resolutions: "
        f"{metrics.weight_layers:,} weight layers, {metrics.params:,} parameters, "
        f"{metrics.macs:,} multiply-accumulates."
    )
