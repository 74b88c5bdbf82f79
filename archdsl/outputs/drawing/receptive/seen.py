"""What the layers of a network see of its input: the numbers that the drawing shows.

Of a network with branches it follows the way on which most is seen, from the last map back to the input.
A field is placed as that of the cell in the middle of its map, or where two are, halfway between them: so
padding that is not the same on both sides shows as a shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from archdsl.check.field import Axis, Field, Interval, fields, last_map
from archdsl.check.model import Checked
from archdsl.graph.model import Node, Value
from archdsl.outputs.drawing.engine import CannotDraw

MOST_LABELS = 8


Span = tuple[float, float]
"""A stretch of the input, whose first cell lies between 0 and 1."""


class Seen(NamedTuple):
    """What one layer sees."""

    node: Node
    size: tuple[int, ...]
    """Cells of the input, per axis, as it is computed for the layer."""
    stride: tuple[Fraction, ...]
    spans: tuple[Span, ...]
    """From where to where the cell in the middle sees, per axis; padding counts."""


class View(NamedTuple):
    """What is drawn of a network."""

    source: Value
    layers: tuple[Seen, ...]
    """Those on the way that read through a window, or else see more than the one before; from the input."""
    labelled: tuple[int, ...]
    """The places of those that are named, by size."""
    beyond: Node | None
    """The first layer behind them, if any; it sees the same from everywhere."""


def view(checked: Checked) -> View:
    """What the layers see; raises CannotDraw where none moves over an input."""
    graph = checked.graph
    found = fields(graph)
    last = last_map(graph, found)
    field = None if last is None else found[last.index]
    if last is None or field is None or last.index == field.source:
        raise CannotDraw(f"no layer of {checked.name} moves over its input", "draw its blocks instead")
    layers: list[Seen] = []
    for node in _way(checked, found, last, field.source):
        layer = checked.layers[node.index]
        spans = _spans(node, found[node.index] or field, layer.receptive_field)
        here = Seen(node, layer.receptive_field, layer.stride, spans)
        if node.op.family in ("learned", "pool") or not layers or here[1:3] != layers[-1][1:3]:
            layers.append(here)
    beyond = next((node for node in graph.nodes if any(value.node is last for value in node.inputs)), None)
    source = graph.nodes[field.source].outputs[0]
    return View(source, tuple(layers), tuple(_labelled(layers)), beyond)


def _way(checked: Checked, found: Sequence[Field | None], last: Node, source: int) -> list[Node]:
    """The layers from the input to the last map, of branches those that see most."""
    way = []
    node = last
    while node.index != source:
        way.append(node)
        before = [
            value.node
            for value in node.inputs
            if (field := found[value.node.index]) is not None and field.moves and field.source == source
        ]
        if not before:
            break
        node = max(before, key=lambda each: checked.layers[each.index].receptive_field)
    return way[::-1]


def _spans(node: Node, field: Field, size: tuple[int, ...]) -> tuple[Span, ...]:
    """What the cell in the middle sees, per axis."""
    counts = (node.outputs[0].shape or ())[1:]
    starts = (_middle(axis, n) - cells / 2 for axis, n, cells in zip(field.axes, counts, size, strict=True))
    return tuple((start, start + cells) for start, cells in zip(starts, size, strict=True))


def _middle(axis: Axis, n: int) -> float:
    """The middle of what the central one of n positions sees, or the central two see."""
    ends = [end for position in {(n - 1) // 2, n // 2} for end in _cells(axis, position)]
    return (sum(ends) / len(ends)) + 0.5


def _cells(axis: Axis, position: int) -> Interval:
    """The first and the last cell that a position sees."""
    seen = [part.at(position) for part in axis]
    seen = [each for each in seen if each[0] <= each[1]] or seen
    return min(low for low, _ in seen), max(high for _, high in seen)


# -- which are named ----------------------------------------------------------------------------------


def _labelled(layers: Sequence[Seen]) -> list[int]:
    """Where the field grows, and if that is often, where the stages end in which the stride is the same."""
    grown = [i for i, layer in enumerate(layers) if i == 0 or layer.size != layers[i - 1].size]
    grown = [i for i in grown if max(layers[i].size) > 1] or [len(layers) - 1]
    if len(grown) <= MOST_LABELS:
        return grown
    stages = [list(stage) for _, stage in groupby(grown, lambda i: layers[i].stride)]
    chosen = sorted({grown[0], *(stage[-1] for stage in stages)})
    while len(chosen) > MOST_LABELS:
        # of two that are almost the same, the smaller one goes
        chosen.remove(min(chosen[1:-1], key=lambda i: _ratio(layers, chosen, i)))
    return chosen


def _ratio(layers: Sequence[Seen], chosen: list[int], i: int) -> Fraction:
    after = chosen[chosen.index(i) + 1]
    return Fraction(max(layers[after].size), max(layers[i].size))
