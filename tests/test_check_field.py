"""Receptive fields: beside masks of non-zero gradients, and beside the numbers of published networks."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from builder import Builder

from archdsl.check import Checked, check
from archdsl.check.field import LONGEST_PERIOD, fields
from archdsl.diagnostics import Report
from archdsl.graph.model import Elaborated, Value
from archdsl.ops import OPERATORS
from archdsl.ops.contract import Op


def op(name: str, **given: Any) -> Op:
    return OPERATORS[name](**given)


def conv(kernel: Any, stride: Any = 1, padding: Any = "same", out: int = 8, **more: Any) -> Op:
    return op("conv", out=out, kernel=kernel, stride=stride, padding=padding, **more)


def pool(kernel: Any, stride: Any = None, padding: Any = 0) -> Op:
    return op("maxpool", kernel=kernel, stride=stride, padding=padding)


def checked(net: Builder, *outputs: Value) -> Checked:
    report = Report()
    found = check(net.graph(*outputs), report)
    assert found is not None, [each.text for each in report]
    return found


def seen(net: Builder, value: Value) -> tuple[int, ...]:
    return checked(net, value).layers[value.node.index].receptive_field


# --- beside masks of gradients -----------------------------------------------------------------------------

INPUT = 240
MARGIN = 60


def mask(graph: Elaborated, output: Value) -> list[tuple[int, int] | None]:
    """For each position of a network of one channel and one axis: the first and last cell it depends on.

    All weights are one, so that nothing cancels; the network is linear, so one pass over the unit
    vectors gives every gradient.
    """
    import torch

    results: dict[int, Any] = {}
    for node in graph.nodes:
        given = [results[id(value)] for value in node.inputs]
        if node.op.name == "input":
            made = torch.eye(INPUT, dtype=torch.float64)[:, None, :]
        else:
            made = apply(node.op, node.shapes, given)
        results[id(node.outputs[0])] = made
    gradients = results[id(output)].sum(1).T != 0
    return [(int(row.nonzero()[0]), int(row.nonzero()[-1])) if row.any() else None for row in gradients]


def apply(op: Op, shapes: Any, given: list[Any]) -> Any:
    """An operator in torch, with every weight one."""
    import torch
    from torch import nn
    from torch.nn import functional

    spoken = op.torch(*shapes)
    if spoken.module is not None:
        layer = getattr(nn, spoken.module.removeprefix("nn."))(*spoken.args, **dict(spoken.kwargs)).double()
        for parameter in layer.parameters():
            nn.init.ones_(parameter)
        with torch.no_grad():
            return layer(*given)
    names = {f"x{i}": each for i, each in enumerate(given)}
    text = (spoken.call or "{0}").format(*names, all=", ".join(names)).replace("[:, :, ", "[..., ")
    return eval(text, {"torch": torch, "F": functional, **names})


def grow(net: Builder, x: Value, chance: random.Random, layers: int) -> Value:
    """Random layers behind a value, with branches."""
    for _ in range(layers):
        size = (x.shape or ())[1]
        kinds = ["conv", "pool", "branch", "pad", "crop"] if size > 24 else ["conv"]
        kind = chance.choice([*kinds, "transposed", "upsample"] if size < INPUT else kinds)
        kernel, stride = chance.randint(1, 5), chance.randint(1, 3)
        if kind == "conv":
            dilation = chance.randint(1, 2)
            stride = stride if size > 24 else 1
            x = net(conv(kernel, stride, kernel // 2 * dilation, 1, dilation=dilation, bias=False), x)
        elif kind == "pool":
            x = net(op("avgpool", kernel=kernel, stride=stride, padding=kernel // 2), x)
        elif kind == "transposed":
            dilation = chance.randint(1, 2)
            made = {"kernel": kernel, "stride": stride, "padding": chance.randint(0, 1), "dilation": dilation}
            x = net(op("conv_transpose", out=1, bias=False, **made), x)
        elif kind == "upsample":
            x = net(op("upsample", scale=stride, mode=chance.choice(["nearest", "bilinear"])), x)
        elif kind == "pad":
            x = net(op("pad", sides=[(chance.randint(0, 3), chance.randint(0, 3))]), x)
        elif kind == "crop":
            x = net(op("crop", sides=[(chance.randint(0, 3), chance.randint(0, 3))]), x)
        else:
            left, right = (grow(net, x, chance, chance.randint(0, 2)) for _ in range(2))
            size = min((each.shape or ())[1] for each in (left, right))
            left, right = (
                net(op("crop", size=size, offset=chance.randint(0, (each.shape or ())[1] - size)), each)
                for each in (left, right)
            )
            x = net(op(chance.choice(["add", "concat"])), left, right)
            if (x.shape or ())[0] > 1:
                x = net(conv(1, out=1, bias=False), x)
    return x


def test_random_networks_beside_masks_of_gradients() -> None:
    compared = 0
    for seed in range(80):
        net = Builder()
        x = grow(net, net.input(1, INPUT), random.Random(seed), 6)
        graph = net.graph(x)
        field = fields(graph)[x.node.index]
        assert field is not None
        for position, hull in enumerate(mask(graph, x)):
            parts = [part.at(position) for part in field.axes[0]]
            parts = [each for each in parts if each[0] <= each[1]]
            if not parts:
                assert hull is None
                continue
            low, high = min(low for low, _ in parts), max(high for _, high in parts)
            # nearer to the border, padding between the layers hides cells that the arithmetic counts
            if low >= MARGIN and high < INPUT - MARGIN:
                compared += 1
                assert hull == (low, high), f"seed {seed}, position {position}"
    assert compared > 3000


def test_the_largest_of_the_phases_is_reported() -> None:
    net = Builder()
    up = net(op("upsample", scale=2), net.input(1, 32))
    three = net(conv(3, out=1), up)
    two = net(conv(2, padding="valid", out=1), up)
    assert (seen(net, up), seen(net, three), seen(net, two)) == ((1,), (2,), (2,))
    assert checked(net, three).stride == (Fraction(1, 2),)
    down = net(pool(2), up)
    assert (seen(net, down), checked(net, down).stride) == ((1,), (1,))


def test_a_gap_between_spread_cells_sees_nothing() -> None:
    net = Builder()
    spread = net(op("conv_transpose", out=1, kernel=1, stride=3), net.input(1, 20))
    assert seen(net, spread) == (1,)
    assert seen(net, net(conv(2, padding="valid"), spread)) == (1,)
    assert seen(net, net(conv(4, padding="valid"), spread)) == (2,)


def test_a_map_enlarged_too_often_sees_everything() -> None:
    net = Builder()
    x = net.input(1, 5)
    up = net(op("upsample", scale=LONGEST_PERIOD), x)
    assert (seen(net, up), checked(net, up).stride) == ((1,), (Fraction(1, LONGEST_PERIOD),))
    more = net(op("upsample", scale=2), up)
    assert seen(net, more) == (5,)


# --- where positions no longer move over the input ---------------------------------------------------------


def vgg16(net: Builder) -> Value:
    x = net.input(3, 224, 224)
    for count in (2, 2, 3, 3, 3):
        x = net(pool(2), net.chain(x, *[conv(3)] * count))
    return x


def test_behind_flatten_the_field_is_that_of_all_positions() -> None:
    net = Builder()
    x = net(op("linear", out=10), net(op("flatten"), vgg16(net)))
    found = checked(net, x)
    assert found.layers[x.node.index].receptive_field == (404, 404)
    assert found.layers[x.node.index].stride == ()
    assert (found.receptive_field, found.stride) == ((212, 212), (32, 32))


def test_a_global_pool_sees_all_positions() -> None:
    net = Builder()
    x = net(op("avgpool", kernel="global"), vgg16(net))
    found = checked(net, x)
    assert found.layers[x.node.index].receptive_field == (404, 404)
    assert (found.receptive_field, found.stride) == ((212, 212), (32, 32))
    enlarged = net(op("upsample", scale=7), x)
    assert seen(net, enlarged) == (404, 404)


def test_a_gate_lets_every_position_see_the_whole_map() -> None:
    net = Builder()
    x = net(conv(3, stride=2, padding=1), net.input(3, 32, 32))
    gate = net(conv(1), net(op("avgpool", kernel="global"), x))
    gated = net(op("mul"), x, gate)
    last = net(conv(3), gated)
    found = checked(net, last)
    assert found.stride == (2, 2)
    # the whole map sees 33 cells; the first and the last position of the 3x3 see one cell more of padding
    assert found.layers[gated.node.index].receptive_field == (33, 33)
    assert found.receptive_field == (35, 35)


def test_branches_of_different_strides_are_both_kept() -> None:
    net = Builder()
    x = net.input(3, 64, 64)
    context = net(conv(2, stride=2, padding=0), x)
    fovea = net(op("crop", size=32), x)
    joined = net(op("concat"), context, fovea)
    found = checked(net, joined)
    assert found.stride == (2, 2)
    # at position 0 one branch sees the cells 0 and 1, the other cell 16
    assert found.receptive_field == (17, 17)


def test_rectangular_windows_have_a_field_for_each_axis() -> None:
    net = Builder()
    x = net.chain(net.input(3, 64, 32), conv((1, 7), stride=(1, 2)), conv((3, 1)))
    found = checked(net, x)
    assert (found.receptive_field, found.stride) == ((3, 7), (1, 2))


def test_the_first_input_with_spatial_axes_counts() -> None:
    net = Builder()
    noise = net.input(16, name="noise")
    left = net(conv(3), net.input(3, 16, 16, name="left"))
    right = net(conv(7), net.input(3, 16, 16, name="right"))
    both = net(op("add"), right, left)
    planes = net(op("reshape", to=(1, 4, 4)), noise)
    found = checked(net, net(conv(3), both), planes)
    assert found.layers[right.node.index].receptive_field == (7, 7)
    assert found.layers[both.node.index].receptive_field == (3, 3)
    assert found.layers[planes.node.index].receptive_field == ()
    assert found.receptive_field == (5, 5)


def test_turned_axes_do_not_pass_for_positions() -> None:
    net = Builder()
    x = net(conv((1, 3)), net.input(3, 8, 8))
    turned = net(op("rearrange", pattern="c h w -> c w h"), x)
    assert checked(net, turned).layers[turned.node.index].stride == ()


# --- published networks ------------------------------------------------------------------------------------

Feature = Callable[[Builder], Value]
"""Builds a network up to a feature map."""


def chain(*ops: Op) -> Feature:
    return lambda net: net.chain(net.input(3, 224, 224), *ops)


def vgg(*counts: int, narrow: int = 0) -> Feature:
    """`narrow`: the last convolution of the last so many stages is 1x1."""
    ops: list[Op] = []
    for stage, count in enumerate(counts):
        last = 1 if stage >= len(counts) - narrow else 3
        ops += [*[conv(3)] * (count - 1), conv(last), pool(2)]
    return chain(*ops)


def resnet(*counts: int, bottleneck: bool, first: bool = False, slim: bool = False) -> Feature:
    """`first`: the stride is in a bottleneck's 1x1; `slim`: in the last block of a stage."""

    def build(net: Builder) -> Value:
        x = net.chain(net.input(3, 224, 224), conv(7, 2, 3), pool(3, 2, 1))
        for stage, count in enumerate(counts):
            for i in range(count):
                strided = i == count - 1 and stage < 3 if slim else i == 0 and stage > 0
                s = 2 if strided else 1
                if bottleneck and first:
                    path = net.chain(x, conv(1, s), conv(3), conv(1))
                elif bottleneck:
                    path = net.chain(x, conv(1), conv(3, s, 1), conv(1))
                else:
                    path = net.chain(x, conv(3, s, 1), conv(3))
                x = net(op("add"), net(conv(1, s, 0), x), path)
        return x

    return build


