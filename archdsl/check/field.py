"""Receptive fields and strides, across branches.

Assumes a sound graph. Promises, for every node, which cells of the input each of its positions
depends on, exactly: what a mask of non-zero gradients shows, were the input large enough.

Along one axis a position p sees the cells from low(p) to high(p). Behind convolutions and pools these
are straight lines with the slope `stride`. Behind a layer that enlarges, such as a transposed
convolution, they are stairs: straight lines for every residue of p modulo a period. Branches that
meet give the union; where one of them has another slope, both are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any, NamedTuple

from archdsl.graph.model import Elaborated, Node, Value
from archdsl.ops.contract import Window
from archdsl.sizes import Shape

Interval = tuple[int, int]
"""The first cell and the last; nothing, if the last comes before the first."""

NOTHING: Interval = (0, -1)


class Part(NamedTuple):
    """Position `period * q + r` sees the cells of `seen[r]`, moved by `step * q`.

    The period is the number of intervals. Step 0 means: every position sees the same cells.
    """

    step: int
    seen: tuple[Interval, ...]

    def at(self, position: int) -> Interval:
        times, phase = divmod(position, len(self.seen))
        low, high = self.seen[phase]
        return low + self.step * times, high + self.step * times

    def stretched(self, period: int) -> Part:
        """The same, told with a longer period."""
        if period == len(self.seen):
            return self
        return Part(self.step * period // len(self.seen), tuple(map(self.at, range(period))))


LONGEST_PERIOD = 256
"""A map that was enlarged more often is taken to see everything from everywhere."""

Axis = tuple[Part, ...]
"""What is seen along one axis of the input: the union of parts of different slopes."""


class Field(NamedTuple):
    """What a value sees of one input, by the input's spatial axes.

    A value whose positions move over the input has the same spatial axes as the input. One that
    does not (`moves` is false: it was flattened or pooled as a whole) sees the same from everywhere.
    """

    source: int
    """Index of the input's node."""
    axes: tuple[Axis, ...]
    moves: bool


START: Axis = (Part(1, ((0, 0),)),)
"""Every cell of the input sees itself."""

Way = tuple[Window, ...] | str
"""How a layer reads its input: by windows, cell by cell, or as a whole."""


def fields(graph: Elaborated) -> list[Field | None]:
    """For every node, what its outputs see of the first input that they depend on.

    None where they depend on no input with spatial axes.
    """
    found: list[Field | None] = []
    ways: dict[tuple[int, tuple[Shape | None, ...]], Way] = {}
    for node in graph.nodes:
        inputs = node.inputs
        if not inputs:
            found.append(_start(node))
            continue
        shapes = (inputs[0].shape,) if len(inputs) == 1 else tuple(value.shape for value in inputs)
        key = (id(node.op), shapes)
        way = ways.get(key)
        if way is None:
            way = ways[key] = _way(node)
        if len(inputs) > 1 and isinstance(way, str):
            found.append(_join(node, found))
            continue
        # by windows a layer reads its first input; others, if any, only give a size
        field = found[inputs[0].node.index]
        if field is not None and field.moves and way != "cell":
            field = _behind(field, way, inputs[0].shape or ())
        found.append(field)
    return found


def stride(field: Field | None) -> tuple[Fraction, ...]:
    """Input cells from one position to the next; of several slopes the largest. Empty if none moves."""
    if field is None or not field.moves:
        return ()
    return _strides(tuple([tuple([(part.step, len(part.seen)) for part in axis]) for axis in field.axes]))


@lru_cache(maxsize=1024)
def _strides(slopes: tuple[tuple[tuple[int, int], ...], ...]) -> tuple[Fraction, ...]:
    return tuple(max(Fraction(step, period) for step, period in axis) for axis in slopes)


def receptive_field(field: Field | None, shape: Shape) -> tuple[int, ...]:
    """Input cells that one position of a value of this shape sees, at most."""
    if field is None:
        return ()
    axes = field.axes
    if len(axes[0]) == 1 and _alike(axes):
        return (_extent(axes[0], 1),) * len(axes)
    sizes = shape[1:] if field.moves else (1,) * len(axes)
    return tuple(map(_extent, axes, sizes))


def last_map(graph: Elaborated, found: list[Field | None]) -> Node | None:
    """The last layer on the way to the first output whose positions still move over the input."""
    outputs = list(graph.outputs.values())
    if not outputs:
        return None
    last = outputs[0].node.index
    wanted = {last}
    for node in reversed(graph.nodes[: last + 1]):
        if node.index not in wanted:
            continue
        field = found[node.index]
        if field is not None and field.moves:
            return node
        wanted.update(value.node.index for value in node.inputs)
    return None


# --- one node -----------------------------------------------------------------------------------------


def _start(node: Node) -> Field | None:
    """An input of the net sees itself."""
    rank = len(node.outputs[0].shape or ())
    if node.op.name != "input" or rank < 2:
        return None
    return Field(node.index, (START,) * (rank - 1), True)


def _way(node: Node) -> Way:
    """How a layer reads its first input."""
    windows = node.op.window(*node.shapes)
    if windows is not None:
        return "cell" if all(window == _CELL for window in windows) else windows
    x, y = node.inputs[0].shape or (), node.outputs[0].shape or ()
    same = len(x) == len(y) and x[1:] == y[1:] and node.op.sees == "point"
    kept = same and all(node.op.preserves(axis, *node.shapes) is not None for axis in range(1, len(x)))
    return "cell" if kept else "whole"


_CELL = Window(1)


