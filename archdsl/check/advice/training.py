"""Advice on what is said of training: dropout, losses, and what is frozen."""

from __future__ import annotations

from typing import ClassVar

from archdsl.check.advice.look import Look, on, share, whole
from archdsl.diagnostics import Advice
from archdsl.graph.model import Node

_VIEWS = frozenset(("identity", "flatten", "reshape", "rearrange", "softmax", "log_softmax", "sigmoid"))

MOST_DROPPED = 0.8


class DropoutBeforeOutput(Advice):
    """A dropout stands at the very end, on the answers themselves.

    Answers that are put to zero at random are wrong answers, and the loss cannot be made small by getting
    them right. Dropout belongs on what the last layer reads.

    Source: Srivastava et al., "Dropout", 2014, section 4, which drops inputs and hidden units only.
    """

    code: ClassVar[str] = "A701"
    message: ClassVar[str] = "`{layer}` puts answers of the output `{output}` to zero"
    layer: str
    output: str


class MostDropped(Advice):
    """A dropout leaves little.

    The argument is the share that is dropped, as in PyTorch, not the share that is kept, as in the paper and
    in older TensorFlow. The paper finds errors flat where 40 to 80 % are kept, and rising below.

    Source: Srivastava et al., "Dropout", 2014, section 7.3.
    """

    code: ClassVar[str] = "A702"
    message: ClassVar[str] = "`{layer}` drops {part} of what it reads"
    layer: str
    part: str


class OutputWithoutLoss(Advice):
    """An output exists only for training, and no loss reads it.

    The net has losses, and this output is in none of them, so what computes it never learns.
    """

    code: ClassVar[str] = "A703"
    message: ClassVar[str] = "the training output `{name}` is in no loss"
    name: str


class NothingLearns(Advice):
    """A net has losses, and all its parameters are frozen.

    Training would change nothing. `unfreeze` what is to learn.
    """

    code: ClassVar[str] = "A704"
    message: ClassVar[str] = "net {net} has losses, and all its {params} parameters are frozen"
    net: str
    params: str


@whole
def dropout_before_output(look: Look) -> None:
    for name, value in look.graph.outputs.items():
        node = value.node
        while node.op.name in _VIEWS:
            node = node.inputs[0].node
        if node.op.name == "dropout" and node.op.p > 0:  # type: ignore[attr-defined]
            _say_dropped(look, node, name)


def _say_dropped(look: Look, node: Node, name: str) -> None:
    look.say(
        DropoutBeforeOutput,
        node,
        lambda: {"layer": node.path, "output": name, "hints": ("before the last layer with weights",)},
    )


@on("dropout", when=lambda op, x: op.p > MOST_DROPPED)
def most_dropped(look: Look, dropout: Node) -> None:
    percent = round(100 * dropout.op.p)  # type: ignore[attr-defined]
    look.say(
        MostDropped,
        dropout,
        lambda: {
            "layer": dropout.path,
            "part": share(percent, 100),
            "hints": (f"`dropout({1 - percent / 100:g})`, if {percent} % are to be kept",),
        },
    )


@whole
def output_without_loss(look: Look) -> None:
    graph = look.graph
    if not graph.losses:
        return
    read = {name for loss in graph.losses for name in loss.outputs}
    for name, value in graph.training_outputs.items():
        if name not in read:
            _say_without_loss(look, value.node, name)


def _say_without_loss(look: Look, node: Node, name: str) -> None:
    look.say(
        OutputWithoutLoss, node, lambda: {"name": name, "hints": (f"`loss …: cross_entropy({name}, …)`",)}
    )


@whole
def nothing_learns(look: Look) -> None:
    metrics, graph = look.checked.metrics, look.graph
    if graph.losses and metrics.params and not metrics.trainable_params:
        look.say_at(
            NothingLearns,
            graph.net.name.span,
            lambda: {"net": graph.name, "params": f"{metrics.params:,}", "hints": ("`unfreeze …`",)},
        )
