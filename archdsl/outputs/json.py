"""Networks as plain data, for programs: version 1 of what `archdsl check --format json` prints.

Shapes are without the batch axis. Within a version, fields may be added and none changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from archdsl.check.model import Checked, Layer, SizeVerdict, Verdict, shape_of
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics import json as diagnostics_json
from archdsl.graph.model import Node, Value

VERSION = 1


def document(networks: Iterable[Checked], diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Everything that was found out."""
    return {
        "version": VERSION,
        "networks": [network(each) for each in networks],
        "diagnostics": [diagnostics_json.diagnostic(each) for each in diagnostics],
    }


def network(checked: Checked) -> dict[str, Any]:
    """One network."""
    graph, metrics = checked.graph, checked.metrics
    return {
        "name": checked.name,
        "file": graph.file,
        "params": metrics.params,
        "trainable_params": metrics.trainable_params,
        "macs": metrics.macs,
        "flops": metrics.flops,
        "weight_layers": metrics.weight_layers,
        "depth": metrics.depth,
        "neurons": metrics.neurons,
        "activations": metrics.activations,
        "activation_bytes": metrics.activation_bytes,
        "stride": [plain(each) for each in checked.stride],
        "receptive_field": list(checked.receptive_field),
        "certificate": graph.certificate.document() if graph.certificate else None,
        "inputs": _named(graph.inputs),
        "outputs": _named(graph.outputs),
        "training_outputs": _named(graph.training_outputs),
        "layers": [
            _layer(node, layer)
            for node, layer in zip(graph.nodes, checked.layers, strict=True)
            if node.op.family != "source"
        ],
        "weights": [
            {"name": name, "shape": list(weight.shape), "buffer": not weight.is_parameter}
            for name, weight in checked.weights()
        ],
        "expectations": [_expectation(each) for each in checked.verdicts],
        "size_expectations": [_size_expectation(each) for each in checked.size_verdicts],
    }


def plain(value: Any) -> Any:
    """A computed value in JSON's terms."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value


def _named(values: dict[str, Value]) -> list[dict[str, Any]]:
    return [{"name": name, "shape": list(shape_of(value))} for name, value in values.items()]


def _layer(node: Node, layer: Layer) -> dict[str, Any]:
    """A layer; `in` and `out` are its first input and output, `inputs` and `outputs` all of them."""
    outputs = [list(shape_of(value)) for value in node.outputs]
    inputs = [{"from": value.node.path, "shape": list(shape_of(value))} for value in node.inputs]
    return {
        "path": node.path,
        "op": node.op.name,
        "in": inputs[0]["shape"] if inputs else None,
        "out": outputs[0] if outputs else None,
        "params": layer.params,
        "macs": layer.macs,
        "stride": [plain(each) for each in layer.stride],
        "receptive_field": list(layer.receptive_field),
        "inputs": inputs,
        "outputs": outputs,
    }


def _expectation(verdict: Verdict) -> dict[str, Any]:
    expectation = verdict.expectation
    return {
        "kind": expectation.kind,
        "subject": expectation.subject,
        "metric": expectation.metric,
        "operator": expectation.operator,
        "printed": expectation.printed.span.text,
        "wanted": plain(expectation.wanted),
        "computed": plain(verdict.computed),
        "holds": verdict.holds,
        "remark": verdict.remark,
        "off": verdict.off,
    }


def _size_expectation(verdict: SizeVerdict) -> dict[str, Any]:
    """One about open sizes; `why` says why it does not hold."""
    expectation = verdict.expectation
    return {
        "kind": expectation.kind,
        "text": expectation.words,
        "holds": verdict.holds,
        "why": verdict.why or None,
    }
