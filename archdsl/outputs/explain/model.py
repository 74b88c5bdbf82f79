"""What a named value is, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from archdsl.diagnostics import Trace
from archdsl.sizes import Shape
from archdsl.source import Span

Kind = Literal["input", "layer", "block", "sequence", "net"]

How = Literal["given", "set", "changed", "like", "sum", "made"]
"""How a layer comes by the size of an axis: an input has it given, a layer sets it whatever it reads,
or changes that of its input, or has it from another input, or adds those of all; or makes it otherwise."""


class Origin(NamedTuple):
    """One step of the way on which an axis came by its size."""

    size: int
    path: str
    label: str
    how: How
    remark: str
    """What the size is made of: `64 + 128 + 32`, `512 x 7 x 7`."""
    span: Span
    trace: Trace


class Axis(NamedTuple):
    """One axis of a value, and the layers that made it what it is, the first of them first."""

    name: str
    size: int
    origins: tuple[Origin, ...]


class Seen(NamedTuple):
    """The cells of one axis of an input that a cell sees: the first and the last, padding among them."""

    size: int
    """Of the input."""
    position: int
    """Of the cell that is looked at: the one in the middle."""
    low: int
    high: int
    stride: Fraction | None
    """Input cells from one cell to the next; None where every cell sees the same."""

    @property
    def extent(self) -> int:
        return self.high - self.low + 1

    @property
    def covers(self) -> bool:
        """Whether it sees the whole axis."""
        return self.low <= 0 and self.high >= self.size - 1


@dataclass(frozen=True)
class Field:
    """What a value sees of an input of the network."""

    input: str
    axes: tuple[Seen, ...]

    @property
    def covers(self) -> bool:
        return all(axis.covers for axis in self.axes)


class Share(NamedTuple):
    """A cost, and that of the whole network."""

    name: str
    own: int
    total: int

    @property
    def part(self) -> float:
        return self.own / self.total if self.total else 0.0


class Member(NamedTuple):
    """A part of a block."""

    name: str
    what: str
    shape: Shape
    params: int
    macs: int


@dataclass(frozen=True)
class Explanation:
    """All that is to be said of one name."""

    network: str
    name: str
    kind: Kind
    what: str
    """The operator with its arguments, or the block with its own."""
    headline: str
    """What the operator does, in a sentence; empty for a block."""
    shape: Shape
    span: Span
    trace: Trace
    inside: tuple[tuple[str, str], ...]
    """The modules around, outermost first: their paths, and what they are."""
    reads: tuple[tuple[str, Shape], ...]
    read_by: tuple[str, ...]
    outputs: tuple[tuple[str, Shape], ...]
    """Those that have names."""
    axes: tuple[Axis, ...]
    field: Field | None
    shares: tuple[Share, ...]
    members: tuple[Member, ...]
    remarks: tuple[str, ...]
    """That it is shared, frozen, or there in training alone."""
