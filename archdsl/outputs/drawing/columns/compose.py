"""The whole drawing: heads, bands, columns, totals and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.check.model import Checked
from archdsl.outputs.drawing.columns import paint
from archdsl.outputs.drawing.columns.bands import bands
from archdsl.outputs.drawing.columns.cells import Column
from archdsl.outputs.drawing.columns.layout import HEAD, Label, Sheet, laid_out
from archdsl.outputs.drawing.columns.legend import legend
from archdsl.outputs.drawing.columns.marks import Marks, marks
from archdsl.outputs.drawing.columns.texts import Texts
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.scene import Group, Line, Part, Rect, Scene, Text, placed
from archdsl.outputs.drawing.themes import SMALL

MARGIN = 2.0
TITLE = 12.0
TOTAL = 11.5
"""Points: the size of a title, and the height of a line of totals."""


def compose(columns: Sequence[Column], title: str | None, folded: str | None, *, compact: bool) -> Scene:
    """Columns side by side at their natural size; `folded` says how they were folded."""
    lined = bands(columns)
    found = marks(columns, lined)
    texts = Texts(columns, found, compact=compact)
    top = TITLE + 10 if title else 4.0
    sheet = laid_out(texts, lined, top + HEAD + SMALL + 12)
    parts = [*_title(sheet, title), *_ground(sheet, top)]
    parts += [_column(sheet, number, top) for number in range(len(columns))]
    parts += [part for label in sheet.own_labels for part in _own(label)]
    rule = sheet.bottom + 4
    ends = rule + 4 + TOTAL * len(texts.totals(0))
    parts.append(Line(((0.0, rule), (sheet.width, rule)), "faint", weight=0.6))
    signs, height = legend(sheet, ends + 8)
    parts += signs
    return Scene(
        sheet.width + 2 * MARGIN,
        ends + 8 + height + 2 * MARGIN,
        title or ", ".join(column.network.name for column in columns),
        _description(columns, found),
        tuple(placed(parts, MARGIN, MARGIN)),
        tuple(_notes(columns, folded)),
    )


def _title(sheet: Sheet, title: str | None) -> Iterator[Part]:
    if title:
        words = shortened(" ".join(title.split()), sheet.width, TITLE, bold=True)
        yield Text(sheet.width / 2, TITLE, words, TITLE, bold=True)


def _ground(sheet: Sheet, top: float) -> Iterator[Part]:
    """The bands, and all that stands to the left of the columns."""
    if sheet.texts.common:
        yield Text(6.0, top + HEAD, sheet.texts.common, HEAD, "start", bold=True)
    for band in sheet.bands:
        yield Rect(band.x, band.y, band.width, band.height, "band", 3.0, weight=0.5)
    for label in sheet.labels:
        yield Text(label.x, label.y, label.text, SMALL, "start", "faint")
    for i, (word, _) in enumerate(sheet.texts.totals(0)):
        yield Text(6.0, _total(sheet, i), word, SMALL, "start", "faint")


def _own(label: Label) -> Iterator[Part]:
    """A size within a column, with a gap in the line of flow that passes it."""
    wide = width(label.text, SMALL) + 2
    yield Rect(label.x - wide / 2, label.y - 6.0, wide, 7.5, "band", weight=0)
    yield Text(label.x, label.y, label.text, SMALL, role="faint")


def _total(sheet: Sheet, line: int) -> float:
    """The baseline of a line of totals."""
    return sheet.bottom + 4 + TOTAL * (line + 1)


def _column(sheet: Sheet, number: int, top: float) -> Part:
    """One network: its name, what it reads, its cells and its totals."""
    texts = sheet.texts
    network = texts.columns[number].network
    x, wide = sheet.spans[number]
    parts: list[Part] = [
        Text(
            x + wide / 2, top + HEAD, shortened(texts.titles[number], wide, HEAD, bold=True), HEAD, bold=True
        )
    ]
    parts.append(
        Text(
            x + wide / 2,
            top + HEAD + SMALL + 3,
            shortened(texts.read(number), wide, SMALL),
            SMALL,
            role="faint",
        )
    )
    if 0 in texts.columns[number].follows:
        first = sheet.boxes[number, 0]
        start = top + HEAD + SMALL + 6
        parts.append(Line(((first.middle, start), (first.middle, first.y)), weight=paint.FLOW))
    parts += paint.column(sheet, number)
    for i, (_, words) in enumerate(texts.totals(number)):
        parts.append(Text(x + wide / 2, _total(sheet, i), words, SMALL))
    return Group(network.name if len(texts.columns) > 1 else "", summary(network), tuple(parts))


# -- words --------------------------------------------------------------------------------------------


def summary(network: Checked) -> str:
    """`VGG.D: 16 weight layers, 138,357,544 parameters, 15,470,264,320 multiply-accumulates`."""
    metrics = network.metrics
    return (
        f"{network.name}: {metrics.weight_layers:,} weight layers, {metrics.params:,} parameters, "
        f"{metrics.macs:,} multiply-accumulates"
    )


def _description(columns: Sequence[Column], found: Sequence[Marks]) -> str:
    facts = "; ".join(summary(column.network) for column in columns)
    if len(columns) == 1:
        return f"The layers of a network from its input to its output. {facts}."
    others = [
        f" {column.network.name} has too little in common with {left.network.name} to mark differences."
        for left, column, marks in zip(columns, columns[1:], found[1:], strict=False)
        if not marks.compared
    ]
    lined = "Networks side by side, lined up by the sizes of their maps; in each, what the one to its left"
    return f"{lined} does not have is marked. {facts}.{''.join(others)}"


def _notes(columns: Sequence[Column], folded: str | None) -> Iterator[str]:
    """What is not to be seen."""
    if folded and any(cell.scope is not None or cell.times > 1 for each in columns for cell in each.cells):
        yield folded
    for column in columns:
        if column.training:
            paths = ", ".join(column.training)
            yield f"What only training needs is not drawn: {paths} of {column.network.name}."
