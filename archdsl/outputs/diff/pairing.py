"""Which part of one network is which of another: by hierarchy and structure, not by position.

Both networks are read as trees: scopes, within them chains of a weight layer with its followers, and
layers. From the nets themselves down, the parts of what belongs together are lined up. What is left
over on both sides and computes the same on the same shapes was moved, or put into another block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from archdsl.graph.model import Elaborated, Node
from archdsl.outputs.diff.likeness import Identity, Likeness, core, label
from archdsl.outputs.diff.sequences import line_up
from archdsl.outputs.fold import Chain, Facts, Group, Kept, Leaf, Sibling, sizes, unfolded, walk


@dataclass(slots=True, eq=False)
class Pair:
    """Parts of the two networks that belong together, or a part of one that has no counterpart."""

    old: Sibling | None
    new: Sibling | None
    inner: list[Pair] = field(default_factory=list)
    """The parts within, unless both are equal or one is missing."""
    moved: bool = False
    """Whether they are in modules that do not belong together."""


Row = tuple[Sibling | None, Sibling | None]
"""What stands opposite what."""


@dataclass(eq=False)
class Pairing:
    """What belongs together."""

    old: Elaborated
    new: Elaborated
    root: Pair
    twin: dict[int, Node] = field(default_factory=dict)
    """For a layer of the old network, by its index, the layer of the new one."""
    back: dict[int, Node] = field(default_factory=dict)
    """The other way."""
    moved: list[tuple[Sibling, Sibling]] = field(default_factory=list)
    """Parts that are somewhere else now, in the order of the old network."""

    def join(self, old: Sibling, new: Sibling) -> None:
        """Two equal parts belong together, layer by layer."""
        for one, other in zip(walk(old), walk(new), strict=True):
            self.twin[one.index], self.back[other.index] = other, one


def pair_up(old: Elaborated, new: Elaborated) -> Pairing:
    """Line up two networks."""
    identity, root = _read(old, new, label)
    found = Pairing(old, new, root)
    _open(found, Likeness(identity))
    _find_moved(found)
    return found


def _read(old: Elaborated, new: Elaborated, facts: Facts) -> tuple[Identity, Pair]:
    """Both networks as trees, and what tells which of their parts are equal."""
    kept = Kept(old, facts)
    beside = Kept(new, facts, kept)
    return beside.identity, Pair(unfolded(old, kept), unfolded(new, beside))


def pairs(root: Pair) -> Iterator[Pair]:
    """A pair and all within it, in order."""
    pending = [root]
    while pending:
        pair = pending.pop()
        yield pair
        pending.extend(reversed(pair.inner))


def parts_of(part: Sibling) -> Sequence[Sibling]:
    """What a part is made of; a layer of itself."""
    if isinstance(part, Leaf):
        return (part,)
    if isinstance(part, Chain):
        return part.leaves
    return [each for each in part.parts if isinstance(each, Leaf | Chain | Group)]


def _open(found: Pairing, likeness: Likeness) -> None:
    """Line up the parts of the nets, then of each two that belong together, and so on."""
    pending = [found.root]
    while pending:
        pair = pending.pop()
        old, new = pair.old, pair.new
        if old is None or new is None:
            continue
        equal = likeness.identity(old) == likeness.identity(new)
        if equal or (isinstance(old, Leaf) and isinstance(new, Leaf)):
            found.join(old, new)
            continue
        mine, theirs = parts_of(old), parts_of(new)
        if isinstance(old, Group) != isinstance(new, Group):
            if not (core(old) and core(new)):
                continue
            mine, theirs = (parts_of(each) if isinstance(each, Group) else [each] for each in (old, new))
        if is_wrapped(old, new):
            pair.inner = _wrapped([old], theirs, likeness)
        elif is_wrapped(new, old):
            pair.inner = _wrapped(mine, [new], likeness)
        else:
            pair.inner = list(_lined_up(mine, theirs, likeness))
        pending.extend(pair.inner)


def _lined_up(old: Sequence[Sibling], new: Sequence[Sibling], likeness: Likeness) -> Iterator[Pair]:
    """What clearly goes together first; then, between that, what might, also out of sequences."""
    rows = _apart(line_up(old, new, likeness.identity, likeness.firm), likeness)
    for together, stretch in groupby(rows, _is_pair):
        if together:
            yield from (Pair(*row) for row in stretch)
            continue
        left = list(stretch)
        gone = [one for one, _ in left if one]
        come = [other for _, other in left if other]
        yield from _opened(gone, come, likeness) or (
            Pair(*row) for row in line_up(gone, come, likeness.identity, likeness.score)
        )


def _is_pair(row: Row) -> bool:
    return None not in row


def _apart(rows: list[Row], likeness: Likeness) -> Iterator[Row]:
    """The rows, where layers that are one chain on one side stand apart on the other, layer by layer.

    They stand apart where something else reads between them, which is no reason to be other layers.
    """
    done = 0
    for at, (old, new) in enumerate(rows):
        if at < done or old is None or new is None or not _may_be_apart(old, new, likeness):
            continue
        start, stop = at, at + 1
        while start > done and not _is_pair(rows[start - 1]):
            start -= 1
        while stop < len(rows) and not _is_pair(rows[stop]):
            stop += 1
        singly = _singly(rows[start:stop], likeness) if stop - start > 1 else []
        if sum(map(_is_pair, singly)) > sum(map(_is_pair, _singly([(old, new)], likeness))):
            yield from rows[done:start]
            yield from singly
            done = stop
    yield from rows[done:]


def _may_be_apart(old: Sibling, new: Sibling, likeness: Likeness) -> bool:
    """Whether these are layers with what follows them, and there is more of that on one side."""
    if isinstance(old, Group) or isinstance(new, Group) or (isinstance(old, Leaf) and isinstance(new, Leaf)):
        return False
    return likeness.identity(old) != likeness.identity(new)


def _singly(rows: list[Row], likeness: Likeness) -> list[Row]:
    """The rows again, with the chains that stand opposite each other as their layers."""
    old: list[Sibling] = []
    new: list[Sibling] = []
    for row in rows:
        for part, side in zip(row, (old, new), strict=True):
            if part is not None:
                side.extend(parts_of(part) if _is_pair(row) else [part])
    return line_up(old, new, likeness.identity, likeness.firm)


def is_wrapped(block: Sibling, sequence: Sibling) -> bool:
    """Whether one is a block, and the other a sequence in which that block is used."""
    if not isinstance(block, Group) or not isinstance(sequence, Group) or _is_block(sequence):
        return False
    uses = [each.scope for each in parts_of(sequence) if isinstance(each, Group) and _is_block(each)]
    return _is_block(block) and any(each.definition == block.scope.definition for each in uses)


def _wrapped(old: Sequence[Sibling], new: Sequence[Sibling], likeness: Likeness) -> list[Pair]:
    """Line up a block with the parts of the sequence that it became, or that became it."""
    rows = line_up(old, new, likeness.identity, likeness.score)
    return [Pair(*row, moved=_is_pair(row)) for row in rows]


def _opened(gone: Sequence[Sibling], come: Sequence[Sibling], likeness: Likeness) -> list[Pair]:
    """Line up the parts of modules that have no counterpart with what stands in their place.

    A sequence is but a name for some lines, and so is a block in place of which there is none. Nothing,
    where that does not bring most parts together.
    """
    blocks = [any(_is_block(part) for part in parts) for parts in (gone, come)]
    here, there = (
        [each for part in parts for each in _unwrapped(part, not all(blocks))] for parts in (gone, come)
    )
    if not gone or not come or len(here) + len(there) == len(gone) + len(come):
        return []
    inside = {id(each) for each in (*here, *there)} - {id(each) for each in (*gone, *come)}
    rows = line_up(here, there, likeness.identity, likeness.firm)
    if 2 * sum(None not in row for row in rows) < max(len(here), len(there)):
        return []
    return [Pair(*row, moved=None not in row and any(id(each) in inside for each in row)) for row in rows]


def _is_block(part: Sibling) -> bool:
    return isinstance(part, Group) and part.scope.kind == "block"


def _unwrapped(part: Sibling, blocks: bool) -> Iterator[Sibling]:
    """A part, or of a sequence its parts; of a block only where that is wanted."""
    if isinstance(part, Group) and (blocks or not _is_block(part)):
        for each in parts_of(part):
            yield from _unwrapped(each, blocks)
    else:
        yield part


# -- what has moved -------------------------------------------------------------------------------


def _find_moved(found: Pairing) -> None:
    """Among what is left over on both sides, find what is the same in another place.

    First whole parts; then chains and layers in their order, as where lines were put into a block. These
    count only where one of the parts that came or went is explained by them altogether, for single
    layers are often alike by chance.
    """
    gone = [pair.old for pair in pairs(found.root) if pair.old and not pair.new]
    come = [pair.new for pair in pairs(found.root) if pair.new and not pair.old]
    if not gone or not come:
        return
    identity, _ = _read(found.old, found.new, sizes)
    _find_whole(found, gone, come, identity)
    _find_units(found, gone, come, identity)
    found.moved.sort(key=lambda pair: pair[0].start)


def _find_whole(found: Pairing, gone: list[Sibling], come: list[Sibling], identity: Identity) -> None:
    """Take out of both lists what equals a part of the other, shapes and all, and has weights."""
    waiting: dict[int, list[Sibling]] = {}
    for part in reversed(come):
        waiting.setdefault(identity(part), []).append(part)
    for part in gone.copy():
        if _has_weights(part) and (there := waiting.get(identity(part))):
            _move(found, part, other := there.pop())
            gone.remove(part)
            come.remove(other)


class _Unit(NamedTuple):
    """A chain or layer that is left over, and the part that came or went with it."""

    part: Sibling
    top: Sibling
    identity: int


def _find_units(found: Pairing, gone: list[Sibling], come: list[Sibling], identity: Identity) -> None:
    """Find layers that are in another block now, or in none."""
    old, new = (
        [_Unit(part, top, identity(part)) for top in tops for part in _units(top)] for tops in (gone, come)
    )
    rows = line_up(old, new, lambda unit: unit.identity, lambda one, other: 0.0)
    alone = [one or other for one, other in rows if one is None or other is None]
    unexplained = {id(unit.top) for unit in alone if unit and _has_weights(unit.part)}
    for one, other in rows:
        if one and other and any(_explains(unit.top, unexplained) for unit in (one, other)):
            _move(found, one.part, other.part)


def _explains(top: Sibling, unexplained: set[int]) -> bool:
    return id(top) not in unexplained and _has_weights(top)


def _move(found: Pairing, old: Sibling, new: Sibling) -> None:
    found.join(old, new)
    found.moved.append((old, new))


def _units(part: Sibling) -> Iterator[Leaf | Chain]:
    """The chains and layers of a part, in order."""
    pending = [part]
    while pending:
        each = pending.pop()
        if isinstance(each, Group):
            pending.extend(reversed(parts_of(each)))
        else:
            yield each


def _has_weights(part: Sibling) -> bool:
    return any(node.op.weights(*node.shapes) for node in walk(part))
