"""Where everything stands: columns from left to right, bands and their rows from the top.

Cells on one row have the same height and the same place; otherwise a cell stands as high as its column
allows. All lengths are points at the natural size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from archdsl.outputs.drawing.columns.bands import Band
from archdsl.outputs.drawing.columns.cells import Cell
from archdsl.outputs.drawing.columns.texts import LONGEST_NAME, Texts
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.themes import SMALL

HEAD = 9.5
"""Points, for the name above a column."""
LAYER, BAR, LINE = 13.0, 11.5, 10.0
"""Heights of a layer's box, of a pool's or a joint's, and of a line in that of a block."""
PAD, EDGE = 6.0, 2.6
"""Beside a box's text; the width of a coloured edge for a norm or an activation."""
GAP, WIDE_GAP = 4.0, 8.0
"""Between cells; and where an arc begins or ends."""
BAND_PAD, BAND_GAP = 5.0, 3.0
ARC = 12.0
"""The room for arcs at the right of a column."""
BRACKET, LOOP = 6.0, 11.0
"""In a block's box: the room for a bracket, and for the way around."""

THIN = frozenset(("pool", "merge", "shape", "activation", "norm"))
"""Families whose layers are bars."""


class Box(NamedTuple):
    """The place of a cell, or of a band."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


Member = tuple[int, int]
"""A cell: the number of its column, and its place in it."""


class Label(NamedTuple):
    """A text, by its baseline and its start or middle."""

    x: float
    y: float
    text: str


@dataclass(slots=True)
class Sheet:
    """The places of everything between the heads of the columns and their totals."""

    texts: Texts
    gutter: float = 0.0
    """Where the first column begins; to the left are names and sizes."""
    sizes: float = 0.0
    """Where the sizes begin."""
    spans: list[tuple[float, float]] = field(default_factory=list)
    """For each column, where its boxes begin, and their width."""
    width: float = 0.0
    boxes: dict[Member, Box] = field(default_factory=dict)
    bands: list[Box] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    """Sizes and names at the left."""
    own_labels: list[Label] = field(default_factory=list)
    """Sizes above the cells of a column, where columns differ; by their middle."""
    meets: set[Member] = field(default_factory=set)
    """The cells above which arcs begin or end."""
    bottom: float = 0.0


def laid_out(texts: Texts, bands: Sequence[Band], top: float) -> Sheet:
    """Everything in its place, from a line at the top downwards."""
    sheet = Sheet(texts)
    for number, column in enumerate(texts.columns):
        sheet.meets |= {(number, place) for arc in column.arcs for place in (arc.first, arc.last + 1)}
    _measure(sheet, bands)
    _stack(sheet, bands, top)
    return sheet


# -- across -------------------------------------------------------------------------------------------


def _measure(sheet: Sheet, bands: Sequence[Band]) -> None:
    texts = sheet.texts
    between = 5.0 if texts.compact else 16.0
    labels = [text for band in bands for text in texts.common_sizes(band) or ()]
    names = [name for band in bands for row in band.rows if (name := texts.name(row))]
    words = [texts.common, *(word for word, _ in texts.totals(0))]
    sheet.sizes = 6 + max((width(name, SMALL) + 10 for name in names), default=0.0)
    left = sheet.sizes + max((width(text, SMALL) for text in labels), default=0.0)
    sheet.gutter = max(left, 6 + max(width(word, SMALL) for word in words)) + between
    natural = [_column_width(sheet, number) for number in range(len(texts.columns))]
    x = sheet.gutter
    for least, column in zip(natural, texts.columns, strict=True):
        wide = max(least, 0.75 * max(natural))
        sheet.spans.append((x, wide))
        x += wide + (ARC if column.arcs else 0.0) + between
    sheet.width = x - between + BAND_PAD


def _column_width(sheet: Sheet, number: int) -> float:
    texts = sheet.texts
    cells = texts.columns[number].cells
    pad = 3.0 if texts.compact else PAD
    inner = [
        inner_width(texts, number, place) + EDGE * sum(map(len, edges(cell)))
        for place, cell in enumerate(cells)
    ]
    name = min(width(texts.titles[number], HEAD, bold=True), 44.0 if texts.compact else LONGEST_NAME)
    numbers = max(width(number, SMALL) for _, number in texts.totals(number))
    return max(max(inner, default=0.0) + 2 * pad, name, numbers, 32.0)


def inner_width(texts: Texts, number: int, place: int) -> float:
    """The width of what is printed in a box, with its brackets and its way around."""
    cell = texts.columns[number].cells[place]
    wide = lines_width(texts, number, place)
    if cell.shortcut:
        wide += LOOP
    if has_brackets(cell):
        wide += 2 * BRACKET
    times = texts.times(number, place)
    return wide if times is None else wide + 3 + width(times.text, SMALL, bold=True)


def lines_width(texts: Texts, number: int, place: int) -> float:
    """The width of the widest line, were all bold: so a mark moves nothing."""
    return max(width(line.text, SMALL, bold=True) for line in texts.lines(number, place))


def has_brackets(cell: Cell) -> bool:
    """Whether its lines stand in brackets, as branches do, and several that are said to repeat."""
    return any(line.beside for line in cell.lines) or (cell.times > 1 and len(cell.lines) > 1)


def edges(cell: Cell) -> tuple[list[str], list[str]]:
    """The families of the coloured edges of a layer's box: of what comes before it, and after it."""
    if cell.scope is not None:
        return [], []
    before = dict.fromkeys(node.op.family for node in cell.around if node.index < cell.start)
    after = dict.fromkeys(node.op.family for node in cell.around if node.index >= cell.start)
    return list(before), list(after)


