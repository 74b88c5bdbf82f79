"""From places to shapes: the cells of a column, the flow between them, and the ways around."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.columns.cells import Arc, Cell
from archdsl.outputs.drawing.columns.curves import rounded
from archdsl.outputs.drawing.columns.layout import (
    ARC,
    BRACKET,
    EDGE,
    LINE,
    LOOP,
    Box,
    Sheet,
    edges,
    has_brackets,
    inner_width,
    lines_width,
)
from archdsl.outputs.drawing.columns.texts import Print
from archdsl.outputs.drawing.scene import Dash, Group, Line, Part, Rect, Text
from archdsl.outputs.drawing.themes import SMALL

BASELINE = 0.35 * SMALL
"""From the middle of a line of text down to its baseline."""
HEAVY = 1.6
"""The weight of the outline of what is marked."""
FLOW = 0.7
RADIUS = 1.5
"""Of the corners of boxes."""


def column(sheet: Sheet, number: int) -> Iterator[Part]:
    """All of a column between its head and its totals."""
    cells = sheet.texts.columns[number].cells
    yield from _flow(sheet, number)
    for arc in sheet.texts.columns[number].arcs:
        yield _arc(sheet, number, arc)
    for place, cell in enumerate(cells):
        yield Group(
            _key(sheet, number, cell), _title(sheet, number, cell), tuple(_cell(sheet, number, place))
        )


def _flow(sheet: Sheet, number: int) -> Iterator[Part]:
    """Lines from cell to cell, where one reads the other."""
    for place in sorted(sheet.texts.columns[number].follows - {0}):
        above, below = sheet.boxes[number, place - 1], sheet.boxes[number, place]
        yield Line(((above.middle, above.bottom), (below.middle, below.y)), weight=FLOW)


# -- cells --------------------------------------------------------------------------------------------


def _cell(sheet: Sheet, number: int, place: int) -> Iterator[Part]:
    cell, box = sheet.texts.columns[number].cells[place], sheet.boxes[number, place]
    mark = sheet.texts.marks[number].cells.get(place, "")
    yield Rect(box.x, box.y, box.width, box.height, cell.family, RADIUS, weight=0 if mark else 0.8)
    before, after = edges(cell)
    left, right = box.x, box.right
    for family in before:
        yield Rect(left, box.y, EDGE, box.height, family, RADIUS if left == box.x else 0.0)
        left += EDGE
    for family in reversed(after):
        yield Rect(right - EDGE, box.y, EDGE, box.height, family, RADIUS if right == box.right else 0.0)
        right -= EDGE
    if mark:
        yield Rect(
            box.x,
            box.y,
            box.width,
            box.height,
            mark,
            RADIUS,
            dash="solid" if mark == "added" else "dotted",
            weight=HEAVY,
            filled=False,
        )
    yield from _print(sheet, number, place, Box(left, box.y, right - left, box.height))


def _print(sheet: Sheet, number: int, place: int, room: Box) -> Iterator[Part]:
    """What is printed in a box: lines, centred unless they are branches, with brackets around."""
    texts = sheet.texts
    cell, lines = texts.columns[number].cells[place], texts.lines(number, place)
    inner = inner_width(texts, number, place)
    wide = lines_width(texts, number, place)
    x = room.middle - inner / 2
    brackets = has_brackets(cell)
    left = x + BRACKET if brackets else x
    y = room.y + room.height / 2 - LINE * len(lines) / 2
    top, bottom = y + 0.5, y + LINE * len(lines) - 0.5
    beside = [i for i, line in enumerate(lines) if line.beside]
    for i, line in enumerate(lines):
        yield _text(line, left if beside else left + wide / 2, y + LINE * (i + 0.5), centred=not beside)
    right = left + wide
    if cell.shortcut:
        yield _loop(cell, right + 4, top + 2, bottom - 2)
        right += LOOP
    if beside:
        yield from _brackets(
            x, right + BRACKET, y + LINE * beside[0] + 1, y + LINE * (beside[-1] + 1) - 1, "merge"
        )
    elif brackets:
        yield from _brackets(x, right + BRACKET, top, bottom, "arrow")
    times = texts.times(number, place)
    if times is not None:
        start = right + (BRACKET if brackets else 0.0) + 3
        yield _text(times, start, room.y + room.height / 2, centred=False)


def _text(line: Print, x: float, middle: float, *, centred: bool) -> Text:
    return Text(x, middle + BASELINE, line.text, SMALL, "middle" if centred else "start", bold=line.bold)


def _brackets(left: float, right: float, top: float, bottom: float, role: str) -> Iterator[Part]:
    weight = 1.2 if role == "merge" else 0.8
    for x, inwards in ((left, 2.5), (right, -2.5)):
        points = ((x + inwards, top), (x, top), (x, bottom), (x + inwards, bottom))
        yield Line(points, role, weight=weight)


def _loop(cell: Cell, x: float, top: float, bottom: float) -> Part:
    """The way around the layers of a closed block, within its box."""
    out = x + LOOP - 5
    points = rounded(((x, top), (out, top), (out, bottom), (x, bottom)), 3.0)
    dash: Dash = "dashed" if cell.shortcut == "projection" else "solid"
    return Line(points, _way_role(cell.joint), curved=True, head=True, dash=dash, weight=FLOW)


def _way_role(joint: str) -> str:
    return "merge" if joint == "concat" else "arrow"


# -- ways around --------------------------------------------------------------------------------------


def _arc(sheet: Sheet, number: int, arc: Arc) -> Part:
    """From the flow above the first cell to the flow below the last one."""
    first, last = sheet.boxes[number, arc.first], sheet.boxes[number, arc.last]
    new = arc in sheet.texts.marks[number].arcs
    top, bottom = first.y - 2.6, last.bottom + 2.6
    out = first.right + ARC - 5
    points = ((first.middle, top), (out, top), (out, bottom), (first.middle, bottom))
    return Line(
        rounded(points, 5.0),
        "added" if new else _way_role(arc.joint),
        curved=True,
        head=True,
        dash="dashed" if arc.shortcut == "projection" else "solid",
        weight=1.3 if new else 0.9,
    )


# -- what a pointer shows -----------------------------------------------------------------------------


def _path(network: Checked, cell: Cell) -> str:
    return network.graph.nodes[cell.start].path if cell.scope is None else cell.scope.path


def _key(sheet: Sheet, number: int, cell: Cell) -> str:
    network = sheet.texts.columns[number].network
    path = _path(network, cell)
    return path if len(sheet.texts.columns) == 1 else f"{network.name}/{path}"


def _title(sheet: Sheet, number: int, cell: Cell) -> str:
    network = sheet.texts.columns[number].network
    part = network.part(cell.start, cell.end)
    path = _path(network, cell)
    lines = [
        path if cell.times == 1 else f"{path} and {cell.times - 1} more like it",
        *(line.text for line in cell.lines),
        ", ".join(cell.company),
        sizes(cell.result.open or cell.shape),
        f"{part.params:,} parameters, {part.macs:,} MACs" if part.params or part.macs else "",
    ]
    return "\n".join(line for line in lines if line)
