"""A difference between two networks as plain data: what every rendering of it starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from archdsl.sizes import Shape

Kind = Literal["added", "removed", "changed", "renamed", "moved", "follows"]
"""How a part differs; one that `follows` is written as before, and has other weights all the same.

A `renamed` part has another label at its place, a `moved` one is the same part elsewhere.
"""

SIGNS: dict[Kind, str] = {
    "added": "+",
    "removed": "−",
    "changed": "~",
    "renamed": "=",
    "moved": ">",
    "follows": "·",
}
"""What stands before a part of each kind, so that no colour is needed to tell them apart."""


class Fact(NamedTuple):
    """One thing that is another one now: an argument of a layer, what it reads, its name."""

    what: str
    """`kernel`, `reads`, `weight`; `layer` where the operator itself is another one."""
    old: str
    new: str
    text: str
    """As a person says it: `conv5x5 → conv3x3`, `64 → 96 channels`."""


@dataclass(slots=True)
class Entry:
    """A part that differs, with what differs within it, or several with nothing else that differs between.

    Of several, costs are those of all, and facts, where numbers differ, those of the first and the last.
    """

    kind: Kind
    old: str
    """Its path in the old network, empty for what was added; of several that of the first."""
    new: str
    old_last: str
    """The path of the last of several; of one, its own."""
    new_last: str
    times: int
    name: str
    """What it is, in the words of the spec: `conv3-512`, `bottleneck`, or else what its layers are."""
    was: str
    """The same in the old network, where that is something else; empty otherwise."""
    layers: str
    """Its layers, if it has no parts of its own: `3x3 conv, 512 → relu`."""
    place: str
    """Where it stands: `stage 4`, `layer3`, or nothing for the network itself."""
    shape: Shape
    """What it gives: now, or for what was removed what it gave; nothing for several that differ in it."""
    params: int
    """How many more parameters all of them have."""
    macs: int
    facts: tuple[Fact, ...] = ()
    parts: list[Entry] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where it is found: in the new network, or for what was removed in the old one."""
        return self.new or self.old


class Metric(NamedTuple):
    """A number of the whole network, or a tuple of one for each axis."""

    name: str
    old: Any
    new: Any


PortKind = Literal["input", "output", "training output"]


class Port(NamedTuple):
    """An input or output whose shape is another one; None where there is none of that name."""

    kind: PortKind
    name: str
    old: Shape | None
    new: Shape | None


class Line(NamedTuple):
    """What is said of training or of weights on one side alone: `freeze features`."""

    kind: Literal["added", "removed"]
    text: str


class Renamed(NamedTuple):
    """A tensor of the old network, and the name of the same layer's tensor in the new one."""

    old: str
    new: str


@dataclass(frozen=True)
class Carry:
    """What a checkpoint of the old network is worth to the new one. Tensors, by their names."""

    stored: int
    """Tensors of the old network."""
    wanted: int
    """Tensors of the new network."""
    by_name: tuple[str, ...]
    """Found under their old name, in their shape, and in the layer that they were learned in."""
    astray: tuple[str, ...]
    """Found under their old name and in their shape, although they belong to another layer."""
    renamed: tuple[Renamed, ...]
    """Of the same layer and shape, under another name."""
    reshaped: tuple[Renamed, ...]
    """The same numbers in the same order, in another shape: of a linear layer that became a convolution."""
    fresh: tuple[str, ...]
    """Tensors of the new network that nothing of the old one fills."""
    rename: dict[str, str | None]
    """The new names as a map for `archdsl weights --map`: beginnings of names, None for what is left out."""

    @property
    def kept(self) -> int:
        """How many tensors carry over once they have their new names."""
        return len(self.by_name) + len(self.renamed)


class Side(NamedTuple):
    """One of the two networks."""

    name: str
    file: str


@dataclass(frozen=True)
class Difference:
    """All that differs between two networks."""

    old: Side
    new: Side
    entries: tuple[Entry, ...]
    metrics: tuple[Metric, ...]
    """The costs of both, and other metrics where they differ."""
    ports: tuple[Port, ...]
    lines: tuple[Line, ...]
    same: int
    """Layers that are what they were, sizes apart."""
    resized: int
    """Layers that are what they were and give another shape."""
    carry: Carry

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not (self.entries or self.ports or self.lines or self.resized)


@dataclass(frozen=True)
class Differences:
    """Networks compared in pairs, and those that have no counterpart."""

    pairs: tuple[Difference, ...]
    removed: tuple[Side, ...] = ()
    added: tuple[Side, ...] = ()

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not self.removed and not self.added and all(each.none for each in self.pairs)

    @property
    def alone(self) -> list[str]:
        """A line for the networks that only one side has."""
        lines = []
        for sign, verb, sides in (("−", "gone", self.removed), ("+", "new", self.added)):
            if sides:
                lines.append(f"{sign} {verb}: {', '.join(each.name for each in sides)}")
        return lines
