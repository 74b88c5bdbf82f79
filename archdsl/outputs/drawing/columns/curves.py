"""Ways along the axes with round corners."""

from __future__ import annotations

from archdsl.outputs.drawing.scene import Point


def rounded(corners: tuple[Point, ...], radius: float) -> tuple[Point, ...]:
    """A way with round corners, as Bézier curves."""
    points = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        points += _straight(points[-1], start)
        points += [_towards(corner, start, radius * 0.45), _towards(corner, end, radius * 0.45), end]
    return (*points, *_straight(points[-1], corners[-1]))


def _straight(start: Point, end: Point) -> list[Point]:
    """A straight line as a curve; its tangents are not empty, so that a head can follow them."""
    far = abs(end[0] - start[0]) + abs(end[1] - start[1])
    return [_towards(start, end, far / 3), _towards(start, end, far * 2 / 3), end]


def _towards(start: Point, end: Point, far: float) -> Point:
    """The point on the way from one to the other, so far away, on lines along the axes."""
    x, y = end[0] - start[0], end[1] - start[1]
    length = abs(x) + abs(y)
    part = min(1.0, far / length) if length else 0.0
    return start[0] + x * part, start[1] + y * part
