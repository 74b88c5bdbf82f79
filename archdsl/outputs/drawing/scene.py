"""A drawing in which everything has its place: plain data that every format is written from.

Lengths are points (1/72 inch), y runs downwards from the top left corner. Colours are roles, such as
`learned` or `ink`, to which a theme gives their paint; so one scene serves paper, slides and dark pages.
What is first in a sequence is drawn first, and lies under what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Point = tuple[float, float]
Dash = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; its corners may be round."""

    x: float
    y: float
    width: float
    height: float
    role: str
    radius: float = 0.0
    dash: Dash = "solid"
    weight: float = 0.8
    """Of the outline; 0 for none."""
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed shape with straight sides."""

    points: tuple[Point, ...]
    role: str
    shade: float = 0.0
    """How far its fill is mixed with its outline's colour, from 0 to 1: for the sides of a body."""
    dash: Dash = "solid"
    weight: float = 0.8
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle, by its centre."""

    x: float
    y: float
    radius: float
    role: str
    dash: Dash = "solid"
    weight: float = 0.8


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, or with `curved`, cubic Bézier curves: a start, then three points for each."""

    points: tuple[Point, ...]
    role: str = "arrow"
    curved: bool = False
    head: bool = False
    """Whether an arrow's head ends at the last point."""
    dash: Dash = "solid"
    weight: float = 0.9


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text. (x, y) is on the baseline: its start, middle or end."""

    x: float
    y: float
    text: str
    size: float
    anchor: Literal["start", "middle", "end"] = "middle"
    role: str = "ink"
    bold: bool = False
    turned: bool = False
    """Read from below upwards."""


@dataclass(frozen=True, slots=True)
class Image:
    """A raster picture, as the bytes of a PNG or JPEG file."""

    x: float
    y: float
    width: float
    height: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together: a layer or a block. `key` is its path, `title` what a pointer over it shows."""

    key: str
    title: str
    parts: tuple[Part, ...]


Part: TypeAlias = Rect | Polygon | Circle | Line | Text | Image | Group


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole drawing."""

    width: float
    height: float
    title: str
    description: str
    parts: tuple[Part, ...]
    folded: tuple[str, ...] = ()
    """What was folded so that it fits: sentences to tell whoever asked for the drawing."""

    def shapes(self) -> Iterator[Part]:
        """Everything but the groups, which are opened, in the order of drawing."""
        pending = list(reversed(self.parts))
        while pending:
            part = pending.pop()
            if isinstance(part, Group):
                pending.extend(reversed(part.parts))
            else:
                yield part

    def smallest_text(self) -> float:
        """The size of the smallest letters, in points; infinite where there are none."""
        return min((part.size for part in self.shapes() if isinstance(part, Text)), default=float("inf"))

    def scaled(self, by: float) -> Scene:
        """The same drawing, larger or smaller, letters and lines too."""
        parts = tuple(placed(self.parts, by=by))
        return replace(self, width=self.width * by, height=self.height * by, parts=parts)


def placed(parts: Iterable[Part], right: float = 0.0, down: float = 0.0, by: float = 1.0) -> Iterator[Part]:
    """The same parts elsewhere: first scaled from the top left corner, then moved."""
    for part in parts:
        yield _placed(part, right, down, by)


def _placed(part: Part, right: float, down: float, by: float) -> Part:
    if isinstance(part, Group):
        return replace(part, parts=tuple(placed(part.parts, right, down, by)))
    if isinstance(part, Polygon | Line):
        points = tuple((x * by + right, y * by + down) for x, y in part.points)
        return replace(part, points=points, weight=part.weight * by)
    x, y = part.x * by + right, part.y * by + down
    if isinstance(part, Text):
        return replace(part, x=x, y=y, size=part.size * by)
    if isinstance(part, Circle):
        return replace(part, x=x, y=y, radius=part.radius * by, weight=part.weight * by)
    width, height = part.width * by, part.height * by
    if isinstance(part, Image):
        return replace(part, x=x, y=y, width=width, height=height)
    radius, weight = part.radius * by, part.weight * by
    return replace(part, x=x, y=y, width=width, height=height, radius=radius, weight=weight)
