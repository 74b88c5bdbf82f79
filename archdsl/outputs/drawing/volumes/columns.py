"""How wide everything is: bodies side by side in cells, and the cells of a stage in a column.

All is measured from a column's left edge and from the axis that runs through the middle of every body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from archdsl.check.model import Checked
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.volumes import words
from archdsl.outputs.drawing.volumes.bodies import Body, Run, Stage
from archdsl.outputs.drawing.volumes.solids import RECEDES, Scale, Solid
from archdsl.outputs.drawing.volumes.strip import Costs, costs, needs

TALLEST, SHORTEST = 112.0, 15.0
THICKEST, THINNEST = 24.0, 4.0
"""Points, for the largest and the smallest map, and for the most and the fewest channels."""

SLAB = 3.5
"""The thickness of what is lettered elsewhere: pools, merges, ends."""
SHEET = 2.0
"""The thickness of an input with fewer channels than any layer."""

BAR = 5.0
"""The thickness of a list of features."""
BAR_TALLEST, BAR_SHORTEST, BAR_FULL = 62.0, 12.0, 8192
"""A bar's height, to a logarithm; longer lists than `BAR_FULL` are drawn no higher."""

APART = 13.0
"""Between cells; kernels and arrows are drawn there."""
SET_APART = 20.0
"""Behind the input."""
TIGHT = 3.2
"""Between the bodies of one cell."""
LONGEST = 150.0
"""Points, for one line of text; what is longer is shortened, and a pointer over it shows all."""
LINE = 1.2
"""From one line of text to the next, for size 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """How closely a network is drawn."""

    fold: int = 0
    roomy: bool = False
    """Whether every body has a cell and letters of its own, or else every stage."""
    costs: bool = True
    """Whether there is a strip of them below."""
    kinds: bool = True
    """Whether it is said below what kinds of layers a stage has."""
    tall: float = 1.0
    """How high bodies are, of their natural height."""


@dataclass(frozen=True, slots=True)
class Scales:
    """The measures that all bodies of a drawing share."""

    places: Scale
    channels: Scale
    lane: float
    """From the axis of one twin to that of the next."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Letters under bodies, from one to another."""

    text: str
    left: float
    right: float
    bold: bool = False
    spans: bool = False
    """Whether several bodies are meant, and a line says which."""

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def wide(self) -> float:
        """How much room its letters need."""
        return width(self.text, SMALL, self.bold)

    def moved(self, right: float) -> Mark:
        return replace(self, left=self.left + right, right=self.right + right)


@dataclass(slots=True, eq=False)
class Placed:
    """A body with its solids, one for each lane."""

    body: Body
    solids: tuple[Solid, ...]

    @property
    def left(self) -> float:
        return self.solids[0].left

    @property
    def right(self) -> float:
        return self.solids[0].right

    @property
    def bottom(self) -> float:
        return max(solid.bottom for solid in self.solids)

    @property
    def top(self) -> float:
        return min(solid.top for solid in self.solids)


@dataclass(slots=True, eq=False)
class Cell:
    """Bodies that stand close together, with one text above them."""

    bodies: list[Placed]
    letters: str
    leans: Literal["left", "right", ""] = ""
    """Where the text above is moved, off the lines that fan out from a body or come together at it."""
    marks: list[Mark] = field(default_factory=list)
    """In lines below the bodies: channels first, then how often they repeat."""
    repeats: list[Mark] = field(default_factory=list)

    @property
    def left(self) -> float:
        return min(self._near, self.letters_at - width(self.letters, SMALL) / 2, self._marked[0])

    @property
    def right(self) -> float:
        return max(self._far, self.letters_at + width(self.letters, SMALL) / 2, self._marked[1])

    @property
    def letters_at(self) -> float:
        """Where the middle of the text above is."""
        middle, half = (self._near + self._far) / 2, width(self.letters, SMALL) / 2
        if self.leans == "left":
            return min(middle, self._far - half)
        return max(middle, self._near + half) if self.leans == "right" else middle

    @property
    def _near(self) -> float:
        return min(placed.left for placed in self.bodies)

    @property
    def _far(self) -> float:
        return max(placed.right for placed in self.bodies)

    @property
    def _marked(self) -> tuple[float, float]:
        """How far the letters below reach."""
        marks = [*self.marks, *self.repeats]
        lefts = [mark.middle - mark.wide / 2 for mark in marks]
        rights = [mark.middle + mark.wide / 2 for mark in marks]
        return min(lefts, default=self._near), max(rights, default=self._far)

    @property
    def top(self) -> float:
        """Where its text ends above the axis."""
        return min(placed.top for placed in self.bodies) - 3.5

    @property
    def bottom(self) -> float:
        """Where everything below it begins."""
        lines = bool(self.marks) + bool(self.repeats)
        return max(placed.bottom for placed in self.bodies) + 1.5 + lines * SMALL * LINE


