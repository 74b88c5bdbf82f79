"""Drawings as files: what they hold, and what happens when there can be none."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from xml.etree import ElementTree

import pytest
from small_nets import CHAIN, CROSSED, EVERY, SPECS, network

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs.drawing import FORMATS, CannotDraw, EngineMissing, UnknownFormat, draw_to, engine
from archdsl.outputs.drawing import draw as drawn
from archdsl.outputs.drawing.blocks import choice
from archdsl.outputs.drawing.blocks.compose import compose
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture, Text
from archdsl.outputs.drawing.charts.dot import dot
from archdsl.outputs.drawing.wanted import Direction, Wanted
from archdsl.outputs.write import write

SVG = "{http://www.w3.org/2000/svg}"


def draw(checked: Checked, format: str = "svg", direction: Direction | None = None) -> bytes:
    return drawn(checked, format, "blocks", Wanted(direction=direction)).data


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


def test_text_from_a_spec_is_escaped_in_dot() -> None:
    drawn = ElementTree.fromstring(engine.run(dot(evil()), "svg"))
    texts = ["".join(text.itertext()).replace("\xa0", " ").strip() for text in drawn.iter(f"{SVG}text")]
    assert texts.count(EVIL.strip()) >= 5
    titles = [title.text for title in drawn.iter(f"{SVG}title")]
    assert set(KEYS[:3]) <= set(titles)


@pytest.mark.parametrize("source", EVERY)
@pytest.mark.parametrize("direction", ["down", "right"])
def test_svg_is_fit_for_a_page(source: str, direction: Direction) -> None:
    checked = network(source)
    written = draw(checked, "svg", direction)
    assert written == draw(network(source), "svg", direction)
    root = ElementTree.fromstring(written)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    assert root.findtext(f"{SVG}title") == checked.name
    assert f"{checked.metrics.params:,} parameters" in (root.findtext(f"{SVG}desc") or "")
    texts = {"".join(text.itertext()) for text in root.iter(f"{SVG}text")}
    for box in compose(checked).boxes():
        assert {line.text for line in box.lines} <= {*texts, "+", "×"}


def test_a_drawing_runs_down_or_to_the_right() -> None:
    checked = network(CHAIN)
    sizes = {}
    for direction in ("down", "right"):
        root = ElementTree.fromstring(draw(checked, "svg", direction))  # type: ignore[arg-type]
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        sizes[direction] = width / height
    assert sizes["down"] < 1 < sizes["right"]


def test_every_format_is_what_it_says() -> None:
    checked = network(CHAIN)
    assert draw(checked, "png").startswith(b"\x89PNG\r\n")
    assert draw(checked, "pdf").startswith(b"%PDF-1")
    assert draw(checked, "dot").startswith(b'digraph "Chain"')


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.arch")), ids=lambda path: path.stem)
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
        draw(network(CROSSED), "svg")
    assert "Graphviz" in str(caught.value)
    assert "install" in caught.value.remedy


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("source", EVERY)
def test_chains_and_branches_need_no_engine(source: str) -> None:
    assert draw(network(source), "svg")
    assert draw(network(source), "dot")


def test_the_bundled_engine_needs_no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert b"<svg" in draw(network(CROSSED), "svg")


def test_the_system_engine_comes_first(alone: Path) -> None:
    program(alone, "dot", 'printf "%s" "$1"')
    assert engine.run("digraph {}", "json") == b"-Tjson"


def test_an_engine_that_fails_is_quoted(alone: Path) -> None:
    program(alone, "dot", "echo first >&2; echo 'it is broken' >&2; exit 3")
    with pytest.raises(CannotDraw, match="Graphviz failed: it is broken"):
        draw(network(CROSSED), "svg")


def test_an_engine_without_the_format_is_told(alone: Path) -> None:
    program(alone, "dot", """echo 'Format: "json" not recognized. Use one of: svg' >&2; exit 1""")
    with pytest.raises(EngineMissing, match="cannot write json"):
        draw(network(CROSSED), "png")


def test_an_engine_that_hangs_is_left(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    program(alone, "dot", "exec /bin/sleep 20")
    with pytest.raises(CannotDraw, match="longer than"):
        draw(network(CROSSED), "svg")


def test_too_large_a_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "MOST_FREELY", 3)
    monkeypatch.setattr(choice, "MOST_BOXES", 3)
    with pytest.raises(CannotDraw, match="the picture of Chain would have more than 3 boxes") as caught:
        draw(network(CHAIN), "svg")
    assert "write dot" in caught.value.remedy


@pytest.mark.parametrize(("name", "format"), [("net.gif", None), ("net", None), ("net.svg", "bmp")])
def test_an_unknown_format_is_refused(tmp_path: Path, name: str, format: str | None) -> None:
    with pytest.raises(UnknownFormat, match=f"choose {', '.join(FORMATS)}"):
        draw_to(network(CHAIN), tmp_path / name, format)
    assert not list(tmp_path.iterdir())


def test_a_drawing_goes_to_a_file(tmp_path: Path) -> None:
    checked = network(CHAIN)
    draw_to(checked, tmp_path / "net.DOT")
    draw_to(checked, tmp_path / "net.txt", "svg", "blocks")
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
