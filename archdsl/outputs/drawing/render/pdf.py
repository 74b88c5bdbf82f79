"""A scene as PDF: one page as large as the drawing, whose text stays text and brings its font."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from archdsl.outputs.drawing import fonts
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.fonts.truetype import Face
from archdsl.outputs.drawing.render.arrows import arrow
from archdsl.outputs.drawing.render.letters import numbers, plain
from archdsl.outputs.drawing.render.looks import PAPER, Look, channels, head, look
from archdsl.outputs.drawing.render.pdf_file import Document, embedded_font, embedded_image, string
from archdsl.outputs.drawing.scene import Circle, Image, Line, Point, Polygon, Rect, Scene, Text
from archdsl.outputs.drawing.themes import Theme

LARGEST = 14400.0
"""Points; readers refuse larger pages, so a larger drawing is made smaller."""

_CURVE = 0.5522847498
"""How far the handles stand out when four Bézier curves make a circle."""


def pdf(scene: Scene, theme: Theme) -> bytes:
    """The drawing. Raises CannotDraw where its font lacks a letter, or an image cannot be read."""
    scene = scene.scaled(min(1.0, LARGEST / max(scene.width, scene.height)))
    page = _Page(theme)
    # SVG and scenes count downwards, PDF upwards
    operators = [f"1 0 0 -1 0 {numbers(scene.height)} cm 1 j", *page.paper(scene.width, scene.height)]
    for part in scene.shapes():
        if isinstance(part, Text):
            operators += page.text(part)
        elif isinstance(part, Image):
            operators += page.image(part)
        elif isinstance(part, Rect | Polygon | Circle | Line):
            operators += page.shape(part)
    return _document(scene, page, "\n".join(operators))


def _document(scene: Scene, page: _Page, operators: str) -> bytes:
    written = Document()
    packed = zlib.compress(operators.encode("ascii"))
    content = written.add(b"<< /Length %d /Filter /FlateDecode >>" % len(packed), packed)
    faces = {
        f"F{int(bold)}": embedded_font(written, _postscript(bold), fonts.face(bold), used)
        for bold, used in sorted(page.used.items())
    }
    images = {f"I{index}": embedded_image(written, data) for data, index in page.images.items()}
    resources = f"<< /Font {_names(faces)} /XObject {_names(images)} >>"
    pages = written.reserve()
    shown = written.add(
        f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {numbers(scene.width, scene.height)}] "
        f"/Contents {content} 0 R /Resources {resources} >>"
    )
    written.fill(pages, f"<< /Type /Pages /Kids [{shown} 0 R] /Count 1 >>")
    catalog = written.add(
        f"<< /Type /Catalog /Pages {pages} 0 R /ViewerPreferences << /DisplayDocTitle true >> >>"
    )
    title, subject = string(plain(scene.title)), string(plain(scene.description))
    information = written.add(f"<< /Title {title} /Subject {subject} /Creator (archdsl) >>")
    return written.finished(catalog, information)


def _names(objects: dict[str, int]) -> str:
    return f"<< {' '.join(f'/{name} {number} 0 R' for name, number in objects.items())} >>"


def _postscript(bold: bool) -> str:
    return f"{fonts.NAME}-{'Bold' if bold else 'Regular'}"


# -- the page -------------------------------------------------------------------------------------


@dataclass
class _Page:
    """Writes parts as operators, and knows what they need beside the page."""

    theme: Theme
    used: dict[bool, dict[int, str]] = field(default_factory=dict)
    """The glyphs used of the face that is bold or not, each with its letter."""
    images: dict[bytes, int] = field(default_factory=dict)

    def paper(self, width: float, height: float) -> Iterator[str]:
        yield from self._painted(PAPER, [f"0 0 {numbers(width, height)} re"])

    def shape(self, part: Rect | Polygon | Circle | Line) -> Iterator[str]:
        if not isinstance(part, Line):
            yield from self._painted(look(part), _outline(part))
            return
        shorter, corners = arrow(part)
        yield from self._painted(look(part), _curves(shorter) if part.curved else _straight(shorter))
        if corners:
            yield from self._painted(head(part), [*_straight(corners), "h"])

    def text(self, part: Text) -> Iterator[str]:
        letters, face = plain(part.text), fonts.face(part.bold)
        glyphs = [_glyph(face, letter) for letter in letters]
        self.used.setdefault(part.bold, {}).update(zip(glyphs, letters, strict=True))
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[part.anchor]
        back = share * part.size * sum(map(face.width, glyphs)) / 1000
        # the page is upside down, so each text is turned back
        if part.turned:
            place = f"0 -1 -1 0 {numbers(part.x, part.y + back)}"
        else:
            place = f"1 0 0 -1 {numbers(part.x - back, part.y)}"
        color = _color(look(part).fill(self.theme))
        codes = "".join(f"{glyph:04x}" for glyph in glyphs)
        yield f"BT {color} rg /F{int(part.bold)} {numbers(part.size)} Tf {place} Tm <{codes}> Tj ET"

    def image(self, part: Image) -> Iterator[str]:
        index = self.images.setdefault(part.data, len(self.images))
        bottom = part.y + part.height
        yield f"q {numbers(part.width)} 0 0 {numbers(-part.height, part.x, bottom)} cm /I{index} Do Q"

    def _painted(self, each: Look, outline: list[str]) -> Iterator[str]:
        fill, line = each.fill(self.theme), each.line(self.theme)
        if fill:
            yield f"{_color(fill)} rg"
        if line:
            yield f"{_color(line)} RG {numbers(each.weight)} w [{numbers(*each.dashes())}] 0 d"
        yield from outline
        yield {(True, True): "B", (True, False): "f", (False, True): "S"}.get((bool(fill), bool(line)), "n")


def _glyph(face: Face, letter: str) -> int:
    try:
        return face.glyphs[ord(letter)]
    except KeyError:
        raise CannotDraw(
            f"in pdf, {letter!r} cannot be set: the font that archdsl brings has no such letter",
            "use other letters, or write svg",
        ) from None


def _color(color: str | None) -> str:
    assert color is not None
    return " ".join(f"{channel / 255:.3f}".rstrip("0").rstrip(".") for channel in channels(color))


# -- outlines -------------------------------------------------------------------------------------


def _outline(part: Rect | Polygon | Circle) -> list[str]:
    if isinstance(part, Polygon):
        return [*_straight(part.points), "h"]
    if isinstance(part, Circle):
        radius = part.radius
        return _rounded(part.x - radius, part.y - radius, 2 * radius, 2 * radius, radius)
    radius = min(part.radius, part.width / 2, part.height / 2)
    if radius <= 0:
        return [f"{numbers(part.x, part.y, part.width, part.height)} re"]
    return _rounded(part.x, part.y, part.width, part.height, radius)


def _straight(points: tuple[Point, ...]) -> list[str]:
    start, *others = points
    return [f"{numbers(*start)} m", *(f"{numbers(*point)} l" for point in others)]


def _curves(points: tuple[Point, ...]) -> list[str]:
    start, *others = points
    pieces = (others[at : at + 3] for at in range(0, len(others), 3))
    return [f"{numbers(*start)} m", *(f"{numbers(*chain.from_iterable(piece))} c" for piece in pieces)]


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> list[str]:
    """Clockwise from the end of the first corner, each side with the corner after it."""
    right, bottom, short = x + width, y + height, radius * (1 - _CURVE)
    return [
        f"{numbers(x + radius, y)} m",
        f"{numbers(right - radius, y)} l",
        f"{numbers(right - short, y, right, y + short, right, y + radius)} c",
        f"{numbers(right, bottom - radius)} l",
        f"{numbers(right, bottom - short, right - short, bottom, right - radius, bottom)} c",
        f"{numbers(x + radius, bottom)} l",
        f"{numbers(x + short, bottom, x, bottom - short, x, bottom - radius)} c",
        f"{numbers(x, y + radius)} l",
        f"{numbers(x, y + short, x + short, y, x + radius, y)} c",
        "h",
    ]
