"""One network of a program, elaborated."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.diagnostics import Label, Report
from archdsl.graph.bounds import refuse_bombs
from archdsl.graph.build import Builder, Namer, Place
from archdsl.graph.calls import DEEPEST
from archdsl.graph.choices import Choice
from archdsl.graph.errors import (
    Abandoned,
    DuplicateName,
    EndlessRecursion,
    Failed,
    Misplaced,
    UnusedLabel,
    UnusedName,
)
from archdsl.graph.expand import Expander
from archdsl.graph.levels import level_envs, run_levels
from archdsl.graph.lookup import dotted, labels_in
from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.graph.names import module_name
from archdsl.graph.program import Program
from archdsl.graph.subjects import is_literal, resolve
from archdsl.graph.training import frozen, losses, starts
from archdsl.graph.values import (
    BlockDefinition,
    Env,
    FunctionDefinition,
    NotationDefinition,
    plain,
)
from archdsl.ops.contract import Op
from archdsl.source import Source, Span
from archdsl.syntax import tree

_FRAMES = 40 * DEEPEST
"""Python frames that the deepest allowed nesting needs."""


@dataclass
class Names:
    """What the files of a program declare, for all networks alike."""

    env: Env
    interned: dict[tuple[Any, ...], Op] = field(default_factory=dict)
    used: set[tuple[int, str]] = field(default_factory=set)


def declare_all(program: Program, report: Report) -> Names | None:
    """Evaluate what stands outside the nets: blocks, notations, functions and `let`."""
    names = Names(Env(None, program))
    evaluator = _expander(names, None, report)
    place = _place(program.main.source)
    origins: dict[str, Span] = {}
    for file in program.files:
        for statement in file.statements:
            if isinstance(statement, tree.Import | tree.Net):
                continue
            name = statement.name
            text = name.text if isinstance(name, tree.Pattern) else name.name
            try:
                if text in names.env.names:
                    first = Label(origins[text], "here")
                    raise evaluator.builder.fail(DuplicateName(at=name.span, name=text, labels=(first,)))
                origins[text] = name.span
                match statement:
                    case tree.Let():
                        evaluator.let(statement, names.env, place)
                    case tree.Notation():
                        definition: Any = NotationDefinition(statement, names.env)
                        evaluator.declare(text, name.span, definition, names.env, place)
                    case tree.Block():
                        definition = BlockDefinition(statement, names.env)
                        evaluator.declare(text, name.span, definition, names.env, place)
            except (Failed, Abandoned):
                continue
    if evaluator.builder.nodes:
        node = evaluator.builder.nodes[0]
        what, where = "a tensor", "belongs into a net or block"
        report.add(Misplaced(at=node.span, what=what, where=where))
    return None if evaluator.builder.failed or evaluator.builder.nodes else names


def elaborate(
    program: Program, names: Names, choice: Choice, settings: Mapping[str, str], report: Report
) -> Elaborated | None:
    """Expand one network; None if it is wrong, with the reasons in the report."""
    net = choice.net
    if refuse_bombs(net, names.env, report):
        return None
    expander = _expander(names, choice.column, report)
    builder = expander.builder
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        return _elaborated(expander, program, names, choice, settings)
    except (Failed, Abandoned):
        return None
    except RecursionError:
        what = f"something in `{net.name.name}`"
        builder.fail(EndlessRecursion(at=net.name.span, what=what, limit=DEEPEST))
        return None
    finally:
        sys.setrecursionlimit(limit)


def _elaborated(
    expander: Expander, program: Program, names: Names, choice: Choice, settings: Mapping[str, str]
) -> Elaborated | None:
    builder, net = expander.builder, choice.net
    root = Scope("net", "", None, net.name.name, {}, net.span, None, 0)
    builder.scopes.append(root)
    levels = [choice]
    while (base := levels[0].base) is not None:
        levels.insert(0, base)
    reserved = frozenset(module_name(label.name) for level in levels for label in labels_in(level.net.body))
    place = Place(root, Namer(numbered=False, reserved=reserved), None, 0, 1)

    def elaborate_base(base: Choice) -> Elaborated | None:
        return elaborate(program, names, base, settings, Report())  # it is reported where it stands

    envs = level_envs(expander, names.env, levels, settings, place)
    root.arguments = {name: value for name, value in envs[-1].names.items() if name != "in"}
    last = plain(run_levels(expander, elaborate_base, levels, envs, place))
    root.end = len(builder.nodes)
    if builder.failed:
        return None
    outputs = dict(expander.outputs)
    if not outputs and last is not None:
        value = expander.tensor(last, net.name, place)
        outputs = {"output": value} if value is not None and value.node.inputs else {}
    root.outputs = outputs
    resolved = [made for each in expander.pending if (made := resolve(expander, each))]
    changed = any(parameter.name.name in settings for parameter in net.parameters)
    # numbers are printed of the net with its own parameters; what is written in terms of them holds on
    expectations = [each for each in resolved if not (changed and is_literal(each.printed))]
    training = frozen(expander), starts(expander), losses(expander)
    _unused_labels(expander)
    if builder.failed:
        return None
    _mark_training(builder.nodes, outputs, expander.training_outputs)
    return Elaborated(
        name=choice.name,
        file=program.main.source.name,
        doc=program.main.doc.value if program.main.doc else "",
        net=net,
        nodes=builder.nodes,
        scopes=builder.scopes,
        inputs=expander.inputs,
        outputs=outputs,
        training_outputs=expander.training_outputs,
        named=expander.named_values,
        expectations=expectations,
        ties=expander.ties,
        frozen=training[0],
        starts=training[1],
        losses=training[2],
    )


def _expander(names: Names, column: str | None, report: Report) -> Expander:
    expander = Expander(Builder(report), column)
    expander.interned = names.interned
    expander.used = names.used
    return expander


def _place(source: Source) -> Place:
    span = Span(source, 0, 0)
    return Place(Scope("net", "", None, "", {}, span, None, 0), Namer(numbered=False), None, 0, 1)


def _mark_training(nodes: list[Node], outputs: dict[str, Value], training: dict[str, Value]) -> None:
    """Mark the nodes that only training outputs need."""
    if not training:
        return
    needed = [False] * len(nodes)
    for value in outputs.values():
        needed[value.node.index] = True
    for node in reversed(nodes):
        if needed[node.index]:
            for value in node.inputs:
                needed[value.node.index] = True
    wanted = [False] * len(nodes)
    for value in training.values():
        wanted[value.node.index] = True
    for node in reversed(nodes):
        if wanted[node.index]:
            node.training = not needed[node.index]
            for value in node.inputs:
                wanted[value.node.index] = True


def _unused_labels(expander: Expander) -> None:
    """Warn of labels that name an existing tensor and are never referred to."""
    subjects = {dotted(each.target)[0] for each in expander.pending}
    for label, env in expander.aliases:
        frame = env.for_labels()
        if (id(frame.owner), label.name) not in expander.used and label.name not in subjects:
            expander.builder.report.add(UnusedLabel(at=label.span, name=label.name))


def unused_names(program: Program, names: Names, elaborated: list[tree.Net], report: Report) -> None:
    """Warn of parameters and `let` that no network used; blocks that none used may be a library."""
    waiting: list[object] = list(elaborated)
    waiting += [
        each.tree
        for each in names.env.names.values()
        if isinstance(each, BlockDefinition | NotationDefinition | FunctionDefinition)
        and (id(program), each.name) in names.used
        and each.tree.span.source is program.main.source
    ]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Net | tree.Block | tree.Notation):
            for parameter in node.parameters:
                if (id(node), parameter.name.name) not in names.used:
                    name = parameter.name
                    report.add(UnusedName(at=name.span, what="the parameter", name=name.name))
