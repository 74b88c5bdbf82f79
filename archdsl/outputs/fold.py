"""The network as people tell it: blocks within blocks, and "this, three times".

Assumes a sound graph. Promises a tree of the net's scopes down to its layers, in their order, with
every layer once, where siblings that repeat are folded. Time and memory grow linearly with the
layers; nothing here recurses, so neither depth nor length has a limit.

Two parts are equal when they have the same operators with the same arguments, on the same shapes,
wired in the same way. They fold when each reads what the one before it gives, in the same way
each time, and nothing else reads what comes out in between: then one stands for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archdsl.check.model import Checked
from archdsl.graph.model import Elaborated, Node, Scope, Value

LONGEST_PERIOD = 12
"""How many siblings in a row may make one repetition."""


@dataclass(slots=True, eq=False)
class Leaf:
    """One layer."""

    node: Node

    @property
    def start(self) -> int:
        return self.node.index

    @property
    def end(self) -> int:
        return self.node.index + 1


@dataclass(slots=True, eq=False)
class Chain:
    """A weight layer with the norm, activation and dropout around it, which papers print as one."""

    leaves: list[Leaf]

    @property
    def start(self) -> int:
        return self.leaves[0].start

    @property
    def end(self) -> int:
        return self.leaves[-1].end


@dataclass(slots=True, eq=False)
class Group:
    """A scope with its parts."""

    scope: Scope
    parts: list[Part]

    @property
    def start(self) -> int:
        return self.scope.start

    @property
    def end(self) -> int:
        return self.scope.end


@dataclass(slots=True, eq=False)
class Repeat:
    """Parts that follow each other `times` times; `parts` are those of the first time."""

    times: int
    parts: list[Part]
    end: int

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def stride(self) -> int:
        """How many nodes each time takes."""
        return (self.end - self.start) // self.times


Part = Leaf | Chain | Group | Repeat
Sibling = Leaf | Chain | Group

Facts = Callable[[Node | Scope], object]
"""What, beside operators and wires, must agree where two parts are equal."""


def sizes(part: Node | Scope) -> object:
    """The shapes that a layer reads and gives; a scope has those of its layers."""
    if isinstance(part, Scope):
        return None
    return tuple(value.shape for value in part.inputs), tuple(value.shape for value in part.outputs)


def fold(checked: Checked) -> Group:
    """The net as a tree, its repetitions folded."""
    return folded(checked.graph)


def folded(graph: Elaborated, facts: Facts = sizes) -> Group:
    """The same of a graph, where what repeats must also agree in further facts."""
    return _tree(graph, Kept(graph, facts), _repeats)


def unfolded(graph: Elaborated, kept: Kept) -> Group:
    """The same tree with every repetition in it; `kept` then knows what equals what."""
    return _tree(graph, kept, lambda parts, identities, kept: list(parts))


def _tree(graph: Elaborated, kept: Kept, repeats: Repeats) -> Group:
    inside: dict[int, list[Leaf | Group]] = {id(scope): [] for scope in graph.scopes}
    for node in graph.nodes:
        inside[id(node.scope)].append(Leaf(node))
    # the scopes stand in the order of their starts, so from the back the inner come first
    for scope in reversed(graph.scopes):
        parts = _chains(sorted(inside.pop(id(scope)), key=lambda each: each.start), kept)
        identities = [kept.identity(part) for part in parts]
        group = Group(scope, repeats(parts, identities, kept))
        kept.remember(group, parts, identities)
        if scope.parent is not None and scope.end > scope.start:
            inside[id(scope.parent)].append(group)
    return group


def walk(part: Part) -> Iterator[Node]:
    """The layers of a part in order, of what repeats the first time only."""
    pending = [part]
    while pending:
        each = pending.pop()
        if isinstance(each, Leaf):
            yield each.node
        else:
            pending.extend(reversed(each.leaves if isinstance(each, Chain) else each.parts))


# -- chains ---------------------------------------------------------------------------------------

_FOLLOWERS = frozenset(("norm", "activation", "regular"))


def _chains(parts: list[Leaf | Group], kept: Kept) -> list[Sibling]:
    """Put a weight layer and its followers together.

    Norm and activation follow the weight layer, unless the scope opens with one of them: then they
    come first, as in pre-activation blocks.
    """
    first = parts[0] if parts else None
    leads = isinstance(first, Leaf) and first.node.op.family in ("norm", "activation")
    found: list[Sibling] = []
    run: list[Leaf] = []

    def close() -> None:
        if len(run) > 1 and any(leaf.node.op.family == "learned" for leaf in run):
            found.append(Chain(run.copy()))
        else:
            found.extend(run)
        run.clear()

    for part in parts:
        if isinstance(part, Group):
            close()
            found.append(part)
            continue
        learned = part.node.op.family == "learned"
        if not learned and part.node.op.family not in _FOLLOWERS:
            close()
            found.append(part)
            continue
        if run and not kept.continues(run[-1].node, part.node):
            close()
        if learned and not leads:
            close()
        if run or learned or leads:
            run.append(part)
        else:
            found.append(part)
        if learned and leads:
            close()
    close()
    return found


# -- equality -------------------------------------------------------------------------------------

Reading = tuple[int, int]
"""A value that is read: its node's index, and the port."""


