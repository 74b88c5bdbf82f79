"""One row of a drawing: its columns with everything on them, around an axis at height 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archdsl.check.model import Checked
from archdsl.outputs.drawing.scene import Group, Line, Part, Text
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.volumes import strip, words
from archdsl.outputs.drawing.volumes.bodies import Body, Kind
from archdsl.outputs.drawing.volumes.columns import APART, LINE, SET_APART, Cell, Column, Placed, places, put
from archdsl.outputs.drawing.volumes.solids import Solid, fan, kernel

ROLES: dict[Kind, str] = {
    "input": "source",
    "map": "learned",
    "block": "learned",
    "pool": "pool",
    "merge": "merge",
    "shape": "shape",
    "end": "activation",
}


MOST_CUTS = 4
"""Groups of channels that are drawn as such."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is drawn, and how far it reaches above and below the axis."""

    parts: tuple[Part, ...]
    top: float
    bottom: float
    width: float
    enters: float
    leaves: float
    """Left of its first body and right of its last one, where lines lead from row to row."""
    lost: int
    """Skips that come from another row, and so are not drawn."""


def span(columns: Sequence[Column], gutter: float) -> float:
    """How wide a row is."""
    return _starts(columns, gutter)[1]


def _starts(columns: Sequence[Column], gutter: float) -> tuple[list[float], float]:
    """The left edge of each column and the right one of the last; the input stands in the gutter."""
    starts = []
    at = 0.0 if columns[0].is_input else gutter + APART
    right = at
    for each in columns:
        wide = max(gutter, each.width) if each.is_input else each.width
        starts.append(at + (wide - each.width) / 2)
        right = at + wide
        at = right + (SET_APART if each.is_input else APART)
    return starts, right


def row(
    columns: Sequence[Column],
    gutter: float,
    checked: Checked,
    bill: strip.Bill | None,
    used: Counter[str],
) -> Row:
    """Draw a row: bodies and what joins them, letters, captions, and with a bill the costs.

    `used` counts the keys of bodies: what is shared has one wherever it is used.
    """
    starts, right = _starts(columns, gutter)
    for each, start in zip(columns, starts, strict=True):
        put(each, start)
    bodies = list(places(columns))
    cells = [cell for each in columns for cell in each.cells]
    parts = list(_bodies(cells, checked, used))
    levels = {id(cell): cell.bottom for cell in cells}
    ways = list(_skips(cells, levels))
    parts += ways
    for cell in cells:
        parts += _letters(cell)
    top = min(cell.top - (SMALL if cell.letters else 0.0) for cell in cells)
    below = max(levels.values()) + 2
    lines = max(len(each.lines) + bool(each.name) for each in columns)
    floor = below + lines * SMALL * LINE
    for each in columns:
        parts += _caption(each, below)
    if bill is not None:
        costed = [(each.middle, each.cost, each.key) for each in columns]
        drawn, floor = strip.bars(costed, right, floor + 2, bill)
        parts += drawn
    skips = sum(len(placed.body.skips) for placed in bodies)
    lost = skips - len(ways)
    return Row(tuple(parts), top, floor, right, cells[0].left, cells[-1].bodies[-1].right, lost)


# -- bodies and what joins them -------------------------------------------------------------------


def _bodies(cells: Sequence[Cell], checked: Checked, used: Counter[str]) -> Iterator[Part]:
    """From left to right, so that what is nearer lies on top; the lines to a body lie under it."""
    before: Placed | None = None
    for cell in cells:
        if before is not None:
            yield from _joint(before, cell.bodies[0])
        for placed in cell.bodies:
            yield _drawn(placed, checked, used)
        before = cell.bodies[-1]


def _drawn(placed: Placed, checked: Checked, used: Counter[str]) -> Group:
    body = placed.body
    key = words.key(body)
    used[key] += 1
    edge = "merge" if body.kind == "block" else None
    role = ROLES[body.kind]
    parts: list[Part] = []
    for solid in placed.solids:
        parts += solid.faces(role, edge)
        groups = getattr(body.node.op, "groups", 1) if body.kind == "map" else 1
        if 1 < groups <= MOST_CUTS:
            parts += solid.cuts(groups)
    return Group(key if used[key] == 1 else f"{key} ({used[key]})", words.title(body, checked), tuple(parts))


