"""Bands of one resolution, and which cells of several columns stand at one height.

A band is what a network does at one resolution: it begins where a layer changes the stride. The bands of
several networks are lined up by the sizes of their maps, and then, within each, the cells by what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from archdsl.outputs.drawing.columns.cells import Cell, Column
from archdsl.outputs.table.align import Row, aligned
from archdsl.sizes import Shape

SAME, CLOSE, NEAR, GAP, NEVER = 5, 1, -1, -1, -1_000_000
"""How well bands go together: of the same size, of almost the same, less than twice as large; or alone."""


class Run(NamedTuple):
    """The cells of one column in one band, by their places in it; none where the column has no such band."""

    places: tuple[int, ...]
    sizes: tuple[Shape, ...]
    """Of the maps in it, each once and in their order; that of a vector, and of single cells, is empty."""


EMPTY = Run((), ())


class Band(NamedTuple):
    """One band of the drawing: a run of each column, and the places that stand at one height."""

    runs: tuple[Run, ...]
    rows: tuple[tuple[int | None, ...], ...]


def bands(columns: Sequence[Column]) -> list[Band]:
    """The bands of networks side by side, from the top."""
    lined = [[run] for run in _runs(columns[0])]
    for width, column in enumerate(columns[1:], start=1):
        lined = _lined_up(lined, _runs(column), width)
    return [Band(tuple(runs), tuple(_rows(runs, columns))) for runs in lined]


def _rows(runs: Sequence[Run], columns: Sequence[Column]) -> list[tuple[int | None, ...]]:
    cells = [[column.cells[place] for place in run.places] for run, column in zip(runs, columns, strict=True)]
    rows: list[Row[Cell]] = aligned(cells)
    upcoming = [iter(run.places) for run in runs]  # every column keeps its order
    return [
        tuple(None if cell is None else next(places) for cell, places in zip(row, upcoming, strict=True))
        for row in rows
    ]


def _runs(column: Column) -> list[Run]:
    """The runs of one column: by stride, as maps shrink a little where convolutions are not padded."""
    layers = column.network.layers

    def resolution(place: int) -> object:
        cell = column.cells[place]
        return (layers[cell.result.node.index].stride or extent(column, cell)) if extent(column, cell) else ()

    found = []
    for _, places in groupby(range(len(column.cells)), resolution):
        run = tuple(places)
        found.append(Run(run, tuple(dict.fromkeys(extent(column, column.cells[place]) for place in run))))
    return found


def extent(column: Column, cell: Cell) -> Shape:
    """The size of the map that a cell gives; nothing for a vector and for a map of one position."""
    size = spatial(column, cell, cell.shape)
    return () if all(n == 1 for n in size) else size


def spatial(column: Column, cell: Cell, shape: Shape) -> Shape:
    """The part of a cell's shape that lies over the input; vectors, also many of them, have none."""
    moves = column.network.layers[cell.result.node.index].stride
    return shape[1:] if moves or len(shape) > 2 else ()


# -- lining up ----------------------------------------------------------------------------------------


def _lined_up(lines: list[list[Run]], column: list[Run], width: int) -> list[list[Run]]:
    """Bands of the columns so far with those of one more, in the best of all orders that keep both."""
    high, wide = len(lines), len(column)
    best = [[GAP * (wide - j) for j in range(wide + 1)]]
    for i in range(high - 1, -1, -1):
        below, line = best[-1], [0] * wide + [GAP * (high - i)]
        for j in range(wide - 1, -1, -1):
            line[j] = max(_score(lines[i], column[j]) + below[j + 1], below[j] + GAP, line[j + 1] + GAP)
        best.append(line)
    best.reverse()
    found: list[list[Run]] = []
    i = j = 0
    while i < high or j < wide:
        if i < high and j < wide and best[i][j] == _score(lines[i], column[j]) + best[i + 1][j + 1]:
            found.append([*lines[i], column[j]])
            i, j = i + 1, j + 1
        elif i < high and best[i][j] == best[i + 1][j] + GAP:
            found.append([*lines[i], EMPTY])
            i += 1
        else:
            found.append([*([EMPTY] * width), column[j]])
            j += 1
    return found


def _score(line: Sequence[Run], run: Run) -> int:
    """How well a run fits into a band."""
    return max(_likeness(other, run) for other in line if other.places)


def _likeness(one: Run, other: Run) -> int:
    a, b = one.sizes[-1], other.sizes[-1]
    if set(one.sizes) & set(other.sizes):
        return SAME
    if len(a) != len(b) or not a:
        return NEVER
    small, large = sorted((max(a), max(b)))
    if 4 * large <= 5 * small:
        return CLOSE
    return NEAR if large < 2 * small else NEVER
