"""Which wishes each style and each format heeds: any other is refused, and not ignored without a word."""

from __future__ import annotations

from dataclasses import fields

from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.wanted import Style, Wanted

STYLES: dict[Style, frozenset[str]] = {
    "blocks": frozenset(("direction", "depth", "opened", "page", "title")),
    "volumes": frozenset(("page", "title")),
    "columns": frozenset(("depth", "opened", "page", "title")),
    "receptive": frozenset(("image", "page", "title")),
}

FORMATS: dict[str, frozenset[str]] = {
    "dot": frozenset(("direction", "depth", "opened")),
    "mermaid": frozenset(("direction", "depth", "opened")),
    "html": frozenset(("title",)),
}
"""Those that are no scene; the others heed what the style does."""

_CALLED = {"opened": "open"}
"""Wishes that the command line calls by another name."""


def refuse_unheeded(wanted: Wanted, style: Style) -> None:
    """Refuse what a style would not heed."""
    for name in _given(wanted):
        if name not in STYLES[style]:
            heed = ", ".join(each for each, heeded in STYLES.items() if name in heeded)
            raise CannotDraw(
                f"`{_CALLED.get(name, name)}` means nothing to {style}",
                f"leave it out, or draw as {heed}",
            )


def refuse_unheeded_by_format(
    wanted: Wanted, format: str, style: Style | None, theme: str, scale: float
) -> None:
    """Refuse what a format would not heed."""
    if theme == "auto" and format != "svg":
        raise CannotDraw(f"`auto` follows the reader's page, which {format} cannot", "choose another theme")
    if wanted.page is not None and scale != 1:
        raise CannotDraw("a drawing that fits a page cannot be scaled", "leave out the page or the scale")
    if format not in FORMATS:
        return
    idle = [_CALLED.get(name, name) for name in _given(wanted) if name not in FORMATS[format]]
    idle += ["style"] if style not in (None, "blocks") or (style and format == "html") else []
    idle += ["theme"] if theme != "paper" else []
    idle += ["scale"] if scale != 1 else []
    if idle:
        raise CannotDraw(f"`{idle[0]}` means nothing to {format}", "leave it out, or write svg, pdf or png")


def _given(wanted: Wanted) -> list[str]:
    """The names of the wishes that were made."""
    return [field.name for field in fields(wanted) if getattr(wanted, field.name) != field.default]
