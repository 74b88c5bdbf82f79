"""How the layers of a block lie to each other: one behind the other, or side by side.

Papers tell three forms apart: a line of layers; a line with a way around it, as in residual and dense
blocks; and branches that meet, as in an inception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from archdsl.graph.model import Node

Shortcut = Literal["", "identity", "projection"]


class Way(NamedTuple):
    """What stands on one line: a layer, or all of a branch."""

    nodes: tuple[Node, ...]
    beside: bool
    """Whether it lies beside the ways around it."""


class Form(NamedTuple):
    """The layers of a block."""

    ways: tuple[Way, ...]
    trunk: tuple[Node, ...]
    """Every layer but those of a way around, in order."""
    shortcut: Shortcut = ""
    """A way around, which changes nothing or has layers of its own."""
    joint: str = ""
    """The operator in which the ways meet."""
    straight: bool = True
    """Whether, but for the way around, one layer stands behind the other."""


def form_of(nodes: Sequence[Node], printed: Callable[[Node], bool]) -> Form:
    """The form of the layers of one block, all that are between its start and its end."""
    joint = next((node for node in reversed(nodes) if joins(node)), None)
    if joint is None:
        return Form(_lines(nodes, printed), tuple(nodes))
    before, branches, after = _parted(nodes, joint)
    drawn = [[node for node in branch if printed(node) and not joins(node)] for branch in branches]
    main = max(range(len(branches)), key=lambda i: len(drawn[i]))
    others = [branch for i, branch in enumerate(branches) if i != main]
    summed = joint.op.name != "concat"
    small = all(sum(node.op.family == "learned" for node in branch) <= summed for branch in others)
    if small and (summed or not any(drawn[i] for i in range(len(branches)) if i != main)):
        trunk = (*before, *branches[main], *after)
        passes = all(node.op.name == "identity" for branch in others for node in branch)
        straight = not any(map(joins, trunk))
        lines = _lines([node for node in trunk if not joins(node)], printed)
        return Form(lines, trunk, "identity" if passes else "projection", joint.op.name, straight)
    ways = tuple(Way(tuple(branch), True) for branch in drawn if branch)
    trunk = tuple(node for node in nodes if node is not joint)
    lines = (*_lines(before, printed), *ways, *_lines(after, printed))
    return Form(lines, trunk, "", joint.op.name, straight=False)


def joins(node: Node) -> bool:
    """Whether ways meet in a layer."""
    return node.op.family == "merge" and len(node.inputs) > 1


def _lines(nodes: Iterable[Node], printed: Callable[[Node], bool]) -> tuple[Way, ...]:
    return tuple(Way((node,), False) for node in nodes if printed(node))


def _parted(nodes: Sequence[Node], joint: Node) -> tuple[list[Node], list[list[Node]], list[Node]]:
    """The layers before the ways part, those of each way, and those behind the joint."""
    start = nodes[0].index
    ways = [_upstream(value.node, nodes, start) for value in joint.inputs]
    common = set.intersection(*ways)
    taken = set(common)
    branches = []
    for way in ways:
        own = way - taken
        taken |= own
        branches.append([nodes[index - start] for index in sorted(own)])
    before = [nodes[index - start] for index in sorted(common)]
    after = [node for node in nodes if node.index not in taken and node is not joint]
    return before, branches, after


def _upstream(node: Node, nodes: Sequence[Node], start: int) -> set[int]:
    """The indices of a node and of all before it, within the block."""
    found: set[int] = set()
    pending = [node]
    while pending:
        each = pending.pop()
        if each.index < start or each.index in found:
            continue
        found.add(each.index)
        pending.extend(value.node for value in each.inputs)
    return found
