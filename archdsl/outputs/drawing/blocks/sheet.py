"""From a picture and its insets to a scene with a shape near that of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf, log

from archdsl.outputs.drawing.blocks import legend
from archdsl.outputs.drawing.blocks.paint import painted
from archdsl.outputs.drawing.blocks.picture import Picture
from archdsl.outputs.drawing.blocks.placing.layout import Layout
from archdsl.outputs.drawing.blocks.placing.unit import Unit
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.remarks import listed
from archdsl.outputs.drawing.scene import Part, Scene, Text
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.wanted import SMALLEST, Direction, Page

MARGIN = 6.0
BESIDE = 20.0
"""Between the flow and the insets, and between these."""
HEADING = 13.0
READABLE = SMALL / SMALLEST
"""How much larger than its page a drawing may be, for it is shrunk."""
FREELY = 1.19
"""What is shrunk no more than this is as readable as what is not shrunk."""
FACTORS = (
    1.0,
    1.06,
    1.12,
    1.19,
    1.26,
    READABLE,
    1.5,
    1.75,
    2.1,
    2.6,
    3.3,
    4.5,
    6.5,
    10.0,
    16.0,
    30.0,
    60.0,
    1000.0,
)
"""How much larger than its page a drawing is tried to be."""

Size = tuple[float, float]


@dataclass(slots=True)
class Sheet:
    """A drawing with everything on it, not yet at its place."""

    picture: Picture
    direction: Direction
    main: Unit
    insets: Sequence[Unit] = ()
    beside: bool = True
    """Whether the insets stand at the right of the flow, or below it."""
    limit: float = inf
    """How long a column of insets is."""
    title: str = ""
    factor: float = 1.0
    """How much larger it is than its page."""
    room: float = inf
    """How wide it may be with what is set beside it."""
    places: list[tuple[float, float, Unit]] = field(default_factory=list)
    size: Size = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Give everything its place, and learn the size of it all."""
        top = HEADING + 10.0 if self.title else 0.0
        wide, high = extent(self.main, self.direction)
        self.places = [(0.0, top, self.main)]
        x, y, reach = (wide + BESIDE, 0.0, wide) if self.beside else (0.0, high + BESIDE, wide)
        for inset in self.insets:
            own_wide, own_high = extent(inset, "down")
            if self.beside:
                if y and y + own_high > self.limit:
                    x, y = reach + BESIDE, 0.0
                self.places.append((x, top + y, inset))
                reach, high = max(reach, x + own_wide), max(high, y + own_high)
                y += own_high + BESIDE
            else:
                self.places.append((x, top + y, inset))
                high, reach = max(high, y + own_high), max(reach, x + own_wide)
                x += own_wide + BESIDE
        reach = max(reach, width(self.title, HEADING, bold=True))
        self.size = reach, top + high

    @property
    def is_uneven(self) -> bool:
        """Whether a column of the flow looks as if it were left over."""
        return any(unit.uneven for unit in self.main.units())

    def scene(self, folded: tuple[str, ...] = ()) -> Scene:
        """All of it as a scene, with its heading and its legend."""
        parts: list[Part] = []
        wide, high = self.size
        entries = legend.entries(self.picture, [unit for _, _, unit in self.places])
        rows = legend.rows(entries, wide)
        if self.title:
            parts.append(Text(MARGIN, MARGIN + HEADING, self.title, HEADING, "start", bold=True))
        for x, y, unit in self.places:
            direction = self.direction if unit is self.main else "down"
            parts.extend(painted(unit, direction, MARGIN + x, MARGIN + y))
        parts.extend(legend.drawn(rows, MARGIN, MARGIN + high + legend.ABOVE))
        high += legend.height(rows)
        wide = max(wide, legend.breadth(rows))
        title, description = self.picture.title, self.picture.description
        scene = Scene(wide + 2 * MARGIN, high + 2 * MARGIN, title, description, tuple(parts), folded)
        return listed(scene, self.picture.remarks, self.room)


def extent(unit: Unit, direction: Direction) -> Size:
    """Width and height of a unit that runs in a direction."""
    across = unit.low + unit.high
    return (across, unit.length) if direction == "down" else (unit.length, across)


class Trial:
    """One picture with its insets, to be laid out for pages of different sizes."""

    def __init__(self, picture: Picture, insets: Sequence[Picture], title: str | None) -> None:
        self.picture = picture
        self.title = title or ""
        self.insets = [Layout(inset, "down").whole(None) for inset in insets]
        self.layouts: dict[Direction, Layout] = {}

    def sheet(
        self, page: Page, directions: Sequence[Direction], most: float = inf, beside: bool = True
    ) -> Sheet | None:
        """The layout, with insets beside it or without, of which most speaks for; None where it needs a page
        that is larger by more than `most`.
        """
        insets = self.insets if beside else []
        found: list[Sheet] = []
        for factor in FACTORS:
            if factor > (
                most if not found else FREELY if any(not each.is_uneven for each in found) else READABLE
            ):
                break
            found += [
                sheet
                for sheet in self._sheets(page, directions, factor, insets)
                if _fits(sheet, page, factor)
            ]
        return min(found, key=lambda sheet: _cost(sheet, page), default=None)

    def _sheets(
        self, page: Page, directions: Sequence[Direction], factor: float, insets: Sequence[Unit]
    ) -> Iterator[Sheet]:
        """The layouts for a page that is so much larger."""
        wide = page.width * factor - 2 * MARGIN
        high = page.height * factor - 2 * MARGIN - (HEADING + 10.0 if self.title else 0.0)
        if legend.entries(self.picture, insets):
            high -= legend.ABOVE + legend.ROW
        sizes = [extent(inset, "down") for inset in insets]
        beside = max((each[0] for each in sizes), default=0.0) + BESIDE
        below = max((each[1] for each in sizes), default=0.0) + BESIDE
        for direction in directions:
            layout = self._layout(direction)
            rooms = (
                [(True, wide - beside, high), (False, wide, high - below)] if sizes else [(True, wide, high)]
            )
            for is_beside, room_wide, room_high in rooms:
                limit = room_high if direction == "down" else room_wide
                if limit <= 0:
                    continue
                main = layout.whole(limit)
                room = page.width * factor
                yield Sheet(self.picture, direction, main, insets, is_beside, high, self.title, factor, room)

    def _layout(self, direction: Direction) -> Layout:
        if direction not in self.layouts:
            self.layouts[direction] = Layout(self.picture, direction)
        return self.layouts[direction]


def _fits(sheet: Sheet, page: Page, factor: float) -> bool:
    room = page.width * factor + 0.01, page.height * factor + 0.01
    wide, high = sheet.size
    if wide > room[0] or high > room[1]:
        return False
    scene = sheet.scene()
    return scene.width <= room[0] and scene.height <= room[1]


def _cost(sheet: Sheet, page: Page) -> float:
    """How much speaks against a sheet: shrinking, columns, and another shape than the page's."""
    wide, high = sheet.size
    unlike = abs(log(max(wide, 1.0) / max(high, 1.0) * page.height / page.width))
    return log(sheet.factor) + 0.07 * sheet.main.columns + 0.4 * sheet.is_uneven + 0.03 * unlike
