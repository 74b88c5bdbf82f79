"""The arrows of a picture: what flows from which box to which.

A value that several boxes read forks: one line leaves its box and enters a block, and divides at a
point inside. A shape is written where it is news: where it differs from what went into the box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archdsl.check.model import written_shape
from archdsl.graph.model import Value
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Text, sizes
from archdsl.outputs.drawing.faults import Role

if TYPE_CHECKING:
    from archdsl.outputs.drawing.blocks.compose import Draft, Plan

End = tuple[Value, Box]
"""An output of the net, and the box it flows to."""


def wires(plan: Plan, ends: list[End], gone: Iterable[tuple[Value, int]] = ()) -> Iterator[Arrow]:
    """All arrows of a plan; adds to it the points where lines fork.

    `gone` are values that were read once, and by which layers.
    """
    found = _Readers(plan)
    found.read_all(ends, gone)
    yield from found.stubs()
    yield from _joined(plan, list(found.reads.values()))
    yield from _merged(_single(plan, found))


def _merged(arrows: Iterable[Arrow]) -> Iterator[Arrow]:
    """The arrows, where several lead from one box to another and one of them is a closed block as one."""
    between: dict[tuple[Box, Box], list[Arrow]] = {}
    for arrow in arrows:
        between.setdefault((arrow.tail, arrow.head), []).append(arrow)
    for (tail, head), several in between.items():
        wrong = any(arrow.role for arrow in several)
        if len(several) == 1 or wrong or not (tail.is_block or head.is_block):
            yield from several
        else:
            yield several[0]._replace(text=f"{len(several)} tensors")


def _single(plan: Plan, found: _Readers) -> Iterator[Arrow]:
    """An arrow for each value and each box that reads it, with the forks between them."""
    there = {
        (plan.home[read.value.node.index], head)
        for read in found.reads.values()
        for head in read.heads
        if not read.old
    }
    for read in found.reads.values():
        tail = plan.home[read.value.node.index]
        assert tail is not None
        if read.old:  # no line of its own beside one that is still there
            read.heads = [head for head in read.heads if (tail, head) not in there]
        known = read.last.shape is not None
        text = sizes(written_shape(read.last)) if known and _is_news(plan, read, tail) else ""
        for arrow in _fan(plan, tail, read.heads, text):
            wrong = read.wrong.get(arrow.head, "")
            role: Role = "fault" if wrong else "" if known else "unknown"
            yield arrow._replace(text=wrong or arrow.text, role=role)


def _joined(plan: Plan, reads: Sequence[_Read]) -> Iterator[Arrow]:
    """Where what has gone led into a block, the lines from points before it, at which two lines are one.

    For one line leads into the block now, and the other one stood in its place.
    """
    readings: dict[Box, list[_Read]] = {}
    for read in reads:
        for head in read.heads:
            readings.setdefault(head, []).append(read)
    for gone in [read for read in reads if plan.is_gone(read.value.node)]:
        frames: dict[Draft, list[Box]] = {}
        for head in gone.heads:
            if frame := _entered(plan, gone, head):
                frames.setdefault(frame, []).append(head)
        for frame, heads in frames.items():
            both = readings[heads[0]]
            alike = len(both) == 2 and all(readings[head] == both for head in heads)
            if not alike or any(_entered(plan, read, heads[0]) is not frame for read in both):
                continue
            assert frame.outer is not None
            join = Box(plan.key(f"before {heads[0].key}"), "fork")
            plan.add(join, frame.outer, frame.outer.parts.index(frame))
            for read in both:
                read.heads = [*(head for head in read.heads if head not in heads), join]
            yield from _fan(plan, join, heads, "")


def _entered(plan: Plan, read: _Read, head: Box) -> Draft | None:
    """The outermost frame that a line enters."""
    tail = plan.home[read.value.node.index]
    assert tail is not None
    own = plan.around[tail].path()
    return next((frame for frame in plan.around[head].path() if frame not in own), None)


@dataclass(slots=True, eq=False)
class _Read:
    """A value that leaves its box, and the boxes that read it, in order."""

    value: Value
    last: Value
    """The same, or where what gives it repeats, that of the last time."""
    heads: list[Box] = field(default_factory=list)
    old: bool = True
    """Whether it is read in the old one alone of two networks that are compared."""
    wrong: dict[Box, str] = field(default_factory=dict)
    """How it does not fit there, in short."""


class _Readers:
    """Every value that leaves its box, with the boxes that read it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.reads: dict[tuple[int, int], _Read] = {}
        self.sizes: dict[tuple[Box, Box], None] = {}
        """Inputs of the net of which only the size is read, and the boxes that do."""

    def read_all(self, ends: list[End], gone: Iterable[tuple[Value, int]]) -> None:
        """Take down all that is read."""
        plan = self.plan
        for node in plan.graph.nodes:
            head = plan.home[node.index]
            if head is None or plan.first[node.index] != node.index:
                continue
            for operand, value in enumerate(node.inputs):
                wrong = plan.faulty.edges.get((node.index, operand), "") if plan.faulty else ""
                tail = plan.home[_source(plan, value).node.index]
                old = plan.is_gone(node) or plan.is_gone(value.node)
                if (
                    tail
                    and tail.kind == "end"
                    and operand
                    and node.op.family in ("boxes", "shape")
                    and not wrong
                ):
                    self.sizes[tail, head] = None
                else:
                    self._read(value, head, wrong, old)
        for value, index in gone:
            if reader := plan.home[plan.first[index]]:
                self._read(value, reader, old=True)
        for value, end in ends:
            self._read(value, end, old=end.mark == "removed")

    def _read(self, last: Value, head: Box, wrong: str = "", old: bool = False) -> None:
        value = _source(self.plan, last)
        tail = self.plan.home[value.node.index]
        if tail is None or tail is head:
            return
        known = self.reads.setdefault((value.node.index, value.port), _Read(value, last))
        if known.old and not old:  # what is still read has the shape that it has now
            known.value, known.last, known.old = value, last, False
        if known.old == old and last.node.index > known.last.node.index and last.shape != value.shape:
            known.last = last
        # a merge may read a value twice, and then two lines go there
        if head not in known.heads or head.kind in ("sign", "bar"):
            known.heads.append(head)
        if wrong:
            known.wrong[head] = wrong

    def stubs(self) -> Iterator[Arrow]:
        """Instead of a long line from an input of which only the size is read: its name beside the reader."""
        for tail, head in self.sizes:
            words = Text(f"size of {tail.lines[0].text}", "shape", tail.mark)
            stub = Box(self.plan.key(f"{tail.key} for {head.key}"), "loose", (words,), training=head.training)
            around = self.plan.around[head]
            self.plan.add(stub, around, around.parts.index(head))
            yield Arrow(stub, head, training=head.training)


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


