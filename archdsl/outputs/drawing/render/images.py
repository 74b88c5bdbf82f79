"""What must be known of a raster picture before it is put into a drawing."""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from archdsl.outputs.drawing.engine import CannotDraw

_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of JPEG that are followed by the picture's size."""


class Raster(NamedTuple):
    """The kind of a file, and its picture's pixels; `channels` only of a JPEG."""

    kind: Literal["png", "jpeg"]
    width: int
    height: int
    channels: int = 0


def raster(data: bytes) -> Raster:
    """What the file says of itself; raises CannotDraw where it is no PNG and no JPEG."""
    try:
        if data.startswith(_PNG) and data[12:16] == b"IHDR":
            found = Raster("png", *struct.unpack(">II", data[16:24]))
        elif data.startswith(b"\xff\xd8\xff"):
            found = _jpeg(data)
        else:
            raise _refused("is neither PNG nor JPEG")
    except (struct.error, IndexError):
        raise _refused("breaks off") from None
    if not found.width or not found.height:
        raise _refused("has no pixels")
    return found


def _jpeg(data: bytes) -> Raster:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width, channels = struct.unpack(">HHB", data[at + 5 : at + 10])
            return Raster("jpeg", width, height, channels)
        if marker == 0xFF:  # padding
            at += 1
        else:
            at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    raise _refused("breaks off")


def _refused(why: str) -> CannotDraw:
    return CannotDraw(f"the image {why}", "give a PNG or JPEG file")
