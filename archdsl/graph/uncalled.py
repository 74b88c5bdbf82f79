"""Blocks, notations and functions that no network calls: what they name has to be there all the same.

Nothing is known of their inputs and arguments, so shapes and values are not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from archdsl.diagnostics import Report
from archdsl.graph import foreign
from archdsl.graph.binding import nearest
from archdsl.graph.errors import UnknownArgument, UnknownName
from archdsl.graph.functions import FUNCTIONS, words
from archdsl.graph.lookup import labels_in, match_pattern
from archdsl.graph.program import Program
from archdsl.graph.values import Env
from archdsl.ops import OPERATORS
from archdsl.syntax import tree

Definition = tree.Block | tree.Notation | tree.Let


def look_into_uncalled(program: Program, env: Env, used: Collection[tuple[int, str]], report: Report) -> None:
    """Refuse unknown names in definitions of the spec that nothing has used, in its nets too."""
    called = {name for _, name in used}
    for statement in program.main.statements:
        if isinstance(statement, tree.Net) and statement.base is None:
            for item in statement.body.items:
                if isinstance(item, tree.Block | tree.Notation) and _text(item) not in called:
                    _look_into(item, env, _declared(statement), report)
        elif isinstance(statement, tree.Block | tree.Notation | tree.Let) and _text(statement) not in called:
            _look_into(statement, env, _declared(statement), report)


def _text(definition: Definition) -> str:
    name = definition.name
    return name.text if isinstance(name, tree.Pattern) else name.name


def _look_into(definition: Definition, env: Env, local: Mapping[str, Any], report: Report) -> None:
    known = {name for name, op in OPERATORS.items() if not op.hidden}
    known.update(FUNCTIONS, words(), env.names, local)
    patterns = [each for each in (*env.names.values(), *local.values()) if _holes(each)]
    for node in _expressions(definition):
        if isinstance(node, tree.Name):
            if node.name not in known and not any(_matches(each, node.name) for each in patterns):
                hints = foreign.layer(node.span) or nearest(node.name, known)
                report.add(UnknownName(at=node.span, name=node.name, hints=hints))
        elif isinstance(node.function, tree.Name):
            name = node.function.name
            names = _parameters(name, local.get(name) or env.names.get(name))
            _refuse_arguments(node, name, names, report)


def _refuse_arguments(call: tree.Call, callee: str, names: list[str] | None, report: Report) -> None:
    for argument in call.arguments:
        if names is not None and argument.name is not None and argument.name not in names:
            name = argument.name
            hints = foreign.argument(name, names) or nearest(name, names)
            report.add(UnknownArgument(at=argument.span, callee=f"`{callee}`", parameter=name, hints=hints))


def _parameters(name: str, meaning: Any) -> list[str] | None:
    """What a callee may be told by name; None where that is not known."""
    if name in OPERATORS:
        return [each.name for each in OPERATORS[name].args]
    definition = getattr(meaning, "tree", meaning)
    if isinstance(definition, tree.Block | tree.Notation) and not _holes(definition):
        return [each.name.name for each in definition.parameters]
    return None


def _holes(meaning: Any) -> bool:
    definition = getattr(meaning, "tree", meaning)
    return isinstance(definition, tree.Notation) and bool(definition.name.holes)


def _matches(meaning: Any, name: str) -> bool:
    return match_pattern(getattr(meaning, "tree", meaning).name, name)[0] is not None


def _declared(statement: tree.Net | Definition) -> dict[str, Any]:
    """Every name that is declared in a statement, at any depth, with its tree."""
    found: dict[str, Any] = {}
    for node in _nodes([statement]):
        match node:
            case tree.Body():
                found.update((label.name, None) for label in labels_in(node))
            case tree.Block() | tree.Notation() | tree.Let():
                found[_text(node)] = node
                holes = node.name.holes if isinstance(node.name, tree.Pattern) else ()
                found.update(dict.fromkeys(holes))
            case tree.Parameter() | tree.Input():
                found[node.name.name] = None
            case tree.For():
                found[node.variable.name] = None
    return found


def _nodes(waiting: Iterable[object]) -> Iterator[object]:
    stack = list(waiting)
    while stack:
        node = stack.pop()
        yield node
        stack.extend(tree.children(node))


def _expressions(definition: Definition) -> Iterator[tree.Name | tree.Call]:
    """The names whose meaning a definition needs, and its calls; not what it declares or says of paths."""
    stack: list[object] = [definition]
    while stack:
        node = stack.pop()
        match node:
            case tree.Name() | tree.Call():
                yield node
        match node:
            case tree.Block():
                stack += [*node.parameters, node.body]
            case tree.Notation() | tree.Let():
                stack += [*(node.parameters or ()), node.value]
            case tree.Parameter(default=value) if value is not None:
                stack.append(value)
            case tree.Step() | tree.Share() | tree.Output() | tree.Expect():
                stack.append(node.value)
            case tree.For():
                stack += [node.values, node.body]
            case tree.Row() | tree.Group() | tree.ExpectRow() | tree.Table():
                stack += _of_table(node)
            case (
                tree.ExpectSizes()
                | tree.Parameter()
                | tree.Input()
                | tree.Tie()
                | tree.Freeze()
                | tree.Init()
                | tree.Loss()
            ):
                pass
            case _:
                stack.extend(tree.children(node))


def _of_table(node: tree.Row | tree.Group | tree.ExpectRow | tree.Table) -> Iterator[object]:
    """What of a table may name something: neither its header nor the labels of its rows."""
    if isinstance(node, tree.Table):
        yield from (node.block, *node.rows) if node.block is not None else node.rows
    elif isinstance(node, tree.Group):
        yield from node.rows
    else:
        yield from (item for cell in node.cells for item in cell.items if not isinstance(item, tree.Name))
