"""Tables in the layout of the paper that a spec is written from, in every format."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.cli import main
from archdsl.outputs.table import html, latex, markdown, papers, render, text
from archdsl.outputs.table.grid import Cell, Column, Grid, Line, Stack, span_of
from archdsl.outputs.table.paper.figures import number, rounded

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").glob("*.arch"))


@cache
def nets(file: str) -> dict[str, Checked]:
    spec = archdsl.load(ROOT / "specs" / f"{file}.arch")
    return {name: net.checked for name, net in spec.items()}


def table(file: str, net: str) -> Grid:
    """The table of a net of a spec, or of all its variants."""
    members = [each for name, each in nets(file).items() if net in (name, name.partition(".")[0])]
    (grid,) = papers(members, always=True)
    return grid


def written(source: str) -> list[Grid]:
    return papers([net.checked for net in archdsl.loads(source).values()], always=True)


def texts(grid: Grid, *kinds: str) -> list[tuple[str, ...]]:
    return [tuple(map(str, line.cells)) for line in grid.lines if line.kind in (kinds or ("layer",))]


# -- a column a variant ---------------------------------------------------------------------------


def test_vgg_is_table_1_and_table_2() -> None:
    grid = table("vgg", "VGG")
    assert [column.title for column in grid.columns] == ["A", "A-LRN", "B", "C", "D", "E"]
    layers = ["11", "11", "13", "16", "16", "19"]
    assert texts(grid, "head") == [tuple(f"{each} weight layers" for each in layers)]
    six, twelve = "conv3-64", "conv3-128"
    assert texts(grid)[:8] == [
        ("input image (3 × 224 × 224)",),
        (six,) * 6,
        ("", "LRN", six, six, six, six),
        ("maxpool",),
        (twelve,) * 6,
        ("", "", twelve, twelve, twelve, twelve),
        ("maxpool",),
        ("conv3-256",) * 6,
    ]
    assert texts(grid)[-5:] == [("maxpool",), ("FC-4096",), ("FC-4096",), ("FC-1000",), ("soft-max",)]
    params = ["133M", "133M", "133M", "134M", "138M", "144M"]  # as the paper's table 2 has them
    assert texts(grid, "total")[0] == tuple(f"{each} params" for each in params)


def test_rows_without_bars_go_over_all_columns_between_rules() -> None:
    grid = table("vgg", "VGG")
    for line in grid.lines:
        assert sum(map(span_of, line.cells)) == 6
    pools = [line for line in grid.lines if str(line.cells[0]) == "maxpool"]
    assert [span_of(line.cells[0]) for line in pools] == [6] * 5
    assert all(line.rule for line in pools)


def test_resnet_is_table_1() -> None:
    grid = table("resnet", "ResNet")
    titles = [column.title for column in grid.columns]
    depths = ["18", "34", "50", "101", "152"]
    assert titles == ["layer", "output size", *(f"ResNet-{depth}" for depth in depths)]
    lines = texts(grid)
    assert lines[0] == ("conv1", "112 × 112", "7×7 conv, 64, stride 2")
    assert lines[1] == ("maxpool", "56 × 56", "3×3 maxpool, stride 2")
    assert lines[3] == (
        "layer2",
        "28 × 28",
        "[3×3, 128; 3×3, 128] × 2",
        "[3×3, 128; 3×3, 128] × 4",
        "[1×1, 128; 3×3, 128; 1×1, 512] × 4",
        "[1×1, 128; 3×3, 128; 1×1, 512] × 4",
        "[1×1, 128; 3×3, 128; 1×1, 512] × 8",
    )
    assert lines[-2:] == [("avgpool", "1 × 1", "global avgpool"), ("fc", "1000", "fc, 1000")]
    foot = {cells[0]: cells[2:] for cells in texts(grid, "total")}
    assert foot["depth"] == tuple(depths)
    assert foot["parameters"] == ("11.7M", "21.8M", "25.6M", "44.5M", "60.2M")
    assert foot["MACs"] == ("1.81G", "3.66G", "4.09G", "7.80G", "11.5G")


def test_numbers_are_cut_where_the_source_cuts_them() -> None:
    """3,857,973,248 is 3.8 billion in the paper, so its table has 3.8G without a mark."""
    grid = table("resnet", "ResNet-v1")
    (macs,) = (cells for cells in texts(grid, "total") if cells[0] == "MACs")
    assert macs[2:] == ("1.8G", "3.6G", "3.8G", "7.6G", "11.3G")
    assert not grid.notes


def test_densenet_has_dense_blocks_and_transitions() -> None:
    rows = {cells[0]: cells[1:] for cells in texts(table("densenet", "DenseNet"))}
    assert rows["denseblock3"] == (
        "14 × 14",
        *(f"[1×1, 128; 3×3, 32] × {count}" for count in (24, 32, 48, 64)),
    )
    assert rows["transition3"][-1] == "1×1 conv, 1152; 2×2 avgpool, stride 2"


def test_what_is_no_matrix_is_said_as_it_is_written() -> None:
    lines = texts(table("frrn", "FRRN"))
    assert ("FRRU(96, 2) × 3",) in lines
    assert ("", "FRRU(384, 32) × 2") in lines
    assert ("join",) in lines


def test_columns_are_the_networks_that_are_asked_for() -> None:
    members = [nets("vgg")[name] for name in ("VGG.A", "VGG.A-LRN")]
    (grid,) = papers(members)
    assert [column.title for column in grid.columns] == ["A", "A-LRN"]
    assert ("", "LRN") in texts(grid)
    # a row that is blank in both is left out
    assert sum("conv3-512" in cells for cells in texts(grid)) == 4


def test_a_parameter_from_outside_changes_the_table() -> None:
    spec = archdsl.load(ROOT / "specs" / "vgg.arch")
    (grid,) = papers([spec.net(name, classes=10).checked for name in ("VGG.A", "VGG.D")])
    assert ("FC-10",) in texts(grid)
    assert texts(grid, "total")[0] == ("129M params", "134M params")
    assert not grid.notes  # what the source prints is about another network


# -- rows that call a block -----------------------------------------------------------------------


def test_googlenet_is_table_1() -> None:
    grid = table("googlenet", "GoogLeNet")
    titles = ["layer", "operator", "n1×1", "r3×3", "n3×3", "r5×5", "n5×5", "proj", "output size", "weights"]
    assert [column.title for column in grid.columns] == [*titles, "MACs"]
    rows = {cells[0]: cells[1:] for cells in texts(grid)}
    arguments = ("64", "96", "128", "16", "32", "32")
    assert rows["inception_3a"] == ("inception", *arguments, "28 × 28 × 256", "159Ki", "128M")
    assert rows["conv2"][0] == "1×1 conv, 64 → 3×3 conv, 192"
    assert rows["pool3"] == ("3×3 maxpool, stride 2", *"––––––", "14 × 14 × 480", "", "")
    assert rows["fc"][-2:] == ("1,000Ki", "1M")
    assert "aux1" not in rows  # what only training needs
    checked = nets("googlenet")["GoogLeNet"]
    assert texts(grid, "total") == [
        ("total", "", *[""] * 7, rounded(checked.metrics.weights), "1.5G"),
        (f"{rounded(checked.metrics.params)} params",),
    ]


def test_what_the_source_prints_otherwise_is_marked() -> None:
    grid = table("googlenet", "GoogLeNet")
    rows = {cells[0]: cells for cells in texts(grid)}
    assert rows["conv1"][-2:] == ("9.2Ki†", "118M†")
    (note,) = grid.notes
    assert note.startswith("† The source prints 2.7Ki and 34M for conv1, 380Ki for inception_3b")


def test_mobilenet_is_table_2() -> None:
    grid = table("mobilenet", "MobileNetV2")
    assert [column.title for column in grid.columns] == ["operator", "t", "c", "n", "s", "output size"]
    assert texts(grid)[:3] == [
        ("3×3 conv, 32, stride 2", "–", "–", "–", "–", "112 × 112 × 32"),
        ("bottleneck", "1", "16", "1", "1", "112 × 112 × 16"),
        ("bottleneck", "6", "24", "2", "2", "56 × 56 × 24"),
    ]
    assert grid.caption.startswith("MobileNetV2: inverted residuals")  # its name once


def test_a_called_stage_shows_its_blocks() -> None:
    rows = {cells[0]: cells[1:] for cells in texts(table("resnext", "ResNeXt-50"))}
    assert rows["layer2"][0] == "[1×1, 256; 3×3, 256, 32 groups; 1×1, 512] × 4"


def test_a_blank_argument_is_blank() -> None:
    rows = {cells[0]: cells[1:] for cells in texts(table("overfeat", "OverFeat-fast"))}
    assert rows["layer3"] == ("stage", "512", "3", "", "1", "", "12 × 12")


def test_numbers_with_all_digits_stay_so() -> None:
    rows = texts(table("squeezenet", "SqueezeNet"))
    assert rows[1] == ("fire", "16", "64", "64", "55 × 55 × 128", "11,920")


# -- which layout ---------------------------------------------------------------------------------


def test_the_layout_that_fits() -> None:
    variants = [each for name, each in nets("vgg").items()]
    one = [nets("vgg")["VGG.D"]]
    calls = [nets("mobilenet")["MobileNetV2"]]
    for form in ("markdown", "latex", "html"):
        assert "conv3-64" in render(variants, form)
        assert "conv3-64" not in render(one, form)  # all its layers instead
        assert "conv3-64" in render(one, form, "paper")
        assert "conv3-64" not in render(variants, form, "layers")
        assert "bottleneck" in render(calls, form)
    assert "conv3-64" in render(variants)
    assert "bottleneck" not in render(calls)
    assert "bottleneck" in render(calls, layout="paper")


def test_networks_of_several_tables_are_several_tables() -> None:
    every = list(nets("resnet").values())
    assert [grid.title for grid in papers(every)] == ["ResNet", "ResNet-v1", "Plain-34"]
    assert render(every, "html").count("<table") == 3


def test_a_net_without_a_table_is_one_of_configurations() -> None:
    (grid,) = written("net N { input x: 3 x 8 x 8; conv(4, 3) -> relu; flatten; linear(2) }")
    assert texts(grid) == [("conv1", "4 x 6 x 6", "3x3 conv, 4"), ("fc1", "2", "fc, 2")]


def test_a_net_that_is_made_from_another_has_its_table() -> None:
    grid = table("googlenet", "GoogLeNet-inference")
    assert "inception_5b" in {cells[0] for cells in texts(grid)}


def test_tables_of_several_kinds_in_one_net() -> None:
    source = """
    block unit(c, k) { conv(c, k, padding = same) -> relu -> conv(c, k, padding = same) -> relu }
    net N {
        input x: 3 x 8 x 8
        table {
            layer: | = output | A          | B
            first  | 8 x 8    | conv(4, 1) | conv(4, 3, padding = same)
        }
        table as unit { c | k
            4 | 3
            8 | 5
        }
        table { A | B
            relu | linear(2)
            softmax
        }
    }
    """
    (grid,) = written(source.replace("relu | linear(2)", "flatten -> linear(2) | flatten -> linear(3)"))
    assert texts(grid) == [
        ("first", "8 × 8", "1×1 conv, 4", "3×3 conv, 4"),
        ("", "8 × 8", "3×3 conv, 4; 3×3 conv, 4", "3×3 conv, 4; 3×3 conv, 4"),
        ("", "8 × 8", "5×5 conv, 8; 5×5 conv, 8", "5×5 conv, 8; 5×5 conv, 8"),
        ("fc1", "", "fc, 2", "fc, 3"),
        ("softmax1", "", "softmax"),
    ]


def test_runs_of_blocks_with_other_layers_are_told_apart() -> None:
    source = """
    block unit(c) { add { conv(c, 3, padding = same) -> relu -> conv(c, 3, padding = same); conv(c, 1) } }
    notation stages(n) = { unit(4) * n; unit(8) * n }
    net N { input x: 3 x 8 x 8; table { A | B
        stages(2) | stages(3)
    }
    flatten -> linear(2) }
    """
    (grid,) = written(source)
    assert texts(grid)[1] == (
        "[3×3, 4; 3×3, 4] × 2; [3×3, 8; 3×3, 8] × 2",
        "[3×3, 4; 3×3, 4] × 3; [3×3, 8; 3×3, 8] × 3",
    )


def test_a_name_from_a_notation_only_for_just_that_layer() -> None:
    source = """
    net N {
        notation c{k}-{n} = conv(n, k, padding = same)
        input x: 3 x 8 x 8
        table { A | B
            c3-4 | c5-4
            conv(8, 3, padding = same)
            conv(8, 3, padding = same, stride = 2)
            conv(8, 3x1, padding = same)
        }
    }
    """
    (grid,) = written(source)
    assert texts(grid)[1:] == [("c3-4", "c5-4"), ("c3-8",), ("3×3 conv, 8, stride 2",), ("3×1 conv, 8",)]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_in_every_format(path: Path) -> None:
    members = [net.checked for net in archdsl.load(path).values()]
    for form in ("text", "markdown", "latex", "html"):
        assert render(members, form, "paper").endswith("\n")
    for grid in papers(members, always=True):
        for line in grid.lines:
            assert sum(map(span_of, line.cells)) == len(grid.columns)


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(ROOT / "specs" / "mobilenet.arch")
    assert main(["table", path, "--layout", "paper"]) == 0
    assert "bottleneck" in capsys.readouterr().out
    assert main(["table", path, "--layout", "layers", "--format", "latex"]) == 0
    assert "inverted\\_residual" in capsys.readouterr().out
    assert main(["table", path, "--layout", "paper", "--format", "csv"]) == 2
    assert "csv has no layout" in capsys.readouterr().err


# -- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (9_999, "10.0K"),
        (10_049, "10.0K"),
        (138_357_544, "138M"),
        (999_499, "999K"),
        (999_500, "1.00M"),
        (11_513_626_624, "11.5G"),
        (3_504_872, "3.50M"),
    ],
)
def test_three_digits(value: int, shown: str) -> None:
    assert rounded(value) == shown
    assert number(value, None).text == (shown if value >= 10_000 else f"{value:,}")


# -- formats --------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    r"\input{x} \write18{y}",
    "a | b",
    "`code` *bold* _it_ [l](http://x) ![i](j)",
    "100 % & # $x^2$ ~",
    "right \u202eto left\u202c \u200f",
    "two\nlines",
    '"quoted" --',
    "] \\\\ [2pt]",
    "-->|| &amp; {}",
]


def hostile() -> Grid:
    lines = []
    for text_ in HOSTILE:
        lines.append(Line((text_, Cell((Stack((text_, text_), 2), text_)), text_), rule=True))
        lines.append(Line((text_, Cell((text_,), 2))))
    lines.append(Line((Cell((HOSTILE[0],), 3),), kind="total"))
    columns = (Column(HOSTILE[0]), Column(HOSTILE[1], "center"), Column(HOSTILE[2], "right"))
    return Grid(HOSTILE[0], columns, tuple(lines), " ".join(HOSTILE), tuple(HOSTILE), named=True)


def test_html_holds_hostile_texts() -> None:
    source = html.html(hostile())
    root = ElementTree.fromstring(source)
    kinds = {element.tag for element in root.iter()}
    assert kinds == {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "div", "span", "br"}
    rows = root.findall("tbody/tr")
    for row, wanted in zip(rows[::2], HOSTILE, strict=True):
        assert row.findtext("th") == re.sub("[\u202e\u202c\u200f]", "", wanted.replace("\n", " "))
    assert not re.search("[\u202e\u202c\u200f]", source)


def test_html_says_what_its_cells_are() -> None:
    root = ElementTree.fromstring(render(list(nets("resnet").values())[:5], "html"))
    assert root.findtext("caption") == table("resnet", "ResNet").caption
    head = root.findall("thead/tr/th")
    assert [cell.get("scope") for cell in head] == ["col"] * 7
    body = root.findall("tbody/tr")
    assert all(row[0].tag == "th" and row[0].get("scope") == "row" for row in body)
    assert [cell.get("colspan") for cell in body[0]] == [None, None, "5"]
    assert len(root.findall("tfoot/tr")) == 3


def test_markdown_holds_hostile_texts() -> None:
    lines = markdown.markdown(hostile()).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 2 + 2 * len(HOSTILE) + 1
    for row in rows:
        bare = re.sub(r"\\.", "", row)
        assert bare.count("|") == 4
        assert not re.search(r"[`_\[\]{}~$&#]|<(?!br>)|\*(?!\*)(?<!\*\*)", bare), row
    assert lines[0].startswith(r"**\<script\>")


def test_text_holds_hostile_texts() -> None:
    lines = text.text(hostile()).splitlines()
    assert not re.search("[\u202e\u202c\u200f]", "".join(lines))
    assert len({len(line) for line in lines if set(line) == {"─"}}) == 1
    assert sum(1 for line in lines if set(line) != {"─"}) == 2 + 2 * len(HOSTILE) + 1 + len(HOSTILE)


def test_wide_cells_make_their_columns_wider() -> None:
    grid = Grid("t", (Column("a"), Column("b")), (Line(("x", "y")), Line((Cell(("a very wide cell",), 2),))))
    lines = text.text(grid).splitlines()
    assert lines[1] == "─" * len("a very wide cell")
    assert lines[-1] == "a very wide cell"


def test_latex_has_the_parts_of_a_table() -> None:
    source = render([each for name, each in nets("resnet").items() if name.startswith("ResNet.")], "latex")
    assert source.startswith("% \\usepackage{booktabs,graphicx}\n\\begin{table}\n")
    assert r"\caption{ResNet: Deep residual learning for image recognition --- He" in source
    assert r"\label{tab:resnet}" in source
    assert r"\multicolumn{5}{c}{7$\times$7 conv, 64, stride 2}" in source
    matrix = r"$\left[\begin{tabular}{@{}c@{}}3$\times$3, 64 \\ 3$\times$3, 64\end{tabular}\right]\times2$"
    assert matrix in source
    assert source.count(r"\midrule") == 7
    assert source.count("{") == source.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_pdflatex_compiles_every_table(tmp_path: Path) -> None:
    tables = [latex.latex(hostile())]
    for file in ("vgg", "resnet", "googlenet", "densenet", "mobilenet", "lenet", "frrn", "overfeat"):
        tables.append(render(list(nets(file).values()), "latex"))
    tables.append(render([nets("resnet")["ResNet.18"]], "latex"))
    text = "net Open { input image: 3 x H x W; conv(8, 3) -> maxpool(2); maxpool(2, ceil = true) }"
    tables.append(render([archdsl.loads(text)["Open"].checked], "latex"))
    head = "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n"
    document = head + "\n\\clearpage\n".join(tables) + "\n\\end{document}\n"
    (tmp_path / "tables.tex").write_text(document, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-3000:]
    assert (tmp_path / "tables.pdf").is_file()
    assert not re.search(r"Missing character|undefined", log)
