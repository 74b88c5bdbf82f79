"""What papers print of layers in a table, and in which words."""

from __future__ import annotations

from collections.abc import Container

from archdsl.graph.model import Node


def is_printed(node: Node, results: Container[int] = ()) -> bool:
    """Whether a layer has a line: weight layers, pools, norms that learn nothing, what ends the net."""
    family = node.op.family
    if node.training:
        return False
    if family == "norm":
        return not node.op.weights(*node.shapes)
    return family in ("learned", "pool") or (family == "activation" and node.index in results)


def label(node: Node, *, plain: bool = False) -> str:
    """The layer's label; a plain one says nothing of strides."""
    op = node.op
    if plain and getattr(op, "stride", 1) != 1:
        arguments = {each.name: getattr(op, each.name) for each in op.args}
        op = type(op)(**{**arguments, "stride": 1})
    return op.label(*node.shapes)


def common(left: list[str], right: list[str]) -> list[str]:
    """The longest sequence of labels that both have in this order."""
    if left == right:
        return left
    best: list[list[list[str]]] = [[[] for _ in range(len(right) + 1)] for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            if left[i] == right[j]:
                best[i][j] = [left[i], *best[i + 1][j + 1]]
            else:
                best[i][j] = max(best[i + 1][j], best[i][j + 1], key=len)
    return best[0][0]
