"""The networkx graph that users get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.graph.model import Elaborated, Scope

if TYPE_CHECKING:
    import networkx as nx


def multigraph(graph: Elaborated) -> nx.MultiDiGraph[int]:
    """One node a layer, one edge a use of a tensor; attributes as `Elaborated.nx` lists them."""
    import networkx as nx

    made: nx.MultiDiGraph[int] = nx.MultiDiGraph(name=graph.name)
    blocks: dict[int, tuple[str, ...]] = {}
    for node in graph.nodes:
        op = node.op
        made.add_node(
            node.index,
            path=node.path,
            op=op.name,
            name=node.name,
            arguments={each.name: getattr(op, each.name) for each in op.args},
            inputs=tuple(value.shape for value in node.inputs),
            outputs=tuple(value.shape for value in node.outputs),
            scope=node.scope.path,
            blocks=_blocks(node.scope, blocks),
            span=node.span,
            trace=node.trace,
        )
        for argument, value in enumerate(node.inputs):
            made.add_edge(value.node.index, node.index, shape=value.shape, port=value.port, argument=argument)
    return made


def _blocks(scope: Scope, known: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    """The paths of the modules around a node, outermost first, without the net itself."""
    found = known.get(id(scope))
    if found is None:
        outer = _blocks(scope.parent, known) if scope.parent is not None else None
        found = known[id(scope)] = () if outer is None else (*outer, scope.path)
    return found
