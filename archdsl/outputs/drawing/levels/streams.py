"""Two streams: one that keeps its resolution along the top, and below it what dips from it and comes back.

Each dip stands on the row of its resolution; a line leads down to it from the stream, and one up to the
join where it is added. The dips also read each other, along the steps down and up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from archdsl.check.model import written_shape
from archdsl.graph.model import Node, Value
from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.blocks.words import about_layers
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.levels import cards, legend
from archdsl.outputs.drawing.levels.cards import BEHIND, Card, Row
from archdsl.outputs.drawing.levels.found import Dip, Levels, Streams
from archdsl.outputs.drawing.levels.units import Link
from archdsl.outputs.drawing.levels.words import (
    NAME,
    about,
    channels,
    inside,
    key_of,
    kind,
    kind_of,
    resolution,
)
from archdsl.outputs.drawing.scene import Circle, Group, Line, Part, Point, Text
from archdsl.outputs.drawing.themes import SMALL

_BETWEEN = 24.0
"""Between the rows of cards."""
_IN = 9.0
"""From the side of a card to the line from the stream, and to the line back."""
_SIGN = 5.5
"""Radius of a join."""
_FROM_TEXT = 3.5
"""Between a line and the text beside it."""


@dataclass(frozen=True, slots=True)
class Form:
    """How close together it all is."""

    gap: float = 17.0
    """Between cards; lines up and down run there."""
    padding: float = 5.0
    """Between a text and the sides of its card."""


FORMS = Form(), Form(12.0, 3.5)
"""From generous to tight."""


def parts_of(found: Levels, streams: Streams, form: Form) -> list[Part]:
    """Everything but the legend."""
    return list(_Drawing(found, streams, form).parts())


class _Drawing:
    """The cards in their places."""

    def __init__(self, found: Levels, streams: Streams, form: Form) -> None:
        self.found, self.streams = found, streams
        self.heads = cards.head_cards(found, streams)
        self.dips = [cards.dip_card(dip) for dip in streams.dips]
        self.tail = cards.card_of(streams.tail)
        self.cards = (*self.heads, *self.dips, self.tail)
        self._across(form)
        self._down()

    def _across(self, form: Form) -> None:
        for card in self.cards:
            card.wide = card.text_width() + 2 * form.padding
        widest = max(card.wide for card in self.dips)
        at = 0.0
        for card in self.heads:
            card.x = at
            at = card.right + form.gap
        before = self._before(0)
        at = max(self.heads[-1].right + 6 - _IN, before.center + form.gap if before else 0.0)
        for card in self.dips:
            card.wide, card.x = widest, at
            at = card.right + form.gap
        self.tail.x = self.dips[-1].right + 8

    def _down(self) -> None:
        self.level = max(card.high for card in (*self.heads, self.tail)) / 2
        """The height of the stream."""
        for card in (*self.heads, self.tail):
            card.y = self.level - card.high / 2
        y = 2 * self.level + _BETWEEN
        for scale in sorted({dip.stage.scale for dip in self.streams.dips}):
            row = [card for card, dip in self._pairs() if dip.stage.scale == scale]
            for card in row:
                card.y = y
            y += max(card.high for card in row) + _BETWEEN

    def _pairs(self) -> list[tuple[Card, Dip]]:
        return list(zip(self.dips, self.streams.dips, strict=True))

    # -- lines ------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        yield from self._stream()
        for number, (card, dip) in enumerate(self._pairs()):
            yield from self._dip(card, dip)
            before = self._before(number)
            if before is not None:
                yield self._step(before, card, self.found.steps_into(dip.stage.units, self.streams))
        after = self.found.steps_into(self.streams.tail, self.streams)
        if after:
            yield self._step(self.dips[-1], self.tail, after)
        for card in self.cards:
            yield from cards.drawn(card, self.found)
        yield from self._ends()

    def _stream(self) -> Iterator[Part]:
        y = self.level
        for before, card in zip(self.heads, self.heads[1:], strict=False):
            yield Line(((before.right + 1, y), (card.x - 1, y)), head=True, weight=1.1)
        start, end = self.heads[-1].right + 1, self.tail.x - 1
        yield Line(((start, y), (end, y)), "merge", head=True, weight=1.8)
        value = self.streams.head.units[-1].value
        told = f"{channels(value)} channels, {resolution(value)}"
        left, right = self.dips[0].right - _IN + _SIGN, self.dips[1].right - _IN - _SIGN
        middle = (left + right) / 2 if width(told, SMALL) < right - left else (start + end) / 2
        yield Text(middle, y - 9, told, SMALL, role="faint")

    def _dip(self, card: Card, dip: Dip) -> Iterator[Part]:
        """The lines from the stream down to a dip, and back up to where it is added."""
        downs, ups = zip(*(self.found.dip_links(stage, join) for stage, join in dip.every), strict=True)
        y, left, right = self.level, card.x + _IN, card.right - _IN
        top = card.y - 1 - (BEHIND if card.times > 1 else 0.0)
        yield self._carried(downs, ((left, y), (left, top)), (left + _FROM_TEXT, top - 9), "start")
        yield self._carried(ups, ((right, top), (right, y + _SIGN + 1)), (right - _FROM_TEXT, y + 21), "end")
        sign = (
            Circle(right, y, _SIGN, "merge"),
            Line(((right - _SIGN / 2, y), (right + _SIGN / 2, y)), "merge", weight=1.1),
            Line(((right, y - _SIGN / 2), (right, y + _SIGN / 2)), "merge", weight=1.1),
        )
        joins = [join for _, join in dip.every]
        yield Group(key_of(dip.join), about(joins, self.found.checked), sign)

    def _before(self, number: int) -> Card | None:
        """The card that a dip reads beside the stream."""
        links = self.found.steps_into(self.streams.dips[number].stage.units, self.streams)
        if not links:
            return None
        if number:
            return self.dips[number - 1]
        return next(card for card in self.heads for row in card.rows if links[0].tail in row.units)

    def _step(self, before: Card, card: Card, links: Sequence[Link]) -> Part:
        """From a card to one beside it, higher or lower, around the corner between them."""
        start, end = (before.right + 1, before.middle), (card.x - 1, card.middle)
        between = (before.bottom + card.y) / 2 if card.y > before.y else (card.bottom + before.y) / 2
        if card is self.tail:
            x = card.center
            at = (x + _FROM_TEXT, (card.bottom + before.middle) / 2)
            return self._carried(links, (start, (x, before.middle), (x, card.bottom + 1)), at, "start")
        if before in self.heads:
            x = before.center
            points = ((x, before.bottom + 1), (x, card.middle), end)
            return self._carried(links, points, (x - _FROM_TEXT, between + 4), "end")
        x = card.x - 8
        around = (start, (x, before.middle), (x, card.middle), end)
        if card.y > before.y:
            return self._carried(links, around, (x - _FROM_TEXT, between + 6), "end")
        return self._carried(links, around, (x + _FROM_TEXT, between + 6), "start")

    def _carried(
        self, links: Sequence[Link], points: tuple[Point, ...], at: Point, anchor: Literal["start", "end"]
    ) -> Part:
        """A line with the factor of its step, which belongs to the layers on it."""
        via = links[0].via
        line = Line(points, via[0].op.family if via else "arrow", head=True, weight=1.3)
        if not via:
            return line
        word = Text(*at, _factor(via), SMALL, anchor, "faint")
        told = "; ".join(about_layers(link.via, self.found.checked) for link in links if link.via)
        return Group(via[0].path, told, (line, word))

    # -- ends -------------------------------------------------------------------------------------

    def _ends(self) -> Iterator[Part]:
        """What goes in above the first card, and what comes out above the last."""
        source = self.streams.head.units[0]
        parts = tuple(_end(self.heads[0], source.head.name, source.value, entering=True))
        yield Group(key_of(source), about([source], self.found.checked), parts)
        for name, value in self.found.checked.graph.outputs.items():
            yield from _end(self.tail, name or "output", value, entering=False)


def _end(card: Card, name: str, value: Value, entering: bool) -> Iterator[Part]:
    x, y = card.center, card.y - 16
    points = ((x, y), (x, card.y - 1)) if entering else ((x, card.y - 1), (x, y))
    yield Line(points, head=True, weight=1.1)
    yield Text(x, y - 13, shortened(name, NAME, SMALL, bold=True), SMALL, bold=True)
    yield Text(x, y - 4, sizes(written_shape(value)), SMALL, role="faint")


def _factor(via: Sequence[Node]) -> str:
    """`/4`: by how much the layers on a line change the resolution."""
    return next((word for node in via for word in kind(node).split(", ")[1:]), kind(via[0]))


# -- legend ---------------------------------------------------------------------------------------


def entries_of(found: Levels) -> list[legend.Entry]:
    """What the colours and lines of this drawing mean."""
    units = [unit for stage in found.stages for unit in stage.units]
    closed = sorted((unit for unit in units if unit.scope), key=lambda unit: -len(unit.nodes))
    blocks = {kind_of(unit): inside(unit) for unit in closed}
    words = sorted({kind(unit.head).split(" ")[-1] for unit in units if unit.head.op.is_weight_layer})
    entries = [legend.bar(["learned"], f"{name}: {parts}") for name, parts in blocks.items()]
    entries += [legend.bar(["learned"], f"k×k, c: k×k {word} of c channels") for word in words]
    edges = {(node.op.family, node.op.name) for unit in units for node in Row((unit,)).edges}
    for family in sorted({family for family, _ in edges}, reverse=True):
        names = sorted(name for other, name in edges if other == family)
        entries.append(legend.bar([family], ", ".join(names)))
    steps = {(-link.drop, link.via[0].op.name, link.via[0].op.family) for link in found.links if link.via}
    entries += [legend.arrow(family, 1.3, name, -rises) for rises, name, family in sorted(steps) if rises]
    return entries
