"""Tables whose columns are networks, as those of VGG and ResNet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from archdsl.check.model import Checked
from archdsl.graph.model import Scope
from archdsl.outputs.table.grid import Cell, Column, Grid, Line, Stack
from archdsl.outputs.table.paper import figures, frame
from archdsl.outputs.table.paper.content import Content, Words
from archdsl.outputs.table.paper.lines import Made, Place, column, is_within, lines_of, spans_of, text_of
from archdsl.syntax import tree

ALWAYS = ("params", "macs")
"""Totals that every table has."""


def variants(table: tree.Table, networks: Sequence[Checked]) -> Grid:
    """A column a network, a line a row; what stands outside of the table goes over all columns."""
    return _Variants(table, networks).grid()


class _Variants:
    def __init__(self, table: tree.Table, networks: Sequence[Checked]) -> None:
        self.networks = networks
        self.contents = [Content(each) for each in networks]
        self.made = [{each.line.place: each for each in lines_of(one.graph)} for one in networks]
        header = table.header.cells
        self.label = column(header, ":")
        self.output = column(header, "=", "output")
        self.table = table
        self.net = networks[0].graph.net.name.name
        self.titles = [_title(self.net, each.name) for each in networks]
        self.notes = frame.Notes()
        self.form = self._form()

    def grid(self) -> Grid:
        columns = [Column(title, "center") for title in self.titles]
        if self.output is not None:
            columns.insert(0, Column(figures.title("output"), "center"))
        if self.label is not None:
            columns.insert(0, Column(text_of(self.table.header.cells[self.label]).rstrip(":")))
        head, foot = self._metrics()
        lines = [self._total(metric, "head") for metric in head]
        lines += self._body()
        lines += [self._total(metric, "total") for metric in foot]
        name = self.net if len(self.networks) > 1 else self.networks[0].name
        caption = frame.caption(name, self.networks[0])
        return Grid(
            name, tuple(columns), tuple(lines), caption, self.notes.all(), named=self.label is not None
        )

    # -- lines of layers --------------------------------------------------------------------------

    def _body(self) -> Iterator[Line]:
        if self.output is None:
            text = frame.inputs(self.networks[0])
            yield Line((Cell((text,), len(self.networks) + (self.label is not None)),))
        before: Line | None = None
        scope: Scope | None = None
        for place in self._places():
            made = [each.get(place) for each in self.made]
            line = self._line(made)
            if line is None:
                continue
            within = next(
                frame.container(each, content)
                for each, content in zip(made, self.contents, strict=True)
                if each is not None
            )
            wide = _is_wide(line)
            apart = wide != _is_wide(before) or _is_tall(before) or _is_tall(line)
            apart |= wide and scope is not None and within.path != scope.path
            yield line._replace(rule=apart and (before is not None or self.output is None))
            before, scope = line, within

    def _places(self) -> list[Place]:
        """The lines of all networks in the order of the text, what is imported first."""
        files = [file.source.name for file in self.networks[0].graph.files]
        places = {place for made in self.made for place in made}
        return sorted(places, key=lambda place: (files.index(place[0]), place[1]))

    def _line(self, made: list[Made | None]) -> Line | None:
        """A line of the table; None where it has nothing to say."""
        present = [each for each in made if each is not None]
        line = present[0].line
        words = [[] if each is None else self._words(each, at) for at, each in enumerate(made)]
        if not any(words):
            return None
        alike = not line.cells and all(each == words[0] for each in words)
        cells: list[str | Cell]
        cells = [_wide(words[0], len(words))] if alike else [_narrow(each) for each in words]
        if self.output is not None:
            cells.insert(0, self._size(made))
        if self.label is not None:
            content = next(c for c, each in zip(self.contents, made, strict=True) if each is not None)
            cells.insert(0, frame.name_of(present[0], content))
        return Line(tuple(cells))

    def _words(self, made: Made, at: int) -> Words:
        """What a line says of one network: its cell of a row, or all of it."""
        content, line = self.contents[at], made.line
        if not line.cells:
            return content.as_written(line.items, made.start, made.end)
        spans = [span for node in content.nodes[made.start : made.end] for span in spans_of(node)]
        cells = [cell for cell in line.cells if any(is_within(span, cell.span) for span in spans)]
        items = [item for cell in cells for item in cell.items]
        # a row that calls a block is made by none of its cells
        return content.as_written(items, made.start, made.end) or content.described(made.start, made.end)

    # -- sizes and totals -------------------------------------------------------------------------

    def _form(self) -> figures.Form:
        """How the column of output sizes prints them."""
        if self.output is None:
            return figures.Form()
        content = self.contents[0]
        rows = [
            (cell, content.nodes[made.end - 1].outputs[0].shape or ())
            for made in self.made[0].values()
            if (cell := made.line.cell("=", "output")) is not None
        ]
        return figures.form_of([cell for cell, _ in rows], [shape for _, shape in rows])

    def _size(self, made: list[Made | None]) -> str:
        """The size that all networks have behind a line; nothing where they differ."""
        found = {}
        for checked, content, each in zip(self.networks, self.contents, made, strict=True):
            if each is not None:
                last = frame.result(each, content).index
                figure = figures.cell(checked, "output", each.start, each.end, last, self.form)
                found[figure.text] = figure
        return self.notes.marked(next(iter(found.values())), "") if len(found) == 1 else ""

    def _metrics(self) -> tuple[list[str], list[str]]:
        """The totals above the layers, and those below."""
        head: dict[str, None] = {}
        foot: dict[str, None] = {}
        layers = False
        for row in self.table.rows:
            if isinstance(row, tree.ExpectRow):
                metric = row.target.span.text.strip()
                if hasattr(self.networks[0].metrics, metric):
                    (foot if layers else head)[metric] = None
            else:
                layers = True
        foot |= dict.fromkeys(metric for metric in ALWAYS if metric not in head)
        return list(head), [metric for metric in foot if metric not in head]

    def _total(self, metric: str, kind: Literal["head", "total"]) -> Line:
        found = zip(figures.totals(self.networks, metric), self.titles, strict=True)
        texts = [self.notes.marked(figure, title) for figure, title in found]
        if self.label is None:
            before = [""] * (self.output is not None)
            return Line((*before, *(figures.with_unit(text, metric) for text in texts)), kind=kind)
        before = [figures.title(metric), *[""] * (self.output is not None)]
        return Line((*before, *texts), kind=kind)


def _title(net: str, name: str) -> str:
    """A variant's name; with its net's where it is but a number, `ResNet-50`."""
    variant = name.removeprefix(f"{net}.")
    return f"{net}-{variant}" if variant.isdecimal() else variant


def _wide(words: Words, columns: int) -> Cell:
    """A cell over all networks, what follows each other on one line."""
    if all(isinstance(each, str) for each in words):
        return Cell((" → ".join(map(str, words)),), columns)
    return Cell(tuple(words), columns)


def _narrow(words: Words) -> str | Cell:
    if len(words) == 1 and isinstance(words[0], str):
        return words[0]
    return Cell(tuple(words)) if words else ""


def _is_wide(line: Line | None) -> bool:
    return line is None or any(isinstance(cell, Cell) and cell.span > 1 for cell in line.cells)


def _is_tall(line: Line | None) -> bool:
    """Whether a cell has several lines."""
    parts = [part for cell in (line.cells if line else ()) if isinstance(cell, Cell) for part in cell.parts]
    return any(isinstance(part, Stack) and len(part.lines) > 1 for part in parts)
