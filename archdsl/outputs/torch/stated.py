"""The conditions that a spec states itself.

A part that only some uses of a block have stands in an `if` of the spec. Where that `if` asks for nothing
but what the class is told, the class asks the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from archdsl.diagnostics import Trace
from archdsl.graph.lookup import match_pattern
from archdsl.outputs.torch.code import SIGNS, Binary, Const, Expr
from archdsl.outputs.torch.conditions import negated
from archdsl.outputs.torch.uses import Leaf, Part, Use
from archdsl.source import Span
from archdsl.syntax import tree

CHANNELS = "in.channels"
"""What stands for the channels that come in, among the names that a condition may ask for."""

Known = Mapping[str, Expr]
"""What names of the spec are called in the class."""

Path = Sequence[object]
"""A node of a syntax tree, behind all those that it stands in."""


def stated(part: Part, use: Use, known: Known) -> Expr | None:
    """When a use of a block has a part, as the spec says it; None where that asks for something unknown."""
    block = use
    while not block.scope.definition and block.parent is not None:
        block = block.parent
    origin = part.node if isinstance(part, Leaf) else part.scope
    spans = [*_steps(origin.trace, block.scope.trace), origin.span]
    conditions: list[list[Expr | None]] = []
    definition: object = None
    call: object = None
    for span in spans:
        path = _path(use.graph.files, span)
        start = max((i for i, node in enumerate(path) if _is_definition(node)), default=0)
        if not path or (definition is None and not _is_block(path[start], block)):
            return None
        if definition is path[start]:
            conditions.pop()  # this place is further in, so behind the same conditions and perhaps more
        elif definition is not None:
            known = _bound(call, path[start], known)
        definition, call = path[start], path[-1]
        known = _values([*use.graph.files, *path], known)
        conditions.append([*_conditions(path[start:], known)])
    return _joined([*chain.from_iterable(conditions)])


def _steps(trace: Trace, around: Trace) -> list[Span]:
    """The notations and repetitions between a block and what stands in it, from the outside."""
    spans = []
    while trace is not None and trace is not around:
        spans.append(trace.span)
        trace = trace.outer
    return spans[::-1]


def _path(files: Sequence[tree.File], span: Span) -> Path:
    """The node at a place, behind all that it stands in."""
    path: list[object] = []
    below: list[Any] = [each for file in files if file.source is span.source for each in file.statements]
    while around := [each for each in below if each.span.start <= span.start and span.end <= each.span.end]:
        path.append(min(around, key=lambda each: each.span.end - each.span.start))
        below = list(tree.children(path[-1]))
    return path


def _is_definition(node: object) -> bool:
    return isinstance(node, tree.Block | tree.Notation | tree.Net)


def _is_block(definition: object, block: Use) -> bool:
    return isinstance(definition, tree.Block) and definition.name.name == block.scope.definition


def _conditions(path: Path, known: Known) -> Iterator[Expr | None]:
    """What has to hold on the way down to a node."""
    for node, below in pairwise(path):
        if isinstance(node, tree.If) and below is not node.condition:
            condition = _said(node.condition, known)
            yield negated(condition) if condition is not None and below is node.otherwise else condition


def _bound(call: object, definition: object, known: Known) -> dict[str, Expr]:
    """What the parameters of a notation stand for in a call of it."""
    if not isinstance(definition, tree.Notation):
        return {}
    function = call.function if isinstance(call, tree.Call) else call
    arguments = call.arguments if isinstance(call, tree.Call) else ()
    word = function.name if isinstance(function, tree.Name) else ""
    holes, _ = match_pattern(definition.name, word)
    found: dict[str, Expr | None] = {name: Const(value) for name, value in (holes or {}).items()}
    found[CHANNELS] = known.get(CHANNELS)
    names = [each.name.name for each in definition.parameters]
    found.update((p.name.name, _said(p.default, {})) for p in definition.parameters if p.default)
    in_order = iter(names)
    for argument in arguments:
        name = argument.name or next(in_order, "")
        found[name] = _said(argument.value, known)
    return {name: expr for name, expr in found.items() if expr is not None}


def _values(around: Sequence[object], known: Known) -> dict[str, Expr]:
    """What the `let` lines around a place stand for."""
    found = dict(known)
    for node in around:
        lines = node.statements if isinstance(node, tree.File) else getattr(node, "items", ())
        for line in lines:
            if isinstance(line, tree.Let) and line.parameters is None:
                value = _said(line.value, found)
                found |= {line.name.name: value} if value is not None else {}
    return {**found, **known}


# --- expressions ------------------------------------------------------------------------------------


def _said(node: tree.Expression, known: Known) -> Expr | None:
    """A static expression of the spec in Python; None where it asks for something unknown."""
    match node:
        case tree.Number(value) | tree.Boolean(value) | tree.Text(value):
            return Const(value)
        case tree.Name(name):
            return known.get(name)
        case tree.Attribute(value=tree.In(), name="channels"):
            return known.get(CHANNELS)
        case tree.Unary("not", operand):
            denied = _said(operand, known)
            return None if denied is None else negated(denied)
        case tree.Binary(sign, left, right):
            first, second = _said(left, known), _said(right, known)
            computed = sign in SIGNS or sign in ("and", "or")
            return _combined(sign, first, second) if first and second and computed else None
        case _:
            return None


def _combined(sign: str, left: Expr, right: Expr) -> Expr:
    """Two expressions as one, computed where both are plain values."""
    match sign, left, right:
        case "and" | "or", Const(value), other:
            return other if value is (sign == "and") else left
        case "and" | "or", other, Const(value):
            return other if value is (sign == "and") else right
        case _, Const(a), Const(b) if not (sign == "//" and not b):
            return Const(SIGNS[sign](a, b))
        case _:
            return Binary(sign, left, right)


def _joined(conditions: Sequence[Expr | None]) -> Expr | None:
    """All of them at once; None where one is not known, or where nothing is left to ask."""
    found: Expr = Const(True)
    for each in conditions:
        if each is None:
            return None
        found = _combined("and", found, each)
    return None if isinstance(found, Const) else found
