"""Where lines run in any way between parts: Graphviz finds their places, and the way of the lines.

Frames that one line enters and one leaves are laid out here, and are nodes to Graphviz; it gives the
others their place around what is in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame
from archdsl.outputs.drawing.blocks.placing.frames import LINE, PADDING, words
from archdsl.outputs.drawing.blocks.placing.structure import Item, Knot
from archdsl.outputs.drawing.blocks.placing.unit import Border, Label, Place, Room, Unit, Wire, label
from archdsl.outputs.drawing.engine import run
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.themes import SMALL

if TYPE_CHECKING:
    from archdsl.outputs.drawing.blocks.placing.layout import Layout

INCH = 72.0

Turn = Callable[[float, float], Place]
"""From Graphviz's x and y to u and v."""

MOST_LETTERED = 16
"""With more lines that have a text in one knot, the texts would take more room than what they are about."""


class _Tied:
    """A knot on its way to Graphviz and back."""

    def __init__(self, layout: Layout, knot: Knot, room: Room) -> None:
        self.layout, self.knot, self.room = layout, knot, room
        self.nodes: list[tuple[Box | Frame, Unit]] = []
        self.name: dict[Box, str] = {}
        """The node in which each box is."""
        self.clusters: dict[str, tuple[Frame, int]] = {}
        self.lettered = sum(bool(arrow.text) for arrow in knot.arrows) <= MOST_LETTERED
        self.arrows: list[Arrow] = []
        """Every arrow between two nodes."""
        self.source = "\n".join(self._source())

    def _source(self) -> Iterator[str]:
        down = self.layout.down
        yield "digraph {"
        yield f"  graph [rankdir={'TB' if down else 'LR'}, nodesep=0.2, ranksep=0.2, margin=0, pad=0]"
        yield '  node [shape=box, fixedsize=true, label=""]'
        yield f"  edge [fontname=Helvetica, fontsize={SMALL}, arrowhead=none, arrowtail=none]"
        pending: list[tuple[Item | None, int]] = [
            (item, self.room.depth) for item in reversed(self.knot.items)
        ]
        while pending:
            item, depth = pending.pop()
            if item is None:
                yield "}"
            elif isinstance(item, Frame) and item in self.layout.tangled:
                name = f"cluster{len(self.clusters)}"
                self.clusters[name] = item, depth
                yield f"subgraph {name} {{"
                yield f"  graph [margin={PADDING}, {self._cluster_label(item)}]"
                pending.append((None, depth))
                pending.extend((part, depth + 1) for part in reversed(item.parts))
            else:
                yield self._node(item, depth)
        self.arrows = [arrow for arrow in self.layout.picture.arrows if self._between(arrow)]
        for number, arrow in enumerate(self.arrows):
            yield self._edge(number, arrow)
        yield "}"

    def _node(self, item: Item, depth: int) -> str:
        unit = self.layout.unit(item, Room(None, depth))
        name = f"n{len(self.nodes)}"
        self.nodes.append((item, unit))
        pending: list[Item] = [item]
        while pending:
            part = pending.pop()
            if isinstance(part, Box):
                self.name[part] = name
            else:
                pending.extend(part.parts)
        # with the line that enters in the middle, which is where Graphviz has it
        half = max(unit.low, unit.high)
        wide, high = (2 * half, unit.length) if self.layout.down else (unit.length, 2 * half)
        shape = ", shape=circle" if isinstance(item, Box) and item.kind in ("sign", "fork") else ""
        return f"  {name} [width={wide / INCH:.4f}, height={high / INCH:.4f}{shape}]"

    def _between(self, arrow: Arrow) -> bool:
        """Whether an arrow leads from one node to another."""
        tail, head = self.name.get(arrow.tail), self.name.get(arrow.head)
        return tail is not None and head is not None and tail != head

    def _edge(self, number: int, arrow: Arrow) -> str:
        spacer = ""
        if arrow.text and self.lettered:
            spacer = f", label={_spacer(width(arrow.text, SMALL) + 8.0, SMALL + 3.0)}"
        light = arrow.head.kind in ("sign", "bar") or arrow.training
        leave, enter = "sn" if self.layout.down else "ew"
        tail, head = self.name[arrow.tail], self.name[arrow.head]
        exact = [self._is_exact(*self.nodes[int(name[1:])]) for name in (tail, head)]
        ports = "" if arrow.tail.kind == "fork" and not exact[0] else f", tailport={leave}"
        if exact[1] or (ports and arrow.head.kind not in ("sign", "bar", "fork")):
            ports += f", headport={enter}"
        return f'  {tail} -> {head} [id="{number}", weight={1 if light else 6}{ports}{spacer}]'

    @staticmethod
    def _is_exact(item: Item, unit: Unit) -> bool:
        """Whether lines have to meet it in the middle: elsewhere its sides are not where its node's are."""
        lone = isinstance(item, Box) and item.times == 1 and not item.skip
        return not lone or abs(unit.low - unit.high) > 0.5

    def _cluster_label(self, frame: Frame) -> str:
        lines = words(frame)
        if not lines:
            return 'label=""'
        widest = max(width(line, SMALL, bold=True) for line in lines) + 10.0
        return f"label={_spacer(widest, LINE * len(lines))}, labeljust=l"


def _spacer(wide: float, high: float) -> str:
    """A label that only takes room."""
    return (
        f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" '
        f'WIDTH="{wide:.0f}" HEIGHT="{high:.0f}"><TR><TD></TD></TR></TABLE>>'
    )


