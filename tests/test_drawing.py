"""Drawings: what is shown, how it is written, and what happens when it cannot be."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs import drawing
from archdsl.outputs.drawing import CannotDraw, EngineMissing, UnknownFormat, draw, draw_to, engine
from archdsl.outputs.drawing.blocks.compose import Plan, compose
from archdsl.outputs.drawing.blocks.dot import dot
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture, Text
from archdsl.outputs.drawing.pdf import pdf
from archdsl.outputs.drawing.svg import finished
from archdsl.outputs.drawing.wanted import Direction
from archdsl.outputs.fold import fold
from archdsl.outputs.write import write

SPECS = sorted((Path(__file__).resolve().parent.parent / "specs").glob("*.arch"))
SVG = "{http://www.w3.org/2000/svg}"

BLOCKS = """
block residual(c) {
    add {
        conv(c, 3, padding = same) -> batchnorm -> relu -> conv(c, 3, padding = same) -> batchnorm
        identity
    }
    relu
}
block mixed(c) {
    concat { conv(c, 1) -> relu; conv(c, 3, padding = same) -> relu; maxpool(3, stride = 1, padding = 1) }
}
"""
RESIDUAL = BLOCKS + "net Residual { input image: 8 x 16 x 16; stage: { residual(8) * 3 }; conv(4, 1) }"
MIXED = BLOCKS + "net Mixed { input image: 8 x 16 x 16; stem: conv(8, 1); mixed(4); flatten; linear(5) }"
HEADS = """net Heads {
    input image: 3 x 8 x 8
    a: conv(4, 3)
    training output aux: { a -> avgpool(global) -> flatten -> linear(2) }
    output main: { a -> flatten -> linear(2) }
}"""
CHAIN = "net Chain { input x: 4 x 8 x 8; (conv(4, 3, padding = same) -> batchnorm -> relu) * 5; maxpool(2) }"
SHARED = """net Twins {
    input a: 3 x 8 x 8
    input b: 3 x 8 x 8
    share tower: { conv(4, 3) -> relu -> conv(4, 3) }
    output both: (a -> tower) + (b -> tower)
}"""
EVERY = [RESIDUAL, MIXED, HEADS, CHAIN, SHARED]


def network(source: str) -> Checked:
    (net,) = archdsl.loads(source).values()
    return net.checked


def frames(picture: Picture) -> Iterator[Frame]:
    pending: list[Box | Frame] = list(reversed(picture.parts))
    while pending:
        part = pending.pop()
        if isinstance(part, Frame):
            yield part
            pending.extend(reversed(part.parts))


def lines(box: Box) -> list[str]:
    return [line.text for line in box.lines]


def wires(picture: Picture) -> set[tuple[str, str]]:
    return {(arrow.tail.key, arrow.head.key) for arrow in picture.arrows}


# -- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize("source", EVERY)
@pytest.mark.parametrize("depth", [None, 0, 1])
def test_every_layer_is_shown_once(source: str, depth: int | None) -> None:
    checked = network(source)
    plan = Plan(checked, depth)
    plan.place(fold(checked))
    for node in checked.graph.nodes:
        drawn = plan.home[node.index] is not None
        repeated = plan.first[node.index] != node.index
        assert drawn + repeated == (node.op.name != "identity" or repeated)
    shown = compose(checked, depth)
    boxes = list(shown.boxes())
    assert len({box.key for box in boxes}) == len(boxes)
    assert {box for arrow in shown.arrows for box in (arrow.tail, arrow.head)} <= set(boxes)
    ends = {box for box in boxes if box.kind == "end"}
    assert all(any(end in (arrow.tail, arrow.head) for arrow in shown.arrows) for end in ends)


def test_a_chain_is_one_box_with_a_badge() -> None:
    image, chain, pool, output = compose(network(CHAIN)).boxes()
    assert (image.kind, lines(image)) == ("end", ["x", "4 × 8 × 8"])
    assert (chain.times, lines(chain)) == (5, ["3x3 conv, 4", "batchnorm", "relu"])
    assert [line.family for line in chain.lines] == ["learned", "norm", "activation"]
    assert lines(pool) == ["2x2 maxpool, /2"]
    assert lines(output) == ["output", "4 × 4 × 4"]


def test_blocks_are_frames_and_forks_are_inside() -> None:
    shown = compose(network(RESIDUAL))
    stage, block = frames(shown)
    assert (stage.name, stage.times) == ("stage", 1)
    assert (block.block, block.times) == ("residual", 3)
    assert [part.kind for part in block.parts if isinstance(part, Box)] == [
        "fork",
        "layers",
        "layers",
        "sign",
        "layers",
    ]
    fork, first, second, sign, relu = (part.key for part in block.parts)
    assert wires(shown) == {
        ("image", fork),
        (fork, first),
        (first, second),
        (second, sign),
        (fork, sign),  # the identity is only a line
        (sign, relu),
        (relu, "conv1"),  # and what repeats does not lead back
        ("conv1", "output output"),
    }


def test_a_shape_is_told_where_it_changes() -> None:
    told = {arrow.tail.key: arrow.text for arrow in compose(network(MIXED)).arrows if arrow.text}
    assert told == {
        "mixed1.conv1": "4 × 16 × 16",
        "mixed1.conv2": "4 × 16 × 16",
        "mixed1.concat1": "16 × 16 × 16",
        "flatten1": "4096",
    }


def test_a_merge_is_a_sign_or_a_bar() -> None:
    merges = {box.kind: lines(box) for box in compose(network(MIXED)).boxes() if box.kind in ("sign", "bar")}
    assert merges == {"bar": ["concat"]}
    product = "net N { input x: 4 x 8 x 8; mul { identity; conv(4, 1) -> sigmoid } }"
    (sign,) = (box for box in compose(network(product)).boxes() if box.kind == "sign")
    assert lines(sign) == ["×"]


def test_a_value_read_twice_has_two_lines() -> None:
    shown = compose(network("net N { input x: 4 x 8 x 8; a: conv(4, 1); a + a }"))
    assert sum(arrow.head.kind == "sign" for arrow in shown.arrows) == 2


def test_what_only_training_needs_is_marked() -> None:
    shown = compose(network(HEADS))
    training = {box.key for box in shown.boxes() if box.training}
    assert "output aux" in training
    assert not {"a", "image", "output main"} & training
    for arrow in shown.arrows:
        assert arrow.training == arrow.head.training or arrow.head.kind == "fork"
    written = dot(shown)
    assert 'STYLE="rounded,dashed"' in written
    assert written.count('style="dashed"') == sum(arrow.training for arrow in shown.arrows)


def test_a_shared_part_says_so() -> None:
    first, again = (frame for frame in frames(compose(network(SHARED))) if frame.name == "tower")
    assert (first.block.strip(), again.block.strip()) == ("", "(shared)")


def test_deep_blocks_can_be_closed() -> None:
    shown = compose(network(RESIDUAL), depth=1)
    (stage,) = frames(shown)
    (block,) = stage.parts
    assert isinstance(block, Box)
    assert (block.times, lines(block)) == (3, ["residual", "3x3 conv, 8", "3x3 conv, 8"])
    assert wires(shown) == {("image", block.key), (block.key, "conv1"), ("conv1", "output output")}


# -- how it is written ----------------------------------------------------------------------------

EVIL = 'a "quoted" <b> & \\N {x|y} \\'

KEYS = [f'{number} "quoted" <b> & {{x|y}}' for number in range(4)]


def evil() -> Picture:
    first, last = (Box(key, "end", (Text(EVIL, "source"), Text("1", "source"))) for key in (KEYS[:2]))
    layer = Box(KEYS[2], "layers", (Text(EVIL, "learned"),), times=2)
    bar = Box("bar", "bar", (Text(EVIL, "merge"),))
    frame = Frame(KEYS[3], EVIL, EVIL, (layer, bar), times=2)
    arrows = (Arrow(first, layer, EVIL), Arrow(layer, bar), Arrow(bar, last))
    return Picture(EVIL, EVIL, (first, frame, last), arrows)


def test_text_from_a_spec_is_escaped() -> None:
    picture = evil()
    root = ElementTree.fromstring(finished(engine.run(dot(picture), "svg"), picture))
    assert root.findtext(f"{SVG}title") == EVIL
    texts = ["".join(text.itertext()).replace("\xa0", " ") for text in root.iter(f"{SVG}text")]
    assert texts.count(EVIL) >= 5
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert set(KEYS) <= set(titles)


@pytest.mark.parametrize("source", EVERY)
@pytest.mark.parametrize("direction", ["down", "right"])
def test_svg_is_fit_for_a_page(source: str, direction: Direction) -> None:
    checked = network(source)
    written = draw(checked, "svg", direction=direction)
    assert written == draw(network(source), "svg", direction=direction)
    root = ElementTree.fromstring(written)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.findtext(f"{SVG}title") == checked.name
    assert f"{checked.metrics.params:,} parameters" in (root.findtext(f"{SVG}desc") or "")
    assert b"<!--" not in written and b"<!DOCTYPE" not in written and b"xlink" not in written
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert all(text and text == text.strip() for text in texts)
    for box in compose(checked).boxes():
        assert set(lines(box)) <= set(texts)
    paper = root.find(f".//{SVG}polygon")
    assert paper is not None and paper.get("fill") == "#ffffff"


def test_a_drawing_runs_down_or_to_the_right() -> None:
    checked = network(CHAIN)
    sizes = {}
    for direction in ("down", "right"):
        root = ElementTree.fromstring(draw(checked, direction=direction))  # type: ignore[arg-type]
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        sizes[direction] = width / height
    assert sizes["down"] < 1 < sizes["right"]


def test_png_is_a_picture() -> None:
    assert draw(network(CHAIN), "png").startswith(b"\x89PNG\r\n")


def test_pdf_is_well_formed_and_holds_the_text() -> None:
    data = pdf(draw(network(MIXED), "svg"))
    assert data.startswith(b"%PDF-1.4") and data.endswith(b"%%EOF\n")
    table = int(re.search(rb"startxref\n(\d+)\n", data)[1])  # type: ignore[index]
    assert data[table:].startswith(b"xref")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n ", data), start=1):
        assert data[int(place) :].startswith(b"%d 0 obj\n" % number)
    length, stream = re.search(rb"/Length (\d+) .*?stream\n(.*?)\nendstream", data, re.DOTALL).groups()  # type: ignore[union-attr]
    assert int(length) == len(stream)
    page = zlib.decompress(stream).decode()
    texts = [bytes.fromhex(text).decode("cp1252") for text in re.findall(r"<([0-9a-f]+)> Tj", page)]
    assert {"image", "8 × 16 × 16", "concat", "3x3 conv, 4", "fc, 5", "mixed"} <= set(texts)
    assert page.count("BT") == page.count("ET") == len(texts)


def test_pdf_refuses_letters_that_it_cannot_set() -> None:
    picture = Picture("t", "t", (Box("a", "layers", (Text("層", "learned"),)),), ())
    with pytest.raises(EngineMissing, match="'層' cannot be set"):
        pdf(finished(engine.run(dot(picture), "svg"), picture))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_can_be_drawn(path: Path) -> None:
    for net in archdsl.load(path).values():
        ElementTree.fromstring(draw(net.checked, "svg"))


# -- when it cannot be ----------------------------------------------------------------------------


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with one empty folder, and no Graphviz that pip installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(engine, "BUNDLED", "no-such-distribution")
    return tmp_path


@pytest.mark.usefixtures("alone")
def test_a_missing_engine_is_told_with_its_remedy() -> None:
    with pytest.raises(EngineMissing) as caught:
        draw(network(CHAIN), "svg")
    assert "Graphviz" in str(caught.value)
    assert "install" in caught.value.remedy
    assert draw(network(CHAIN), "dot").startswith(b'digraph "Chain"')


def test_the_bundled_engine_needs_no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert b"<svg" in draw(network(CHAIN), "svg")
    assert draw(network(CHAIN), "pdf").startswith(b"%PDF")


def test_the_system_engine_comes_first(alone: Path) -> None:
    program(alone, "dot", 'printf "%s" "$1"')
    assert draw(network(CHAIN), "pdf") == b"-Tpdf"


def test_an_engine_that_fails_is_quoted(alone: Path) -> None:
    program(alone, "dot", "echo first >&2; echo 'it is broken' >&2; exit 3")
    with pytest.raises(CannotDraw, match="Graphviz failed: it is broken"):
        draw(network(CHAIN), "svg")


def test_an_engine_without_the_format_is_told(alone: Path) -> None:
    program(alone, "dot", """echo 'Format: "png" not recognized. Use one of: svg' >&2; exit 1""")
    with pytest.raises(EngineMissing, match="cannot write png"):
        draw(network(CHAIN), "png")


def test_an_engine_that_hangs_is_left(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    program(alone, "dot", "exec /bin/sleep 20")
    with pytest.raises(CannotDraw, match="longer than"):
        draw(network(CHAIN), "svg")


def test_too_large_a_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_BOXES", 3)
    with pytest.raises(CannotDraw, match="the picture of Chain would have 4 boxes"):
        draw(network(CHAIN), "svg")


@pytest.mark.parametrize(("name", "format"), [("net.gif", None), ("net", None), ("net.svg", "bmp")])
def test_an_unknown_format_is_refused(tmp_path: Path, name: str, format: str | None) -> None:
    with pytest.raises(UnknownFormat, match="choose svg, png, pdf, dot"):
        draw_to(network(CHAIN), tmp_path / name, format)
    assert not list(tmp_path.iterdir())


def test_a_drawing_goes_to_a_file(tmp_path: Path) -> None:
    checked = network(CHAIN)
    draw_to(checked, tmp_path / "net.DOT")
    draw_to(checked, tmp_path / "net.txt", "svg")
    assert (tmp_path / "net.DOT").read_bytes() == draw(checked, "dot")
    assert (tmp_path / "net.txt").read_bytes() == draw(checked, "svg")
    assert len(list(tmp_path.iterdir())) == 2


# -- writing --------------------------------------------------------------------------------------


def test_an_interrupted_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "net.svg"
    target.write_text("old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_keeps_permissions_and_links(tmp_path: Path) -> None:
    target, link = tmp_path / "net.svg", tmp_path / "link.svg"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write(link, "new\r\nline")
    assert target.read_bytes() == b"new\r\nline"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert link.is_symlink()


def test_a_write_into_no_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write(tmp_path / "missing" / "net.svg", b"x")
