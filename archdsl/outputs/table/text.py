"""Tables as plain text and as Markdown."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from archdsl.outputs.table.grid import Column, Grid

RULE = "─"


def text(grid: Grid) -> str:
    """Aligned columns for a terminal or a text file."""
    titles = tuple(column.title for column in grid.columns)
    rows = [("  " * line.depth + line.cells[0], *line.cells[1:]) for line in grid.lines]
    widths = [max(map(_width, column)) for column in zip(titles, *rows, strict=True)]
    rule = RULE * (sum(widths) + 2 * (len(widths) - 1))
    lines = [grid.title, rule, _aligned(titles, grid.columns, widths), rule]
    kind = "layer"
    for line, row in zip(grid.lines, rows, strict=True):
        if line.kind == "total" != kind:
            lines.append(rule)
        kind = line.kind
        lines.append(_aligned(row, grid.columns, widths))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def markdown(grid: Grid) -> str:
    """A table of GitHub's Markdown."""
    marks = (":--" if column.align == "left" else "--:" for column in grid.columns)
    lines = [_row(_escape(column.title) for column in grid.columns), _row(marks)]
    for line in grid.lines:
        first, *others = map(_escape, line.cells)
        cells = ["&emsp;" * line.depth + first, *others]
        if line.kind != "layer":
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(_row(cells))
    return f"**{_escape(grid.title)}**\n\n" + "\n".join(lines) + "\n"


def _row(cells: object) -> str:
    return f"| {' | '.join(cells)} |"  # type: ignore[arg-type]


def _escape(cell: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", cell).replace("\n", " ")


def _aligned(cells: tuple[str, ...], columns: tuple[Column, ...], widths: list[int]) -> str:
    return "  ".join(
        " " * (width - _width(cell)) + cell
        if column.align == "right"
        else cell + " " * (width - _width(cell))
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )


def _width(cell: str) -> int:
    """Columns that a terminal needs; East Asian wide letters need two."""
    if cell.isascii():
        return len(cell)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in cell)
