"""Bodies in cabinet projection: a front as it is, and a top and a side that recede up to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from archdsl.outputs.drawing.scene import Line, Point, Polygon

RECEDES = 0.27
"""How far to the right, and up, the far edge of a map lies, for one as deep as high."""

TOP, FRONT, SIDE = 0.0, 0.13, 0.34
"""How dark the faces are: light falls from above."""
PAPER = 0.4
"""How much of that an input has, which is white."""

SMALLEST_WINDOW = 2.4
"""Points. A kernel on a large map would else be a speck."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From sizes to points; to a logarithm of the size where the range is wide."""

    low: int
    high: int
    shortest: float
    longest: float

    widest = 8
    """The range that is drawn in proportion."""

    @property
    def is_log(self) -> bool:
        return self.high > self.widest * self.low

    def __call__(self, size: int) -> float:
        """The length of a size; never less for more."""
        if not self.is_log:
            return max(self.shortest / 2, self.longest * size / self.high)
        part = log(max(size, self.low) / self.low) / log(self.high / self.low)
        return self.shortest + (self.longest - self.shortest) * part


@dataclass(frozen=True, slots=True)
class Solid:
    """A body in its place: (x, y) is the upper left corner of its front."""

    x: float
    y: float
    thick: float
    high: float
    recede: float

    @property
    def left(self) -> float:
        return self.x

    @property
    def right(self) -> float:
        return self.x + self.thick + self.recede

    @property
    def top(self) -> float:
        return self.y - self.recede

    @property
    def bottom(self) -> float:
        return self.y + self.high

    @property
    def middle(self) -> float:
        """The height of its axis."""
        return (self.top + self.bottom) / 2

    def under(self, x: float) -> float:
        """How far down it reaches at a place; infinitely little beside it."""
        if not self.left <= x <= self.right:
            return float("-inf")
        return self.bottom - max(0.0, x - self.x - self.thick)

    def on_side(self, deep: float, down: float) -> Point:
        """A point of the side: how far it lies to the back and down, each from 0 to 1."""
        return self.x + self.thick + deep * self.recede, self.y + down * self.high - deep * self.recede

    def faces(self, role: str, edge: str | None = None) -> Iterator[Polygon]:
        """Top, side and front; an edge in another colour is a last slice of the body."""
        yield from self._faces(role)
        if edge is not None:
            slice_ = min(2.6, self.thick / 2)
            last = Solid(self.x + self.thick - slice_, self.y, slice_, self.high, self.recede)
            yield from last._faces(edge)

    def _faces(self, role: str) -> Iterator[Polygon]:
        x, y, right, bottom, far = self.x, self.y, self.x + self.thick, self.bottom, self.recede
        top = ((x, y), (right, y), (right + far, y - far), (x + far, y - far))
        side = ((right, y), (right + far, y - far), (right + far, bottom - far), (right, bottom))
        front = ((x, y), (right, y), (right, bottom), (x, bottom))
        paper = PAPER if role == "source" else 1.0
        for points, shade in ((top, TOP), (side, SIDE), (front, FRONT)):
            yield Polygon(points, role, shade=shade * paper, weight=0.6)

    def cuts(self, parts: int) -> Iterator[Line]:
        """Where the channels are cut into groups that do not see each other."""
        for part in range(1, parts):
            x = self.x + self.thick * part / parts
            points = (x, self.bottom), (x, self.y), (x + self.recede, self.y - self.recede)
            yield Line(points, "learned", weight=0.6)


def kernel(seen: Solid, to: Sequence[Solid], parts: Sequence[float], role: str) -> Iterator[Polygon | Line]:
    """A window on the side of one body, and lines from it that meet at each of the next.

    `parts` says how much of the map the window covers, along its depth and its height.
    """
    deep, down = (
        min(1.0, max(part, SMALLEST_WINDOW / max(length, 0.1)))
        for part, length in zip(parts, (seen.recede, seen.high), strict=True)
    )
    corners = tuple(
        seen.on_side(0.5 + across * deep / 2, 0.5 + along * down / 2)
        for across, along in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
    yield Polygon(corners, role, shade=0.75, weight=0.5)
    for each in to:
        for corner in corners:
            yield Line((corner, (each.x, each.middle)), role, weight=0.45)


def fan(seen: Solid, to: Solid) -> Iterator[Line]:
    """Lines from the ends of one body to those of the next, which sees all of it."""
    yield Line((seen.on_side(1, 0), (to.x, to.y)), weight=0.45)
    yield Line((seen.on_side(0, 1), (to.x, to.bottom)), weight=0.45)
