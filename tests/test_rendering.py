"""From a scene to a file: each format holds every kind of part, in its place, whatever the texts are."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from itertools import pairwise
from math import ceil, dist
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image as Pillow

import archdsl
from archdsl.outputs.drawing import draw, fonts, lettering
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.render import FORMATS, png_file, render
from archdsl.outputs.drawing.render.arrows import LENGTH, arrow
from archdsl.outputs.drawing.render.images import raster
from archdsl.outputs.drawing.render.latex import latex
from archdsl.outputs.drawing.render.letters import number, plain
from archdsl.outputs.drawing.scene import Circle, Group, Image, Line, Part, Polygon, Rect, Scene, Text
from archdsl.outputs.drawing.themes import DARK, PAPER, THEMES

SVG = "{http://www.w3.org/2000/svg}"


def picture(mode: str = "RGB", kind: str = "png", size: tuple[int, int] = (12, 8)) -> bytes:
    """A raster picture in which every pixel is another colour."""
    made = Pillow.new("RGB", size)
    made.putdata([(20 * x, 30 * y, 10 * (x + y)) for y in range(size[1]) for x in range(size[0])])
    if mode in ("RGBA", "LA"):
        made.putalpha(Pillow.linear_gradient("L").resize(size))
    file = io.BytesIO()
    made.convert(mode).save(file, kind)
    return file.getvalue()


PARTS: tuple[Part, ...] = (
    Rect(10, 10, 80, 40, "learned", radius=6),
    Rect(110, 10, 80, 40, "pool", dash="dashed", weight=1.6),
    Rect(210, 10, 80, 40, "frame", filled=False),
    Polygon(((10, 60), (50, 60), (50, 90), (10, 90)), "merge", shade=0.5),
    Polygon(((60, 60), (90, 60), (90, 90)), "norm", dash="dotted", filled=False),
    Circle(120, 75, 12, "merge"),
    Line(((150, 60), (150, 80), (190, 80)), head=True),
    Line(((200, 60), (230, 60), (200, 90), (230, 90)), "fault", curved=True, head=True, dash="dashed"),
    Line(((240, 60), (280, 60))),
    Text(50, 33, "3×3 conv, 64", 8),
    Text(10, 110, "from the start", 10, anchor="start", bold=True),
    Text(290, 110, "25.6 M parameters", 7, anchor="end", role="faint"),
    Text(20, 160, "turned 224²", 8, turned=True),
    Group("layer1.0", "a layer", (Rect(40, 130, 20, 20, "activation"), Text(50, 143, "→ ≥", 6))),
)
IMAGES = (Image(100, 130, 60, 40, picture()), Image(180, 130, 60, 40, picture(kind="jpeg")))

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "quotes": "\"double\" 'single' `back`",
    "cdata": "]]> <![CDATA[ <!-- --> &amp; &#0;",
    "backslashes": r"\\ \ \input{/etc/passwd} \write18{ls} ^^41 ^^M",
    "end": r"\end{tikzpicture}\end{document}",
    "specials": "100 % $x_1^2$ #1 & ~ {open } -- --- ,, '' `` ?` !` << >>",
    "turned": "a\u202eb\u2066c\u200fd",
    "controls": "a\x00b\x07c\x1bd\x7fe\x85f",
    "lines": "one\ntwo\r\nthree\u2028four\tfive\f",
    "surrogates": "a\ud800b\udfffc\ufffe",
    "long": "wide name " * 50,
    "attribute": '" onload="alert(1)',
    "style": "</style><style>*{display:none}",
    "pdf": ") Tj ET Q endstream endobj",
    "nothing": "",
    "blank": "   ",
}


def scene(*parts: Part, title: str = "A drawing", description: str = "Of everything") -> Scene:
    return Scene(300, 200, title, description, parts)


def every(format: str) -> Scene:
    """Every kind of part that the format can hold."""
    return scene(*PARTS, *(() if format == "tikz" else IMAGES))


def spiked(text: str) -> Scene:
    """The text wherever a user's text may be."""
    return scene(
        Text(50, 33, text, 8),
        Text(50, 63, text, 8, bold=True, turned=True),
        Group(text, text, (Rect(10, 10, 80, 40, "learned"), Text(20, 20, f"x{text}x", 6))),
        title=text,
        description=text,
    )


def root(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)


