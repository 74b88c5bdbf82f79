"""Cards: units below each other, norms and activations as edges in their colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from archdsl.graph.model import Node
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.levels.found import Dip, Levels, Streams
from archdsl.outputs.drawing.levels.units import Unit
from archdsl.outputs.drawing.levels.words import (
    NAME,
    about,
    channels,
    key_of,
    kind_of,
    resolution,
    short_kind,
)
from archdsl.outputs.drawing.scene import Group, Part, Rect, Text
from archdsl.outputs.drawing.themes import SMALL

BEHIND = 4.0
"""How far the outlines behind a card that repeats stand out."""
_ROW, _EDGE = 12.0, 2.4
"""Heights of a line, and of an edge."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a card; more units than one where several are alike, here or where all of it repeats."""

    units: tuple[Unit, ...]
    times: int = 1

    @property
    def edges(self) -> list[Node]:
        """Norms and activations behind a weight layer."""
        first = self.units[0]
        return [] if first.scope else first.nodes[1:]

    @property
    def high(self) -> float:
        return _ROW + _EDGE * len(self.edges)

    def text(self) -> str:
        return _line(self.units[0]) + (f" ×{self.times}" if self.times > 1 else "")


@dataclass(slots=True, eq=False)
class Card:
    """Units in their place; of a dip, with the name of its block."""

    rows: list[Row]
    name: str = ""
    times: int = 1
    below: str = ""
    """Small print under it."""
    wide: float = 0.0
    x: float = 0.0
    y: float = 0.0

    @property
    def high(self) -> float:
        return (_ROW if self.name else 0.0) + sum(row.high for row in self.rows)

    @property
    def right(self) -> float:
        return self.x + self.wide

    @property
    def center(self) -> float:
        return self.x + self.wide / 2

    @property
    def middle(self) -> float:
        return self.y + self.high / 2

    @property
    def bottom(self) -> float:
        return self.y + self.high

    def heading(self) -> str:
        return self.name + (f" ×{self.times}" if self.times > 1 else "")

    def text_width(self) -> float:
        """How wide its widest line is."""
        widest = max(width(row.text(), SMALL) for row in self.rows)
        return max(widest, width(self.heading(), SMALL, bold=True))


def head_cards(found: Levels, streams: Streams) -> list[Card]:
    """What comes before the first dip, divided where a step down leaves."""
    cards: list[list[Unit]] = [[]]
    for unit in streams.head.units[1:]:
        cards[-1].append(unit)
        if any(link.drop > 0 for link in found.out_of(unit)):
            cards.append([])
    return [card_of(units) for units in cards if units]


def dip_card(dip: Dip) -> Card:
    """The card of a dip, which has the name of its block where it is one."""
    scopes = {node.scope for unit in (*dip.stage.units, dip.join) for node in unit.nodes}
    scope = scopes.pop() if len(scopes) == 1 else None
    name = shortened(scope.definition, NAME, SMALL, bold=True) if scope is not None else ""
    rows = [Row(alike) for alike in zip(*(stage.units for stage, _ in dip.every), strict=True)]
    return Card(rows, name, dip.times, resolution(dip.stage.units[-1].value))


def card_of(units: Sequence[Unit]) -> Card:
    """A line for each unit, and for closed blocks that are alike and follow on each other."""
    rows: list[Row] = []
    for _, same in groupby(units, lambda unit: (_line(unit), unit.scope is None)):
        run = tuple(same)
        rows += [Row((unit,)) for unit in run] if run[0].scope is None else [Row(run, len(run))]
    return Card(rows)


def _line(unit: Unit) -> str:
    if unit.is_merge:
        return unit.head.op.name
    name = kind_of(unit) if unit.scope else short_kind(unit)
    return f"{name}, {channels(unit.value)}"


def drawn(card: Card, found: Levels) -> Iterator[Part]:
    """The card, with outlines behind it where it repeats."""
    for off in (BEHIND, BEHIND / 2) if card.times > 1 else ():
        yield Rect(card.x + off, card.y - off, card.wide, card.high, "block", weight=0.6)
    yield Rect(card.x, card.y, card.wide, card.high, "block")
    y = card.y
    if card.name:
        yield Text(card.center, y + _ROW / 2 + 0.36 * SMALL, card.heading(), SMALL, bold=True)
        y += _ROW
    for row in card.rows:
        yield _drawn_row(row, card, y, found)
        y += row.high
    outline = "block" if card.name else "learned"
    yield Rect(card.x, card.y, card.wide, card.high, outline, filled=False)
    if card.below:
        yield Text(card.center, card.bottom + 9, card.below, SMALL, role="faint")


def _drawn_row(row: Row, card: Card, y: float, found: Levels) -> Group:
    unit = row.units[0]
    role = "learned" if unit.scope else unit.head.op.family
    parts: list[Part] = [Rect(card.x, y, card.wide, _ROW, role, weight=0.0)]
    parts.append(Text(card.center, y + _ROW / 2 + 0.36 * SMALL, row.text(), SMALL))
    for number, node in enumerate(row.edges):
        parts.append(Rect(card.x, y + _ROW + _EDGE * number, card.wide, _EDGE, node.op.family, weight=0.5))
    return Group(key_of(unit), about(row.units, found.checked), tuple(parts))
