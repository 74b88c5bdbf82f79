"""Which blocks a drawing opens: all that are asked for, else as many as stay readable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from archdsl.outputs.drawing.blocks.opening import Opening
from archdsl.outputs.fold import Chain, Group, Leaf, Part

FEWEST_BOXES = 3
"""A block with fewer boxes takes as little room open as closed."""
STEPS = 4
"""In so many steps the blocks of one level are closed, the largest first."""
MOST_LEVELS = 12
MOST_NAMES = 4


class Version(NamedTuple):
    """One way to open a network, and what it closes beyond what was asked for, in words."""

    opening: Opening
    folded: tuple[str, ...] = ()


def versions(net: Group, asked: Opening) -> Iterator[Version]:
    """From the most open to the most closed.

    First the blocks that occur several times are closed, the innermost of them first; then single ones,
    from the innermost level outwards and in each level the largest first.
    """
    yield Version(asked)
    known = _Blocks()
    known.look(net)
    closed: list[str] = []
    for definition in known.repeated():
        closed.append(definition)
        names = [f"each `{name}`" for name in closed]
        yield Version(replace(asked, closed=frozenset(closed)), (_sentence(names),))
    shut: list[Group] = []
    whole = [f"each `{name}`" for name in closed]
    stride = 1 + len(known.levels) // MOST_LEVELS  # of very deep ones, several levels at once
    for deepest in range(len(known.levels), 0, -stride):
        groups = [group for level in known.levels[max(0, deepest - stride) : deepest] for group in level]
        groups.sort(key=lambda each: (-_boxes(each), each.start))
        for stop in _steps(len(groups)) if stride == 1 else [len(groups)]:
            now = [*shut, *groups[:stop]]
            opening = replace(asked, closed=frozenset(closed), shut=frozenset(id(each.scope) for each in now))
            paths = (f"`{each.scope.path}`" for each in _outermost(now))
            yield Version(opening, (_sentence([*whole, *paths]),))
        shut += groups
    if known.levels:
        yield Version(replace(asked, depth=0, plain=True), ("closed so that it fits: all blocks",))


def _steps(count: int) -> list[int]:
    return sorted({max(1, round(count * step / STEPS)) for step in range(1, STEPS + 1)}) if count else []


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
    """The blocks of a network that are drawn, by their definitions and by how deep they stand."""

    count: dict[str, int] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)
    levels: list[list[Group]] = field(default_factory=list)

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
        if depth == len(self.levels):
            self.levels.append([])
        is_large = _boxes(group) >= FEWEST_BOXES
        if is_large:
            self.levels[depth].append(group)
        if group.scope.kind == "block":
            definition = group.scope.definition
            self.count[definition] = self.count.get(definition, 0) + 1
            self.depths[definition] = max(self.depths.get(definition, 0), depth)
            if is_large:
                self.large.add(definition)

    def repeated(self) -> list[str]:
        """Blocks that occur several times, the innermost first."""
        names = [name for name in self.large if self.count[name] > 1]
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
