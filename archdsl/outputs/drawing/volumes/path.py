"""The main path of a network: what lies between its input and its output, one step after the other.

A layer that every way through the network passes is a step. What has branches between two such layers
is closed into one step, as wide as the block that it stands in. Two exceptions are opened: a detour that
goes down in resolution and comes up again, of which the detour is followed and the way past it is a
skip; and branches that are each other's twins, which are steps side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from archdsl.check.model import Checked, shape_of
from archdsl.graph.model import Elaborated, Node, Scope
from archdsl.outputs.drawing.engine import CannotDraw

MOST_LANES = 3
"""Twins that are drawn side by side."""

MOST_SKIPS = 8
"""Of a network with more, the main path tells too little."""

REMEDY = "use --style blocks"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Layers that are drawn as one body, in their order; `node` gives what is drawn."""

    node: Node
    nodes: tuple[Node, ...]
    scope: Scope | None = None
    """The block that is closed here, if it is one."""
    closed: bool = False
    """Whether there are branches within."""
    lanes: int = 1
    """How many twins stand side by side, each with its own `node`."""
    skips: tuple[Node, ...] = ()
    """Layers further back whose result is read here, past the main path."""


def main_path(checked: Checked) -> list[Step]:
    """The steps from the input to the output; raises CannotDraw where one path does not tell the network."""
    graph = checked.graph
    _refuse(graph)
    start = next(iter(graph.inputs.values())).node
    end = next(iter(graph.outputs.values())).node
    flow = Flow(graph, start, end)
    if not flow.order:
        raise CannotDraw(f"no path leads from the input of {checked.name} to its output", REMEDY)
    flow.open_detours()
    if sum(map(len, flow.skips.values())) > MOST_SKIPS:
        raise CannotDraw(f"{checked.name} has streams side by side, and no main path", REMEDY)
    return flow.steps()


def _refuse(graph: Elaborated) -> None:
    """Refuse a network that is more than a way from one input to one output."""
    for what, values in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        if len(values) != 1:
            raise CannotDraw(f"{graph.name} has {len(values)} {what}, and so no one main path", REMEDY)


def cells(node: Node) -> int:
    """The places of a map that a layer gives; 1 for a list of features."""
    return prod(shape_of(node.outputs[0])[1:])


class Unit:
    """A layer that every way passes, with the layers on the branches that lead to it."""

    def __init__(self, fork: Node | None, inner: list[Node], node: Node) -> None:
        self.fork = fork
        self.inner = inner
        self.node = node

    @property
    def nodes(self) -> list[Node]:
        return [*self.inner, self.node]


