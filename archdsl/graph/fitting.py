"""What an `init` can fill: the parameters that it names, by a scheme that is for such parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archdsl.graph.model import Node, Start
from archdsl.ops.contract import Weight


class Unfit(NamedTuple):
    """Why a line can fill nothing, or not by its scheme, and what to write instead."""

    why: str
    hint: str
    by_scheme: bool
    """Whether it is the scheme that does not fit."""


def unfit(start: Start, nodes: Sequence[Node]) -> Unfit | None:
    """What is wrong with a start of these layers' weights, if anything is.

    An operator that the net does not have is no mistake: a variant may do without it.
    """
    meant = [node for node in nodes if start.means(node)]
    filled = [(node, weight) for node in meant if (weight := start.fills(node))]
    if not filled:
        return None if start.is_operator and not meant else _nothing(start, meant)
    return next((found for each in filled if (found := _refuses(start, *each))), None)


def _nothing(start: Start, meant: Sequence[Node]) -> Unfit:
    """That none of the layers has the parameter, and why."""
    kept = {weight for node in meant for weight in node.op.weights(*node.shapes)}
    if any(weight.is_parameter for weight in kept):
        why = f"`{start.target}` has no `{start.parameter or 'weight'}`"
    elif any(weight.name == "weight" for weight in kept):
        why = f"`{start.target}` is frozen: its numbers come with a checkpoint"
    else:
        why = f"nothing in `{start.target}` has weights" if not meant else f"`{start.target}` has no weights"
    return Unfit(why, "leave the line out", False)


def _refuses(start: Start, node: Node, weight: Weight) -> Unfit | None:
    """Whether a scheme is for other weights than this one."""
    name = node.path
    if start.scheme in ("he", "glorot", "orthogonal") and weight.role != "weight":
        why = f"`{start.scheme}` is for kernels and matrices, and the {weight.role} of `{name}` is neither"
        return Unfit(why, "`constant(1)`" if weight.role == "scale" else "`constant(0)`", True)
    if start.scheme == "bilinear" and (node.op.name != "conv_transpose" or weight.role != "weight"):
        what = f"`{name}` is a `{node.op.name}`" if weight.role == "weight" else f"this is a {weight.role}"
        hint = {"weight": "`he`", "scale": "`constant(1)`"}.get(weight.role, "`constant(0)`")
        return Unfit(f"`bilinear` is for the kernels of a transposed convolution, and {what}", hint, True)
    return None
