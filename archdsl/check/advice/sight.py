"""Advice on receptive fields: what the last cells see of the input, and how soon they see all of it."""

from __future__ import annotations

from math import inf, prod
from typing import ClassVar

from archdsl.check.advice.look import Look, whole
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.sizes import show

SHALLOWEST = 3
"""Networks with fewer weight layers on their way are sums on paper, and are left alone."""

MOST_CHANNELS = 4
"""An input with more is no picture, but what another network has seen."""

FEWEST_BEYOND = 3
"""So many convolutions have to be of no use to a receptive field."""

_READ_CELL_BY_CELL = frozenset(
    "identity dropout relu relu6 leaky_relu sigmoid tanh softmax log_softmax batchnorm rearrange reshape "
    "flatten upsample crop".split()
)


class FieldShort(Advice):
    """The cells of the last map see less than half of the input.

    What is decided at each cell, or averaged over all of them, then rests on small pieces: nothing that is
    larger than the receptive field can be told from its parts, and what lies near its border hardly counts
    even so. Strides, poolings or dilations early on make it grow faster than more layers do.
    U-Net lives with it, and cuts its images into tiles.

    Source: Luo, Li, Urtasun and Zemel, "Understanding the effective receptive field in deep convolutional
    neural networks", NIPS 2016; Brendel and Bethge, "Approximating CNNs with bag-of-local-features
    models", ICLR 2019, for what small fields cost.
    """

    code: ClassVar[str] = "A401"
    message: ClassVar[str] = "each cell of the last map, `{layer}`, sees {field} of {size}"
    layer: str
    field: str
    size: str


class FieldBeyond(Advice):
    """Several convolutions come after the receptive field has covered the whole input.

    Every cell already sees all of the input, on every way through the network, so these layers put no new
    context together; in classifiers they were found to add little, and probes behind them show no gain.
    A larger input, or a stride less in front, lets them work; or leave some of them out. Shortcuts
    and small branches count as ways, so that residual networks are seldom concerned.

    Source: Richter, Schöning, Wiedenroth and Krumnack, "Should you go deeper? Optimizing convolutional
    neural network architectures without training", ICMLA 2021.
    """

    code: ClassVar[str] = "A402"
    message: ClassVar[str] = "from `{layer}` on, {count} convolutions widen nothing: cells see all of {size}"
    layer: str
    count: int
    size: str


@whole
def field_short(look: Look) -> None:
    last = _last_map(look)
    if last is None or look.checked.metrics.depth < SHALLOWEST:
        return
    source = _source(look)
    if source is None or source.index == last.index:
        return
    size = (source.outputs[0].shape or ())[1:]
    field = look.layer(last).receptive_field
    if len(field) != len(size) or not any(2 * seen < n for seen, n in zip(field, size, strict=True)):
        return
    look.say(
        FieldShort,
        last,
        lambda: {
            "layer": last.path,
            "field": show(field),
            "size": show(size),
            "labels": (Label(source.span, f"{show(size)} comes in here"),),
        },
    )


def _source(look: Look) -> Node | None:
    """The only input with spatial axes, if it is a picture whose size is given: of others nothing is said."""
    maps = [value for value in look.graph.inputs.values() if len(value.shape or ()) > 1]
    if len(maps) != 1 or (maps[0].shape or ())[0] > MOST_CHANNELS or maps[0].open is not None:
        return None
    return maps[0].node


def _last_map(look: Look) -> Node | None:
    """The map that the first output shows, or is an average of; None where layers read it as a whole."""
    node = next(iter(look.graph.outputs.values())).node
    for _ in range(len(look.nodes)):
        if len(node.inputs) != 1:
            break
        if look.layer(node).stride and node.op.name not in _READ_CELL_BY_CELL:
            break
        pools = node.op.family == "pool" and not look.layer(node).stride
        linear = node.op.name == "linear" and not look.layer(node).stride
        if not pools and not linear and node.op.name not in _READ_CELL_BY_CELL:
            return None
        before = node.inputs[0].node
        if node.op.name == "flatten" and prod((before.outputs[0].shape or ())[1:]) > 1 and _feeds(look, node):
            return None
        node = before
    return node if look.layer(node).stride else None


def _feeds(look: Look, node: Node) -> bool:
    """Whether a weight layer reads what a layer gives, however far behind it."""
    behind = look.on(node, _READ_CELL_BY_CELL)
    return behind is not None and behind.op.is_weight_layer


# --- too much ---------------------------------------------------------------------------------------


@whole
def field_beyond(look: Look) -> None:
    source = _source(look)
    field = look.checked.receptive_field
    if source is None:
        return
    size = (source.outputs[0].shape or ())[1:]
    if len(field) != len(size) or any(seen < n for seen, n in zip(field, size, strict=True)):
        return
    beyond = _beyond(look, source, max(size))
    if len(beyond) < FEWEST_BEYOND:
        return
    first, last = beyond[0], beyond[-1]
    look.say(
        FieldBeyond,
        first,
        lambda: {
            "layer": first.path,
            "count": len(beyond),
            "size": show(size),
            "labels": (Label(last.span, "to here"),) * (last.span != first.span),
        },
    )


def _beyond(look: Look, source: Node, size: int) -> list[Node]:
    """The convolutions that read a map whose every cell sees that far on every way to it."""
    least: list[float] = [inf] * len(look.nodes)
    least[source.index] = 1
    found = []
    reach: dict[tuple[int, object], int] = {}
    for node in look.nodes:
        inputs = node.inputs
        if not inputs:
            continue
        before = inputs[0].node.index
        seen = least[before] if len(inputs) == 1 else min([least[value.node.index] for value in inputs])
        step = look.layers[before].stride
        key = (id(node.op), inputs[0].shape)
        extent = reach.get(key)
        if extent is None:
            extent = reach[key] = _extent(node)
        if extent > 1 and step:
            if seen >= size and node.op.name == "conv" and seen != inf:
                found.append(node)
            seen += (extent - 1) * float(min(step))
        least[node.index] = seen
    return found


def _extent(node: Node) -> int:
    """How far a layer looks along the axis on which it looks least far; not at all where it enlarges."""
    windows = node.op.window(*node.shapes) or ()
    return min((1 if window.transposed else window.extent for window in windows), default=1)
