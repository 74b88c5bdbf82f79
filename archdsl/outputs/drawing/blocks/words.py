"""What boxes and frames say: operators, names, parameters, and what a pointer over them shows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Node, Scope, Value, is_within
from archdsl.outputs.drawing.blocks.picture import sizes, spelt

SHARED = " (shared)"
LONGEST_RESOLUTION = 18
"""Letters of a resolution that is written beside what shares it."""

_TIMES = re.compile(r"(?<=\d)x(?=\d)|(?<= )x(?=\d+\b)|(?<= )x(?= )")


def operator(node: Node) -> str:
    """`3×3 conv, 64`, and in how many groups, if it has some."""
    # where a whole block is shared, its frame says so
    known = all(value.shape is not None for value in (*node.inputs, *node.outputs))
    alone = node.first is not None and node.scope.first is None
    alone = alone and (bool(node.op.weights(*node.shapes)) if known else node.op.is_weight_layer)
    text = times(spelt(node.op.label(*node.open_shapes) if known else node.op.label()))
    groups = getattr(node.op, "groups", 1)
    if groups > 1:
        depthwise = bool(node.inputs and node.inputs[0].shape) and groups == node.shapes[0][0]
        text = text.replace(" conv", " depthwise conv", 1) if depthwise else f"{text}, {groups} groups"
    return text + (SHARED if alone else "")


def times(text: str) -> str:
    """A text with the sign for times instead of an x."""
    return _TIMES.sub("×", text)


def size(value: Value) -> str:
    """`3 × 224 × 224`."""
    return "size unknown" if value.shape is None else sizes(written_shape(value))


def name_and_block(scope: Scope) -> tuple[str, str]:
    """The scope's own name and its block's, each only where it tells something."""
    name, block = scope.name, scope.definition
    shared = SHARED if scope.first is not None else ""
    if block and re.fullmatch(rf"({re.escape(block)})?[_-]?\d*", name):
        return "", block + shared
    return name, ("" if name.startswith(block) else block) + shared


def parameters(checked: Checked | None, scope: Scope, repeats: int = 1) -> str:
    """`70.4k parameters` of a block, of each where it repeats; empty where there are none to be known."""
    count = _count(checked, scope)
    if checked is None or not count:
        return ""
    if repeats == 1:
        return f"{amount(count)} parameters"
    total = checked.part(scope.start, scope.end + (repeats - 1) * (scope.end - scope.start)).params
    alike = total == repeats * count
    return f"{amount(count)} parameters each" if alike else f"{amount(total)} parameters in all"


def _count(checked: Checked | None, scope: Scope) -> int:
    """The parameters of a block, without those of shared blocks from outside that are applied in it."""
    if checked is None:
        return 0
    inside = range(scope.start, scope.end)
    foreign = [index for index in inside if not is_within(checked.graph.nodes[index].path, scope.path)]
    own = checked.part(scope.start, scope.end).params
    return own - sum(checked.layers[index].params for index in foreign)


def amount(count: int) -> str:
    """A number with three digits: `832`, `70.4k`, `23.5M`."""
    for unit, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= unit * 0.9995:
            value = count / unit
            return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f}{sign}"
    return str(count)


def resolution(nodes: Sequence[Node], scope: Scope) -> str:
    """`28 × 28`: the spatial size of what leaves a block; empty for a sequence, and where there is none.

    Empty too where open sizes make it long, for it has little room.
    """
    if scope.kind != "block" or not nodes[scope.end - 1].outputs:
        return ""
    found = _spatial(nodes[scope.end - 1].outputs[0])
    return found if len(found) <= LONGEST_RESOLUTION else ""


def even_resolution(nodes: Sequence[Node], scope: Scope) -> str:
    """The same where everything in the block has that size, and so whatever is written in it; else empty."""
    found = resolution(nodes, scope)
    within = (_spatial(value) for node in nodes[scope.start : scope.end] for value in node.outputs)
    return found if all(each in ("", found) for each in within) else ""


def _spatial(value: Value) -> str:
    known = value.shape is not None and len(value.shape) > 2
    return sizes(written_shape(value)[1:]) if known else ""


def about_layers(nodes: Sequence[Node], checked: Checked | None) -> str:
    """The path of a layer, what goes in and comes out, its parameters, and where it is written."""
    head, last = nodes[0], nodes[-1]
    facts = [head.path or head.name, _flow(head, last)]
    if checked is not None and (count := checked.part(head.index, last.index + 1).params):
        facts.append(f"{count:,} parameters")
    return ", ".join(filter(None, (*facts, _line(head))))


def about_scope(scope: Scope, nodes: Sequence[Node], checked: Checked | None) -> str:
    """The same of a block."""
    facts = [scope.path or scope.name]
    if scope.definition and scope.definition != scope.path:
        facts.append(scope.definition)
    facts.append(_flow(nodes[scope.start], nodes[scope.end - 1]))
    if count := _count(checked, scope):
        facts.append(f"{count:,} parameters")
    line = scope.span.source.position(scope.span.start)[0]
    return ", ".join(filter(None, (*facts, f"line {line}")))


def _flow(head: Node, last: Node) -> str:
    entering = " and ".join(map(_size, head.inputs))
    leaving = " and ".join(map(_size, last.outputs))
    return f"{entering} → {leaving}" if entering else leaving


def _size(value: Value) -> str:
    return "unknown" if value.shape is None else size(value)


def _line(node: Node) -> str:
    return f"line {node.span.source.position(node.span.start)[0]}"
