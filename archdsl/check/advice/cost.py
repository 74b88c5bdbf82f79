"""Advice on what a network spends: parameters, work, memory, and widths that hardware does not like."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Any, ClassVar

from archdsl.check.advice.look import (
    CHANNELWISE,
    FARTHEST,
    Look,
    on,
    pasted,
    share,
    whole,
)
from archdsl.check.cost import BYTES
from archdsl.check.model import Layer
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.sizes import Shape, show

MANY_NUMBERS = 1_000_000
"""Layers with fewer parameters are not worth a word."""

MUCH_WORK = 100_000_000
"""Nor are nets with fewer multiply-accumulates, or layers with less than a hundredth of them."""

MUCH_MEMORY = 256 * 2**20
"""Nor activations of fewer bytes a sample."""

DOMINATES = Fraction(3, 5)
"""Maps of one resolution take more of the activations than this."""

FEWEST_LAYERS = 3

UNIT = 8
"""Tensor cores multiply in units of so many 16-bit numbers."""

NARROW = 8
"""How many times narrower than both sides a layer has to be."""

_ACTIVATIONS = frozenset("relu relu6 leaky_relu prelu elu selu gelu silu sigmoid tanh hardswish".split())


class HeavyLayer(Advice):
    """One layer holds more than half of all parameters.

    Mostly it is the first fully connected layer behind a map that was flattened. Averaging the map over
    its positions before (`avgpool(global)`) leaves one number a channel: fewer parameters, less
    overfitting, and any input size. It is not the same network: where the place matters, it must stay.

    Source: Lin, Chen and Yan, "Network in network", 2014, section 3.2; Han et al., "Learning both weights
    and connections for efficient neural networks", NIPS 2015, who prune VGG's first such layer to 4 %.
    """

    code: ClassVar[str] = "A501"
    message: ClassVar[str] = "`{layer}` holds {part} of all parameters, {mine} of {all}"
    layer: str
    part: str
    mine: str
    all: str


class HeavyWork(Advice):
    """One layer does more than half of all multiply-accumulates.

    A 1x1 convolution in front that halves the channels halves its work; a stride or a pooling in front
    of it quarters it.

    Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 4; He et al., "Deep residual
    learning for image recognition", CVPR 2016, figure 5.
    """

    code: ClassVar[str] = "A502"
    message: ClassVar[str] = "`{layer}` does {part} of all multiply-accumulates, {mine} of {all}"
    layer: str
    part: str
    mine: str
    all: str


class HeavyActivations(Advice):
    """Maps of one resolution take more than three fifths of a large memory.

    Training keeps what each layer gives until the way back, times the batch. Where the maps of one
    resolution outweigh all others, a stride or a pooling before them helps most; otherwise compute
    them twice (`torch.utils.checkpoint`), which costs a third more time, or store 16-bit numbers.

    Source: Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016.
    """

    code: ClassVar[str] = "A503"
    message: ClassVar[str] = "maps of stride {stride} are {part} of the activations, {mine} of {all}"
    stride: str
    part: str
    mine: str
    all: str


class OddChannels(Advice):
    """A layer with much work gives a number of channels that is no multiple of 8.

    Matrix units of GPUs, the tensor cores, multiply blocks of 8 (or more) 16-bit numbers; channels in
    between are filled up with zeros or send the layer to slower code. The channels of the input image and the
    classes of the output are what they are, and are left alone.

    Source: NVIDIA, "Convolutional layers user's guide", on channels in and out; MobileNetV2 rounds its
    channels to multiples of 8.
    """

    code: ClassVar[str] = "A504"
    message: ClassVar[str] = "`{layer}` gives {channels} channels, no multiple of 8, with {part} of all work"
    layer: str
    channels: int
    part: str


class NarrowBottleneck(Advice):
    """Everything passes a layer that is many times narrower than both its sides.

    What comes behind, however wide, is made of so few numbers: its rank is no higher. If an activation cuts
    some of them to zero, less is left. Residual blocks have such middles and a way around them; here
    there is none. Autoencoders want it: then allow it.

    Source: Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016,
    section 2, principle 1; Sandler et al., "MobileNetV2", CVPR 2018, section 3.2.
    """

    code: ClassVar[str] = "A505"
    message: ClassVar[str] = "all passes the {narrow} channels of `{middle}`, between {before} and {after}"
    middle: str
    narrow: int
    before: int
    after: int


# --- parameters and work ----------------------------------------------------------------------------


@whole
def heavy_layers(look: Look) -> None:
    metrics = look.checked.metrics
    if metrics.weight_layers < FEWEST_LAYERS:
        return
    most_params, most_work = metrics.params // 2, metrics.macs // 2
    heavy = metrics.params > MANY_NUMBERS
    work = metrics.macs > MUCH_WORK
    for node, layer in zip(look.nodes, look.layers, strict=True):
        if heavy and layer.params > most_params and layer.params > MANY_NUMBERS and node.op.is_weight_layer:
            _say_heavy(look, node)
        if work and layer.macs > most_work:
            _say_work(look, node)


def _say_heavy(look: Look, node: Node) -> None:
    layer, metrics = look.layer(node), look.checked.metrics
    look.say(
        HeavyLayer,
        node,
        lambda: {
            "layer": node.path,
            "part": share(layer.params, metrics.params),
            "mine": f"{layer.params:,}",
            "all": f"{metrics.params:,}",
            **_pooled(look, node),
        },
    )


def _pooled(look: Look, node: Node) -> dict[str, Any]:
    """What a layer would have behind a global pooling, if it reads a whole map."""
    x, op, keep = node.shapes[0], node.op, 0
    maker = look.back(node, ("dropout", "identity"))
    if op.name == "linear" and maker is not None and maker.op.name == "flatten":
        keep = getattr(maker.op, "keep", 0)
        x = maker.shapes[0][keep:]
    elif op.name != "conv" or prod((node.outputs[0].shape or ())[1:]) > 1:
        return {}
    cells, layer = prod(x[1:]), look.layer(node)
    if cells == 1:
        return {}
    saved = layer.kernels - layer.kernels // cells
    left = f"{layer.params - saved:,} of its numbers, {saved:,} fewer"
    return {
        "labels": (Label(maker.span, f"{show(x)} is read as a whole"),) if maker else (),
        "notes": (f"averaged over its positions, the map needs {left}",),
        "hints": ("where the place does not matter, `avgpool(global)` before it",) * (not keep),
    }


def _say_work(look: Look, node: Node) -> None:
    layer, metrics = look.layer(node), look.checked.metrics
    look.say(
        HeavyWork,
        node,
        lambda: {
            "layer": node.path,
            "part": share(layer.macs, metrics.macs),
            "mine": f"{layer.macs:,}",
            "all": f"{metrics.macs:,}",
        },
    )


# --- memory -----------------------------------------------------------------------------------------


@whole
def heavy_activations(look: Look) -> None:
    metrics = look.checked.metrics
    if metrics.activation_bytes < MUCH_MEMORY:
        return
    totals = _by_stride(look.layers)
    stride, most = max(totals.items(), key=lambda item: item[1])
    if len(totals) < 3 or most <= DOMINATES * metrics.activations or not stride:
        return
    first = next(
        node
        for node, layer in zip(look.nodes, look.layers, strict=True)
        if layer.stride == stride and layer.activations
    )
    look.say(
        HeavyActivations,
        first,
        lambda: {
            "stride": show(sorted(set(stride))),  # type: ignore[arg-type]
            "part": share(most, metrics.activations),
            "mine": _bytes(BYTES * most),
            "all": _bytes(metrics.activation_bytes),
            "here": "the first of them",
        },
    )


def _by_stride(layers: list[Layer]) -> dict[tuple[Fraction, ...], int]:
    """The activations of each resolution."""
    by_id: dict[int, tuple[tuple[Fraction, ...], list[int]]] = {}  # equal strides are mostly one object
    for layer in layers:
        by_id.setdefault(id(layer.stride), (layer.stride, []))[1].append(layer.activations)
    totals: dict[tuple[Fraction, ...], int] = {}
    for stride, activations in by_id.values():
        totals[stride] = totals.get(stride, 0) + sum(activations)
    return totals


def _bytes(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB"


# --- widths -----------------------------------------------------------------------------------------


@on("conv", "conv_transpose", "linear", when=lambda op, x: op.out % UNIT != 0 and op.out > UNIT)
def odd_channels(look: Look, layer: Node) -> None:
    work, all_work = look.layer(layer).macs, look.checked.metrics.macs
    op: Any = layer.op
    if all_work < MUCH_WORK or 100 * work < all_work or getattr(op, "groups", 1) > 1 or layer.first:
        return
    if _is_answer(look, layer):
        return
    better = -(-op.out // UNIT) * UNIT
    look.say(
        OddChannels,
        layer,
        lambda: {
            "layer": layer.path,
            "channels": op.out,
            "part": share(work, all_work),
            "hints": pasted(layer, out=better) or (f"{better} channels",),
        },
    )


def _is_answer(look: Look, layer: Node) -> bool:
    """Whether no weight layer comes behind a layer before an output, or before ways part."""
    node: Node | None = layer
    for _ in range(FARTHEST):
        assert node is not None
        following = look.after(node)
        if following is None:
            return True
        if following.op.is_weight_layer or following.op.family == "merge":
            return False
        node = following
    return False


# --- narrow middles ---------------------------------------------------------------------------------


def _width(op: Any, shape: Shape) -> int:
    """Numbers at each place: channels for a convolution, features for a linear map."""
    return shape[-1 if op.name == "linear" else 0]


@on("conv", "linear", when=lambda op, x: op.out >= NARROW * _width(op, x))
def narrow_bottleneck(look: Look, after: Node) -> None:
    middle = look.back(after, CHANNELWISE)
    if middle is None or middle.op.name != after.op.name:
        return
    before, narrow = _width(middle.op, middle.shapes[0]), _width(after.op, after.shapes[0])
    behind = _width(after.op, after.outputs[0].shape or ())
    if getattr(middle.op, "groups", 1) > 1 or before < NARROW * narrow:
        return
    if any(_ways_around(look, middle)) or _is_gate(look, after):
        return
    look.say(
        NarrowBottleneck,
        middle,
        lambda: {
            "middle": middle.path,
            "narrow": narrow,
            "before": before,
            "after": behind,
            "labels": (Label(after.span, f"{behind} are made of {narrow}"),) * (after.span != middle.span),
        },
    )


def _ways_around(look: Look, middle: Node) -> Iterator[bool]:
    """For each value on the short way to a layer: whether others read it too."""
    node = middle
    for _ in range(FARTHEST):
        if len(node.inputs) != 1:
            return
        node = node.inputs[0].node
        yield look.readers(node) > 1
        if node.op.is_weight_layer:
            return


def _is_gate(look: Look, layer: Node) -> bool:
    """Whether a layer makes factors, as in squeeze-and-excitation."""
    following = look.on(layer, _ACTIVATIONS | {"batchnorm", "reshape"})
    return following is not None and following.op.name == "mul"