# -- down ---------------------------------------------------------------------------------------------


def _stack(sheet: Sheet, bands: Sequence[Band], top: float) -> None:
    y = top
    for band in bands:
        y = _place_band(sheet, band, y) + BAND_GAP
    sheet.bottom = y - BAND_GAP


def _place_band(sheet: Sheet, band: Band, top: float) -> float:
    """Place the cells of a band; gives where it ends."""
    texts = sheet.texts
    common = texts.common_sizes(band)
    y = top + BAND_PAD
    if common is None:
        for number, run in enumerate(band.runs):
            x, wide = sheet.spans[number]
            if words := texts.own_sizes(number, run.places):
                sheet.own_labels.append(Label(x + wide / 2, y + 6.0, shortened(words, wide + GAP, SMALL)))
        y += LINE
    bottoms = [y] * len(texts.columns)
    begun: set[int] = set()
    for row in band.rows:
        for members in _tied(texts, row):
            wanted = [WIDE_GAP if member in sheet.meets else GAP for member in members]
            start = max(
                bottoms[number] + (gap if number in begun else 0.0)
                for (number, _), gap in zip(members, wanted, strict=True)
            )
            high = max(_height(texts, number, place) for number, place in members)
            for number, place in members:
                x, wide = sheet.spans[number]
                sheet.boxes[number, place] = Box(x, start, wide, high)
                bottoms[number] = start + high
                begun.add(number)
            if name := texts.name(row):
                sheet.labels.append(Label(6.0, start + high / 2 + 0.35 * SMALL, name))
    label = y + LAYER / 2 + 0.35 * SMALL
    for i, text in enumerate(common or ()):
        sheet.labels.append(Label(sheet.sizes, label + LINE * i, text))
    least = y + max(LAYER, LINE * len(common or ()) + 2)
    bottom = max(least, *bottoms) + BAND_PAD
    sheet.bands.append(Box(0.0, top, sheet.width, bottom - top))
    return bottom


def _tied(texts: Texts, row: Sequence[int | None]) -> list[list[Member]]:
    """The cells of a row that stand at one height: equal ones, and those that are compared."""
    found: list[list[Member]] = []
    for number, place in enumerate(row):
        if place is None:
            continue
        cell = texts.columns[number].cells[place]
        compared = number > 0 and texts.marks[number].compared
        for members in found:
            beside = compared and members[-1][0] == number - 1
            if beside or any(texts.columns[i].cells[j].key == cell.key for i, j in members):
                members.append((number, place))
                break
        else:
            found.append([(number, place)])
    return found


def _height(texts: Texts, number: int, place: int) -> float:
    cell = texts.columns[number].cells[place]
    if cell.scope is None:
        return BAR if cell.family in THIN else LAYER
    return LINE * len(texts.lines(number, place)) + 6