def knot(layout: Layout, piece: Knot, room: Room) -> Unit:
    """A knot, laid out. The line that enters it goes to the item that it is read by."""
    tied = _Tied(layout, piece, room)
    found: dict[str, Any] = json.loads(run(tied.source, "json"))
    _, _, right, top = map(float, found["bb"].split(","))

    def place(x: float, y: float) -> Place:
        return (top - y, x) if layout.down else (x, top - y)

    length, breadth = (top, right) if layout.down else (right, top)
    whole = Unit(length, 0.0, breadth, enters=False)
    objects = {each["name"]: each for each in found.get("objects", ())}
    for name, (frame, depth) in tied.clusters.items():
        whole.marks.append(_border(layout, frame, depth, objects[name], place))
    for edge in found.get("edges", ()):
        arrow = tied.arrows[int(edge["id"])]
        _, entered = tied.nodes[int(tied.name[arrow.head][1:])]
        whole.marks.extend(_wire(arrow, entered.enters, edge, place))
    spots = {}
    for number, (item, unit) in enumerate(tied.nodes):
        x, y = map(float, objects[f"n{number}"]["pos"].split(","))
        u, v = place(x, y)
        spots[item] = u - unit.length / 2, v, unit
        whole.put(unit, u - unit.length / 2, v)
    if layout.down:
        u, v, unit = _spot(piece.items[0], spots)
        _clear_words(whole, ((0.0, v), (u + unit.inset, v)))
    _ends(layout, tied, whole, spots)
    return whole


def _wire(arrow: Arrow, head: bool, edge: dict[str, Any], place: Turn) -> Iterator[Wire | Label]:
    """A line as Graphviz has drawn it, with its text."""
    points = [tuple(map(float, each.split(","))) for each in edge["pos"].split() if each[0] not in "es"]
    way = tuple(place(*point) for point in points)
    straight = max(abs(point[1] - way[0][1]) for point in way) < 0.05
    yield Wire(arrow, (way[0], way[-1]) if straight else way, head, curved=not straight)
    if "lp" in edge:
        x, y = map(float, edge["lp"].split(","))
        u, v = place(x, y)
        yield label(arrow, arrow.text, u, v, centred=True)


def _border(layout: Layout, frame: Frame, depth: int, cluster: dict[str, Any], place: Turn) -> Border:
    left, bottom, right, top = map(float, cluster["bb"].split(","))
    (u0, v0), (u1, v1) = place(left, top), place(right, bottom)
    lines = words(frame)
    at = (3.0, v0 + 7.0) if layout.down else (7.0, v0 + 3.0)
    return Border(frame, u0, v0, u1 - u0, v1 - v0, lines, at, depth)


def _clear_words(whole: Unit, entering: tuple[Place, Place]) -> None:
    """Put the words of each frame where no line comes through them, if there is such a place."""
    ways = [entering, *(mark.points for mark in whole.marks if isinstance(mark, Wire))]
    for border in whole.marks:
        if not isinstance(border, Border) or not border.words:
            continue
        top, left = border.u + border.at[0], border.v + 7.0
        wide = max(width(line, SMALL, bold=True) for line in border.words)
        bottom, right = top + LINE * len(border.words), border.v + border.breadth - 7.0 - wide
        crossed = [v for way in ways for u, v in _steps(way) if top - 2.0 <= u <= bottom + 2.0]
        beside = (side for v in sorted(crossed) for side in (v + 5.0, v - 5.0 - wide))
        for place in (left, right, *beside):
            if left <= place <= right and not any(place - 3.0 < v < place + wide + 3.0 for v in crossed):
                border.at = border.at[0], place
                break


def _steps(way: tuple[Place, ...]) -> Iterator[Place]:
    """Places along a line, near enough to each other for words not to lie between them."""
    for (u, v), (next_u, next_v) in pairwise(way):
        count = max(1, round(abs(next_u - u) / 3.0))
        yield from ((u + (next_u - u) * i / count, v + (next_v - v) * i / count) for i in range(count + 1))


def _ends(layout: Layout, tied: _Tied, whole: Unit, spots: dict[Item, tuple[float, float, Unit]]) -> None:
    """Let the knot stand with what it begins with on the axis, and say where what leaves it does."""
    first = tied.knot.items[0]
    last = tied.knot.items[-1]
    u, v, unit = _spot(first, spots)
    whole.inset, whole.enters = u + unit.inset, unit.enters
    shift = v
    u, v, unit = _spot(last, spots)
    whole.outset = whole.length - u - unit.length + unit.outset
    whole.exit = v + unit.exit - shift
    whole.low, whole.high = shift, whole.high - shift
    _shifted(whole, -shift)


def _spot(item: Item, spots: dict[Item, tuple[float, float, Unit]]) -> tuple[float, float, Unit]:
    while item not in spots:
        assert isinstance(item, Frame)
        item = item.parts[0]
    return spots[item]


def _shifted(whole: Unit, by: float) -> None:
    whole.inner = [(u, v + by, unit) for u, v, unit in whole.inner]
    for mark in whole.marks:
        if isinstance(mark, Wire):
            mark.points = tuple((u, v + by) for u, v in mark.points)
        else:
            mark.v += by
            if isinstance(mark, Border):
                mark.at = mark.at[0], mark.at[1] + by