@dataclass(slots=True, eq=False)
class Column:
    """One stage, or what is not drawn: its cells, and the words and costs below them."""

    key: str
    name: str
    lines: list[str]
    cost: Costs
    cells: list[Cell]
    width: float
    at: float = 0.0
    """Where its left edge is."""

    @property
    def middle(self) -> float:
        return self.at + self.width / 2

    @property
    def is_input(self) -> bool:
        return bool(self.cells) and self.cells[0].bodies[0].body.kind == "input"


def scales(stages: Sequence[Stage], tall: float = 1.0) -> Scales:
    """The scales that hold all bodies of a network, so high of their natural height."""
    maps = [body for stage in stages for body in stage.bodies if not body.is_bar]
    places = [size for body in maps for size in body.shape[1:]] or [1]
    thick = [body.shape[0] for body in maps if body.kind in ("map", "block")] or [1]
    lanes = max(body.lanes for stage in stages for body in stage.bodies)
    tallest = tall * (TALLEST if lanes == 1 else TALLEST * 0.7)
    return Scales(
        Scale(min(places), max(places), SHORTEST, tallest),
        Scale(min(thick), max(thick), THINNEST, THICKEST),
        tallest * (1 + RECEDES) + 6,
    )


def _bar(features: int) -> float:
    bar = Scale(1, BAR_FULL, BAR_SHORTEST, BAR_TALLEST)
    return min(bar(features), BAR_TALLEST)


def _solids(body: Body, middle: float, scales: Scales) -> tuple[Solid, ...]:
    """The solids of a body, of which the middle of its left side lies at a place on the axis."""
    shape = body.shape
    if body.is_bar:
        thick, high, recede = BAR, _bar(shape[0]), BAR / 2
    else:
        high = scales.places(shape[1])
        recede = RECEDES * scales.places(shape[2]) if len(shape) > 2 else BAR / 2
        thick = SLAB if body.is_thin else scales.channels(shape[0])
        if body.kind == "input" and shape[0] < scales.channels.low:
            thick = SHEET
    x, lanes = middle - recede / 2, body.lanes
    y = [(lane - (lanes - 1) / 2) * scales.lane + (recede - high) / 2 for lane in range(lanes)]
    return tuple(Solid(x, each, thick, high, recede) for each in y)


def columns(
    checked: Checked, stages: Sequence[Stage], names: Sequence[str], look: Look, scales: Scales
) -> list[Column]:
    """Every stage in its column; behind them what costs something and is not drawn."""
    cells = [_cells(stage, look, scales) for stage in stages]
    for before, cell in pairwise(each for stage in cells for each in stage):
        _lean(before, cell)
    made = [
        _column(
            f"stage {number}",
            name,
            words.kinds(stage) if look.kinds else [],
            costs(checked, stage.nodes),
            own,
        )
        for number, (stage, name, own) in enumerate(zip(stages, names, cells, strict=True))
    ]
    drawn = {node.index for stage in stages for node in stage.nodes}
    rest = costs(checked, [node for node in checked.graph.nodes if node.index not in drawn])
    if any(rest) and look.costs:
        made.append(_column("not drawn", "not drawn", list(checked.graph.training_outputs), rest, []))
    return made


