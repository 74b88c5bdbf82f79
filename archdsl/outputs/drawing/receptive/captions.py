"""Labels in a column at the side, each with a leader from what it names; none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.columns.labels import label
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.receptive.seen import Seen
from archdsl.outputs.drawing.scene import Circle, Line, Part, Point, Text
from archdsl.outputs.drawing.themes import SMALL

HIGH = 23.0
"""From one label to the next."""
ELBOW = 16.0
"""The room for leaders to fan out, between the picture and the labels."""


class Caption(NamedTuple):
    """A label: what it says, and the point that it belongs to, if that is in the picture."""

    name: str
    size: str
    fact: str
    tip: Point | None


def caption(layer: Seen, tip: Point | None, *, exceeds: bool, narrow: bool) -> Caption:
    """`conv3: 40 × 40`, and below it what the layer is; a sign tells that it exceeds the input."""
    size, stride = sizes(layer.size), f"stride {per_axis(layer.stride)}"
    if not narrow:
        size += " > input" if exceeds else ""
        return Caption(layer.node.path, size, f"{label(layer.node)}, {stride}", tip)
    if len(layer.size) == 2 and len(set(layer.size)) == 1:
        size = f"{layer.size[0]}²"
    return Caption(layer.node.path, size, stride + (", exceeds input" if exceeds else ""), tip)


def per_axis(values: Sequence[int | Fraction]) -> str:
    """`4`, or `2 × 1` where the axes differ."""
    return " × ".join(map(str, values if len(set(values)) > 1 else values[:1]))


def room(captions: Sequence[Caption], widest: float) -> float:
    """How wide the column of labels is."""
    lines = [width(f"{each.name}: {each.size}", SMALL, bold=True) for each in captions]
    lines += [width(each.fact, SMALL) for each in captions]
    return min(max(lines), widest)


def spread(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Heights for labels, in order and far enough apart, near those that are wanted and in the room."""
    found: list[float] = []
    for y in wanted:
        found.append(max(y, found[-1] + HIGH) if found else max(y, top))
    beyond = max(0.0, found[-1] - bottom)
    found = [y - beyond for y in found]
    limit = top
    for i, y in enumerate(found):
        found[i] = max(y, limit)
        limit = found[i] + HIGH
    return found


def drawn(each: Caption, x: float, y: float, wide: float) -> list[Part]:
    """A label around a height, and its leader."""
    size = f": {each.size}"
    name = _ending(each.name, wide - width(size, SMALL, bold=True))
    parts: list[Part] = []
    if each.tip is not None:
        points = (each.tip, (x - ELBOW + 8, y), (x - 3, y))
        parts += [
            Line(points, "paper", weight=1.8),
            Line(points, "faint", weight=0.5),
            Circle(*each.tip, 1.4, "arrow", weight=0.5),
        ]
    return [
        *parts,
        Text(x, y - 1.0, name + size, SMALL, "start", bold=True),
        Text(x, y + SMALL, shortened(each.fact, wide, SMALL), SMALL, "start", "faint"),
    ]


def _ending(path: str, room: float) -> str:
    """A layer's path, or as many of its last names as fit: they tell most."""
    if width(path, SMALL, bold=True) <= room:
        return path
    while "." in path and width("…" + path, SMALL, bold=True) > room:
        path = path.partition(".")[2]
    return "…" + shortened(path, room - width("…", SMALL, bold=True), SMALL, bold=True)
