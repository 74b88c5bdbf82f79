"""Shared modules: one module of one scope, applied in several places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.diagnostics import Label
from archdsl.graph.build import Namer, Place
from archdsl.graph.errors import (
    SharedDiffers,
)
from archdsl.graph.model import Node, Scope
from archdsl.graph.values import (
    Flow,
    NotationLayer,
    SharedLayer,
)
from archdsl.sizes import show
from archdsl.source import Span

if TYPE_CHECKING:
    from archdsl.graph.expand import Expander


def run_shared(expander: Expander, shared: SharedLayer, x: Flow, place: Place) -> Flow:
    """One module of the scope that declared it, wherever it is applied."""
    home = Place(shared.scope, Namer(numbered=False), place.trace, place.depth, place.copies)
    layer, use = shared.layer, expander.element
    if isinstance(layer, NotationLayer):
        layer = expander.unfolded(layer, x, place)
    nodes, scopes = expander.builder.nodes, expander.builder.scopes
    start, opened = len(nodes), len(scopes)
    result = expander.edited(shared.name, x, home, lambda x: expander.put(layer, x, home, shared.name))
    if shared.first is None:
        shared.first, shared.used = (nodes[start:], scopes[opened:]), use
    else:
        _join(expander, shared, (nodes[start:], scopes[opened:]), place, use)
    return result


def _join(
    expander: Expander, shared: SharedLayer, made: tuple[list[Node], list[Scope]], place: Place, use: Span
) -> None:
    """Join a further use to the first, refusing it where the weights would differ."""
    assert shared.first is not None
    for other, mine in zip(shared.first[1], made[1], strict=False):
        mine.first = other.first or other
    for index, (old, new) in enumerate(zip(shared.first[0], made[0], strict=False)):
        new.first = old.first or old
        if any(value.shape is None for node in (old, new) for value in (*node.inputs, *node.outputs)):
            return
        was, now = (node.op.weights(*node.shapes) for node in (old, new))
        if was != now or old.op.name != new.op.name:
            a, b = (next((w for w in x if w not in y), None) for x, y in ((was, now), (now, was)))
            first, second = (f"{w.name} {show(w.shape)}" if w else "other layers" for w in (a, b))
            error = _differing(shared, first, second, place, use)
            return expander.builder.refuse(made[0][index:], error, f"needs {second}, has {first}")
    first, second = (f"{len(nodes)} layer{'s' * (len(nodes) != 1)}" for nodes in (shared.first[0], made[0]))
    if first != second:
        expander.fail(_differing(shared, first, second, place, use))


def _differing(shared: SharedLayer, first: str, second: str, place: Place, use: Span) -> SharedDiffers:
    labels = (Label(shared.used, "its first use"),) if shared.used else ()
    return SharedDiffers(
        at=use, name=shared.name, first=first, second=second, labels=labels, trace=place.trace
    )
