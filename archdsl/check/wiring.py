"""Whether everything that is computed gets somewhere.

Assumes an elaborated graph without errors. Promises an error for a network that computes nothing,
and a warning for each part of it that no output depends on.
"""

from __future__ import annotations

from typing import ClassVar

from archdsl.diagnostics import Error, Label, Report, Warning_
from archdsl.graph.model import Elaborated, Node, Value


class DeadBranch(Warning_):
    """A value is computed and never used.

    No output of the network depends on it, so it costs time and memory for nothing. Feed it to a
    layer, make it an output, or take it out.
    """

    code: ClassVar[str] = "W401"
    message: ClassVar[str] = "the result of `{layer}` is never used"
    layer: str


class UnusedInput(Warning_):
    """An input of the network is never read.

    Feed it to a layer by its name, or take it out.
    """

    code: ClassVar[str] = "W402"
    message: ClassVar[str] = "the input `{name}` is never used"
    name: str


class NothingComputed(Error):
    """A network has no output, or no layers between its inputs and its outputs.

    The value of the last line is the output of a network that names none.
    """

    code: ClassVar[str] = "E403"
    message: ClassVar[str] = "net {net} has no {what}"
    net: str
    what: str


def wiring(graph: Elaborated, report: Report) -> bool:
    """Report what leads nowhere; false if there is no network at all."""
    if not graph.outputs or all(node.op.name == "input" for node in graph.nodes):
        what = "layers" if graph.outputs else "output"
        report.add(NothingComputed(at=graph.net.name.span, net=graph.name, what=what))
        return False
    used, live = _reach(graph)
    for name, value in graph.inputs.items():
        if not used[value.node.index]:
            report.add(UnusedInput(at=value.node.span, name=name, trace=value.node.trace))
    dead = [node for node in graph.nodes if not live[node.index] and node.op.name != "input"]
    if dead:
        _report_dead(graph, dead, live, report)
    return True


def _reach(graph: Elaborated) -> tuple[bytearray, bytearray]:
    """For every node: whether anything reads it, and whether an output depends on it."""
    used, live = bytearray(len(graph.nodes)), bytearray(len(graph.nodes))
    for outputs in (graph.outputs, graph.training_outputs):
        for value in outputs.values():
            used[value.node.index] = live[value.node.index] = 1
    for node in reversed(graph.nodes):
        alive = live[node.index]
        for value in node.inputs:
            used[value.node.index] = 1
            if alive:
                live[value.node.index] = 1
    return used, live


def _report_dead(graph: Elaborated, dead: list[Node], live: bytearray, report: Report) -> None:
    """One warning for each connected part that is dead, at its last layer."""
    parts = _parts(dead)
    sources = {id(part): _source(part, live) for part in parts}
    users = _first_users(graph, [value for value in sources.values() if value is not None], live)
    for part in parts:
        last = part[-1]
        source = sources[id(part)]
        labels: tuple[Label, ...] = ()
        if source is not None:
            user = users.get(id(source))
            went_on = Label(user.span, "without it, the network goes on here") if user else None
            labels = (went_on or Label(source.node.span, "the network ends here, without it"),)
        report.add(DeadBranch(at=last.span, layer=last.op.name, labels=labels, trace=last.trace))


def _parts(dead: list[Node]) -> list[list[Node]]:
    """Dead nodes grouped into connected parts, each in order."""
    leader = {node.index: node.index for node in dead}

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for node in dead:
        for value in node.inputs:
            if value.node.index in leader:
                leader[find(node.index)] = find(value.node.index)
    parts: dict[int, list[Node]] = {}
    for node in dead:
        parts.setdefault(find(node.index), []).append(node)
    return list(parts.values())


def _source(part: list[Node], live: bytearray) -> Value | None:
    """The value at which a dead part left the living."""
    for node in part:
        for value in node.inputs:
            if live[value.node.index]:
                return value
    return None


def _first_users(graph: Elaborated, values: list[Value], live: bytearray) -> dict[int, Node]:
    """By the identity of a value: the first living layer that reads it."""
    wanted = {id(value) for value in values}
    users: dict[int, Node] = {}
    for node in graph.nodes:
        if live[node.index]:
            for value in node.inputs:
                if id(value) in wanted:
                    users.setdefault(id(value), node)
    return users
