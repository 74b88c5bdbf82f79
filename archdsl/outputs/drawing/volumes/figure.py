"""The whole drawing: rows of columns, a heading and a legend, as large as the page allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from archdsl.check.model import Checked, written_shape
from archdsl.outputs.drawing.blocks.picture import sizes
from archdsl.outputs.drawing.lettering import shortened, width, wrapped
from archdsl.outputs.drawing.pages import growth, too_large
from archdsl.outputs.drawing.scene import Line, Part, Polygon, Rect, Scene, Text, placed
from archdsl.outputs.drawing.themes import SIZE, SMALL
from archdsl.outputs.drawing.volumes import strip, words
from archdsl.outputs.drawing.volumes.bodies import Kind, Stage, condensed, stages
from archdsl.outputs.drawing.volumes.columns import Column, Look, Scales, columns, scales
from archdsl.outputs.drawing.volumes.rows import ROLES, Row, row, span
from archdsl.outputs.drawing.wanted import Page, Wanted

NATURAL = Page(960.0, 1e6)
"""The room where none is given."""

ROOMIEST = 560.0
"""A network that would be wider with letters on every body has them on every stage."""

MARGIN = 6.0
BETWEEN = 26.0
"""Between rows; the line from one to the next runs there."""

LOOKS = (
    (Look(0, roomy=True), Look(0), Look(1), Look(2)),
    (Look(3),),
    (Look(1, costs=False), Look(3, costs=False)),
    (Look(3, costs=False, tall=0.6), Look(3, costs=False, kinds=False, tall=0.6)),
)
"""What is tried in one row and then in more, from the fullest to the most folded.