def _joint(before: Placed, placed: Placed) -> Iterator[Part]:
    """A kernel where a window is known, a fan where everything is seen, else an arrow."""
    body = placed.body
    covered = _covered(body)
    fans = body.is_bar and body.kind != "end"
    for seen, to in _pairs(before, placed):
        if fans:
            for each in to:
                yield from fan(seen, each)
        elif covered:
            yield from kernel(seen, to, covered, ROLES[body.kind])
        else:
            for each in to:
                if each.x - seen.right > 5:
                    yield Line(((seen.right + 1.5, seen.middle), (each.x - 1.5, each.middle)), head=True)


def _covered(body: Body) -> tuple[float, ...]:
    """How much of a map a window covers, along its depth and its height; empty where it is no part."""
    node = body.node
    if body.kind not in ("map", "pool") or len(node.shapes[0]) != 3:
        return ()
    windows = node.op.window(*node.shapes) or ()
    if any(window.transposed for window in windows) or node.op.name == "max_unpool":
        return ()
    covered = [min(1.0, window.extent / n) for window, n in zip(windows, node.shapes[0][1:], strict=False)]
    return tuple(reversed(covered)) if min(covered, default=1.0) < 1 else ()


def _pairs(before: Placed, placed: Placed) -> list[tuple[Solid, tuple[Solid, ...]]]:
    """Which twins see which: each its own, or all where they have met."""
    met = any(node.op.family == "merge" for node in before.body.nodes)
    if met or len(before.solids) != len(placed.solids):
        return [(seen, placed.solids) for seen in before.solids]
    return [(seen, (to,)) for seen, to in zip(before.solids, placed.solids, strict=True)]


def _skips(cells: Sequence[Cell], levels: dict[int, float]) -> Iterator[Part]:
    """Ways past the main path, below the bodies, the shortest nearest to them."""
    bodies = [(cell, placed) for cell in cells for placed in cell.bodies]
    home = {node.index: at for at, (_, placed) in enumerate(bodies) for node in placed.body.nodes}
    ways = [
        (home[node.index], at, placed.body.node.op.name == "max_unpool")
        for at, (_, placed) in enumerate(bodies)
        for node in placed.body.skips
        if node.index in home
    ]
    for start, end, only_places in sorted(ways, key=lambda way: way[1] - way[0]):
        between = {id(cell) for cell, _ in bodies[start : end + 1]}
        level = max(levels[each] for each in between) + 6
        (x, y), (to, floor) = _foot(*bodies[start]), _foot(*bodies[end])
        points = (x, y), (x, level), (to, level), (to, floor)
        yield Line(points, head=True, dash="dotted" if only_places else "solid", weight=0.7)
        levels.update(dict.fromkeys(between, level))


def _foot(cell: Cell, placed: Placed) -> tuple[float, float]:
    """Where a line from below meets a body, or what stands before it."""
    solid = placed.solids[-1]
    x = solid.x + solid.thick / 2
    if any(abs(mark.middle - x) < mark.wide / 2 + 2 for mark in (*cell.marks, *cell.repeats)):
        return x, cell.bottom + 1
    return x, max(each.under(x) for other in cell.bodies for each in other.solids) + 1.5


# -- letters --------------------------------------------------------------------------------------


def _letters(cell: Cell) -> Iterator[Part]:
    """The size above a cell, and the marks below its bodies."""
    if cell.letters:
        yield Text(cell.letters_at, cell.top, cell.letters, SMALL)
    base = max(placed.bottom for placed in cell.bodies) + SMALL
    for mark in cell.marks:
        yield Text(mark.middle, base, mark.text, SMALL)
    base += SMALL * LINE if cell.marks else 0.0
    for mark in cell.repeats:
        if mark.spans:
            y = base - SMALL * 0.85
            yield Line(((mark.left, y), (mark.right, y)), "faint", weight=0.6)
        yield Text(mark.middle, base + 1, mark.text, SMALL, bold=True)


def _caption(column: Column, y: float) -> Iterator[Part]:
    """The name of a stage and its kinds of layers."""
    at, middle = y + SMALL, column.middle
    if column.name:
        yield Text(middle, at, column.name, SMALL, bold=True)
        at += SMALL * LINE
    for line in column.lines:
        yield Text(middle, at, line, SMALL, role="faint")
        at += SMALL * LINE
