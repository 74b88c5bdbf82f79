"""The block diagram that fits: which version of a network, in which shape."""

from __future__ import annotations

from collections.abc import Sequence
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

Shown = Checked | Marked | Faulty


class _Found(NamedTuple):
    """A version in the shape that suits the page."""

    sheet: Sheet
    version: Version

    def scene(self) -> Scene:
        return self.sheet.scene(self.version.folded)


def chosen(shown: Shown, wanted: Wanted) -> Scene:
    """The most open version of a drawing that is readable on its page; raises CannotDraw."""
    return _Choice(shown, wanted).scene()


class _Choice:
    """What is to be drawn, and the page that it is tried on."""

    def __init__(self, shown: Shown, wanted: Wanted) -> None:
        self.shown, self.wanted = shown, wanted
        self.page = wanted.page or _usual(wanted)
        self.net: Group = tree(shown)
        self.opening = Opening(depth=wanted.depth, asked=asked(shown.graph, wanted.opened))
        self.is_asked = wanted.depth is not None or bool(wanted.opened)
        """Whether what is open is asked for."""

    def scene(self) -> Scene:
        """The drawing on its page, or in its natural size."""
        if self.wanted.page is None:
            found = None if self.is_asked else self._readable()
            return (found or self._anyhow()).scene()
        found = self._readable()
        if found is None:
            raise pages.too_large(self.shown.graph.name, self.page)
        return pages.shrunk(found.scene(), self.page)

    def _readable(self) -> _Found | None:
        """The first version that hardly needs shrinking, else the first that stays readable."""
        shrunk: _Found | None = None
        for version in versions(self.net, self.opening):
            if shrunk is not None and version.opening.shut:
                break  # closing single blocks is no better than shrinking
            trial = self._trial(version, MOST_FREELY)
            sheet = trial and self._sheet(trial, READABLE)
            if not sheet:
                continue
            if sheet.factor <= FREELY or version.folded or self.is_asked:
                return _Found(sheet, version)
            shrunk = _Found(sheet, version)
        return shrunk

    def _anyhow(self) -> _Found:
        """What is asked for, or the most closed version, as large as it is."""
        for version in versions(self.net, self.opening):
            last = version
            if self.is_asked:
                break
        trial = self._trial(last, MOST_BOXES)
        sheet = trial and self._sheet(trial)
        if not sheet:
            raise CannotDraw(
                f"the picture of {self.shown.graph.name} would have more than {MOST_BOXES:,} boxes",
                "draw fewer levels of blocks, or write dot",
            )
        return _Found(sheet, last)

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


def _directions(wanted: Wanted, page: Page) -> tuple[Direction, ...]:
    """The one that is wanted, else those in which a page of this shape may be filled."""
    if wanted.direction is not None:
        return (wanted.direction,)
    return ("down", "right") if page.width > page.height else ("down",)
