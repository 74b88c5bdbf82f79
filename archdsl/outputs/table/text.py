"""Tables as plain text."""

from __future__ import annotations

from unicodedata import east_asian_width

from archdsl.outputs.table.grid import Column, Grid, Line, Stack, parts_of, span_of, tame, wide_columns

RULE = "─"
GAP = 2


def text(grid: Grid) -> str:
    """Aligned columns for a terminal or a text file."""
    titles = Line(tuple(column.title for column in grid.columns), kind="head")
    rows = [_flat(line) for line in (titles, *grid.lines)]
    widths = _widths(rows, len(grid.columns))
    rule = RULE * (sum(widths) + GAP * (len(widths) - 1))
    lines = [tame(grid.caption or grid.title), rule, _aligned(titles, rows[0], grid.columns, widths)]
    kind, before = "head", titles
    for line, row in zip(grid.lines, rows[1:], strict=True):
        # no rule only because the cells of other formats have several lines
        ruled = line.rule and not (_is_tall(before) and _is_tall(line))
        before = line
        if ruled or (line.kind != kind and (kind == "head" or line.kind == "total")):
            lines.append(rule)
        kind = line.kind
        lines.append(_aligned(line, row, grid.columns, widths))
    if kind == "head":
        lines.append(rule)
    if grid.notes:
        lines += [rule, *map(tame, grid.notes)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


Flat = list[tuple[str, int]]
"""The texts of a line, each with the number of its columns."""


def _flat(line: Line) -> Flat:
    cells: Flat = [(tame(str(cell)), span_of(cell)) for cell in line.cells]
    cells[0] = "  " * line.depth + cells[0][0], cells[0][1]
    return cells


def _widths(rows: list[Flat], count: int) -> list[int]:
    """The widths of the columns; where a wide cell needs more than its columns, they share the rest."""
    widths = [0] * count
    for wide in (False, True):
        for row in rows:
            at = 0
            for cell, span in row:
                missing = _width(cell) - sum(widths[at : at + span]) - GAP * (span - 1)
                if missing > 0 and (span > 1) == wide:
                    for each in range(at, at + span):
                        share = missing // (at + span - each)
                        widths[each] += share
                        missing -= share
                at += span
    return widths


def _aligned(line: Line, row: Flat, columns: tuple[Column, ...], widths: list[int]) -> str:
    found, at = [], 0
    for (cell, span), column in zip(row, wide_columns(line, columns), strict=True):
        room = sum(widths[at : at + span]) + GAP * (span - 1) - _width(cell)
        before = {"left": 0, "center": room // 2, "right": room}[column.align]
        found.append(" " * before + cell + " " * (room - before))
        at += span
    return (" " * GAP).join(found)


def _is_tall(line: Line) -> bool:
    return any(isinstance(part, Stack) for cell in line.cells for part in parts_of(cell))


def _width(cell: str) -> int:
    """Columns that a terminal needs; East Asian wide letters need two."""
    if cell.isascii():
        return len(cell)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in cell)