# -- every format ---------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("format", FORMATS)
def test_the_same_scene_is_the_same_file(format: str, theme: Any) -> None:
    assert render(every(format), format, theme) == render(every(format), format, theme)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_breaks_a_format(format: str, text: str) -> None:
    assert render(spiked(text), format, PAPER)


def test_a_text_is_one_visible_line() -> None:
    assert plain("  two\r\n lines\t") == "two lines"
    assert plain("a\u202eb\u200bc") == "abc"
    assert plain("a\x00b\ud800c") == "a\ufffdb\ufffdc"
    assert plain("e\u0301") == "é"
    assert plain("×—層Ж") == "×—層Ж"


@pytest.mark.parametrize(
    ("value", "written"),
    [(1, "1"), (0.5, "0.5"), (1.999, "2"), (-0.001, "0"), (12.345, "12.35"), (100, "100")],
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert number(value) == written


# -- arrows ---------------------------------------------------------------------------------------

STRAIGHT = Line(((0, 0), (50, 0), (50, 40)), head=True, weight=1)
CURVED = Line(((0, 0), (30, 0), (0, 40), (30, 40)), head=True, curved=True, weight=1)


@pytest.mark.parametrize("line", [STRAIGHT, CURVED])
def test_the_tip_is_where_the_line_was_to_end(line: Line) -> None:
    points, head = arrow(line)
    assert head[0] == line.points[-1]
    assert points[0] == line.points[0]
    assert len(points) == len(line.points)
    # the line ends within the head, half-way between its sides
    assert 0 < dist(points[-1], head[0]) < dist(head[2], head[0]) < LENGTH
    assert dist(points[-1], head[1]) == pytest.approx(dist(points[-1], head[3]), rel=0.1)


def test_a_head_points_along_the_last_piece() -> None:
    _, (tip, left, _, right) = arrow(STRAIGHT)
    assert left[1] == right[1] == pytest.approx(tip[1] - LENGTH)
    assert left[0] - tip[0] == pytest.approx(tip[0] - right[0])


def test_a_short_piece_has_a_short_head() -> None:
    points, head = arrow(Line(((0, 0), (50, 0), (50, 2)), head=True, weight=1))
    assert dist(head[0], head[2]) < 2
    assert points[-1][0] == 50 and 0 < points[-1][1] < 2


def test_a_piece_of_no_length_is_passed_over() -> None:
    points, head = arrow(Line(((0, 0), (50, 0), (50, 0)), head=True, weight=1))
    assert head[0] == (50, 0) and points[-1][0] < 50
    assert arrow(Line(((5, 5), (5, 5)), head=True)).head == ()
    assert arrow(Line(((0, 0), (9, 0)))) == (((0, 0), (9, 0)), ())


# -- svg ------------------------------------------------------------------------------------------


def test_svg_says_what_it_is() -> None:
    drawn = root(render(every("svg"), "svg", PAPER))
    assert (drawn.tag, drawn.get("role"), drawn.get("viewBox")) == (f"{SVG}svg", "img", "0 0 300 200")
    assert (drawn.get("width"), drawn.get("height")) == ("300pt", "200pt")
    title, description = drawn[0], drawn[1]
    assert (title.tag, title.text) == (f"{SVG}title", "A drawing")
    assert (description.tag, description.text) == (f"{SVG}desc", "Of everything")
    assert drawn.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_svg_shows_every_part() -> None:
    drawn = root(render(every("svg"), "svg", PAPER))
    count = {tag: len(drawn.findall(f".//{SVG}{tag}")) for tag in ("rect", "circle", "path", "text", "image")}
    # the paper is a rectangle too; a head is a path beside its line's
    assert count == {"rect": 5, "circle": 1, "path": 2 + 3 + 2, "text": 5, "image": 2}
    (group,) = drawn.findall(f"{SVG}g")
    assert (group.get("data-path"), group[0].tag, group[0].text) == ("layer1.0", f"{SVG}title", "a layer")
    texts = ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]
    assert {"3×3 conv, 64", "→ ≥"} <= set(texts)


