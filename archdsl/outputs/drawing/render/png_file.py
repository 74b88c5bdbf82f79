"""The pixels of a PNG file, for formats that do not take the file itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.render.images import raster

MOST = 25_000_000
"""Pixels; larger images would take minutes."""

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By the type of colour: grey, colours, a palette, grey or colours with opacity."""


class Pixels(NamedTuple):
    """Rows from top to bottom: red, green and blue of each pixel; and its opacity, unless all is opaque."""

    colors: bytes
    opacity: bytes


def pixels(data: bytes) -> Pixels:
    """Raises CannotDraw for a file that is damaged, interlaced or not of eight bits a channel."""
    found = raster(data)
    if found.width * found.height > MOST:
        raise CannotDraw("the image is too large", f"give one of at most {MOST:,} pixels")
    try:
        chunks = _chunks(data)
        depth, kind, _, _, interlaced = chunks[b"IHDR"][8:13]
        if depth != 8 or interlaced or kind not in _CHANNELS:
            raise CannotDraw(
                "the image is not a plain PNG of 8 bits a channel", "save it as one, or as a JPEG"
            )
        stride = found.width * _CHANNELS[kind]
        room = (stride + 1) * found.height
        rows = _rows(zlib.decompressobj().decompress(chunks[b"IDAT"], room), stride, found.height, kind)
        return _sorted_out(rows, kind, chunks)
    except (struct.error, IndexError, KeyError, ValueError, zlib.error):
        raise CannotDraw("the image is damaged", "give another PNG or JPEG file") from None


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The parts of the file by name, those of one name joined."""
    found: dict[bytes, bytes] = {}
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        found[name] = found.get(name, b"") + data[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def _rows(packed: bytes, stride: int, height: int, kind: int) -> bytes:
    """The bytes of the pixels, of which the file holds the differences from their neighbours."""
    if len(packed) < (stride + 1) * height:
        raise ValueError("rows are missing")
    step = _CHANNELS[kind]
    above, rows = bytearray(stride), []
    for start in range(0, (stride + 1) * height, stride + 1):
        row = bytearray(packed[start + 1 : start + 1 + stride])
        _FILTERS[packed[start]](row, above, step)
        rows.append(row)
        above = row
    return b"".join(rows)


def _left(row: bytearray, above: bytearray, step: int) -> None:
    for at in range(step, len(row)):
        row[at] = (row[at] + row[at - step]) & 255


def _up(row: bytearray, above: bytearray, step: int) -> None:
    row[:] = bytes((a + b) & 255 for a, b in zip(row, above, strict=True))


def _average(row: bytearray, above: bytearray, step: int) -> None:
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        row[at] = (row[at] + (left + above[at]) // 2) & 255


def _nearest(row: bytearray, above: bytearray, step: int) -> None:
    """As Paeth has it: from the left, above or the corner between, whatever is nearest to their plane."""
    for at in range(len(row)):
        left, corner = (row[at - step], above[at - step]) if at >= step else (0, 0)
        up = above[at]
        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        if to_left > to_up or to_left > to_corner:
            left = up if to_up <= to_corner else corner
        row[at] = (row[at] + left) & 255


_FILTERS = (lambda *_: None, _left, _up, _average, _nearest)


def _sorted_out(rows: bytes, kind: int, chunks: Mapping[bytes, bytes]) -> Pixels:
    if kind == 2:
        return Pixels(rows, b"")
    if kind == 3:
        return _looked_up(rows, chunks[b"PLTE"], chunks.get(b"tRNS", b""))
    step = _CHANNELS[kind]
    channels = [rows[channel::step] for channel in range(step)]
    if kind in (0, 4):
        channels[:1] *= 3
    colors = bytearray(3 * len(channels[0]))
    for channel in range(3):
        colors[channel::3] = channels[channel]
    return Pixels(bytes(colors), channels[3] if len(channels) > 3 else b"")


def _looked_up(rows: bytes, palette: bytes, opacity: bytes) -> Pixels:
    colors = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    seen = rows.translate(opacity.ljust(256, b"\xff")) if opacity else b""
    return Pixels(b"".join(colors[index] for index in rows), seen)