class Flow:
    """The layers on the ways from the input to the output, and what each of them reads of the others."""

    def __init__(self, graph: Elaborated, start: Node, end: Node) -> None:
        self.graph = graph
        self.start = start
        self.end = end
        self.reads = {
            # a tensor given as an argument says where or how large, and does not flow
            node.index: [value.node.index for value in node.inputs[: len(node.inputs) - len(node.op.tensors)]]
            for node in graph.nodes
        }
        self.skips: dict[int, list[int]] = {}
        self._follow()

    def _follow(self) -> None:
        """Find the layers on the ways, in their order, and how deep each of them is."""
        needed = {self.end.index}
        for index in range(self.end.index, -1, -1):
            if index in needed:
                needed.update(self.reads[index])
        reached = {self.start.index}
        self.depth = {self.start.index: 0}
        for index in sorted(needed):
            before = [read for read in self.reads[index] if read in reached]
            if before:
                reached.add(index)
                deepest = max(self.depth[read] for read in before)
                self.depth[index] = deepest + self.graph.nodes[index].op.is_weight_layer
        self.order = [index for index in sorted(needed) if index in reached]
        self.on_way = set(self.order) if self.end.index in reached else set()
        if not self.on_way:
            self.order = []

    def before(self, index: int) -> list[int]:
        """What a layer reads, on the way."""
        return [read for read in self.reads[index] if read in self.on_way]

    def units(self) -> list[Unit]:
        """The layers that every way passes, each with what is between it and the one before.

        In the order of the text a layer is passed by every way if nothing before it is read behind it.
        """
        last_read = {index: index for index in self.order}
        for index in self.order:
            for read in self.before(index):
                last_read[read] = index
        units: list[Unit] = []
        inner: list[Node] = []
        furthest = -1
        for index in self.order:
            node = self.graph.nodes[index]
            if furthest > index:
                inner.append(node)
            else:
                units.append(Unit(units[-1].node if units else None, inner, node))
                inner = []
            furthest = max(furthest, last_read[index])
        return units

    # -- detours ----------------------------------------------------------------------------------

    def open_detours(self) -> None:
        """Keep of each merge behind a detour only what comes from there; the others are skips."""
        while detours := [unit for unit in self.units() if unit.inner and self._is_detour(unit)]:
            for unit in detours:
                merge = unit.node.index
                kept = self._deepest(merge)
                self.skips[merge] = [read for read in self.before(merge) if read != kept]
                self.reads[merge] = [kept]
            self._follow()

    def _deepest(self, index: int) -> int:
        return max(self.before(index), key=lambda read: self.depth[read])

    def _is_detour(self, unit: Unit) -> bool:
        """Whether the longest branch makes the map smaller and then, by itself, larger again."""
        if unit.fork is None or unit.node.op.name not in ("add", "concat"):
            return False
        low, grows = cells(unit.node), False
        index = unit.node.index
        while index != unit.fork.index:
            node, before = self.graph.nodes[index], self.before(index)
            low = min(low, cells(node))
            if len(before) == 1 and cells(node) > cells(self.graph.nodes[before[0]]):
                grows = True
            index = self._deepest(index)
        return grows and low < min(cells(unit.node), cells(unit.fork))

    def _brought(self, merge: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """The layers aside of the path that lead to a merge, and those of the path that they start from."""
        aside, sources = set(), set()
        pending = list(self.skips.get(merge.index, ()))
        while pending:
            index = pending.pop()
            if index in self.on_way:
                sources.add(index)
            elif index not in aside:
                aside.add(index)
                pending.extend(self.reads[index])
        if merge.op.name == "max_unpool":  # where the pool found its values
            sources.update(value.node.index for value in merge.inputs[1:] if value.port)
        found = (tuple(self.graph.nodes[index] for index in sorted(each)) for each in (aside, sources))
        return next(found), next(found)

    # -- steps ------------------------------------------------------------------------------------

    def steps(self) -> list[Step]:
        """Every unit as a step; closed ones reach over the block that they stand in."""
        units = self.units()
        blocks = self._closed(units)
        steps: list[Step] = []
        at = 0
        while at < len(units):
            unit = units[at]
            block = blocks.get(at)
            if block is not None:
                scope, stop = block
                nodes = tuple(node for each in units[at:stop] for node in each.nodes)
                steps.append(Step(nodes[-1], nodes, scope, closed=any(each.inner for each in units[at:stop])))
                at = stop
                continue
            twins = self._twins(unit)
            if twins:
                steps += _side_by_side(twins, unit.node)
            else:
                aside, skips = self._brought(unit.node)
                steps.append(Step(unit.node, (*aside, *unit.nodes), None, bool(unit.inner), skips=skips))
            at += 1
        return steps

    def _closed(self, units: Sequence[Unit]) -> dict[int, tuple[Scope | None, int]]:
        """Where a closed block starts among the units: with its scope, and where it ends."""
        place = {node.index: at for at, unit in enumerate(units) for node in unit.nodes}
        found: dict[int, tuple[Scope | None, int]] = {}
        definitions = set()
        for unit in units:
            if unit.inner and not self._twins(unit):
                scope = self._around(unit, units, place)
                if scope is not None:
                    first, stop = self._extent(scope, place)
                    found[first] = scope, stop
                    definitions.add((scope.kind, scope.definition))
        # what is the same block is closed everywhere, also where it has no branches
        taken = {at for first, (_, stop) in found.items() for at in range(first, stop)}
        for scope in self.graph.scopes[1:]:
            if scope.kind == "block" and (scope.kind, scope.definition) in definitions:
                first, stop = self._extent(scope, place)
                if first < stop and taken.isdisjoint(range(first, stop)) and self._whole(scope, units, place):
                    found[first] = scope, stop
                    taken.update(range(first, stop))
        return found

    def _around(self, unit: Unit, units: Sequence[Unit], place: dict[int, int]) -> Scope | None:
        """The smallest block around branches, if it is whole and no more than a stage of the network."""
        first, last = unit.inner[0].index, unit.node.index
        scope: Scope | None = self.graph.nodes[first].scope
        while scope is not None and not (scope.start <= first and last < scope.end):
            scope = scope.parent
        if scope is None or scope.parent is None or not self._whole(scope, units, place):
            return None
        start, stop = self._extent(scope, place)
        sizes = {cells(each.node) for each in units[start:stop]}
        return scope if len(sizes) <= 2 else None

    def _extent(self, scope: Scope, place: dict[int, int]) -> tuple[int, int]:
        """The first unit of a scope, and the one behind its last."""
        within = [place[index] for index in range(scope.start, scope.end) if index in place]
        return (within[0], within[-1] + 1) if within else (0, 0)

    def _whole(self, scope: Scope, units: Sequence[Unit], place: dict[int, int]) -> bool:
        """Whether the units of a scope lie in it with all of their layers."""
        start, stop = self._extent(scope, place)
        nodes = [node for unit in units[start:stop] for node in unit.nodes]
        return bool(nodes) and all(scope.start <= node.index < scope.end for node in nodes)

    # -- twins ------------------------------------------------------------------------------------

    def _twins(self, unit: Unit) -> list[list[Node]]:
        """The branches to a concat, if they are the same chain of layers two or three times."""
        if unit.node.op.name != "concat" or not unit.inner or unit.fork is None:
            return []
        chains: dict[int, list[Node]] = {}
        for node in unit.inner:
            before = self.before(node.index)
            if len(before) != 1:
                return []
            if before[0] == unit.fork.index:
                chains[node.index] = [node]
            elif before[0] in chains:
                chain = chains.pop(before[0])
                chains[node.index] = [*chain, node]
            else:
                return []
        branches = list(chains.values())
        if not 2 <= len(branches) <= MOST_LANES or sorted(chains) != sorted(self.before(unit.node.index)):
            return []
        looks = [[(repr(node.op), node.shapes) for node in branch] for branch in branches]
        if any(look != looks[0] for look in looks) or self._is_block(branches[0], branches[-1]):
            return []
        return branches

    def _is_block(self, first: Sequence[Node], last: Sequence[Node]) -> bool:
        """Whether twins are the inside of one block that is used, and so better shown as it."""
        scope: Scope | None = first[0].scope
        while scope is not None and not (scope.start <= first[0].index and last[-1].index < scope.end):
            scope = scope.parent
        return scope is not None and scope.kind == "block"


def _side_by_side(twins: Sequence[Sequence[Node]], merge: Node) -> Iterator[Step]:
    """A step for each layer of the twins; the last also stands for their meeting."""
    layers: Iterable[tuple[Node, ...]] = zip(*twins, strict=True)
    steps = [Step(layer[0], tuple(layer), lanes=len(layer)) for layer in layers]
    last = steps[-1]
    steps[-1] = Step(last.node, (*last.nodes, merge), lanes=last.lanes)
    return iter(steps)
