"""Advice on scores: what stands before a softmax or a loss, and what they do already."""

from __future__ import annotations

from typing import ClassVar

from archdsl.check.advice.look import Look, on, whole
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Loss, Node
from archdsl.ops.axes import from_front
from archdsl.source import Span
from archdsl.syntax import tree

_RECTIFIERS = ("relu", "relu6")
_VIEWS = frozenset(("identity", "dropout", "flatten", "reshape", "rearrange"))


class SoftmaxBeforeLoss(Advice):
    """A softmax, or a sigmoid, stands before a loss that applies it itself.

    `cross_entropy` takes scores, as they come from the last layer, and does softmax and logarithm in one
    stable step; `binary_cross_entropy` the same with a sigmoid. Applied twice, probabilities are squeezed
    into a narrow range: the loss never comes near zero, and gradients vanish where they matter.

    Source: Goodfellow, Bengio and Courville, "Deep learning", 2016, section 6.2.2; the documentation of
    PyTorch's `CrossEntropyLoss`, which expects unnormalised scores.
    """

    code: ClassVar[str] = "A204"
    message: ClassVar[str] = "the loss `{loss}` does what `{layer}` has done: {function} takes plain scores"
    loss: str
    layer: str
    function: str


class SoftmaxOfOne(Advice):
    """A softmax is taken over an axis of size 1.

    A single number divided by itself is 1, whatever it was. For one number, use `sigmoid`; for
    several, say along which `axis`.
    """

    code: ClassVar[str] = "A205"
    message: ClassVar[str] = "`{layer}` always gives {gives}: its axis has size 1"
    layer: str
    gives: str


class RectifiedScores(Advice):
    """A rectifier stands directly before a softmax.

    All scores below zero become zero, so all those classes get the same probability, none below what
    a zero gets, and pass no gradient back. The scores of a softmax are plain sums.
    """

    code: ClassVar[str] = "A206"
    message: ClassVar[str] = "`{layer}` makes all negative scores equal before `{softmax}`"
    layer: str
    softmax: str


@on("softmax", "log_softmax")
def rectified_scores(look: Look, softmax: Node) -> None:
    layer = look.back(softmax, _VIEWS)
    if layer is None or layer.op.name not in _RECTIFIERS:
        return
    look.say(
        RectifiedScores,
        layer,
        lambda: {
            "layer": layer.path,
            "softmax": softmax.op.name,
            "labels": (Label(softmax.span, "these are its scores"),),
            "hints": ("take it out",),
        },
    )


@on("softmax", "log_softmax", when=lambda op, x: x[from_front(op.axis, x)] == 1)
def softmax_of_one(look: Look, softmax: Node) -> None:
    look.say(
        SoftmaxOfOne,
        softmax,
        lambda: {
            "layer": softmax.path,
            "gives": "1" if softmax.op.name == "softmax" else "0",
            "hints": ("`sigmoid`",) if softmax.op.name == "softmax" else (),
        },
    )


_TAKES_SCORES = {
    "cross_entropy": ("softmax", "log_softmax", "sigmoid"),
    "binary_cross_entropy": ("sigmoid", "softmax"),
    "rpn_objectness": ("softmax", "log_softmax", "sigmoid"),
    "roi_classes": ("softmax", "log_softmax"),
}
"""Losses, and what they do to their scores themselves."""


@whole
def softmax_before_loss(look: Look) -> None:
    outputs = {**look.graph.outputs, **look.graph.training_outputs}
    for loss in look.graph.losses:
        node = outputs[loss.outputs[0]].node
        while node.op.name in _VIEWS:
            node = node.inputs[0].node
        if node.op.name in _TAKES_SCORES.get(loss.function, ()):
            _say_softmax(look, node, loss)


def _say_softmax(look: Look, node: Node, loss: Loss) -> None:
    look.say(
        SoftmaxBeforeLoss,
        node,
        lambda: {
            "loss": loss.name,
            "layer": node.path,
            "function": loss.function,
            "labels": _loss_line(look, loss.name),
            "hints": ("take it out",),
        },
    )


def _loss_line(look: Look, name: str) -> tuple[Label, ...]:
    """Where a loss is written, if that is in the net itself."""
    spans: list[Span] = [
        item.span
        for item in look.graph.net.body.items
        if isinstance(item, tree.Loss) and item.name.name == name
    ]
    return tuple(Label(span, "this takes scores") for span in spans[-1:])
