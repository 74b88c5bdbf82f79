"""The objects of a PDF file: the table of their places, a font, an image."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from hashlib import sha256

from archdsl.outputs.drawing.fonts.truetype import Face
from archdsl.outputs.drawing.render.images import raster
from archdsl.outputs.drawing.render.png_file import Pixels, pixels


class Document:
    """Objects, numbered from 1 as they come."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> int:
        """The number of an object that is filled in later."""
        self._objects.append(b"")
        return len(self._objects)

    def fill(self, number: int, content: str | bytes, stream: bytes | None = None) -> None:
        data = content.encode("ascii") if isinstance(content, str) else content
        if stream is not None:
            data += b"\nstream\n" + stream + b"\nendstream"
        self._objects[number - 1] = data

    def add(self, content: str | bytes, stream: bytes | None = None) -> int:
        number = self.reserve()
        self.fill(number, content, stream)
        return number

    def packed(self, entries: str, stream: bytes) -> int:
        """A stream that is compressed here."""
        data = zlib.compress(stream)
        return self.add(f"<< {entries} /Length {len(data)} /Filter /FlateDecode >>", data)

    def finished(self, catalog: int, information: int) -> bytes:
        """The file, and the table that says where each object begins."""
        written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, content in enumerate(self._objects, start=1):
            places.append(len(written))
            written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        table, size = len(written), len(self._objects) + 1
        written += b"xref\n0 %d\n0000000000 65535 f \n" % size
        for place in places:
            written += b"%010d 00000 n \n" % place
        written += b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\n" % (size, catalog, information)
        return bytes(written + b"startxref\n%d\n%%%%EOF\n" % table)


def string(text: str) -> str:
    """A text as PDF has them outside of pages."""
    return f"<feff{text.encode('utf-16-be').hex()}>"


# -- a font ---------------------------------------------------------------------------------------


def embedded_font(document: Document, name: str, face: Face, used: Mapping[int, str]) -> int:
    """The glyphs that are used, by number, and the letters that they are when text is copied."""
    data = face.subset(used)
    tag = "".join(chr(ord("A") + byte % 26) for byte in sha256(repr(sorted(used)).encode()).digest()[:6])
    name = f"{tag}+{name}"
    file = document.packed(f"/Length1 {len(data)}", data)
    box = " ".join(map(str, face.box))
    descriptor = document.add(
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0 "
        f"/Ascent {face.ascent} /Descent {face.descent} /CapHeight {face.ascent} /StemV 80 "
        f"/FontFile2 {file} 0 R >>"
    )
    widths = " ".join(f"{glyph} [{face.width(glyph):.4g}]" for glyph in sorted(used))
    glyphs = document.add(
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /FontDescriptor {descriptor} 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/CIDToGIDMap /Identity /W [{widths}] >>"
    )
    letters = document.packed("", _letters(used).encode("ascii"))
    return document.add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
        f"/DescendantFonts [{glyphs} 0 R] /ToUnicode {letters} 0 R >>"
    )


def _letters(used: Mapping[int, str]) -> str:
    """Which letter each glyph is, in the words that PDF has for it."""
    lines = [f"<{glyph:04x}> <{letter.encode('utf-16-be').hex()}>" for glyph, letter in sorted(used.items())]
    blocks = (lines[at : at + 100] for at in range(0, len(lines), 100))  # more are not allowed
    pairs = "\n".join("\n".join((f"{len(block)} beginbfchar", *block, "endbfchar")) for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Letters def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        f"{pairs}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )


# -- an image -------------------------------------------------------------------------------------


def embedded_image(document: Document, data: bytes) -> int:
    """A JPEG as it is; of a PNG the pixels, and how far they can be seen through."""
    found = raster(data)
    entries = f"/Type /XObject /Subtype /Image /Width {found.width} /Height {found.height}"
    if found.kind == "png":
        return _png(document, entries, pixels(data))
    space = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}.get(found.channels, "/DeviceRGB")
    # those that Adobe's programs write with four channels are inverted
    inverted = " /Decode [1 0 1 0 1 0 1 0]" if found.channels == 4 and re.search(rb"Adobe\x00", data) else ""
    return document.add(
        f"<< {entries} /ColorSpace {space} /BitsPerComponent 8{inverted} "
        f"/Filter /DCTDecode /Length {len(data)} >>",
        data,
    )


def _png(document: Document, entries: str, found: Pixels) -> int:
    mask = ""
    if found.opacity:
        gray = f"{entries} /ColorSpace /DeviceGray /BitsPerComponent 8"
        mask = f" /SMask {document.packed(gray, found.opacity)} 0 R"
    return document.packed(f"{entries} /ColorSpace /DeviceRGB /BitsPerComponent 8{mask}", found.colors)
