"""Advice on branches and groups: what never meets, what is the same twice, what nobody reads."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import Any, ClassVar, NamedTuple

from archdsl.check.advice.look import (
    CHANNELWISE,
    FARTHEST,
    Look,
    literal,
    on,
    pasted,
    whole,
)
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.ops.contract import Op
from archdsl.sizes import Shape


class GroupsNeverMeet(Advice):
    """Convolutions in groups follow each other, and nothing between lets the groups meet.

    Each output then depends on its own group of channels alone, as if there were several thin networks
    side by side. A `shuffle` between them, or a convolution without groups, lets them exchange what they
    have found. AlexNet kept its halves apart so that each fitted on a card.

    Source: Zhang, Zhou, Lin and Sun, "ShuffleNet", CVPR 2018, section 3.1.
    """

    code: ClassVar[str] = "A601"
    message: ClassVar[str] = "`{first}` and `{layer}` keep {groups} groups of channels apart"
    first: str
    layer: str
    groups: int


class DepthwiseAlone(Advice):
    """No layer combines the channels that a depthwise convolution has filtered.

    With as many groups as channels, each channel is filtered by itself. It replaces a convolution only
    together with a pointwise one (`conv(c, 1)`) behind it.

    Source: Howard et al., "MobileNets", 2017, section 3.1; Chollet, "Xception", CVPR 2017.
    """

    code: ClassVar[str] = "A602"
    message: ClassVar[str] = "`{layer}` filters each channel by itself, and {what} combines them"
    layer: str
    what: str


class IdenticalBranches(Advice):
    """Two branches of a merge are the same layers on the same input.

    Without weights they give the same numbers twice. With one weight layer each, a single layer does the
    same: with as many channels as both together for `concat`, with as many as one for a sum.
    """

    code: ClassVar[str] = "A603"
    message: ClassVar[str] = "{count} branches of `{merge}` are alike: {why}"
    count: int
    merge: str
    why: str


class MergeOfOne(Advice):
    """A concatenation has a single input, which it passes on as it is.

    Often a line that was to be a branch stands outside the braces, or a list of branches has one item.
    """

    code: ClassVar[str] = "A604"
    message: ClassVar[str] = "`{layer}` joins one tensor with nothing"
    layer: str


class OutputUnread(Advice):
    """One of several tensors that a layer gives is never used.

    Parts of a split that nothing reads were computed for nothing, and the positions of a pooling take
    eight bytes each. Use them, or do not ask for them.
    """

    code: ClassVar[str] = "A605"
    message: ClassVar[str] = "nothing reads {what} of `{layer}`"
    layer: str
    what: str


class DoesNothing(Advice):
    """A layer gives what it gets, whatever that is.

    Dropping nothing, adding no cell, a shape that is there already: the line says something that does
    not happen.
    """

    code: ClassVar[str] = "A606"
    message: ClassVar[str] = "`{layer}` does nothing: {why}"
    layer: str
    why: str


# --- groups -----------------------------------------------------------------------------------------


def _is_depthwise(op: Any, x: Shape) -> bool:
    return bool(op.groups > 1 and op.groups == x[0])


@on("conv", when=lambda op, x: op.groups > 1 and not _is_depthwise(op, x))
def groups_never_meet(look: Look, layer: Node) -> None:
    first = look.back(layer, CHANNELWISE)
    if first is None or first.op.name != "conv" or _is_depthwise(first.op, first.shapes[0]):
        return
    one: Any = first.op
    two: Any = layer.op
    groups = gcd(one.groups, two.groups)
    if groups == 1:
        return
    look.say(
        GroupsNeverMeet,
        layer,
        lambda: {
            "first": first.path,
            "layer": layer.path,
            "groups": groups,
            "labels": (Label(first.span, "in groups"),) * (first.span != layer.span),
            "here": "in groups again",
            "hints": (f"`shuffle({groups}) ->` before it",),
        },
    )


@on("conv", when=_is_depthwise)
def depthwise_alone(look: Look, layer: Node) -> None:
    node, following = layer, look.after(layer)
    for _ in range(FARTHEST):
        if following is None or following.op.name not in CHANNELWISE:
            break
        node, following = following, look.after(following)
    again = following is not None and following.op.name == "conv" and _again(layer, following)
    if not again and (following is not None or look.readers(node) > 1):
        return
    end = following or node
    look.say(
        DepthwiseAlone,
        layer,
        lambda: {
            "layer": layer.path,
            "what": f"no layer before `{end.path}`" if again else "nothing behind it",
            "labels": (Label(end.span, "each channel by itself again"),) * (again and end.span != layer.span),
            "hints": (f"`-> conv({(layer.outputs[0].shape or (0,))[0]}, 1)` behind it",),
        },
    )


def _again(layer: Node, following: Node) -> bool:
    """Whether a depthwise convolution follows that looks along the same axes: no row behind a column."""
    if not _is_depthwise(following.op, following.shapes[0]):
        return False
    pairs = zip(_kernels(layer), _kernels(following), strict=True)
    return any(one > 1 and two > 1 for one, two in pairs)


def _kernels(node: Node) -> Iterable[int]:
    return [window.kernel for window in node.op.window(node.shapes[0]) or ()]


# --- branches ---------------------------------------------------------------------------------------


class Branch(NamedTuple):
    """The layers from a merge back to where its branches part, last one first, and the value there."""

    ops: tuple[Op, ...]
    source: tuple[int, int]
    weighs: int
    """How many of them have weights that multiply."""
    plain: bool
    """Whether nothing stands behind the weight layer that a wider one would not do as well."""
    last: Node


@on("concat", "add", "mul")
def identical_branches(look: Look, merge: Node) -> None:
    if len(merge.inputs) < 2:
        return
    makers = [value.node.op for value in merge.inputs]
    if len(set(map(id, makers))) == len(makers):
        return  # unlike each other at once
    alike: dict[tuple[tuple[int, ...], tuple[int, int]], list[Branch]] = {}
    for position in range(len(merge.inputs)):
        branch = _branch(look, merge, position)
        if branch is not None:
            alike.setdefault((tuple(map(id, branch.ops)), branch.source), []).append(branch)
    for branches in alike.values():
        why = _why(merge, branches[0])
        if len(branches) > 1 and why:
            _say_alike(look, merge, branches, why)


def _say_alike(look: Look, merge: Node, branches: list[Branch], why: str) -> None:
    spans = dict.fromkeys(each.last.span for each in branches if each.last.span != merge.span)
    look.say(
        IdenticalBranches,
        merge,
        lambda: {
            "count": len(branches),
            "merge": merge.path,
            "why": why,
            "labels": tuple(Label(span, "alike") for span in [*spans][:4]),
        },
    )


def _branch(look: Look, merge: Node, position: int) -> Branch | None:
    """One branch; None where it has more branches within, or is too long to follow."""
    value = merge.inputs[position]
    ops: list[Op] = []
    weighs, plain = 0, True
    last = value.node
    for _ in range(FARTHEST):
        node = value.node
        if look.readers(node) > 1 or not node.inputs or len(node.outputs) > 1:
            return Branch(tuple(ops), (node.index, value.port), weighs, plain, last)
        if len(node.inputs) > 1 or node.first is not None:
            return None
        ops.append(node.op)
        weighs += node.op.is_weight_layer
        plain = plain and (node.op.name in CHANNELWISE or node.op.is_weight_layer)
        value = node.inputs[0]
    return None


def _why(merge: Node, branch: Branch) -> str:
    """What makes one of two such branches needless; nothing, if nothing does."""
    if any(op.name == "dropout" for op in branch.ops):
        return ""
    if branch.weighs == 0:
        learns = any(op.name in ("batchnorm", "layernorm", "groupnorm", "prelu") for op in branch.ops)
        return "" if learns or merge.op.name != "concat" else "they give the same numbers"
    if branch.weighs > 1 or not branch.plain:
        return ""
    if merge.op.name == "concat" and getattr(merge.op, "axis", 0) == 0:
        return "one layer with the channels of all does the same"
    linear = all(op.is_weight_layer for op in branch.ops)
    return "the sum of two convolutions is one convolution" if merge.op.name == "add" and linear else ""


@on("concat")
def merge_of_one(look: Look, merge: Node) -> None:
    if len(merge.inputs) == 1:
        look.say(MergeOfOne, merge, lambda: {"layer": merge.path, "hints": ("take it out",)})


# --- what nobody needs ------------------------------------------------------------------------------


@whole
def output_unread(look: Look) -> None:
    several = [node for node in look.nodes if len(node.outputs) > 1 and node.op.name in ("split", "maxpool")]
    if not several:
        return
    graph = look.graph
    read = {(value.node.index, value.port) for node in look.nodes for value in node.inputs}
    for outputs in (graph.outputs, graph.training_outputs):
        read |= {(value.node.index, value.port) for value in outputs.values()}
    for node in several:
        unread = [port for port in range(len(node.outputs)) if (node.index, port) not in read]
        if 0 < len(unread) < len(node.outputs):
            _say_unread(look, node, unread)


def _say_unread(look: Look, node: Node, unread: list[int]) -> None:
    parts = "part" if len(unread) == 1 else "parts"
    named = node.op.name == "maxpool"
    look.say(
        OutputUnread,
        node,
        lambda: {
            "layer": node.path,
            "what": "the indices" if named else f"{parts} {', '.join(map(str, unread))}",
            "hints": pasted(node, indices="false") if named else (),
        },
    )


_IDLE = {
    "dropout": ("p", (0,), "it drops nothing"),
    "shuffle": ("groups", (1,), "one group stays in its order"),
    "pad": ("sides", (0,), "no cell is added"),
    "upsample": ("scale", (1,), "the map is as large already"),
}
"""An argument, its values for which a layer does nothing, and why."""


@on(*_IDLE, "reshape", "flatten")
def does_nothing(look: Look, layer: Node) -> None:
    name, values, why = _IDLE.get(layer.op.name, ("", (), ""))
    if name:
        if getattr(layer.op, name, None) not in values or not literal(layer, name):
            return
    elif layer.shapes[0] == layer.outputs[0].shape:
        why = "it reads that shape already"
    else:
        return
    look.say(DoesNothing, layer, lambda: {"layer": layer.path, "why": why, "hints": ("take it out",)})