def _behind(field: Field, way: Way, shape: Shape) -> Field:
    """What a value sees behind a layer that reads it in some way."""
    axes = field.axes
    if isinstance(way, str) or (way[0].transposed and _too_fine(axes, way)):
        return Field(field.source, tuple(map(_everywhere, axes, shape[1:])), False)
    if _alike(way) and _alike(axes):
        return Field(field.source, (_through(axes[0], way[0]),) * len(axes), True)
    return Field(field.source, tuple(map(_through, axes, way)), True)


def _alike(items: tuple[Any, ...]) -> bool:
    """Whether all axes are treated alike, so that one need be worked out."""
    return items.count(items[0]) == len(items)


def _too_fine(axes: tuple[Axis, ...], windows: tuple[Window, ...]) -> bool:
    return any(
        window.transposed and window.stride * len(part.seen) > LONGEST_PERIOD
        for axis, window in zip(axes, windows, strict=True)
        for part in axis
    )


def _join(node: Node, found: list[Field | None]) -> Field | None:
    """The union of what the inputs see, of the first input of the net that any of them sees."""
    seen = [(field, value) for value in node.inputs if (field := found[value.node.index]) is not None]
    if not seen:
        return None
    source = min(field.source for field, _ in seen)
    shape = node.outputs[0].shape or ()
    joined: Field | None = None
    for field, value in seen:
        if field.source != source:
            continue
        fitted = _fitted(field, value, shape, whole=node.op.sees == "all")
        joined = _both(joined, fitted) if joined else fitted
    return joined


def _both(left: Field, right: Field) -> Field:
    """What either sees, of the same input."""
    if left == right:
        return left
    moves = left.moves or right.moves
    if _alike(left.axes) and _alike(right.axes):
        axes = (_union(left.axes[0], right.axes[0]),) * len(left.axes)
    else:
        axes = tuple(map(_union, left.axes, right.axes))
    for field in (left, right):
        if field.axes == axes and field.moves == moves:
            return field
    return Field(left.source, axes, moves)


def _fitted(field: Field, value: Value, shape: Shape, *, whole: bool) -> Field:
    """What one input of a layer with several contributes to an output of this shape."""
    x = value.shape or ()
    if not field.moves or (x[1:] == shape[1:] and not whole):
        return field
    if whole or len(x) != len(shape) or any(n not in (1, m) for n, m in zip(x[1:], shape[1:], strict=True)):
        return _behind(field, "whole", x)
    axes = tuple(
        axis if n == m else _everywhere(axis, n)  # one cell, stretched over the axis
        for axis, n, m in zip(field.axes, x[1:], shape[1:], strict=True)
    )
    return Field(field.source, axes, any(part.step for axis in axes for part in axis))


# --- one axis -----------------------------------------------------------------------------------------


def _through(axis: Axis, window: Window) -> Axis:
    """An axis behind a window."""
    if window == _CELL:
        return axis
    see = _enlarged if window.transposed else _reduced
    if len(axis) == 1:
        return (see(axis[0], window),)
    return tuple(see(part, window) if part.step else part for part in axis)


def _reduced(part: Part, window: Window) -> Part:
    """A position sees what the cells under its window see."""
    step, seen = part
    stride, first = window.stride, -window.before
    period = len(seen)
    if period == 1:
        low, high = seen[0]
        return Part(step * stride, ((low + step * first, high + step * (first + window.extent - 1)),))
    phases = period // gcd(period, stride)
    cells = [first + window.dilation * cell for cell in _ends(window.kernel, period)]
    starts = range(0, phases * stride, stride)
    return Part(
        step * stride * phases // period,
        tuple(_hull([part.at(start + cell) for cell in cells]) for start in starts),
    )


def _enlarged(part: Part, window: Window) -> Part:
    """A position sees what the cells see that are spread over it; a stride of s makes s times the phases."""
    stride, dilation, reach = window.stride, window.dilation, window.extent - 1
    seen = []
    for end in range(window.before, window.before + len(part.seen) * stride):
        cells = range(-((reach - end) // stride), end // stride + 1)
        seen.append(_hull([part.at(cell) for cell in cells if (end - cell * stride) % dilation == 0]))
    return Part(part.step, tuple(seen))


def _everywhere(axis: Axis, n: int) -> Axis:
    """All that n positions see."""
    seen = [part.at(position) for part in axis for position in _ends(n, len(part.seen))]
    return (Part(0, (_hull(seen),)),)


def _union(left: Axis, right: Axis) -> Axis:
    """What either sees."""
    if left == right:
        return left
    parts = list(left)
    for part in right:
        for i, other in enumerate(parts):
            period = lcm(len(part.seen), len(other.seen))
            if part.step * len(other.seen) == other.step * len(part.seen) and period <= LONGEST_PERIOD:
                pairs = zip(other.stretched(period).seen, part.stretched(period).seen, strict=True)
                parts[i] = Part(other.step * period // len(other.seen), tuple(map(_hull, pairs)))
                break
        else:
            parts.append(part)
    return tuple(parts)


def _extent(axis: Axis, n: int) -> int:
    """The most cells that one of n positions sees."""
    if len(axis) == 1:
        return max([high - low for low, high in axis[0].seen]) + 1
    # within each phase the size of the hull is a convex function of the position: largest at an end
    period = lcm(*(len(part.seen) for part in axis))
    hulls = [_hull([part.at(position) for part in axis]) for position in _ends(n, period)]
    return max(high - low for low, high in hulls) + 1


def _hull(intervals: Sequence[Interval]) -> Interval:
    """The least interval that holds them all."""
    lows, highs = zip(*[each for each in intervals if each[0] <= each[1]] or [NOTHING], strict=True)
    return min(lows), max(highs)


def _ends(count: int, period: int) -> Iterable[int]:
    """The first and the last period of so many positions: where what they see begins and ends."""
    return range(count) if count <= 2 * period else (*range(period), *range(count - period, count))
