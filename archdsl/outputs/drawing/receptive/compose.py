"""The whole drawing: the input with the fields over it, their labels, and the chart of their growth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.check.model import Checked, written_shape
from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.lettering import shortened, wrapped
from archdsl.outputs.drawing.receptive import bars, squares
from archdsl.outputs.drawing.receptive.captions import ELBOW, caption, drawn, per_axis, room
from archdsl.outputs.drawing.receptive.chart import chart
from archdsl.outputs.drawing.receptive.picture import exceeds_input
from archdsl.outputs.drawing.receptive.seen import Seen, View
from archdsl.outputs.drawing.scene import Group, Part, Scene, Text
from archdsl.outputs.drawing.themes import SMALL

MARGIN, BETWEEN = 4.0, 20.0
TITLE = 12.0
CHART_WIDTH, CHART_HEIGHT = 190.0, 130.0
LINE = 11.0


class Form(NamedTuple):
    """How much room a drawing takes, in points."""

    picture: float
    """For the longer side of what is drawn of the input."""
    words: float
    """How wide labels may be."""
    beside: bool
    """Whether the chart stands beside the picture, or else below it."""
    brief: bool = True
    """Whether labels are short."""


FORMS = (
    Form(230.0, 170.0, beside=True, brief=False),
    Form(190.0, 108.0, beside=True),
    Form(190.0, 108.0, beside=False),
    Form(146.0, 106.0, beside=False),
)
"""From wide to narrow."""


def compose(checked: Checked, view: View, title: str | None, image: bytes | None, form: Form) -> Scene:
    """The drawing at its natural size."""
    shape = (view.source.shape or ())[1:]
    named = [view.layers[i] for i in view.labelled]
    top = MARGIN + (TITLE + 8 if title else 0.0)
    if len(shape) == 2:
        picture = squares.picture(view, named, MARGIN, top, form.picture, image)
    else:
        picture = bars.picture(view, named, MARGIN, top, form.picture)
    captions = [
        caption(layer, tip, exceeds=exceeds_input(layer, shape), narrow=form.brief)
        for layer, tip in zip(named, picture.tips, strict=True)
    ]
    column, words = MARGIN + picture.width + ELBOW + 6, room(captions, form.words)
    groups = []
    for layer, each, shapes, y in zip(named, captions, picture.fields, picture.heights, strict=True):
        label = drawn(each, column, y, words)
        hover = f"{each.name}: {each.size}\n{each.fact}"
        groups.append(Group(layer.node.path, hover, (*shapes, *label)))
    parts: list[Part] = [*picture.ground, *reversed(groups)]  # what is smaller lies above
    right, bottom = column + words, top + picture.height
    dashed = any(
        getattr(part, "dash", "") == "dashed"
        for shapes in (picture.ground, *picture.fields)
        for part in shapes
    )
    notes = _notes(view, dashed=dashed, whole=None not in picture.tips)
    for line in (line for note in notes for line in wrapped(note, right - MARGIN, SMALL)):
        bottom += LINE
        parts.append(Text(MARGIN, bottom, line, SMALL, "start", "faint"))
    if form.beside:
        parts += chart(view, right + BETWEEN, top, CHART_WIDTH, max(CHART_HEIGHT, picture.height))
        right += BETWEEN + CHART_WIDTH
        bottom = max(bottom, top + CHART_HEIGHT)
    else:
        parts += chart(view, MARGIN, bottom + BETWEEN / 2, right - MARGIN, CHART_HEIGHT)
        bottom += BETWEEN / 2 + CHART_HEIGHT
    width = right + MARGIN + 2
    if title:
        heading = shortened(" ".join(title.split()), width, TITLE, bold=True)
        parts.insert(0, Text(width / 2, MARGIN + TITLE - 2, heading, TITLE, bold=True))
    name = title or f"Receptive fields of {checked.name}"
    return Scene(width, bottom + MARGIN + 2, name, _description(checked, view, named), tuple(parts))


def _notes(view: View, *, dashed: bool, whole: bool) -> Iterator[str]:
    """What stands below the picture."""
    read = f"Input: {sizes(written_shape(view.source))}."
    if view.source.open:
        read = f"{read[:-1]}, drawn as {sizes(view.source.shape or ())}."
    yield f"{read} Dashed: beyond its border." if dashed else read
    if not whole:
        yield "A field that no line leads to is larger than what is drawn."
    if view.beyond is not None:
        yield f"{view.beyond.path} and what follows it see all of the last map."


def _description(checked: Checked, view: View, named: Sequence[Seen]) -> str:
    facts = ", ".join(f"{layer.node.path} {per_axis(layer.size)}" for layer in named)
    return (
        f"How many cells of its input, {sizes(written_shape(view.source))}, one cell of a layer of "
        f"{checked.name} depends on, drawn for the cell in the middle of each map: {facts}."
    )
