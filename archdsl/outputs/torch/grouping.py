"""Which uses of a block are written as one class.

Uses belong together when they are built alike: the same parts, wired in the same way, whatever the
numbers. Beyond that, one class may say by conditions that a part is of one kind or another, that it
is missing, or that some uses end early, like the last level of a recursion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archdsl.outputs.torch.designs import Design, Tokens, design_of, row_of, uneven_chains
from archdsl.outputs.torch.merging import Group, Merge
from archdsl.outputs.torch.uses import Key, Use

SHORTEST_ROW = 4
"""So many of the same blocks are made in a loop."""


def groups(found: Iterable[Use]) -> list[Group]:
    """All uses in groups, those of inner blocks first; a shared block counts once."""
    own = [use for use in found if not use.repeated]
    tokens: dict[int, Any] = {id(use.scope): use.definition for use in own}
    parted = list(_families(own))
    while True:  # a block that holds itself is told apart only after the one within is
        made = [group for definition, uses in parted for group in _grouped(definition, uses, tokens)]
        for number, group in enumerate(made):
            tokens.update((id(use.scope), number) for use in group.uses)
        if len(made) == len(parted):
            return made
        parted = [(group.definition, group.uses) for group in made]


def _families(own: list[Use]) -> Iterator[tuple[Key, list[Use]]]:
    """The uses of each definition, inner blocks first."""
    heights: dict[int, int] = {}
    for use in reversed(own):
        below = (heights.get(id(part), 0) for part in use.parts if isinstance(part, Use))
        heights[id(use)] = 1 + max(below, default=0)
    families: dict[Key, list[Use]] = {}
    for use in own:
        if not use.is_chain:
            families.setdefault(use.definition, []).append(use)
    yield from sorted(families.items(), key=lambda item: max(heights[id(use)] for use in item[1]))


def _grouped(definition: Key, uses: Sequence[Use], tokens: Tokens) -> Iterator[Group]:
    """The uses of one block in as few groups as can be."""
    rows: dict[tuple[str, Any] | None, list[Use]] = {}
    for use in uses:
        rows.setdefault(row_of(use, tokens), []).append(use)
    others = rows.pop(None, [])
    for row, members in rows.items():
        if row is None or max(len(use.parts) for use in members) < SHORTEST_ROW:
            others += members
        else:
            yield Group(definition, members, [], ((0, 0),), stem=row[0])
    uneven = uneven_chains(others)
    alike: dict[Any, tuple[Design, list[Use]]] = {}
    for use in others:
        design = design_of(use, tokens, uneven, len(others) == 1)
        alike.setdefault(design.key, (design, []))[1].append(use)
    merges: list[Merge] = []
    for design, members in sorted(alike.values(), key=lambda each: -len(each[0].entries)):
        if not any(merge.takes(design, members) for merge in merges):
            merges.append(Merge(definition, design, members))
    yield from (merge.group for merge in merges)