def test_svg_has_a_rule_for_every_class_of_its_own() -> None:
    written = render(every("svg"), "svg", PAPER).decode()
    used = set(re.findall(r'class="([^"]*)"', written))
    name = root(written.encode()).get("id")
    ruled = re.findall(rf"^#{name} \.([\w-]+)\{{", written, re.MULTILINE)
    assert len(ruled) == len(set(ruled)) and set(ruled) == used
    other = root(render(every("svg"), "svg", DARK))
    assert other.get("id") != name


def test_svg_follows_a_dark_page() -> None:
    light, both = (
        render(every("svg"), "svg", PAPER).decode(),
        render(every("svg"), "svg", PAPER, DARK).decode(),
    )
    assert "prefers-color-scheme" not in light
    block = both.partition("@media (prefers-color-scheme:dark){")[2].partition("</style>")[0]
    assert DARK["learned"].fill in block and PAPER["learned"].fill not in block
    assert len(re.findall(r"(?m)^#", block)) == len(re.findall(r"(?m)^#", light))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_svg_escapes_what_users_write(text: str) -> None:
    drawn = root(render(spiked(text), "svg", PAPER, DARK))
    allowed = {"svg", "title", "desc", "style", "g", "rect", "path", "text"}
    assert {each.tag.removeprefix(SVG) for each in drawn.iter()} <= allowed
    assert not any(name.startswith("on") for each in drawn.iter() for name in each.attrib)
    assert len(drawn.findall(f".//{SVG}style")) == 1
    shown = plain(text)
    assert (drawn[0].text or "") == (drawn[1].text or "") == shown
    assert {"".join(each.itertext()) for each in drawn.iter(f"{SVG}text")} == {shown, plain(f"x{text}x")}
    (group,) = drawn.findall(f"{SVG}g")
    assert group.get("data-path") == shown


def test_svg_is_small() -> None:
    many = [
        Group(f"layer{index}", "conv", (Rect(10, index, 80, 40, "learned"), Text(50, index, "3×3 conv", 8)))
        for index in range(1000)
    ]
    assert len(render(scene(*many), "svg", PAPER)) < 200 * 1000


# -- png ------------------------------------------------------------------------------------------


def opened(data: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(data)).convert("RGB")


def painted(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))


@pytest.mark.parametrize("scale", [0.5, 1, 1.5, 2])
def test_png_has_so_many_pixels(scale: float) -> None:
    data = render(every("png"), "png", PAPER, scale=scale)
    file = Pillow.open(io.BytesIO(data))
    assert file.size == (ceil(300 * 200 / 72 * scale), ceil(200 * 200 / 72 * scale))
    assert opened(data).getpixel((file.width - 1, file.height - 1)) == (255, 255, 255)
    assert file.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    assert file.info["dpi"] == pytest.approx((200, 200), abs=0.1)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_png_has_its_colours_in_their_places(theme: Any) -> None:
    drawn = opened(render(every("png"), "png", theme))

    def at(x: float, y: float) -> tuple[int, ...]:
        pixel = drawn.getpixel((round(x * 200 / 72), round(y * 200 / 72)))
        assert isinstance(pixel, tuple)
        return pixel

    assert at(5, 5) == at(250, 30) == at(10.2, 10.2) == painted(theme["paper"].fill)
    assert at(20, 18) == painted(theme["learned"].fill)
    assert at(115, 25) == painted(theme["pool"].fill)
    assert at(120, 82) == painted(theme["merge"].fill)
    # the last point of an arrow is inked, and what is just behind it is not
    assert at(189, 80) == painted(theme["arrow"].line)
    assert at(192, 80) == painted(theme["paper"].fill)
    assert at(240.5, 60) != painted(theme["paper"].fill)


def test_png_sets_text_as_wide_as_the_layout_thinks() -> None:
    for bold in (False, True):
        for turned in (False, True):
            text = Text(150, 100, "HHH 3x3 conv, 64 HHH", 10, bold=bold, turned=turned)
            drawn = (
                opened(render(scene(text), "png", PAPER))
                .convert("L")
                .point(lambda value: 255 * (value < 128))
            )
            left, top, right, bottom = (edge * 72 / 200 for edge in drawn.getbbox() or ())
            long, short = (bottom - top, right - left) if turned else (right - left, bottom - top)
            assert long == pytest.approx(lettering.width(text.text, 10, bold), abs=2)
            assert short < 10
            middle = (top + bottom) / 2 if turned else (left + right) / 2
            assert middle == pytest.approx(100 if turned else 150, abs=1)
            baseline = right if turned else bottom
            assert 0 <= baseline - (150 if turned else 100) < 2.5


