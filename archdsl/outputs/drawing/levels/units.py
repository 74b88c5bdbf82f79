"""A network as few units with its resolutions: what a drawing by levels shows as one.

A unit is a weight layer with its norm and activation, a pooling, a merge, or a whole block that has
branches of its own. What only brings a map to a merge (a crop, a step up, a 1x1 convolution on the way)
is no unit, but lies on the link between units. Nothing here knows a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import log2
from typing import NamedTuple

from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.outputs.fold import Chain, Group, Kept, Leaf, Part, sizes, unfolded, walk
from archdsl.sizes import Shape

Scale = Fraction
"""Cells of the input from one cell of a map to the next: 1 in full resolution, 2 in half of it."""

MOST_ON_A_LINK = 3
"""Layers that may lie on a link; more are a path of their own."""

_FOLLOWERS = ("norm", "activation", "regular")


@dataclass(slots=True, eq=False)
class Unit:
    """Layers that are drawn as one, and the map that they give."""

    nodes: list[Node]
    scope: Scope | None
    """The block that they are, where it is closed."""
    value: Value
    scale: Scale
    dips: int = 0
    """How often the longest way to it came up from lower resolutions."""
    reads: list[tuple[Value, str]] = field(default_factory=list)
    """What it reads from outside, and as what: `data`, or the argument that it is given as."""

    @property
    def head(self) -> Node:
        return self.nodes[0]

    @property
    def is_merge(self) -> bool:
        return self.scope is None and self.head.op.family == "merge" and len(self.reads) > 1

    def data(self) -> list[Value]:
        return [value for value, role in self.reads if role not in ("like", "indices")]


class Link(NamedTuple):
    """From one unit to another, with the layers on its way."""

    tail: Unit
    head: Unit
    value: Value
    """What leaves the tail."""
    via: tuple[Node, ...] = ()
    indices: bool = False
    """Whether it tells where a pooling found its values."""

    @property
    def end(self) -> Value:
        """What arrives."""
        return self.via[-1].outputs[0] if self.via else self.value

    @property
    def drop(self) -> int:
        """1 where resolution falls, -1 where it rises, 0 where it stays."""
        return (self.head.scale > self.tail.scale) - (self.head.scale < self.tail.scale)


def contracted(graph: Elaborated) -> tuple[list[Unit], list[Link]] | None:
    """The units in their order, and the links between them; None where resolutions do not add up."""
    scales = _scales(graph)
    if scales is None:
        return None
    units = _followed(list(_atoms(graph, scales)), graph)
    home = {node.index: unit for unit in units for node in unit.nodes}
    for unit in units:
        befores = [(home[value.node.index], role) for value, role in unit.reads if role != "like"]
        unit.dips = max((_dips(before, unit, role) for before, role in befores), default=0)
    return _linked(units, home, graph)


def _dips(before: Unit, unit: Unit, role: str) -> int:
    return before.dips + (before.scale > unit.scale and role != "indices")


# -- resolutions ----------------------------------------------------------------------------------


def _scales(graph: Elaborated) -> list[Scale] | None:
    """The scale of the map that each layer gives."""
    scales: list[Scale] = []
    for node in graph.nodes:
        scale = _scale(node, scales, graph)
        if scale is None:
            return None
        scales.append(scale)
    return scales


def _scale(node: Node, scales: list[Scale], graph: Elaborated) -> Scale | None:
    shape = node.outputs[0].shape or ()
    if not node.inputs:
        first = graph.nodes[0].outputs[0].shape or ()
        return _power(_size(first), _size(shape))
    inputs = list(zip(node.inputs, roles(node), strict=True))
    same = {
        scales[value.node.index]
        for value, role in inputs
        if role == "data" and (value.shape or ())[1:] == shape[1:]
    }
    if len(inputs) > 1 and node.op.family == "merge":
        return same.pop() if len(same) == 1 else None
    likes = [scales[value.node.index] for value, role in inputs if role == "like"]
    if likes and node.op.window(*node.shapes) is None:
        return likes[0]
    return scales[node.inputs[0].node.index] * _step(node, shape)


def _step(node: Node, shape: Shape) -> Scale:
    """By which factor a layer makes the scale larger."""
    before, after = _size(node.shapes[0]), _size(shape)
    windows = node.op.window(*node.shapes)
    if not windows:
        return _power(before, after)
    stride = max(window.stride for window in windows)
    if stride > 1:
        return Fraction(1, stride) if windows[0].transposed else Fraction(stride)
    covers = max(window.kernel for window in windows) > 1 and not 0.5 < before / after < 2
    return _power(before, after) if covers else Fraction(1)


def _size(shape: Shape) -> int:
    return max(shape[1:], default=1)


def _power(before: int, after: int) -> Scale:
    """The power of two that is nearest to a ratio of sizes."""
    return Fraction(2) ** round(log2(before / after))


def roles(node: Node) -> list[str]:
    """As what a layer reads each of its inputs."""
    given = node.op.tensors
    return ["data"] * (len(node.inputs) - len(given)) + list(given)


# -- units ----------------------------------------------------------------------------------------


def _atoms(graph: Elaborated, scales: list[Scale]) -> Iterator[Unit]:
    """Chains, single layers and closed blocks, in their order; no identities."""
    kept = Kept(graph, sizes)
    used = _used_until(graph)
    sources = _sources(graph)
    pending: list[Part] = [unfolded(graph, kept)]
    while pending:
        part = pending.pop()
        if isinstance(part, Group) and not _is_closed(part, kept, used, scales):
            pending.extend(reversed(part.parts))
            continue
        nodes = list(walk(part))
        if isinstance(part, Leaf) and nodes[0].op.name == "identity":
            continue
        inside = range(part.start, part.end)
        given = [node for node in nodes if used[node.index] >= part.end] or nodes[-1:]
        reads = [
            (sources[value.node.index], role) if value.node.index in sources else (value, role)
            for node in nodes
            for value, role in zip(node.inputs, roles(node), strict=True)
            if value.node.index not in inside
        ]
        scope = part.scope if isinstance(part, Group) else None
        if scope is not None:
            reads = reads[:1]  # all are the one value that it reads
        yield Unit(nodes, scope, given[-1].outputs[0], scales[given[-1].index], reads=reads)


def _used_until(graph: Elaborated) -> list[int]:
    """The last layer that reads each layer; one behind the last for the net's outputs."""
    used = [-1] * len(graph.nodes)
    for node in graph.nodes:
        for value in node.inputs:
            used[value.node.index] = node.index
    for value in (*graph.outputs.values(), *graph.training_outputs.values()):
        used[value.node.index] = len(graph.nodes)
    return used


