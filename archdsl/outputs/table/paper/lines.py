"""The lines of a spec, and what each of them made in a network.

A line is a row of a table, or an item of a net's body. What a block or a notation makes belongs to the
line that calls it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from archdsl.graph.model import Elaborated, Node
from archdsl.source import Source, Span
from archdsl.syntax import tree

Place = tuple[str, int]
"""A file, and where in it."""


class Line(NamedTuple):
    """A line, with the table that it is a row of."""

    item: tree.Row | tree.Item
    table: tree.Table | None

    @property
    def cells(self) -> tuple[tree.Cell, ...]:
        """The cells of a row with bars; none of any other line."""
        return self.item.cells if isinstance(self.item, tree.Row) and len(self.item.cells) > 1 else ()

    @property
    def items(self) -> tuple[tree.Item, ...]:
        """What stands on a line without bars."""
        return self.item.cells[0].items if isinstance(self.item, tree.Row) else (self.item,)

    def cell(self, mark: str, name: str = "") -> tree.Cell | None:
        """The cell of a row that is in a column with this mark, and with this name if one is given."""
        header = self.table.header.cells if self.table and self.cells else ()
        at = column(header, mark, name)
        return None if at is None else self.cells[at]

    @property
    def place(self) -> Place:
        """The same for the same line, whenever its file is read."""
        return self.item.span.source.name, self.item.span.start


class Made(NamedTuple):
    """The nodes that a line made: `graph.nodes[start:end]`."""

    line: Line
    start: int
    end: int


def lines_of(graph: Elaborated) -> list[Made]:
    """The lines that made something, in the order of what they made."""
    lines = _Lines(graph)
    found: dict[int, tuple[Line, int, int]] = {}
    for node in graph.nodes:
        line = lines.of(node)
        if line is not None:
            _, start, _ = found.get(id(line.item), (line, node.index, 0))
            found[id(line.item)] = line, start, node.index + 1
    return [Made(*each) for each in sorted(found.values(), key=lambda each: each[1])]


def spans_of(node: Node) -> list[Span]:
    """Where a node comes from: the outermost call first, what was written for it last."""
    return [*(step.span for step in (node.trace.path() if node.trace else ())), node.span]


def column(header: tuple[tree.Cell, ...], mark: str, name: str = "") -> int | None:
    """Which column of a header has a mark (`:`, `=` or `~`), and a name if one is given."""
    for at, cell in enumerate(header):
        if cell.mark == mark and (not name or text_of(cell).lstrip("=~ ") == name):
            return at
    return None


def text_of(cell: tree.Cell) -> str:
    """A cell as it is written; the place of a blank one may be that of its bar."""
    return cell.span.text.strip() if cell.items else ""


def is_within(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


class _Lines:
    """All lines of the files of a network, to look up what made a node."""

    def __init__(self, graph: Elaborated) -> None:
        self._lines: dict[int, list[Line]] = {}
        self._starts: dict[int, list[int]] = {}
        for file in graph.files:
            nets = [each for each in file.statements if isinstance(each, tree.Net)]
            lines = [line for net in nets for line in _lines(net.body, None)]
            lines.sort(key=lambda line: line.item.span.start)
            self._lines[id(file.source)] = lines
            self._starts[id(file.source)] = [line.item.span.start for line in lines]

    def of(self, node: Node) -> Line | None:
        """The line that made a node, if it is one of a net."""
        for span in spans_of(node):
            line = self._at(span.source, span)
            if line is not None:
                return line
        return None

    def _at(self, source: Source, span: Span) -> Line | None:
        starts = self._starts.get(id(source), [])
        at = bisect_right(starts, span.start) - 1
        if at < 0:
            return None
        line = self._lines[id(source)][at]
        return line if is_within(span, line.item.span) else None


DEFINITIONS = (tree.Notation, tree.Block, tree.Let, tree.Expect, tree.ExpectRow, tree.ExpectSizes, tree.Input)


def _lines(parent: object, table: tree.Table | None) -> Iterator[Line]:
    """The lines within a part of the tree; what holds a table is opened."""
    for child in tree.children(parent):
        if isinstance(child, DEFINITIONS):
            continue
        if isinstance(child, tree.Table):
            yield from _rows(child.rows, child)
        elif _holds_table(child):
            yield from _lines(child, table)
        else:
            yield Line(child, table)  # type: ignore[arg-type]


def _rows(rows: tuple[tree.TableRow, ...], table: tree.Table) -> Iterator[Line]:
    for row in rows:
        if isinstance(row, tree.Group):
            yield from _rows(row.rows, table)
        elif isinstance(row, tree.Row):
            yield Line(row, table)


def _holds_table(node: object) -> bool:
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, tree.Table):
            return True
        pending.extend(tree.children(each))
    return False
