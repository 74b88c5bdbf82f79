"""One network's table: a line for each block and layer, subtotals, and what repeats folded.

The numbers of a folded line count all its repetitions, so every column adds up to its block's and
to the net's. Stride and receptive field are those behind the last repetition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.model import Node, Value
from archdsl.outputs.fold import Chain, Group, Leaf, Part, Repeat, fold
from archdsl.outputs.table.grid import Column, Grid, Line, per_axis
from archdsl.sizes import show

COLUMNS = (
    Column("layer"),
    Column("operator"),
    Column("×", "right"),
    Column("output", "right"),
    Column("params", "right"),
    Column("MACs", "right"),
    Column("stride", "right"),
    Column("receptive field", "right"),
)


def in_full(checked: Checked) -> Grid:
    """The table of one network, from its input to its totals."""
    numbers = _Numbers(checked)
    lines = list(_lines(fold(checked), numbers))
    metrics = checked.metrics
    total = ("total", "", "", "", f"{metrics.params:,}", f"{metrics.macs:,}", *_seen(checked))
    lines.append(Line(total, kind="total"))
    return Grid(checked.name, COLUMNS, tuple(lines), named=True).without_empty_columns()


def _seen(checked: Checked) -> tuple[str, str]:
    return per_axis(checked.stride), per_axis(checked.receptive_field)


class _Numbers:
    """Sums over ranges of nodes, each in constant time."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        nodes, layers = checked.graph.nodes, checked.layers
        self.params = [0, *accumulate(layer.params for layer in layers)]
        costs = (0 if node.training else layer.macs for node, layer in zip(nodes, layers, strict=True))
        self.macs = [0, *accumulate(costs)]

    def cost(self, start: int, end: int, times: int) -> tuple[str, str]:
        """Parameters and MACs of a range, that many times, as they are printed."""
        params = times * (self.params[end] - self.params[start])
        macs = times * (self.macs[end] - self.macs[start])
        return f"{params:,}" if params else "", f"{macs:,}" if macs else ""

    def seen(self, index: int) -> tuple[str, str]:
        """Stride and receptive field of a node, as they are printed."""
        layer = self.checked.layers[index]
        return per_axis(layer.stride), per_axis(layer.receptive_field)


class _Place(NamedTuple):
    """A part, how deep it stands, how often it is met, and how far away its last repetition is."""

    part: Part
    depth: int
    times: int
    shift: int
    near: int
    """The same for the innermost repetition alone, in which a name's last form stands."""


def _lines(net: Group, numbers: _Numbers) -> Iterator[Line]:
    pending = [_Place(part, 0, 1, 0, 0) for part in reversed(net.parts)]
    while pending:
        place = pending.pop()
        part = place.part
        if isinstance(part, Leaf):
            yield _layer(part.node, place, numbers)
        elif isinstance(part, Chain):
            pending.extend(place._replace(part=leaf) for leaf in reversed(part.leaves))
        elif isinstance(part, Repeat):
            near = (part.times - 1) * part.stride
            inner = place._replace(times=place.times * part.times, shift=place.shift + near, near=near)
            pending.extend(inner._replace(part=each) for each in reversed(part.parts))
        else:
            yield _block(part, place, numbers)
            inner = place._replace(depth=place.depth + 1, near=0)
            pending.extend(inner._replace(part=each) for each in reversed(part.parts))


def _layer(node: Node, place: _Place, numbers: _Numbers) -> Line:
    last = numbers.checked.graph.nodes[node.index + place.near]
    remark = " (training)" if node.training else " (shared)" if node.first else ""
    cells = (
        _names(node.name, last.name),
        (node.op.label(*node.open_shapes) if node.inputs else node.op.name) + remark,
        _times(place),
        _shapes(node.outputs),
        *numbers.cost(node.index, node.index + 1, place.times),
        *numbers.seen(node.index + place.shift),
    )
    return Line(cells, place.depth)


def _block(group: Group, place: _Place, numbers: _Numbers) -> Line:
    scope = group.scope
    name = scope.name
    if place.near:
        last = numbers.checked.graph.nodes[group.end - 1 + place.near].scope
        while last.start > group.start + place.near and last.parent is not None:
            last = last.parent
        while last.parent is not None and last.parent is not scope.parent:
            last = last.parent
        name = _names(name, last.name)
    results = tuple(scope.outputs.values()) or numbers.checked.graph.nodes[group.end - 1].outputs
    cells = (
        name,
        scope.definition,
        _times(place),
        _shapes(results),
        *numbers.cost(group.start, group.end, place.times),
        *numbers.seen(results[-1].node.index + place.shift),
    )
    return Line(cells, place.depth, "block")


def _times(place: _Place) -> str:
    return f"×{place.times}" if place.times > 1 else ""


def _names(first: str, last: str) -> str:
    return first if first == last else f"{first} … {last}"


def _shapes(values: Iterable[Value]) -> str:
    """The shapes of several tensors; of equal ones, how many there are."""
    shapes = [show(value.open or value.shape or ()) for value in values]
    if len(shapes) > 1 and len(set(shapes)) == 1:
        return f"{len(shapes)} of {shapes[0]}"
    return ", ".join(shapes)
