"""The growth of the field, layer by layer, on a logarithmic axis where it is large; strides as stripes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import log2

from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.receptive.captions import per_axis
from archdsl.outputs.drawing.receptive.seen import Seen, View
from archdsl.outputs.drawing.scene import Circle, Group, Line, Part, Point, Rect, Text
from archdsl.outputs.drawing.themes import SMALL

LOGARITHMIC = 16
"""From this size on, in cells."""
NARROWEST = 13.0
"""Points that each stride has at least, for its number."""
LEFT, TOP, BOTTOM = 26.0, 28.0, 14.0
"""The room for the numbers at the axes."""
MOST_TICKS = 7
DOT = 2.1
"""The radius of the dots on the curve."""


def chart(view: View, x: float, y: float, wide: float, high: float) -> Iterator[Part]:
    """The chart in a room of this size."""
    layers = view.layers
    longest = max((view.source.shape or ())[1:])
    most = max(max(layer.size) for layer in layers)
    most = longest if most < longest <= 4 * most else most
    logarithmic = most >= LOGARITHMIC
    left, right, top, bottom = x + LEFT, x + wide, y + TOP, y + high - BOTTOM

    def level(size: int) -> float:
        part = log2(size) / log2(most) if logarithmic else size / most
        return bottom - part * (bottom - top - 4)

    told = "receptive field, in cells" + (", log scale" if logarithmic else "")
    yield Text(left, y + SMALL, told, SMALL, "start", "faint")
    places = _places(layers, left, right)
    yield from _stripes(layers, places, left, right, top, bottom)
    for tick in _ticks(most, logarithmic=logarithmic):
        yield Line(((left - 2.5, level(tick)), (left, level(tick))), "faint", weight=0.6)
        yield Text(left - 4, level(tick) + 0.35 * SMALL, f"{tick:,}", SMALL, "end", "faint")
    yield Line(((left, top), (left, bottom), (right, bottom)), "faint", weight=0.6)
    points = [(place, level(max(layer.size))) for place, layer in zip(places, layers, strict=True)]
    curve = (left, level(1) if logarithmic else bottom), *points
    if longest <= most:
        line = level(longest)
        yield Line(((left, line), (right, line)), "faint", dash="dashed", weight=0.6)
        yield _input(curve, line, top, right)
    yield Line(curve, "ink", weight=0.9)
    for i in view.labelled:
        title = f"{layers[i].node.path}: {per_axis(layers[i].size)}"
        dot = Circle(*points[i], DOT, layers[i].node.op.family, weight=0.9)
        yield Group(layers[i].node.path, title, (dot,))
    yield Text((left + right) / 2, y + high - 3, "layers from the input", SMALL, role="faint")


def _input(curve: Sequence[Point], line: float, top: float, right: float) -> Text:
    """The word for the line of the input: over it or under it, as far left as the curve leaves room."""
    wide, x = width("input", SMALL), curve[0][0] + 3
    heights = [line - 3] * (line > top + 10) + [line + SMALL]
    while x + wide < right:
        for y in heights:
            if not any(_passes(*ends, (x - 2, y - SMALL, x + wide + 2, y + 3)) for ends in pairwise(curve)):
                return Text(x, y, "input", SMALL, "start", "faint")
        x += 4
    return Text(right, line - 3, "input", SMALL, "end", "faint")


def _passes(start: Point, end: Point, area: tuple[float, float, float, float]) -> bool:
    """Whether a rising line from left to right, with the dot at its end, meets an area."""
    left, top, right, bottom = area
    if end[0] + DOT < left or right < start[0] - DOT:
        return False
    slope = (end[1] - start[1]) / (end[0] - start[0]) if end[0] > start[0] else 0.0
    first, last = (start[1] + slope * (min(max(x, start[0]), end[0]) - start[0]) for x in (left, right))
    if end[0] <= start[0]:
        first, last = start[1], end[1]
    return min(first, last) - DOT <= bottom and top <= max(first, last) + DOT


def _places(layers: Sequence[Seen], left: float, right: float) -> list[float]:
    """Where each layer stands: evenly, but for strides with so few layers that their number needs room."""
    counts = [sum(1 for _ in stage) for _, stage in groupby(layers, lambda layer: layer.stride)]
    least = min(NARROWEST, (right - left) / len(counts))
    spare = right - left - least * len(counts)
    places, start = [], left
    for count in counts:
        wide = least + spare * count / len(layers)
        places += [start + wide * (i + 0.5) / count for i in range(count)]
        start += wide
    return places


def _stripes(
    layers: Sequence[Seen], places: Sequence[float], left: float, right: float, top: float, bottom: float
) -> Iterator[Part]:
    """A stripe for each stretch of one stride, every second one darker, with the stride above it."""
    yield Text(left - 4, top - 7, "stride", SMALL, "end", "faint")
    stages = [list(stage) for _, stage in groupby(range(len(layers)), lambda i: layers[i].stride)]
    starts = [left, *((places[stage[0] - 1] + places[stage[0]]) / 2 for stage in stages[1:]), right]
    for number, stage in enumerate(stages):
        start, end = starts[number], starts[number + 1]
        yield Rect(start, top, end - start, bottom - top, "band" if number % 2 else "paper", weight=0)
        text = per_axis(layers[stage[0]].stride)
        if width(text, SMALL) <= end - start:
            yield Text((start + end) / 2, top - 7, text, SMALL, role="faint")


def _ticks(most: int, *, logarithmic: bool) -> list[int]:
    if logarithmic:
        factor = 2
        while factor ** (MOST_TICKS - 1) < most:
            factor *= 2
        return [factor**i for i in range(MOST_TICKS) if factor**i <= most]
    step = next(step for step in (1, 2, 5, 10) if most <= step * (MOST_TICKS - 1))
    return list(range(0, most + 1, step))
