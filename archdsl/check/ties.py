"""Parameters under two names: shared layers, and weights that a spec ties.

Assumes a sound graph and the cost of its nodes. Promises to say of every number that is used twice
which node owns it, or to report why a tie cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import ClassVar

from archdsl.check.cost import Cost, kernels, numbers
from archdsl.check.model import Loan
from archdsl.diagnostics import Error, Label, Report
from archdsl.graph.model import Elaborated, Node, Tied
from archdsl.ops.contract import Weight
from archdsl.sizes import Shape, show
from archdsl.source import Span


class NothingToTie(Error):
    """A tie names a parameter that the network does not have.

    Both sides are parameters by their full names, as in a checkpoint:
    `tie decoder.weight = embed.weight`.
    """

    code: ClassVar[str] = "E310"
    message: ClassVar[str] = "tie: the network has no parameter `{name}`"
    name: str


class TiedShapesDiffer(Error):
    """Two tied parameters have different shapes, so one cannot stand for the other.

    A linear layer's weight is outputs by inputs, an embedding's is entries by channels.
    """

    code: ClassVar[str] = "E311"
    message: ClassVar[str] = "tie: `{left}` is {left_shape}, `{right}` is {right_shape}"
    left: str
    left_shape: str
    right: str
    right_shape: str


Place = tuple[int, str]
"""A parameter: the index of the node that has it, and its name there."""


def owners(graph: Elaborated, costs: list[Cost], report: Report) -> dict[Place, Place] | None:
    """For every parameter that a tie replaces: the one that stands for it.

    None if a tie is impossible, which is then in the report.
    """
    if not graph.ties:
        return {}
    parameters = _parameters(graph, costs)
    owner: dict[Place, Place] = {}
    refused = False
    for tie in graph.ties:
        missing = [name for name in (tie.left, tie.right) if name not in parameters]
        for name in missing:
            report.add(_missing(tie, name, parameters))
        if missing:
            refused = True
            continue
        left, right = parameters[tie.left], parameters[tie.right]
        shapes = _weight(costs, left).shape, _weight(costs, right).shape
        if shapes[0] != shapes[1]:
            report.add(_differing(graph, tie, left, right, shapes))
            refused = True
            continue
        left, right = _last(owner, left), _last(owner, right)
        if left != right:
            owner[left] = right
    return None if refused else {place: _last(owner, place) for place in list(owner)}


def loans(graph: Elaborated, costs: list[Cost], owner: dict[Place, Place]) -> dict[int, tuple[Loan, ...]]:
    """By node: the parameters that it uses and another node owns."""
    tied = {index for index, _ in owner}
    return {
        node.index: tuple(_borrowed(graph, costs, owner, node))
        for node in graph.nodes
        if node.first is not None or node.index in tied
    }


def _borrowed(graph: Elaborated, costs: list[Cost], owner: dict[Place, Place], node: Node) -> Iterator[Loan]:
    home = (node.first or node).index
    for weight in costs[node.index].weights:
        place = owner.get((home, weight.name), (home, weight.name))
        if weight.is_parameter and place != (node.index, weight.name):
            multiplies = kernels(weight) if node.op.is_weight_layer else 0
            counted = graph.nodes[place[0]].op.is_weight_layer
            yield Loan(*place, numbers(weight), multiplies, counted)


def _last(owner: dict[Place, Place], place: Place) -> Place:
    """The end of a chain of ties; halves the way for those who come after."""
    while place in owner:
        if owner[place] in owner:
            owner[place] = owner[owner[place]]
        place = owner[place]
    return place


def _parameters(graph: Elaborated, costs: list[Cost]) -> dict[str, Place]:
    """Every parameter by its full name."""
    prefixes: dict[int, str] = {}
    found: dict[str, Place] = {}
    for node, cost in zip(graph.nodes, costs, strict=True):
        if node.first is not None or not cost.weights:
            continue
        prefix = prefixes.get(id(node.scope))
        if prefix is None:
            path = node.scope.path
            prefix = prefixes[id(node.scope)] = f"{path}." if path else ""
        for weight in cost.weights:
            if weight.is_parameter:
                found[f"{prefix}{node.name}.{weight.name}"] = (node.index, weight.name)
    return found


def _weight(costs: list[Cost], place: Place) -> Weight:
    index, name = place
    return next(weight for weight in costs[index].weights if weight.name == name)


def _missing(tie: Tied, name: str, parameters: dict[str, Place]) -> NothingToTie:
    modules = {known.rpartition(".")[0] for known in parameters}
    module = name if name in modules else name.rpartition(".")[0]
    there = [f"`{known}`" for known in parameters if known.rpartition(".")[0] == module]
    begin = tie.span.text.find(name)
    start = tie.span.start + begin
    return NothingToTie(
        at=Span(tie.span.source, start, start + len(name)) if begin >= 0 else tie.span,
        name=name,
        notes=(f"`{module}` has {', '.join(there)}",) if there else (),
        hints=_meant(tie, parameters),
    )


def _meant(tie: Tied, parameters: dict[str, Place]) -> tuple[str, ...]:
    """The tie with the names that were most likely meant, if there are such on both sides."""
    text = tie.span.text
    for name in (tie.left, tie.right):
        if name in parameters:
            continue
        full = [f"{name}.weight"] if f"{name}.weight" in parameters else []
        close = full or get_close_matches(name, parameters, 1, 0.8)
        if not close:
            return ()
        text = text.replace(name, close[0])
    return (text,)


def _differing(
    graph: Elaborated, tie: Tied, left: Place, right: Place, shapes: tuple[Shape, Shape]
) -> TiedShapesDiffer:
    here, there = map(show, shapes)
    return TiedShapesDiffer(
        at=tie.span,
        left=tie.left,
        left_shape=here,
        right=tie.right,
        right_shape=there,
        labels=(
            Label(graph.nodes[left[0]].span, f"{here} is set here"),
            Label(graph.nodes[right[0]].span, f"{there} is set here"),
        ),
    )
