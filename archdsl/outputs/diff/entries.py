"""From what belongs together to what differs: a tree of parts, with what repeats folded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.model import Node, Value
from archdsl.outputs.diff.facts import Facts
from archdsl.outputs.diff.likeness import head, label
from archdsl.outputs.diff.model import Entry, Fact, Kind
from archdsl.outputs.diff.pairing import Pair, Pairing, is_wrapped, parts_of
from archdsl.outputs.diff.words import Words, layers
from archdsl.outputs.fold import Group, Leaf, Sibling, walk
from archdsl.outputs.written import written
from archdsl.sizes import Shape


class Found(NamedTuple):
    """What differs, and how much does not."""

    entries: list[Entry]
    same: int
    """Layers that are what they were, sizes apart."""
    resized: int
    """Those among them that give another shape."""


def entries(pairing: Pairing, old: Checked, new: Checked) -> Found:
    """What differs between two networks, in the order of the new one."""
    build = _Entries(pairing, old, new)
    found = [each.entry for each in build.folded(build.inner(pairing.root))]
    same = [
        (node, twin)
        for node in old.graph.nodes
        if (twin := pairing.twin.get(node.index)) and node.inputs and node.index not in build.facts
    ]
    resized = sum(_shapes(node) != _shapes(twin) for node, twin in same)
    return Found(found, len(same), resized)


def _shapes(node: Node) -> list[Shape | None]:
    return [value.shape for value in node.outputs]


@dataclass(slots=True)
class _Found:
    """An entry, and what is needed to fold it with the next."""

    entry: Entry
    pair: Pair
    signature: int
    """The same for parts that differ alike."""


class _Side:
    """Costs and words of one network."""

    def __init__(self, checked: Checked) -> None:
        nodes = checked.graph.nodes
        self.nodes = nodes
        self.words = Words(checked.graph)
        self.layers = checked.layers

    def costs(self, part: Sibling | None) -> tuple[int, int]:
        """Parameters and multiply-accumulates of a part."""
        params = macs = 0
        # a shared module may stand in the middle of a part that it is none of
        for node in walk(part) if part is not None else ():
            layer = self.layers[node.index]
            params += layer.params
            macs += 0 if node.training else layer.macs
        return params, macs

    def shape(self, part: Sibling) -> Shape:
        """What a part gives; of several outputs, the first."""
        values = tuple(part.scope.outputs.values()) if isinstance(part, Group) else ()
        return (values or self.nodes[part.end - 1].outputs)[0].shape or ()


class _Entries:
    def __init__(self, pairing: Pairing, old: Checked, new: Checked) -> None:
        self.old, self.new = _Side(old), _Side(new)
        self.twin = pairing.twin
        self.facts = Facts(pairing).all()
        self.differing = sorted(self.facts)
        self.moved = {(there.start, there.end): (here, there) for here, there in pairing.moved}
        self.left = {node.index for here, _ in pairing.moved for node in walk(here)}
        self.came = {node.index for _, there in pairing.moved for node in walk(there)}
        self.signatures: dict[object, int] = {}

    def folded(self, pairs: Sequence[Pair]) -> list[_Found]:
        """The entries of parts in order; alike ones, with nothing else that differs between, become one."""
        folded: list[_Found] = []
        for found in (each for pair in pairs for each in self._found(pair)):
            last = folded[-1] if folded else None
            if last and last.signature == found.signature:
                _add(last.entry, found.entry)
            else:
                folded.append(found)
        return folded

    def _found(self, pair: Pair) -> Iterator[_Found]:
        """What is to be said of a pair: nothing, one entry, or those of its parts."""
        found = list(self._differing(pair))
        if pair.moved and not any(each.pair is pair for each in found):
            found = [self._entry("changed" if found else "moved", pair, (), found)]
        yield from found

    def _differing(self, pair: Pair) -> Iterator[_Found]:
        old, new = pair.old, pair.new
        if old is None or new is None:
            yield from self._alone(pair)
        elif isinstance(old, Group) != isinstance(new, Group) and not pair.inner:
            was, now = (_content(each) for each in (old, new))
            yield self._entry("changed", pair, (Fact("layer", was, now, f"`{was}` → `{now}`"),), [])
        elif isinstance(old, Leaf) and isinstance(new, Leaf):
            if known := self.facts.get(old.start):
                yield self._entry(_kind(known), pair, known, [])
        elif not isinstance(old, Group) and not isinstance(new, Group):
            yield from self._of_chain(pair)
        else:
            inner = self.folded(self.inner(pair))
            facts = [*_names(old, new), *(_arguments(old, new) if inner else ())]
            if inner or facts:
                yield self._entry("changed" if inner else "renamed", pair, tuple(facts), inner)

    def _of_chain(self, pair: Pair) -> Iterator[_Found]:
        """What differs within a chain; of its weight layer alone, under the name of the whole chain."""
        found = self.folded(self.inner(pair))
        only = found[0] if len(found) == 1 else None
        if only and _is_head(only.pair.old, pair.old) and _is_head(only.pair.new, pair.new):
            yield self._entry(only.entry.kind, pair, only.entry.facts, [])
        else:
            yield from found

    def inner(self, pair: Pair) -> list[Pair]:
        """The pairs within a pair; of equal parts, only where something else differs."""
        if pair.inner or pair.old is None or pair.new is None:
            return pair.inner
        at = bisect_left(self.differing, pair.old.start)
        if at == len(self.differing) or self.differing[at] >= pair.old.end:
            return []
        return [Pair(*each) for each in zip(parts_of(pair.old), parts_of(pair.new), strict=True)]

    def _alone(self, pair: Pair) -> Iterator[_Found]:
        """A part without a counterpart; what of it was moved is no news on this side, or other news."""
        part = pair.new or pair.old
        if part is None or (isinstance(part, Leaf) and part.node.op.name == "input"):
            return
        gone = self.came if pair.new else self.left
        nodes = list(walk(part)) if gone else []
        count = sum(node.index in gone for node in nodes)
        if pair.new and (part.start, part.end) in self.moved:
            here, there = self.moved[part.start, part.end]
            facts = self.facts.get(here.start, ()) if isinstance(there, Leaf) else ()
            if facts:
                yield self._entry("changed", Pair(here, there, moved=True), facts, [])
            elif _path(here) != _path(there):
                yield self._entry("moved", Pair(here, there), (), [])
            elif not self._follows(here, there):
                yield self._entry(
                    "moved", Pair(here, there), (Fact("order", "", "", "at another place"),), []
                )
        elif not count:
            yield self._entry("added" if pair.new else "removed", pair, (), [])
        elif count < len(nodes) or pair.new:
            sides = [(None, each) if pair.new else (each, None) for each in parts_of(part)]
            yield from self.folded([Pair(*side) for side in sides])

    def _follows(self, old: Sibling, new: Sibling) -> bool:
        """Whether both stand behind the same layer."""
        before = self.twin.get(old.start - 1)
        return before is not None and before.index == new.start - 1

    def _entry(self, kind: Kind, pair: Pair, facts: tuple[Fact, ...], inner: list[_Found]) -> _Found:
        old, new = pair.old, pair.new
        part, side = (new, self.new) if new else (old, self.old)
        assert part is not None
        if pair.moved and kind != "moved" and _path(old) != _path(new):
            went = Fact("name", _path(old), _path(new), f"`{_path(old)}` is now `{_path(new)}`")
            facts = (went, *(fact for fact in facts if fact.what != "name"))
        name, was = side.words.name(part), self.old.words.name(old) if old else ""
        (params, macs), (params_before, macs_before) = self.new.costs(new), self.old.costs(old)
        entry = Entry(
            kind,
            old=_path(old),
            new=_path(new),
            old_last=_path(old),
            new_last=_path(new),
            times=1,
            name=name,
            was=was if was != name else "",
            layers="" if isinstance(part, Group) else layers(part),
            place=side.words.place(part),
            shape=side.shape(part),
            params=params - params_before,
            macs=macs - macs_before,
            facts=facts,
            parts=[each.entry for each in inner],
        )
        # what follows from others is folded whatever the numbers are, and what has moved is not
        told = (
            *(fact.what if fact.what == "weight" else fact for fact in facts),
            kind == "moved" and entry.old,
        )
        parts = tuple(each.signature for each in inner)
        key = (kind, entry.name, entry.was, entry.layers, entry.place, told, parts)
        return _Found(entry, pair, self.signatures.setdefault(key, len(self.signatures)))


def _add(entry: Entry, other: Entry) -> None:
    """Let an entry stand for another one, too, that is like it."""
    entry.times += other.times
    entry.old_last, entry.new_last = other.old_last, other.new_last
    pending = [(entry, other)]
    while pending:
        one, another = pending.pop()
        one.shape = one.shape if one.shape == another.shape else ()
        one.params += another.params
        one.macs += another.macs
        one.facts = tuple(map(_to, one.facts, another.facts))
        pending.extend(zip(one.parts, another.parts, strict=True))


def _to(first: Fact, last: Fact) -> Fact:
    """What is true of several in a row, in which numbers differ."""
    if first == last:
        return first
    return first._replace(text=f"{first.text.partition(' … ')[0]} … {last.text}")


def _kind(facts: Sequence[Fact]) -> Kind:
    """How a layer differs of which these facts are true."""
    kinds = {fact.what for fact in facts}
    return "follows" if kinds == {"weight"} else "renamed" if kinds == {"name"} else "changed"


def _path(part: Sibling | None) -> str:
    if part is None:
        return ""
    return part.scope.path if isinstance(part, Group) else head(part).path


def _is_head(leaf: Sibling | None, chain: Sibling | None) -> bool:
    if leaf is None or chain is None or isinstance(chain, Group):
        return False
    return leaf.start == head(chain).index


def _content(part: Sibling) -> str:
    """What is in a part that becomes one of another kind."""
    if not isinstance(part, Group):
        return layers(part)
    inside = (_content(each) for each in parts_of(part))
    return part.scope.definition or f"[{'; '.join(inside)}]"


def _names(old: Sibling, new: Sibling) -> Iterator[Fact]:
    """Another label, or another block."""
    names = [each.scope if isinstance(each, Group) else head(each) for each in (old, new)]
    if names[0].name != names[1].name and any(map(label, names)):
        yield Fact("name", names[0].name, names[1].name, f"`{names[0].name}` is now `{names[1].name}`")
    was, now = map(_block, (old, new))
    if was != now and not (is_wrapped(old, new) or is_wrapped(new, old)):
        text = f"{was} → {now}" if was and now else f"now a `{now}`" if now else f"no longer a `{was}`"
        yield Fact("block", was, now, text)


def _block(part: Sibling) -> str:
    """The block that a part is a use of; nothing for layers."""
    if not isinstance(part, Group):
        return ""
    return part.scope.definition or "sequence"


def _arguments(old: Sibling, new: Sibling) -> Iterator[Fact]:
    """Other values for the parameters that both blocks have."""
    if not isinstance(old, Group) or not isinstance(new, Group):
        return
    for name, was in old.scope.arguments.items():
        now = new.scope.arguments.get(name, was)
        if was != now and not isinstance(was, Value) and not isinstance(now, Value):
            yield Fact(name, written(was), written(now), f"{name} {written(was)} → {written(now)}")
