"""The published networks: what was measured of each, and what it is by its spec.

python tests/networks.py    prints both side by side as Markdown; fails where they differ and nothing says why

tests/networks.json has what was measured. Where a network is not the one that was measured, its `differs`
say in what, with what it is here, and why.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod
from pathlib import Path
from typing import Any

import archdsl
from archdsl.check.model import Layer
from archdsl.graph.model import Node, Scope, Value, is_within

ROOT = Path(__file__).resolve().parent.parent
FACTS: dict[str, Any] = json.loads((ROOT / "tests" / "networks.json").read_text("utf-8"))

WIRING = {
    *("input", "identity", "flatten", "rearrange", "split", "concat", "add", "mul", "crop"),
    *("anchor_boxes", "propose", "nms", "detect"),
}
"""What no list of modules has, since nothing is learned in it."""


@cache
def spec(stem: str) -> archdsl.Spec:
    return archdsl.load(ROOT / "specs" / f"{stem}.arch")


@dataclass(frozen=True, eq=False)
class Published:
    """One network of tests/networks.json, and ours beside it."""

    origin: str
    """`torchvision`, or `reference` where it was rebuilt from its paper."""
    name: str
    facts: dict[str, Any]

    @property
    def title(self) -> str:
        """How it is called by its spec: `VGG.A(norm = true)`."""
        given = ", ".join(f"{key} = {json.dumps(value)}" for key, value in self.facts.get("set", {}).items())
        part = f": {self.facts['part']}" if "part" in self.facts else ""
        return self.facts["net"] + (f"({given})" if given else "") + part

    @property
    def trains(self) -> bool:
        """Whether what only training needs was measured too."""
        return self.facts.get("training", False)

    @cached_property
    def net(self) -> archdsl.Network:
        return spec(self.facts["spec"]).net(self.facts["net"], **self.facts.get("set", {}))

    @cached_property
    def scope(self) -> Scope:
        """The network, or the part of it that was measured."""
        path = self.facts.get("part", "")
        return next(each for each in self.net.checked.graph.scopes if each.path == path)

    @cached_property
    def layers(self) -> list[tuple[Node, Layer]]:
        checked, within = self.net.checked, slice(self.scope.start, self.scope.end)
        return list(zip(checked.graph.nodes[within], checked.layers[within], strict=True))

    def differs(self, what: str) -> list[dict[str, Any]]:
        """What is explained of this."""
        return [each for each in self.facts.get("differs", []) if each["in"] == what]

    def named(self, path: str) -> str:
        """Our name of one of their modules, or of its weight."""
        for theirs, ours in (pair for each in self.differs("names") for pair in each["ours"].items()):
            if is_within(path, theirs):
                return ours + path.removeprefix(theirs)
        return path


NETWORKS = [
    Published(origin, name, facts)
    for origin in ("torchvision", "reference")
    for name, facts in FACTS[origin].items()
]


# --- the whole ----------------------------------------------------------------------------------------


def totals(each: Published) -> dict[str, Any]:
    """What the facts say of the whole, of ours."""
    metrics = each.net.checked.part(each.scope.start, each.scope.end)
    weights = [weight for _, layer in each.layers for weight in layer.weights]
    found = {
        "input": shapes(inputs(each)),
        "output": shapes(outputs(each)),
        "params": metrics.params,
        "trainable_params": metrics.trainable_params,
        "buffers": sum(prod(weight.shape) for weight in weights if not weight.is_parameter),
        "macs": macs_within(each, "") if each.trains else metrics.macs,
    }
    if "macs_by_part" in each.facts:
        found["macs_by_part"] = {
            part: sum(macs_within(each, path) for path in part.split()) for part in each.facts["macs_by_part"]
        }
    return found


def inputs(each: Published) -> Iterable[Value]:
    """What comes from outside."""
    if not each.scope.path:
        return each.net.checked.graph.inputs.values()
    read = {id(value): value for node, _ in each.layers for value in node.inputs}
    return [value for value in read.values() if value.node.index < each.scope.start]


def outputs(each: Published) -> Iterable[Value]:
    graph = each.net.checked.graph
    if each.scope.path:
        return each.scope.outputs.values()
    return [*graph.outputs.values(), *(graph.training_outputs.values() if each.trains else ())]


def macs_within(each: Published, path: str) -> int:
    return sum(layer.macs for node, layer in each.layers if is_within(node.path, path))


def shapes(values: Iterable[Value], between: str = " ") -> str:
    return between.join("x".join(map(str, value.shape or ())) for value in values)


# --- layer by layer -----------------------------------------------------------------------------------


def rows(each: Published) -> list[str]:
    """Our layers as the facts have theirs: operator, output, and parameters and MACs where there are any.

    Those of torchvision's networks have paths, and are without activations and dropouts: half of these are
    functions there, and its outputs tell whether they are right. A layer with weights that is used several
    times is one row.
    """
    of_torchvision = each.origin == "torchvision"
    found: dict[str | int, list[tuple[Node, Layer]]] = {}
    for node, layer in each.layers:
        in_passing = of_torchvision and node.op.family in ("activation", "regular")
        if node.op.name in WIRING or in_passing or (node.training and not each.trains):
            continue
        key = node.path if node.op.weights(*node.shapes) else node.index
        found.setdefault(key, []).append((node, layer))
    return [_row(uses, with_path=of_torchvision) for uses in found.values()]


def _row(uses: list[tuple[Node, Layer]], *, with_path: bool) -> str:
    node = uses[0][0]
    words = [node.op.name, node.path] if with_path else [node.op.name]
    words.append(shapes((use.outputs[0] for use, _ in uses), "+"))
    params, macs = sum(layer.params for _, layer in uses), sum(layer.macs for _, layer in uses)
    return " ".join([*words, f"{params} {macs}"] if params or macs else words)


def measured_rows(each: Published) -> list[str]:
    """Their layers, under our names."""
    if each.origin == "reference":
        return each.facts["layers"]
    words = (row.split(" ") for row in each.facts["layers"])
    return [" ".join([op, each.named(path), *rest]) for op, path, *rest in words]


def has_counts(row: str) -> bool:
    return row.count(" ") > 2


def kinds(each: Published) -> dict[str, str]:
    """How many layers of each operator there are, and their parameters together."""
    counts, params = Counter[str](), Counter[str]()
    for node, layer in each.layers:
        counts[node.op.name] += 1
        params[node.op.name] += layer.params
    return {op: f"{counts[op]} {params[op]}" for op in sorted(counts) if op not in WIRING}


# --- differences --------------------------------------------------------------------------------------


def unexplained(each: Published) -> Iterator[str]:
    """What is not as it was measured and is not explained, or is explained though it is as measured."""
    for what, ours in totals(each).items():
        said = [difference["ours"] for difference in each.differs(what)]
        expected = said[0] if said else each.facts[what]
        if ours != expected:
            yield f"{what}: {ours}, not {expected}"
        elif said and ours == each.facts[what]:
            yield f"{what}: as it was measured"
    if "kinds" in each.facts and kinds(each) != each.facts["kinds"]:
        yield f"kinds of layers: {kinds(each)}"
    if "layers" in each.facts:
        yield from _unexplained_layers(each)


def _unexplained_layers(each: Published) -> Iterator[str]:
    ours, theirs = rows(each), measured_rows(each)
    only = {"ours": Counter(ours) - Counter(theirs), "true": Counter(theirs) - Counter(ours)}
    if each.origin == "torchvision":  # what holds nothing may be a function there
        only["ours"] = Counter(filter(has_counts, only["ours"].elements()))
    for kind, found in only.items():
        said = Counter(row for difference in each.differs("layers") for row in difference.get(kind, []))
        yield from (f"only {kind}: {row}" for row in (found - said).elements())
        yield from (f"not only {kind}: {row}" for row in (said - found).elements())
    if each.origin == "reference":
        both, said_of_order = Counter(ours) & Counter(theirs), each.differs("order")
        here, there = (
            [row for row in listed if has_counts(row) and row in both] for listed in (ours, theirs)
        )
        if here != there and not said_of_order:
            yield "order: another"
        elif here == there and said_of_order:
            yield "order: as it was measured"


def disagreements(each: Published) -> list[str]:
    """What the module does otherwise: than torchvision's, with its weights; or than what is counted here."""
    if each.origin == "reference":
        from archdsl.outputs.torch import verify

        return list(map(str, verify(each.net.checked)))
    from oracle import compare

    softmax = bool(each.differs("outputs"))
    return list(compare(each.name, each.net, each.named, softmax=softmax, trains=each.trains))


