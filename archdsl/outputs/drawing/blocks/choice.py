"""The block diagram that fits: which version of a network, in which shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.outputs.drawing import pages
from archdsl.outputs.drawing.blocks.compose import described, planned, tree
from archdsl.outputs.drawing.blocks.insets import insets
from archdsl.outputs.drawing.blocks.opening import Opening, asked
from archdsl.outputs.drawing.blocks.picture import Picture
from archdsl.outputs.drawing.blocks.sheet import FREELY, READABLE, Sheet, Trial
from archdsl.outputs.drawing.blocks.versions import Version, versions
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.faults import Faulty
from archdsl.outputs.drawing.marked import Marked
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.wanted import PAGES, Direction, Page, Wanted
from archdsl.outputs.fold import Group

MOST_BOXES = 2000
"""Nobody can read more, and laying them out takes long."""
MOST_FREELY = 300
"""With more it is not even tried whether they fit, where blocks can be closed instead."""
LONGER = 2
"""How often the room is made longer in a direction that is asked for, before single blocks are closed."""

Shown = Checked | Marked | Faulty


class _Found(NamedTuple):
    """A version in the shape that suits the page."""

    sheet: Sheet
    version: Version

    def scene(self) -> Scene:
        return self.sheet.scene(self.version.folded)

    def is_better(self, other: Version) -> bool:
        """Whether it is better than a more closed one: if it is shrunk, and if its columns are uneven."""
        if self.sheet.is_uneven:
            return other.opening.depth == 0
        return bool(other.opening.shut) or other.opening.plain


def chosen(shown: Shown, wanted: Wanted) -> Scene:
    """The most open version of a drawing that is readable on its page; raises CannotDraw."""
    return _Choice(shown, wanted).scene()


class _Choice:
    """What is to be drawn, and the page that it is tried on."""

    def __init__(self, shown: Shown, wanted: Wanted) -> None:
        self.shown, self.wanted = shown, wanted
        self.page = pages.as_paper(wanted.page) if wanted.page else _usual(wanted)
        self.net: Group = tree(shown)
        self.opening = Opening(depth=wanted.depth, asked=asked(shown.graph, wanted.opened))
        self.is_asked = wanted.depth is not None
        """Whether how deep blocks are open is asked for."""

    def scene(self) -> Scene:
        """The drawing on its page, or in its natural size."""
        if self.wanted.page is None:
            return self._unbound().scene()
        found = self._readable()
        if found is None:
            raise pages.too_large(self.shown.graph.name, self.wanted.page)
        return pages.sized(found.scene(), self.wanted.page)

    def _unbound(self) -> _Found:
        """What is asked for; else what is readable, and opened in it what is asked for by name."""
        if self.is_asked:
            return self._anyhow()
        if self.wanted.opened:
            usual = _Choice(self.shown, replace(self.wanted, opened=()))._unbound().version
            opening = replace(usual.opening, asked=self.opening.asked)
            is_closed = bool(planned(self.shown, opening, self.net).shut)
            return self._in_full(Version(opening, usual.folded if is_closed else ()))
        found = self._readable()
        for _ in range(LONGER if self.wanted.direction else 0):
            if found is not None and not found.version.closes_single:
                break
            self.page = _longer(self.page, self.wanted.direction)
            found = self._readable() or found
        return found or self._anyhow()

    def _readable(self) -> _Found | None:
        """The first version that has even columns and hardly needs shrinking, else the first readable one."""
        spare: _Found | None = None
        for version in versions(self.net, self.opening):
            if spare is not None and spare.is_better(version):
                break
            trial = self._trial(version, MOST_FREELY)
            sheet = trial and self._sheet(trial, READABLE)
            if not sheet:
                continue
            is_free = sheet.factor <= FREELY or version.folded or self.is_asked
            if is_free and not (sheet.is_uneven and version.folded):
                return _Found(sheet, version)
            spare = spare or _Found(sheet, version)
        return spare

    def _anyhow(self) -> _Found:
        """What is asked for, or the most closed version, as large as it is."""
        for version in versions(self.net, self.opening):
            last = version
            if self.is_asked:
                break
        return self._in_full(last)

    def _in_full(self, version: Version) -> _Found:
        """A version as large as it is."""
        trial = self._trial(version, MOST_BOXES)
        sheet = trial and self._sheet(trial)
        if not sheet:
            raise CannotDraw(
                f"the picture of {self.shown.graph.name} would have more than {MOST_BOXES:,} boxes",
                "draw fewer levels of blocks, or write dot",
            )
        return _Found(sheet, version)

    def _trial(self, version: Version, most: int) -> Trial | None:
        """A version with its insets; None if it has too many boxes."""
        plan = planned(self.shown, version.opening, self.net)
        picture = described(self.shown, plan)
        if sum(1 for _ in picture.boxes()) > most:
            return None
        beside: Sequence[Picture] = ()
        if isinstance(self.shown, Checked):
            beside = insets(self.shown, plan.shut, version.opening)
        return Trial(picture, beside, self.wanted.title)

    def _sheet(self, trial: Trial, most: float = inf) -> Sheet | None:
        """With the insets, or if there is no room for them, without."""
        directions = _directions(self.wanted, self.page)
        found = trial.sheet(self.page, directions, most) if trial.insets else None
        return found or trial.sheet(self.page, directions, most, beside=False)


def _usual(wanted: Wanted) -> Page:
    """A page of A4, on its side for what runs to the right."""
    page = PAGES["a4"]
    return Page(page.height, page.width) if wanted.direction == "right" else page


def _longer(page: Page, direction: Direction | None) -> Page:
    """A page with half as much room again in a direction."""
    if direction == "right":
        return page._replace(width=1.5 * page.width)
    return page._replace(height=1.5 * page.height)


def _directions(wanted: Wanted, page: Page) -> tuple[Direction, ...]:
    """The one that is wanted, else those in which a page of this shape may be filled."""
    if wanted.direction is not None:
        return (wanted.direction,)
    return ("down", "right") if page.width > page.height else ("down",)
