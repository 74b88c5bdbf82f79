"""The graph under construction: nodes, scopes, names and shapes.

Knows nothing of the language: it is told which operator to apply to which tensors, and where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archdsl.diagnostics import Diagnostic, Error, Label, Report, Trace
from archdsl.graph.errors import Abandoned, DuplicateName, Failed, TooLarge
from archdsl.graph.faults import Mistake, Unmade
from archdsl.graph.model import Node, Scope, Value
from archdsl.graph.names import module_name, next_name
from archdsl.graph.refusals import diagnose, in_short
from archdsl.graph.remedies import other_elements
from archdsl.ops.contract import Op
from archdsl.ops.problems import Problem, WrongElements
from archdsl.sizes import Shape
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.graph.opening import Opening

MOST_NODES = 2_000_000
"""Layers in one network; more is a mistake in a repetition."""


@dataclass(slots=True, eq=False)
class Namer:
    """Gives the parts of one scope their names: numbers in a sequence, kind and order in a block."""

    numbered: bool
    used: dict[str, Span] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    """Labels that are still to come: no unlabelled part takes one of these names."""
    neighbour: str = ""
    """For what is inserted beside a part: the name of that part."""
    inserted: dict[str, Span] = field(default_factory=dict)
    """Labels of what was inserted: they take no name from the parts that are numbered."""

    def beside(self, name: str) -> Namer:
        """For what is inserted beside a part: the same names, so that none of them shifts."""
        return Namer(False, self.used, self.counts, self.reserved, name, self.inserted)

    def unlabelled(self, kind: str, span: Span) -> str:
        """The next free name for a part without a label; for one that is inserted, of its neighbour."""
        if self.neighbour:
            name = first = f"{kind}_{self.neighbour}"
            number = 1
            while name in self.used or name in self.reserved:
                number += 1
                name = f"{first}_{number}"
            self.used[name] = span
            return name
        if self.numbered:
            kind, template = "", "{1}"
            number = self.counts.get(kind, -1) + 1
        else:
            template = "{0}{1}"
            number = self.counts.get(kind, 0) + 1
        name = template.format(kind, number)
        while (name in self.used and name not in self.inserted) or name in self.reserved:
            number += 1
            name = template.format(kind, number)
        self.counts[kind] = number
        self.used[name] = span
        return name


@dataclass(slots=True, eq=False)
class Place:
    """Where a layer is put: the scope, how it was reached, and how often that happens."""

    scope: Scope
    namer: Namer
    trace: Trace
    depth: int
    copies: int
    """Product of the repetitions around this place."""

    def path(self, name: str) -> str:
        """The path of a module of this name."""
        prefix = self.scope.path
        return f"{prefix}.{name}" if prefix else name

    def within(self, trace: Trace, copies: int = 1) -> Place:
        """The same place, one step further on the way."""
        return Place(self.scope, self.namer, trace, self.depth, self.copies * copies)


class Builder:
    """Collects the nodes and scopes of one network."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.nodes: list[Node] = []
        self.scopes: list[Scope] = []
        self.failed = False
        self.mistakes: dict[Mistake, None] = {}
        """What failed, in order, each with the layer at which it did, where there is one."""
        self._refused: list[Mistake] = []
        """Those of the layer that is being made."""
        self.integers: set[tuple[int, int]] = set()
        """The outputs that hold whole numbers, by node and port; all others hold real ones."""
        self.opening: Opening | None = None
        """For a network whose sizes may be open."""
        self._inferred: dict[tuple[Op, tuple[Shape, ...]], tuple[Shape, ...] | list[Problem]] = {}

    def fail(self, diagnostic: Diagnostic) -> Failed:
        """Report an error; the caller raises what this returns."""
        return Failed(self._mistaken(Mistake(diagnostic)))

    def _mistaken(self, mistake: Mistake) -> Mistake:
        self.failed = True
        self.report.add(mistake.diagnostic)
        self.mistakes[mistake] = None
        return mistake

    def give_up(self, mistake: Mistake | None = None) -> Failed:
        """For an expression that needs what failed before; the caller raises what this returns."""
        self.failed = True
        return Failed(mistake)

    @contextmanager
    def quietly(self, quiet: bool) -> Iterator[None]:
        """Forget what is wrong within, if it is nobody's fault; it is then as if it had not been said."""
        report, mistakes, failed = self.report, self.mistakes, self.failed
        if quiet:
            self.report, self.mistakes = Report(), {}
        try:
            yield
        finally:
            self.report, self.mistakes = report, mistakes
            self.failed = failed if quiet else self.failed

    def abandon(self, diagnostic: Diagnostic) -> Abandoned:
        """Report an error that ends the network; the caller raises what this returns."""
        return Abandoned(self.fail(diagnostic).mistake)

    def blame(self, diagnostic: Diagnostic) -> None:
        """Report an error that ended the network, at the layer that was put where it did, if one was."""
        at = self.nodes[-1] if self.nodes and isinstance(self.nodes[-1].op, Unmade) else None
        self._mistaken(Mistake(diagnostic, node=at))

    def undo(self, nodes: int, scopes: int) -> None:
        """Leave out all but so many layers and scopes, the first ones."""
        for mistake in self.mistakes:
            if mistake.node is not None and mistake.node.index >= nodes:
                mistake.node = None
        del self.nodes[nodes:], self.scopes[scopes:]

    def has(self, value: Value) -> bool:
        """Whether the layer that gives a tensor was not left out again."""
        index = value.node.index
        return index < len(self.nodes) and self.nodes[index] is value.node

    def lost(
        self,
        text: str,
        inputs: tuple[Value, ...],
        site: Any,
        place: Place,
        why: Failed | Abandoned | None = None,
    ) -> Value:
        """A tensor of unknown shape, of a layer that stands for what an error kept from being made."""
        line, _ = site.span.source.position(site.span.start)
        node = Node(len(self.nodes), Unmade(text), inputs, (), place.scope, f"line {line}", site, place.trace)
        node.outputs = (Value(node, 0, None),)
        self.nodes.append(node)
        mistake = why.mistake if why is not None else None
        if mistake is not None and mistake not in self.mistakes:  # it stands outside of the network
            self._mistaken(Mistake(mistake.diagnostic, node=node))
        elif mistake is not None and mistake.node is None:
            mistake.node = node
        return node.outputs[0]

    def refuse(self, made: list[Node], diagnostic: Diagnostic, words: str) -> None:
        """Report an error of layers that are made, at the first: what they give is unknown then."""
        self._mistaken(Mistake(diagnostic, (0,), words, made[0]))
        for value in (value for node in made for value in node.outputs):
            value.shape = None

    def name(self, kind: str, label: tree.Name | None, place: Place, site: tree.Expression) -> str:
        """The name for a part of a scope."""
        namer = place.namer
        if label is None:
            name = namer.unlabelled(kind, site.span)
            if name in namer.inserted:
                label = tree.Name(name, namer.inserted[name])
                namer.used[name] = site.span
                raise self.fail(self._taken(label, namer, place))
            return name
        name = module_name(label.name)
        if name in namer.used or (namer.neighbour and name in namer.reserved):
            raise self.fail(self._taken(label, namer, place))
        namer.used[name] = label.span
        if namer.neighbour:
            namer.inserted[name] = label.span
        return name

    def _taken(self, label: tree.Name, namer: Namer, place: Place) -> DuplicateName:
        first = namer.used.get(module_name(label.name))
        if first is None:  # a label that is still to come has it
            hints = (f"another name, such as `{next_name(label.name, (*namer.used, *namer.reserved))}`",)
            return DuplicateName(at=label.span, name=label.name, hints=hints, trace=place.trace)
        again = first[1:] == label.span[1:]
        hints = ("put the lines into a `block`: each use of it is a module of its own",)
        labels = () if again else (Label(first, "it is taken here"),)
        if not again:
            hints = (f"another name, such as `{next_name(label.name, namer.used)}`",)
        return DuplicateName(at=label.span, name=label.name, labels=labels, hints=hints, trace=place.trace)

    def scope(
        self,
        kind: Any,
        name: str,
        place: Place,
        *,
        definition: str = "",
        arguments: dict[str, Any] | None = None,
        span: Span,
    ) -> Scope:
        """Open a scope at the next node; whoever opened it sets its `end`."""
        if len(self.scopes) >= MOST_NODES:
            raise self.abandon(too_large(span, place.trace))
        made = Scope(kind, name, place.scope, definition, arguments or {}, span, place.trace, len(self.nodes))
        self.scopes.append(made)
        return made

    def child(self, scope: Scope, name: str) -> Node | Scope | None:
        """The part of a scope that has this name: a layer, or a scope."""
        for each in self.scopes:
            if each.parent is scope and each.name == name:
                return each
        end = scope.end or len(self.nodes)
        found = (n for n in self.nodes[scope.start : end] if n.scope is scope and n.name == name)
        return next(found, None)

    def children(self, scope: Scope) -> list[str]:
        """The names of the parts of a scope."""
        scopes = [each.name for each in self.scopes if each.parent is scope]
        inside = (node for node in self.nodes[scope.start : scope.end] if node.scope is scope)
        return scopes + [node.name for node in inside if not isinstance(node.op, Unmade)]

    def node(
        self,
        op: Op,
        inputs: tuple[Value, ...],
        place: Place,
        name: str,
        site: tree.Expression,
        ends: tuple[Span, ...] = (),
    ) -> Node:
        """Apply an operator, its shapes inferred; what it refuses is reported and gives unknown shapes."""
        if len(self.nodes) >= MOST_NODES:
            raise self.abandon(too_large(site.span, place.trace))
        shapes: tuple[Shape, ...] | None
        shapes = tuple(v.shape for v in inputs)  # type: ignore[misc]
        if None in shapes:
            given: tuple[Shape | None, ...] = (None,) * 2
        else:
            self._check_elements(op, inputs, place, site)
            given = self._infer(op, shapes, inputs, place, site, ends)
        node = Node(len(self.nodes), op, inputs, (), place.scope, name, site, place.trace)
        node.outputs = tuple([Value(node, port, shape) for port, shape in enumerate(given)])
        self.nodes.append(node)
        while self._refused:
            self._refused.pop().node = node
        return node

    def _check_elements(self, op: Op, inputs: tuple[Value, ...], place: Place, site: tree.Expression) -> None:
        """Refuse whole numbers where real ones are needed, and the other way round."""
        ports, gives = op.ports, str(op.dtypes[1])
        if not self.integers and op.dtypes[0] != "int" and gives != "int" and not (ports or op.tensors):
            return
        for operand, (value, takes) in enumerate(zip(inputs, op.takes(len(inputs)), strict=True)):
            holds = "int" if (value.node.index, value.port) in self.integers else "float"
            if takes not in ("any", holds):
                words = {"int": "whole numbers", "float": "real numbers"}
                ordinary = len(inputs) - len(op.tensors)
                argument = op.tensors[operand - ordinary] if operand >= ordinary else None
                problem = Problem(
                    WrongElements,
                    argument,
                    operands=(operand,),
                    hints=tuple(other_elements(value, takes)),
                    op=op.name,
                    wants=words[takes],
                    holds=words[holds],
                    what=f"`{argument}`" if argument else "its input",
                )
                self._refuse(problem, op, inputs, site, place)
            gives = holds if gives == "same" else gives
        held: list[str] = [port.holds for port in ports] or [gives] * op.results
        self.integers |= {(len(self.nodes), port) for port, holds in enumerate(held) if holds == "int"}

    def _infer(
        self,
        op: Op,
        shapes: tuple[Shape, ...],
        inputs: tuple[Value, ...],
        place: Place,
        site: tree.Expression,
        ends: tuple[Span, ...],
    ) -> tuple[Shape | None, ...]:
        key = (op, shapes)
        known = self._inferred.get(key)
        if known is None:
            known = self._given(op, shapes, lambda each: diagnose(each, op, inputs, site, place.trace, ends))
            self._inferred[key] = known
        if isinstance(known, tuple):
            return known
        for problem in known:
            self._refuse(problem, op, inputs, site, place, ends)
        return (None,) * 2

    def _refuse(
        self,
        problem: Problem,
        op: Op,
        inputs: tuple[Value, ...],
        site: tree.Expression,
        place: Place,
        ends: tuple[Span, ...] = (),
    ) -> None:
        diagnostic = diagnose(problem, op, inputs, site, place.trace, ends)
        words = in_short(problem, inputs)
        mistake = Mistake(diagnostic, problem.operands[:1] if words else (), words)
        self._refused.append(self._mistaken(mistake))

    def _given(
        self, op: Op, shapes: tuple[Shape, ...], refuse: Callable[[Problem], Error]
    ) -> tuple[Shape, ...] | list[Problem]:
        """The shapes that an operator gives, or what it refuses."""
        if self.opening is not None and any(type(n) is not int for shape in shapes for n in shape):
            return self.opening.infer(op, shapes, refuse)
        return list(op.problems(*shapes)) or op.outputs(*shapes)


def too_large(span: Span, trace: Trace) -> TooLarge:
    return TooLarge(
        at=span,
        limit=f"{MOST_NODES:,}",
        trace=trace,
        hints=("repeat it less often",),
    )
