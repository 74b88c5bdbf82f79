"""How the parts of a picture follow each other: chains, branches beside each other, and knots.

Each frame is a level of its own: its boxes and inner frames, and the arrows between them. A level is
taken apart where only one part is passed; what lies between two such parts falls into branches. What
has no such order, because lines cross over between branches, is a knot.

Promises that every box and every arrow of the picture is in exactly one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture

Item: TypeAlias = Box | Frame


@dataclass(slots=True, eq=False)
class Branch:
    """Pieces between a place where lines divide and one where they meet.

    `first` is the arrow that leads into it, None where it begins by itself; `last` the one out of it,
    None where it ends by itself. Of a branch without pieces both are the same arrow.
    """

    series: Series
    first: Arrow | None
    last: Arrow | None


@dataclass(slots=True, eq=False)
class Fan:
    """Branches beside each other."""

    branches: list[Branch]


@dataclass(slots=True, eq=False)
class Knot:
    """Items between which lines run in any way. `first` leads into it and `last` out, if there are such."""

    items: list[Item]
    arrows: list[Arrow]


Piece: TypeAlias = Box | Frame | Fan | Knot


@dataclass(slots=True, eq=False)
class Series:
    """Pieces one after the other; `links[i]` is the arrow between the i-th and the next, None at a fan."""

    pieces: list[Piece] = field(default_factory=list)
    links: list[Arrow | None] = field(default_factory=list)

    def add(self, piece: Piece, link: Arrow | None) -> None:
        """Put a piece behind the others."""
        if self.pieces:
            self.links.append(link)
        self.pieces.append(piece)


@dataclass(slots=True, eq=False)
class Level:
    """What is directly in a frame, or in the picture, with the arrows between its parts."""

    items: Sequence[Item]
    edges: list[tuple[Arrow, int, int]] = field(default_factory=list)
    """Arrows between two of the items."""
    ins: list[tuple[Arrow, int]] = field(default_factory=list)
    """Arrows from outside of the frame."""
    outs: list[tuple[Arrow, int]] = field(default_factory=list)


def levels(picture: Picture) -> dict[Frame | None, Level]:
    """The levels of a picture; that of None is the outermost one."""
    found: dict[Frame | None, Level] = {None: Level(picture.parts)}
    place: dict[Item, int] = {}
    above: dict[Item, Frame | None] = {}
    pending: list[tuple[Frame | None, Sequence[Item]]] = [(None, picture.parts)]
    while pending:
        frame, items = pending.pop()
        for number, item in enumerate(items):
            place[item], above[item] = number, frame
            if isinstance(item, Frame):
                found[item] = Level(item.parts)
                pending.append((item, item.parts))
    for arrow in picture.arrows:
        tails, heads = _path(arrow.tail, above), _path(arrow.head, above)
        common = 0
        while tails[common] is heads[common]:
            common += 1
        tail, head = tails[common], heads[common]
        found[above[tail]].edges.append((arrow, place[tail], place[head]))
        for inner in tails[common + 1 :]:
            found[above[inner]].outs.append((arrow, place[inner]))
        for inner in heads[common + 1 :]:
            found[above[inner]].ins.append((arrow, place[inner]))
    return found


def _path(item: Item, above: dict[Item, Frame | None]) -> list[Item]:
    path = [item]
    while (frame := above[path[-1]]) is not None:
        path.append(frame)
    return path[::-1]


def is_tangled(level: Level) -> bool:
    """Whether several lines cross the border of a frame in one direction, or one that passes nothing."""
    return len(level.ins) > 1 or len(level.outs) > 1


# -- taking a level apart -------------------------------------------------------------------------

_Entry: TypeAlias = tuple[Arrow | None, int]
"""An arrow into an item; None where the item begins by itself."""


class Taken:
    """A level that is taken apart. `tangled` are the frames that only a knot can show."""

    def __init__(self, level: Level, tangled: Iterable[Frame]) -> None:
        self.level = level
        count = len(level.items)
        self.after: list[list[tuple[Arrow, int]]] = [[] for _ in range(count)]
        self.before: list[list[tuple[Arrow, int]]] = [[] for _ in range(count)]
        for arrow, tail, head in level.edges:
            self.after[tail].append((arrow, head))
            self.before[head].append((arrow, tail))
        shunned = set(tangled)
        self.tangled = {number for number, item in enumerate(level.items) if item in shunned}

    def series(self) -> Series:
        """The whole level as one series."""
        order = self._order()
        if order is None:
            return self._knotted(list(range(len(self.level.items))))
        entered = {number for _, number in self.level.ins}
        left = {number for _, number in self.level.outs}
        entries: list[_Entry] = [*self.level.ins]
        entries += [(None, each) for each in order if not self.before[each] and each not in entered]
        exits: list[_Entry] = [*self.level.outs]
        exits += [(None, each) for each in order if not self.after[each] and each not in left]
        return self._series(order, entries, exits)

    def _order(self) -> list[int] | None:
        """Every item behind those that it reads, else as they are written; None where that cannot be."""
        from heapq import heapify, heappop, heappush

        waits = [len(before) for before in self.before]
        ready = [number for number, count in enumerate(waits) if not count]
        heapify(ready)
        order = []
        while ready:
            number = heappop(ready)
            order.append(number)
            for _, head in self.after[number]:
                waits[head] -= 1
                if not waits[head]:
                    heappush(ready, head)
        return order if len(order) == len(waits) else None

    def _series(self, order: list[int], entries: list[_Entry], exits: list[_Entry]) -> Series:
        """What stands in one line: the items that every line passes, and what is between them."""
        series = Series()
        cuts = self._cuts(order, entries, exits)
        where = {number: at for at, number in enumerate(order)}
        ends = [*cuts, None]
        at, tail = 0, None
        for cut in ends:
            stop = len(order) if cut is None else where[cut]
            between = order[at:stop]
            inward: list[_Entry] = entries if tail is None else [*self.after[tail]]
            outward: list[_Entry] = exits if cut is None else [*self.before[cut]]
            self._between(series, tail, cut, between, inward, outward)
            at, tail = stop + 1, cut
        return series

    def _between(
        self,
        series: Series,
        tail: int | None,
        head: int | None,
        between: list[int],
        inward: list[_Entry],
        outward: list[_Entry],
    ) -> None:
        """Put what is between two cuts behind the series, and then the second one."""
        link: Arrow | None = None
        fan: Piece | None = None
        if between or (tail is not None and head is not None and len(inward) > 1):
            fan = self._fan(tail, head, between, inward, outward)
            if fan is None or self.tangled & {each for each in (tail, head) if each is not None}:
                self._join(series, tail, head, between)
                return
        elif inward and tail is not None and head is not None:
            link = inward[0][0]
        if head is not None and tail is not None and {tail, head} & self.tangled:
            self._join(series, tail, head, between)
            return
        if fan is not None:
            series.add(fan, None)
        if head is not None:
            item = self.level.items[head]
            if head in self.tangled:
                series.add(Knot([item], []), link)
            else:
                series.add(item, link)

    def _join(self, series: Series, tail: int | None, head: int | None, between: list[int]) -> None:
        """Make a knot of all between two cuts and of these, with the knot that may end there already."""
        numbers = [*between, *([head] if head is not None else [])]
        items = [self.level.items[number] for number in numbers]
        inside = set(numbers) | ({tail} if tail is not None else set())
        arrows = [arrow for arrow, start, end in self.level.edges if start in inside and end in inside]
        if tail is None:
            series.add(Knot(items, arrows), None)
            return
        last = series.pieces[-1]
        if isinstance(last, Knot):
            last.items.extend(items)
            last.arrows.extend(arrows)
        else:
            assert not isinstance(last, Fan)
            series.pieces[-1] = Knot([last, *items], arrows)

    def _knotted(self, numbers: list[int]) -> Series:
        knot = Knot(
            [self.level.items[number] for number in numbers], [arrow for arrow, _, _ in self.level.edges]
        )
        return Series([knot])

    def _cuts(self, order: list[int], entries: list[_Entry], exits: list[_Entry]) -> list[int]:
        """The items that no arrow passes by."""
        where = {number: at for at, number in enumerate(order)}
        count = len(order)
        # how many arrows begin before a place and end behind it
        change = [0] * (count + 1)

        def passes(start: int, end: int) -> None:
            if start + 1 < end:
                change[start + 1] += 1
                change[end] -= 1

        for _, head in entries:
            if head in where:
                passes(-1, where[head])
        for _, tail in exits:
            if tail in where:
                passes(where[tail], count)
        for number in order:
            for _, head in self.after[number]:
                if head in where:
                    passes(where[number], where[head])
        cuts, open_ = [], 0
        for at, number in enumerate(order):
            open_ += change[at]
            if not open_:
                cuts.append(number)
        return cuts

    def _fan(
        self,
        tail: int | None,
        head: int | None,
        between: list[int],
        inward: list[_Entry],
        outward: list[_Entry],
    ) -> Fan | None:
        """The branches between two cuts; None where lines cross over between them."""
        branches = []
        for arrow, number in inward:
            if tail is not None and number == head:  # a line that goes past everything
                branches.append((len(self.level.items), Branch(Series(), arrow, arrow)))
        for part in self._components(between):
            inside = set(part)
            entries = [each for each in inward if each[1] in inside]
            exits = [each for each in outward if each[1] in inside]
            if self._too_many(entries) or self._too_many(exits) or self.tangled & inside:
                return None
            if tail is None and head is None and len(part) == len(between):
                return None  # nothing divides it further
            series = self._series(part, entries, exits)
            first = entries[0][0] if entries else None
            last = exits[0][0] if exits else None
            branches.append((part[0], Branch(series, first, last)))
        branches.sort(key=lambda each: each[0])
        return Fan([branch for _, branch in branches])

    @staticmethod
    def _too_many(ends: list[_Entry]) -> bool:
        real = sum(1 for arrow, _ in ends if arrow is not None)
        return real > 1 or (real == 1 and len(ends) > 1)

    def _components(self, numbers: list[int]) -> list[list[int]]:
        """The items that hang together, in order."""
        inside = set(numbers)
        label: dict[int, int] = {}
        found: list[list[int]] = []
        for number in numbers:
            if number in label:
                continue
            pending, members = [number], []
            label[number] = len(found)
            while pending:
                each = pending.pop()
                members.append(each)
                for _, other in (*self.after[each], *self.before[each]):
                    if other in inside and other not in label:
                        label[other] = len(found)
                        pending.append(other)
            found.append(members)
        rank = {number: at for at, number in enumerate(numbers)}
        return [sorted(members, key=rank.__getitem__) for members in found]
