"""Fitting a drawing onto a page: shrinking it while its letters stay readable, else folding more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Page

Maker = Callable[[], Scene]
"""Makes one version of a drawing; its `folded` says what it leaves closed."""

_LITTLE = 1e-6


def scale(scene: Scene, page: Page) -> float:
    """By how much a drawing is shrunk to fit a page; 1 where it fits as it is."""
    return min(1.0, page.width / max(scene.width, _LITTLE), page.height / max(scene.height, _LITTLE))


def is_readable(scene: Scene, page: Page) -> bool:
    """Whether no letter is too small once the drawing fits the page."""
    return scene.smallest_text() * scale(scene, page) >= SMALLEST - _LITTLE


def shrunk(scene: Scene, page: Page) -> Scene:
    """The drawing, no larger than the page."""
    by = scale(scene, page)
    return scene if by >= 1.0 else scene.scaled(by)


def fitted(makers: Iterable[Maker], page: Page, name: str) -> Scene:
    """The first version, of ever more folded ones, that is readable on the page; raises CannotDraw."""
    for make in makers:
        scene = make()
        if is_readable(scene, page):
            return shrunk(scene, page)
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
    return CannotDraw(f"{name} does not fit {called} with letters of {SMALLEST:g} points", remedy)