Costs are given up late, and the kinds of layers last.
"""

MOST_ROWS = 6


def figure(checked: Checked, wanted: Wanted) -> Scene:
    """A network as volumes, with as much as has room; raises CannotDraw."""
    found = stages(checked)
    page = wanted.page or NATURAL
    for looks in LOOKS:
        plans = [Plan(checked, found, look, wanted) for look in looks]
        for rows in range(1, min(MOST_ROWS, len(found)) + 1):
            for plan in plans:
                scene = plan.drawn(rows, page)
                if scene is not None:
                    return scene
    raise too_large(checked.name, page)


class Breaks(NamedTuple):
    """How wide the widest row is, and behind which columns rows end."""

    wide: float
    stops: tuple[int, ...]


class Plan:
    """A network measured for one look."""

    def __init__(self, checked: Checked, stages: Sequence[Stage], look: Look, wanted: Wanted) -> None:
        self.checked = checked
        self.wanted = wanted
        self.look = look
        self.unfolded = stages
        self.stages = [condensed(stage, look.fold) for stage in stages]
        self.scales: Scales = scales(stages, look.tall)
        self.columns = columns(checked, self.stages, words.names(stages), look, self.scales)
        bill = strip.Bill(strip.total(checked), [each.cost for each in self.columns])
        self.bill = bill if look.costs else None
        self.gutter = strip.gutter(bill.whole) if look.costs else 0.0

    def drawn(self, rows: int, page: Page) -> Scene | None:
        """The drawing in so many rows; None if its letters would be too small on the page."""
        breaks = self._breaks(rows)
        least = page.least / SMALL if self.wanted.page else 1.0
        widest = max(span(part, self.gutter) for part in breaks) + 2 * MARGIN
        if widest * least > page.width or (self.look.roomy and widest > ROOMIEST):
            return None
        scene = self._scene(breaks)
        fits = min(page.width / scene.width, page.height / scene.height)
        by = min(fits, growth(page))
        if by < least:
            return None
        return scene if by == 1.0 else scene.scaled(by)

    def _breaks(self, rows: int) -> list[list[Column]]:
        """The columns in rows of which the widest is as narrow as can be."""
        count = len(self.columns)
        # for each number of columns, the narrowest way to have them in the rows so far, and where rows end
        best: dict[int, Breaks] = {0: Breaks(0.0, ())}
        for _ in range(rows):
            line: dict[int, Breaks] = {}
            for stop in range(1, count + 1):
                for start, before in best.items():
                    part = self.columns[start:stop]
                    if not any(each.cells for each in part):  # what is not drawn makes no row
                        continue
                    wide = max(before.wide, span(part, self.gutter))
                    if stop not in line or wide < line[stop].wide:
                        line[stop] = Breaks(wide, (*before.stops, stop))
            best = line
        stops = best[count].stops
        return [self.columns[start:stop] for start, stop in pairwise((0, *stops))]

    def _scene(self, breaks: Sequence[Sequence[Column]]) -> Scene:
        used: Counter[str] = Counter()
        drawn = [row(columns, self.gutter, self.checked, self.bill, used) for columns in breaks]
        wide = max(each.width for each in drawn)
        parts: list[Part] = []
        y = MARGIN
        if self.wanted.title:
            title = shortened(self.wanted.title, wide, SIZE, bold=True)
            parts.append(Text(MARGIN + wide / 2, y + SIZE, title, SIZE, bold=True))
            y += SIZE * 2
        before: tuple[Row, float] | None = None
        for each in drawn:
            axis = y - each.top
            if before is not None:
                parts.append(_turn(before, (each, axis), wide))
            parts += placed(each.parts, MARGIN, axis)
            before = each, axis
            y = axis + each.bottom + BETWEEN
        y += 4 - BETWEEN
        legend, y = _legend(self.stages, self.scales, wide, y)
        parts += placed(legend, MARGIN)
        lost = sum(each.lost for each in drawn)
        for line in (line for note in self._notes(lost) for line in wrapped(note, wide, SMALL)):
            y += SMALL * 1.4
            parts.append(Text(MARGIN, y, line, SMALL, "start", "faint"))
        return Scene(
            wide + 2 * MARGIN,
            y + MARGIN,
            self.checked.name,
            description(self.checked),
            tuple(parts),
            tuple(self._told(lost)),
        )

    def _told(self, lost: int) -> Iterator[str]:
        """What is left out or folded."""
        if lost:
            yield f"skips from one row to another are not drawn: {lost}"
        if self.bill is None:
            yield "parameters and MACs are not drawn"
        if not self.look.kinds:
            yield "the kinds of layers are not drawn"
        graph = self.checked.graph
        if graph.training_outputs:
            left = ", ".join(graph.training_outputs)
            yield f"left out, as only training needs it: {left}"
        shown = sum(len(stage.bodies) for stage in self.stages)
        every = sum(len(stage.bodies) for stage in self.unfolded)
        if shown < every:
            folded = "layers that repeat are drawn once, with how often"
            if any(body.differs for stage in self.stages for body in stage.bodies):
                folded = "layers in a row are drawn as one, with how many they are and their channels"
            yield f"{folded}: {shown} bodies for {every}"

    def _notes(self, lost: int) -> Iterator[str]:
        """What must be known to read the drawing, below it."""
        if lost:
            yield f"Skips from one row to another are not drawn: {lost}."
        inputs = self.checked.graph.inputs.values()
        if self.bill is not None and any(value.open for value in inputs):
            shapes = ", ".join(sizes(value.shape or ()) for value in inputs)
            yield f"The sizes of {self.checked.name} are open; its MACs are those for {shapes}."


def _turn(before: tuple[Row, float], after: tuple[Row, float], wide: float) -> Line:
    """The line from the end of a row to the beginning of the next one."""
    (upper, y), (lower, end) = before, after
    x, far, near, to = (
        MARGIN + each for each in (upper.leaves + 2, wide + 3, lower.enters - 11, lower.enters)
    )
    level = y + upper.bottom + BETWEEN / 2
    return Line(((x, y), (far, y), (far, level), (near, level), (near, end), (to, end)), head=True)


_LEGEND: dict[Kind, str] = {
    "map": "convolution",
    "block": "block with branches",
    "pool": "pool",
    "merge": "merge",
    "shape": "change of shape",
    "end": "softmax",
}


def _legend(stages: Sequence[Stage], scales: Scales, wide: float, y: float) -> tuple[list[Part], float]:
    """What the colours mean, and that sizes are logarithms, in lines as wide as the drawing."""
    kinds = {body.kind for stage in stages for body in stage.bodies}
    learned = [body for stage in stages for body in stage.bodies if body.kind == "map"]
    entries: list[tuple[Kind | None, str]] = [(kind, text) for kind, text in _LEGEND.items() if kind in kinds]
    if any(body.is_bar for body in learned):
        both = any(not body.is_bar for body in learned)
        entries[0] = ("map", "convolution, fully connected" if both else "fully connected")
    logs = [what for what, scale in (("heights", scales.places), ("widths", scales.channels)) if scale.is_log]
    if logs:
        entries.append((None, f"{' and '.join(logs)} on a log scale"))
    parts: list[Part] = []
    x, base = 0.0, y + SMALL
    for kind, text in entries:
        needed = width(text, SMALL) + (SMALL * 1.3 if kind else 0.0)
        if x and x + needed > wide:
            x, base = 0.0, base + SMALL * 1.4
        if kind:
            parts += _swatch(kind, x, base)
            x += SMALL * 1.3
        parts.append(Text(x, base, text, SMALL, "start", "faint"))
        x += width(text, SMALL) + 14
    return parts, base


def _swatch(kind: Kind, x: float, base: float) -> Iterator[Part]:
    side = SMALL * 0.85
    yield Rect(x, base - side + 0.6, side, side, ROLES[kind], weight=0.6)
    if kind == "block":
        right, top = x + side, base - side + 0.6
        left, bottom = right - 2.6, top + side
        corners = (left, top), (right, top), (right, bottom), (left, bottom)
        yield Polygon(corners, "merge", weight=0.6)


def description(checked: Checked) -> str:
    """The drawing in words."""
    graph, metrics = checked.graph, checked.metrics
    start, end = (
        next(sizes(written_shape(value)) for value in values.values())
        for values in (graph.inputs, graph.outputs)
    )
    return (
        f"{checked.name} as volumes, from {start} to {end}: {metrics.weight_layers:,} weight layers, "
        f"{metrics.params:,} parameters, {metrics.macs:,} multiply-accumulates."
    )
