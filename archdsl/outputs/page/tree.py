"""A network's tree with everything in it: what repeats is there each time, side by side.

Assumes a sound graph. The page folds and unfolds; so it gets every copy, and knows which are alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archdsl.graph.model import Elaborated
from archdsl.outputs.fold import Chain, Group, Kept, Leaf, Part, Repeat, folded, sizes, unfolded


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """One of the times of a repetition, counted from 0."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A part of the tree with the number of the item around it, -1 for none."""

    around: int
    part: Leaf | Chain | Group | Repeat | Copy


def items(graph: Elaborated) -> list[Item]:
    """The tree from the net itself inwards, what is around before what is within, in the order of the spec.

    A repetition is an item, each of its times an item in it, and their parts are in those.
    """
    found: list[Item] = []
    # pairs of what is folded, which says what repeats, and of what really stands there
    pending: list[tuple[int, Part, Part | Sequence[Part]]] = [
        (-1, folded(graph), unfolded(graph, Kept(graph, sizes)))
    ]
    while pending:
        around, pattern, real = pending.pop()
        number = len(found)
        if isinstance(pattern, Repeat):
            assert isinstance(real, list)
            found.append(Item(around, pattern))
            inner = list(_copies(pattern, real))
            found.extend(Item(number, Copy(time)) for time in range(pattern.times))
            pending.extend((number + 1 + time, part, each) for time, part, each in reversed(inner))
            continue
        assert isinstance(real, Leaf | Chain | Group)
        found.append(Item(around, real))
        if isinstance(pattern, Group) and isinstance(real, Group):
            pending.extend((number, part, each) for part, each in reversed(list(_matched(pattern, real))))
    return found


def _matched(pattern: Group, real: Group) -> Iterator[tuple[Part, Part | Sequence[Part]]]:
    """The parts of a folded group, each with what it stands for."""
    at = 0
    for part in pattern.parts:
        if isinstance(part, Repeat):
            count = part.times * len(part.parts)
            yield part, real.parts[at : at + count]
            at += count
        else:
            yield part, real.parts[at]
            at += 1


def _copies(repeat: Repeat, real: Sequence[Part]) -> Iterator[tuple[int, Part, Part]]:
    """Each part of each time, with its pattern."""
    period = len(repeat.parts)
    for at, part in enumerate(real):
        yield at // period, repeat.parts[at % period], part
