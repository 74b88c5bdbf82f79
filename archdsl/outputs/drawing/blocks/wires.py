"""The arrows of a picture: what flows from which box to which.

A value that several boxes read forks: one line leaves its box and enters a block, and divides at a
point inside. A shape is written where it is news: where it differs from what went into the box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from archdsl.check.model import shape_of, written_shape
from archdsl.graph.model import Value
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, sizes

if TYPE_CHECKING:
    from archdsl.outputs.drawing.blocks.compose import Draft, Plan

End = tuple[Value, Box]
"""An output of the net, and the box it flows to."""


def wires(plan: Plan, ends: list[End], gone: Iterable[tuple[Value, int]] = ()) -> Iterator[Arrow]:
    """All arrows of a plan; adds to it the points where lines fork.

    `gone` are values that were read once, and by which layers.
    """
    for value, heads in _readers(plan, ends, gone):
        tail = plan.home[value.node.index]
        assert tail is not None
        yield from _fan(plan, tail, heads, _news(plan, value, tail))


def _readers(
    plan: Plan, ends: list[End], gone: Iterable[tuple[Value, int]]
) -> Iterator[tuple[Value, list[Box]]]:
    """Every value that leaves its box, with the boxes that read it, in order."""
    found: dict[tuple[int, int], tuple[Value, list[Box]]] = {}

    def read(value: Value, head: Box) -> None:
        value = _source(plan, value)
        tail = plan.home[value.node.index]
        if tail is None or tail is head:
            return
        heads = found.setdefault((value.node.index, value.port), (value, []))[1]
        # a merge may read a value twice, and then two lines go there
        if head not in heads or head.kind in ("sign", "bar"):
            heads.append(head)

    for node in plan.graph.nodes:
        head = plan.home[node.index]
        if head is not None and plan.first[node.index] == node.index:
            for value in node.inputs:
                read(value, head)
    for value, index in gone:
        if head := plan.home[plan.first[index]]:
            read(value, head)
    for value, end in ends:
        read(value, end)
    return iter(found.values())


def _source(plan: Plan, value: Value) -> Value:
    """Where a value comes from in the picture: through identities, from the first repetition."""
    while True:
        index = plan.first[value.node.index]
        if index != value.node.index:
            value = plan.graph.nodes[index].outputs[value.port]
        elif plan.home[index] is None and value.node.inputs:
            value = value.node.inputs[0]
        else:
            return value


def _news(plan: Plan, value: Value, tail: Box) -> str:
    """The shape of a value, if it is another one than that of what went into its box."""
    if tail.kind == "end":
        return ""
    entered = value
    while entered.node.inputs:
        before = _source(plan, entered.node.inputs[0])
        if plan.home[before.node.index] is not tail:
            return sizes(written_shape(value)) if shape_of(before) != shape_of(value) else ""
        entered = before
    return sizes(written_shape(value))


def _fan(plan: Plan, tail: Box, heads: list[Box], text: str) -> Iterator[Arrow]:
    """The arrows of one value: a tree that divides at most once in each frame on its way."""
    own = set(plan.around[tail].path())
    # None stands for the frame of the tail itself
    ways = [(None, *(draft for draft in plan.around[head].path() if draft not in own)) for head in heads]
    branches: dict[Draft | None, set[object]] = {}
    for way, head in zip(ways, heads, strict=True):
        for frame, inner in zip(way, (*way[1:], head), strict=True):
            branches.setdefault(frame, set()).add(inner)
    forks: dict[Draft | None, Box] = {}
    for way, head in zip(ways, heads, strict=True):
        at = tail
        for frame in way:
            if len(branches[frame]) == 1:
                continue
            if frame not in forks:
                inside = [each for each, its in zip(heads, ways, strict=True) if frame in its]
                forks[frame] = _fork(plan, tail, frame, all(each.training for each in inside))
                yield Arrow(at, forks[frame], text, forks[frame].training)
                text = ""
            at = forks[frame]
        yield Arrow(at, head, "" if head.kind == "end" else text, head.training)
        text = ""


def _fork(plan: Plan, tail: Box, into: Draft | None, training: bool) -> Box:
    """A point where a line divides: in a frame it has entered, or behind the box it leaves."""
    fork = Box(plan.key(f"{tail.key} forks"), "fork", training=training, mark=tail.mark)
    if into is None:
        around = plan.around[tail]
        plan.add(fork, around, around.parts.index(tail) + 1)
    else:
        plan.add(fork, into, 0)
    return fork
