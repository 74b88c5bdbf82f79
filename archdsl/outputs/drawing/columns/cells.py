"""One network as the cells of its column: layers in order, and closed blocks, of which equal ones are one.

Assumes a sound network. How much is opened is a level, so that a drawing can be folded until it fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.model import Node, Scope, Value
from archdsl.outputs.drawing.columns.form import Form, Shortcut, Way, form_of, joins
from archdsl.outputs.drawing.columns.labels import Printed, label, short
from archdsl.outputs.fold import Chain, Group, Kept, Leaf, Part, Repeat, sizes, unfolded
from archdsl.sizes import Shape

OPEN, CLOSED, COUNTED, NAMED = range(4)
"""Levels: blocks that are a line of layers are opened; no blocks that repeat are; equal layers that
follow each other are one cell, too; and of blocks there are only names."""

INPUT = -1
"""Where the first cell reads from; as for a cell, a place."""

MOST_LINES = 8
"""Of a closed block."""


class Line(NamedTuple):
    """One line of a cell."""

    text: str
    beside: bool = False
    """Whether it is a branch that lies beside those on the lines around it."""


@dataclass(slots=True, eq=False)
class Cell:
    """What a column has at one height."""

    start: int
    end: int
    """Its layers are `graph.nodes[start:end]`; among them may be some that it does not print."""
    kind: str
    """Cells of different kinds never stand for each other."""
    family: str
    lines: tuple[Line, ...]
    result: Value
    scope: Scope | None = None
    """Of a block, the first one."""
    times: int = 1
    around: list[Node] = field(default_factory=list)
    """Norms and activations that belong to it, and are not printed as layers."""
    shortcut: Shortcut = ""
    joint: str = ""

    @property
    def key(self) -> str:
        """What it says."""
        return f"{' '.join(line.text for line in self.lines)} × {self.times}"

    @property
    def shape(self) -> Shape:
        return self.result.shape or ()

    @property
    def company(self) -> tuple[str, ...]:
        """The names of the norms and activations that belong to it, in one order for all cells."""
        return tuple(sorted({node.op.name for node in self.around}))

    @property
    def name(self) -> str:
        """The name of its block, or of the sequence that it is; nothing where it is only numbered."""
        scope = self.scope
        while scope is not None and scope.end <= self.end:
            if scope.end == self.end and not scope.name.isdecimal() and scope.parent is not None:
                return scope.name
            scope = scope.parent
            if scope is None or scope.start < self.start:
                break
        return ""


class Arc(NamedTuple):
    """A way around cells of a column, the first and the last by their place in it."""

    first: int
    last: int
    shortcut: Shortcut
    joint: str


@dataclass(slots=True, eq=False)
class Column:
    """One network: its cells from the input to the output."""

    network: Checked
    cells: list[Cell] = field(default_factory=list)
    arcs: list[Arc] = field(default_factory=list)
    training: list[str] = field(default_factory=list)
    """Paths of what only training needs, which no cell shows."""
    follows: frozenset[int] = frozenset()
    """The places of the cells that read what the one above them gives; the first one reads an input."""
    enters: frozenset[int] = frozenset()
    """The places of the others that read an input, and no cell."""


def column(checked: Checked, level: int, opened: Sequence[str] = ()) -> Column:
    """A network's column at a level; blocks that are `opened`, by path or name, are so at each level."""
    return _Reader(checked, level, opened).read()


