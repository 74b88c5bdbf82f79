"""From a difference to what a drawing of it shows: one graph with the layers of both networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.outputs.diff.facts import Facts
from archdsl.outputs.diff.model import Difference, Side
from archdsl.outputs.diff.pairing import Pair, Pairing, is_wrapped, pair_up
from archdsl.outputs.diff.sentence import sentence, title
from archdsl.outputs.diff.words import operator
from archdsl.outputs.drawing.marked import Marked, Note
from archdsl.outputs.fold import Group, Sibling, walk
from archdsl.sizes import show

HARDLY = frozenset(("name", "weight"))
"""Facts for which a layer is not marked: it has another name, or reads something of another size."""

UNMARKED = Note("")


def marked(old: Checked, new: Checked) -> Marked:
    """Both networks in one graph, with what became of each layer."""
    from archdsl.outputs.diff import described

    pairing = pair_up(old.graph, new.graph)
    difference = described(pairing, old, new)
    union = _Union(pairing)
    return Marked(
        union.graph,
        dict(_notes(pairing, union)),
        tuple(_gone(pairing, union)),
        _ends(pairing),
        title(difference),
        f"{title(difference)}: {sentence(difference)}.",
        _caption(difference),
    )


def _caption(difference: Difference) -> str:
    """The title; of files no more than their own names, where these tell them apart."""
    old, new = (Side(each.name, each.file.rpartition("/")[2]) for each in (difference.old, difference.new))
    short = replace(difference, old=old, new=new) if old.file != new.file else difference
    return title(short) + (": no difference" if difference.none else "")


def _notes(pairing: Pairing, union: _Union) -> Iterator[tuple[int, Note]]:
    facts = Facts(pairing).all()
    for node in pairing.new.nodes:
        index = union.new[node.index].index
        twin = pairing.back.get(node.index)
        if twin is None:
            yield index, Note("added")
        elif not node.inputs:
            if resized := _resized(twin.outputs[0], node.outputs[0]):
                yield index, resized
        elif told := [fact.text for fact in facts.get(twin.index, ()) if fact.what not in HARDLY]:
            was = operator(twin)
            yield (
                index,
                Note("changed", f"was {was}" if was != operator(node) else told[0].replace("→", "to")),
            )
    for clone in union.old.values():
        yield clone.index, Note("removed")


def _ends(pairing: Pairing) -> dict[str, Note]:
    """What became of the outputs that came, went, or have another shape.

    An output is known by its name, or by the layer that gives it.
    """
    old, new = _outputs(pairing.old), _outputs(pairing.new)
    twins = {name: _twin(pairing, value) for name, value in old.items()}
    before = {twin: old[name] for name, twin in twins.items() if twin}
    places = {name: (value.node.index, value.port) for name, value in new.items()}
    ends: dict[str, Note] = {}
    for name, twin in twins.items():
        if name not in new and twin not in places.values():
            ends[name] = Note("removed")
    for name, value in new.items():
        was = old.get(name) or before.get(places[name])
        note = _resized(was, value) if was else Note("added")
        if note:
            ends[name] = note
    return ends


def _twin(pairing: Pairing, value: Value) -> tuple[int, int] | None:
    """The layer of the new network that gives what this value was, and the port."""
    twin = pairing.twin.get(value.node.index)
    return (twin.index, value.port) if twin else None


def _resized(old: Value, new: Value) -> Note | None:
    """That an input or output is of another size; None where it is not."""
    was, now = (show(written_shape(each)) for each in (old, new))
    return Note("changed", f"was {was}") if was != now else None


def _outputs(graph: Elaborated) -> dict[str, Value]:
    return {**graph.outputs, **graph.training_outputs}


def _gone(pairing: Pairing, union: _Union) -> Iterator[tuple[Value, int]]:
    """What layers that have gone gave to layers that are still there."""
    for node in pairing.old.nodes:
        twin = pairing.twin.get(node.index)
        if twin is None:
            continue
        for value in node.inputs:
            if value.node.index in union.old:
                yield union.value(value), union.new[twin.index].index


# -- one graph of two -----------------------------------------------------------------------------


class _Gone(NamedTuple):
    """A part of the old network that has gone: before which layer of the new one it stood, and in what."""

    at: int
    part: Sibling
    scope: Scope


class _Union:
    """The new network, and in it, where they were, the parts of the old one that have gone."""

    def __init__(self, pairing: Pairing) -> None:
        self.pairing = pairing
        self.nodes: list[Node] = []
        self.old: dict[int, Node] = {}
        """The layers that have gone, as they are in the union, by their index in the old network."""
        self.new: dict[int, Node] = {}
        """The layers of the new network, in the same way."""
        self.scopes: dict[int, Scope] = {}
        """The modules of either network, as they are in the union, by their identity."""
        self.clones: dict[int, Node] = {}
        """What stands for each layer of either network, by its identity."""
        self._place()
        self._wire()
        self.graph = self._graph()

    def value(self, value: Value) -> Value:
        """A value of either network in the union: from the layer's counterpart, if it has one.

        Its shape is what it was, for what reads it was made for that.
        """
        clone = self.clones[id(value.node)]
        return replace(value, node=clone, port=min(value.port, len(clone.outputs) - 1))

    def _place(self) -> None:
        """Give every layer its place and its module."""
        gone = sorted(_gone_parts(self.pairing), key=lambda each: each.at)
        for node in (*self.pairing.new.nodes, None):
            while gone and (node is None or gone[0].at <= node.index):
                self._insert(gone.pop(0))
            if node is not None:
                self.new[node.index] = self._clone(node, self._scope(node.scope))
        for scope in self.scopes.values():
            scope.start, scope.end = len(self.nodes), 0
        for node in self.nodes:
            around: Scope | None = node.scope
            while around is not None:
                around.start, around.end = min(around.start, node.index), node.index + 1
                around = around.parent

    def _insert(self, gone: _Gone) -> None:
        scope = self._scope(_innermost(self.pairing.new.nodes, gone))
        if isinstance(gone.part, Group):
            top = gone.part.scope
            self.scopes[id(top)] = replace(top, parent=scope)
        for node in walk(gone.part):
            if node.index not in self.pairing.twin:
                inner = self._scope(node.scope) if isinstance(gone.part, Group) else scope
                self.old[node.index] = self._clone(node, inner)

    def _scope(self, scope: Scope) -> Scope:
        """A module as it is in the union, with those around it."""
        around = []
        here: Scope | None = scope
        while here is not None and id(here) not in self.scopes:
            around.append(here)
            here = here.parent
        for each in reversed(around):
            parent = self.scopes[id(each.parent)] if each.parent is not None else None
            self.scopes[id(each)] = replace(each, parent=parent)
        return self.scopes[id(scope)]

    def _clone(self, node: Node, scope: Scope) -> Node:
        clone = replace(node, index=len(self.nodes), scope=scope, outputs=())
        clone.outputs = tuple(replace(value, node=clone) for value in node.outputs)
        self.nodes.append(clone)
        return clone

    def _wire(self) -> None:
        """Let every layer read what it read, in the union."""
        for node in self.pairing.new.nodes:
            self.clones[id(node)] = self.new[node.index]
        for node in self.pairing.old.nodes:
            twin = self.pairing.twin.get(node.index)
            self.clones[id(node)] = self.old[node.index] if twin is None else self.new[twin.index]
        for clone in self.nodes:
            clone.inputs = tuple(map(self.value, clone.inputs))
            clone.first = self.clones[id(clone.first)] if clone.first is not None else None

    def _graph(self) -> Elaborated:
        new = self.pairing.new
        inputs = {name: self.value(value) for name, value in new.inputs.items()}
        for name, value in self.pairing.old.inputs.items():
            if value.node.index in self.old:
                inputs.setdefault(name, self.value(value))
        scopes = [scope for scope in self.scopes.values() if scope.end]
        return replace(
            new,
            nodes=self.nodes,
            scopes=sorted(scopes, key=lambda scope: (scope.start, scope.path.count("."), bool(scope.path))),
            inputs=inputs,
            outputs=self._outputs(new.outputs, self.pairing.old.outputs),
            training_outputs=self._outputs(new.training_outputs, self.pairing.old.training_outputs),
            named={},
            expectations=[],
        )

    def _outputs(self, new: Mapping[str, Value], old: Mapping[str, Value]) -> dict[str, Value]:
        """The outputs of the new network, and behind them those that have gone."""
        ends = _ends(self.pairing)
        gone = {name: value for name, value in old.items() if ends.get(name, UNMARKED).mark == "removed"}
        return {name: self.value(value) for name, value in {**new, **gone}.items()}


def _gone_parts(pairing: Pairing) -> Iterator[_Gone]:
    """The parts of the old network that have no counterpart, in order."""
    pending: list[tuple[Pair, int, Scope]] = [(pairing.root, 0, pairing.new.root)]
    while pending:
        pair, at, scope = pending.pop()
        if pair.new is None or not pair.inner:
            if pair.old is not None and any(node.index not in pairing.twin for node in walk(pair.old)):
                yield _Gone(at, pair.old, scope)
            continue
        if isinstance(pair.new, Group) and not (pair.old and is_wrapped(pair.new, pair.old)):
            scope = pair.new.scope
        at = pair.new.start
        inner = []
        for each in pair.inner:
            inner.append((each, at, scope))
            at = each.new.end if each.new else at
        pending.extend(reversed(inner))


def _innermost(nodes: list[Node], gone: _Gone) -> Scope:
    """The module that a part that has gone would be in: within another one where its place is there."""
    scope, at = gone.scope, gone.at
    if not scope.start < at < scope.end:
        return scope
    before, behind = nodes[at - 1].scope, nodes[at].scope
    around = []
    here: Scope | None = before
    while here is not None:
        around.append(here)
        here = here.parent
    while behind not in around:
        assert behind.parent is not None
        behind = behind.parent
    return behind
