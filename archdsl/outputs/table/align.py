"""Lining up sequences: which entries of several columns stand on one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from archdsl.sizes import Shape


class Alignable(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def shape(self) -> Shape: ...


E = TypeVar("E", bound=Alignable)
Row = list[E | None]

SAME_KEY = 3
SAME_SHAPE = 2
GAP = -1
LARGEST = 4_000_000
"""Pairs of lines that are compared; of longer columns only the same beginnings and ends line up."""


def aligned(columns: Sequence[Sequence[E]]) -> list[Row[E]]:
    """Lines with one entry, or None, of each column; every column keeps its order.

    Columns are added one by one, each by the best alignment with the lines so far: equal entries on
    one line first, then those that give the same shape. Entries of different kinds never meet.
    """
    rows: list[Row[E]] = [[entry] for entry in columns[0]]
    for width, column in enumerate(columns[1:], start=1):
        rows = _added(rows, column, width)
    return rows


def _added(rows: list[Row[E]], column: Sequence[E], width: int) -> list[Row[E]]:
    blank: Row[E] = [None] * width
    head = _agreeing(rows, column)
    tail = 0
    if (len(rows) - head) * (len(column) - head) > LARGEST:
        tail = _agreeing(rows[: head - 1 : -1] if head else rows[::-1], column[::-1][: len(column) - head])
    row_end, column_end = len(rows) - tail, len(column) - tail
    pairs: list[tuple[Row[E] | None, E | None]] = [
        *zip(rows[:head], column[:head], strict=True),
        *_pairs(rows[head:row_end], column[head:column_end]),
        *zip(rows[row_end:], column[column_end:], strict=True),
    ]
    return [[*(row or blank), entry] for row, entry in pairs]


def _agreeing(rows: Sequence[Row[E]], column: Sequence[E]) -> int:
    """How many lines, from the first, are the same in the column."""
    count = 0
    for row, entry in zip(rows, column, strict=False):
        if _score(row, entry) < SAME_KEY + SAME_SHAPE:
            break
        count += 1
    return count


def _pairs(rows: list[Row[E]], column: Sequence[E]) -> list[tuple[Row[E] | None, E | None]]:
    """The best alignment, from the front; where two are as good, the one that meets earlier."""
    if len(rows) * len(column) > LARGEST:
        return [*((row, None) for row in rows), *((None, entry) for entry in column)]
    high, wide = len(rows), len(column)
    best = [[GAP * (wide - j) for j in range(wide + 1)]]
    for i in range(high - 1, -1, -1):
        below = best[-1]
        line = [0] * wide + [GAP * (high - i)]
        for j in range(wide - 1, -1, -1):
            line[j] = max(_score(rows[i], column[j]) + below[j + 1], below[j] + GAP, line[j + 1] + GAP)
        best.append(line)
    best.reverse()
    pairs: list[tuple[Row[E] | None, E | None]] = []
    i = j = 0
    while i < high or j < wide:
        if i < high and j < wide and best[i][j] == _score(rows[i], column[j]) + best[i + 1][j + 1]:
            pairs.append((rows[i], column[j]))
            i, j = i + 1, j + 1
        elif i < high and best[i][j] == best[i + 1][j] + GAP:
            pairs.append((rows[i], None))
            i += 1
        else:
            pairs.append((None, column[j]))
            j += 1
    return pairs


def _score(row: Row[E], entry: E) -> int:
    """How well an entry fits a line."""
    present = [each for each in row if each is not None]
    if all(each.kind != entry.kind for each in present):
        return -LARGEST
    same = SAME_KEY if any(each.key == entry.key for each in present) else 0
    return same + (SAME_SHAPE if any(each.shape == entry.shape for each in present) else 0)
