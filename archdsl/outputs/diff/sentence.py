"""A difference in one sentence, as one would say it.

VGG.D → VGG.E: +1 conv3-512 in stages 4 and 5, +1 conv3-256 in stage 3; +5.3M params, +4.2G MACs; …
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archdsl.outputs.diff.model import SIGNS, Carry, Difference, Entry, Fact
from archdsl.outputs.diff.words import listed
from archdsl.sizes import show

MOST_EVENTS = 6
"""More are counted, not told."""

MOST_PLACES = 4

MOST_NAMES = 2

NAME = "name"
"""The noun of an event that is no more than another name."""

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))


def title(difference: Difference) -> str:
    """`VGG.D → VGG.E`; of two versions of one network, `VGG.D: old.arch → vgg.arch`."""
    old, new = difference.old, difference.new
    if old.name != new.name or old.file == new.file:
        return f"{old.name} → {new.name}"
    return f"{new.name}: {old.file} → {new.file}"


def sentence(difference: Difference) -> str:
    """What differs, what it costs, and what a checkpoint is worth."""
    if difference.none:
        return "no difference"
    return "; ".join(filter(None, (changes(difference), costs(difference), checkpoint(difference.carry))))


def costs(difference: Difference) -> str:
    """`+5.3M params, +4.2G MACs`."""
    more = {each.name: each.new - each.old for each in difference.metrics if each.name in ("params", "macs")}
    said = [
        f"{signed(more[name])} {word}"
        for name, word in (("params", "params"), ("macs", "MACs"))
        if more[name]
    ]
    return ", ".join(said) or "params and MACs as before"


def checkpoint(carry: Carry) -> str:
    """How many tensors carry over, by their names and otherwise."""
    if not carry.stored:
        return ""
    plain, kept = len(carry.by_name), carry.kept
    if plain == kept == carry.stored:
        new = f", {len(carry.fresh):,} are new" if carry.fresh else ""
        return f"checkpoint: all {plain:,} tensors carry over{new}"
    said = f"checkpoint: {plain:,} of {carry.stored:,} tensors carry over"
    if carry.renamed:
        said += f", {'all ' if kept == carry.stored else ''}{kept:,} under new names"
    if carry.reshaped:
        said += f", {len(carry.reshaped):,} more in another shape"
    return said


def signed(number: int) -> str:
    """`+5.3M`, `−38K`, `+12`."""
    sign, size = "−" if number < 0 else "+", abs(number)
    unit, letter = next(((unit, letter) for unit, letter in _UNITS if size >= unit), (1, ""))
    text = f"{size / unit:.0f}" if size >= 100 * unit or unit == 1 else f"{size / unit:.1f}"
    return f"{sign}{text}{letter}"


# -- what differs ---------------------------------------------------------------------------------


class Event(NamedTuple):
    """What happens to some parts in one place."""

    sign: str
    """For parts that come or go; empty for what changes."""
    text: str
    noun: str
    """What the parts are, if they change."""
    number: int
    place: str
    path: str
    weight: int
    """How much it changes the network."""


def changes(difference: Difference) -> str:
    """The parts that differ, those first that matter most."""
    said = [
        f"`{each.name}` {show(each.old)} → {show(each.new)}"
        for each in difference.ports
        if each.old and each.new
    ]
    said += _told(_events(difference.entries))
    said += [f"{'+' if line.kind == 'added' else '−'} `{line.text}`" for line in difference.lines]
    if len(said) > MOST_EVENTS:
        said[MOST_EVENTS - 1 :] = [f"and {len(said) - MOST_EVENTS + 1} more changes"]
    if not said:
        said = [f"{difference.resized:,} layers give other sizes"]
    return ", ".join(said)


def _events(entries: Iterable[Entry]) -> Iterator[Event]:
    """All events, what only follows from others apart."""
    pending = [(entry, 1) for entry in reversed(tuple(entries))]
    while pending:
        entry, around = pending.pop()
        times = around * entry.times
        pending.extend((part, times) for part in reversed(entry.parts))
        noun = "blocks" if entry.parts else "layers"
        weight = abs(entry.params) + abs(entry.macs) // 1000
        event = Event("", "", noun, times, entry.place, entry.path, weight)
        if entry.kind in ("added", "removed"):
            yield event._replace(sign=SIGNS[entry.kind], text=_quoted(entry.name))
        elif entry.kind == "moved":
            where = f"is now `{entry.new}`" if entry.new != entry.old else "stands elsewhere"
            yield event._replace(text=f"`{entry.old}` {where}", noun=NAME)
        else:
            for fact in entry.facts:
                if fact.what == "name":
                    yield event._replace(text=fact.text, noun=NAME)
            # what the parameters of a block do is told of its layers
            facts = [fact for fact in entry.facts if fact.what == "block" or not entry.parts]
            if text := _joined([fact for fact in facts if fact.what not in ("name", "weight")]):
                yield event._replace(text=text)


def _joined(facts: list[Fact]) -> str:
    """The two facts that say most."""
    texts = [fact.text for fact in sorted(facts, key=lambda fact: fact.what not in ("kernel", "out"))]
    return " and ".join(texts[:2]) + (" and more" if len(texts) > 2 else "")


def _told(events: Iterable[Event]) -> list[str]:
    """Events of the same kind together; names last."""
    kinds: dict[tuple[str, str], list[Event]] = {}
    names = []
    for event in events:
        if event.noun == NAME:
            names.append(event)
        else:
            kinds.setdefault((event.sign, event.text), []).append(event)
    by_weight = sorted(kinds.values(), key=lambda alike: -sum(event.weight for event in alike))
    told = [text for alike in by_weight for text in (_came(alike) if alike[0].sign else [_changed(alike)])]
    if sum(event.number for event in names) > MOST_NAMES:
        return [*told, f"{sum(event.number for event in names)} parts have other names"]
    return told + [event.text for event in names]


def _came(alike: Sequence[Event]) -> list[str]:
    """`+1 conv3-512 in stages 4 and 5`; several where the numbers differ."""
    sign, text = alike[0].sign, alike[0].text
    if len(alike) == 1 and alike[0].number == 1 and not alike[0].place:
        return [f"{sign} `{alike[0].path}`" + (f" ({text.strip('`')})" if alike[0].path != text else "")]
    numbers: dict[str, int] = {}
    for event in alike:
        numbers[event.place] = numbers.get(event.place, 0) + event.number
    by_number: dict[int, list[str]] = {}
    for place, number in numbers.items():
        by_number.setdefault(number, []).append(place)
    if len(by_number) > 2 or len(numbers) > MOST_PLACES:
        total = sum(numbers.values())
        return [f"{sign}{total} {text}{_in('in', numbers)}"]
    return [f"{sign}{number} {text}{_in('in', places, number > 1)}" for number, places in by_number.items()]


def _changed(alike: Sequence[Event]) -> str:
    """`conv5x5 → conv3x3 in 3 layers of stages 1 and 2`."""
    total, text = sum(event.number for event in alike), alike[0].text
    if total == 1:
        return f"{text} at `{alike[0].path}`"
    return f"{text} in {total} {alike[0].noun}{_in('of', [event.place for event in alike])}"


def _in(word: str, places: Iterable[str], apart: bool = False) -> str:
    """` in stages 4 and 5`, ` in each of stages 4 and 5`; of many places, what they have in common."""
    names = list(dict.fromkeys(places))
    if "" in names:
        return ""
    stages = sorted(int(each[6:]) for each in names if each.startswith("stage "))
    others = [each for each in names if not each.startswith("stage ")]
    if len(others) > MOST_PLACES:
        others = [_shared(others)]
        if not others[0]:
            return ""
    said = [f"`{path}`" for path in others]
    if stages:
        many = "stages" if len(stages) > 1 else "stage"
        run = len(stages) > 2 and stages[-1] - stages[0] == len(stages) - 1
        said.append(f"{many} {f'{stages[0]} to {stages[-1]}' if run else listed(map(str, stages))}")
    return f" {word}{' each of' if apart and len(names) > 1 else ''} {listed(said)}"


def _shared(paths: Sequence[str]) -> str:
    """The module that holds all of these."""
    first, *others = [path.split(".") for path in paths]
    while any(other[: len(first)] != first for other in others):
        first.pop()
    return ".".join(first)


def _quoted(name: str) -> str:
    """A name that is no single word, or begins with a number, in quotes."""
    return f"`{name}`" if " " in name or name[:1].isdigit() else name
