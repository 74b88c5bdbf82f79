"""Networks side by side: what lines up, what is marked, and that it can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs.drawing.columns import scene
from archdsl.outputs.drawing.columns.bands import bands
from archdsl.outputs.drawing.columns.cells import CLOSED, COUNTED, NAMED, OPEN, Column, column
from archdsl.outputs.drawing.columns.layout import Box, Sheet, laid_out
from archdsl.outputs.drawing.columns.marks import Marks, marks
from archdsl.outputs.drawing.columns.texts import Texts, rounded
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.lettering import ASCENT, width
from archdsl.outputs.drawing.scene import Group, Line, Rect, Scene, Text
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Page, Wanted

HERE = Path(__file__).resolve().parent
SPECS = sorted((HERE.parent / "specs").glob("*.arch"))
GOLDEN = HERE / "golden" / "columns-Toy.json"

TOY = """
block residual(c) {
    add {
        conv(c, 3, padding = same, bias = false) -> batchnorm -> relu
          -> conv(c, 3, padding = same, bias = false) -> batchnorm
        identity
    }
    relu
}
net Toy {
    input image: 3 x 16 x 16
    conv(8, 3, padding = same) -> relu
    table {
        plain | deep
        maxpool(2)
        conv(8, 3, padding = same) -> relu | residual(8) * 2
        maxpool(2)
        conv(16, 1) -> relu | conv(16, 3, padding = same) -> relu
                            | conv(16, 3, padding = same) -> relu
        avgpool(global) -> flatten -> linear(5)
    }
}
"""

VGG = [("vgg", f"VGG.{name}") for name in ("A", "A-LRN", "B", "C", "D", "E")]
RESNET = [("resnet", f"ResNet.{depth}") for depth in (18, 34, 50, 101, 152)]
FIGURE = [("vgg", "VGG.E"), ("resnet", "Plain-34"), ("resnet", "ResNet.34")]
APART = [("vgg", "VGG.D"), ("resnet", "ResNet.50")]
DENSE = [("densenet", f"DenseNet.{depth}") for depth in (121, 169, 201, 264)]
CIFAR = [("cifar-resnet", f"CIFAR-ResNet.{depth}") for depth in (20, 32, 44, 56, 110, 1202)]
INCEPTION = [("googlenet", "GoogLeNet"), ("googlenet", "GoogLeNet-BN")]
LENET = [("lenet", "LeNet-5")]
GROUPS = [VGG, RESNET, FIGURE, APART, DENSE, CIFAR, INCEPTION, LENET]


@cache
def spec(name: str) -> archdsl.Spec:
    return archdsl.load(HERE.parent / "specs" / f"{name}.arch")


def nets(named: list[tuple[str, str]]) -> list[Checked]:
    return [spec(file)[name].checked for file, name in named]


def toys() -> list[Checked]:
    return [net.checked for net in archdsl.loads(TOY).values()]


def sheet(networks: list[Checked], level: int, *, compact: bool = False) -> Sheet:
    columns = [column(each, level) for each in networks]
    lined = bands(columns)
    return laid_out(Texts(columns, marks(columns, lined), compact=compact), lined, 0.0)


def marked(networks: list[Checked], level: int = OPEN) -> tuple[list[Column], list[Marks]]:
    columns = [column(each, level) for each in networks]
    return columns, marks(columns, bands(columns))


def said(columns: list[Column], found: list[Marks], number: int) -> list[tuple[str, str]]:
    """What is marked in a column, and how."""
    return [(mark, columns[number].cells[place].lines[0].text) for place, mark in found[number].cells.items()]


def texts(drawn: Scene) -> list[str]:
    return [part.text for part in drawn.shapes() if isinstance(part, Text)]


def groups(drawn: Scene) -> Iterator[Group]:
    pending = list(drawn.parts)
    while pending:
        part = pending.pop()
        if isinstance(part, Group):
            yield part
            pending.extend(part.parts)


def names(group: list[tuple[str, str]]) -> str:
    return "+".join(name for _, name in group)


# -- what lines up ------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", GROUPS, ids=names)
@pytest.mark.parametrize("level", [OPEN, CLOSED, COUNTED, NAMED])
def test_equal_sizes_share_a_band_and_each_cell_has_a_place(group: list[tuple[str, str]], level: int) -> None:
    columns = [column(each, level) for each in nets(group)]
    lined = bands(columns)
    for number, each in enumerate(columns):
        places = [place for band in lined for place in band.runs[number].places]
        rows = [row[number] for band in lined for row in band.rows if row[number] is not None]
        assert places == rows == list(range(len(each.cells)))
    for size in {size for band in lined for run in band.runs for size in run.sizes if size}:
        having = [i for i, band in enumerate(lined) if any(size in run.sizes for run in band.runs)]
        assert len(having) == 1, f"maps of {size} in bands {having}"


@pytest.mark.parametrize("group", [VGG, RESNET, DENSE, CIFAR], ids=names)
def test_stages_of_variants_stand_at_equal_heights(group: list[tuple[str, str]]) -> None:
    drawn = sheet(nets(group), CLOSED)
    kinds = [[(cell.kind, cell.shape[1:]) for cell in each.cells] for each in drawn.texts.columns]
    for number, each in enumerate(kinds):
        for place, kind in enumerate(each):
            if kinds[0].count(kind) == each.count(kind) == 1:
                here, first = drawn.boxes[number, place], drawn.boxes[0, kinds[0].index(kind)]
                assert (here.y, here.height) == (first.y, first.height)


def test_residual_and_plain_layers_stand_side_by_side() -> None:
    drawn = sheet(nets(FIGURE), OPEN)
    for place in range(len(drawn.texts.columns[2].cells)):
        assert drawn.boxes[1, place].y == drawn.boxes[2, place].y


def test_networks_of_other_inputs_line_up_by_the_nearest_size() -> None:
    columns = [column(each, CLOSED) for each in nets([("resnet", "ResNet.50"), CIFAR[0]])]
    pairs = [tuple(run.sizes for run in band.runs) for band in bands(columns)]
    assert (((28, 28),), ((32, 32),)) in pairs
    assert (((14, 14),), ((16, 16),)) in pairs
    assert (((7, 7),), ((8, 8),)) in pairs


# -- what is marked -----------------------------------------------------------------------------------


def test_marks_are_where_vgg_differs_and_nowhere_else() -> None:
    columns, found = marked(nets(VGG))
    a, lrn, b, c, d, e = (said(columns, found, number) for number in range(6))
    assert a == []
    assert lrn == [("added", "lrn")]
    assert b == [("added", "3×3 conv, 64"), ("added", "3×3 conv, 128")]
    assert c == [("added", f"1×1 conv, {n}") for n in (256, 512, 512)]
    assert d == [("changed", f"3×3 conv, {n}") for n in (256, 512, 512)]
    assert e == [("added", f"3×3 conv, {n}") for n in (256, 512, 512)]


def test_shortcuts_are_all_that_a_residual_network_adds() -> None:
    columns, found = marked(nets(FIGURE))
    assert not found[1].compared, "VGG and Plain-34 have other layers"
    assert found[2].cells == {}
    assert found[2].arcs == set(columns[2].arcs)
    assert [arc.shortcut for arc in columns[2].arcs].count("projection") == 3
    assert len(columns[2].arcs) == 16


def test_only_what_is_new_of_a_changed_stage_is_bold() -> None:
    drawn = sheet(nets(RESNET), CLOSED)
    stages = [
        [
            (line.text if line else "", line.bold if line else False)
            for line in (*drawn.texts.lines(number, 3), drawn.texts.times(number, 3))
        ]
        for number in range(5)
    ]
    assert stages[1] == [("3×3, 128", False), ("3×3, 128", False), ("× 4", True)]
    assert stages[2] == [("1×1, 128", True), ("3×3, 128", False), ("1×1, 512", True), ("× 4", False)]
    assert not any(bold for _, bold in stages[3])
    assert [bold for _, bold in stages[4]] == [False, False, False, True]


def test_a_norm_that_is_not_printed_is_named_where_it_is_the_difference() -> None:
    with_norm = spec("vgg").net("VGG.D", norm=True).checked
    drawn = texts(scene([spec("vgg")["VGG.D"].checked, with_norm], Wanted()))
    assert drawn.count("3×3 conv, 512 + batchnorm") == 6


def test_a_mark_is_no_colour_alone() -> None:
    drawn = scene(nets(VGG), Wanted())
    outlines = [
        part for part in drawn.shapes() if isinstance(part, Rect) and part.role in ("added", "changed")
    ]
    assert {(part.role, part.dash) for part in outlines} == {("added", "solid"), ("changed", "dotted")}
    bold = [part for part in drawn.shapes() if isinstance(part, Text) and part.bold]
    assert len(bold) == 6 + 12  # the names and what is marked
    legend = 2
    assert len(outlines) == 12 + legend


# -- what is shown ------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", GROUPS, ids=names)
def test_totals_are_the_metrics(group: list[tuple[str, str]]) -> None:
    networks = nets(group)
    shown = texts(scene(networks, Wanted()))
    for network in networks:
        for number in (network.metrics.weight_layers, network.metrics.params, network.metrics.macs):
            assert f"{number:,}" in shown


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_weight_layer_is_in_one_cell(path: Path) -> None:
    """But for the projections of shortcuts, which are drawn as dashed arcs."""
    for net in archdsl.load(path).values():
        checked = net.checked
        for level in (OPEN, CLOSED, COUNTED, NAMED):
            drawn = column(checked, level)
            ranges = [(cell.start, cell.end) for cell in drawn.cells]
            assert all(a[1] <= b[0] for a, b in pairwise(sorted(ranges)))
            covered = {index for start, end in ranges for index in range(start, end)}
            left = [
                node.path
                for node in checked.graph.nodes
                if node.op.family == "learned" and not node.training and node.index not in covered
            ]
            projections = sum(arc.shortcut == "projection" for arc in drawn.arcs)
            assert len(left) <= projections, left


def test_blocks_that_repeat_are_one_cell_that_says_how_often() -> None:
    (drawn,) = [column(each, CLOSED) for each in nets([("resnet", "ResNet.152")])]
    assert [cell.times for cell in drawn.cells if cell.scope] == [3, 8, 36, 3]
    assert [line.text for line in drawn.cells[4].lines] == ["1×1, 256", "3×3, 256", "1×1, 1024"]
    assert drawn.cells[4].name == "layer3"


def test_branches_are_lines_beside_each_other() -> None:
    (drawn,) = [column(each, CLOSED) for each in nets(INCEPTION[:1])]
    cell = next(cell for cell in drawn.cells if cell.name == "inception_3a")
    assert [line.text for line in cell.lines] == [
        "1×1, 64",
        "1×1, 96 → 3×3, 128",
        "1×1, 16 → 5×5, 32",
        "3×3 maxpool → 1×1, 32",
    ]
    assert all(line.beside for line in cell.lines)


def test_what_only_training_needs_is_said_to_be_left_out() -> None:
    assert scene(nets(INCEPTION[:1]), Wanted()).folded == (
        "What only training needs is not drawn: aux1, aux2 of GoogLeNet.",
    )


def test_no_line_leads_to_a_layer_that_reads_an_earlier_one() -> None:
    (drawn,) = [column(each, CLOSED) for each in nets([("fcn", "FCN-16s")])]
    (place,) = set(range(len(drawn.cells))) - drawn.follows
    assert drawn.cells[place].lines[0].text == "1×1 conv, 21"
    shown = scene(nets([("fcn", "FCN-16s")]), Wanted())
    assert "A layer that no line leads to reads an earlier one." in " ".join(texts(shown))


def test_a_second_input_is_no_earlier_layer() -> None:
    lines = """
        input image: 3 x 8 x 8
        input words: 16
        image -> conv(4, 3) -> avgpool(global) -> look: flatten
        words -> read: linear(4)
        concat(look, read) -> linear(2)
    """
    (net,) = archdsl.loads(f"net Two {{ {lines} }}").values()
    drawn = column(net.checked, CLOSED)
    assert [drawn.cells[place].lines[0].text for place in drawn.enters] == ["fc, 4"]
    assert "reads an input." in " ".join(texts(scene([net.checked], Wanted())))


def test_the_way_around_keeps_off_the_lines_of_its_block() -> None:
    shapes = list(scene([spec("resnet")["ResNet.50"].checked], Wanted()).shapes())
    (line,) = (part for part in shapes if isinstance(part, Text) and part.text == "1×1, 1024")
    tips = [part.points[-1] for part in shapes if isinstance(part, Line) and part.curved]
    (x,) = (x for x, y in tips if line.y - line.size < y < line.y)
    assert x >= line.x + width(line.text, line.size, bold=True) / 2 + 4


def test_a_sequence_has_its_channels_first_on_any_page() -> None:
    (net,) = archdsl.loads("net Wave { input wave: 4 x 900; conv(8, 3); conv(8, 3) }").values()
    for page in (None, *PAGES.values()):
        assert "4 × 900" in texts(scene([net.checked], Wanted(page=page)))


def test_open_sizes_are_lettered_and_what_is_counted_is_said() -> None:
    (net,) = archdsl.loads("net Open { input x: 3 x H x W; conv(8, 3, stride = 2, padding = 1) }").values()
    shown = texts(scene([net.checked], Wanted()))
    assert "3 × H × W" in shown and "ceil(H/2) × ceil(W/2)" in shown
    example = " × ".join(map(str, net.checked.graph.inputs["x"].shape or ()))
    assert f"its MACs are those for {example}." in " ".join(shown)


def test_depth_and_names_choose_what_is_open() -> None:
    network = spec("resnet")["ResNet.18"].checked
    assert "3×3 conv, 64" in texts(scene([network], Wanted(depth=1)))
    closed = texts(scene([network], Wanted(depth=0)))
    assert "3×3, 64" in closed and "3×3 conv, 64" not in closed
    opened = texts(scene([network], Wanted(depth=0, opened=("layer1.0", "layer1.1"))))
    assert opened.count("3×3 conv, 64") == 4
    assert "3×3, 128" in opened


# -- that it can be read ------------------------------------------------------------------------------


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.right - 1e-6
        and other.x < one.right - 1e-6
        and one.y < other.bottom - 1e-6
        and other.y < one.bottom - 1e-6
    )


@pytest.mark.parametrize("group", GROUPS, ids=names)
@pytest.mark.parametrize("compact", [False, True])
def test_boxes_lie_apart_in_their_bands(group: list[tuple[str, str]], *, compact: bool) -> None:
    drawn = sheet(nets(group), CLOSED, compact=compact)
    assert not any(overlap(one, other) for one, other in combinations(drawn.boxes.values(), 2))
    assert not any(overlap(one, other) for one, other in combinations(drawn.bands, 2))
    for box in drawn.boxes.values():
        assert any(
            band.y < box.y and box.bottom < band.bottom and box.right <= band.right for band in drawn.bands
        )


@pytest.mark.parametrize("group", GROUPS, ids=names)
def test_texts_are_in_the_drawing_and_in_their_boxes(group: list[tuple[str, str]]) -> None:
    drawn = scene(nets(group), Wanted())
    for part in drawn.shapes():
        if isinstance(part, Text):
            left, right = reach(part)
            assert left >= -0.01 and right <= drawn.width + 0.01, part.text
            assert part.size * ASCENT <= part.y <= drawn.height, part.text
    for group_ in groups(drawn):
        box = next((part for part in group_.parts if isinstance(part, Rect)), None)
        for part in group_.parts:
            if box and isinstance(part, Text):
                left, right = reach(part)
                assert box.x <= left and right <= box.x + box.width, part.text
                assert box.y <= part.y - part.size * 0.6 and part.y <= box.y + box.height, part.text


def reach(text: Text) -> tuple[float, float]:
    wide = width(text.text, text.size, text.bold)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, left + wide


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("group", GROUPS, ids=names)
def test_a_page_is_kept_with_letters_that_can_be_read(group: list[tuple[str, str]], page: str) -> None:
    try:
        drawn = scene(nets(group), Wanted(page=PAGES[page]))
    except CannotDraw as refusal:
        assert "draw fewer networks" in refusal.remedy
        assert page == "slide" or (page == "column" and len(group) > 3)
        return
    assert drawn.width <= PAGES[page].width + 1e-6 and drawn.height <= PAGES[page].height + 1e-6
    assert drawn.smallest_text() >= SMALLEST - 1e-6


def test_what_does_not_fit_is_folded_and_said() -> None:
    assert scene(nets(FIGURE), Wanted(page=PAGES["a4"])).folded == ()
    folded = scene(nets(FIGURE), Wanted(page=Page(960, 540)))
    assert folded.folded == ("Blocks that repeat are drawn once.",)
    assert "× 6" in texts(folded)


def test_narrow_pages_get_short_texts() -> None:
    shown = texts(scene(nets(VGG), Wanted(page=Page(260, 660))))
    assert {"VGG", "A-LRN", "3×3, 512", "maxpool", "224²", "138 M", "15.5 G"} <= set(shown)


def test_a_title_stands_above_on_one_line() -> None:
    drawn = scene(nets(LENET), Wanted(title="One\nline <b>"))
    assert "One line <b>" in texts(drawn)
    assert drawn.title == "One\nline <b>"


def test_numbers_are_rounded_to_three_digits() -> None:
    assert list(map(rounded, (7, 999, 61_706, 4_089_184_256, 15_470_264_320, 138_357_544))) == [
        "7",
        "999",
        "61.7 k",
        "4.09 G",
        "15.5 G",
        "138 M",
    ]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(CannotDraw, match="no network"):
        scene([], Wanted())


def test_too_much_to_draw_is_refused() -> None:
    lines = "\n".join(f"    conv({n}, 1)" for n in range(1, 1602))
    (net,) = archdsl.loads(f"net Long {{\n    input x: 1 x 4 x 4\n{lines}\n}}").values()
    with pytest.raises(CannotDraw, match="more than 1,500 boxes"):
        scene([net.checked], Wanted())


# -- that it stays the same ---------------------------------------------------------------------------


def test_the_same_networks_give_the_same_drawing() -> None:
    assert scene(toys(), Wanted()) == scene(toys(), Wanted())


def test_a_toy_is_drawn_as_it_was() -> None:
    """`ARCHDSL_ACCEPT=1` writes what is drawn now."""
    drawn = scene(toys(), Wanted())
    found = json.loads(
        json.dumps(asdict(drawn), default=list), parse_float=lambda text: round(float(text), 2)
    )
    if os.environ.get("ARCHDSL_ACCEPT"):
        parts = ",\n".join(f"  {json.dumps(part, ensure_ascii=False)}" for part in found["parts"])
        head = json.dumps({**found, "parts": []}, indent=1, ensure_ascii=False).replace(
            "[]", f"[\n{parts}\n ]", 1
        )
        GOLDEN.write_text(head + "\n", "utf-8")
    assert found == json.loads(GOLDEN.read_text("utf-8"))


def test_flow_lines_are_straight() -> None:
    for part in scene(toys(), Wanted()).shapes():
        if isinstance(part, Line) and not part.curved:
            xs, ys = zip(*part.points, strict=True)
            assert len(part.points) > 2 or len(set(xs)) == 1 or len(set(ys)) == 1