class Kept:
    """What is known of parts seen so far: their identity and what they read from outside.

    An identity is a small number; equal parts have the same. Inputs from outside are numbered in the
    order in which they are first read, so equality does not depend on where a part stands. With
    another network `beside` it, the parts of both have identities that can be compared.
    """

    def __init__(self, graph: Elaborated, facts: Facts, beside: Kept | None = None) -> None:
        self.nodes = graph.nodes
        self.facts = facts
        self.numbers: dict[object, int] = beside.numbers if beside else {}
        self.groups: dict[int, tuple[int, list[Reading]]] = beside.groups if beside else {}
        self.calls: dict[int, object] = beside.calls if beside else {}
        self.last_use, self.uses = self._consumers(graph)

    def _consumers(self, graph: Elaborated) -> tuple[list[int], list[int]]:
        last, count = [-1] * len(self.nodes), [0] * len(self.nodes)
        for node in self.nodes:
            for value in node.inputs:
                last[value.node.index] = node.index
                count[value.node.index] += 1
        for value in (*graph.outputs.values(), *graph.training_outputs.values()):
            last[value.node.index] = len(self.nodes)
            count[value.node.index] += 1
        return last, count

    def continues(self, before: Node, after: Node) -> bool:
        """Whether `after` reads what `before` gives and nothing else, and nothing else reads it."""
        return (
            len(after.inputs) == 1
            and after.inputs[0].node is before
            and self.uses[before.index] == 1
            and before.training == after.training
        )

    def identity(self, part: Sibling) -> int:
        return self._known(part)[0]

    def outside(self, part: Sibling) -> list[Reading]:
        """The values that a part reads from outside, in the order of their first use."""
        return self._known(part)[1]

    def remember(self, group: Group, parts: list[Sibling], identities: list[int]) -> None:
        """Keep the identity of a group, from those of its parts."""
        key, outside = self._joined(parts, identities, group.start)
        scope = group.scope
        number = self._number((scope.kind, scope.definition, scope.first is None, self.facts(scope), key))
        self.groups[id(scope)] = number, outside

    def _known(self, part: Sibling) -> tuple[int, list[Reading]]:
        if isinstance(part, Group):
            return self.groups[id(part.scope)]
        if isinstance(part, Leaf):
            return self._leaf(part.node)
        key, outside = self._joined(
            part.leaves, [self._leaf(leaf.node)[0] for leaf in part.leaves], part.start
        )
        return self._number(key), outside

    def _leaf(self, node: Node) -> tuple[int, list[Reading]]:
        outside = _numbered(node.inputs)
        call = self.calls.get(id(node.op))
        if call is None:
            call = self.calls[id(node.op)] = _call(node)
        key = (
            call,
            self.facts(node),
            tuple(outside[_reading(value)] for value in node.inputs),
            node.first is None,
            node.training,
        )
        return self._number(key), list(outside)

    def _joined(
        self, parts: list[Sibling] | list[Leaf], identities: list[int], start: int
    ) -> tuple[object, list[Reading]]:
        outside: dict[Reading, int] = {}
        key = []
        for part, identity in zip(parts, identities, strict=True):
            wires = tuple(
                (index - start, port)
                if index >= start
                else (-1, outside.setdefault((index, port), len(outside)))
                for index, port in self.outside(part)
            )
            key.append((identity, part.end - part.start, wires))
        return tuple(key), list(outside)

    def _number(self, key: object) -> int:
        return self.numbers.setdefault(key, len(self.numbers))


