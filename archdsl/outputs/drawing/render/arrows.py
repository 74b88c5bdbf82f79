"""The heads of arrows, the same in every format."""

from __future__ import annotations

from itertools import pairwise
from math import dist, hypot
from typing import NamedTuple

from archdsl.outputs.drawing.scene import Line, Point

LENGTH, WIDTH = 5.5, 4.4
"""Of a head, for a line of weight 1."""

NOTCH = 0.8
"""Where the back of a head is deepest, as a share of its length; its corners are at 1."""
OVERLAP = 0.7
"""Where the line ends, under the head."""


class Arrow(NamedTuple):
    """A line that ends under its head, and the corners of the head, the tip first; none without a head."""

    points: tuple[Point, ...]
    head: tuple[Point, ...]


def arrow(line: Line) -> Arrow:
    """The line with its head; the tip is where the line's last point was.

    A head is shorter where the last piece of the line is.
    """
    step = 3 if line.curved else 1
    end = _end(line.points, step)
    if not line.head or not end:
        return Arrow(line.points, ())
    piece = line.points[end - step - 1 : end]
    tip = piece[-1]
    length = min(LENGTH * line.weight, dist(piece[0], tip))
    back = _before(piece, length)[-1]
    shorter = _before(piece, length * OVERLAP)
    return Arrow((*line.points[: end - step - 1], *shorter), _head(tip, back, WIDTH / LENGTH))


def _end(points: tuple[Point, ...], step: int) -> int:
    """Where the last piece ends that has a length: the number of points up to there, or 0."""
    ends = range(len(points), step, -step)
    return next((end for end in ends if dist(points[end - step - 1], points[end - 1]) > 0), 0)


def _head(tip: Point, back: Point, slope: float) -> tuple[Point, ...]:
    x, y = back[0] - tip[0], back[1] - tip[1]
    side = slope / 2
    return (
        tip,
        (tip[0] + x - y * side, tip[1] + y + x * side),
        (tip[0] + x * NOTCH, tip[1] + y * NOTCH),
        (tip[0] + x + y * side, tip[1] + y - x * side),
    )


def _before(piece: tuple[Point, ...], length: float) -> tuple[Point, ...]:
    """The beginning of a piece, as far as its end is that length away."""
    tip = piece[-1]
    low, high = 0.0, 1.0
    for _ in range(30):  # halving
        middle = (low + high) / 2
        x, y = _split(piece, middle)[-1]
        if hypot(tip[0] - x, tip[1] - y) > length:
            low = middle
        else:
            high = middle
    return _split(piece, low)


def _split(piece: tuple[Point, ...], share: float) -> tuple[Point, ...]:
    """The first part of a Bézier curve of any degree, as de Casteljau cuts it; a straight piece is one."""
    first, row = [piece[0]], piece
    while len(row) > 1:
        row = tuple((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for a, b in pairwise(row))
        first.append(row[0])
    return tuple(first)
