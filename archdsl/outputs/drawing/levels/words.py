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
    if node.op.family == "shape":
        return words.partition(" to ")[0]
    dilation = getattr(node.op, "dilation", 1)
    return words if dilation in (1, None) or "dilation" in words else f"{words}, dilation {dilation}"


def kinds(nodes: Sequence[Node]) -> str:
    """The same of layers one after the other: `3×3 conv + relu`."""
    return " + ".join(map(kind, nodes))


def kind_of(unit: Unit) -> str:
    """The same of a unit; of a closed block, its name."""
    if unit.scope is not None:
        return shortened(unit.scope.definition or unit.scope.name, NAME, SMALL)
    return kinds(unit.nodes)


def short_kind(unit: Unit) -> str:
    """The same of what it begins with, where a kernel tells a convolution: `3×3`, `3×3 depthwise`."""
    if unit.scope is not None:
        return kind_of(unit)
    first = kind(unit.head)
    return first.replace(" conv", "", 1) if "×" in first.partition(" ")[0] else first


def over_arrow(unit: Unit, usual: Sequence[str]) -> str:
    """What stands over the arrow to a unit, as the legend tells the usual kinds: nothing for one of those.

    `+ dropout` where it has more than a usual one, `3×3 only` where it has nothing behind its layer and a
    usual one has, else all of it: `1×1 + softmax`.
    """
    own = kind_of(unit)
    if own in usual:
        return ""
    if unit.scope is not None or (more := beyond(own, usual)) == own:
        words = " + ".join((short_kind(unit), *map(kind, unit.nodes[1:]))) if unit.scope is None else own
        return f"{words} only" if any(each.startswith(f"{own} + ") for each in usual) else words
    return more


def beyond(own: str, told: Sequence[str]) -> str:
    """Of a kind, what it has more than one that is told already, or else all of it."""
    longest = max((each for each in told if own.startswith(f"{each} + ")), key=len, default="")
    return own[len(longest) :].strip()


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
        return over_arrow(link.head, ()), ""
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