# --- the table ----------------------------------------------------------------------------------------

HEADS = {
    "torchvision": """\
Of a pair, the first is ours. Layers are equal in operator, path, output, parameters and MACs. All weights of
torchvision's network are loaded by name, and no others; with them the outputs are equal, bit by bit, and
those of the detector up to rounding.
""",
    "reference": """\
Of a pair, the first is ours. Layers are equal in operator, output, parameters and MACs, and "more" are those
that were not measured; of one network only kinds of layers, and their parameters, were measured. Names of
rebuilt networks are in no checkpoint. Our modules run, with the outputs and the MACs that are counted here.
""",
}
COLUMNS = """
| published | spec | network | parameters | MACs | output | layers | weights by name | outputs |
| :-- | :-- | :-- | --: | --: | :-- | --: | :-- | :-- |
"""


def line(each: Published, disagree: list[str]) -> str:
    """A network's line: pairs are ours and what was measured."""
    ours, facts = totals(each), each.facts
    theirs = Counter(measured_rows(each) if "layers" in facts else ())
    equal = (theirs & Counter(rows(each))).total()
    more = sum(len(difference.get("ours", ())) for difference in each.differs("layers"))
    cells = [
        f"`{each.name}`",
        facts["spec"],
        f"`{each.title}`" + (" in training" if each.trains else ""),
        *(_pair(f"{ours[what]:,}", f"{facts[what]:,}") for what in ("params", "macs")),
        _pair(ours["output"], facts["output"]),
        (_pair(str(equal), str(theirs.total())) if theirs else "= by kind")
        + (f", {more} more" if more else ""),
    ]
    by_name = f"{len(each.net.weights)}{', renamed' * bool(each.differs('names'))}"
    if disagree:
        cells += ["–", "; ".join(disagree)]
    elif each.origin == "reference":
        cells += ["–", "as counted"]
    else:
        cells += [by_name, "equal after softmax" if each.differs("outputs") else "equal"]
    return f"| {' | '.join(cells)} |\n"


