"""Tables for programs: every layer of every network, nothing folded.

Layers have the fields that they have in the JSON of a check, and a few more.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from archdsl.check.model import Checked
from archdsl.outputs.json import VERSION, network

FACTS = ("name", "file", "params", "macs", "weight_layers", "stride", "receptive_field")
CSV_FIELDS = ("path", "op", "label", "in", "out", "params", "macs", "stride", "receptive_field")
CSV_FLAGS = ("shared", "training")


def json(networks: Sequence[Checked]) -> str:
    """One object; a layer a line."""
    from json import dumps

    parts = []
    for facts, layers in map(_records, networks):
        head = dumps(facts, ensure_ascii=False).removesuffix("}")
        lines = ",\n".join(f"    {dumps(layer, ensure_ascii=False)}" for layer in layers)
        parts.append(f'  {head}, "layers": [\n{lines}\n  ]}}')
    return f'{{"version": {VERSION}, "networks": [\n' + ",\n".join(parts) + "\n]}\n"


def yaml(networks: Sequence[Checked]) -> str:
    """The same as JSON, a line for each fact of a network and for each layer.

    What stands on a line is JSON, which every reader of YAML reads.
    """
    from json import dumps

    lines = [f"version: {VERSION}", "networks:"]
    for facts, layers in map(_records, networks):
        first, *others = (f"{key}: {dumps(value)}" for key, value in facts.items())
        lines.append(f"- {first}")
        lines += [f"  {fact}" for fact in others]
        lines.append("  layers:")
        lines += [f"  - {dumps(layer)}" for layer in layers]
    return "\n".join(lines) + "\n"


def csv(networks: Sequence[Checked]) -> str:
    """A line a layer, its network first; shapes as in a spec, `64 x 56 x 56`."""
    from csv import writer

    out = io.StringIO()
    lines = writer(out, lineterminator="\n")
    lines.writerow(("network", *CSV_FIELDS, *CSV_FLAGS))
    for facts, layers in map(_records, networks):
        for layer in layers:
            layer["in"] = [each["shape"] for each in layer["inputs"]]
            layer["out"] = layer["outputs"]
            flags = (str(layer[flag]).lower() for flag in CSV_FLAGS)
            lines.writerow((facts["name"], *(_flat(layer[field]) for field in CSV_FIELDS), *flags))
    return out.getvalue()


def _records(checked: Checked) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """The facts of a network, and of each of its layers."""
    record = network(checked)
    nodes = (node for node in checked.graph.nodes if node.op.family != "source")
    layers = (
        {
            "path": layer.pop("path"),
            "op": layer.pop("op"),
            "label": node.op.label(*node.shapes),
            **layer,
            "shared": node.first is not None,
            "training": node.training,
        }
        for node, layer in zip(nodes, record["layers"], strict=True)
    )
    return {fact: record[fact] for fact in FACTS}, layers


def _flat(value: Any) -> Any:
    """A list as sizes, lists of sizes with commas between, anything else as it is."""
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], list):
        return ", ".join(map(_flat, value))
    return " x ".join(map(str, value))
