"""The block diagram: what it shows, before any of it has a place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_nets import CHAIN, CROSSED, EVERY, HEADS, MIXED, RESIDUAL, SHARED, network, of

from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks.boxes import drawn
from archdsl.outputs.drawing.blocks.choice import chosen
from archdsl.outputs.drawing.blocks.compose import compose, planned
from archdsl.outputs.drawing.blocks.insets import insets
from archdsl.outputs.drawing.blocks.opening import Opening
from archdsl.outputs.drawing.blocks.picture import Box, Frame, Picture, Text
from archdsl.outputs.drawing.charts.dot import dot
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.scene import Group, Rect
from archdsl.outputs.drawing.scene import Text as Letters
from archdsl.outputs.drawing.wanted import Wanted
from archdsl.outputs.fold import Repeat, fold


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
    shown = compose(of("resnet", "ResNet.50"), Opening(closed=frozenset(["bottleneck"])))
    skips = [(box.times, box.skip) for box in shown.boxes() if box.is_block]
    assert skips == [pair for times in (2, 3, 5, 2) for pair in ((1, "projection"), (times, "identity"))]


def test_blocks_that_grow_fold_too() -> None:
    shown = compose(of("densenet", "DenseNet.121"))
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
    shown = compose(of("faster-rcnn", "FasterRCNN"))
    stubs = [arrow for arrow in shown.arrows if arrow.tail.kind == "loose"]
    assert [(lines(arrow.tail), arrow.head.key) for arrow in stubs] == [
        (["size of image"], "proposals"),
        (["size of image"], "found"),
    ]
    assert [arrow.head.key for arrow in shown.arrows if arrow.tail.key == "image"] == ["features.0"]


def test_insets_open_what_is_closed_several_times() -> None:
    checked = of("resnet", "ResNet.152")
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


def test_an_inset_adds_up_the_channels_of_branches() -> None:
    checked = of("googlenet", "GoogLeNet")
    opening = Opening(closed=frozenset(["inception", "auxiliary"]))
    shown = insets(checked, planned(checked, opening).shut, opening)
    assert [each.title for each in shown] == ["inception", "auxiliary"]
    last = [box for box in shown[0].boxes() if box.kind == "loose"][-1]
    assert lines(last) == ["256 × 28 × 28", "64 + 128 + 32 + 32 = 256"]


# -- what is true of what is shown ----------------------------------------------------------------

GATED = """
block gated(c) { mul { identity; { avgpool(global); conv(c, 1) -> sigmoid } } }
net Gated { input x: 8 x 16 x 16; stem: conv(8, 1); gated(8); conv(4, 1); gated(4) }
"""
LEVELS = """
block double(c) { conv(c, 3, padding = same) -> relu; conv(c, 3, padding = same) -> relu }
block level(c, depth) {
    left: double(c)
    if depth > 1 { maxpool(2) -> down: level(2 * c, depth - 1); upsample(2) -> up: conv(c, 1)
                   concat(left, up) -> right: double(c) }
}
net Levels { input scan: 1 x H x W; level(8, depth = 4); head: conv(2, 1) }
"""
THIN = """
block thin(c) { conv(c, 1) -> relu; maxpool(2) -> relu }
block even(c) { conv(c, 3, padding = same) -> relu; conv(c, 1) -> sigmoid; conv(c, 1) }
net Thin { input x: 3 x 64 x 64; thin(8); even(8); even(4); thin(8); even(8); even(4); thin(8) }
"""


def words_of(shown: Checked, wanted: Wanted) -> list[str]:
    """Everything that is written in a scene."""
    pending, found = list(chosen(shown, wanted).parts), []
    while pending:
        part = pending.pop()
        if isinstance(part, Group):
            pending.extend(part.parts)
        elif isinstance(part, Letters):
            found.append(part.text)
    return found


def opened(shown: Checked, wanted: Wanted) -> set[str]:
    """The keys of what a scene shows."""
    return {part.key for part in chosen(shown, wanted).parts if isinstance(part, Group)}


def test_a_closed_block_tells_all_of_its_layers() -> None:
    def told(count: int) -> list[str]:
        many = "; ".join(["conv(8, 3, padding = same)"] * count)
        source = f"block many {{ {many}; relu }}\nnet N {{ input x: 8 x 8 x 8; many; flatten; linear(2) }}"
        (block,) = (box for box in compose(network(source), 0).boxes() if box.is_block)
        return lines(block)[1:]

    assert told(3) == ["3×3 conv, 8"] * 3
    assert told(9) == ["3×3 conv, 8 ×9"]


def test_behind_a_gate_is_the_shape_of_what_it_lets_through() -> None:
    shown = compose(network(GATED))
    assert [arrow.text for arrow in shown.arrows if arrow.tail.kind == "sign"] == ["8 × 16 × 16", ""]
    told = words_of(network(GATED), Wanted(depth=0))
    assert told.count("8 × 1 × 1") == 1  # in the inset, behind the pool and not behind the sign


def test_an_inset_speaks_of_open_sizes() -> None:
    checked = network(LEVELS)
    opening = Opening(depth=1)
    (double,) = insets(checked, planned(checked, opening).shut, opening)[:1]
    ends = [lines(box)[0] for box in double.boxes() if box.kind == "loose"]
    assert ends == ["1 × H × W", "8 × H × W"]


def test_a_band_is_around_nothing_of_another_resolution() -> None:
    resolutions = {frame.key: frame.resolution for frame in frames(compose(network(THIN)))}
    assert resolutions == {"thin1": "", "even1": "32 × 32", "even2": "32 × 32", "thin2": ""} | {
        "even3": "16 × 16", "even4": "16 × 16", "thin3": "",
    }  # fmt: skip


def test_what_is_asked_for_is_opened_in_the_usual_picture() -> None:
    checked = of("resnet", "ResNet.152")
    shown = opened(checked, Wanted(opened=("layer1.0",)))
    assert {"layer1.0.downsample.0", "layer1.1", "layer2.0", "layer3.1"} <= shown
    assert not any(key.startswith("layer2.0.") for key in shown)
    assert {key for key in shown if key.startswith("inset")} == {"inset layer1.1"}
    shown = opened(checked, Wanted(depth=1, opened=("layer2.1",)))
    assert {key for key in shown if key.startswith("inset")} == {"inset layer1.0"}


def test_levels_within_each_other_are_closed_from_the_innermost() -> None:
    for direction in ("down", "right"):
        shown = opened(network(LEVELS), Wanted(direction=direction))
        assert {"level1.down.down", "level1.head"} & shown, direction


def test_a_long_name_is_inside_of_its_box() -> None:
    name = "the_image_that_is_fed_to_the_network_after_normalisation"
    box = Box("k", "end", (Text(name, "source"), Text("3 × 32 × 32", "source")))
    outline, first, *_ = drawn(box, 0.0, 0.0).parts
    assert isinstance(outline, Rect) and isinstance(first, Letters)
    assert width(first.text, first.size, first.bold) <= outline.width - 6


def test_what_leaves_an_inset_of_training_is_dashed() -> None:
    checked = of("googlenet", "GoogLeNet")
    opening = Opening(closed=frozenset(["inception", "auxiliary"]))
    inception, auxiliary = insets(checked, planned(checked, opening).shut, opening)
    assert all(arrow.training for arrow in auxiliary.arrows)
    assert not any(arrow.training for arrow in inception.arrows)
