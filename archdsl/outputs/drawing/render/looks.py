"""How parts look, apart from their places: parts that look the same share a name in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archdsl.outputs.drawing.scene import Circle, Dash, Line, Polygon, Rect, Scene, Text
from archdsl.outputs.drawing.themes import Theme

Drawn: TypeAlias = Rect | Polygon | Circle | Line | Text

_DASHES: dict[Dash, tuple[float, ...]] = {"solid": (), "dashed": (4.0, 2.5), "dotted": (1.2, 1.8)}
"""On and off, for a line of weight 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the theme is asked for, and everything else that is not a place."""

    kind: Literal["shape", "line", "head", "text"]
    role: str
    filled: bool = False
    shade: float = 0.0
    dash: Dash = "solid"
    weight: float = 0.0
    size: float = 0.0
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False

    def fill(self, theme: Theme) -> str | None:
        """The colour inside, or that of the letters."""
        paint = theme[self.role]
        if self.kind in ("text", "head"):
            return paint.line
        return mixed(paint.fill, paint.line, self.shade) if self.filled else None

    def line(self, theme: Theme) -> str | None:
        """The colour of the outline."""
        return theme[self.role].line if self.weight else None

    def dashes(self) -> tuple[float, ...]:
        """Lengths on and off, in points; empty for a solid line."""
        return tuple(each * self.weight for each in _DASHES[self.dash])


def look(part: Drawn) -> Look:
    """How a part looks."""
    if isinstance(part, Text):
        return Look(
            "text", part.role, filled=True, size=round(part.size, 2), anchor=part.anchor, bold=part.bold
        )
    weight = round(part.weight, 2)
    if isinstance(part, Line):
        return Look("line", part.role, dash=part.dash, weight=weight)
    filled = isinstance(part, Circle) or part.filled
    shade = round(part.shade, 2) if isinstance(part, Polygon) else 0.0
    return Look("shape", part.role, filled=filled, shade=shade, dash=part.dash, weight=weight)


def head(line: Line) -> Look:
    """How the head of an arrow looks."""
    return Look("head", line.role, filled=True)


PAPER = Look("shape", "paper", filled=True)
"""What everything is drawn on."""


def named(scene: Scene) -> dict[Look, str]:
    """A name for every look that the scene has: its role, and a number where a role has several."""
    names: dict[Look, str] = {}
    times: dict[str, int] = {}
    for each in _looks(scene):
        if each in names:
            continue
        role = each.role.replace(" ", "-") + ("-head" if each.kind == "head" else "")
        times[role] = times.get(role, 0) + 1
        names[each] = role if times[role] == 1 else f"{role}{times[role]}"
    return names


def _looks(scene: Scene) -> Iterator[Look]:
    yield PAPER
    for part in scene.shapes():
        if isinstance(part, Drawn):
            yield look(part)
        if isinstance(part, Line) and part.head:
            yield head(part)


def mixed(color: str, other: str, share: float) -> str:
    """A colour between two others."""
    if not share:
        return color
    pairs = zip(channels(color), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def channels(color: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`, each from 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
