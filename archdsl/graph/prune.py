"""What the changes to a base leave without use is left out of the net made from it.

A replaced merge may leave one of its branches behind, a shortened net what was to come together later.
Assumes a network without errors; promises that its nodes, scopes, labels and expectations speak of
each other as before, less what is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import accumulate
from typing import Any

from archdsl.graph.expand import Expander
from archdsl.graph.model import Expectation, Named, Node, Scope, Value


def prune(
    expander: Expander, outputs: Iterable[Value], expectations: Iterable[Expectation], inputs: Collection[str]
) -> None:
    """Leave out the base's nodes on which no output depends; of its inputs, those that are not named."""
    builder, named = expander.builder, expander.named_values
    live = _live(builder.nodes, outputs)
    own = [value.node.index for name, value in expander.inputs.items() if name in inputs]
    for index in (*own, *range(expander.inherited_nodes, len(live))):
        live[index] = 1
    if all(live):
        return
    before = [0, *accumulate(live)]
    """How many nodes before this one are kept."""
    builder.nodes[:] = [node for node in builder.nodes if live[node.index]]
    for scope in builder.scopes:
        scope.start, scope.end = before[scope.start], before[scope.end]
        scope.outputs = {name: value for name, value in scope.outputs.items() if live[value.node.index]}
    builder.scopes[1:] = [scope for scope in builder.scopes[1:] if scope.end > scope.start]
    expander.inputs = {name: value for name, value in expander.inputs.items() if live[value.node.index]}
    for name in [name for name, each in named.items() if not live[each.value.node.index]]:
        del named[name]
    ranges: tuple[Named | Expectation, ...] = (*named.values(), *expectations)
    for each in ranges:
        each.start, each.end = before[each.start], before[each.end]
    _rejoin(builder.nodes)
    _rejoin(builder.scopes)
    for index, node in enumerate(builder.nodes):
        node.index = index


def _live(nodes: list[Node], outputs: Iterable[Value]) -> bytearray:
    """For every node: whether an output depends on it."""
    live = bytearray(len(nodes))
    for value in outputs:
        live[value.node.index] = 1
    for node in reversed(nodes):
        if live[node.index]:
            for value in node.inputs:
                live[value.node.index] = 1
    return live


def _rejoin(parts: list[Node] | list[Scope]) -> None:
    """Let the first use that is kept hold the weights of what is shared."""
    kept = {id(part) for part in parts}
    first: dict[int, Node | Scope] = {}
    for part in parts:
        if part.first is not None and id(part.first) not in kept:
            heir: Any = first.setdefault(id(part.first), part)
            part.first = None if heir is part else heir
