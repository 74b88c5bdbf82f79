"""Advice on what makes a network more than linear: too little of it, too much, or in the wrong place."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from archdsl.check.advice.look import FARTHEST, Look, numbers, on, whole
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.sizes import Shape

_RECTIFIERS = ("relu", "relu6")
_NEVER_NEGATIVE = frozenset(("relu", "relu6", "sigmoid", "hardsigmoid", "softplus", "softmax"))
_KEEPS_SIGN = frozenset(
    "maxpool avgpool dropout flatten reshape identity crop upsample shuffle add mul concat".split()
)
"""What gives no negative number where it gets none."""

_IDLE_ABOVE_ZERO = ("relu", "leaky_relu", "prelu", "elu")

_SATURATING = {"sigmoid": 4, "hardsigmoid": 4, "tanh": 8}
"""How many of them in a row are told."""

_UNBOUND = frozenset(
    "batchnorm layernorm groupnorm relu relu6 leaky_relu prelu elu selu gelu silu hardswish softplus mish "
    "add mul concat softmax log_softmax".split()
)
"""What ends a row of them: gradients have another way, or another scale."""


class LinearAfterLinear(Advice):
    """A linear layer follows a linear layer with nothing between.

    Two linear maps, one after the other, are one linear map, so the second adds numbers and work but no
    function that one layer could not have. Usually an activation was forgotten. Pairs that are meant to
    save numbers are left alone: a middle narrower than both sides, a row and a column filter, and
    convolutions in groups.

    Source: Goodfellow, Bengio and Courville, "Deep learning", 2016, section 6.1.
    """

    code: ClassVar[str] = "A201"
    message: ClassVar[str] = "`{first}` and `{layer}` are one linear map: nothing stands between them"
    layer: str
    first: str


class NothingToRectify(Advice):
    """A rectifier reads numbers that are never negative.

    `relu` and its kin change negative numbers only. Behind another one, or behind a pooling, a sum or a
    concatenation of what is never negative, it does nothing.
    """

    code: ClassVar[str] = "A202"
    message: ClassVar[str] = "`{layer}` changes nothing: what it reads is never negative"
    layer: str


class SaturatingRow(Advice):
    """Many layers in a row are followed by a sigmoid or a tanh.

    The slope of a sigmoid is at most 1/4, so each one on the way back makes the gradient at least four
    times smaller, relative to the weights; a tanh saturates at both ends. Deep plain stacks of them hardly
    learn. Rectifiers, norms or shortcuts carry gradients further.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010, section 3.
    """

    code: ClassVar[str] = "A203"
    message: ClassVar[str] = "`{layer}` is the {count}th {kind} in a row, with no norm or shortcut between"
    layer: str
    count: int
    kind: str


class ResidualEndsInRelu(Advice):
    """The branch of a residual block ends in a rectifier.

    What is added to the shortcut is then never negative: the block can only raise numbers, and they grow
    from block to block. On CIFAR-10, moving the rectifier from behind the sum into the branch raised the
    error of ResNet-110 from 6.6 to 7.8 %. Rectify behind the sum, or at the branch's beginning.

    Source: He, Zhang, Ren and Sun, "Identity mappings in deep residual networks", 2016, table 2.
    """

    code: ClassVar[str] = "A207"
    message: ClassVar[str] = "a residual branch ends in `{layer}`, so `{sum}` can only raise numbers"
    layer: str
    sum: str


# --- linear maps ------------------------------------------------------------------------------------


@on("conv", "linear")
def linear_after_linear(look: Look, layer: Node) -> None:
    first = look.back(layer, ("identity", "dropout"))
    if first is not None and first.op.name == "flatten" and layer.op.name == "linear":
        first = look.back(first, ("identity", "dropout"))
    if first is None or first.op.name not in ("conv", "linear"):
        return
    known: dict[tuple[int, int, Shape], bool] = look.kept.setdefault("wasteful", {})
    key = (id(first.op), id(layer.op), first.shapes[0])
    if key not in known:
        known[key] = _wasteful(first, layer)
    if not known[key]:
        return
    look.say(
        LinearAfterLinear,
        layer,
        lambda: {
            "first": first.path,
            "layer": layer.path,
            "labels": (Label(first.span, "linear"),) * (first.span != layer.span),
            "here": "linear again",
            "notes": _alone(look, first, layer),
            "hints": ("`relu ->` before it",),
        },
    )


def _wasteful(first: Node, layer: Node) -> bool:
    """Whether two linear maps are not a factorization that saves numbers on purpose."""
    one: Any = first.op
    two: Any = layer.op
    into, between, out = first.shapes[0], first.outputs[0].shape or (), layer.outputs[0].shape or ()
    if getattr(one, "groups", 1) > 1 or getattr(two, "groups", 1) > 1:
        return False
    if one.name != two.name:
        return prod(between) >= prod(into)
    axis = -1 if one.name == "linear" else 0
    if between[axis] < min(into[axis], out[axis]):
        return False
    if one.name == "linear":
        return True
    kernels = [(a.kernel, b.kernel) for a, b in zip(one.window(into), two.window(between), strict=True)]
    row_and_column = any(a == 1 < b for a, b in kernels) and any(b == 1 < a for a, b in kernels)
    return not row_and_column


def _alone(look: Look, first: Node, layer: Node) -> tuple[str, ...]:
    """How many numbers one layer would need, where that is fewer."""
    if first.op.name != "linear" or layer.op.name != "linear":
        return ()
    both = look.layer(first).params + look.layer(layer).params
    into, out = first.shapes[0][-1], (layer.outputs[0].shape or (0,))[-1]
    alone = (into + 1) * out
    return (f"one layer has {numbers(alone)}, the two have {both:,}",) if alone < both else ()


# --- rectifiers -------------------------------------------------------------------------------------


@on(*_IDLE_ABOVE_ZERO)
def nothing_to_rectify(look: Look, layer: Node) -> None:
    maker = layer.inputs[0].node
    if maker.op.name not in _NEVER_NEGATIVE and maker.op.name not in _KEEPS_SIGN:
        return
    if not _never_negative(maker):
        return
    look.say(
        NothingToRectify,
        layer,
        lambda: {
            "layer": layer.path,
            "here": "zero and above stay as they are",
            "labels": (Label(maker.span, "gives nothing below zero"),),
            "hints": ("take it out",),
        },
    )


def _never_negative(node: Node) -> bool:
    """Whether a layer gives nothing below zero, as far as a short look back can tell."""
    waiting, seen = [node], 0
    while waiting:
        each = waiting.pop()
        seen += 1
        if each.op.name in _NEVER_NEGATIVE:
            continue
        if each.op.name not in _KEEPS_SIGN or seen > FARTHEST or getattr(each.op, "mode", "") == "bicubic":
            return False
        waiting += [value.node for value in each.inputs]
    return True


@on("add")
def residual_ends_in_relu(look: Look, add: Node) -> None:
    if len(add.inputs) != 2:
        return
    one, two = (value.node for value in add.inputs)
    if one.op.name in _RECTIFIERS and _skips(one, two):
        branch = one
    elif two.op.name in _RECTIFIERS and _skips(two, one):
        branch = two
    else:
        return
    look.say(
        ResidualEndsInRelu,
        branch,
        lambda: {
            "layer": branch.path,
            "sum": add.path,
            "here": "never negative",
            "labels": (Label(add.span, "added to the shortcut here"),),
        },
    )


def _skips(branch: Node, shortcut: Node) -> bool:
    """Whether one input of a sum is what the other, with its weight layers, was made from."""
    shortcuts = {shortcut.index}
    for _ in range(3):  # a shortcut is the input itself, or a convolution of it with its norm
        if shortcut.op.name not in ("conv", "batchnorm", "maxpool", "avgpool", "pad", "identity"):
            break
        shortcut = shortcut.inputs[0].node
        shortcuts.add(shortcut.index)
    weighs, earliest = False, min(shortcuts)
    for _ in range(2 * FARTHEST):
        if branch.index in shortcuts:
            return weighs
        if branch.index < earliest or not branch.inputs:
            return False
        weighs = weighs or branch.op.is_weight_layer
        branch = branch.inputs[0].node
    return False


# --- saturation -------------------------------------------------------------------------------------


@whole
def saturating_row(look: Look) -> None:
    if not any(node.op.name in _SATURATING for node in look.nodes):
        return
    rows: dict[int, tuple[int, Node]] = {}  # by node: how many lie on the way to it, and the first of them
    for node in look.nodes:
        if not node.inputs or node.op.name in _UNBOUND:
            continue
        count, first = rows.get(node.inputs[0].node.index, (0, node))
        if node.op.name in _SATURATING:
            count, first = count + 1, first if count else node
            if count == _SATURATING[node.op.name]:
                _say_saturating(look, node, first, count)
        if count:
            rows[node.index] = count, first


def _say_saturating(look: Look, node: Node, first: Node, count: int) -> None:
    look.say(
        SaturatingRow,
        node,
        lambda: {
            "layer": node.path,
            "count": count,
            "kind": node.op.name,
            "labels": (Label(first.span, "the first of them"),) * (first.span != node.span),
            "hints": ("`relu` in their place, or `batchnorm` before each",),
        },
    )
