"""What is printed in the drawing of columns, and how wide it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from archdsl.outputs.drawing.blocks.picture import sizes, spelt
from archdsl.outputs.drawing.columns.bands import Band, spatial
from archdsl.outputs.drawing.columns.cells import Cell, Column
from archdsl.outputs.drawing.columns.labels import short
from archdsl.outputs.drawing.columns.marks import Marks
from archdsl.outputs.drawing.lettering import shortened
from archdsl.outputs.drawing.themes import SMALL
from archdsl.sizes import Shape

LONGEST_NAME = 120.0
LONGEST_SIZE = 96.0
LONGEST_LINE = 170.0
MOST_SIZES = 3
"""Of one band; of more the first and the last are printed."""


class Print(NamedTuple):
    """A line of a cell."""

    text: str
    bold: bool = False
    beside: bool = False
    """Whether it is a branch beside others."""


class Texts:
    """The texts of all columns; `compact` ones are short, so that columns can be narrow."""

    def __init__(self, columns: Sequence[Column], marks: Sequence[Marks], *, compact: bool) -> None:
        self.columns = columns
        self.marks = marks
        self.compact = compact
        self.titles = [column.network.name for column in columns]
        self.common = ""
        """What the name of every network begins with, where the columns' titles go without it."""
        nets = {name.partition(".")[0] for name in self.titles}
        if compact and len(nets) == 1 and all("." in name for name in self.titles):
            self.common = nets.pop()
            self.titles = [name.partition(".")[2] for name in self.titles]

    def lines(self, number: int, place: int) -> list[Print]:
        """The lines of a cell, bold where they are not those of the column to the left."""
        cell, marks = self.columns[number].cells[place], self.marks[number]
        added, others = marks.cells.get(place) == "added", marks.lines.get(place, frozenset())
        lines = [
            Print(self._fitted(line.text, cell), added or i in others, line.beside)
            for i, line in enumerate(cell.lines)
        ]
        extra = marks.extra.get(place)
        if extra is None:
            return lines
        return [*lines, Print(extra, True)] if cell.scope else [Print(f"{lines[0].text} {extra}", True)]

    def _fitted(self, text: str, cell: Cell) -> str:
        if self.compact and cell.family == "pool":
            text = re.sub(r"^[\d×]+ |, /\d+$", "", text)
        elif self.compact:
            text = short(text)
        return shortened(text, LONGEST_LINE, SMALL, bold=True)

    def times(self, number: int, place: int) -> Print | None:
        """How often a cell follows itself, if it does."""
        times = self.columns[number].cells[place].times
        if times == 1:
            return None
        marks = self.marks[number]
        bold = marks.cells.get(place) == "added" or -1 in marks.lines.get(place, frozenset())
        return Print(f"× {times}", bold)

    def totals(self, number: int) -> list[tuple[str, str]]:
        """Weight layers, parameters and multiply-accumulates; compact ones are rounded."""
        metrics = self.columns[number].network.metrics
        params, macs = map(rounded if self.compact else "{:,}".format, (metrics.params, metrics.macs))
        layers = "layers" if self.compact else "weight layers"
        return [(layers, f"{metrics.weight_layers:,}"), ("parameters", params), ("MACs", macs)]

    def sizes(self, number: int, places: Sequence[int]) -> tuple[str, ...]:
        """The sizes of the maps that some cells give, each once; nothing for vectors."""
        shapes = self._spatial(number, places)
        texts = tuple(dict.fromkeys(_size(shape, short=self.compact) for shape in shapes))
        return texts if len(texts) <= MOST_SIZES else (texts[0], "…", texts[-1])

    def own_sizes(self, number: int, places: Sequence[int]) -> str:
        """The same within the column: the first and the last on one line."""
        shapes = self._spatial(number, places)
        ends = [shapes[0], shapes[-1]] if shapes else []
        several = len(dict.fromkeys(ends)) > 1
        return " → ".join(dict.fromkeys(_size(shape, short=self.compact or several) for shape in ends))

    def _spatial(self, number: int, places: Sequence[int]) -> list[Shape]:
        column = self.columns[number]
        cells = [column.cells[place] for place in places]
        found = [spatial(column, cell, cell.result.open or cell.shape) for cell in cells]
        return [shape for shape in found if shape]

    def read(self, number: int) -> str:
        """What a network reads."""
        values = list(self.columns[number].network.graph.inputs.values())
        if len(values) != 1:
            return f"{len(values)} inputs"
        shape = values[0].open or values[0].shape or ()
        if self.compact and len(shape) > 2:
            return f"{_size(shape[1:], short=True)} × {spelt(str(shape[0]))}"
        return sizes(shape)

    def common_sizes(self, band: Band) -> tuple[str, ...] | None:
        """The sizes of a band, if all columns that have it have the same."""
        found = {self.sizes(number, run.places) for number, run in enumerate(band.runs) if run.places}
        if len(found) > 1:
            found.discard(())  # vectors beside maps of one cell
        return found.pop() if len(found) == 1 else None

    def name(self, row: Sequence[int | None]) -> str:
        """The name that all blocks of a row have; of networks that are too different there is none."""
        if self.compact or not all(marks.compared for marks in self.marks):
            return ""
        names = {
            column.cells[place].name
            for column, place in zip(self.columns, row, strict=True)
            if place is not None
        }
        name = names.pop() if len(names) == 1 else ""
        return shortened(name, LONGEST_NAME, SMALL)


def _size(shape: Shape, *, short: bool) -> str:
    """`224 × 224`, or `224²`."""
    if short and len(shape) == 2 and shape[0] == shape[1] and str(shape[0]).isdecimal() and shape[0] > 1:
        return f"{shape[0]}²"
    return shortened(sizes(shape), LONGEST_SIZE, SMALL)


def rounded(number: int) -> str:
    """`138 M`: three digits or more."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            digits = 2 if number < 10 * size else 1 if number < 100 * size else 0
            return f"{number / size:,.{digits}f} {unit}"
    return str(number)