def _call(node: Node) -> object:
    """The operator with its arguments; padding as it is, however it is written."""
    op = node.op
    if any(value.shape is None for value in (*node.inputs, *node.outputs)):
        return repr(op)
    windows = op.window(*node.shapes) if any(each.name == "padding" for each in op.args) else None
    if windows is None:
        return repr(op)
    others = tuple((each.name, repr(getattr(op, each.name))) for each in op.args if each.name != "padding")
    return op.name, others, tuple((window.before, window.after) for window in windows)


def _reading(value: Value) -> Reading:
    return value.node.index, value.port


def _numbered(values: tuple[Value, ...]) -> dict[Reading, int]:
    numbers: dict[Reading, int] = {}
    for value in values:
        numbers.setdefault(_reading(value), len(numbers))
    return numbers


# -- repetition -----------------------------------------------------------------------------------


Repeats = Callable[[list[Sibling], list[int], Kept], list[Part]]
"""What becomes of siblings, of which the identities are known."""


def _repeats(parts: list[Sibling], identities: list[int], kept: Kept) -> list[Part]:
    """Fold the runs among siblings, from the front, shortest period first."""
    count = len(parts)
    alike = _alike(identities)
    folded: list[Part] = []
    at = 0
    while at < count:
        for period in range(1, min(LONGEST_PERIOD, (count - at) // 2) + 1):
            most = alike[period][at] // period + 1
            times = _linked(parts, at, period, most, kept) if most > 1 else 1
            if times > 1:
                stop = at + times * period
                folded.append(Repeat(times, list(parts[at : at + period]), parts[stop - 1].end))
                at = stop
                break
        else:
            folded.append(parts[at])
            at += 1
    return folded


def _alike(identities: list[int]) -> list[list[int]]:
    """For each period and place: how many siblings from there on equal the one a period later."""
    count = len(identities)
    alike: list[list[int]] = [[]]
    for period in range(1, min(LONGEST_PERIOD, count // 2) + 1):
        run = [0] * (count + 1)
        for at in range(count - period - 1, -1, -1):
            if identities[at] == identities[at + period]:
                run[at] = run[at + 1] + 1
        alike.append(run)
    return alike


def _linked(parts: list[Sibling], at: int, period: int, most: int, kept: Kept) -> int:
    """How many times in a row, up to `most`, each reads the one before and nobody else does."""
    wanted = None
    start = parts[at].start
    entering = [
        reading for part in parts[at : at + period] for reading in kept.outside(part) if reading[0] < start
    ]
    for times in range(1, most):
        before = parts[at + (times - 1) * period : at + times * period]
        after = parts[at + times * period : at + (times + 1) * period]
        start, middle, end = before[0].start, after[0].start, after[-1].end
        wires = [
            ("before", index - start, port) if index >= start else ("outside", index, port)
            for part in after
            for index, port in kept.outside(part)
            if index < middle
        ]
        # what the first time reads from further away, each time reads
        links = wires == wanted if wanted is not None else _agree(wires, entering)
        links = links and any(kind == "before" for kind, _, _ in wires)
        links = links and all(kept.last_use[index] < end for index in range(start, middle))
        if not links:
            return times
        wanted = wires
    return most


def _agree(wires: list[tuple[str, int, int]], entering: list[Reading]) -> bool:
    """Whether what is read from outside the second time is what was read there the first time."""
    both = zip(wires, entering, strict=False)
    return all(wire[0] == "before" or (wire[1], wire[2]) == reading for wire, reading in both)
