"""What a drawing by levels says: kinds of operators, channels, sizes, and what skips bring."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Node, Value
from archdsl.outputs.drawing.blocks.picture import spelt
from archdsl.outputs.drawing.blocks.words import about_layers, about_scope, operator
from archdsl.outputs.drawing.lettering import shortened
from archdsl.outputs.drawing.levels.units import Link, Unit
from archdsl.outputs.drawing.themes import SMALL
from archdsl.sizes import alike

_CHANNELS = re.compile(r", \d+(?=,|$)")


NAME = 90.0
"""Room for a name, in points; of longer ones the beginning is shown."""


def kind(node: Node) -> str:
    """What a layer does, whatever its channels: `3×3 conv`."""
    words = _CHANNELS.sub("", operator(node), count=1)
    return words.partition(" to ")[0] if node.op.family == "shape" else words


def kinds(nodes: Sequence[Node]) -> str:
    """The same of layers one after the other: `3×3 conv + relu`."""
    return " + ".join(map(kind, nodes))


def kind_of(unit: Unit) -> str:
    """The same of a unit; of a closed block, its name."""
    if unit.scope is not None:
        return shortened(unit.scope.definition or unit.scope.name, NAME, SMALL)
    return kinds(unit.nodes)


def short_kind(unit: Unit) -> str:
    """As much of it as stands over an arrow: the kernel of a convolution, else the operator's name."""
    first = kind(unit.head)
    if unit.scope is not None:
        return kind_of(unit)
    if unit.head.op.is_weight_layer and "×" in first:
        return first.split(" ")[0]
    return first.partition(",")[0]


def inside(unit: Unit) -> str:
    """What a closed block is made of: `3×3 conv, 3×3 conv, add`."""
    return ", ".join(kind(node) for node in unit.nodes if node.op.family in ("learned", "pool", "merge"))


def key_of(unit: Unit) -> str:
    """The path of a unit."""
    return unit.scope.path if unit.scope is not None else unit.head.path


def about(units: Sequence[Unit], checked: Checked) -> str:
    """What a pointer over units shows."""
    return "; ".join(
        about_scope(unit.scope, checked.graph.nodes, checked)
        if unit.scope
        else about_layers(unit.nodes, checked)
        for unit in units
    )


def channels(value: Value) -> str:
    """`64`; with an open size, its expression."""
    return spelt(str(written_shape(value)[0]))


def resolution(value: Value) -> str:
    """`572²`, or `360 × 480`; empty where there are no axes but the channels."""
    axes = [spelt(str(size)) for size in written_shape(value)[1:]]
    powers = {2: "²", 3: "³"}
    if len(set(axes)) == 1 and len(axes) in powers and axes[0].isalnum():
        return axes[0] + powers[len(axes)]
    return " × ".join(f"({axis})" if " " in axis and len(axes) > 1 else axis for axis in axes)


def brought(link: Link) -> tuple[str, ...]:
    """What a link brings to its end, the fullest wording first."""
    if link.indices:
        return "pooling indices", "indices"
    if link.tail.dips == link.head.dips:
        return short_kind(link.head), ""
    width = channels(link.end)
    others = [operator(node) for node in link.via if node.op.name != "crop"]
    crop = [f"crop to {resolution(link.end)}"] if crops(link) else []
    if others:
        return ", ".join((*others, *crop)), ", ".join(others)
    if crop:
        return f"{width} channels, {crop[0]}", f"{width}, {crop[0]}", width
    return f"{width} channels", width


def crops(link: Link) -> bool:
    """Whether a map is cut down on its way: a crop to the size that it has does not count."""
    return any(
        node.op.name == "crop" and not alike(node.open_shapes[0][1:], written_shape(node.outputs[0])[1:])
        for node in link.via
    )
