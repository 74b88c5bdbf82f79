"""Which uses of a block are written as one class.

Uses belong together when they are built alike: the same parts, wired in the same way, whatever the
numbers. Beyond that, one class may say by conditions that a part is of one kind or another, that it
is missing, or that some uses end early, like the last level of a recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from archdsl.outputs.torch.code import Const, Expr, Name, Operand, rebuild
from archdsl.outputs.torch.signatures import complete
from archdsl.outputs.torch.uses import Key, Leaf, Part, Use, runs

Ref = tuple[int, int]
"""A value within a class: the index of the part that makes it (-1: an input of the class), and which."""

MOST_CONDITIONS = 2
"""A class with more parts that come and go is harder to read than two classes."""

MISSING = -1
"""The kind of a part that a use does not have because it ended before."""


@dataclass(slots=True, eq=False)
class Slot:
    """One part of a class, side by side for all its uses."""

    name: str
    refs: tuple[Ref, ...]
    parts: list[Part | None]
    """By use; None where it is left out."""
    kinds: list[int]
    """By use: 0 or 1 where the part is of two kinds, the left out ones being of one; or MISSING."""


@dataclass(eq=False)
class Group:
    """The uses that become one class."""

    definition: Key
    uses: list[Use]
    slots: list[Slot]
    results: tuple[Ref, ...]
    end: int | None = None
    """How many parts those uses have that end early."""
    early: Ref | None = None
    """What those give."""


@dataclass(slots=True)
class _Entry:
    """One part, told apart by what its class would say of it."""

    name: str
    key: Any
    refs: tuple[Ref, ...]
    is_module: bool
    passes: bool
    """Takes one tensor and gives one, so it might be left out."""


@dataclass(slots=True)
class _Design:
    """How uses are built that are built alike."""

    entries: list[_Entry]
    results: tuple[Ref, ...]
    inputs: int
    lent: tuple[str, ...]

    @property
    def key(self) -> Any:
        parts = tuple((entry.key, entry.refs) for entry in self.entries)
        return parts, self.results, self.inputs, self.lent


def groups(found: Iterable[Use]) -> list[Group]:
    """All uses in groups, those of inner blocks first; a shared block counts once."""
    own = [use for use in found if not use.repeated]
    token: dict[int, Any] = {id(use.scope): use.definition for use in own}
    parted = list(_families(own))
    while True:  # a block that holds itself is told apart only after the one within is
        made = [group for definition, uses in parted for group in _part(definition, uses, token)]
        for number, group in enumerate(made):
            token.update((id(use.scope), number) for use in group.uses)
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


def _part(definition: Key, uses: list[Use], token: dict[int, Any]) -> list[Group]:
    """The uses of one block in as few groups as can be."""
    alike: dict[Any, tuple[_Design, list[Use]]] = {}
    for use in uses:
        design = _design(use, token)
        key = design.key if len(uses) > 1 else None
        alike.setdefault(key, (design, []))[1].append(use)
    even = [each for design, members in alike.values() for each in _even(design, members)]
    made: list[_Merge] = []
    for design, members in sorted(even, key=lambda each: -len(each[0].entries)):
        if not any(merge.takes(design, members) for merge in made):
            made.append(_Merge(definition, design, members))
    return [merge.group for merge in made]


def _even(design: _Design, uses: list[Use]) -> Iterator[tuple[_Design, list[Use]]]:
    """The same uses, apart where chains of unlike lengths in them are no mere repetitions."""
    for measure in (len, _count_runs):
        if len({tuple(_measured(use.parts, measure)) for use in uses}) == 1:
            yield design, uses
            return
    apart: dict[Any, list[Use]] = {}
    for use in uses:
        apart.setdefault(tuple(_measured(use.parts, len)), []).append(use)
    for members in apart.values():
        yield design, members


def _measured(parts: Sequence[Part], measure: Callable[[Sequence[Part]], int]) -> Iterator[int]:
    """The lengths of all chains among the parts."""
    for part in parts:
        if isinstance(part, Use) and part.is_chain:
            yield measure(part.parts)
            yield from _measured(part.parts, measure)


def _count_runs(parts: Sequence[Part]) -> int:
    return len(runs(parts))


def _design(use: Use, token: dict[int, Any]) -> _Design:
    known = {id(value): (-1, index) for index, value in enumerate(use.inputs)}
    entries = []
    for index, part in enumerate(use.parts):
        refs = tuple([known[id(value)] for value in part.inputs])
        own = not (part.again or part.borrowed)
        is_module = own and not (isinstance(part, Leaf) and part.is_function and not part.is_identity)
        passes = is_module and len(refs) == len(part.outputs) == 1
        entries.append(_Entry(part.name, _key(part, token), refs, is_module, passes))
        known.update((id(value), (index, port)) for port, value in enumerate(part.outputs))
    results = tuple([known[id(value)] for value in use.outputs])
    return _Design(entries, results, len(use.inputs), tuple(use.lent))


def _key(part: Part, token: dict[int, Any], within: str = "") -> Any:
    """What is the same in parts that a class can write in the same way."""
    name = "" if within == "chain" and part.name.isdigit() else part.name
    if part.again or part.borrowed:
        return "again", name
    if isinstance(part, Use) and part.is_chain:
        items = (_key(each, token, "chain") for each in part.parts)
        return "chain", name, tuple(key for key, _ in groupby(items))
    if isinstance(part, Use):
        return "use", name, token[id(part.scope)]
    if part.is_function and within != "chain":
        return "call", _skeleton(part.call())
    return "module", name, _skeleton(part.constructor())


def _skeleton(expr: Expr) -> Expr:
    """The expression without its constants."""

    def blank(leaf: Const | Operand | Name) -> Expr:
        return Const(None) if isinstance(leaf, Const) else leaf

    return rebuild(complete(expr), blank)


@dataclass(slots=True)
class _Match:
    """How a design fits another, slot by slot."""

    kinds: list[list[Any]]
    """The keys that each slot has then, None standing for a part that is left out."""
    places: list[int | None]
    """Which part stands in each slot."""
    skipped: dict[int, Ref]
    """Slots whose part is left out, and the value that passes through."""
    end: int | None
    """The slot before which it ends, if it ends early."""


class _Merge:
    """A group that takes in uses which are built a little differently."""

    def __init__(self, definition: Key, design: _Design, uses: list[Use]) -> None:
        self.design = design
        self.kinds = [[entry.key] for entry in design.entries]
        slots = [
            Slot(entry.name, entry.refs, [use.parts[i] for use in uses], [0] * len(uses))
            for i, entry in enumerate(design.entries)
        ]
        self.group = Group(definition, list(uses), slots, design.results)

    def takes(self, design: _Design, uses: list[Use]) -> bool:
        """Take uses in if conditions can tell them from the others; else change nothing."""
        mine, group = self.design, self.group
        if (design.inputs, design.lent) != (mine.inputs, mine.lent):
            return False
        match = self._match(design.entries)
        if match is None or len(design.results) != len(mine.results):
            return False
        slot_of = {place: slot for slot, place in enumerate(match.places) if place is not None}
        gives = tuple(_moved(ref, slot_of) for ref in design.results)
        if match.end is None and gives != tuple(_through(ref, match.skipped) for ref in mine.results):
            return False
        if match.end is not None:
            if len(gives) > 1 or (group.end is not None and (group.end, group.early) != (match.end, gives[0])):
                return False
            group.end, group.early = match.end, gives[0]
        self.kinds = match.kinds
        group.uses += uses
        for index, (slot, place) in enumerate(zip(group.slots, match.places, strict=True)):
            key = None if place is None else design.entries[place].key
            ended = match.end is not None and index >= match.end
            slot.parts += [None if place is None else use.parts[place] for use in uses]
            slot.kinds += [MISSING if ended else self.kinds[index].index(key)] * len(uses)
        return True

    def _match(self, entries: list[_Entry]) -> _Match | None:
        """Walk both designs; at most one part may be left out in the other."""
        match = _Match([list(each) for each in self.kinds], [], {}, None)
        slot_of: dict[int, int] = {}
        last = {entry.name: index for index, entry in enumerate(entries)}
        for index, mine in enumerate(self.design.entries):
            taken = len(slot_of)
            passing = mine.passes and not match.skipped
            if taken == len(entries) and not (passing and index == len(self.design.entries) - 1):
                match.end = index
                break
            entry = entries[taken] if taken < len(entries) else None
            wires = tuple(_through(ref, match.skipped) for ref in mine.refs)
            if entry and self._fits(match.kinds[index], mine, entry) and wires == tuple(
                _moved(ref, slot_of) for ref in entry.refs
            ):
                if entry.key not in match.kinds[index]:
                    match.kinds[index].append(entry.key)
                match.places.append(taken)
                slot_of[taken] = index
            elif passing and last.get(mine.name, -1) < taken:
                if None not in match.kinds[index]:
                    match.kinds[index].append(None)
                match.places.append(None)
                match.skipped[index] = wires[0]
            else:
                return None
        match.places += [None] * (len(self.design.entries) - len(match.places))
        conditions = [len(kinds) for kinds in match.kinds if len(kinds) > 1]
        many = len(conditions) > MOST_CONDITIONS or any(count > 2 for count in conditions)
        return None if many or len(slot_of) < len(entries) else match

    def _fits(self, kinds: list[Any], mine: _Entry, entry: _Entry) -> bool:
        return entry.key in kinds or (mine.name == entry.name and mine.is_module and entry.is_module)


def _moved(ref: Ref, slot_of: dict[int, int]) -> Ref:
    """A value of a use as one of the class."""
    return ref if ref[0] < 0 else (slot_of[ref[0]], ref[1])


def _through(ref: Ref, skipped: dict[int, Ref]) -> Ref:
    """The value itself, or the one that passes through where its part is left out."""
    return skipped.get(ref[0], ref)
