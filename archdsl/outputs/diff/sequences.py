"""Lining up two sequences: what stands opposite what.

Where the sequences are mostly alike, the time grows with their lengths: equal beginnings and ends are
taken first, then what occurs once on both sides, and only short stretches between are compared each
with each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

LARGEST = 40_000
"""Pairs of one stretch that are compared; in a larger one what is equal lines up, or else one by one."""

EQUAL = 4.0
"""How well items go together that are equal."""

Stretch = tuple[int, int, int, int]
"""Where a stretch starts and ends in the old sequence, and where in the new one."""

Keys = Sequence[object]


def line_up(
    old: Sequence[T], new: Sequence[T], key: Callable[[T], object], score: Callable[[T, T], float]
) -> list[tuple[T | None, T | None]]:
    """Every item once, in order, opposite its counterpart or nothing; what went before what came.

    Items with equal keys are equal. `score` says how well two others go together, up to about half of
    EQUAL, and 0 for not at all. Of equal items in a row the last are those that came or went.
    """
    old_keys, new_keys = list(map(key, old)), list(map(key, new))
    opposite = dict(_matches(old, new, old_keys, new_keys, score))
    opposite = _slid(opposite, old_keys, new_keys)
    back = _slid({j: i for i, j in opposite.items()}, new_keys, old_keys)
    pairs: list[tuple[T | None, T | None]] = []
    i = j = 0
    for next_j, next_i in [*sorted(back.items()), (len(new), len(old))]:
        pairs += [(each, None) for each in old[i:next_i]]
        pairs += [(None, each) for each in new[j:next_j]]
        if next_i < len(old):
            pairs.append((old[next_i], new[next_j]))
        i, j = next_i + 1, next_j + 1
    return pairs


def _matches(
    old: Sequence[T], new: Sequence[T], old_keys: Keys, new_keys: Keys, score: Callable[[T, T], float]
) -> Iterator[tuple[int, int]]:
    """Places in both sequences that belong together, in no particular order."""

    def together(i: int, j: int) -> float:
        return EQUAL if old_keys[i] == new_keys[j] else score(old[i], new[j])

    pending: list[Stretch] = [(0, len(old), 0, len(new))]
    while pending:
        i, i_end, j, j_end = pending.pop()
        while i < i_end and j < j_end and old_keys[i] == new_keys[j]:
            yield i, j
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and old_keys[i_end - 1] == new_keys[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
            yield i_end, j_end
        rows, columns = range(i, i_end), range(j, j_end)
        if len(rows) * len(columns) <= LARGEST:
            yield from _best(rows, columns, together)
            continue
        mine, theirs = old_keys[i:i_end], new_keys[j:j_end]
        equal = [(i + one, j + other) for one, other in _anchors(mine, theirs) or _greedy(mine, theirs)]
        if not equal:
            yield from (pair for pair in zip(rows, columns, strict=False) if together(*pair))
            continue
        yield from equal
        for (a, b), (a_end, b_end) in pairwise([(i - 1, j - 1), *equal, (i_end, j_end)]):
            pending.append((a + 1, a_end, b + 1, b_end))


def _best(rows: range, columns: range, score: Callable[[int, int], float]) -> Iterator[tuple[int, int]]:
    """The pairs whose scores have the largest sum; where two are as good, those that meet earlier."""
    scores = [[score(i, j) for j in columns] for i in rows]
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i in range(len(rows) - 1, -1, -1):
        here, below, own = best[i], best[i + 1], scores[i]
        for j in range(len(columns) - 1, -1, -1):
            here[j] = max(own[j] + below[j + 1] if own[j] else 0.0, below[j], here[j + 1])
    i = j = 0
    while i < len(rows) and j < len(columns):
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            yield rows[i], columns[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _anchors(old: Keys, new: Keys) -> list[tuple[int, int]]:
    """What occurs once on both sides, as much of it as stands in the same order."""
    counts, others = Counter(old), Counter(new)
    place = {key: j for j, key in enumerate(new) if others[key] == 1}
    pairs = [(i, place[key]) for i, key in enumerate(old) if counts[key] == 1 and key in place]
    ends: list[int] = []
    """For each length, the least place at which a rising run of that length ends."""
    tops: list[int] = []
    """Which pair that is."""
    before: list[int] = []
    """For each pair, the one before it in the longest run that it ends."""
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(tops[length - 1] if length else -1)
        if length == len(ends):
            ends.append(j)
            tops.append(index)
        else:
            ends[length], tops[length] = j, index
    found = []
    at = tops[-1] if tops else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _greedy(old: Keys, new: Keys) -> list[tuple[int, int]]:
    """Equal items, each with the next that is left."""
    places: dict[object, list[int]] = {}
    for j, key in enumerate(new):
        places.setdefault(key, []).append(j)
    found, last = [], -1
    for i, key in enumerate(old):
        there = places.get(key, [])
        at = bisect_left(there, last + 1)
        if at < len(there):
            last = there[at]
            found.append((i, last))
    return found


def _slid(opposite: dict[int, int], keys: Keys, other_keys: Keys) -> dict[int, int]:
    """The same, where of equal items in a row the first have counterparts and the last have none."""
    back = {j: i for i, j in opposite.items()}
    free = -1
    """The first of the items without a counterpart that are equal to the one before."""
    for j in range(len(other_keys)):
        if free >= 0 and other_keys[free] != other_keys[j]:
            free = -1
        i = back.get(j)
        if i is None:
            free = j if free < 0 else free
        elif free >= 0 and keys[i] == other_keys[j]:
            back[free] = back.pop(j)
            free += 1
        else:
            free = -1
    return {i: j for j, i in back.items()}