def test_png_needs_no_font_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import resvg_py

    asked: list[bool] = []

    def drawn(**options: Any) -> bytes:
        asked.append(options["skip_system_fonts"])
        return picture()

    monkeypatch.setattr(resvg_py, "svg_to_bytes", drawn)
    for text in ("3×3 conv → 64 ≥ … ² é Ж α", "層"):
        render(scene(Text(50, 50, text, 8)), "png", PAPER)
    assert asked == [True, False]


def test_png_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(CannotDraw, match="83,334 × 55,556 pixels"):
        render(every("png"), "png", PAPER, scale=100)


# -- pdf ------------------------------------------------------------------------------------------


def objects(data: bytes) -> dict[int, bytes]:
    """The objects of a PDF by number, each found where the table says."""
    assert data.startswith(b"%PDF-1.4") and data.endswith(b"%%EOF\n")
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", data)[1])  # type: ignore[index]
    count = int(re.match(rb"xref\n0 (\d+)\n", data[table:])[1])  # type: ignore[index]
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n \n", data[table:])]
    assert len(places) == count - 1
    found = {}
    for index, place in enumerate(places, start=1):
        head = b"%d 0 obj\n" % index
        assert data[place:].startswith(head)
        found[index] = data[place + len(head) : data.index(b"\nendobj\n", place)]
    return found


def streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for content in objects(data).values():
        entries, marker, stream = content.partition(b"\nstream\n")
        if marker:
            assert stream.endswith(b"\nendstream")
            stream = stream.removesuffix(b"\nendstream")
            assert int(re.search(rb"/Length (\d+)", entries)[1]) == len(stream)  # type: ignore[index]
            yield entries, zlib.decompress(stream) if b"/FlateDecode" in entries else stream


def page(data: bytes) -> str:
    return next(stream for _, stream in streams(data)).decode("ascii")


def set_texts(data: bytes) -> list[str]:
    """What is read when the text is copied."""
    letters: dict[str, str] = {}
    for _, stream in streams(data):
        for glyph, letter in re.findall(rb"^<(\w{4})> <(\w+)>$", stream, re.MULTILINE):
            letters[glyph.decode()] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    shown = re.findall(r"<(\w*)> Tj", page(data))
    return ["".join(letters[codes[at : at + 4]] for at in range(0, len(codes), 4)) for codes in shown]


def test_pdf_is_one_page_as_large_as_the_drawing() -> None:
    found = objects(render(every("pdf"), "pdf", PAPER))
    (shown,) = (content for content in found.values() if b"/Type /Page " in content)
    assert b"/MediaBox [0 0 300 200]" in shown
    for reference in re.findall(rb"(\d+) 0 R", b" ".join(found.values())):
        assert int(reference) in found
    (information,) = (content for content in found.values() if b"/Title" in content)
    title, subject = re.findall(rb"<(feff\w+)>", information)
    assert bytes.fromhex(title.decode()).decode("utf-16") == "A drawing"
    assert bytes.fromhex(subject.decode()).decode("utf-16") == "Of everything"


def test_pdf_keeps_text_and_brings_its_font() -> None:
    data = render(every("pdf"), "pdf", PAPER)
    assert set_texts(data) == [part.text for part in every("pdf").shapes() if isinstance(part, Text)]
    names = set(re.findall(rb"/FontName /[A-Z]{6}\+([\w-]+)", data))
    assert names == {b"Arimo-Regular", b"Arimo-Bold"}
    files = [stream for entries, stream in streams(data) if b"/Length1" in entries]
    assert len(files) == 2 and all(len(file) < 20_000 for file in files)


def test_pdf_places_text_by_its_anchor() -> None:
    for anchor, share in (("start", 0), ("middle", 0.5), ("end", 1)):
        across = Text(150, 100, "conv", 10, anchor=anchor)  # type: ignore[arg-type]
        upwards = Text(150, 100, "conv", 10, anchor=anchor, turned=True)  # type: ignore[arg-type]
        places = re.findall(r"Tf (.*?) Tm", page(render(scene(across, upwards), "pdf", PAPER)))
        back = share * lettering.width("conv", 10)
        first, second = ([float(each) for each in place.split()] for place in places)
        assert first == pytest.approx([1, 0, 0, -1, 150 - back, 100], abs=0.02)
        assert second == pytest.approx([0, -1, -1, 0, 150, 100 + back], abs=0.02)


