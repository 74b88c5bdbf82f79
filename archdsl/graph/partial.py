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
    builder.scopes[0].end = len(builder.nodes)
    outputs = _there(builder, expander.outputs)
    value = plain(last)
    if not outputs and isinstance(value, Value) and value.node.inputs:
        outputs = {"output": value}
    graph = Elaborated(
        name=choice.name,
        file=program.main.source.name,
        doc="",
        net=net,
        nodes=builder.nodes,
        scopes=builder.scopes,
        inputs=_there(builder, expander.inputs),
        outputs=outputs,
        training_outputs=_there(builder, expander.training_outputs),
        named={},
        expectations=[],
        ties=[],
        files=tuple(program.files),
    )
    return Broken(graph, gathered(builder.mistakes))


def _there(builder: Builder, values: dict[str, Value]) -> dict[str, Value]:
    """Those whose layers were not left out again."""
    return {name: value for name, value in values.items() if builder.has(value)}
