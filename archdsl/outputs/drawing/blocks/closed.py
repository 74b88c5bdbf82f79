"""What the box of a closed block says: its main layers, its branches, its skip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from archdsl.graph.model import Node, Scope, Value
from archdsl.outputs.drawing.blocks.picture import Skip, Text

MOST_LINES = 4
"""Weight layers that the box of a closed block lists; of more it gives the number."""
MOST_BRANCHES = 16
"""Of which the box of a closed block shows the channels."""


def counted(lines: Iterable[Text]) -> list[Text]:
    """The lines, where alike ones follow each other the first with how many they are: `3×3 conv, 8 ×5`."""
    runs = [(line, sum(1 for _ in alike)) for line, alike in groupby(lines)]
    return [line._replace(text=f"{line.text} ×{count}") if count > 1 else line for line, count in runs]


def last_merge(nodes: Sequence[Node], scope: Scope) -> Node | None:
    """The add or concat with which a block ends, followed at most by layers that read one value."""
    node = nodes[scope.end - 1]
    while scope.start <= node.index < scope.end:
        if node.op.family == "merge" and len(node.inputs) > 1:
            return node
        if len(node.inputs) != 1:
            return None
        node = node.inputs[0].node
    return None


def branches(nodes: Sequence[Node], scope: Scope) -> tuple[int, ...]:
    """The channels that each branch brings to the concat with which a block ends."""
    merge = last_merge(nodes, scope)
    if merge is None or merge.op.name != "concat" or getattr(merge.op, "axis", 0) != 0:
        return ()
    if len(merge.inputs) > MOST_BRANCHES or any(not value.shape for value in merge.inputs):
        return ()
    return tuple(value.shape[0] for value in merge.inputs if value.shape)


def skip(nodes: Sequence[Node], scope: Scope) -> tuple[Skip, frozenset[int]]:
    """The shortcut of a block that ends in an add, and the indices of the weight layers on it."""
    merge = last_merge(nodes, scope)
    if merge is None or merge.op.name != "add" or len(merge.inputs) != 2:
        return "", frozenset()
    left, right = (_weights_before(value, scope) for value in merge.inputs)
    shortcut, other = sorted((left, right), key=len)
    if not other - shortcut or shortcut & other or len(shortcut) > 1:
        return "", frozenset()
    return ("projection" if shortcut else "identity"), frozenset(shortcut)


def _weights_before(value: Value, scope: Scope) -> set[int]:
    """The weight layers of a block that a value depends on."""
    found: set[int] = set()
    seen: set[int] = set()
    pending = [value.node]
    while pending:
        node = pending.pop()
        if node.index in seen or not scope.start <= node.index < scope.end:
            continue
        seen.add(node.index)
        if node.op.is_weight_layer:
            found.add(node.index)
        pending.extend(each.node for each in node.inputs)
    return found
