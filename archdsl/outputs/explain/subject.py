"""What a name means in a network: a label, a module by its path, an output."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from archdsl.graph.model import Elaborated, Node, Scope, Value

MOST = 5
"""Names that are suggested."""


class UnknownName(LookupError):
    """A network has nothing of this name; `known` is what it has."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"nothing is named {name}")
        self.name = name
        self.known = list(known)


class Subject(NamedTuple):
    """What a name stands for: the layers `nodes[start:end]`, and the value that they give."""

    name: str
    start: int
    end: int
    value: Value
    scope: Scope | None = None
    """The module, if it has parts."""
    node: Node | None = None
    """The layer, if it is one; it gives the value."""

    @property
    def origin(self) -> Scope | Node:
        """What is written in the spec."""
        return self.scope or self.node or self.value.node


def find(graph: Elaborated, name: str) -> Subject:
    """The subject of a name. Raises UnknownName."""
    name = name.removeprefix(f"{graph.name}.")
    if name == graph.name:
        name = ""
    scope = next((each for each in graph.scopes if each.path == name and each.end > each.start), None)
    if scope is not None:
        results = [*scope.outputs.values()] or list(graph.outputs.values() if scope is graph.root else ())
        value = results[0] if results else graph.nodes[scope.end - 1].outputs[0]
        return Subject(name or graph.name, scope.start, scope.end, value, scope=scope)
    label = graph.named.get(name)
    node = next((each for each in graph.nodes if each.path == name), None)
    # a label has with a merge what it joins; of a module that is used again, the first use is meant
    if label is not None and (node is None or label.value.node is node):
        return Subject(name, label.start, label.end, label.value, node=node or label.value.node)
    if node is not None:
        return Subject(name, node.index, node.index + 1, node.outputs[0], node=node)
    output = graph.outputs.get(name) or graph.training_outputs.get(name)
    if output is not None:
        index = output.node.index
        return Subject(name, index, index + 1, output, node=output.node)
    raise UnknownName(name, names(graph))


def names(graph: Elaborated) -> list[str]:
    """Every name that means something, those of labels first."""
    modules, layers = (each.path for each in graph.scopes), (each.path for each in graph.nodes)
    return list(dict.fromkeys(filter(None, (*graph.named, *modules, *layers, *graph.outputs))))


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Names like this one: those that end in it first, then those that are spelled alike."""
    every = list(dict.fromkeys(known))
    last = [each for each in every if each.endswith(f".{name}")]
    folded = {each.casefold(): each for each in every}
    close = [folded[each] for each in get_close_matches(name.casefold(), folded, MOST, 0.6)]
    return list(dict.fromkeys([*last, *close]))[:MOST]
