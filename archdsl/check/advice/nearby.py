"""Sizes of an input at which nothing is lost: the nearest ones, found by trying.

Along one axis a value has the size of an input, or what windows make of it. Values of which the size is
made in the same way are one class, so a size is tried by walking over the classes, not the layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archdsl.check.advice.look import Look
from archdsl.graph.model import Node
from archdsl.ops.contract import Op, Window
from archdsl.sizes import Shape

FARTHEST = 64
"""How far from the given size others are tried."""

MOST_STEPS = 2_000
"""Ways in which sizes are made; beyond that no size is tried."""


class Made(NamedTuple):
    """A class whose size an operator makes of that of another class."""

    op: Op
    shape: Shape
    """Of the input, as it is; only the size of one axis is changed."""
    source: int


class Classes(NamedTuple):
    """How the sizes along one axis hang together."""

    axis: int
    made: list[Made | None]
    """By class; None for the input."""
    equal: set[tuple[int, int]]
    """Classes that have to have the same size."""
    read: set[frozenset[int]]
    """For each value that windows alone read: the classes that those make."""


def lossless(look: Look) -> tuple[Node, dict[int, list[int]]] | None:
    """The net's input, and by axis the nearest sizes at which no window loses anything.

    None where none is known; otherwise the next smaller and the next larger one, as far as there are such.
    """
    if "lossless" not in look.kept:
        look.kept["lossless"] = _all_axes(look)
    found: tuple[Node, dict[int, list[int]]] | None = look.kept["lossless"]
    return found


def _all_axes(look: Look) -> tuple[Node, dict[int, list[int]]] | None:
    inputs = [value.node for value in look.graph.inputs.values() if len(value.shape or ()) > 1]
    if len(inputs) != 1:
        return None
    source = inputs[0]
    found = {}
    for axis, size in enumerate((source.outputs[0].shape or ())[1:], start=1):
        classes = _classes(look, source, axis)
        if classes is None or _is_lossless(classes, size):
            continue
        sizes = _first(classes, range(size - 1, max(0, size - FARTHEST - 1), -1))
        sizes += _first(classes, range(size + 1, size + FARTHEST + 1))
        if not sizes:
            return None
        found[axis] = sizes
    return (source, found) if found else None


def _first(classes: Classes, sizes: range) -> list[int]:
    return next(([size] for size in sizes if _is_lossless(classes, size)), [])


# --- classes ----------------------------------------------------------------------------------------

UNKNOWN = -1
"""The class of a size that does not depend on the input in a way known here."""


def _classes(look: Look, source: Node, axis: int) -> Classes | None:
    """How the sizes of an axis hang together; None where there are too many ways."""
    of = [UNKNOWN] * len(look.nodes)
    of[source.index] = 0
    made: list[Made | None] = [None]
    known: dict[tuple[int, int], int] = {}
    equal: set[tuple[int, int]] = set()
    readers: dict[int, list[int]] = {}
    ways: dict[tuple[int, tuple[Shape | None, ...]], int | None] = {}
    for node in look.nodes:
        inputs = node.inputs
        if not inputs:
            continue
        mine = [of[value.node.index] for value in inputs]
        key = (id(node.op), tuple([value.shape for value in inputs]))
        if key not in ways:
            ways[key] = _kept(node, axis)
        kept = ways[key]
        if kept is not None and kept >= 0:
            of[node.index] = size = mine[kept]
            if size >= 0 and len(mine) > 1 and node.op.family == "merge":
                equal |= {(size, each) for each in mine if each not in (size, UNKNOWN)}
        elif kept is not None and mine[0] >= 0:
            step = known.setdefault((id(node.op), mine[0]), len(made))
            if step == len(made):
                made.append(Made(node.op, node.shapes[0], mine[0]))
            of[node.index] = step
            readers.setdefault(inputs[0].node.index, []).append(step)
            if len(made) > MOST_STEPS:
                return None
    alone = {
        frozenset(steps) for index, steps in readers.items() if len(steps) == look.readers(look.nodes[index])
    }
    return Classes(axis, made, equal, alone)


def _kept(node: Node, axis: int) -> int | None:
    """The input whose size on this axis a layer keeps, -1 if windows make another; None if neither is so."""
    shapes, given = node.shapes, node.outputs[0].shape or ()
    if axis >= len(shapes[0]) or axis >= len(given):
        return None
    kept = node.op.preserves(axis, *shapes)
    if kept is None and len(shapes) == 1 and node.op.window(*shapes) is not None:
        return -1
    return kept


# --- one size ---------------------------------------------------------------------------------------


def _is_lossless(classes: Classes, size: int) -> bool:
    """Whether the net takes this size and reads all of every map."""

    def source(made: int) -> int:
        step = classes.made[made]
        return step.source if step else 0

    sizes = [size]
    windows: list[Window | None] = [None]
    for made in classes.made[1:]:
        assert made is not None
        window = _window(made, classes.axis, sizes[made.source])
        after = window.size(sizes[made.source]) if window else 0
        if window is None or after < 1:
            return False
        sizes.append(after)
        windows.append(window)
    if any(sizes[one] != sizes[other] for one, other in classes.equal):
        return False
    lost = {made for made, window in enumerate(windows) if window and _loses(window, sizes[source(made)])}
    return not any(reading <= lost for reading in classes.read)


def _window(made: Made, axis: int, size: int) -> Window | None:
    shape = (*made.shape[:axis], size, *made.shape[axis + 1 :])
    op: Any = made.op
    if any(op.problems(shape)):
        return None
    windows = op.window(shape)
    return windows[axis - 1] if windows else None


def _loses(window: Window, n: int) -> bool:
    if window.transposed or window.ceil or not 1 < window.stride <= window.extent:
        return False
    return (n + window.before + window.after - window.extent) % window.stride > window.after
