"""An operator's refusal, turned into a diagnostic with both its ends and a remedy."""

from __future__ import annotations

from archdsl.diagnostics import Error, Label, Trace
from archdsl.graph.model import Node, Value
from archdsl.graph.remedies import maker, remedies, written
from archdsl.ops.contract import Op
from archdsl.ops.problems import Problem
from archdsl.sizes import Shape, axis_name, show
from archdsl.source import Span
from archdsl.syntax import tree


def diagnose(
    problem: Problem,
    op: Op,
    inputs: tuple[Value, ...],
    site: tree.Expression,
    trace: Trace,
    ends: tuple[Span, ...] = (),
) -> Error:
    """The diagnostic; `ends` are the places of the inputs, where the call or its braces name them."""
    operands = [i for i in problem.operands if i < len(inputs) and inputs[i].shape is not None]
    at, here = site.span, problem.here
    if problem.argument is not None:
        at = written(site, op, problem.argument, len(ends)) or at
    elif operands and operands[0] < len(ends):
        at = ends[operands[0]]
        here = here or f"{show(inputs[operands[0]].shape or ())} here"
    return problem.kind(
        at=at,
        here=here,
        labels=tuple(_origins([inputs[i] for i in operands], problem.axis, at)),
        hints=tuple(dict.fromkeys(remedies(problem, op, inputs, site, ends))),
        trace=trace,
        **problem.fields,
    )


def in_short(problem: Problem, inputs: tuple[Value, ...]) -> str:
    """A refusal in a few words, for a place that has no room: what came, and what should have come."""
    came, wanted = inputs[problem.operands[0]].shape if problem.operands else None, problem.fits
    if came is None or wanted is None or len(came) != len(wanted):
        short: str = getattr(problem.kind, "short", "")
        return short.format_map(problem.fields)
    differing = [axis for axis, (n, m) in enumerate(zip(came, wanted, strict=True)) if n != m]
    given, fits = (show([shape[axis] for axis in differing]) for shape in (came, wanted))
    return f"got {given}, expected {fits}"


def _origins(values: list[Value], axis: int | None, at: Span) -> list[Label]:
    """Where the sizes in question were set."""
    makers = [maker(value, axis) for value in values]
    places = [_place(node) for node in makers]
    labels = []
    for value, node, place in zip(values, makers, places, strict=True):
        if place[1:] == at[1:]:
            continue
        again = _way(node, makers) if places.count(place) > 1 else ""
        labels.append(Label(place, f"{_size(value.shape or (), axis)} from here{again}"))
    return labels


def _way(node: Node, makers: list[Node]) -> str:
    """How a layer was reached, from where that differs from the way to others on the same place."""
    paths = [[step.text for step in each.trace.path()] for each in makers if each.trace]
    own = [step.text for step in node.trace.path()] if node.trace else []
    shared = 0
    while shared < len(own) and all(path[shared : shared + 1] == [own[shared]] for path in paths):
        shared += 1
    return f" ({' → '.join(own[shared:])})" if own[shared:] else ""


def _place(node: Node) -> Span:
    return node.site.shape.span if isinstance(node.site, tree.Input) else node.span


def _size(shape: Shape, axis: int | None) -> str:
    if axis is None:
        return f"{show(shape)} comes"
    name = axis_name(axis, len(shape))
    return f"{shape[axis]} {name} come" if axis == 0 else f"{name} {shape[axis]} comes"