def _sources(graph: Elaborated) -> dict[int, Value]:
    """For identities: the value that they pass on."""
    found: dict[int, Value] = {}
    for node in graph.nodes:
        if node.op.name == "identity":
            value = node.inputs[0]
            found[node.index] = found.get(value.node.index, value)
    return found


def _is_closed(group: Group, kept: Kept, used: list[int], scales: list[Scale]) -> bool:
    """Whether a block is one unit: it has branches, one value goes in, one comes out, no step goes up."""
    if group.scope.parent is None or _is_straight(group, kept):
        return False
    if len(kept.outside(group)) != 1:
        return False
    inside = range(group.start, group.end)
    if sum(used[index] >= group.end for index in inside) != 1:
        return False
    entered = scales[kept.outside(group)[0][0]]
    first = min(scales[index] for index in inside)
    return entered <= first and all(not _rises(kept.nodes[index], scales) for index in inside)


def _rises(node: Node, scales: list[Scale]) -> bool:
    """Whether a layer itself makes its map larger."""
    if node.op.family == "merge" or not node.inputs:
        return False
    return scales[node.index] < scales[node.inputs[0].node.index]


def _is_straight(group: Group, kept: Kept) -> bool:
    """Whether each part reads just what the one before it gives."""
    return all(
        before.start <= index < before.end
        for before, part in pairwise(group.parts)
        if isinstance(part, Leaf | Chain | Group)
        for index, _ in kept.outside(part)
    )


def _followed(units: list[Unit], graph: Elaborated) -> list[Unit]:
    """The units, where a norm or activation that nothing else comes before has joined what it follows."""
    readers = _readers(units, graph)
    home: dict[int, Unit] = {}
    found: list[Unit] = []
    for unit in units:
        data = unit.data()
        before = home.get(data[0].node.index) if len(data) == 1 else None
        if (
            before is not None
            and unit.scope is None
            and unit.head.op.family in _FOLLOWERS
            and before.head.op.family != "source"
            and not before.is_merge
            and readers.get(before.value.node.index) == 1
        ):
            before.nodes += unit.nodes
            before.value = unit.value
        else:
            before = unit
            found.append(unit)
        home.update((node.index, before) for node in before.nodes)
    return found


def _readers(units: list[Unit], graph: Elaborated) -> dict[int, int]:
    """How many units read each layer's map; the net's outputs count too, mere sizes do not."""
    count: dict[int, int] = {}
    outputs = (*graph.outputs.values(), *graph.training_outputs.values())
    reads = [value for unit in units for value, role in unit.reads if role != "like"]
    for value in (*reads, *outputs):
        count[value.node.index] = count.get(value.node.index, 0) + 1
    return count


# -- links ----------------------------------------------------------------------------------------


def _linked(
    units: list[Unit], home: dict[int, Unit], graph: Elaborated
) -> tuple[list[Unit], list[Link]] | None:
    readers = _readers(units, graph)
    links: list[Link] = []
    carried: set[Unit] = set()
    for unit in units:
        if not unit.is_merge and len(unit.data()) > 1:
            return None
        for value, role in unit.reads:
            if role == "like":
                continue
            if role == "indices":
                pooled = home[value.node.index].data()[0]
                links.append(Link(home[pooled.node.index], unit, pooled, indices=True))
                continue
            run = _run(value, unit, home, readers) if unit.is_merge else []
            start = run[0].data()[0] if run else value
            via = tuple(node for each in run for node in each.nodes)
            links.append(Link(home[start.node.index], unit, start, via))
            carried.update(run)
            if unit.is_merge and home[value.node.index].scale != unit.scale:
                return None
    kept = [unit for unit in units if unit not in carried]
    return kept, [link for link in links if link.head not in carried]


def _run(value: Value, merge: Unit, home: dict[int, Unit], readers: dict[int, int]) -> list[Unit]:
    """What does nothing but bring a map to a merge, from other units."""
    run: list[Unit] = []
    unit = home[value.node.index]
    while (
        unit.scope is None
        and len(unit.data()) == 1
        and not any(role == "indices" for _, role in unit.reads)
        and readers[unit.value.node.index] == 1
        and unit.scale == merge.scale
    ):
        run.insert(0, unit)
        unit = home[unit.data()[0].node.index]
    if len(run) > MOST_ON_A_LINK or (unit.scale == merge.scale and _leads_on(unit, merge, readers)):
        return []
    return run


def _leads_on(unit: Unit, merge: Unit, readers: dict[int, int]) -> bool:
    """Whether what follows a unit is no way aside from it."""
    return unit.dips == merge.dips or readers[unit.value.node.index] == 1
