"""Shared modules: one module of one scope, applied in several places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from archdsl.graph.expand import Expander


def run_shared(expander: Expander, shared: SharedLayer, x: Flow, place: Place) -> Flow:
    """One module of the scope that declared it, wherever it is applied."""
    namer = Namer(numbered=False)
    home = Place(shared.scope, namer, place.trace, place.depth, place.copies)
    start = len(expander.builder.nodes)
    layer = shared.layer
    if isinstance(layer, NotationLayer):
        layer = expander.unfolded(layer, x, place)
    nodes, scopes = expander.builder.nodes, expander.builder.scopes
    opened = len(scopes)
    result = expander.put(layer, x, home, shared.name)
    made = scopes[opened] if len(scopes) > opened else nodes[start]
    if shared.first is None:
        shared.first = made
    else:
        _same(expander, shared, shared.first, made, start, place)
    return result


def _same(
    expander: Expander, shared: SharedLayer, first: Node | Scope, made: Node | Scope, start: int, place: Place
) -> None:
    """Join a further use to the first, refusing it where the weights would differ."""
    nodes = expander.builder.nodes
    if isinstance(first, Node) or isinstance(made, Node):
        firsts = [first] if isinstance(first, Node) else []
    else:
        firsts = nodes[first.start : first.end]
        made.first = first
        ours = [s for s in expander.builder.scopes if s.start >= made.start and s is not made]
        theirs = [
            s
            for s in expander.builder.scopes
            if first.start <= s.start and s.end <= first.end and s is not first
        ]
        for mine, other in zip(ours, theirs, strict=False):
            mine.first = other
    again = nodes[start:]
    for old, new in zip(firsts, again, strict=False):
        new.first = old.first or old
        shapes = [tuple(v.shape for v in node.inputs) for node in (old, new)]
        if any(None in each for each in shapes):
            return
        was, now = (node.op.weights(*each) for node, each in zip((old, new), shapes, strict=True))  # type: ignore[arg-type]
        if was != now or old.op.name != new.op.name:
            a, b = (next((w for w in x if w not in y), None) for x, y in ((was, now), (now, was)))
            first_weights, second = (f"{w.name} {show(w.shape)}" if w else "other layers" for w in (a, b))
            expander.fail(
                SharedDiffers(
                    at=_use(new, place),
                    name=shared.name,
                    first=first_weights,
                    second=second,
                    labels=(Label(shared.span, "shared here"),),
                    trace=place.trace,
                )
            )
    if len(firsts) != len(again):
        expander.fail(
            SharedDiffers(
                at=shared.span,
                name=shared.name,
                first=f"{len(firsts)} layers",
                second=f"{len(again)} layers",
                trace=place.trace,
            )
        )


def _use(node: Node, place: Place) -> Any:
    source = node.inputs[0].node if node.inputs else node
    return place.trace.span if place.trace else source.span
