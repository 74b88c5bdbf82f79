"""What a layer is called in a box, and which layers have one."""

from __future__ import annotations

import re

from archdsl.check.model import Checked
from archdsl.graph.model import Node
from archdsl.outputs.drawing.blocks.picture import spelt

CROSS = re.compile(r"(?<=\d)x(?=\d)|(?<= )x(?=\d)")
"""The x of a size or a factor, `3x3` or `x2`, which is printed as ×."""


def label(node: Node, *, plain: bool = False) -> str:
    """`3×3 conv, 64, /2`, with its groups and its dilation; a plain one says nothing of strides."""
    op = node.op
    if plain and getattr(op, "stride", 1) != 1:
        arguments = {each.name: getattr(op, each.name) for each in op.args}
        op = type(op)(**{**arguments, "stride": 1})
    text = CROSS.sub("×", spelt(op.label(*node.open_shapes)))
    groups, dilation = getattr(op, "groups", 1), getattr(op, "dilation", 1)
    if groups != 1:
        each = node.shapes[0][0] == groups
        text = text.replace(" conv", " dw conv") if each else f"{text}, {groups} groups"
    if dilation not in (1, None):
        text += f", dilation {dilation}"
    return text


def short(text: str) -> str:
    """The same where a kernel tells a convolution anyway: `3×3, 64`."""
    return text.replace(" conv,", ",")


class Printed:
    """Which layers of a network have a box: those that a paper's table has."""

    def __init__(self, checked: Checked) -> None:
        self.strides = [layer.stride for layer in checked.layers]
        self.results = {value.node.index for value in checked.graph.outputs.values()}

    def __call__(self, node: Node) -> bool:
        """Learned layers, pools, fixed norms, what gives the result, and what joins or resizes maps."""
        family = node.op.family
        if node.training:
            return False
        if family == "norm":
            return not node.op.weights(*node.shapes)
        if family == "activation":
            return node.index in self.results
        if family == "merge":
            return len(node.inputs) > 1
        return family in ("learned", "pool", "boxes") or self._resizes(node)

    def _resizes(self, node: Node) -> bool:
        if node.op.family != "shape" or not node.inputs:
            return False
        after = self.strides[node.index]
        return bool(after) and after != self.strides[node.inputs[0].node.index]