def _lean(before: Cell, cell: Cell) -> None:
    """Move texts off the lines that fan out between two cells."""
    last, first = before.bodies[-1], cell.bodies[0]
    if first.body.is_bar and not last.body.is_bar:
        before.leans = "left"
        front = last.solids[0].x + last.solids[0].thick
        beyond = max((mark.middle + mark.wide / 2 - front for mark in before.repeats), default=0.0)
        before.repeats[:] = [mark.moved(-max(0.0, beyond)) for mark in before.repeats]
    if len(last.solids) > len(first.solids) or (first.body.is_bar and last.top < first.top - BAR):
        cell.leans = "right"


def _column(key: str, name: str, lines: list[str], cost: Costs, cells: list[Cell]) -> Column:
    """Cells side by side, in the middle of a column that is wide enough for its words."""
    name = shortened(name, LONGEST, SMALL, bold=True)
    lines = [shortened(line, LONGEST, SMALL) for line in lines]
    at = 0.0
    for cell in cells:
        at = moved(cell, at - cell.left) + APART
    room = max(0.0, at - APART)
    texts = max((width(line, SMALL) for line in lines), default=0.0)
    wide = max(room, texts, width(name, SMALL, bold=True), needs(cost))
    for cell in cells:
        moved(cell, (wide - room) / 2)
    return Column(key, name, lines, cost, cells, wide)


def put(column: Column, at: float) -> None:
    """Move a column to a place."""
    for cell in column.cells:
        moved(cell, at - column.at)
    column.at = at


def _cells(stage: Stage, look: Look, scales: Scales) -> list[Cell]:
    """One for each body, or all bodies of a stage in one."""
    single = look.roomy or all(body.is_bar for body in stage.bodies)
    groups = [(run,) for run in stage.runs] if single else [stage.runs]
    return [_cell(group, stage, single, scales) for group in groups]


def moved(cell: Cell, right: float) -> float:
    """Move a cell; gives its new right edge."""
    for placed in cell.bodies:
        placed.solids = tuple(replace(each, x=each.x + right) for each in placed.solids)
    for marks in (cell.marks, cell.repeats):
        marks[:] = [mark.moved(right) for mark in marks]
    return cell.right


def _cell(runs: Sequence[Run], stage: Stage, single: bool, scales: Scales) -> Cell:
    """Bodies close together, each as far behind the one before as their letters need."""
    lettered = not single and words.differs_in_channels(stage)
    bodies: list[Placed] = []
    marks: list[Mark] = []
    repeats: list[Mark] = []
    middle = free = 0.0
    for run in runs:
        first = len(bodies)
        told = words.times(run)
        for body in run.bodies:
            text = words.channels(body) if lettered and body.kind in ("map", "block") else ""
            solids = _solids(body, middle, scales)
            half = width(text, SMALL) / 2
            front = solids[0].x + solids[0].thick / 2
            ahead = max(0.0, free - (front - half)) if text and marks else 0.0
            if told and repeats and body is run.bodies[0]:
                begins = front - width(told, SMALL, bold=True) / 2
                ahead = max(ahead, repeats[-1].middle + repeats[-1].wide / 2 + 3 - begins)
            middle += ahead
            placed = Placed(body, _solids(body, middle, scales))
            bodies.append(placed)
            if text:
                marks.append(Mark(text, front + ahead - half, front + ahead + half))
                free = front + ahead + half + 3
            middle += placed.solids[0].thick + TIGHT
        if told:
            solid = bodies[-1].solids[0]
            left, right = bodies[first].left, solid.x + solid.thick
            repeats.append(Mark(told, left, right, bold=True, spans=len(run.bodies) > 1))
    letters = shortened(_letters(runs, stage, single), LONGEST, SMALL)
    return Cell(bodies, letters, marks=marks, repeats=repeats)


def _letters(runs: Sequence[Run], stage: Stage, single: bool) -> str:
    """What stands above a cell."""
    body = runs[0].bodies[-1]
    return words.heading(stage) if not single else "" if body.kind == "end" else words.size(body)


def places(columns: Sequence[Column]) -> Iterator[Placed]:
    """Every body of columns, in order."""
    return (placed for each in columns for cell in each.cells for placed in cell.bodies)