def inception(net: Builder, x: Value, *, largest: int = 5) -> Value:
    branches = [[conv(1)], [conv(1), conv(3)], [conv(1), conv(largest)], [pool(3, 1, 1), conv(1)]]
    return net(op("concat"), *(net.chain(x, *branch) for branch in branches))


def googlenet(largest: int, pool4: Op) -> Feature:
    def build(net: Builder) -> Value:
        x = net.chain(net.input(3, 224, 224), conv(7, 2, 3), pool(3, 2, 1), conv(1), conv(3), pool(3, 2, 1))
        for count, after in ((2, [pool(3, 2, 1)]), (5, [pool4]), (2, [])):
            for _ in range(count):
                x = inception(net, x, largest=largest)
            x = net.chain(x, *after)
        return x

    return build


def inception_v3(net: Builder) -> Value:
    def mixed(x: Value, *branches: list[Op]) -> Value:
        return net(op("concat"), *(net.chain(x, *branch) for branch in branches))

    x = net.chain(
        net.input(3, 299, 299),
        *[conv(3, 2, 0), conv(3, 1, 0), conv(3), pool(3, 2)],
        *[conv(1), conv(3, 1, 0), pool(3, 2)],
    )
    wide, tall, average = conv((1, 7)), conv((7, 1)), op("avgpool", kernel=3, stride=1, padding=1)
    for _ in range(3):
        x = mixed(x, [conv(1)], [conv(1), conv(5)], [conv(1), conv(3), conv(3)], [average, conv(1)])
    x = mixed(x, [conv(3, 2, 0)], [conv(1), conv(3), conv(3, 2, 0)], [pool(3, 2)])
    for _ in range(4):
        twice = [conv(1), tall, wide, tall, wide]
        x = mixed(x, [conv(1)], [conv(1), wide, tall], twice, [average, conv(1)])
    x = mixed(x, [conv(1), conv(3, 2, 0)], [conv(1), wide, tall, conv(3, 2, 0)], [pool(3, 2)])
    for _ in range(2):
        split = mixed(net(conv(1), x), [conv((1, 3))], [conv((3, 1))])
        deeper = mixed(net.chain(x, conv(1), conv(3)), [conv((1, 3))], [conv((3, 1))])
        x = net(op("concat"), net(conv(1), x), split, deeper, net.chain(x, average, conv(1)))
    return x


