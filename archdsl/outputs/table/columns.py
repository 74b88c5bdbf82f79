"""Several networks side by side, as a paper's table of configurations.

Each network is read as entries: its convolutions, poolings and linear maps in order, and each stage
of blocks as one entry, `[1x1 conv, 64; 3x3 conv, 64; 1x1 conv, 256] × 3`. Activations, dropout and
learned norms, which papers leave out, get no entry. The networks' entries are then lined up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.model import Node
from archdsl.outputs.fold import Group, Part, Repeat, fold, walk
from archdsl.outputs.table.align import aligned
from archdsl.outputs.table.grid import Cell, Column, Grid, Line, Stack
from archdsl.outputs.table.printed import common, is_printed, label
from archdsl.sizes import Shape, show

MANY = 4
"""Equal layers of a block that are told as a number of them."""


class Entry(NamedTuple):
    """What one network has on one line."""

    key: str
    """Entries with the same key belong on the same line."""
    kind: str
    """Entries of different kinds never share a line."""
    name: str
    cell: str | Cell
    shape: Shape


def side_by_side(networks: Sequence[Checked]) -> Grid:
    """The table of several networks, one column each."""
    lines = [_line(row) for row in aligned([entries(each) for each in networks])]
    for title, values in (
        ("weight layers", [each.metrics.weight_layers for each in networks]),
        ("params", [each.metrics.params for each in networks]),
        ("MACs", [each.metrics.macs for each in networks]),
    ):
        lines.append(Line((title, "", *(f"{value:,}" for value in values)), kind="total"))
    columns = (Column("layer"), Column("output", "right"), *(Column(each.name) for each in networks))
    title = ", ".join(each.name for each in networks)
    grid = Grid(title, columns, tuple(lines), caption=title).without_empty_columns()
    return replace(grid, named=grid.columns[0].title == "layer")


def _line(row: Sequence[Entry | None]) -> Line:
    present = [entry for entry in row if entry is not None]
    return Line((_name(present), _output(present), *(entry.cell if entry else "" for entry in row)))


def _name(entries: list[Entry]) -> str:
    """The name that all have, or the two that they have; what is only numbered has none."""
    names = dict.fromkeys(entry.name for entry in entries if not entry.name.rpartition(".")[2].isdecimal())
    return " / ".join(names) if len(names) <= 2 else ""


def _output(entries: list[Entry]) -> str:
    """The shape that all give, or the part of it that all share."""
    shapes = {entry.shape for entry in entries}
    if len(shapes) > 1:
        shapes = {shape[1:] for shape in shapes}
    shape = shapes.pop()
    return "" if shapes or not shape else show(shape)


# -- one network ----------------------------------------------------------------------------------


def entries(checked: Checked) -> list[Entry]:
    """One network as the entries of its column."""
    results = {value.node.index for value in checked.graph.outputs.values()}
    found = []
    for part, times in _listed(fold(checked)):
        if isinstance(part, Group):
            found.append(_stage(part, times, checked))
        else:
            for node in walk(part):
                if is_printed(node, results):
                    found.append(_single(node))
    return found


def _listed(net: Group) -> Iterator[tuple[Part, int]]:
    """Layers and stages in order, each with how often it follows itself; sections opened."""
    pending: list[tuple[Part, int]] = [(part, 1) for part in reversed(net.parts)]
    while pending:
        part, times = pending.pop()
        if isinstance(part, Repeat) and len(part.parts) == 1 and isinstance(part.parts[0], Group):
            pending.append((part.parts[0], part.times))
        elif isinstance(part, Repeat):
            pending.extend((each, 1) for each in reversed(part.parts * part.times))
        elif isinstance(part, Group) and not _is_stage(part):
            pending.extend((each, 1) for each in reversed(part.parts * times))
        else:
            yield part, times


def _is_stage(group: Group) -> bool:
    """A block, or a sequence of nothing but blocks; other sequences are sections of the table."""
    if group.scope.kind == "block":
        return True
    inner = [each for part in group.parts for each in (part.parts if isinstance(part, Repeat) else [part])]
    scopes = [each.scope for each in inner if isinstance(each, Group)]
    return len(scopes) == len(inner) and any(scope.kind == "block" for scope in scopes)


def _single(node: Node) -> Entry:
    text = label(node)
    return Entry(text, node.op.name, node.path, text, node.outputs[0].shape or ())


def _stage(group: Group, times: int, checked: Checked) -> Entry:
    if group.scope.kind == "block":
        stacks = [_stack([_layers(group, checked)], times)]
    else:
        stacks = [_stack(blocks, count) for blocks, count in _runs(group, checked)]
    results = list(group.scope.outputs.values()) or checked.graph.nodes[group.end - 1].outputs
    path = group.scope.path
    return Entry(path, "stage", path, Cell(tuple(stacks)), results[0].shape or ())


def _runs(group: Group, checked: Checked) -> Iterator[tuple[list[list[Node]], int]]:
    """Runs of blocks of one definition: the layers of each different one, and how many there are."""
    definition, blocks, count = "", list[list[Node]](), 0
    for part in group.parts:
        times = part.times if isinstance(part, Repeat) else 1
        for each in part.parts if isinstance(part, Repeat) else [part]:
            assert isinstance(each, Group)
            if blocks and each.scope.definition != definition:
                yield blocks, count
                blocks, count = [], 0
            definition = each.scope.definition
            blocks.append(_layers(each, checked))
            count += times
    yield blocks, count


def _layers(group: Group, checked: Checked) -> list[Node]:
    return [node for node in checked.graph.nodes[group.start : group.end] if is_printed(node)]


def _stack(blocks: list[list[Node]], count: int) -> Stack:
    """The layers that all blocks of a run have: without the first one's strides and projection."""
    labels = [[label(node, plain=len(blocks) > 1) for node in layers] for layers in blocks]
    shared = labels[0]
    for other in labels[1:]:
        shared = common(shared, other)
    return Stack(tuple(_collapsed(shared)), count)


def _collapsed(labels: list[str]) -> Iterator[str]:
    """Many equal labels after each other as one."""
    for each, group in groupby(labels):
        count = len(list(group))
        yield from [each] * count if count < MANY else [f"{count} of {each}"]
