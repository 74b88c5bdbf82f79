"""What a layout is made of, before it is known which way it runs.

Lengths along the flow are `u`, across it `v`. A unit begins at u = 0, and the line that enters it is at
v = 0; it reaches from -low to high across. It holds marks and other units at their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame

Place = tuple[float, float]
"""u and v."""


class Room(NamedTuple):
    """How long a column may be, and in how many frames it stands."""

    limit: float | None = None
    depth: int = 0


@dataclass(slots=True)
class Put:
    """A box, its first corner at (u, v); a bar may be longer than its words need."""

    box: Box
    u: float
    v: float
    wide: float = 0.0


@dataclass(slots=True)
class Wire:
    """A line through points with right angles, or a curve; a head where it ends at a box."""

    arrow: Arrow
    points: tuple[Place, ...]
    head: bool = True
    curved: bool = False


@dataclass(slots=True)
class Label:
    """A short text beside a line that runs along, whose middle is at (u, v)."""

    text: str
    u: float
    v: float
    centred: bool = False
    """Whether (u, v) is the middle of the text itself."""
    role: str = "faint"


def label(arrow: Arrow, text: str, u: float, v: float, centred: bool = False) -> Label:
    """A text beside an arrow, as red as the arrow where that is its own."""
    own = arrow.role == "fault" and text == arrow.text
    return Label(text, u, v, centred, "fault" if own else "faint")


@dataclass(slots=True)
class Border:
    """A frame from one corner to the other, and on which side of v = `axis` its words are."""

    frame: Frame
    u: float
    v: float
    length: float
    breadth: float
    words: tuple[str, ...] = ()
    """Its words line by line."""
    at: Place = (0.0, 0.0)
    """Where the words begin: for the first line its top left corner."""
    depth: int = 0


@dataclass(slots=True)
class Band:
    """What shares a resolution, lightly set off."""

    text: str
    u: float
    v: float
    length: float
    breadth: float


Mark: TypeAlias = Put | Wire | Label | Border | Band


@dataclass(slots=True, eq=False)
class Unit:
    """Something that has been laid out."""

    length: float
    low: float
    high: float
    exit: float = 0.0
    """v of the line that leaves it."""
    inset: float = 0.0
    """How far behind its beginning an arrow that enters it ends."""
    outset: float = 0.0
    """How far before its end the line that leaves it begins."""
    enters: bool = True
    """Whether an arrow that enters it has its head there."""
    marks: list[Mark] = field(default_factory=list)
    inner: list[tuple[float, float, Unit]] = field(default_factory=list)
    columns: int = 1
    """In how many its chain is."""
    uneven: bool = False
    """Whether one of them is much shorter than another."""

    def put(self, unit: Unit, u: float, v: float) -> None:
        """Place a unit in this one."""
        self.inner.append((u, v, unit))

    def units(self) -> Iterator[Unit]:
        """This unit and all in it."""
        pending = [self]
        while pending:
            unit = pending.pop()
            yield unit
            pending.extend(inner for _, _, inner in unit.inner)

    def walk(self) -> Iterator[tuple[float, float, Mark]]:
        """Every mark, and by how much it is moved; what is around comes before what is within."""
        pending: list[tuple[float, float, Unit]] = [(0.0, 0.0, self)]
        while pending:
            u, v, unit = pending.pop()
            for mark in unit.marks:
                yield u, v, mark
            pending.extend(
                (u + inner_u, v + inner_v, inner) for inner_u, inner_v, inner in reversed(unit.inner)
            )
