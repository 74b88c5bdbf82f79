"""The graph of a network that is wrong: what was made before, beside and behind its mistakes."""

from __future__ import annotations

from archdsl.graph.build import Builder
from archdsl.graph.choices import Choice
from archdsl.graph.expand import Expander
from archdsl.graph.faults import Broken, gathered
from archdsl.graph.model import Elaborated, Scope, Value
from archdsl.graph.program import Program
from archdsl.graph.values import Flow, plain


def partial(expander: Expander, program: Program, choice: Choice, last: Flow = None) -> Broken:
    """As much of a network as was made."""
    builder, net = expander.builder, choice.net
    if not builder.scopes:
        builder.scopes.append(Scope("net", "", None, net.name.name, {}, net.span, None, 0))
    _close(builder)
    outputs = _there(expander.outputs, builder)
    value = plain(last)
    if not outputs and isinstance(value, Value) and value.node.inputs:
        outputs = _there({"output": value}, builder)
    graph = Elaborated(
        name=choice.name,
        file=program.main.source.name,
        doc="",
        net=net,
        nodes=builder.nodes,
        scopes=builder.scopes,
        inputs=_there(expander.inputs, builder),
        outputs=outputs,
        training_outputs=_there(expander.training_outputs, builder),
        named={},
        expectations=[],
        ties=[],
        files=tuple(program.files),
    )
    return Broken(graph, gathered(builder.mistakes))


def _there(values: dict[str, Value], builder: Builder) -> dict[str, Value]:
    """Those whose layers were not left out again."""
    nodes = builder.nodes
    return {
        name: value
        for name, value in values.items()
        if value.node.index < len(nodes) and nodes[value.node.index] is value.node
    }


def _close(builder: Builder) -> None:
    """End the scopes that a mistake left open behind the last layer that is in them."""
    unfinished = {id(scope) for scope in builder.scopes if not scope.end}
    if not unfinished:
        return
    for scope in builder.scopes:
        if id(scope) in unfinished:
            scope.end = scope.start
    for node in builder.nodes:
        around: Scope | None = node.scope
        while around is not None:
            if id(around) in unfinished:
                around.end = node.index + 1
            around = around.parent