def densenet(*counts: int) -> Feature:
    def build(net: Builder) -> Value:
        x = net.chain(net.input(3, 224, 224), conv(7, 2, 3), pool(3, 2, 1))
        for stage, count in enumerate(counts):
            if stage:
                x = net.chain(x, conv(1), op("avgpool", kernel=2))
            for _ in range(count):
                x = net(op("concat"), x, net.chain(x, conv(1), conv(3)))
        return x

    return build


def squeezenet(first: Op, *groups: int) -> Feature:
    def build(net: Builder) -> Value:
        x = net(first, net.input(3, 224, 224))
        for count in groups:
            x = net(op("maxpool", kernel=3, stride=2, ceil=True), x)
            for _ in range(count):
                squeezed = net(conv(1), x)
                x = net(op("concat"), net(conv(1), squeezed), net(conv(3), squeezed))
        return net(conv(1), x)

    return build


def inverted(stem: list[Op], rows: list[tuple[int, int, int]]) -> Feature:
    """Rows of repeats, first stride and kernel; a last 1x1."""

    def build(net: Builder) -> Value:
        x = net.chain(net.input(3, 224, 224), *stem)
        for count, stride, kernel in rows:
            for i in range(count):
                s = stride if i == 0 else 1
                path = net.chain(x, conv(1), conv(kernel, s, kernel // 2, groups=8), conv(1))
                x = net(op("add"), x, path) if i else path
        return net(conv(1), x)

    return build


def shufflenet(net: Builder) -> Value:
    x = net.chain(net.input(3, 224, 224), conv(3, 2, 1), pool(3, 2, 1))
    for count in (4, 8, 4):
        down = [[conv(3, 2, 1), conv(1)], [conv(1), conv(3, 2, 1), conv(1)]]
        x = net(op("concat"), *(net.chain(x, *branch) for branch in down))
        for _ in range(count - 1):
            halves = net.apply(op("split", parts=(2,)), x).outputs
            path = net.chain(halves[1], conv(1), conv(3), conv(1))
            x = net(op("shuffle", groups=2), net(op("concat"), halves[0], path))
    return net(conv(1), x)


def darknet53(net: Builder) -> Value:
    x = net(conv(3), net.input(3, 256, 256))
    for count in (1, 2, 8, 8, 4):
        x = net(conv(3, 2, 1), x)
        for _ in range(count):
            x = net(op("add"), x, net.chain(x, conv(1), conv(3)))
    return x


ALEXNET = [conv(11, 4, 2), pool(3, 2), conv(5), pool(3, 2), conv(3), conv(3), conv(3)]
YOLO = [
    conv(7, 2, 3), pool(2), conv(3), pool(2), conv(1), conv(3), conv(1), conv(3), pool(2),
    *[conv(1), conv(3)] * 5, pool(2), *[conv(1), conv(3)] * 2, conv(3), conv(3, 2, 1), conv(3), conv(3),
]  # fmt: skip
MOBILENET_V2 = [(1, 1, 3), (2, 2, 3), (3, 2, 3), (4, 2, 3), (3, 1, 3), (3, 2, 3), (1, 1, 3)]
MNASNET = [(3, 2, 3), (3, 2, 5), (3, 2, 5), (2, 1, 3), (4, 2, 5), (1, 1, 3)]

PUBLISHED = [
    ("AlexNet, pool5", chain(*ALEXNET, pool(3, 2)), 195, 32),
    ("AlexNet, conv5", chain(*ALEXNET), 163, 16),
    ("AlexNet of two towers, pool5", chain(conv(11, 4, 0), *ALEXNET[1:], pool(3, 2)), 195, 32),
    ("ZFNet, pool5", chain(conv(7, 2, 1), pool(3, 2, 1), conv(5, 2, 0), pool(3, 2, 1),
                           *[conv(3)] * 3, pool(3, 2)), 171, 32),
    ("OverFeat fast, pool5", chain(conv(11, 4, 0), pool(2), conv(5, 1, 0), pool(2), *[conv(3)] * 3, pool(2)),
     167, 32),
    ("VGG-11, pool5", vgg(1, 1, 2, 2, 2), 150, 32),
    ("VGG-13, pool5", vgg(2, 2, 2, 2, 2), 156, 32),
    ("VGG-16, pool5", vgg(2, 2, 3, 3, 3), 212, 32),
    ("VGG-16, conv5_3", lambda net: vgg(2, 2, 3, 3, 3)(net).node.inputs[0], 196, 16),
    ("VGG-19, pool5", vgg(2, 2, 4, 4, 4), 268, 32),
    ("VGG C, pool5", vgg(2, 2, 3, 3, 3, narrow=3), 156, 32),
    ("GoogLeNet, 5b", googlenet(5, pool(3, 2, 1)), 715, 32),
    ("GoogLeNet of torchvision, 5b", googlenet(3, pool(2)), 379, 32),
    ("Inception v3, Mixed_7c", inception_v3, 1311, 32),
    ("ResNet-18", resnet(2, 2, 2, 2, bottleneck=False), 435, 32),
    ("ResNet-34", resnet(3, 4, 6, 3, bottleneck=False), 899, 32),
    ("ResNet-50 of torchvision", resnet(3, 4, 6, 3, bottleneck=True), 427, 32),
    ("ResNet-101 of torchvision", resnet(3, 4, 23, 3, bottleneck=True), 971, 32),
    ("ResNet-152 of torchvision", resnet(3, 8, 36, 3, bottleneck=True), 1451, 32),
    ("ResNet-50", resnet(3, 4, 6, 3, bottleneck=True, first=True), 483, 32),
    ("ResNet-101", resnet(3, 4, 23, 3, bottleneck=True, first=True), 1027, 32),
    ("ResNet-152", resnet(3, 8, 36, 3, bottleneck=True, first=True), 1507, 32),
    ("ResNet-50 of TF-Slim", resnet(3, 4, 6, 3, bottleneck=True, slim=True), 483, 32),
    ("ResNet-101 of TF-Slim", resnet(3, 4, 23, 3, bottleneck=True, slim=True), 1027, 32),
    ("ResNet-152 of TF-Slim", resnet(3, 8, 36, 3, bottleneck=True, slim=True), 1507, 32),
    ("ResNeXt-50", resnet(3, 4, 6, 3, bottleneck=True), 427, 32),
    ("DenseNet-121", densenet(6, 12, 24, 16), 2071, 32),
    ("SqueezeNet 1.0", squeezenet(conv(7, 2, 0), 3, 4, 1), 155, 16),
    ("SqueezeNet 1.1", squeezenet(conv(3, 2, 0), 2, 2, 4), 207, 16),
    ("MobileNetV2", inverted([conv(3, 2, 1)], MOBILENET_V2), 491, 32),
    ("MNASNet 1.0", inverted([conv(3, 2, 1), conv(3), conv(1)], MNASNET), 843, 32),
    ("ShuffleNetV2 1.0", shufflenet, 527, 32),
    ("Darknet-53", darknet53, 725, 32),
    ("YOLOv1, last convolution", chain(*YOLO), 749, 64),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "size", "stride"), [row[1:] for row in PUBLISHED], ids=[row[0] for row in PUBLISHED]
)
def test_published_networks(build: Feature, size: int, stride: int) -> None:
    net = Builder()
    found = checked(net, build(net))
    assert (found.receptive_field, found.stride) == ((size, size), (stride, stride))
