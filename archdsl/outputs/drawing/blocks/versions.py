"""Which blocks a drawing opens: all that are asked for, else as many as stay readable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

from archdsl.outputs.drawing.blocks.opening import Opening
from archdsl.outputs.fold import Chain, Group, Leaf, Part, walk

FEWEST_BOXES = 3
"""A block that repeats and has fewer boxes takes as little room open as closed."""
FEWEST = 2
"""The same of a single one, which also has a frame when it is open."""
FAMILIES = 3
"""Of more kinds of blocks in one level the smallest are closed together."""
MOST_LEVELS = 12
CHOOSING = 3
"""In so many levels, the outermost, it is tried which kinds of blocks can stay open."""
MOST_NAMES = 4

Family = tuple[Group, ...]
"""Blocks of one level that are alike, and open or closed all together."""


class Version(NamedTuple):
    """One way to open a network, and what it closes beyond what was asked for, in words."""

    opening: Opening
    folded: tuple[str, ...] = ()

    @property
    def closes_single(self) -> bool:
        """Whether it closes blocks that do not repeat."""
        return bool(self.opening.shut) or self.opening.depth == 0


def versions(net: Group, asked: Opening) -> Iterator[Version]:
    """From the most open to the most closed.

    First the blocks that occur several times are closed, the innermost of them first; then kinds of single
    ones, from the innermost level outwards, so that what holds most stays open longest. Each is tried twice
    once something is closed: with what is in the closed blocks told, and without.
    """
    yield Version(asked)
    known = _Blocks()
    known.look(net)
    closed: list[str] = []
    for definition in known.repeated():
        closed.append(definition)
        names = [f"each `{name}`" for name in closed]
        yield Version(replace(asked, closed=frozenset(closed)), (_sentence(names),))
    whole = [f"each `{name}`" for name in closed]
    base = replace(asked, closed=frozenset(closed))
    if closed:
        yield Version(replace(base, plain=True), (_sentence(whole),))
    levels = _levels(net, frozenset(closed))
    shut: list[Group] = []
    stride = 1 + len(levels) // MOST_LEVELS  # of very deep ones, several levels at once
    for deepest in range(len(levels), 0, -stride):
        groups = [group for level in levels[max(0, deepest - stride) : deepest] for group in level]
        for chosen in _choices(_families(groups)) if deepest <= CHOOSING else [groups]:
            now = [*shut, *chosen]
            opening = replace(base, shut=frozenset(id(each.scope) for each in now))
            told = (_sentence([*whole, *(f"`{each.scope.path}`" for each in _outermost(now))]),)
            yield Version(opening, told)
            yield Version(replace(opening, plain=True), told)
        shut += groups
    if known.count:
        every = replace(asked, depth=0, plain=True)
        yield Version(every, ("closed so that it fits: all blocks",))
        yield Version(replace(every, bare=True), ("closed so that it fits: all blocks, down to their names",))


def _levels(net: Group, closed: frozenset[str]) -> list[list[Group]]:
    """The blocks that can still be closed, by how deep they stand."""
    levels: list[list[Group]] = []
    pending: list[tuple[Part, int]] = [(part, 0) for part in reversed(net.parts)]
    while pending:
        part, depth = pending.pop()
        if isinstance(part, Leaf | Chain):
            continue
        if isinstance(part, Group):
            if part.scope.kind == "block" and part.scope.definition in closed:
                continue
            if depth == len(levels):
                levels.append([])
            if _boxes(part) >= FEWEST:
                levels[depth].append(part)
            depth += 1
        pending.extend((each, depth) for each in reversed(part.parts))
    return [level for level in levels if level]


def _families(groups: Sequence[Group]) -> list[Family]:
    """Kinds of blocks, what holds most first."""
    kinds: dict[object, list[Group]] = {}
    for group in groups:
        kinds.setdefault(_kind(group), []).append(group)
    ordered = sorted(kinds.values(), key=lambda each: (-sum(map(_boxes, each)), each[0].start))
    most = FAMILIES - 1
    rest = tuple(group for family in ordered[most:] for group in family)
    return [*map(tuple, ordered[:most]), *([rest] if rest else [])]


def _kind(group: Group) -> object:
    """What blocks have in common that look alike: their definition, else the kinds of parts in them."""
    if group.scope.kind == "block":
        return group.scope.definition
    found: set[str] = set()
    pending: list[Part] = list(group.parts)
    while pending:
        part = pending.pop()
        if isinstance(part, Group):
            found.add(f"block {part.scope.definition}")
        elif isinstance(part, Leaf | Chain):
            found.update(node.op.name for node in walk(part) if node.op.is_weight_layer)
        else:
            pending.extend(part.parts)
    return frozenset(found)


def _choices(families: Sequence[Family]) -> list[list[Group]]:
    """Which families are closed, from those in which least is to those in which most is."""
    every = [
        [group for family in chosen for group in family]
        for count in range(1, len(families) + 1)
        for chosen in combinations(families, count)
    ]
    return sorted(every, key=lambda groups: sum(map(_boxes, groups)))


def _outermost(groups: Sequence[Group]) -> list[Group]:
    """Those that are not within others of them, in order."""
    ordered = sorted(groups, key=lambda each: (each.start, -each.end))
    found: list[Group] = []
    for group in ordered:
        if not found or group.start >= found[-1].end:
            found.append(group)
    return found


def _sentence(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} more"]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"closed so that it fits: {listed}"


@dataclass(slots=True)
class _Blocks:
    """The definitions of the blocks of a network that are drawn: how often they are, and how deep."""

    count: dict[str, int] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)
    """Those that stand in themselves: closed all at once, nothing would be left of them to see."""

    def look(self, net: Group) -> None:
        """Take down every block, of what repeats the first time."""
        pending: list[tuple[Part, int]] = [(part, 0) for part in reversed(net.parts)]
        while pending:
            part, depth = pending.pop()
            if isinstance(part, Leaf | Chain):
                continue
            if isinstance(part, Group):
                self._group(part, depth)
                depth += 1
            pending.extend((each, depth) for each in reversed(part.parts))

    def _group(self, group: Group, depth: int) -> None:
        if group.scope.kind == "block":
            definition = group.scope.definition
            self.count[definition] = self.count.get(definition, 0) + 1
            self.depths[definition] = max(self.depths.get(definition, 0), depth)
            if _boxes(group) >= FEWEST_BOXES:
                self.large.add(definition)
            outer = group.scope.parent
            while outer is not None:
                if outer.definition == definition:
                    self.nested.add(definition)
                outer = outer.parent

    def repeated(self) -> list[str]:
        """Blocks that occur several times side by side, the innermost first."""
        names = [name for name in self.large - self.nested if self.count[name] > 1]
        return sorted(names, key=lambda name: (-self.depths[name], name))


def _boxes(group: Group) -> int:
    """About how many boxes a block has, when it is open."""
    total = 0
    pending: list[Part] = [group]
    while pending:
        part = pending.pop()
        if isinstance(part, Leaf | Chain):
            total += 1
        else:
            pending.extend(part.parts)
    return total
