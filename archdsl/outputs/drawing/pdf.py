"""From a drawing's SVG to PDF, for a Graphviz that writes none.

Knows what `svg` gives and no more: polygons, paths, ellipses and lines of text. The text is set in
Helvetica, which every reader of PDF has; letters outside of Western European ones are refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from archdsl.outputs.drawing.engine import EngineMissing

_SVG = "{http://www.w3.org/2000/svg}"

# fmt: off
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778,
    722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278,
    278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)
_BOLD_WIDTHS = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778,
    722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333,
    278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)
# fmt: on
"""Thousandths of the size, from the space to the tilde."""

_CURVE = 0.5522847498
"""How far the handles stand out when four Bézier curves make a circle."""


def pdf(svg: bytes) -> bytes:
    """One page that is as large as the drawing."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    title = root.findtext(f"{_SVG}title", "")
    return _file(title, width, height, "\n".join(_page(root, height)))


# -- the page -------------------------------------------------------------------------------------


def _page(root: ElementTree.Element, height: float) -> Iterator[str]:
    """The drawing as operators; SVG counts downwards and PDF upwards."""
    moved = root.find(f"{_SVG}g")
    assert moved is not None
    right, down = _pair(moved.attrib["transform"].partition("translate(")[2].rstrip(")"))
    yield f"1 0 0 -1 {_n(right)} {_n(height - down)} cm"
    for element in moved.iter():
        kind = element.tag.removeprefix(_SVG)
        if kind == "text":
            yield from _text(element)
        elif kind in ("polygon", "polyline", "path", "ellipse"):
            yield from _painted(element, kind)


def _painted(element: ElementTree.Element, kind: str) -> Iterator[str]:
    """An outline, filled and stroked as it says."""
    fill, stroke = element.get("fill", "black"), element.get("stroke", "none")
    if fill == stroke == "none":
        return
    if fill != "none":
        yield f"{_color(fill)} rg"
    if stroke != "none":
        dashes = " ".join(element.get("stroke-dasharray", "").split(","))
        yield f"{_color(stroke)} RG {_n(float(element.get('stroke-width', '1')))} w [{dashes}] 0 d"
    yield from _outline(element, kind)
    yield {(True, True): "B", (True, False): "f", (False, True): "S"}[fill != "none", stroke != "none"]


def _outline(element: ElementTree.Element, kind: str) -> Iterator[str]:
    if kind == "ellipse":
        yield from _ellipse(*(float(element.attrib[name]) for name in ("cx", "cy", "rx", "ry")))
    elif kind == "path":
        for letter, numbers in re.findall(r"([MLCZz])([^MLCZz]*)", element.attrib["d"]):
            points = _points(numbers)
            if letter in "Zz":
                yield "h"
            elif letter == "C":
                for at in range(0, len(points), 3):
                    yield f"{' '.join(points[at : at + 3])} c"
            else:
                yield f"{points[0]} {'m' if letter == 'M' else 'l'}"
                yield from (f"{point} l" for point in points[1:])
    else:
        first, *others = _points(element.attrib["points"])
        yield f"{first} m"
        yield from (f"{point} l" for point in others)
        if kind == "polygon":
            yield "h"


def _ellipse(x: float, y: float, rx: float, ry: float) -> Iterator[str]:
    yield f"{_n(x + rx)} {_n(y)} m"
    for ax, ay, bx, by in ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)):
        handles = (ax + _CURVE * bx, ay + _CURVE * by, bx + _CURVE * ax, by + _CURVE * ay, bx, by)
        yield " ".join(_n(y + v * ry if i % 2 else x + v * rx) for i, v in enumerate(handles)) + " c"
    yield "h"


def _text(element: ElementTree.Element) -> Iterator[str]:
    text = element.text or ""
    try:
        data = text.encode("cp1252")
    except UnicodeEncodeError as error:
        raise EngineMissing(
            f"without a Graphviz that writes pdf, {text[error.start]!r} cannot be set",
            "install Graphviz in full, or write svg",
        ) from None
    bold = element.get("font-weight") == "bold"
    size, x = float(element.attrib["font-size"]), float(element.attrib["x"])
    share = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0)
    x -= share * size * _width(text, bold)
    font, color = "F2" if bold else "F1", _color(element.get("fill", "black"))
    # the page is upside down, so each text is turned back
    yield f"BT {color} rg /{font} {_n(size)} Tf 1 0 0 -1 {_n(x)} {_n(float(element.attrib['y']))} Tm"
    yield f"<{data.hex()}> Tj ET"


def _width(text: str, bold: bool) -> float:
    """The width of a text of size 1."""
    widths = _BOLD_WIDTHS if bold else _WIDTHS
    return sum(widths[ord(each) - 32] if " " <= each <= "~" else 556 for each in text) / 1000


def _color(name: str) -> str:
    if name.startswith("#"):
        return " ".join(_n(int(name[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return {"black": "0 0 0", "white": "1 1 1"}[name]


def _points(text: str) -> list[str]:
    numbers = [_n(float(number)) for number in re.split(r"[\s,]+", text.strip()) if number]
    return [f"{x} {y}" for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _pair(text: str) -> tuple[float, float]:
    x, y = re.split(r"[\s,]+", text)
    return float(x), float(y)


def _n(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


# -- the file -------------------------------------------------------------------------------------


def _file(title: str, width: float, height: float, page: str) -> bytes:
    """The objects of a PDF, and the table that says where each begins."""
    packed = zlib.compress(page.encode("ascii"))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_n(width)} {_n(height)}] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
        ).encode(),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        font.format("Helvetica").encode(),
        font.format("Helvetica-Bold").encode(),
        f"<< /Title <{(chr(0xFEFF) + title).encode('utf-16-be').hex()}> >>".encode(),
    ]
    written = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(objects), len(written))
    )
