"""Tables as GitHub's Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archdsl.outputs.table.grid import Grid, Line, Stack, parts_of, span_of, tame

_MARKS = {"left": ":--", "center": ":-:", "right": "--:"}


def markdown(grid: Grid) -> str:
    """A table below its title. What goes over several columns is said in each of them."""
    lines = [
        _row(_escape(column.title) for column in grid.columns),
        _row(_MARKS[column.align] for column in grid.columns),
    ]
    lines += [_row(_cells(line, grid)) for line in grid.lines]
    notes = "".join(f"\n{_escape(note)}\n" for note in grid.notes)
    return f"**{_escape(grid.caption or grid.title)}**\n\n" + "\n".join(lines) + "\n" + notes


def _cells(line: Line, grid: Grid) -> Iterator[str]:
    bold = line.kind != "layer"
    at = 0
    for cell in line.cells:
        text = "<br>".join(map(_part, parts_of(cell)))
        text = f"**{text}**" if bold and text else text
        if at == 0:
            text = "&emsp;" * line.depth + text
        # in the column of names a wide cell speaks of the line, elsewhere of each of its columns
        named = grid.named and at == 0
        yield from [text, *([""] * (span_of(cell) - 1))] if named else [text] * span_of(cell)
        at += span_of(cell)


def _part(part: str | Stack) -> str:
    if isinstance(part, str):
        return _escape(part)
    return rf"\[{'<br>'.join(map(_escape, part.lines))}\]{part.behind}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(cell: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~&$])", r"\\\1", tame(cell))
