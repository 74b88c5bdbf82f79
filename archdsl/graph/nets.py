"""One network of a program, elaborated."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.diagnostics import Label, Report
from archdsl.graph.binding import bind, nearest
from archdsl.graph.build import Builder, Namer, Place
from archdsl.graph.errors import (
    ColumnsDiffer,
    DuplicateName,
    EndlessRecursion,
    Failed,
    Misplaced,
    MissingArgument,
    UnknownName,
    UnknownSubject,
    UnusedLabel,
    UnusedName,
    WrongArgument,
    WrongPrinted,
    WrongShape,
)
from archdsl.graph.calls import DEEPEST
from archdsl.graph.evaluate import Evaluator
from archdsl.graph.expand import Expander, Pending
from archdsl.graph.lookup import dotted, labels_in
from archdsl.graph.model import Elaborated, Expectation, Node, Scope, Value
from archdsl.graph.names import module_name
from archdsl.graph.program import Program
from archdsl.graph.tables import columns_of, variant_tables
from archdsl.graph.values import (
    BlockDefinition,
    Env,
    FunctionDefinition,
    NotationDefinition,
    Outputs,
    describe,
)
from archdsl.ops.contract import Op
from archdsl.source import Source, Span
from archdsl.syntax import tree
from archdsl.syntax.parse import parse

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
            except Failed:
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
    expander = _expander(names, choice.column, report)
    builder = expander.builder
    net = choice.net
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        return _elaborated(expander, program, names, choice, settings)
    except Failed:
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
    last = expander.plain(expander.lines(net.body.items, None, place, env))
    root.end = len(builder.nodes)
    if builder.failed:
        return None
    outputs = dict(expander.outputs)
    if not outputs and last is not None:
        value = expander.tensor(last, net.name, place)
        outputs = {"output": value} if value is not None and value.node.inputs else {}
    root.outputs = outputs
    expectations = [made for each in expander.pending if (made := _expectation(expander, each, last))]
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
            env.names[name] = _setting(expander, name, settings[name], names, place)
        elif name in bound:
            env.names[name] = expander.value(bound[name][0].value, names.env, place)
        elif parameter.default is not None:
            env.names[name] = expander.value(parameter.default, env, place)
        else:
            hints = (f"a default: `{name} = …`", f"--set {name}=…")
            callee = f"`{net.name.name}`"
            expander.fail(MissingArgument(at=parameter.span, callee=callee, parameter=name, hints=hints))
    return env


class NotAnExpression(ValueError):
    """The value of a setting is not an expression of the language."""


def _setting(expander: Expander, name: str, text: str, names: Names, place: Place) -> Any:
    source = Source(f"--set {name}", f"let value = {text}")
    report = Report()
    file = parse(source, report)
    if file is None or len(file.statements) != 1 or not isinstance(file.statements[0], tree.Let):
        raise NotAnExpression(f"--set {name}={text}: `{text}` is not a value")
    problems = expander.builder.report
    expander.builder.report = report
    try:
        return expander.value(file.statements[0].value, names.env, place)
    except Failed:
        why = "; ".join(each.text for each in report)
        raise NotAnExpression(f"--set {name}={text}: {why}") from None
    finally:
        expander.builder.report = problems


def input_shape(expander: Evaluator, item: tree.Input, env: Env, place: Place) -> tuple[Any, str]:
    """The shape and the type of numbers of an input."""
    parts = item.shape.parts if isinstance(item.shape, tree.Dims) else (item.shape,)
    for part in parts:
        if isinstance(part, tree.Name) and part.name not in expander.visible(env):
            name = part.name
            hints = (f"a size: `3 x 224 x 224`, or a parameter of the net: `({name} = 224)`",)
            expander.fail(UnknownName(at=part.span, name=name, hints=hints, trace=place.trace))
    value = expander.static(item.shape, env, place)
    sizes = (value,) if not isinstance(value, tuple) else value
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in sizes):
        expander.fail(WrongShape(at=item.shape.span, what="an input", got=describe(value), trace=place.trace))
    dtype = item.dtype.name if item.dtype else "float"
    if dtype not in ("float", "int"):
        assert item.dtype is not None
        expander.fail(
            WrongArgument(
                at=item.dtype.span,
                callee="`input`",
                parameter="of",
                wants="`float` or `int`",
                got=f"`{dtype}`",
                hints=nearest(dtype, ("float", "int")),
            )
        )
    return sizes, dtype


def _expectation(expander: Expander, pending: Pending, last: Any) -> Expectation | None:
    """Resolve what an expectation speaks of and the value that was printed."""
    place = pending.place
    try:
        printed = expander.static(pending.value, pending.env, place)
        if isinstance(printed, bool | str | list):
            wants = "a number or a shape"
            expander.fail(
                WrongPrinted(
                    at=pending.value.span, metric=pending.target.span.text, wants=wants, got=describe(printed)
                )
            )
        *path, metric = dotted(pending.target)
        subject = ".".join(path)
        start, value = pending.start, expander.plain(pending.subject)
        end = place.scope.end if pending.end is None else pending.end
        if subject:
            value, start, end = _subject(expander, subject, pending)
        elif pending.subject is not None:
            subject = place.scope.path or "this row"
        if isinstance(value, Outputs):
            value = None
    except Failed:
        return None
    return Expectation(
        kind=pending.kind,
        subject=subject,
        metric=metric,
        operator=pending.operator,
        printed=pending.value,
        wanted=printed,
        value=value,
        start=start,
        end=end,
        span=pending.span,
        trace=place.trace,
    )


def _subject(expander: Expander, subject: str, pending: Pending) -> tuple[Value | None, int, int]:
    """What a path names: a label, or else a module by its name in the compiled net."""
    builder, prefix = expander.builder, pending.place.scope.path
    for path in dict.fromkeys((f"{prefix}.{subject}" if prefix else subject, subject)):
        if path in expander.named_values:
            found = expander.named_values[path]
            return found.value, found.start, found.end
        for scope in builder.scopes:
            if scope.path == path:
                return scope.outputs.get(""), scope.start, scope.end
        for node in builder.nodes:
            if node.path == path:
                return node.outputs[0], node.index, node.index + 1
    known = [name.removeprefix(f"{prefix}.") for name in expander.named_values]
    hints = nearest(subject, known)
    expander.fail(
        UnknownSubject(at=pending.target.span, name=subject, hints=hints, trace=pending.place.trace)
    )


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

