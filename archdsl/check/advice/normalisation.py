"""Advice on norms: what stands before them, and what they are given."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from archdsl.check.advice.look import Look, numbers, on, pasted, whole
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.sizes import Shape, show

_LINEAR = ("conv", "conv_transpose", "linear")

_POINTWISE = frozenset(
    "identity flatten relu relu6 leaky_relu prelu elu selu gelu silu sigmoid tanh hardswish hardsigmoid "
    "softplus mish maxpool avgpool conv conv_transpose linear".split()
)
"""What a dropout's change of variance passes through."""


class BiasBeforeNorm(Advice):
    """A bias stands before a batch norm, which takes it away again.

    Batch norm subtracts the mean of each channel, and with it whatever a bias has added; what the bias
    was for, the norm's own shift does. So the bias costs numbers and an addition, gets no gradient and
    changes nothing. A checkpoint that was trained with it still needs it: then allow this.

    Source: Ioffe and Szegedy, "Batch normalization", 2015, section 3.2.
    """

    code: ClassVar[str] = "A101"
    message: ClassVar[str] = "the bias of `{layer}` changes nothing: `{norm}` behind it subtracts the mean"
    layer: str
    norm: str


class DropoutBeforeNorm(Advice):
    """A dropout stands before a batch norm.

    Dropout changes the variance of what passes while training and not afterwards. The norm measures
    the variance of training and divides by it ever after, when it is no longer true. Put dropout behind
    the last batch norm, or leave it out. Wide channels soften the effect, as in Wide ResNets.

    Source: Li, Chen, Hu and Yang, "Understanding the disharmony between dropout and batch normalization
    by variance shift", CVPR 2019.
    """

    code: ClassVar[str] = "A102"
    message: ClassVar[str] = "`{norm}` measures a variance that `{layer}` changes only while training"
    layer: str
    norm: str


class NormOfOneCell(Advice):
    """A batch norm reads a map of a single cell.

    Its mean and variance are then those of the few numbers that a batch has for a channel, one for each
    sample: noisy for small batches, and for a batch of one there is no variance, so that PyTorch raises
    in training. Norms of the sample itself (`layernorm`, `groupnorm`) do not depend on the batch.

    Source: Wu and He, "Group normalization", 2018, section 1.
    """

    code: ClassVar[str] = "A103"
    message: ClassVar[str] = "`{layer}` has one number a sample for each channel: its map is {shape}"
    layer: str
    shape: str


class NormTwice(Advice):
    """A norm directly follows a norm of the same kind.

    The second brings to mean 0 and variance 1 what the first has scaled and shifted, so the scale and
    shift that the first has learned are lost, and what the first does, the second does again.
    """

    code: ClassVar[str] = "A104"
    message: ClassVar[str] = "`{layer}` undoes the scale and shift of `{first}` directly before it"
    layer: str
    first: str


class FrozenNormMoves(Advice):
    """A batch norm is frozen, and goes on counting all the same.

    `freeze` keeps what is learned, the scale and the shift. The running mean and variance are not
    learned but measured, and go on following each batch while training, so a frozen part slowly comes
    to give other numbers. Detectors keep them as fixed numbers: `batchnorm(frozen = true)`; others
    call `eval()` on the frozen part.

    Source: He, Girshick and Dollár, "Rethinking ImageNet pre-training", 2019, section 3.1, on fine-tuning
    with batch norms that are kept fixed.
    """

    code: ClassVar[str] = "A105"
    message: ClassVar[str] = "`{layer}` is frozen, but its mean and variance still follow the training data"
    layer: str


def _takes_mean_away(op: Any, x: Shape) -> bool:
    """Whether a norm subtracts the mean of each channel by itself."""
    if op.name == "batchnorm":
        return not op.frozen
    return bool(op.groups == x[0] and prod(x[1:]) > 1)


@on("batchnorm", "groupnorm", when=_takes_mean_away)
def bias_before_norm(look: Look, norm: Node) -> None:
    layer = look.before(norm)
    if layer is None or layer.op.name not in _LINEAR or layer.first is not None:
        return
    op: Any = layer.op
    if not op.bias or (op.name == "linear" and len(layer.inputs[0].shape or ()) > 1):
        return
    look.say(
        BiasBeforeNorm,
        layer,
        lambda: {
            "layer": layer.path,
            "norm": norm.op.name,
            "here": f"its bias has {numbers(op.out)}",
            "labels": (Label(norm.span, "the mean is subtracted here"),) * (norm.span != layer.span),
            "hints": pasted(layer, bias="false"),
        },
    )


@on("dropout", when=lambda op, x: op.p > 0)
def dropout_before_norm(look: Look, dropout: Node) -> None:
    norm = look.on(dropout, _POINTWISE)
    if norm is None or norm.op.name != "batchnorm" or norm.op.frozen:  # type: ignore[attr-defined]
        return
    look.say(
        DropoutBeforeNorm,
        dropout,
        lambda: {
            "layer": dropout.path,
            "norm": norm.path,
            "labels": (Label(norm.span, "the variance is measured here"),),
        },
    )


@on("batchnorm", when=lambda op, x: not op.frozen and len(x) > 1 and prod(x[1:]) == 1)
def norm_of_one_cell(look: Look, norm: Node) -> None:
    look.say(
        NormOfOneCell,
        norm,
        lambda: {
            "layer": norm.path,
            "shape": show(norm.shapes[0]),
            "labels": (Label(norm.inputs[0].node.span, f"{show(norm.shapes[0])} comes from here"),),
        },
    )


@on("batchnorm", "layernorm", "groupnorm")
def norm_twice(look: Look, norm: Node) -> None:
    first = look.before(norm)
    if first is None or first.op.name != norm.op.name:
        return
    if any(getattr(first.op, name, None) != getattr(norm.op, name, None) for name in ("axes", "groups")):
        return
    look.say(
        NormTwice,
        norm,
        lambda: {
            "layer": norm.path,
            "first": first.path,
            "labels": (Label(first.span, "already normalised here"),),
            "hints": ("take one of them out",),
        },
    )


@whole
def frozen_norm_moves(look: Look) -> None:
    for index in sorted(look.graph.frozen_nodes):
        node = look.nodes[index]
        if node.op.name == "batchnorm" and not getattr(node.op, "frozen", False):
            _say_moving(look, node)


def _say_moving(look: Look, norm: Node) -> None:
    look.say(FrozenNormMoves, norm, lambda: {"layer": norm.path, "hints": pasted(norm, frozen="true")})
