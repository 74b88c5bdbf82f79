"""What a drawing shows: boxes, frames around them, and arrows, before any of it has a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from archdsl.ops.contract import Family
from archdsl.outputs.drawing.faults import Remark, Role
from archdsl.outputs.drawing.marked import Mark
from archdsl.sizes import Shape, show

Skip = Literal["", "identity", "projection"]


class Text(NamedTuple):
    """One line of a box, in the colour of a family; `block` for the name of a closed block."""

    text: str
    family: Family | Literal["block"]
    mark: Mark = ""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Layers, a merge (a sign in a circle, or a bar with its name), an end of the net, a fork, or words."""

    key: str
    kind: Literal["layers", "sign", "bar", "end", "fork", "loose"]
    lines: tuple[Text, ...] = ()
    times: int = 1
    training: bool = False
    mark: Mark = ""
    """Where networks are compared: what became of all that is in it."""
    title: str = ""
    """What a pointer over it shows; its key where this is empty."""
    small: str = ""
    """Small print: of a closed block, its parameters."""
    bars: tuple[int, ...] = ()
    """Of a closed block that ends in a concat: the channels that its branches bring."""
    skip: Skip = ""
    """Of a closed block that ends in an add: whether the other summand is what entered it."""
    role: Role = ""
    """Where a network is wrong: whether it is so here, or nothing is known of it."""
    note: tuple[str, ...] = ()
    """Lines of small print about that, one below the other."""
    resolution: str = ""
    """Of a block: the spatial size of what leaves it."""

    @property
    def is_block(self) -> bool:
        """Whether it is a closed block."""
        return bool(self.lines) and self.lines[0].family == "block"


@dataclass(frozen=True, slots=True)
class Frame:
    """A block with what is in it; what only repeats has a frame without words."""

    key: str
    name: str
    block: str
    parts: tuple[Box | Frame, ...]
    times: int = 1
    training: bool = False
    mark: Mark = ""
    title: str = ""
    """What a pointer over it shows; its key where this is empty."""
    small: str = ""
    """Small print: its parameters."""
    resolution: str = ""
    """The spatial size of all that is in it, if it is the same."""


class Arrow(NamedTuple):
    """From box to box; `text` is the shape that flows, where it is news."""

    tail: Box
    head: Box
    text: str = ""
    training: bool = False
    role: Role = ""
    """Where a network is wrong: whether it is so here, or nothing is known of what flows."""


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it, in the order in which the spec has it."""

    title: str
    description: str
    parts: tuple[Box | Frame, ...]
    arrows: tuple[Arrow, ...]
    compares: bool = False
    """Whether it shows what became of one network in another one."""
    caption: str = ""
    """Which networks these are, and whether nothing differs."""
    remarks: tuple[Remark, ...] = ()
    """What is wrong, where it is wrong; boxes and arrows refer to it by number."""

    def boxes(self) -> Iterator[Box]:
        """Every box, from the outside in."""
        pending = list(reversed(self.parts))
        while pending:
            part = pending.pop()
            if isinstance(part, Box):
                yield part
            else:
                pending.extend(reversed(part.parts))


def sizes(shape: Shape) -> str:
    """`3 × 224 × 224`."""
    return spelt(show(shape)).replace(" x ", " × ")


_SPELT = str.maketrans({"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"})


def spelt(text: str) -> str:
    """A text without the signs for rounding, which few fonts have."""
    return text.translate(_SPELT)
