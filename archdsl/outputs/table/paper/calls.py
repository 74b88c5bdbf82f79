"""Tables whose rows call a block, as those of GoogLeNet and MobileNetV2."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.check.model import Checked
from archdsl.outputs.table.grid import Cell, Column, Grid, Line
from archdsl.outputs.table.paper import figures, frame
from archdsl.outputs.table.paper.content import Content, Words
from archdsl.outputs.table.paper.lines import Made, column, lines_of, text_of
from archdsl.outputs.table.paper.words import times
from archdsl.syntax import tree

NONE = "–"
"""For an argument of a line that calls nothing."""


def calls(table: tree.Table, checked: Checked) -> Grid:
    """A line a row, its arguments and metrics in the spec's columns; other lines have their operators."""
    return _Calls(table, checked).grid()


class _Calls:
    def __init__(self, table: tree.Table, checked: Checked) -> None:
        self.table = table
        self.checked = checked
        self.content = Content(checked)
        self.lines = lines_of(checked.graph)
        self.header = table.header.cells
        self.label = column(self.header, ":")
        self.notes = frame.Notes()
        self.rows = [each for each in self.lines if self._is_row(each)]
        shapes = [self.content.nodes[each.end - 1].outputs[0].shape or () for each in self.rows]
        self.forms = [
            figures.form_of([each.line.cells[at] for each in self.rows], shapes)
            for at in range(len(self.header))
        ]

    def grid(self) -> Grid:
        name = self.checked.name
        columns = [Column("operator")]
        if self.label is not None:
            columns.insert(0, Column(text_of(self.header[self.label]).rstrip(":")))
        for cell in self._others():
            columns.append(
                Column(figures.title(_metric(cell)) if cell.mark else times(text_of(cell)), "right")
            )
        lines = [*self._body(), *self._totals(len(columns))]
        caption = frame.caption(name, self.checked)
        return Grid(name, tuple(columns), tuple(lines), caption, self.notes.all(), named=True)

    def _others(self) -> list[tree.Cell]:
        """The header's cells but for that of the labels."""
        return [cell for at, cell in enumerate(self.header) if at != self.label]

    def _is_row(self, made: Made) -> bool:
        """Whether a line is a row of this table, or of one with the same columns."""
        table = made.line.table
        if table is None or table.block is None or not made.line.cells:
            return False
        return [text_of(cell) for cell in table.header.cells] == [text_of(cell) for cell in self.header]

    # -- lines ------------------------------------------------------------------------------------

    def _body(self) -> Iterator[Line]:
        last = max((each.start for each in self.rows), default=0)
        before: Made | None = None
        for made in self.lines:
            words = self._operator(made)
            nodes = self.content.nodes[made.start : made.end]
            if not words or all(node.training for node in nodes):
                continue
            called = self._is_row(made)
            # where a stage begins, and behind the last row
            apart = before is not None and self._is_row(before) != called and (called or made.start > last)
            yield self._line(made, words)._replace(rule=apart)
            before = made

    def _line(self, made: Made, words: Words) -> Line:
        called = self._is_row(made)
        last = frame.result(made, self.content).index
        cells: list[str | Cell] = [_joined(words)]
        if self.label is not None:
            cells.insert(0, frame.name_of(made, self.content))
        where = str(cells[0]) if self.label is not None else ""
        for at, cell in enumerate(self.header):
            if at == self.label:
                continue
            if cell.mark:
                figure = figures.cell(self.checked, _metric(cell), made.start, made.end, last, self.forms[at])
                cells.append(self.notes.marked(figure, where))
            else:
                cells.append(text_of(made.line.cells[at]) if called else NONE)
        return Line(tuple(cells))

    def _operator(self, made: Made) -> Words:
        """What a line is: a row the block that it calls, or with layers as arguments what that makes."""
        assert self.table.block is not None
        if self._is_row(made) and isinstance(self.table.block, tree.Name):
            return [self.table.block.name]
        return self.content.described(made.start, made.end)

    def _totals(self, columns: int) -> Iterator[Line]:
        """A line with totals in their columns, and one with those that have none."""
        metrics = [_metric(cell) if cell.mark else "" for cell in self._others()]
        found = {metric: self._total(metric) for metric in metrics if hasattr(self.checked.metrics, metric)}
        if found:
            first = ("total",) if self.label is None else ("total", "")
            yield Line((*first, *(found.get(metric, "") for metric in metrics)), kind="total")
        rest = [
            figures.with_unit(self._total(each), each) for each in ("params", "macs") if each not in found
        ]
        if rest:
            yield Line((Cell((", ".join(rest),), columns),), kind="total")

    def _total(self, metric: str) -> str:
        (figure,) = figures.totals([self.checked], metric)
        return self.notes.marked(figure, "the total")


def _metric(cell: tree.Cell) -> str:
    """The metric of a header's cell, `= output`."""
    return text_of(cell).lstrip("=~").strip()


def _joined(words: Words) -> str | Cell:
    if all(isinstance(each, str) for each in words):
        return " → ".join(map(str, words))
    return Cell(tuple(words))
