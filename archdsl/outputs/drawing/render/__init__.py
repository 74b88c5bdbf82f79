"""From a scene and a theme to a file: a format a module."""

from __future__ import annotations

from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.themes import Theme

FORMATS = ("svg", "pdf", "png", "tikz")


def render(scene: Scene, format: str, theme: Theme, dark: Theme | None = None, scale: float = 1.0) -> bytes:
    """The scene as a file of this format, so many times as large as it is.

    With `dark`, a drawing in svg takes that theme where the reader's page is dark. Raises CannotDraw, with a
    remedy, where the format cannot hold the scene.
    """
    scene = scene if scale == 1 else scene.scaled(scale)
    if format == "svg":
        from archdsl.outputs.drawing.render.svg import svg

        return svg(scene, theme, dark)
    if format == "pdf":
        from archdsl.outputs.drawing.render.pdf import pdf

        return pdf(scene, theme)
    if format == "png":
        from archdsl.outputs.drawing.render.png import png

        return png(scene, theme)
    if format == "tikz":
        from archdsl.outputs.drawing.render.tikz import tikz

        return tikz(scene, theme)
    raise ValueError(f"{format!r} is none of {', '.join(FORMATS)}")
