"""Pictures as Mermaid: what is drawn, that names stay names, and that Mermaid itself reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import archdsl
from archdsl.outputs.diff.picture import marked
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture, Text
from archdsl.outputs.drawing.charts.mermaid import MOST_BOXES, mermaid, readable
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.faults import faulty
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.themes import PAPER
from archdsl.pipeline import analyse
from archdsl.source import Source

ROOT = Path(__file__).parent.parent
SPECS = ROOT / "specs"
HOSTILE = [
    '"]; click n1 href "javascript:alert(1)"',
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "%% a comment",
    "end",
    "subgraph x",
    "`**bold** _it_`",
    "- a list",
    "1. a list",
    "+ one",
    "#quot;&lt;",
    "[link](http://example.org) www.example.org",
    "back\\slash | bar -->|x| {a}",
    "classDef style: x #1; y#2;",
    "two\nlines\r\nand three",
    "right \u202eto left\u202c \u200f",
    "ﬂ°°60¶ß",
    "fa:fa-car",
    "é 層 Ω",
]


@cache
def spec(name: str) -> archdsl.spec.Spec:
    return archdsl.load(SPECS / f"{name}.arch")


def chart(file: str, net: str, depth: int | None = None) -> str:
    return mermaid(readable(spec(file)[net].checked, depth))


def hostile() -> Picture:
    """All hostile texts as titles of boxes and frames, on arrows, and about the whole."""
    parts: list[Box | Frame] = []
    arrows = []
    for text in HOSTILE:
        box = Box(text, "layers", (Text(text, "learned"), Text(text, "norm")))
        bar = Box(f"{text} bar", "bar", (Text(text, "merge"),))
        parts.append(Frame(text, text, text, (box, bar), times=2))
        arrows.append(Arrow(box, bar, text))
    return Picture(" ".join(HOSTILE), " ".join(HOSTILE), tuple(parts), tuple(arrows))


def statements(source: str) -> Iterator[str]:
    yield from (line.strip() for line in source.splitlines()[2:])


# -- what is drawn --------------------------------------------------------------------------------


def test_a_small_net() -> None:
    body = """
    block unit { add { conv(4, 3, padding = same) -> batchnorm -> relu; identity } }
    net N { input x: 4 x 8 x 8; body: unit * 3; training output aux: { flatten -> linear(2) }; softmax }
    """
    source = mermaid(readable(archdsl.loads(body)["N"].checked))
    lines = list(statements(source))
    assert source.splitlines()[1] == "flowchart TB"
    assert lines[0] == "accTitle: N"
    assert lines[1].startswith("accDescr: N, from x 4 × 8 × 8 to ")
    assert 'n1(["<b>x</b><br>4 × 8 × 8"])' in lines
    assert any(re.fullmatch(r'subgraph s\d\[".*body.*×3.*"\]', line) for line in lines)
    assert any(re.fullmatch(r'n\d+\["<b>3.3 conv, 4</b><br>batchnorm · relu.*"\]', line) for line in lines)
    assert any(re.fullmatch(r'n\d+\(\("#43;"\)\)', line) for line in lines)
    assert any("-.->" in line for line in lines)  # what only training needs
    assert lines.count("end") == sum(line.startswith("subgraph") for line in lines)


@pytest.mark.parametrize(
    ("file", "net"),
    [("resnet", "ResNet.18"), ("googlenet", "GoogLeNet"), ("unet", "U-Net"), ("frrn", "FRRN.B")],
)
def test_every_arrow_is_between_boxes(file: str, net: str) -> None:
    picture = readable(spec(file)[net].checked)
    source = mermaid(picture)
    boxes = re.findall(r"^ +(n\d+)[\[(]", source, re.MULTILINE)
    arrows = re.findall(r"^ +(n\d+) -\.?->(?:\|\"[^\"]*\"\|)? (n\d+)$", source, re.MULTILINE)
    assert boxes == [f"n{number}" for number in range(1, len(boxes) + 1)]
    assert len(boxes) == sum(box.kind != "fork" for box in picture.boxes()) <= MOST_BOXES
    assert {end for arrow in arrows for end in arrow} == set(boxes)
    # a line that forks is one arrow for each end
    assert len(arrows) == sum(arrow.head.kind != "fork" for arrow in picture.arrows)


def test_a_shape_is_said_where_a_line_forks() -> None:
    source = chart("resnet", "ResNet.18")
    assert source.count('|"64 × 56 × 56"|') == 1


def test_depth_is_what_fits_or_what_is_asked_for() -> None:
    checked = spec("resnet")["ResNet.152"].checked
    counts = [sum(box.kind != "fork" for box in readable(checked, depth).boxes()) for depth in (0, 1, 2)]
    assert counts == sorted(counts)
    best = sum(box.kind != "fork" for box in readable(checked).boxes())
    assert best == max(count for count in counts if count <= MOST_BOXES)
    assert best > counts[0]


def test_what_mermaid_does_not_draw_is_refused() -> None:
    layers = "; ".join(f"conv({n + 1}, 1)" for n in range(600))
    net = archdsl.loads(f"net N {{ input x: 4 x 4 x 4; {layers} }}")["N"]
    with pytest.raises(CannotDraw, match="Mermaid draws at most 500"):
        mermaid(readable(net.checked))
    boxes = tuple(Box(str(n), "layers", (Text("x" * 79 + str(n), "learned"),)) for n in range(900))
    with pytest.raises(CannotDraw, match="Mermaid reads at most 50,000"):
        mermaid(Picture("t", "d", boxes, ()))


def test_the_direction() -> None:
    picture = readable(spec("vgg")["VGG.A"].checked)
    assert mermaid(picture, "right").splitlines()[1] == "flowchart LR"
    # headings leave room for the line that runs down through them, but not for one to the right
    assert "#160;" in mermaid(picture)
    assert "#160;" not in mermaid(picture, "right")


def test_marks_of_a_comparison() -> None:
    found = marked(spec("vgg")["VGG.C"].checked, spec("vgg")["VGG.D"].checked)
    source = mermaid(readable(found))
    assert re.search("#126; 3.3 conv, 256 #40;was 1.1 conv, 256#41;", source)
    (names,) = re.findall(r"^ +class (\S+) changed$", source, re.MULTILINE)
    assert len(names.split(",")) == 3
    assert f"fill:{PAPER['changed'].fill}" in source
    gone = mermaid(readable(marked(spec("vgg")["VGG.D"].checked, spec("vgg")["VGG.A"].checked)))
    assert "class" in gone and "linkStyle" in gone and "stroke-dasharray" in gone


def test_a_network_that_is_wrong() -> None:
    source = """
    net N {
        input x: 4 x 8 x 8
        add { conv(8, 1); identity }
        softmax
    }
    """
    (wrong,) = analyse(Source("wrong.arch", source), lambda path: "").broken
    lines = list(statements(mermaid(readable(faulty(wrong)))))
    (remark,) = (line for line in lines if line.startswith("r1["))
    assert "line 4#58; add#58; branches disagree in channels" in remark
    assert "<br><small>help#58; " in remark
    sign = next(line.partition("(")[0] for line in lines if '"#43;"' in line)
    assert f"class {sign},r1 fault" in lines
    assert any(line.startswith("linkStyle ") and line.endswith(PAPER["fault"].line) for line in lines)
    assert any(line.startswith("class ") and line.endswith(" unknown") for line in lines)


def test_blocks_that_are_asked_for_are_open() -> None:
    checked = spec("googlenet")["GoogLeNet"].checked
    assert "5×5 conv, 32" not in mermaid(readable(checked))
    assert "5×5 conv, 32" in mermaid(readable(checked, 0, ("inception_3a",)))
    with pytest.raises(CannotDraw, match="has no block `inception_3x`"):
        readable(checked, opened=("inception_3x",))


def test_colours_are_those_of_the_theme_and_letters_are_dark() -> None:
    source = chart("googlenet", "GoogLeNet")
    used = re.findall(r"classDef (\w+) fill:(#\w+),stroke:(#\w+),color:(#\w+)", source)
    assert {name for name, *_ in used} >= {"learned", "pool", "norm", "block"}
    for name, fill, stroke, letters in used:
        paint = PAPER["inner frame" if name == "inner" else name]
        assert (fill, stroke, letters) == (paint.fill, paint.line, PAPER["ink"].line)
    looks = json.loads(source.splitlines()[0].removeprefix("%%{init: ").removesuffix("}%%"))
    # Mermaid drops variables with anything else in them
    assert all(re.fullmatch(r'[\d "#%(),.;A-Za-z]+', value) for value in looks["themeVariables"].values())


@pytest.mark.parametrize(("file", "net"), [("unet", "U-Net"), ("vgg", "VGG.D"), ("densenet", "DenseNet.121")])
def test_headings_have_room_in_their_frames(file: str, net: str) -> None:
    """A heading that is wider than what is in its frame would make Mermaid draw the frame over others."""

    def widest(text: str) -> float:
        lines = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text).replace("\xa0", " ").split("<br>")
        return max(width(re.sub(r"<[^>]*>", "", line), 14, bold=True) for line in lines)

    frames: list[tuple[float, list[float]]] = []
    for line in statements(chart(file, net)):
        if found := re.fullmatch(r'subgraph s\d+\["(.*)"\]', line):
            frames.append((widest(found[1]), []))
        elif found := re.fullmatch(r'n\d+[\[(]+"(.*)"[\])]+', line):
            for _, inside in frames:
                inside.append(widest(found[1]))
        elif line == "end":
            heading, inside = frames.pop()
            assert heading <= max(inside) + 80


def test_a_frame_at_the_top_says_what_it_covers() -> None:
    source = chart("resnet", "ResNet.18")
    headings = re.findall(r'subgraph s\d+\["(.*)"\]', source)
    assert headings[0] == " "
    assert headings[1].startswith("<b>layer1</b> #8250; <b>basic</b> <b>×2</b>")


# -- names stay names -----------------------------------------------------------------------------


def test_no_text_is_anything_but_text() -> None:
    source = mermaid(hostile())
    for line in source.splitlines()[1:]:
        for text in re.findall(r'"([^"]*)"', line):
            plain = re.sub(r"</?b>|<br>|</?small>|#\d+;", "", text)
            assert not re.search(r'["<>&`*#%{}|\\\[\]()!:;/+=@~]', plain), text
            assert not re.search(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", plain)
        if "acc" not in line:
            assert not re.search("click|href|script|%%", re.sub(r'"[^"]*"', "", line))
    assert not re.search(r"^\s*(click|style|linkStyle|%%)", "\n".join(source.splitlines()[1:]), re.MULTILINE)


def test_long_texts_are_cut() -> None:
    source = mermaid(Picture("t", "d", (Box("a", "layers", (Text("x" * 5000, "learned"),)),), ()))
    assert len(max(source.splitlines()[2:], key=len)) < 200
    assert "…" in source


def test_the_same_from_run_to_run() -> None:
    checked = spec("googlenet")["GoogLeNet"].checked
    assert mermaid(readable(checked)) == mermaid(readable(checked))
    again = archdsl.load(SPECS / "googlenet.arch")["GoogLeNet"].checked
    assert mermaid(readable(again)) == mermaid(readable(checked))


# -- Mermaid itself -------------------------------------------------------------------------------

READ = """
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const { JSDOM } = require("jsdom");
globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const { default: mermaid } = await import(pathToFileURL(require.resolve("mermaid")));
const found = [];
for (const file of process.argv.slice(3)) {
  const source = readFileSync(file, "utf8");
  await mermaid.parse(source);
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(source);
  const texts = [...db.getVertices().values()].map((vertex) => vertex.text);
  found.push({ texts, arrows: db.getEdges().length });
}
console.log(JSON.stringify(found));
"""


def modules() -> str | None:
    """A folder with Mermaid for node, and with a document for it."""
    folders = [
        *os.environ.get("NODE_PATH", "").split(os.pathsep),
        ROOT / "node_modules",
        ROOT / "page/node_modules",
    ]
    for folder in map(Path, filter(None, folders)):
        if (folder / "mermaid").is_dir() and (folder / "jsdom").is_dir():
            return str(folder)
    return None


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(modules() is None, reason="no Mermaid in node_modules: `npm install mermaid jsdom`")
def test_mermaid_reads_it(tmp_path: Path) -> None:
    pictures = {
        "hostile": hostile(),
        "resnet": readable(spec("resnet")["ResNet.152"].checked),
        "unet": readable(spec("unet")["U-Net"].checked),
        "diff": readable(marked(spec("vgg")["VGG.C"].checked, spec("vgg")["VGG.E"].checked)),
    }
    script = tmp_path / "read.mjs"
    script.write_text(READ, "utf-8")
    files = []
    for name, picture in pictures.items():
        files.append(tmp_path / f"{name}.mmd")
        files[-1].write_text(mermaid(picture), "utf-8")
    command = ["node", str(script), str(modules()), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    for picture, found in zip(pictures.values(), json.loads(done.stdout), strict=True):
        boxes = [box for box in picture.boxes() if box.kind != "fork"]
        assert len(found["texts"]) == len(boxes)
        assert found["arrows"] == sum(arrow.head.kind != "fork" for arrow in picture.arrows)
    hostile_texts = json.loads(done.stdout)[0]["texts"]
    for text, wanted in zip(hostile_texts[::2], HOSTILE, strict=True):
        read = re.sub("ﬂ°°(\\d+)¶ß", lambda found: chr(int(found[1])), text)
        shown = re.sub("[\u200f\u202c\u202e]", "", " ".join(wanted.split())).strip()
        assert read == f"<b>{shown}</b><br>{shown}"
