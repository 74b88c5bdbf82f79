"""A scene as PNG, with the font that archdsl brings: the same on every machine.

The raster is made of the drawing's SVG by resvg. Graphviz, which draws PNG too, cannot turn text and sets no
images.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from math import ceil
from zlib import crc32

from archdsl.outputs.drawing import fonts
from archdsl.outputs.drawing.engine import CannotDraw, EngineMissing
from archdsl.outputs.drawing.render.letters import plain
from archdsl.outputs.drawing.render.svg import svg
from archdsl.outputs.drawing.scene import Scene, Text
from archdsl.outputs.drawing.themes import Theme

DOTS_PER_INCH = 200

MOST = 150_000_000
"""Pixels; programs that show pictures give up on more."""


def png(scene: Scene, theme: Theme) -> bytes:
    """The drawing, `DOTS_PER_INCH` dots to an inch of 72 points; raises CannotDraw."""
    width, height = (ceil(round(side * DOTS_PER_INCH / 72, 3)) for side in (scene.width, scene.height))
    if width * height > MOST:
        raise CannotDraw(
            f"the picture would have {width:,} × {height:,} pixels", "draw it smaller, or write svg or pdf"
        )
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise EngineMissing("drawing png needs resvg, which is not here", "`pip install resvg-py`") from None
    # as large as whole pixels are, for the last ones to be covered too
    scene = replace(scene, width=width * 72 / DOTS_PER_INCH, height=height * 72 / DOTS_PER_INCH)
    drawn = svg_to_bytes(
        svg_string=svg(scene, theme).decode(),
        background=theme["paper"].fill,
        skip_system_fonts=_covered(scene),
        font_files=[str(fonts.REGULAR), str(fonts.BOLD)],
        style_sheet=f"svg{{font-family:{fonts.NAME}}}",
        dpi=72,
        width=width,
        height=height,
    )
    return _measured(drawn)


def _covered(scene: Scene) -> bool:
    """Whether the font has every letter; others are looked for in the machine's fonts."""
    texts = (part for part in scene.shapes() if isinstance(part, Text))
    return all(fonts.face(part.bold).covers(plain(part.text)) for part in texts)


def _measured(data: bytes) -> bytes:
    """The file with the size of its pixels after its head, so that it is placed as large as it is meant."""
    per_metre = round(DOTS_PER_INCH / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    head = 8 + 12 + 13
    return data[:head] + struct.pack(">I", 9) + chunk + struct.pack(">I", crc32(chunk)) + data[head:]
