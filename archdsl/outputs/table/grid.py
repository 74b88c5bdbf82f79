"""A table before it has a format: columns, and lines of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple


class Column(NamedTuple):
    title: str
    align: Literal["left", "center", "right"] = "left"


class Stack(NamedTuple):
    """Lines below each other in brackets, as a matrix: the layers of a block, and how often it repeats."""

    lines: tuple[str, ...]
    times: int = 1

    def __str__(self) -> str:
        return f"[{'; '.join(self.lines)}]" + self.behind

    @property
    def behind(self) -> str:
        """What stands behind the brackets."""
        return f" × {self.times}" if self.times > 1 else ""


class Cell(NamedTuple):
    """What is no single text: parts below each other, or a cell that goes over several columns."""

    parts: tuple[str | Stack, ...]
    span: int = 1

    def __str__(self) -> str:
        return "; ".join(map(str, self.parts))


class Line(NamedTuple):
    """One line: cells for all columns. `depth` indents the first one."""

    cells: tuple[str | Cell, ...]
    depth: int = 0
    kind: Literal["head", "layer", "block", "total"] = "layer"
    rule: bool = False
    """Whether a rule is above it, beside those that set off the head and the totals."""


@dataclass(frozen=True)
class Grid:
    """Lines of kind `head` belong to the titles above them; those of kind `total` stand at the end."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    caption: str = ""
    """What a paper says above the table; empty for a table that stands in one of its own."""
    notes: tuple[str, ...] = ()
    """Sentences below the table."""
    named: bool = False
    """Whether the first column says what each line is."""

    def without_empty_columns(self) -> Grid:
        """Leave out the columns in which no line says anything; for lines without wide cells."""
        used = [any(line.cells[i] for line in self.lines) for i in range(len(self.columns))]

        def kept(cells: Iterable[str | Cell]) -> tuple[str | Cell, ...]:
            return tuple(cell for cell, use in zip(cells, used, strict=True) if use)

        columns = tuple(column for column, use in zip(self.columns, used, strict=True) if use)
        lines = tuple(line._replace(cells=kept(line.cells)) for line in self.lines)
        return replace(self, columns=columns, lines=lines)


def span_of(cell: str | Cell) -> int:
    return cell.span if isinstance(cell, Cell) else 1


def parts_of(cell: str | Cell) -> tuple[str | Stack, ...]:
    return cell.parts if isinstance(cell, Cell) else (cell,)


def wide_columns(line: Line, columns: tuple[Column, ...]) -> list[Column]:
    """The column that each cell of a line is in; what goes over several stands in the middle."""
    found, at = [], 0
    for cell in line.cells:
        span = span_of(cell)
        found.append(columns[at] if span == 1 else Column("", "center"))
        at += span
    return found


_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def tame(text: str) -> str:
    """A text on one line, without the characters that turn the direction of what stands around them."""
    return _STEERING.sub("", " ".join(text.split("\n")))


def per_axis(values: Iterable[object]) -> str:
    """`483` where every axis has the same, `30x40` otherwise; nothing without axes."""
    texts = [str(value) for value in values]
    return texts[0] if texts and len(set(texts)) == 1 else "x".join(texts)
