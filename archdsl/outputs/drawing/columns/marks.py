"""What a column has beyond the one to its left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from archdsl.outputs.drawing.columns.bands import Band
from archdsl.outputs.drawing.columns.cells import Arc, Cell, Column

Mark = Literal["", "added", "changed"]

LEAST_SHARED = 3
"""One cell of so many must say the same in both; of networks with less in common all would be marked."""


@dataclass(slots=True)
class Marks:
    """What is marked in one column."""

    compared: bool = True
    """Whether the column to the left has enough in common with it."""
    cells: dict[int, Mark] = field(default_factory=dict)
    """By the place of a cell; what is not in it says the same on the left."""
    lines: dict[int, frozenset[int]] = field(default_factory=dict)
    """Of a changed cell, the lines that are other ones; -1 stands for how often it repeats."""
    extra: dict[int, str] = field(default_factory=dict)
    """Of a cell that says the same, and is another one, what the difference is."""
    arcs: frozenset[Arc] = frozenset()
    """Ways around cells that are new."""


def marks(columns: Sequence[Column], bands: Sequence[Band]) -> list[Marks]:
    """For each column, how it differs from the one to its left; the first one differs from none."""
    found = [Marks()]
    for right in range(1, len(columns)):
        pairs = {row[right]: row[right - 1] for band in bands for row in band.rows if row[right] is not None}
        found.append(_beside(columns[right - 1], columns[right], pairs))
    return found


def _beside(left: Column, right: Column, pairs: dict[int | None, int | None]) -> Marks:
    marks = Marks()
    for place, cell in enumerate(right.cells):
        beside = pairs[place]
        if beside is None:
            marks.cells[place] = "added"
            continue
        other = left.cells[beside]
        if cell.key != other.key:
            marks.cells[place] = "changed"
            marks.lines[place] = frozenset(_other_lines(cell, other))
        elif cell.company != other.company:
            marks.cells[place] = "changed"
            marks.extra[place] = _other_around(cell, other)
    shared = len(right.cells) - len(marks.cells)
    if LEAST_SHARED * shared < min(len(left.cells), len(right.cells)):
        return Marks(compared=False)
    known = {(arc.first, arc.last, arc.joint) for arc in left.arcs}
    marks.arcs = frozenset(
        arc for arc in right.arcs if (pairs[arc.first], pairs[arc.last], arc.joint) not in known
    )
    return marks


def _other_lines(cell: Cell, other: Cell) -> list[int]:
    others = {line.text for line in other.lines}
    found = [i for i, line in enumerate(cell.lines) if line.text not in others]
    return [*found, -1] if cell.times != other.times else found


def _other_around(cell: Cell, other: Cell) -> str:
    """`+ batchnorm`, `– relu`."""
    more = [f"+ {name}" for name in cell.company if name not in other.company]
    less = [f"– {name}" for name in other.company if name not in cell.company]
    return " ".join([*more, *less])
