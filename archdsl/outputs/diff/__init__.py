"""What differs between two networks, aligned by hierarchy and structure.

Assumes sound networks. `compare` gives the difference as plain data, in steps: `pairing` finds which
part is which, `facts` what is another thing about those that belong together, `entries` folds it into
a tree, `carry` says what a checkpoint is worth. `sentence` sums it up; `text`, `markdown` and `data`
write it.
"""

from __future__ import annotations

from archdsl.check.model import Checked, shape_of
from archdsl.diagnostics.style import PLAIN, Paint
from archdsl.graph.model import Value
from archdsl.outputs.diff.model import Difference, Differences, Metric, Port, PortKind, Side
from archdsl.outputs.diff.pairing import Pairing, pair_up
from archdsl.sizes import Shape

__all__ = ["FORMATS", "Difference", "Differences", "compare", "described", "render", "side"]

FORMATS = ("text", "markdown", "json")

ALWAYS = ("params", "macs")
"""Metrics that are told in any case; others only where they differ."""
OTHERS = ("trainable_params", "weight_layers", "depth", "activations")


def render(found: Differences, format: str = "text", paint: Paint = PLAIN) -> str:
    """Differences in one of FORMATS, ending in a newline."""
    if format not in FORMATS:
        raise ValueError(f"no format of a difference is named {format}; there are {', '.join(FORMATS)}")
    if format == "json":
        import json

        from archdsl.outputs.diff.data import document

        return json.dumps(document(found), ensure_ascii=False) + "\n"
    from archdsl.outputs.diff import markdown, text

    return markdown.markdown(found) if format == "markdown" else text.text(found, paint)


def compare(old: Checked, new: Checked) -> Difference:
    """What differs between two networks."""
    return described(pair_up(old.graph, new.graph), old, new)


def described(pairing: Pairing, old: Checked, new: Checked) -> Difference:
    """The same, once it is known which part is which."""
    from archdsl.outputs.diff.carry import carry
    from archdsl.outputs.diff.entries import entries
    from archdsl.outputs.diff.training import lines

    found = entries(pairing, old, new)
    return Difference(
        old=side(old),
        new=side(new),
        entries=tuple(found.entries),
        metrics=tuple(_metrics(old, new)),
        ports=tuple(_ports(old, new)),
        lines=lines(old.graph, new.graph),
        same=found.same,
        resized=found.resized,
        carry=carry(pairing, old, new),
    )


def side(checked: Checked) -> Side:
    """How a network is known."""
    return Side(checked.name, checked.graph.file)


def _metrics(old: Checked, new: Checked) -> list[Metric]:
    found: list[Metric] = []
    for name in (*ALWAYS, *OTHERS):
        metric = Metric(name, getattr(old.metrics, name), getattr(new.metrics, name))
        told = any(metric[1:] == each[1:] for each in found)  # all parameters are trainable, mostly
        if name in ALWAYS or (metric.old != metric.new and not told):
            found.append(metric)
    for name in ("stride", "receptive_field"):
        metric = Metric(name, getattr(old, name), getattr(new, name))
        if metric.old != metric.new:
            found.append(metric)
    return found


def _ports(old: Checked, new: Checked) -> list[Port]:
    kinds: dict[PortKind, list[dict[str, Value]]] = {
        "input": [each.graph.inputs for each in (old, new)],
        "output": [each.graph.outputs for each in (old, new)],
        "training output": [each.graph.training_outputs for each in (old, new)],
    }
    found = []
    for kind, (was, now) in kinds.items():
        for name in was | now:
            port = Port(kind, name, _shape(was, name), _shape(now, name))
            if port.old != port.new:
                found.append(port)
    return found


def _shape(values: dict[str, Value], name: str) -> Shape | None:
    return shape_of(values[name]) if name in values else None
