"""As much of the TrueType format as is needed to put a font into a document."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

_KEPT = ("head", "hhea", "hmtx", "maxp", "loca", "glyf")
"""The tables that a reader of PDF wants, which takes glyphs by number."""


class Box(NamedTuple):
    """What every letter fits into, in thousandths of its size."""

    left: int
    bottom: int
    right: int
    top: int


class Face:
    """One face of a font, whose glyphs are made of outlines only, not of other glyphs."""

    def __init__(self, data: bytes) -> None:
        (count,) = struct.unpack_from(">H", data, 4)
        self.tables: dict[str, bytes] = {}
        for at in range(12, 12 + 16 * count, 16):
            tag, _, start, length = struct.unpack_from(">4sIII", data, at)
            self.tables[tag.decode()] = data[start : start + length]
        self.units: int
        (self.units,) = struct.unpack_from(">H", self.tables["head"], 18)

    @cached_property
    def glyphs(self) -> Mapping[int, int]:
        """The number of the glyph of each character."""
        table = self.tables["cmap"]
        (count,) = struct.unpack_from(">H", table, 2)
        for at in range(4, 4 + 8 * count, 8):
            (start,) = struct.unpack_from(">I", table, at + 4)
            if struct.unpack_from(">H", table, start) == (4,):
                return _segments(table[start:])
        raise ValueError("the font has no table of characters of format 4")

    def width(self, glyph: int) -> float:
        """In thousandths of the size of the letters."""
        (count,) = struct.unpack_from(">H", self.tables["hhea"], 34)
        (units,) = struct.unpack_from(">H", self.tables["hmtx"], 4 * min(glyph, count - 1))
        return int(units) * 1000 / self.units

    @property
    def box(self) -> Box:
        return Box(*self._thousandths(">4h", "head", 36))

    @property
    def ascent(self) -> int:
        return self._thousandths(">h", "hhea", 4)[0]

    @property
    def descent(self) -> int:
        """Below the baseline: negative."""
        return self._thousandths(">h", "hhea", 6)[0]

    def _thousandths(self, format: str, table: str, at: int) -> list[int]:
        found = struct.unpack_from(format, self.tables[table], at)
        return [round(units * 1000 / self.units) for units in found]

    def covers(self, text: str) -> bool:
        return all(ord(letter) in self.glyphs for letter in text)

    def subset(self, glyphs: Iterable[int]) -> bytes:
        """The font with the outlines of these glyphs only; each keeps its number."""
        places, outlines = self._outlines()
        wanted = {0, *glyphs}
        kept, new = bytearray(), [0]
        for glyph, (start, end) in enumerate(pairwise(places)):
            if glyph in wanted:
                kept += outlines[start:end]
                kept += bytes(-len(kept) % 4)
            new.append(len(kept))
        tables = {name: self.tables[name] for name in _KEPT}
        tables["glyf"] = bytes(kept)
        tables["loca"] = struct.pack(f">{len(new)}I", *new)
        head = bytearray(tables["head"])
        struct.pack_into(">I", head, 8, 0)  # the sum of the whole file, which nobody checks
        struct.pack_into(">h", head, 50, 1)  # places are whole numbers of four bytes
        tables["head"] = bytes(head)
        return _file(tables)

    def _outlines(self) -> tuple[list[int], bytes]:
        """Where each glyph begins in the table of outlines, and that table."""
        loca = self.tables["loca"]
        if struct.unpack_from(">h", self.tables["head"], 50) == (1,):
            return [place for (place,) in struct.iter_unpack(">I", loca)], self.tables["glyf"]
        return [2 * place for (place,) in struct.iter_unpack(">H", loca)], self.tables["glyf"]


def _segments(table: bytes) -> dict[int, int]:
    """The characters of a table of format 4: ranges of characters with glyphs in a row, or in a list."""
    count = int(struct.unpack_from(">H", table, 6)[0]) // 2
    ends = struct.unpack_from(f">{count}H", table, 14)
    starts = struct.unpack_from(f">{count}H", table, 16 + 2 * count)
    moves = struct.unpack_from(f">{count}H", table, 16 + 4 * count)
    offsets = struct.unpack_from(f">{count}H", table, 16 + 6 * count)
    glyphs = {}
    for index, (start, end, move, offset) in enumerate(zip(starts, ends, moves, offsets, strict=True)):
        for character in range(start, min(end, 0xFFFE) + 1):
            glyph = character
            if offset:
                place = 16 + 6 * count + 2 * index + offset + 2 * (character - start)
                (glyph,) = struct.unpack_from(">H", table, place)
            if glyph or not offset:
                glyphs[character] = (glyph + move) % 65536
    return glyphs


def _file(tables: Mapping[str, bytes]) -> bytes:
    """A font file with these tables."""
    count = len(tables)
    power = count.bit_length() - 1
    span = 16 << power
    written = struct.pack(">IHHHH", 0x00010000, count, span, power, 16 * count - span)
    start, body = 12 + 16 * count, b""
    for name, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        total = sum(word for (word,) in struct.iter_unpack(">I", padded)) % 2**32
        written += struct.pack(">4sIII", name.encode(), total, start + len(body), len(table))
        body += padded
    return written + body