def _pair(ours: str, true: str) -> str:
    return f"{ours} {'=' if ours == true else '≠'} {true}"


def by_part(each: Published) -> Iterator[str]:
    """The lines of a detector's parts."""
    for part, macs in totals(each).get("macs_by_part", {}).items():
        true = each.facts["macs_by_part"][part]
        yield f"| `{each.name}` | {part} | {_pair(f'{macs:,}', f'{true:,}')} |\n"


def explained() -> Iterator[str]:
    """A line for each difference, those of one cause together."""
    causes: dict[tuple[str, str], list[str]] = {}
    for each in NETWORKS:
        for difference in each.facts.get("differs", []):
            why = FACTS["whys"].get(difference["why"], difference["why"])
            causes.setdefault((difference["in"], why), []).append(f"`{each.name}`{_shown(difference)}")
    for (what, why), found in causes.items():
        yield f"- **{what}** of {', '.join(found)}. {why}\n"


def _shown(difference: dict[str, Any]) -> str:
    """What is found, where it is no more than a number or some layers."""
    ours, true = difference.get("ours"), difference.get("true", [])
    if isinstance(ours, int | str):
        return f" ({ours:,})" if isinstance(ours, int) else f" ({ours})"
    rows = [*(f"ours: {row}" for row in ours or ()), *(f"measured: {row}" for row in true)]
    return f" ({'; '.join(rows)})" if rows and not isinstance(ours, dict) else ""


def main() -> int:
    write, problems = sys.stdout.write, []
    for origin in ("torchvision", "reference"):
        write(f"\n## {origin}\n\n{HEADS[origin]}{COLUMNS}")
        for each in (each for each in NETWORKS if each.origin == origin):
            disagree = disagreements(each)
            write(line(each, disagree))
            problems += [f"{each.name}: {wrong}\n" for wrong in [*unexplained(each), *disagree]]
    write("\n## Detectors by part\n\n| published | part | MACs |\n| :-- | :-- | --: |\n")
    sys.stdout.writelines(row for each in NETWORKS for row in by_part(each))
    write("\n## What differs, and why\n\n")
    sys.stdout.writelines(explained())
    sys.stderr.writelines(problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
