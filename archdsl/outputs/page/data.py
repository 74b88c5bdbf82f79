"""Networks as the data of a page: what its script shows, with every text safe to show.

Promises the same data for the same networks. Layers, scopes and items are numbered by their places in
their lists; what many share is told once, in tables, and referred to by number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archdsl.check.model import Checked, Layer, Metrics, Verdict, written_shape
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.style import clean
from archdsl.graph.model import Node, Scope, Value
from archdsl.outputs.fold import Chain, Group, Leaf, Repeat
from archdsl.outputs.page.tables import Tables, per_axis, shape_words, shown
from archdsl.outputs.page.tree import Copy, Item, items
from archdsl.outputs.summary import number
from archdsl.outputs.written import written
from archdsl.source import Source


def document(
    networks: Iterable[Checked], diagnostics: Iterable[Diagnostic] = (), sources: Iterable[Source] = ()
) -> dict[str, Any]:
    """All that a page shows: networks, what is said of them, and the texts they come from."""
    tables = Tables()
    for source in sources:
        tables.file(source)
    shown_networks = [_network(checked, tables) for checked in networks]
    return {
        "diagnostics": [_diagnostic(each, tables) for each in diagnostics],
        "networks": shown_networks,
        "files": tables.files,
        "places": tables.places,
        "ways": tables.ways,
        "calls": tables.calls,
    }


def _network(checked: Checked, tables: Tables) -> dict[str, Any]:
    graph = checked.graph
    # what a spec imports is read before the spec itself, which a reader wants to see first
    for file in reversed(graph.files):
        tables.file(file.source)
    scopes = {id(scope): index for index, scope in enumerate(graph.scopes)}
    return {
        "name": clean(checked.name),
        "about": shown(graph.doc.strip()),
        "place": tables.place(graph.root.span),
        "totals": _metrics(checked.metrics),
        "field": per_axis(checked.receptive_field),
        "stride": per_axis(checked.stride),
        "sizes": clean(graph.certificate.words) if graph.certificate else "",
        "layers": [
            _layer(node, layer, scopes[id(node.scope)], checked, tables)
            for node, layer in zip(graph.nodes, checked.layers, strict=True)
        ],
        "scopes": [_scope(scope, scopes, checked, tables) for scope in graph.scopes],
        "items": [_item(item, scopes) for item in items(graph)],
        "inputs": [value.node.index for value in graph.inputs.values()],
        "outputs": [
            {"name": clean(name), "from": _wire(value), "shape": _shape(value), "training": training}
            for values, training in ((graph.outputs, False), (graph.training_outputs, True))
            for name, value in values.items()
        ],
        "expectations": [_expectation(each, tables) for each in checked.verdicts],
    }


# -- layers and what is around them -----------------------------------------------------------------


def _layer(node: Node, layer: Layer, scope: int, checked: Checked, tables: Tables) -> dict[str, Any]:
    """A layer; what is nothing or no is left out."""
    found = {
        "name": clean(node.name),
        "scope": scope,
        "call": tables.call(node),
        "inputs": [_wire(value) for value in node.inputs],
        "params": layer.params,
        "macs": layer.macs,
        "activations": layer.activations,
        "field": per_axis(layer.receptive_field),
        "stride": per_axis(layer.stride),
        "place": tables.place(node.span),
        "way": tables.way(node.trace),
        "first": None if node.first is None else node.first.index,
        "training": node.training,
        "frozen": bool(layer.params) and node.index in checked.graph.frozen_nodes,
    }
    return {key: value for key, value in found.items() if key in _ALWAYS or value not in (None, False, "", 0)}


_ALWAYS = ("name", "scope", "call", "inputs", "place")


def _scope(scope: Scope, scopes: dict[int, int], checked: Checked, tables: Tables) -> dict[str, Any]:
    outputs = list(scope.outputs.values())
    return {
        "name": clean(scope.name),
        "around": -1 if scope.parent is None else scopes[id(scope.parent)],
        "kind": scope.kind,
        "definition": clean(scope.definition),
        "arguments": [[clean(name), clean(_argument(value))] for name, value in scope.arguments.items()],
        "outputs": [_shape(value) for value in outputs],
        "start": scope.start,
        "end": scope.end,
        "totals": _metrics(checked.part(scope.start, scope.end)),
        "place": tables.place(scope.span),
        "way": tables.way(scope.trace),
        "first": None if scope.first is None else scopes[id(scope.first)],
    }


def _item(item: Item, scopes: dict[int, int]) -> dict[str, Any]:
    part = item.part
    if isinstance(part, Group):
        return {"around": item.around, "scope": scopes[id(part.scope)]}
    if isinstance(part, Repeat):
        return {"around": item.around, "times": part.times}
    if isinstance(part, Copy):
        return {"around": item.around, "copy": part.number}
    leaves = part.leaves if isinstance(part, Chain) else [part]
    return {"around": item.around, "layers": [leaf.node.index for leaf in leaves if isinstance(leaf, Leaf)]}


def _metrics(metrics: Metrics) -> dict[str, int]:
    return {
        "params": metrics.params,
        "trainable": metrics.trainable_params,
        "macs": metrics.macs,
        "weight_layers": metrics.weight_layers,
        "depth": metrics.depth,
        "activations": metrics.activations,
    }


def _argument(value: object) -> str:
    """A block's argument: a number, a text, or the shape of a tensor."""
    return f"a tensor, {_shape(value)}" if isinstance(value, Value) else written(value)


def _wire(value: Value) -> list[int]:
    return [value.node.index, value.port]


def _shape(value: Value) -> str:
    return shape_words(written_shape(value))


# -- what is said of them ---------------------------------------------------------------------------


def _expectation(verdict: Verdict, tables: Tables) -> dict[str, Any]:
    expectation = verdict.expectation
    return {
        "kind": expectation.kind,
        "what": clean(" ".join(filter(None, (expectation.subject, expectation.metric)))),
        "operator": expectation.operator,
        "printed": clean(expectation.printed.span.text),
        "computed": clean(number(verdict.computed)),
        "holds": verdict.holds,
        "remark": verdict.remark,
        "place": tables.place(expectation.span),
    }


def _diagnostic(each: Diagnostic, tables: Tables) -> dict[str, Any]:
    return {
        "code": each.code,
        "severity": each.severity,
        "message": clean(each.text),
        "place": tables.place(each.at),
        "here": clean(each.here),
        "labels": [{"text": clean(label.text), "place": tables.place(label.span)} for label in each.labels],
        "notes": [shown(note) for note in each.notes],
        "hints": [shown(hint) for hint in each.hints],
        "way": tables.way(each.trace),
    }
