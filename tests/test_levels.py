"""Networks that go down and up in resolution: which they are, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks import scene as blocks
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.levels.bars import Bar, Form, Plan, planned
from archdsl.outputs.drawing.levels.found import Levels, levels, nodes_of
from archdsl.outputs.drawing.levels.layout import scene
from archdsl.outputs.drawing.levels.words import key_of
from archdsl.outputs.drawing.scene import Group, Line, Part, Rect, Scene, Text
from archdsl.outputs.drawing.themes import PAPER
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Page, Wanted

SPECS = Path(__file__).resolve().parent.parent / "specs"

TWICE = """block twice(k) {
    conv(k, 3, padding = same, bias = false) -> batchnorm -> relu
    conv(k, 3, padding = same, bias = false) -> batchnorm -> relu
}
"""
SMALL = (
    TWICE
    + """net Small(classes = 4) {
    input picture: SHAPE
    a: twice(16)
    maxpool(2) -> b: twice(32)
    maxpool(2) -> c: twice(64)
    upsample(like = b) -> q: conv(32, 1)
    concat(q, b) -> d: twice(32)
    upsample(like = a) -> p: conv(16, 1)
    concat(a, p) -> e: twice(16)
    output masks: conv(classes, 1)
}"""
)
FLAT = SMALL.replace("SHAPE", "3 x 96 x 128")
OPEN = SMALL.replace("SHAPE", "3 x H x W")
SOUND = SMALL.replace("SHAPE", "1 x 1024")
SCAN = SMALL.replace("SHAPE", "1 x 16 x 32 x 32")
NESTED = (
    TWICE
    + """net Nested {
    input image: 3 x 64 x 64
    x00: twice(8)
    maxpool(x00, 2) -> x10: twice(16)
    concat(x00, upsample(x10, 2)) -> x01: twice(8)
    maxpool(x10, 2) -> x20: twice(32)
    concat(x10, upsample(x20, 2)) -> x11: twice(16)
    concat(x00, x01, upsample(x11, 2)) -> x02: twice(8)
    conv(2, 1)
}"""
)
HEADS = (
    TWICE
    + """net Heads {
    input image: 1 x 64 x 64
    a: twice(16)
    maxpool(2) -> b: twice(32)
    up: conv_transpose(16, 2, stride = 2)
    concat(a, up) -> c: twice(16)
    output inside: c -> conv(1, 1) -> sigmoid
    training output distance: c -> conv(8, 1)
}"""
)
AUTO = """net Auto {
    input image: 1 x 64 x 64
    conv(16, 3, stride = 2, padding = 1) -> relu
    conv(32, 3, stride = 2, padding = 1) -> relu
    flatten -> linear(32) -> relu -> linear(32 * 16 * 16) -> relu
    reshape(32 x 16 x 16)
    conv_transpose(16, 2, stride = 2) -> relu
    conv_transpose(1, 2, stride = 2)
}"""
UNITS = """block unit(c, stride = 1) {
    add {
        conv(c, 3, stride = stride, padding = 1) -> relu -> conv(c, 3, padding = 1)
        if in.channels == c and stride == 1 { identity } else { conv(c, 1, stride = stride) }
    }
    relu
}
"""
LINKS = (
    UNITS
    + """net Links {
    input image: 3 x 64 x 64
    conv(16, 3, padding = 1) -> relu
    a: { unit(16); unit(16) }
    b: { unit(32, 2); unit(32) }
    c: { unit(64, 2); unit(64) }
    q: conv_transpose(32, 2, stride = 2)
    j: q + b
    p: conv_transpose(16, 2, stride = 2)
    p + a
    conv(2, 1)
}"""
)
PYRAMID = (
    UNITS
    + """net Pyramid {
    input image: 3 x 64 x 64
    a: unit(16)
    b: unit(32, 2)
    c: unit(64, 2)
    r: conv(32, 1)
    b -> q: conv(32, 1)
    m: q + upsample(r, 2)
    a -> p: conv(32, 1)
    n: p + upsample(m, 2)
    output fine: n -> conv(32, 3, padding = 1)
    output middle: m -> conv(32, 3, padding = 1)
    output coarse: r -> conv(32, 3, padding = 1)
}"""
)
WRITTEN = [FLAT, OPEN, SOUND, SCAN, NESTED, HEADS, AUTO, LINKS, PYRAMID]

DIFFERENT = {
    "residual": UNITS
    + "net Residual { input image: 3 x 64 x 64; unit(16); unit(32, 2); unit(64, 2); avgpool(global) }",
    "upscaler": "net Upscaler { input x: 3 x 16 x 16; conv(32, 3); conv_transpose(3, 2, stride = 2) }",
    "one step": UNITS
    + "net Dense { input x: 3 x 64 x 64; unit(16, 2); unit(32, 2); conv(5, 1); upsample(4) }",
    "pyramid pooling": """net Pooling {
        input x: 8 x 24 x 24
        c: conv(8, 3, stride = 2, padding = 1)
        concat { c; c -> avgpool(2) -> upsample(2); c -> avgpool(4) -> upsample(4) }
        upsample(2) -> conv(5, 1)
    }""",
    "squeeze": """net Squeeze {
        input x: 8 x 24 x 24
        c: conv(8, 3, padding = 1)
        c -> s: { avgpool(global) -> conv(8, 1) -> sigmoid }
        c * s
    }""",
}


@cache
def spec(name: str, net: str) -> Checked:
    return archdsl.load(SPECS / f"{name}.arch")[net].checked


def text(spec: str) -> Checked:
    made = archdsl.loads(spec)
    return made[next(iter(made))].checked


UPS = [
    ("unet", "U-Net"),
    ("unet", "U-Net-padded"),
    ("segnet", "SegNet"),
    ("deconvnet", "DeconvNet"),
    ("fcn", "FCN-32s"),
    ("fcn", "FCN-16s"),
    ("fcn", "FCN-8s"),
]
STREAMS = [("frrn", "FRRN.A"), ("frrn", "FRRN.B")]
EVERY = [*(spec(*each) for each in [*UPS, *STREAMS]), *map(text, WRITTEN)]
BARS = [each for each in EVERY if not each.name.startswith("FRRN")]


def ids(checked: Checked) -> str:
    return checked.name


def found(checked: Checked) -> Levels:
    made = levels(checked)
    assert made is not None
    return made


def natural(checked: Checked) -> Scene:
    return scene(checked, Wanted())


def groups(made: Scene) -> Iterator[Group]:
    pending: list[Part] = list(made.parts)
    while pending:
        part = pending.pop()
        if isinstance(part, Group):
            yield part
            pending += part.parts


def texts(made: Scene) -> list[Text]:
    return [part for part in made.shapes() if isinstance(part, Text)]


# -- which networks -------------------------------------------------------------------------------


@pytest.mark.parametrize("checked", EVERY, ids=ids)
def test_every_layer_has_its_place_once(checked: Checked) -> None:
    placed = nodes_of(found(checked))
    assert len(placed) == len(set(placed))
    assert set(checked.graph.nodes) - set(placed) == {
        node for node in checked.graph.nodes if node.op.name == "identity"
    }


@pytest.mark.parametrize("written", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_other_networks_have_no_levels(written: str) -> None:
    checked = text(written)
    assert levels(checked) is None
    with pytest.raises(CannotDraw):
        scene(checked, Wanted())


@pytest.mark.parametrize(
    ("name", "net"),
    [
        ("resnet", "ResNet.50"),
        ("vgg", "VGG.D"),
        ("googlenet", "GoogLeNet"),
        ("densenet", "DenseNet.121"),
        ("mobilenet", "MobileNetV2"),
        ("yolo", "YOLO"),
        ("faster-rcnn", "FasterRCNN-FPN"),
        ("fcn-resnet", "FCN-ResNet50"),
    ],
)
def test_published_networks_without_a_way_up_have_none(name: str, net: str) -> None:
    assert levels(spec(name, net)) is None


def test_skips_of_the_unet_bring_half_of_what_is_joined() -> None:
    made = found(spec("unet", "U-Net"))
    across = [link for link in made.links if not link.drop]
    assert [link.end.shape for link in across] == [
        (512, 56, 56), (256, 104, 104), (128, 200, 200), (64, 392, 392),
    ]  # fmt: skip
    assert all([node.op.name for node in link.via] == ["crop"] for link in across)
    assert [row.numerator for row in made.rows] == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("net", ["SegNet", "DeconvNet"])
def test_unpooling_is_told_by_the_way_across(net: str) -> None:
    made = found(spec(net.lower(), net))
    across = [link for link in made.links if not link.drop]
    assert len(across) == 5
    assert all(link.indices and link.tail.scale == link.head.scale for link in across)


@pytest.mark.parametrize(
    ("net", "times"), [("FRRN.A", [3, 4, 2, 2, 2, 2, 2]), ("FRRN.B", [3, 4, 2, 2, 2, 2, 2, 2, 2])]
)
def test_frrn_is_two_streams_whose_units_fold(net: str, times: list[int]) -> None:
    made = found(spec("frrn", net))
    assert made.streams is not None
    assert [dip.times for dip in made.streams.dips] == times
    assert {row.numerator for row in made.rows} == {1, *(int(dip.stage.scale) for dip in made.streams.dips)}


def test_a_stream_that_also_ends_within_is_not_two_streams() -> None:
    plain = """net Two {
        input x: 3 x 32 x 32
        a: conv(8, 3, padding = same)
        b: { maxpool(a, 2) -> conv(8, 1) -> upsample(2) }
        c: a + b
        d: { maxpool(c, 4) -> conv(8, 1) -> upsample(4) }
        e: c + d
        output last: e -> conv(2, 1)
    }"""
    assert found(text(plain)).streams is not None
    other = levels(text(plain.replace("output last", "output first: b -> conv(1, 1)\n        output last")))
    assert other is None or other.streams is None


# -- where it stands ------------------------------------------------------------------------------


def plan(checked: Checked) -> Plan:
    return planned(found(checked), Form())


def bars(checked: Checked) -> list[Bar]:
    return list(dict.fromkeys(plan(checked).bars.values()))


@pytest.mark.parametrize("checked", BARS, ids=ids)
def test_equal_resolutions_are_on_equal_rows(checked: Checked) -> None:
    rows: dict[object, set[float]] = {}
    for bar in bars(checked):
        rows.setdefault(bar.unit.scale, set()).add(bar.y)
    assert all(len(heights) == 1 for heights in rows.values())
    order = [min(rows[scale]) for scale in found(checked).rows]
    assert order == sorted(order)


@pytest.mark.parametrize("checked", BARS, ids=ids)
def test_bars_do_not_overlap(checked: Checked) -> None:
    for one, other in combinations(bars(checked), 2):
        apart = (
            one.right <= other.x or other.right <= one.x or one.bottom <= other.top or other.bottom <= one.top
        )
        assert apart, (one.unit.head.path, other.unit.head.path)


@pytest.mark.parametrize("checked", BARS, ids=ids)
def test_finer_maps_are_higher_and_more_channels_wider(checked: Checked) -> None:
    plain = [bar for bar in bars(checked) if len(bar.parts) == 1]
    for one, other in combinations(plain, 2):
        a, b = one.unit.value.shape or (), other.unit.value.shape or ()
        if len(a) == len(b) > 1:
            assert (one.height - other.height) * (a[-1] - b[-1]) >= 0
            assert (one.parts[0][0] - other.parts[0][0]) * (a[0] - b[0]) >= 0


@pytest.mark.parametrize("checked", [spec(*each) for each in UPS[:4]], ids=ids)
def test_skips_are_straight_and_level(checked: Checked) -> None:
    made = natural(checked)
    rows = {bar.y for bar in bars(checked)}
    dashed_or_plain = [
        part
        for part in made.shapes()
        if isinstance(part, Line) and part.head and (part.role == "arrow" or part.dash == "dashed")
    ]
    across = [line for line in dashed_or_plain if abs(line.points[-1][0] - line.points[0][0]) > 25]
    assert len(across) == len(rows) - 1 - (checked.name == "DeconvNet")
    assert all(len(line.points) == 2 and line.points[0][1] == line.points[1][1] for line in across)


def test_steps_of_the_unet_are_upright() -> None:
    steps = [
        part
        for part in natural(spec("unet", "U-Net")).shapes()
        if isinstance(part, Line) and part.weight == 1.5 and part.role in ("pool", "learned")
    ]
    assert len(steps) == 8 + 2  # two are in the legend
    assert all(abs(line.points[0][0] - line.points[-1][0]) < 0.01 for line in steps)


def test_a_skip_goes_over_the_bars_between_its_ends() -> None:
    made = plan(text(NESTED))
    assert [(key_of(link.tail), key_of(link.head)) for link in made.lanes] == [("x00.conv2", "concat3")]


# -- what it says ---------------------------------------------------------------------------------


def test_the_unet_says_what_its_skips_bring_and_its_legend_what_lines_mean() -> None:
    words = {part.text for part in texts(natural(spec("unet", "U-Net")))}
    assert {"64 channels, crop to 392²", "128 channels, crop to 200²", "512, crop to 56²"} <= words
    assert {"3×3 conv + relu", "2×2 maxpool, /2", "2×2 upconv, ×2", "copy and crop", "concat"} <= words
    assert {"572²", "570²", "568²", "28²", "1024", "image", "output", "1×1"} <= words


ENDS = """net Ends {
    input image: 1 x 64 x 64
    conv(16, 3, padding = 1) -> relu -> a: { conv(16, 3, padding = 1) -> relu }
    maxpool(2) -> dropout(0.2) -> conv(32, 3, padding = 1) -> relu
    conv(32, 3, padding = 2, dilation = 2) -> relu -> b: { conv(32, 3, padding = 1) -> relu }
    maxpool(2) -> conv(64, 3, padding = 1) -> relu -> conv(64, 3, padding = 1) -> relu -> dropout(0.5)
    conv_transpose(32, 2, stride = 2) -> u: relu
    concat(b, u) -> batchnorm -> relu -> conv(32, 3, padding = 1) -> relu -> conv(32, 3, padding = 1)
    conv_transpose(16, 2, stride = 2) -> v: relu
    v + a -> relu -> conv(16, 3, padding = 1) -> relu -> conv(4, 1) -> softmax
}"""


def test_an_arrow_says_what_its_layers_have_more_or_less_than_the_usual() -> None:
    words = [part.text for part in texts(natural(text(ENDS)))]
    assert {"3×3 conv + relu", "+ dropout", "3×3 only", "1×1 + softmax", "batchnorm + relu"} <= set(words)
    assert "3×3, dilation 2 + relu" in words
    assert words.count("relu") == 1
    assert "3×3" not in words and "1×1" not in words
    assert any(each.endswith("+ dropout") and "maxpool" in each for each in words)


def test_of_a_step_all_layers_are_told() -> None:
    words = {part.text for part in texts(natural(spec("deconvnet", "DeconvNet")))}
    assert {"7×7 conv + batchnorm + relu", "7×7 upconv + batchnorm + relu"} <= words
    assert "1×1 + batchnorm + relu" in words


def test_a_crop_that_changes_nothing_is_not_told() -> None:
    words = {part.text for part in texts(natural(spec("unet", "U-Net-padded")))}
    assert "64 channels" in words
    assert "copy" in words
    assert not any("crop" in each for each in words)


def test_scores_that_cross_say_their_layers() -> None:
    words = {part.text for part in texts(natural(spec("fcn", "FCN-8s")))}
    assert {"1×1 conv, 21, crop to 34²", "1×1 conv, 21, crop to 70²", "16×16 upconv, ×8"} <= words


def test_open_sizes_are_lettered() -> None:
    words = {part.text for part in texts(natural(text(OPEN)))}
    assert {"H × W", "floor(H/2) × floor(W/2)"} <= words


def test_two_frequent_kinds_have_two_tones() -> None:
    made = plan(spec("deconvnet", "DeconvNet"))
    assert made.usual == ("3×3 conv + batchnorm + relu", "3×3 upconv + batchnorm + relu")
    tones = {
        bar.unit.head.op.name: bar.tone
        for bar in made.bars.values()
        if bar.unit.head.op.name.startswith("conv")
    }
    assert set(tones.values()) == {0, 1}


@pytest.mark.parametrize("checked", EVERY, ids=ids)
def test_a_pointer_finds_every_layer(checked: Checked) -> None:
    told = " ".join(f"{group.key} {group.title}" for group in groups(natural(checked)))
    made = found(checked)
    for unit in (unit for stage in made.stages for unit in stage.units):
        assert key_of(unit) in told
    assert all(link.via[0].path in told for link in made.links if link.via)


def test_what_only_training_needs_is_dashed() -> None:
    dashed = [
        part for part in natural(text(HEADS)).shapes() if isinstance(part, Rect) and part.dash == "dashed"
    ]
    assert len(dashed) == 1


# -- all of it ------------------------------------------------------------------------------------


def box(part: Text) -> tuple[float, float, float, float]:
    wide = width(part.text, part.size, part.bold)
    left = part.x - {"start": 0.0, "middle": wide / 2, "end": wide}[part.anchor]
    return left, part.y - 0.6 * part.size, left + wide, part.y


def meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


PLACES: list[Page | None] = [None, PAGES["a4"], PAGES["double"], PAGES["slide"]]


@pytest.mark.parametrize("page", PLACES, ids=["natural", "a4", "double", "slide"])
@pytest.mark.parametrize("checked", EVERY, ids=ids)
def test_no_text_lies_over_another_or_over_a_line(checked: Checked, page: Page | None) -> None:
    made = scene(checked, Wanted(page=page, title="A title"))
    written = [(part, box(part)) for part in texts(made)]
    for (one, area), (other, its) in combinations(written, 2):
        assert not meet(area, its), (one.text, other.text)
    for part in made.shapes():
        if not isinstance(part, Line) or part.role == "merge":
            continue
        for (x, y), (right, down) in pairwise(part.points):
            piece = min(x, right) - 0.2, min(y, down) - 0.2, max(x, right) + 0.2, max(y, down) + 0.2
            assert not [each.text for each, area in written if meet(area, piece)]


@pytest.mark.parametrize("checked", EVERY, ids=ids)
def test_texts_are_within_boxes_or_beside_them(checked: Checked) -> None:
    made = natural(checked)
    rects = [part for part in made.shapes() if isinstance(part, Rect)]
    for part in texts(made):
        left, top, right, bottom = box(part)
        for rect in rects:
            area = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
            inside = area[0] <= left and right <= area[2]
            assert inside or not meet((left, top, right, bottom), area), part.text


@pytest.mark.parametrize("page", ["a4", "double", "slide"])
@pytest.mark.parametrize("checked", EVERY, ids=ids)
def test_it_fits_its_page_in_letters_that_can_be_read(checked: Checked, page: str) -> None:
    made = scene(checked, Wanted(page=PAGES[page], title="A title"))
    assert made.width <= PAGES[page].width + 0.01
    assert made.height <= PAGES[page].height + 0.01
    assert made.smallest_text() >= SMALLEST


@pytest.mark.parametrize("checked", EVERY, ids=ids)
def test_all_of_it_is_on_the_page_in_known_colours(checked: Checked) -> None:
    made = natural(checked)
    for part in made.shapes():
        if isinstance(part, Text):
            left, top, right, bottom = box(part)
            assert left >= 0 and top >= 0 and right <= made.width and bottom <= made.height
        elif isinstance(part, Line):
            assert all(0 <= x <= made.width and 0 <= y <= made.height for x, y in part.points)
        assert getattr(part, "role", "ink") in PAPER.paints


def test_a_column_holds_the_unet() -> None:
    made = scene(spec("unet", "U-Net"), Wanted(page=PAGES["column"]))
    assert made.width <= 252.01
    assert made.smallest_text() >= SMALLEST


@pytest.mark.parametrize("checked", [EVERY[0], EVERY[7]], ids=ids)
def test_it_is_the_same_from_run_to_run(checked: Checked) -> None:
    assert natural(checked) == natural(checked)


def test_a_title_of_any_length_is_one_line() -> None:
    made = scene(text(FLAT), Wanted(title="a <b> & \n" + "long " * 200))
    title = next(part for part in texts(made) if part.text.startswith("a <b>"))
    assert "\n" not in title.text
    assert width(title.text, title.size, bold=True) <= made.width


def test_the_block_diagram_of_such_a_network_is_this_unless_more_is_asked_for() -> None:
    checked = spec("unet", "U-Net")
    assert blocks(checked, Wanted(page=PAGES["a4"])) == scene(checked, Wanted(page=PAGES["a4"]))
    assert blocks(checked, Wanted(page=PAGES["a4"], direction="down")) != scene(
        checked, Wanted(page=PAGES["a4"])
    )
