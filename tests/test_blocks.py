"""The block diagram: what it shows, where everything is, and how it fits a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks import boxes, scene
from archdsl.outputs.drawing.blocks.choice import chosen
from archdsl.outputs.drawing.blocks.compose import compose, planned
from archdsl.outputs.drawing.blocks.dot import dot
from archdsl.outputs.drawing.blocks.insets import insets
from archdsl.outputs.drawing.blocks.opening import Opening
from archdsl.outputs.drawing.blocks.picture import Box, Frame, Picture
from archdsl.outputs.drawing.blocks.picture import Text as Words
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.lettering import ASCENT, DESCENT, width
from archdsl.outputs.drawing.pages import fitted, is_readable
from archdsl.outputs.drawing.scene import Circle, Group, Line, Part, Rect, Scene, Text
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Page, Wanted
from archdsl.outputs.fold import Repeat, fold

SPECS = Path(__file__).resolve().parent.parent / "specs"

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


TWO_INPUTS = """net Two {
    input x: 4 x 8 x 8
    input y: 4 x 8 x 8
    x -> a: conv(4, 1)
    a -> s: conv(4, 3, padding = same)
    output o: s + y
    output p: { s -> flatten -> linear(3) }
}"""
CROSSED = """net Crossed {
    input x: 4 x 8 x 8
    x -> a: conv(4, 1)
    a -> b: conv(4, 3, padding = same)
    x -> c: conv(4, 1)
    d: a + b
    e: b + c
    output o: d + e
}"""


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
    plan = planned(checked, depth)
    for node in checked.graph.nodes:
        drawn = plan.home[node.index] is not None
        repeated = plan.first[node.index] != node.index
        assert drawn + repeated == (node.op.name != "identity" or repeated)
    shown = compose(checked, depth)
    every = list(shown.boxes())
    assert len({box.key for box in every}) == len(every)
    assert {box for arrow in shown.arrows for box in (arrow.tail, arrow.head)} <= set(every)
    ends = {box for box in every if box.kind == "end"}
    assert all(any(end in (arrow.tail, arrow.head) for arrow in shown.arrows) for end in ends)


def test_a_chain_is_one_box_with_a_badge() -> None:
    image, chain, pool, output = compose(network(CHAIN)).boxes()
    assert (image.kind, lines(image)) == ("end", ["x", "4 × 8 × 8"])
    assert (chain.times, lines(chain)) == (5, ["3×3 conv, 4", "batchnorm", "relu"])
    assert [line.family for line in chain.lines] == ["learned", "norm", "activation"]
    assert lines(pool) == ["2×2 maxpool, /2"]
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
    shown = compose(network(RESIDUAL), 1)
    (stage,) = frames(shown)
    (block,) = stage.parts
    assert isinstance(block, Box)
    assert (block.times, lines(block)) == (3, ["residual", "3×3 conv, 8", "3×3 conv, 8"])
    assert wires(shown) == {("image", block.key), (block.key, "conv1"), ("conv1", "output output")}


def test_a_closed_block_says_what_is_in_it() -> None:
    (block,) = (box for box in compose(network(RESIDUAL), 1).boxes() if box.is_block)
    assert (block.skip, block.bars, block.small) == ("identity", (), "1.20k parameters each")
    (mixed,) = (box for box in compose(network(MIXED), 0).boxes() if box.is_block)
    assert (mixed.skip, mixed.bars, lines(mixed)) == ("", (4, 4, 8), ["mixed"])
    shown = compose(archdsl.load(SPECS / "resnet.arch")["ResNet.50"].checked, Opening(closed=frozenset(["bottleneck"])))
    skips = [(box.times, box.skip) for box in shown.boxes() if box.is_block]
    assert skips == [(1, "projection"), (2, "identity"), (1, "projection"), (3, "identity")] + [
        (1, "projection"), (5, "identity"), (1, "projection"), (2, "identity")
    ]  # fmt: skip


def test_blocks_that_grow_fold_too() -> None:
    shown = compose(archdsl.load(SPECS / "densenet.arch")["DenseNet.121"].checked)
    layers = [frame for frame in frames(shown) if frame.block == "denselayer"]
    assert [frame.times for frame in layers] == [6, 12, 24, 16]
    assert layers[0].small == "335k parameters in all"
    told = [arrow.text for arrow in shown.arrows if arrow.tail.key.endswith("denselayer1.concat1")]
    assert told == ["256 × 56 × 56", "512 × 28 × 28", "1024 × 14 × 14", "1024 × 7 × 7"]


def test_what_reads_something_else_does_not_repeat() -> None:
    checked = network(CROSSED)
    assert not any(isinstance(part, Repeat) for part in fold(checked).parts)
    assert [box.key for box in compose(checked).boxes() if box.kind == "sign"] == ["d", "e", "o"]


def test_alike_branches_are_one() -> None:
    branch = "conv(4, 1) -> relu -> conv(4, 3, padding = same)"
    source = "net N {{ input x: 4 x 8 x 8; concat {{ {} }} }}"
    few, many = (compose(network(source.format("; ".join([branch] * count)))) for count in (3, 8))
    assert sum(box.kind == "layers" for box in few.boxes()) == 6
    assert [(box.times, lines(box)) for box in many.boxes() if box.kind == "layers"] == [
        (8, ["1×1 conv, 4", "relu", "side by side"]),
        (8, ["3×3 conv, 4", "side by side"]),
    ]


def test_of_a_distant_input_only_the_size_is_named() -> None:
    shown = compose(archdsl.load(SPECS / "faster-rcnn.arch")["FasterRCNN"].checked)
    stubs = [arrow for arrow in shown.arrows if arrow.tail.kind == "loose"]
    assert [(lines(arrow.tail), arrow.head.key) for arrow in stubs] == [
        (["size of image"], "proposals"),
        (["size of image"], "found"),
    ]
    assert [arrow.head.key for arrow in shown.arrows if arrow.tail.key == "image"] == ["features.0"]


def test_insets_open_what_is_closed_several_times() -> None:
    checked = archdsl.load(SPECS / "resnet.arch")["ResNet.152"].checked
    opening = Opening(closed=frozenset(["bottleneck"]))
    shown = insets(checked, planned(checked, opening).shut, opening)
    assert [(each.title, each.description) for each in shown] == [
        ("bottleneck, with a projection shortcut", "as in layer1.0 · 75.0k parameters"),
        ("bottleneck, with an identity shortcut", "as in layer1.1 · 70.4k parameters"),
    ]
    assert [lines(box) for box in shown[0].boxes() if box.kind == "loose"] == [
        ["64 × 56 × 56"],
        ["256 × 56 × 56"],
    ]


# -- boxes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("times", [1, 7])
def test_a_box_is_as_large_as_it_says(direction: str, times: int) -> None:
    words = Words("bottleneck", "block"), Words("3×3 conv, 64", "learned")
    box = Box("k", "layers", words, times, small="70 parameters", skip="projection", bars=(64, 128, 32))
    wide, high = boxes.measured(box, direction)  # type: ignore[arg-type]
    left, top, right, bottom = _around(boxes.drawn(box, 10, 20, direction).parts)  # type: ignore[arg-type]
    assert left >= 10 - 0.01 and top >= 20 - 0.01
    assert right <= 10 + wide + 0.01 and bottom <= 20 + high + 0.01
    for side in ("top", "bottom", "left", "right"):
        x, y = boxes.port(box, 10, 20, side, direction)  # type: ignore[arg-type]
        assert 10 <= x <= 10 + wide and 20 <= y <= 20 + high


def test_norm_and_activation_are_strips_of_one_box() -> None:
    box = Box("k", "layers", (Words("3×3 conv, 64", "learned"), Words("batchnorm", "norm"), Words("relu", "activation")))
    fills = [part.role for part in boxes.drawn(box, 0, 0).parts if isinstance(part, Rect) and part.filled]
    assert fills == ["learned", "norm", "activation"]
    texts = [part for part in boxes.drawn(box, 0, 0).parts if isinstance(part, Text)]
    assert [text.text for text in texts] == ["3×3 conv, 64", "batchnorm", "relu"]
    assert texts[1].y == texts[2].y > texts[0].y


def test_a_very_long_name_is_cut() -> None:
    wide, _ = boxes.measured(Box("k", "layers", (Words("x" * 5000, "learned"),)))
    assert wide < 300


# -- where everything is --------------------------------------------------------------------------


class Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Area, most: float = 0.3) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        along = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > most and along > most

    def holds(self, other: Area) -> bool:
        return (
            self.left <= other.left + 0.1
            and self.top <= other.top + 0.1
            and self.right >= other.right - 0.1
            and self.bottom >= other.bottom - 0.1
        )

    def larger(self, by: float) -> Area:
        return Area(self.left - by, self.top - by, self.right + by, self.bottom + by)


def _area(part: Part) -> Area | None:
    if isinstance(part, Rect):
        return Area(part.x, part.y, part.x + part.width, part.y + part.height)
    if isinstance(part, Circle):
        return Area(part.x - part.radius, part.y - part.radius, part.x + part.radius, part.y + part.radius)
    if isinstance(part, Line):
        xs, ys = zip(*part.points, strict=True)
        return Area(min(xs), min(ys), max(xs), max(ys))
    if not isinstance(part, Text):
        return None
    wide, up, down = width(part.text, part.size, part.bold), ASCENT * part.size, DESCENT * part.size
    if part.turned:
        return Area(part.x - up, part.y - wide / 2, part.x + down, part.y + wide / 2)
    left = part.x - {"start": 0.0, "middle": wide / 2, "end": wide}[part.anchor]
    return Area(left, part.y - up, left + wide, part.y + down)


def _around(parts: tuple[Part, ...]) -> Area:
    areas = [area for part in parts if (area := _area(part))]
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return Area(min(lefts), min(tops), max(rights), max(bottoms))


class Laid(NamedTuple):
    """A scene taken apart: boxes, the frames around them, lines, and texts outside of boxes."""

    boxes: dict[str, Area]
    solid: dict[str, Area]
    """The boxes but forks and loose words."""
    frames: dict[str, Area]
    lines: list[Line]
    texts: list[Text]


def laid(scene: Scene) -> Laid:
    found = Laid({}, {}, {}, [], [])
    for part in scene.parts:
        if isinstance(part, Line):
            found.lines.append(part)
        elif isinstance(part, Text):
            found.texts.append(part)
        elif isinstance(part, Group):
            texts = [each for each in part.parts if isinstance(each, Text)]
            first = part.parts[0]
            if isinstance(first, Rect) and first.role in ("frame", "inner frame", "band"):
                found.frames[part.key] = _around(part.parts)
                found.texts.extend(texts)
                continue
            shapes = tuple(each for each in part.parts if isinstance(each, Rect | Circle))
            area = _around(shapes or part.parts)
            key = f"{part.key} {len(found.boxes)}"
            found.boxes[key] = area if shapes else area.larger(3.0)
            if shapes and area.right - area.left > 5:
                # the corners around a circle are free
                found.solid[key] = area.larger(-1.2 if isinstance(shapes[0], Circle) else 0.0)
            assert all(area.holds(_around((text,))) for text in texts), part.key
    return found


def _points(line: Line) -> Iterator[tuple[float, float]]:
    """Places on a line, close to each other."""
    if not line.curved:
        for (x, y), (to_x, to_y) in zip(line.points, line.points[1:], strict=False):
            yield from ((x + (to_x - x) * i / 24, y + (to_y - y) * i / 24) for i in range(25))
        return
    for at in range(0, len(line.points) - 1, 3):
        for step in range(25):
            t = step / 24
            weights = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
            piece = line.points[at : at + 4]
            yield (
                sum(w * x for w, (x, _) in zip(weights, piece, strict=True)),
                sum(w * y for w, (_, y) in zip(weights, piece, strict=True)),
            )


DRAWN = [
    ("resnet", "ResNet.18"),
    ("resnet", "ResNet.152"),
    ("googlenet", "GoogLeNet"),
    ("vgg", "VGG.D"),
    ("alexnet", "AlexNet-towers"),
    ("densenet", "DenseNet.121"),
    ("mobilenet", "MobileNetV2"),
    ("squeezenet", "SqueezeNet"),
    ("lenet", "LeNet-5"),
    ("faster-rcnn", "FasterRCNN"),
    ("faster-rcnn", "FasterRCNN-FPN"),
    ("fcn", "FCN-8s"),
]


def of(file: str, name: str) -> Checked:
    return archdsl.load(SPECS / f"{file}.arch")[name].checked


CASES = [
    *((source.split(maxsplit=2)[1], source) for source in (HEADS, SHARED, TWO_INPUTS, CROSSED)),
    ("Residual", RESIDUAL),
    ("Mixed", MIXED),
    *(f"{file} {name}" for file, name in DRAWN),  # type: ignore[misc]
]


def _case(case: object) -> Checked:
    return network(case[1]) if isinstance(case, tuple) else of(*str(case).split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0] if isinstance(case, tuple) else case)
@pytest.mark.parametrize("wanted", [Wanted(direction="down"), Wanted(direction="right"), Wanted(depth=0)])
def test_nothing_is_in_the_way_of_anything(case: object, wanted: Wanted) -> None:
    made = chosen(_case(case), wanted)
    found = laid(made)
    page = Area(0, 0, made.width, made.height)
    areas = list(found.boxes.items())
    for number, (key, area) in enumerate(areas):
        assert page.holds(area), key
        for other, its in areas[number + 1 :]:
            assert not area.overlaps(its), (key, other)
    texts = [(text.text, _around((text,))) for text in found.texts]
    for number, (text, area) in enumerate(texts):
        assert page.holds(area), text
        assert not any(area.overlaps(its) for _, its in texts[number + 1 :]), text
        assert not any(area.overlaps(its) for its in found.boxes.values()), text
    for line in found.lines:
        if line.role != "arrow":
            continue  # a sample in the legend
        points = list(_points(line))
        for key, area in found.solid.items():
            assert not any(_is_in(point, area.larger(-1.2)) for point in points), key
        for text, area in texts:
            assert not any(_is_in(point, area.larger(-1.0)) for point in points), text
        if line.head:
            assert any(_is_in(line.points[-1], area.larger(1.3)) for _, area in areas)


def _is_in(point: tuple[float, float], area: Area) -> bool:
    return area.left < point[0] < area.right and area.top < point[1] < area.bottom


@pytest.mark.parametrize("direction", ["down", "right"])
def test_every_box_is_drawn_once(direction: str) -> None:
    for source in EVERY:
        checked = network(source)
        made = chosen(checked, Wanted(direction=direction))  # type: ignore[arg-type]
        keys = [part.key for part in made.parts if isinstance(part, Group)]
        shown = compose(checked)
        assert sorted(keys) == sorted([box.key for box in shown.boxes()] + [frame.key for frame in frames(shown)])


def test_a_chain_is_straight_and_runs_on_in_the_next_column() -> None:
    layers = "; ".join(f"conv({4 + i}, 1)" for i in range(12))
    checked = network(f"net Long {{ input x: 4 x 8 x 8; {layers} }}")
    single = laid(chosen(checked, Wanted()))
    assert all(line.points[0][0] == line.points[-1][0] and not line.curved for line in single.lines)
    folded = laid(chosen(checked, Wanted(page=Page(400, 260))))
    turns = [line for line in folded.lines if line.curved]
    assert 1 <= len(turns) < 4
    for turn in turns:
        # out below a column, up between the two, and into the next one from above
        assert turn.points[-1][1] < turn.points[0][1] and turn.points[-1][0] > turn.points[0][0]


def test_a_bar_reaches_over_its_branches() -> None:
    found = laid(chosen(network(MIXED), Wanted(direction="down")))
    bar = next(area for key, area in found.boxes.items() if key.startswith("mixed1.concat1"))
    into = [line for line in found.lines if abs(line.points[-1][1] - bar.top) < 0.1]
    assert len(into) == 3
    assert all(bar.left < line.points[-1][0] < bar.right for line in into)


def test_blocks_of_one_resolution_are_in_one_band() -> None:
    keys = [part.key for part in chosen(of("googlenet", "GoogLeNet"), Wanted()).parts if isinstance(part, Group)]
    assert [key for key in keys if key.startswith("band")] == ["band 28 × 28", "band 14 × 14", "band 7 × 7"]


def test_the_same_drawing_again() -> None:
    for file, name in (("googlenet", "GoogLeNet"), ("faster-rcnn", "FasterRCNN")):
        assert chosen(of(file, name), Wanted()) == chosen(of(file, name), Wanted())


def test_a_small_net_as_plain_data() -> None:
    made = chosen(network("net Tiny { input x: 4 x 8 x 8; conv(8, 3) -> relu; maxpool(2) }"), Wanted())
    assert (made.title, round(made.width, 2), round(made.height, 2)) == ("Tiny", 92.08, 170.0)
    assert [_told(part) for part in made.parts] == [
        "line (37, 35) (37, 46)",
        "line (37, 73) (37, 90) head",
        "",
    ]


def _told(part: Part) -> str:
    return ""


# -- fitting a page -------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "name"), DRAWN)
@pytest.mark.parametrize("page", ["a4", "double"])
def test_a_page_holds_any_network(file: str, name: str, page: str) -> None:
    made = scene(of(file, name), Wanted(page=PAGES[page]))
    assert made.width <= PAGES[page].width + 0.01 and made.height <= PAGES[page].height + 0.01
    assert made.smallest_text() >= SMALLEST - 0.001


@pytest.mark.parametrize(("file", "name"), DRAWN)
def test_by_default_it_can_be_read_on_a_page(file: str, name: str) -> None:
    made = scene(of(file, name), Wanted())
    assert is_readable(made, PAGES["a4"])


def test_what_was_closed_is_told() -> None:
    resnet = of("resnet", "ResNet.152")
    assert chosen(of("vgg", "VGG.D"), Wanted()).folded == ()
    assert chosen(resnet, Wanted()).folded == ("closed so that it fits: each `bottleneck`",)
    assert chosen(resnet, Wanted(depth=1)).folded == ()
    assert chosen(resnet, Wanted(depth=4, page=PAGES["double"])).folded == (
        "closed so that it fits: each `bottleneck`",
    )
    small = chosen(resnet, Wanted(page=PAGES["column"])).folded
    assert len(small) == 1 and small[0].startswith("closed so that it fits: each `bottleneck`")


def test_what_is_asked_for_is_open() -> None:
    checked = of("resnet", "ResNet.50")
    for names, frame in ((("layer2.0",), "layer2.0"), (("bottleneck",), "layer4.1"), (("layer3",), "layer3")):
        made = chosen(checked, Wanted(depth=0, opened=names))
        assert frame in {part.key for part in made.parts if isinstance(part, Group)}
    with pytest.raises(CannotDraw, match="has no block `bottlenek`") as caught:
        chosen(checked, Wanted(opened=("bottlenek",)))
    assert caught.value.remedy == "did you mean `bottleneck`?"


def test_a_page_that_is_too_small_is_refused_with_a_remedy() -> None:
    with pytest.raises(CannotDraw, match="does not fit 30 by 30 points with letters of 6 points") as caught:
        chosen(network(CHAIN), Wanted(page=Page(30, 30)))
    assert caught.value.remedy == "take a larger page, as `column`"


def test_a_heading_is_above_all() -> None:
    made = chosen(network(CHAIN), Wanted(title="A chain of layers with a long heading"))
    heading = next(part for part in made.parts if isinstance(part, Text) and part.bold and part.size > 12)
    assert heading.text == "A chain of layers with a long heading"
    assert _around((heading,)).right <= made.width
    assert all(area.top > heading.y for area in laid(made).boxes.values())


def test_ever_more_folded_makers_are_tried() -> None:
    def maker(size: float, folded: tuple[str, ...]) -> Scene:
        return Scene(size, size, "t", "d", (Text(0, 8, "x", 8.0),), folded)

    makers = [lambda: maker(900.0, ()), lambda: maker(300.0, ("closed",)), lambda: maker(10.0, ("all",))]
    made = fitted(makers, Page(250, 250), "N")
    assert (made.width, made.folded) == (250.0, ("closed",))
    with pytest.raises(CannotDraw, match="N does not fit"):
        fitted(makers[:1], Page(250, 250), "N")


def test_legends_are_of_what_occurs() -> None:
    def words(checked: Checked) -> set[str]:
        return {part.text for part in chosen(checked, Wanted()).parts if isinstance(part, Text)}

    assert "projection shortcut" in words(of("resnet", "ResNet.50"))
    assert "in training only" in words(network(HEADS))
    assert not {"projection shortcut", "in training only", "channels that each branch gives"} & words(network(CHAIN))
