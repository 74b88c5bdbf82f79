"""What a named value of a network is.

Assumes a sound network. `subject` finds what is meant, `axes` tells where its sizes come from, `window`
what it sees of the input; `explain` puts it together as plain data, which `text` and `data` write.
"""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.check.model import Checked, shape_of
from archdsl.graph.model import Elaborated, Node, Scope, Value, is_within
from archdsl.ops.contract import Op
from archdsl.outputs.explain.model import Explanation, Kind, Member, Share
from archdsl.outputs.explain.subject import Subject, UnknownName, find, names, nearest
from archdsl.outputs.written import written
from archdsl.sizes import Shape

__all__ = ["Explanation", "UnknownName", "explain", "names", "nearest"]

COSTS = ("params", "macs", "activations")


def explain(checked: Checked, name: str) -> Explanation:
    """All that is to be said of a name. Raises UnknownName."""
    from archdsl.outputs.explain.axes import axes
    from archdsl.outputs.explain.window import field

    graph, subject = checked.graph, find(checked.graph, name)
    totals = checked.part(subject.start, subject.end)
    return Explanation(
        network=graph.name,
        name=subject.name,
        kind=_kind(subject),
        what=_what(subject),
        headline=_headline(type(subject.node.op)) if subject.node else "",
        shape=shape_of(subject.value),
        span=subject.origin.span,
        trace=subject.origin.trace,
        inside=tuple(_inside(subject.origin)),
        reads=tuple(_reads(graph, subject)),
        read_by=tuple(_readers(graph, subject)),
        outputs=tuple(_outputs(subject)),
        axes=axes(subject.value),
        field=field(checked, subject.value),
        shares=tuple(Share(cost, getattr(totals, cost), getattr(checked.metrics, cost)) for cost in COSTS),
        members=tuple(_members(checked, subject)),
        remarks=tuple(_remarks(graph, subject)),
    )


def _kind(subject: Subject) -> Kind:
    if subject.scope is not None:
        return subject.scope.kind
    return "input" if subject.value.node.op.name == "input" else "layer"


def _what(subject: Subject) -> str:
    """The operator or the block with its arguments: `conv(256, kernel = 1)`, `bottleneck(c = 64)`."""
    scope, node = subject.scope, subject.node
    if scope is not None:
        plain = {name: value for name, value in scope.arguments.items() if not isinstance(value, Value)}
        told = ", ".join(f"{name} = {written(value)}" for name, value in plain.items())
        return f"{scope.definition}({told})" if scope.definition else "sequence"
    assert node is not None
    return call(node.op)


def call(op: Op) -> str:
    """A call of an operator, arguments that have their defaults left out."""
    given = ((each, getattr(op, each.name)) for each in op.args)
    told = [f"{each.name} = {written(value)}" for each, value in given if value != each.default]
    return f"{op.name}({', '.join(told)})" if told else op.name


def _headline(op: type[Op]) -> str:
    """What an operator does: the first paragraph of what it says of itself."""
    return " ".join((op.__doc__ or "").strip().partition("\n\n")[0].split())


def _inside(origin: Scope | Node) -> Iterator[tuple[str, str]]:
    """The modules around, from the net on: the path of each, and the block that it is a use of."""
    around = []
    scope = origin.scope if isinstance(origin, Node) else origin.parent
    while scope is not None:
        around.append((scope.path, scope.definition))
        scope = scope.parent
    return reversed(around)


# -- its neighbours -------------------------------------------------------------------------------


def _reads(graph: Elaborated, subject: Subject) -> Iterator[tuple[str, Shape]]:
    """What it reads from outside, each once."""
    met: dict[str, Shape] = {}
    for node in graph.nodes[subject.start : subject.end]:
        for value in node.inputs:
            if value.node.index < subject.start:
                met.setdefault(value.node.path, shape_of(value))
    return iter(met.items())


def _readers(graph: Elaborated, subject: Subject) -> Iterator[str]:
    """The layers, and outputs of the net, that read what it gives."""
    inside = range(subject.start, subject.end)
    for node in graph.nodes[subject.end :]:
        if any(value.node.index in inside for value in node.inputs):
            yield node.path
    for outputs, kind in ((graph.outputs, "output"), (graph.training_outputs, "training output")):
        for name, value in outputs.items():
            if value.node.index in inside:
                yield f"{kind} {name}" if name != kind else kind


def _outputs(subject: Subject) -> Iterator[tuple[str, Shape]]:
    """Several outputs by their names, or numbers."""
    if subject.scope is not None:
        named = {name: value for name, value in subject.scope.outputs.items() if name}
        return ((name, shape_of(value)) for name, value in named.items())
    node = subject.value.node
    ports = [port.name for port in node.op.ports] or [str(index) for index in range(len(node.outputs))]
    if len(node.outputs) == 1:
        return iter(())
    return ((name, shape_of(value)) for name, value in zip(ports, node.outputs, strict=True))


def _members(checked: Checked, subject: Subject) -> Iterator[Member]:
    """The parts of a module, one level deep, in order."""
    scope, graph = subject.scope, checked.graph
    if scope is None:
        return
    parts: list[tuple[int, int, str, str]] = []
    for node in graph.nodes[scope.start : scope.end]:
        if node.scope is scope:
            text = node.op.label(*node.shapes) if node.inputs else node.op.name
            parts.append((node.index, node.index + 1, node.name, text))
    for inner in graph.scopes:
        if inner.parent is scope and inner.end > inner.start:
            parts.append((inner.start, inner.end, inner.name, inner.definition or inner.kind))
    for start, end, name, what in sorted(parts):
        totals = checked.part(start, end)
        given = graph.nodes[end - 1].outputs[0]
        yield Member(name, what, shape_of(given), totals.params, totals.macs)


def _remarks(graph: Elaborated, subject: Subject) -> Iterator[str]:
    node, scope = subject.node, subject.scope
    if node is not None and subject.end - subject.start > 1:
        yield "what it costs is that of the branches that it joins, too"
    parts: list[Scope] | list[Node] = graph.scopes if scope is not None else graph.nodes
    uses = sum(each.path == subject.name for each in parts)
    if uses > 1:
        yield f"shared: it is used {uses} times, and its weights count once"
    inside = range(subject.start, subject.end)
    if all(index in graph.frozen_nodes for index in inside):
        yield "frozen: training leaves it alone"
    if all(graph.nodes[index].training for index in inside):
        yield "only training needs it"
    for tie in graph.ties:
        if is_within(tie.left, subject.name) or is_within(tie.right, subject.name):
            yield f"{tie.left} uses the numbers of {tie.right}"
