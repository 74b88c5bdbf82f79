"""What the signs in a drawing of columns mean: those that occur in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.columns.curves import rounded
from archdsl.outputs.drawing.columns.layout import EDGE, Sheet, edges
from archdsl.outputs.drawing.lettering import shortened, width, wrapped
from archdsl.outputs.drawing.scene import Dash, Line, Part, Rect, Text
from archdsl.outputs.drawing.themes import SMALL

LEFT, LINE = 6.0, 12.0
SIGN, APART = 16.0, 14.0
"""The room of a sign; and between entries."""

Kind = Literal[
    "added",
    "changed",
    "norm",
    "activation",
    "identity",
    "projection",
    "concat",
    "branches",
    "new way",
    "nothing",
]


class Entry(NamedTuple):
    kind: Kind
    text: str


def legend(sheet: Sheet, top: float) -> tuple[list[Part], float]:
    """The signs with what they mean, in lines below each other, and how high they are."""
    parts: list[Part] = []
    x, y = LEFT, top
    for kind, words in _entries(sheet):
        text = shortened(words, sheet.width - LEFT - SIGN - 4, SMALL)
        wide = SIGN + 4 + width(text, SMALL)
        if x > LEFT and x + wide > sheet.width:
            x, y = LEFT, y + LINE
        parts += _sign(kind, x, y + LINE / 2)
        parts.append(_words(text, x + SIGN + 4, y))
        x += wide + APART
    y = y + LINE if parts else y
    for note in _notes(sheet):
        for line in wrapped(note, sheet.width - LEFT, SMALL):
            parts.append(_words(line, LEFT, y))
            y += LINE
    return parts, y - top


def _words(text: str, x: float, top: float) -> Text:
    return Text(x, top + LINE / 2 + 0.35 * SMALL, text, SMALL, "start", "faint")


def _entries(sheet: Sheet) -> Iterator[Entry]:
    texts = sheet.texts
    cells = [cell for column in texts.columns for cell in column.cells]
    marked = {mark for marks in texts.marks for mark in marks.cells.values()}
    if "added" in marked:
        yield Entry("added", "not in the network to the left")
    if "changed" in marked:
        yield Entry("changed", "other than in the network to the left")
    if any(marks.arcs for marks in texts.marks):
        yield Entry("new way", "shortcut that is not in the network to the left")
    for family in ("norm", "activation"):
        names = dict.fromkeys(
            node.op.name
            for cell in cells
            if any(family in side for side in edges(cell))
            for node in cell.around
            if node.op.family == family
        )
        if names:
            yield Entry(family, ", ".join(names))
    ways = {(arc.shortcut, arc.joint) for column in texts.columns for arc in column.arcs}
    ways |= {(cell.shortcut, cell.joint) for cell in cells if cell.shortcut}
    if any(joint != "concat" and kind == "identity" for kind, joint in ways):
        yield Entry("identity", "shortcut (add)")
    if any(kind == "projection" for kind, _ in ways):
        yield Entry("projection", "shortcut with a projection")
    if any(joint == "concat" for _, joint in ways):
        yield Entry("concat", "shortcut (concat)")
    joints = dict.fromkeys(cell.joint for cell in cells if any(line.beside for line in cell.lines))
    if joints:
        yield Entry("branches", f"branches ({', '.join(joints)})")


def _notes(sheet: Sheet) -> Iterator[str]:
    """What must be known to read the drawing, and has no sign."""
    texts = sheet.texts
    marked = any(marks.arcs or marks.cells for marks in texts.marks)
    for left, right, marks in zip(texts.columns, texts.columns[1:], texts.marks[1:], strict=False):
        if marked and not marks.compared:
            yield f"{left.network.name} and {right.network.name} differ in most layers, which is not marked."
    for column in texts.columns:
        inputs = column.network.graph.inputs.values()
        if any(value.open for value in inputs):
            shapes = ", ".join(sizes(value.shape or ()) for value in inputs)
            yield f"The sizes of {column.network.name} are open; its MACs are those for {shapes}."
    enters = any(column.enters for column in texts.columns)
    jumps = any(len(each.follows) + len(each.enters) < len(each.cells) for each in texts.columns)
    if enters or jumps:
        reads = " or ".join(["an earlier one"] * jumps + ["an input"] * enters)
        yield f"A layer that no line leads to reads {reads}."


def _sign(kind: Kind, x: float, middle: float) -> Iterator[Part]:
    dash: Dash
    if kind in ("added", "changed"):
        dash = "solid" if kind == "added" else "dotted"
        yield Rect(x + 1, middle - 4, SIGN - 2, 8, kind, 2.0, dash=dash, weight=1.6, filled=False)
    elif kind in ("norm", "activation"):
        yield Rect(x, middle - 4.5, SIGN, 9, "learned", 1.5)
        yield Rect(x + SIGN - EDGE, middle - 4.5, EDGE, 9, kind, 1.5)
    elif kind == "branches":
        for side, inwards in ((x + 1, 2.5), (x + SIGN - 1, -2.5)):
            top, bottom = (side, middle - 4), (side, middle + 4)
            tips = (side + inwards, top[1]), (side + inwards, bottom[1])
            yield Line((tips[0], top, bottom, tips[1]), "merge", weight=1.2)
    else:
        way = {"new way": "added", "concat": "merge"}.get(kind, "arrow")
        points = ((x, middle - 4), (x + SIGN, middle - 4), (x + SIGN, middle + 4), (x, middle + 4))
        dash = "dashed" if kind == "projection" else "solid"
        yield Line(rounded(points, 3.0), way, curved=True, head=True, dash=dash, weight=0.8)
