"""What is drawn of a network that is wrong: its graph as far as it goes, and what is said of it where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.faults import Broken, Fault
from archdsl.graph.model import Elaborated, Node, Scope
from archdsl.outputs.drawing.engine import CannotDraw

Role = Literal["", "fault", "unknown"]

_MOST_SAID = 10
"""Mistakes that the description of a drawing names."""


class Remark(NamedTuple):
    """One mistake in words, for the list below the drawing of a network that is wrong."""

    number: int
    place: str
    """`line 12`, or with the name of a file that is not the spec's own."""
    source: str
    """What stands there."""
    message: str
    remedies: tuple[str, ...] = ()
    way: str = ""
    """Through which blocks, rows and rounds one comes there, where that is one way."""


@dataclass(frozen=True)
class Faulty:
    """A wrong network, marked. Shapes are unknown behind a mistake, and may be anywhere."""

    graph: Elaborated
    remarks: tuple[Remark, ...]
    roles: Mapping[int, Role]
    """By layer, where it is not sound."""
    notes: Mapping[int, tuple[str, ...]]
    """By layer: what is wrong there, in short."""
    edges: Mapping[tuple[int, int], str]
    """By layer and the position of a tensor that it reads: how that does not fit, in short."""
    checked: Checked | None = None
    """All its numbers, where every shape is known all the same."""
    description: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.graph.name

    def facts(self, part: Node | Scope) -> object:
        """What must agree where parts fold, beside their sizes."""
        if isinstance(part, Scope):
            return None
        index = part.index
        edges = tuple(self.edges.get((index, operand)) for operand in range(len(part.inputs)))
        return self.roles.get(index), self.notes.get(index), edges

    def role(self, nodes: Iterable[Node]) -> Role:
        """The role of a box with these layers."""
        found = {self.roles.get(node.index, "") for node in nodes}
        return "fault" if "fault" in found else "unknown" if found == {"unknown"} else ""

    def note(self, nodes: Iterable[Node]) -> tuple[str, ...]:
        """What is said in the box with these layers: also of what one of them reads from another."""
        here = {node.index: node for node in nodes}
        lines = [line for index in here for line in self.notes.get(index, ())]
        for index, node in here.items():
            reads = [operand for operand, value in enumerate(node.inputs) if value.node.index in here]
            lines += [self.edges[index, operand] for operand in reads if (index, operand) in self.edges]
        return tuple(lines)

    def around(self) -> frozenset[int]:
        """Identities of the scopes in which something is wrong: they have to be open for that to be seen."""
        found: set[int] = set()
        for index, role in self.roles.items():
            scope: Scope | None = self.graph.nodes[index].scope if role == "fault" else None
            while scope is not None and id(scope) not in found:
                found.add(id(scope))
                scope = scope.parent
        return frozenset(found)


def faulty(broken: Broken, checked: Checked | None = None) -> Faulty:
    """A wrong network, ready to be drawn; raises CannotDraw where nothing of it is there."""
    graph = broken.graph
    if not graph.nodes:
        raise CannotDraw(f"nothing of {graph.name} can be drawn", "mend what is reported of it first")
    roles: dict[int, Role] = {
        node.index: "unknown"
        for node in graph.nodes
        if any(value.shape is None for value in node.outputs) or any(v.shape is None for v in node.inputs)
    }
    notes: dict[int, list[str]] = {}
    edges: dict[tuple[int, int], list[str]] = {}
    ordered = sorted(broken.faults, key=lambda each: _order(each, graph))
    for number, fault in enumerate(ordered, 1):
        for spot in fault.spots:
            roles[spot.layer] = "fault"
            words = " ".join(filter(None, (f"({number})", _spelt(spot.words))))
            reads = [operand for operand in spot.operands if operand < len(graph.nodes[spot.layer].inputs)]
            for operand in reads:
                edges.setdefault((spot.layer, operand), []).append(words)
            if not reads:
                notes.setdefault(spot.layer, []).append(words)
    return Faulty(
        graph,
        tuple(_remark(number, fault, graph) for number, fault in enumerate(ordered, 1)),
        roles,
        {index: tuple(lines) for index, lines in notes.items()},
        {place: ", ".join(lines) for place, lines in edges.items()},
        checked,
        _description(broken),
    )


def _order(fault: Fault, graph: Elaborated) -> tuple[int, str, int]:
    """As they come in the drawing; those of the whole network last."""
    at = fault.diagnostic.at
    return min((spot.layer for spot in fault.spots), default=len(graph.nodes)), at.source.name, at.start


def _remark(number: int, fault: Fault, graph: Elaborated) -> Remark:
    diagnostic = fault.diagnostic
    source = diagnostic.at.source
    line, _ = source.position(diagnostic.at.start)
    place = f"line {line}" if source.name == graph.file else f"{source.name}, line {line}"
    way = ""
    if diagnostic.trace is not None and len(fault.spots) == 1:
        way = _spelt(" → ".join(step.text for step in diagnostic.trace.path()))
    hints = tuple(map(_spelt, diagnostic.hints))
    return Remark(number, place, source.line(line).strip(), _spelt(diagnostic.text), hints, way)


def _spelt(text: str) -> str:
    """On one line, sizes with the sign for times."""
    from archdsl.outputs.drawing.blocks.picture import spelt  # which needs this module

    return re.sub(r"(?<=[\d)]) x (?=[\d(A-Z])", " × ", spelt(" ".join(text.split())))


def _description(broken: Broken) -> str:
    count = len(broken.faults)
    said = "; ".join(fault.diagnostic.text for fault in broken.faults[:_MOST_SAID])
    end = "; …" if count > _MOST_SAID else "."
    return f"{broken.name}, in which {count} {'thing is' if count == 1 else 'things are'} wrong: {said}{end}"