def test_pdf_refuses_letters_that_it_cannot_set() -> None:
    with pytest.raises(CannotDraw, match="'層' cannot be set") as caught:
        render(scene(Text(10, 10, "層", 8)), "pdf", PAPER)
    assert "svg" in caught.value.remedy


def test_a_pdf_larger_than_readers_take_is_made_smaller() -> None:
    data = render(every("pdf"), "pdf", PAPER, scale=100)
    assert b"/MediaBox [0 0 14400 9600]" in data


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_a_reader_of_pdf_has_no_complaint(tmp_path: Path) -> None:
    path = tmp_path / "drawing.pdf"
    path.write_bytes(render(every("pdf"), "pdf", PAPER))
    done = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True)
    assert not done.stderr
    assert {"3×3 conv, 64", "25.6 M parameters", "turned 224²"} <= set(done.stdout.decode().split("\n"))


# -- images ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
def test_a_png_is_read_pixel_by_pixel(mode: str) -> None:
    data = picture(mode, size=(60, 40))
    found = png_file.pixels(data)
    truth = Pillow.open(io.BytesIO(data)).convert("RGBA")
    assert found.colors == truth.convert("RGB").tobytes()
    assert (found.opacity or b"\xff" * 60 * 40) == truth.getchannel("A").tobytes()


@pytest.mark.parametrize("filter", range(5))
def test_a_png_is_read_whatever_its_rows_are_told_by(filter: int) -> None:
    rows = [bytes((40 * x + 90 * y + 7 * x * y) % 256 for x in range(9)) for y in range(4)]
    packed, above = b"", bytes(9)
    for row in rows:
        left, corner = bytes(3) + row[:6], bytes(3) + above[:6]
        guess = [
            (0, a, b, (a + b) // 2, min((a, b, c), key=lambda each, p=a + b - c: abs(p - each)))[filter]
            for a, b, c in zip(left, above, corner, strict=True)
        ]
        packed += bytes([filter, *((own - other) % 256 for own, other in zip(row, guess, strict=True))])
        above = row
    head = struct.pack(">IIBBBBB", 3, 4, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, content in ((b"IHDR", head), (b"IDAT", zlib.compress(packed)), (b"IEND", b"")):
        data += (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )
    assert png_file.pixels(data).colors == b"".join(rows)
    assert Pillow.open(io.BytesIO(data)).convert("RGB").tobytes() == b"".join(rows)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_an_image_tells_its_size(kind: str) -> None:
    assert raster(picture(kind=kind, size=(31, 17)))[:3] == (kind, 31, 17)


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", b"GIF89a", picture()[:20], picture(kind="jpeg")[:30], b"\xff\xd8\xff\xff\xff"]
)
def test_what_is_no_image_is_refused(format: str, data: bytes) -> None:
    with pytest.raises(CannotDraw, match="the image"):
        render(scene(Image(10, 10, 50, 50, data)), format, PAPER)


@pytest.mark.parametrize("cut", [45, 60, -30])
def test_a_damaged_png_is_refused_in_pdf(cut: int) -> None:
    with pytest.raises(CannotDraw, match="the image is damaged"):
        render(scene(Image(10, 10, 50, 50, picture()[:cut])), "pdf", PAPER)


def test_a_png_of_sixteen_bits_is_refused_in_pdf() -> None:
    with pytest.raises(CannotDraw, match="8 bits a channel"):
        render(scene(Image(10, 10, 50, 50, picture("I;16"))), "pdf", PAPER)


def test_images_are_where_they_should_be() -> None:
    drawn = opened(render(scene(Image(100, 50, 120, 80, picture())), "png", PAPER))
    x, y = round((100 + 5.5 * 10) * 200 / 72), round((50 + 3.5 * 10) * 200 / 72)
    assert drawn.getpixel((x, y)) == pytest.approx((100, 90, 80), abs=8)
    assert "120 0 0 -80 100 130 cm" in page(render(scene(Image(100, 50, 120, 80, picture())), "pdf", PAPER))


# -- tikz -----------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parent.parent
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def compiled(folder: Path, source: bytes) -> str:
    """What pdflatex tells of a file; fails where there is no page or an error."""
    (folder / "drawing.tex").write_bytes(source)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "drawing.tex"],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    told = done.stdout.decode(errors="replace")
    assert done.returncode == 0 and not re.search(r"^!", told, re.MULTILINE), told[-2000:]
    return told