class _Reader:
    def __init__(self, checked: Checked, level: int, opened: Sequence[str]) -> None:
        self.graph = checked.graph
        self.strides = [layer.stride for layer in checked.layers]
        self.printed = Printed(checked)
        self.level = level
        self.opened = frozenset(opened)
        self.column = Column(checked)

    def read(self) -> Column:
        tree = unfolded(self.graph, Kept(self.graph, sizes))
        pending: list[tuple[Part, bool]] = [*_with_likeness(tree)][::-1]
        while pending:
            part, repeats = pending.pop()
            assert not isinstance(part, Repeat)
            if isinstance(part, Leaf | Chain):
                self._layers([part.node] if isinstance(part, Leaf) else [leaf.node for leaf in part.leaves])
                continue
            nodes = self.graph.nodes[part.start : part.end]
            if all(node.training for node in nodes):
                self.column.training.append(part.scope.path)
                continue
            form = form_of(nodes, self.printed) if self._is_block(part, nodes, repeats) else None
            if form is None:
                pending.extend([*_with_likeness(part)][::-1])
            elif self._opens(part, form):
                self._line(form)
            else:
                self._block(part, nodes, form)
        reads = _reads(self.column)
        self.column.follows = frozenset(place for place, found in enumerate(reads) if place - 1 in found)
        inputs = frozenset(place for place, found in enumerate(reads) if found == {INPUT})
        self.column.enters = inputs - self.column.follows
        return self.column

    # -- what a group of layers is ------------------------------------------------------------------

    def _is_block(self, group: Group, nodes: list[Node], repeats: bool) -> bool:
        """Whether it is told as one thing, and not as a section of the network."""
        shown = [node for node in nodes if self.printed(node)]
        if len(shown) < 2 or any(node.training for node in nodes):
            return False
        strides = [self.strides[node.index] for node in shown]
        if sum(a != b for a, b in pairwise(strides)) > 1:
            return False
        if all(isinstance(part, Group) for part in group.parts):
            return False
        if any(node.op.family == "merge" for node in shown):
            return True
        return self.level > OPEN and repeats

    def _opens(self, group: Group, form: Form) -> bool:
        """Whether a block stands in the column layer by layer."""
        if not form.straight:
            return False
        asked = group.scope.definition in self.opened or group.scope.path in self.opened
        return self.level == OPEN or asked

    # -- cells --------------------------------------------------------------------------------------

    def _layers(self, nodes: Sequence[Node]) -> None:
        """Cells for layers that follow each other, with the norms and activations around them."""
        found: list[Cell] = []
        waiting: list[Node] = []
        for node in nodes:
            if node.training:
                self.column.training.append(node.path)
            elif self.printed(node):
                found.append(self._layer(node, waiting))
                waiting = []
            elif node.op.family in ("norm", "activation"):
                (found[-1].around if found else waiting).append(node)
        if waiting and not found and self.column.cells:
            self.column.cells[-1].around.extend(waiting)
        for cell in found:
            self._add(cell)

    def _layer(self, node: Node, before: list[Node]) -> Cell:
        family = node.op.family
        kind = node.op.name if family == "learned" else family
        line = Line(label(node))
        return Cell(node.index, node.index + 1, kind, family, (line,), node.outputs[0], around=before)

    def _line(self, form: Form) -> None:
        """The cells of a block that is a line of layers, and the way around them."""
        place = len(self.column.cells)
        self._layers([node for node in form.trunk if not joins(node)])
        if form.shortcut and len(self.column.cells) > place:
            self.column.arcs.append(Arc(place, len(self.column.cells) - 1, form.shortcut, form.joint))

    def _block(self, group: Group, nodes: list[Node], form: Form) -> None:
        scope = group.scope
        if self.level == NAMED:
            lines: tuple[Line, ...] = (Line(scope.definition or scope.name),)
        else:
            lines = tuple(_lines(form))
        results = tuple(scope.outputs.values()) or nodes[-1].outputs
        around = [
            node for node in nodes if node.op.family in ("norm", "activation") and not self.printed(node)
        ]
        cell = Cell(group.start, group.end, "block", "block", lines, results[0], scope, around=around)
        if self.level < NAMED:
            cell.shortcut, cell.joint = form.shortcut, form.joint
        self._add(cell)

    def _add(self, cell: Cell) -> None:
        """One cell more, or the last one once more."""
        cells = self.column.cells
        if cells and self._repeats(cells[-1], cell):
            last = cells[-1]
            last.times, last.end, last.result = last.times + 1, cell.end, cell.result
            last.shortcut = cell.shortcut
            return
        cells.append(cell)

    def _repeats(self, last: Cell, cell: Cell) -> bool:
        if cell.scope is None or last.scope is None:
            again = self.level >= COUNTED and cell.scope is last.scope
        else:
            again = cell.scope.definition == last.scope.definition
        stride, before = (self.strides[each.result.node.index] for each in (cell, last))
        alike = last.lines == cell.lines and last.kind == cell.kind and last.company == cell.company
        return again and alike and stride == before


def _reads(column: Column) -> list[set[int]]:
    """The places of the cells that each cell reads, be it through layers that are in no cell."""
    nodes = column.network.graph.nodes
    home = {index: i for i, cell in enumerate(column.cells) for index in range(cell.start, cell.end)}
    every = []
    for place, cell in enumerate(column.cells):
        pending = [value.node for node in nodes[cell.start : cell.end] for value in node.inputs]
        seen: set[int] = set()
        found: set[int] = set()
        while pending:
            node = pending.pop()
            before = home.get(node.index, INPUT if node.op.family == "source" else None)
            if before is not None:
                found.add(before)
            elif node.index not in seen:
                seen.add(node.index)
                pending.extend(value.node for value in node.inputs)
        every.append(found - {place})
    return every


def _with_likeness(group: Group) -> Iterator[tuple[Part, bool]]:
    """The parts of a group, each with whether a block of the same name is beside it."""
    names = [part.scope.definition if isinstance(part, Group) else "" for part in group.parts]
    for place, (part, name) in enumerate(zip(group.parts, names, strict=True)):
        beside = names[max(0, place - 1) : place] + names[place + 1 : place + 2]
        yield part, bool(name) and name in beside


def _lines(form: Form) -> Iterator[Line]:
    """The lines of a closed block: equal branches on one, and of many, the first ones."""
    lines = []
    for line, alike in groupby(map(_line, form.ways)):
        count = sum(1 for _ in alike)
        lines += [Line(f"{count} of {line.text}", True)] if line.beside and count > 1 else [line] * count
    if len(lines) > MOST_LINES:
        yield from lines[: MOST_LINES - 1]
        yield Line(f"… and {len(lines) - MOST_LINES + 1} more")
    else:
        yield from lines


def _line(way: Way) -> Line:
    return Line(" → ".join(short(label(node, plain=True)) for node in way.nodes), way.beside)
