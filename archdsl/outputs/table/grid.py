"""A table before it has a format: columns, and lines of cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Column(NamedTuple):
    title: str
    align: Literal["left", "right"] = "left"


class Line(NamedTuple):
    """One line: a cell for each column. `depth` indents the first one."""

    cells: tuple[str, ...]
    depth: int = 0
    kind: Literal["layer", "block", "total"] = "layer"


@dataclass(frozen=True)
class Grid:
    """Lines of kind `total` stand at the end, behind a rule."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    def without_empty_columns(self) -> Grid:
        """Leave out the columns in which no line says anything."""
        used = [any(line.cells[i] for line in self.lines) for i in range(len(self.columns))]

        def kept(cells: Iterable[str]) -> tuple[str, ...]:
            return tuple(cell for cell, use in zip(cells, used, strict=True) if use)

        columns = tuple(column for column, use in zip(self.columns, used, strict=True) if use)
        lines = tuple(line._replace(cells=kept(line.cells)) for line in self.lines)
        return Grid(self.title, columns, lines)


def per_axis(values: Iterable[object]) -> str:
    """`483` where every axis has the same, `30x40` otherwise; nothing without axes."""
    texts = [str(value) for value in values]
    return texts[0] if texts and len(set(texts)) == 1 else "x".join(texts)
