"""Fitting a drawing onto a page: shrinking it while its letters stay readable, else folding more of it.

On paper a drawing has at most its natural size, beside a text with letters as large; a slide it fills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Page

Maker = Callable[[], Scene]
"""Makes one version of a drawing; its `folded` says what it leaves closed."""

LARGEST = 2.0
"""How much a drawing grows at most, where it grows."""

SMALLER = (0.8, 0.6)
"""How large letters are on a slide that there is no room for otherwise."""

_LITTLE = 1e-6


def growth(page: Page) -> float:
    """How much larger than natural a drawing may be on a page; 1 on paper."""
    return LARGEST if page.least > SMALLEST else 1.0


def scale(scene: Scene, page: Page) -> float:
    """By how much a drawing is shrunk to fit a page, or grows to fill it; 1 where it stays as it is."""
    fits = min(page.width / max(scene.width, _LITTLE), page.height / max(scene.height, _LITTLE))
    return min(growth(page), fits)


def is_readable(scene: Scene, page: Page) -> bool:
    """Whether no letter is too small once the drawing fits the page."""
    return scene.smallest_text() * scale(scene, page) >= page.least - _LITTLE


def sized(scene: Scene, page: Page) -> Scene:
    """The drawing in the size that it has on the page."""
    by = scale(scene, page)
    return scene if by == 1.0 else scene.scaled(by)


def relaxed(page: Page) -> Iterator[Page]:
    """The page, and where its letters are large, then with smaller ones: for what cannot be folded enough."""
    yield page
    smaller = (page.least * share for share in SMALLER)
    yield from (page._replace(least=least) for least in smaller if least > SMALLEST)


def told(scene: Scene, page: Page) -> Iterator[str]:
    """That letters are smaller than they should be on the page, where they are."""
    smallest = scene.smallest_text()
    if smallest < page.least - _LITTLE:
        yield f"its letters have {smallest:.1f} points so that it fits, of the {page.least:g} of such a page"


def as_paper(page: Page) -> Page:
    """A page of paper on which a drawing is as readable as, enlarged, on this one."""
    by = SMALLEST / page.least
    return Page(page.width * by, page.height * by)


def fitted(makers: Iterable[Maker], page: Page, name: str) -> Scene:
    """The first version, of ever more folded ones, that is readable on the page; raises CannotDraw."""
    for make in makers:
        scene = make()
        if is_readable(scene, page):
            return sized(scene, page)
    raise too_large(name, page)


def too_large(name: str, page: Page) -> CannotDraw:
    """Why there is no picture: even folded it does not fit."""
    known = next((each for each, size in PAGES.items() if size == page), "")
    called = f"a page `{known}`" if known else f"{page.width:g} by {page.height:g} points"
    larger = [
        each
        for each, size in PAGES.items()
        if size != page and size.width >= page.width and size.height >= page.height
    ]
    remedy = f"take a larger page, as `{larger[0]}`" if larger else "draw it for no page, or a part of it"
    return CannotDraw(f"{name} does not fit {called} with letters of {page.least:g} points", remedy)
