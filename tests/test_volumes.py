"""Volumes: what of a network is drawn, to which scale, what is lettered, and that nothing covers a text."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.check.model import Checked, shape_of
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.scene import Group, Line, Part, Point, Polygon, Rect, Scene, Text
from archdsl.outputs.drawing.volumes import scene, suits
from archdsl.outputs.drawing.volumes.bodies import Body, condensed, stages
from archdsl.outputs.drawing.volumes.path import main_path
from archdsl.outputs.drawing.volumes.solids import Scale
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Wanted

HERE = Path(__file__).resolve().parent
SPECS = sorted((HERE.parent / "specs").glob("*.arch"))
GOLDEN = HERE / "golden" / "volumes-Toy.json"

TOY = """net Toy {
    input image: 3 x 64 x 64
    conv(16, 5, padding = 2) -> relu -> maxpool(2)
    conv(32, 3, padding = 1) -> batchnorm -> relu -> maxpool(2)
    flatten -> linear(10) -> softmax
}"""


def network(source: str) -> Checked:
    (net,) = archdsl.loads(source).values()
    return net.checked


@cache
def published() -> dict[str, Checked]:
    """Every network of the specs that has a main path."""
    found = {name: net.checked for path in SPECS for name, net in archdsl.load(path).items()}
    return {name: checked for name, checked in found.items() if is_drawn(checked)}


def is_drawn(checked: Checked) -> bool:
    try:
        stages(checked)
    except CannotDraw:
        return False
    return True


def drawn(checked: Checked, page: str = "", title: str | None = None) -> Scene:
    return scene([checked], Wanted(page=PAGES.get(page), title=title))


def groups(shown: Scene) -> Iterator[Group]:
    return (part for part in shown.parts if isinstance(part, Group))


def texts(shown: Scene) -> list[str]:
    return [part.text for part in shown.shapes() if isinstance(part, Text)]


def every_body(checked: Checked) -> list[Body]:
    return [body for stage in stages(checked) for body in stage.bodies]


# -- the main path --------------------------------------------------------------------------------


def test_every_layer_is_in_one_body_or_serves_training_alone() -> None:
    assert len(published()) > 50
    for name, checked in published().items():
        for fold in range(4):
            nodes = [node for stage in stages(checked) for node in condensed(stage, fold).nodes]
            count = Counter(node.index for node in nodes)
            assert set(count.values()) == {1}, name
            left = [node for node in checked.graph.nodes if node.index not in count]
            assert all(node.training for node in left), (name, left)


def test_a_plain_chain_has_a_step_for_each_layer() -> None:
    checked = published()["VGG.D"]
    assert [step.node for step in main_path(checked)] == checked.graph.nodes


def test_branches_close_into_the_block_that_they_are_in() -> None:
    steps = [step for step in main_path(published()["ResNet.50"]) if step.closed]
    assert [step.scope.path for step in steps if step.scope] == [
        f"layer{stage}.{unit}" for stage, count in ((1, 3), (2, 4), (3, 6), (4, 3)) for unit in range(count)
    ]


def test_a_block_is_closed_where_it_has_no_branches_if_it_has_them_elsewhere() -> None:
    blocks = [step.scope for step in main_path(published()["MobileNetV2"]) if step.scope]
    assert len(blocks) == 17
    assert {scope.definition for scope in blocks} == {"inverted_residual"}


def test_a_stage_of_equal_blocks_is_one_volume() -> None:
    runs = [run for stage in stages(published()["ResNet.152"]) for run in stage.runs]
    assert [run.times for run in runs if run.bodies[0].kind == "block"] == [3, 8, 36, 3]
    # the first of each is another than those that follow
    assert {"3 blocks", "8 blocks", "36 blocks"} <= set(texts(drawn(published()["ResNet.152"])))
    assert not any(text.startswith("×") for text in texts(drawn(published()["ResNet.152"])))


def test_blocks_that_the_net_names_stand_alone() -> None:
    runs = [run for stage in stages(published()["GoogLeNet"]) for run in stage.runs]
    assert [run.times for run in runs if run.bodies[0].kind == "block"] == [1] * 9


def test_a_detour_is_followed_and_the_way_past_it_is_a_skip() -> None:
    bodies = every_body(published()["U-Net"])
    sizes = [shape_of(body.node.outputs[0])[1] for body in bodies]
    assert min(sizes) == 28
    assert sizes[-1] == 388
    merges = [body for body in bodies if body.kind == "merge"]
    ends = [(body.skips[0].path, body.node.path) for body in merges]
    assert ends[0] == ("top.down.down.down.left.relu2", "top.down.down.down.concat1")
    assert ends[-1] == ("top.left.relu2", "top.concat1")
    arrows = [part for part in drawn(published()["U-Net"]).shapes() if isinstance(part, Line) and part.head]
    assert sum(len(arrow.points) == 4 for arrow in arrows) == 4


def test_a_gate_is_no_detour() -> None:
    gate = "mul { identity; { avgpool(global); conv(8, 1) -> sigmoid; upsample(16) } }"
    assert [body.kind for body in every_body(network(f"net N {{ input x: 8 x 16 x 16; {gate} }}"))] == [
        "input",
        "block",
    ]


def test_twins_stand_side_by_side() -> None:
    bodies = every_body(published()["AlexNet-towers"])
    lanes = [body.lanes for body in bodies if body.kind == "map"]
    assert lanes == [2, 2, 2, 2, 2, 2, 2, 1]
    assert next(body.shape for body in bodies if body.kind == "map") == (48, 55, 55)
    shown = drawn(published()["AlexNet-towers"])
    (first,) = (group for group in groups(shown) if group.key == "bottom1.conv1")
    assert len([part for part in first.parts if isinstance(part, Polygon)]) == 6


REFUSED = {
    "two inputs": "input a: 3 x 8 x 8; input b: 3 x 8 x 8; output o: a + b",
    "two outputs": "input a: 3 x 8 x 8; output l: conv(4, 3); output r: a -> conv(2, 3)",
    "three axes": "input clip: 3 x 8 x 16 x 16; conv(4, 3)",
}


@pytest.mark.parametrize("lines", REFUSED.values(), ids=REFUSED)
def test_what_has_no_main_path_is_refused_with_a_remedy(lines: str) -> None:
    with pytest.raises(CannotDraw, match="use --style blocks"):
        drawn(network(f"net N {{ {lines} }}"))


def test_streams_and_several_networks_are_refused() -> None:
    streams = archdsl.load(HERE.parent / "specs" / "frrn.arch")["FRRN.A"].checked
    with pytest.raises(CannotDraw, match="streams side by side"):
        drawn(streams)
    with pytest.raises(CannotDraw, match="--net"):
        scene([streams, streams], Wanted())


SUITED = (
    "LeNet-5",
    "LeNet",
    "AlexNet",
    "AlexNet-towers",
    "ZFNet",
    "VGG.A",
    "VGG.E",
    "OverFeat-fast",
    "SegNet",
)
UNSUITED = ("ResNet.50", "GoogLeNet", "U-Net", "FCN-8s", "DenseNet.121", "MobileNetV2", "Convolutional")


def test_chains_of_convolutions_are_suited() -> None:
    assert [name for name in SUITED if not suits(published()[name])] == []
    assert [name for name in UNSUITED if suits(published()[name])] == []
    gate = "c: mul { identity; { avgpool(global); conv(8, 1); sigmoid } }"
    assert not suits(network(f"net N {{ input x: 8 x 9 x 9; a: conv(8, 3); {gate}; d: conv(8, 3) }}"))
    assert not suits(network("net N { input x: 784; linear(100) -> relu -> linear(10) }"))
    assert not suits(network(f"net N {{ {REFUSED['two inputs']} }}"))


# -- stages and folds -----------------------------------------------------------------------------


def test_vgg_has_its_five_stages_and_a_classifier() -> None:
    kinds = [[body.kind for body in stage.bodies] for stage in stages(published()["VGG.D"])]
    assert kinds[0] == ["input"]
    assert kinds[1:6] == [["map"] * count + ["pool"] for count in (2, 2, 3, 3, 3)]
    assert kinds[6] == ["map"] * 3 + ["end"]
    shown = texts(drawn(published()["VGG.D"]))
    for size in ("224² × 64", "112² × 128", "56² × 256", "28² × 512", "14² × 512"):
        assert shown.count(size) == 1
    assert shown.count("4096") == 2
    assert "89%" in shown


def test_what_repeats_folds() -> None:
    (stage,) = (stage for stage in stages(published()["YOLO"]) if len(stage.bodies) == 11)
    runs = condensed(stage, 1).runs
    assert [(run.times, [body.shape[0] for body in run.bodies]) for run in runs] == [
        (4, [256, 512]),
        (1, [512]),
        (1, [1024]),
        (1, [1024]),
    ]
    (volume, pool) = condensed(stage, 3).runs
    assert (volume.times, pool.times) == (10, 1)


def test_a_page_says_what_is_folded() -> None:
    assert drawn(published()["VGG.D"], "double").folded == ()
    told = drawn(published()["VGG.D"], "column").folded
    assert "layers that repeat are drawn once, with how often: 15 bodies for 23" in told
    assert any("aux1, aux2" in told for told in drawn(published()["GoogLeNet"]).folded)


UNIT = """block unit(c) { add { identity; { conv(c, 3, padding = same); relu; conv(in.channels, 1) } } }
"""


def test_what_differs_does_not_repeat() -> None:
    lines = "; ".join(f"conv({8 + count % 37}, 3, padding = same) -> relu" for count in range(300))
    shown = drawn(network(f"net Many {{ input x: 3 x 32 x 32; {lines} }}"))
    assert {"32² × 8–44", "300 layers"} <= set(texts(shown))
    assert not any("×300" in text for text in texts(shown))
    assert not any("repeat" in told for told in shown.folded)
    assert any("in a row" in told for told in shown.folded)


def test_only_blocks_that_are_equal_repeat() -> None:
    equal = "; ".join(["unit(8)"] * 60)
    other = "; ".join(f"unit({count})" for count in range(1, 61))
    start = UNIT + "net N { input x: 16 x 32 x 32; "
    assert "×60" in texts(drawn(network(f"{start}{equal} }}")))
    assert "60 blocks" in texts(drawn(network(f"{start}{other} }}")))


def test_a_contracted_stage_keeps_the_number_of_its_blocks() -> None:
    for page in ("", *PAGES):
        told = " ".join(texts(drawn(published()["ResNet.152"], page)))
        assert "36 blocks" in told


def test_skips_that_are_not_drawn_are_told_in_the_picture() -> None:
    shown = drawn(published()["SegNet"], "column")
    arrows = [part for part in shown.shapes() if isinstance(part, Line) and part.dash == "dotted"]
    assert f"Skips from one row to another are not drawn: {5 - len(arrows)}." in texts(shown)


# -- to scale -------------------------------------------------------------------------------------


@pytest.mark.parametrize("high", [8, 224, 4096])
def test_more_is_never_drawn_smaller(high: int) -> None:
    lengths = [Scale(1, high, 4.0, 24.0)(size) for size in range(1, high + 1)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == pytest.approx(24.0)


def fronts(shown: Scene) -> dict[str, tuple[float, float]]:
    """Width and height of the front of each body."""
    found = {}
    for group in groups(shown):
        polygons = [part for part in group.parts if isinstance(part, Polygon)]
        if polygons:
            (left, top), _, (right, bottom), _ = polygons[2].points
            found[group.key] = right - left, bottom - top
    return found


@pytest.mark.parametrize(
    "name", ["LeNet", "AlexNet", "VGG.D", "ZFNet", "YOLO", "SegNet", "U-Net", "DeepFace"]
)
def test_heights_grow_with_resolution_and_widths_with_channels(name: str) -> None:
    checked = published()[name]
    measured = fronts(drawn(checked))
    maps = [body for body in every_body(checked) if body.kind == "map" and not body.is_bar]
    sized = [(body.shape, measured[body.node.path]) for body in maps if body.node.path in measured]
    assert len(sized) > 1
    for one, (thick, high) in sized:
        for other, (thinner, lower) in sized:
            assert one[0] < other[0] or thick >= thinner - 1e-6
            assert one[1] < other[1] or high >= lower - 1e-6
            assert one[1] <= other[1] or high > lower


def test_each_body_shows_three_faces_and_each_kernel_its_window() -> None:
    faces = [part for part in drawn(network(TOY)).shapes() if isinstance(part, Polygon)]
    assert len(faces) == 3 * len(every_body(network(TOY))) + 4  # of two convolutions and two pools


def test_a_kernel_is_as_large_as_it_is() -> None:
    shown = drawn(network("net N { input x: 1 x 20 x 20; conv(4, 5); conv(4, 3) }"))
    windows = [part.points for part in shown.shapes() if isinstance(part, Polygon) and part.shade == 0.75]
    measured = fronts(shown)
    for points, path, part in zip(windows, ("x", "conv1"), (5 / 20, 3 / 16), strict=True):
        assert points[3][1] - points[0][1] == pytest.approx(measured[path][1] * part, abs=0.01)


def test_groups_of_channels_are_cut() -> None:
    (body,) = (group for group in groups(drawn(published()["AlexNet-2012"])) if group.key == "conv2")
    assert sum(isinstance(part, Line) for part in body.parts) == 1


# -- letters and costs ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "column"])
def test_the_strip_adds_up_to_the_totals(page: str) -> None:
    for name, checked in published().items():
        shown = drawn(checked, page)
        if "parameters and MACs are not drawn" in shown.folded:
            continue
        sums: Counter[str] = Counter()
        for group in groups(shown):
            found = re.fullmatch(r"([\d,]+) (parameters|MACs)", group.title)
            if found:
                sums[found[2]] += int(found[1].replace(",", ""))
        assert (sums["parameters"], sums["MACs"]) == (checked.metrics.params, checked.metrics.macs), name


def test_what_is_shared_has_a_key_for_each_use() -> None:
    shared = "input x: 4 x 8 x 8; share c: conv(4, 3, padding = same); c -> maxpool(2) -> c"
    keys = [group.key for group in groups(drawn(network(f"net N {{ {shared} }}")))]
    assert len(keys) == len(set(keys))
    assert {"c", "c (2)"} <= set(keys)


def test_a_body_tells_a_pointer_what_it_is() -> None:
    (title,) = (group.title for group in groups(drawn(network(TOY))) if group.key == "conv2")
    assert title == "conv2 · 3×3 conv, 32 · 32 × 32 × 32 · 4,704 parameters · 4,718,592 MACs · line 4"


def test_open_sizes_are_lettered_as_expressions() -> None:
    shown = texts(drawn(network("net N { input x: 3 x H x W; conv(8, 3, padding = 1) -> maxpool(2) }")))
    assert "H × W × 8" in shown
    assert "floor(H/2) × floor(W/2) × 8" in shown
    assert any(each.startswith("The sizes of N are open") for each in shown)


def test_lists_of_numbers_are_thin_maps() -> None:
    shown = drawn(network("net N { input wave: 1 x 4000; conv(8, 9) -> relu -> maxpool(4); conv(16, 9) }"))
    assert {"1 × 4000", "8 × 3992", "8 × 998", "16 × 990"} <= set(texts(shown))


def test_names_that_levels_share_are_not_shown() -> None:
    assert "left" not in texts(drawn(published()["U-Net"]))
    assert {"conv1", "conv3–5", "fc6–8"} <= set(texts(drawn(published()["AlexNet-2012"])))


# -- on the page ----------------------------------------------------------------------------------

Box = tuple[float, float, float, float]


def box(text: Text) -> Box:
    wide = width(text.text, text.size, text.bold)
    left = text.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor] * wide
    return left + 0.2, text.y - 0.7 * text.size, left + wide - 0.2, text.y - 0.2


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def covers(shape: tuple[Point, ...], text: Box) -> bool:
    """Whether a convex shape, or the way between two points, meets a box: no side of either parts them."""
    left, top, right, bottom = text
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    for sides in (shape, corners):
        for (ax, ay), (bx, by) in zip(sides, (*sides[1:], sides[0]), strict=True):
            one, other = ([(by - ay) * x - (bx - ax) * y for x, y in points] for points in (shape, corners))
            if max(one) <= min(other) + 1e-9 or max(other) <= min(one) + 1e-9:
                return False
    return True


def shapes(part: Part) -> Iterator[tuple[Point, ...]]:
    if isinstance(part, Polygon):
        yield part.points
    elif isinstance(part, Line):
        yield from zip(part.points, part.points[1:], strict=False)
    elif isinstance(part, Rect):
        right, bottom = part.x + part.width, part.y + part.height
        yield (part.x, part.y), (right, part.y), (right, bottom), (part.x, bottom)


@pytest.mark.parametrize("page", ["", *PAGES])
def test_nothing_covers_a_text_and_all_is_on_the_page(page: str) -> None:
    for name, checked in published().items():
        shown = drawn(checked, page, title=name)
        if page:
            assert (shown.width, shown.height) <= (PAGES[page].width + 0.01, PAGES[page].height + 0.01)
            assert shown.height <= PAGES[page].height + 0.01
            assert shown.smallest_text() >= SMALLEST - 1e-6, (name, page)
        letters = [(part.text, box(part)) for part in shown.shapes() if isinstance(part, Text)]
        for at, (text, place) in enumerate(letters):
            assert place[0] >= 0 and place[1] >= 0 and place[2] <= shown.width and place[3] <= shown.height
            for other, its in letters[at + 1 :]:
                assert not meet(place, its), (name, page, text, other)
        for part in shown.shapes():
            for shape in shapes(part):
                around = (
                    (min(x for x, _ in shape), min(y for _, y in shape)),
                    (
                        max(x for x, _ in shape),
                        max(y for _, y in shape),
                    ),
                )
                near = (*around[0], *around[1])
                for text, place in letters:
                    flat = near[0] == near[2] or near[1] == near[3]
                    if (flat or meet(near, place)) and covers(shape, place):
                        raise AssertionError((name, page, text, part))


def test_a_drawing_has_a_heading_where_one_is_wanted() -> None:
    plain, headed = drawn(network(TOY)), drawn(network(TOY), title="A toy")
    assert "A toy" in texts(headed)
    assert headed.height > plain.height


def test_a_slide_is_filled() -> None:
    shown = drawn(published()["VGG.D"], "slide")
    assert shown.width == pytest.approx(PAGES["slide"].width) or shown.height == pytest.approx(540)


def test_what_fits_no_page_is_refused_with_a_remedy() -> None:
    tiny = replace(Wanted(), page=PAGES["column"]._replace(width=60, height=60))
    with pytest.raises(CannotDraw, match="page"):
        scene([published()["VGG.D"]], tiny)


def test_hostile_names_are_kept_short() -> None:
    long = "a" * 300
    shown = drawn(network(f"net N {{ input {long}: 3 x 8 x 8; {long}2: conv(4, 3); conv(4, 3) }}"), "double")
    assert shown.width <= PAGES["double"].width
    assert any(text.endswith("…") for text in texts(shown))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return round(value, 2) if isinstance(value, float) else value


def test_the_toy_is_drawn_as_ever() -> None:
    """`ARCHDSL_ACCEPT=1` writes what is drawn now."""
    found = plain(asdict(drawn(network(TOY))))
    lines = [json.dumps(part, ensure_ascii=False) for part in found.pop("parts")]
    head = json.dumps(found, ensure_ascii=False, indent=1)
    text = head.removesuffix("\n}") + ',\n "parts": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
    if os.environ.get("ARCHDSL_ACCEPT"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
    assert drawn(network(TOY)) == drawn(network(TOY))
