"""Groups of uses that one class can say, by conditions where they are not built alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.outputs.torch.designs import Design, Entry, Ref
from archdsl.outputs.torch.uses import Key, Part, Use

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

    @property
    def exemplar(self) -> Part:
        """The part of the first use that has it."""
        return next(part for part in self.parts if part is not None)


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
    stem: str = ""
    """For a row of the same blocks, `stem1` to `stemN`, one after the other: their name. No slots then."""


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


class Merge:
    """A group that takes in uses which are built a little differently."""

    def __init__(self, definition: Key, design: Design, uses: list[Use]) -> None:
        self.design = design
        self.kinds = [[entry.key] for entry in design.entries]
        slots = [
            Slot(entry.name, entry.refs, [use.parts[i] for use in uses], [0] * len(uses))
            for i, entry in enumerate(design.entries)
        ]
        self.group = Group(definition, list(uses), slots, design.results)

    def takes(self, design: Design, uses: list[Use]) -> bool:
        """Take uses in if conditions can tell them from the others; else change nothing."""
        mine, group = self.design, self.group
        if design.inputs != mine.inputs:
            return False
        if design.is_sequential or mine.is_sequential:
            return False
        match = self._match(design.entries)
        if match is None or len(design.results) != len(mine.results):
            return False
        slot_of = {place: slot for slot, place in enumerate(match.places) if place is not None}
        gives = tuple(_moved(ref, slot_of) for ref in design.results)
        if match.end is None and gives != tuple(_through(ref, match.skipped) for ref in mine.results):
            return False
        if match.end is not None:
            known = (match.end, gives[0]) if group.end is None else (group.end, group.early)
            if len(gives) > 1 or known != (match.end, gives[0]):
                return False
            group.end, group.early = known
        self.kinds = match.kinds
        group.uses += uses
        for index, (slot, place) in enumerate(zip(group.slots, match.places, strict=True)):
            key = None if place is None else design.entries[place].key
            ended = match.end is not None and index >= match.end
            slot.parts += [None if place is None else use.parts[place] for use in uses]
            slot.kinds += [MISSING if ended else self.kinds[index].index(key)] * len(uses)
        return True

    def _match(self, entries: list[Entry]) -> _Match | None:
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
            theirs = tuple(_moved(ref, slot_of) for ref in entry.refs) if entry else None
            if entry and wires == theirs and self._fits(match.kinds[index], mine, entry):
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

    def _fits(self, kinds: list[Any], mine: Entry, entry: Entry) -> bool:
        return entry.key in kinds or (mine.name == entry.name and mine.is_module and entry.is_module)


def _moved(ref: Ref, slot_of: dict[int, int]) -> Ref:
    """A value of a use as one of the class."""
    return ref if ref[0] < 0 else (slot_of[ref[0]], ref[1])


def _through(ref: Ref, skipped: dict[int, Ref]) -> Ref:
    """The value itself, or the one that passes through where its part is left out."""
    return skipped.get(ref[0], ref)
