"""One network of a program, elaborated."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.diagnostics import Label, Report
from archdsl.graph.binding import bind
from archdsl.graph.bounds import refuse_bombs
from archdsl.graph.build import Builder, Namer, Place
from archdsl.graph.calls import DEEPEST
from archdsl.graph.errors import (
    Abandoned,
    ColumnsDiffer,
    DuplicateName,
    EndlessRecursion,
    Failed,
    Misplaced,
    MissingArgument,
    UnusedLabel,
    UnusedName,
)
from archdsl.graph.expand import Expander
from archdsl.graph.lookup import dotted, labels_in
from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.graph.names import module_name
from archdsl.graph.program import Program
from archdsl.graph.settings import setting
from archdsl.graph.subjects import is_literal, resolve
from archdsl.graph.tables import columns_of, variant_tables
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
class Choice:
    """One network to elaborate: a net, a column of its table, and a `variant` of its parameters."""

    net: tree.Net
    column: str | None
    variant: tree.Variant | None

    @property
    def name(self) -> str:
        """`LeNet`, `VGG.D`, `EfficientNet.B4`."""
        variant = self.variant.name.name if self.variant else None
        return ".".join(part for part in (self.net.name.name, self.column, variant) if part)


@dataclass
class Names:
    """What the files of a program declare, for all networks alike."""

    env: Env
    interned: dict[tuple[Any, ...], Op] = field(default_factory=dict)
    used: set[tuple[int, str]] = field(default_factory=set)


def choices(program: Program, report: Report) -> list[Choice]:
    """Every network of the spec: its nets, each with its variants where it has some."""
    found = []
    nets: dict[str, tree.Net] = {}
    for net in program.main.statements:
        if not isinstance(net, tree.Net):
            continue
        if net.name.name in nets:
            first = Label(nets[net.name.name].name.span, "here")
            report.add(DuplicateName(at=net.name.span, name=net.name.name, labels=(first,)))
            continue
        nets[net.name.name] = net
        variants = [item for item in net.body.items if isinstance(item, tree.Variant)]
        tables = variant_tables(net.body.items)
        columns: list[str | None] = list(columns_of(tables[0]).named) if tables else [None]
        for other in tables[1:]:
            if (names := list(columns_of(other).named)) != columns:
                these, those = ", ".join(names), ", ".join(map(str, columns))
                at = other.header.span
                label = Label(tables[0].header.span, "the other table")
                report.add(ColumnsDiffer(at=at, these=these, those=those, labels=(label,)))
        for column in columns:
            plain = [None] if column or not variants else []
            found += [Choice(net, column, variant) for variant in [*plain, *variants]]
    return found


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
    reserved = frozenset(module_name(label.name) for label in labels_in(net.body))
    place = Place(root, Namer(numbered=False, reserved=reserved), None, 0, 1)
    env = _net_env(expander, names, choice, settings, place)
    root.arguments = {name: value for name, value in env.names.items() if name != "in"}
    last = plain(expander.lines(net.body.items, None, place, env))
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
    )


def _expander(names: Names, column: str | None, report: Report) -> Expander:
    expander = Expander(Builder(report), column)
    expander.interned = names.interned
    expander.used = names.used
    return expander


def _place(source: Source) -> Place:
    span = Span(source, 0, 0)
    return Place(Scope("net", "", None, "", {}, span, None, 0), Namer(numbered=False), None, 0, 1)


def _net_env(
    expander: Expander, names: Names, choice: Choice, settings: Mapping[str, str], place: Place
) -> Env:
    """The net's parameters: from the settings, else from its variant, else their defaults."""
    net = choice.net
    env = Env(names.env, net, labels=True)
    known = [each.name.name for each in net.parameters]
    given = choice.variant.arguments if choice.variant else ()
    at = choice.variant.span if choice.variant else net.name.span
    fail = expander.builder.fail
    bound = bind(f"`{net.name.name}`", known, set(), given, at, None, fail)
    for parameter in net.parameters:
        name = parameter.name.name
        expander.check_name(parameter.name, place)
        if name in env.names:
            expander.fail(DuplicateName(at=parameter.span, name=name))
        if name in settings:
            env.names[name] = setting(expander, name, settings[name], names.env, place)
        elif name in bound:
            env.names[name] = expander.value(bound[name][0].value, names.env, place)
        elif parameter.default is not None:
            env.names[name] = expander.value(parameter.default, env, place)
        else:
            hints = (f"a default: `{name} = …`", f"--set {name}=…")
            callee = f"`{net.name.name}`"
            expander.fail(MissingArgument(at=parameter.span, callee=callee, parameter=name, hints=hints))
    return env


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