def _is_news(plan: Plan, read: _Read, tail: Box) -> bool:
    """Whether the shape of a value is another one than that of what went into its box."""
    if tail.kind == "end":
        return False
    entered = read.value
    while entered.node.inputs:
        before = [_source(plan, value) for value in _main_inputs(entered)]
        if plan.home[before[0].node.index] is not tail:
            outside = (value for value in before if plan.home[value.node.index] is not tail)
            return any(value.shape != read.last.shape for value in outside)
        entered = before[0]
    return True


def _main_inputs(value: Value) -> tuple[Value, ...]:
    """What a layer is applied to: of a merge, all that it joins."""
    node = value.node
    return node.inputs if node.op.family == "merge" else node.inputs[:1]


def _fan(plan: Plan, tail: Box, heads: list[Box], text: str) -> Iterator[Arrow]:
    """The arrows of one value: a tree that divides at most once in each frame on its way.

    It divides as late as it can: outside of a frame that all lines leave, inside of one that all enter.
    """
    own = plan.around[tail].path()
    ways = [_way(own, plan.around[head].path()) for head in heads]
    branches: dict[Draft, set[object]] = {}
    for way, head in zip(ways, heads, strict=True):
        for frame, inner in zip(way, (*way[1:], head), strict=True):
            branches.setdefault(frame, set()).add(inner)
    forks: dict[Draft, Box] = {}
    for way, head in zip(ways, heads, strict=True):
        at = tail
        for frame in way:
            if len(branches[frame]) == 1:
                continue
            if frame not in forks:
                inside = [each for each, its in zip(heads, ways, strict=True) if frame in its]
                forks[frame] = _fork(plan, tail, frame, own, all(each.training for each in inside))
                yield Arrow(at, forks[frame], text, forks[frame].training)
                text = ""
            at = forks[frame]
        yield Arrow(at, head, "" if head.kind == "end" else text, head.training)
        text = ""


def _way(own: list[Draft], other: list[Draft]) -> list[Draft]:
    """The frames that a line is in, from the frame of its tail outwards, and then inwards to its head's."""
    common = 0
    while common < min(len(own), len(other)) and own[common] is other[common]:
        common += 1
    return [*reversed(own[common - 1 :]), *other[common:]]


def _fork(plan: Plan, tail: Box, into: Draft, own: list[Draft], training: bool) -> Box:
    """A point where a line divides: in a frame it has entered, or behind what it leaves."""
    fork = Box(plan.key(f"{tail.key} forks"), "fork", training=training, mark=tail.mark)
    if into in own:
        depth = own.index(into)
        before = own[depth + 1] if depth + 1 < len(own) else tail
        plan.add(fork, into, into.parts.index(before) + 1)
    else:
        plan.add(fork, into, 0)
    return fork