def test_latex_sets_letters_and_runs_no_commands() -> None:
    assert latex(r"50 % of \x_1") == r"50 \% of \textbackslash{}x\_1"
    assert latex("3×3 → é") == r"3\texttimes{}3 \archdslsymbol{174} é"
    assert latex("a--b") == "a-{}-b"
    assert latex("層") == "?"


def test_tikz_refuses_images() -> None:
    with pytest.raises(CannotDraw, match="no image") as caught:
        render(scene(*IMAGES), "tikz", PAPER)
    assert "pdf" in caught.value.remedy


def test_tikz_refuses_what_tex_cannot_count() -> None:
    with pytest.raises(CannotDraw, match="larger than TeX can count"):
        render(every("tikz"), "tikz", PAPER, scale=100)


@needs_latex
def test_pdflatex_makes_a_page_of_the_drawing(tmp_path: Path) -> None:
    told = compiled(tmp_path, b"\\pdfobjcompresslevel=0\n" + render(every("tikz"), "tikz", PAPER))
    assert "(1 page" in told and "Overfull" not in told
    (width, height) = re.findall(
        rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "drawing.pdf").read_bytes()
    )[0]
    assert (float(width), float(height)) == pytest.approx((300, 200), abs=0.5)


@needs_latex
def test_a_paper_takes_the_drawing_in(tmp_path: Path) -> None:
    (tmp_path / "figure.tex").write_bytes(render(every("tikz"), "tikz", DARK))
    paper = (
        r"\documentclass[twocolumn]{article}\usepackage{tikz}\begin{document}Text."
        r"\begin{figure}\resizebox{\linewidth}{!}{\input{figure}}\caption{One.}\end{figure}"
        r"\begin{figure*}\input{figure}\caption{Again.}\end{figure*}More text.\end{document}"
    )
    assert "Overfull" not in compiled(tmp_path, paper.encode())


@needs_latex
@pytest.mark.parametrize(("spec", "net"), [("vgg", "VGG.D"), ("resnet", "ResNet.50"), ("unet", "U-Net")])
def test_pdflatex_makes_a_page_of_a_network(spec: str, net: str, tmp_path: Path) -> None:
    checked = archdsl.load(ROOT / "specs" / f"{spec}.arch")[net].checked
    told = compiled(tmp_path, draw(checked, "tikz").data)
    assert "(1 page" in told and "Overfull" not in told


@needs_latex
def test_no_text_breaks_pdflatex(tmp_path: Path) -> None:
    texts = [
        *HOSTILE.values(),
        *("".join(map(chr, range(at, at + 64))) for at in (32, 160, 224, 288, 913, 945, 8704)),
    ]
    parts = [part for text in texts for part in spiked(text).parts]
    whole = " ".join(HOSTILE.values())
    told = compiled(tmp_path, render(scene(*parts, title=whole, description=whole), "tikz", PAPER))
    assert "Missing character" not in told


# -- the font -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bold", [False, True])
def test_the_font_is_as_wide_as_the_layout_thinks(bold: bool) -> None:
    face = fonts.face(bold)
    for letter in [*map(chr, range(32, 127)), *"×–—…²³→≥≤"]:
        assert face.width(face.glyphs[ord(letter)]) == pytest.approx(
            lettering.width(letter, 1000, bold), abs=1
        )


def test_a_part_of_the_font_is_a_font() -> None:
    from archdsl.outputs.drawing.fonts.truetype import Face

    whole = fonts.face(False)
    glyphs = [whole.glyphs[ord(letter)] for letter in "conv"]
    part = Face(whole.subset(glyphs))
    assert set(part.tables) == {"head", "hhea", "hmtx", "maxp", "loca", "glyf"}
    places = [place for (place,) in struct.iter_unpack(">I", part.tables["loca"])]
    drawn = {glyph for glyph, (start, end) in enumerate(pairwise(places)) if end > start}
    assert drawn == {0, *glyphs}
    assert places[-1] == len(part.tables["glyf"]) < len(whole.tables["glyf"]) / 50
