"""One network of a program, elaborated."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from archdsl.diagnostics import Label, Report
from archdsl.graph.bounds import bomb
from archdsl.graph.build import Builder, Namer, Place
from archdsl.graph.calls import DEEPEST
from archdsl.graph.certify import certified, settle_nodes
from archdsl.graph.choices import Choice
from archdsl.graph.edits import path_of
from archdsl.graph.errors import (
    Abandoned,
    DuplicateName,
    EndlessRecursion,
    Failed,
    Misplaced,
    TooManySizes,
    UnusedLabel,
    UnusedName,
)
from archdsl.graph.expand import Expander
from archdsl.graph.faults import Broken
from archdsl.graph.levels import level_envs, paths_of, run_levels
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Elaborated, Node, Scope, Value, is_within
from archdsl.graph.opening import Box, Opening
from archdsl.graph.partial import partial
from archdsl.graph.program import Program
from archdsl.graph.prune import prune
from archdsl.graph.size_subjects import size_expectations
from archdsl.graph.subjects import is_literal, resolve
from archdsl.graph.training import frozen, losses, starts
from archdsl.graph.values import (
    BlockDefinition,
    Env,
    Flow,
    FunctionDefinition,
    Lost,
    NotationDefinition,
    plain,
)
from archdsl.ops.contract import Op
from archdsl.sizes.open import walking
from archdsl.sizes.sets import TooComplex
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
    declared: dict[tuple[int, str], tuple[tree.Name, str]] = field(default_factory=dict)


def declare_all(program: Program, report: Report) -> Names:
    """Evaluate what stands outside the nets: blocks, notations, functions and `let`."""
    names = Names(Env(None, program))
    evaluator = _expander(names, None, report)
    origins: dict[str, Span] = {}
    with _deep_recursion():
        for file in program.files:
            for statement in file.statements:
                if not isinstance(statement, tree.Import | tree.Net):
                    _declare(evaluator, statement, names.env, origins)
    if evaluator.builder.nodes:
        node = evaluator.builder.nodes[0]
        what, where = "a tensor", "belongs into a net or block"
        report.add(Misplaced(at=node.span, what=what, where=where))
    return names


def _declare(
    evaluator: Expander, statement: tree.Let | tree.Notation | tree.Block, env: Env, origins: dict[str, Span]
) -> None:
    """Declare one name of a file; one whose value is wrong is known to be lost."""
    name, place = statement.name, _place(statement.span.source)
    text = name.text if isinstance(name, tree.Pattern) else name.name
    try:
        if text in env.names:
            first = Label(origins[text], "it is taken here")
            raise evaluator.builder.fail(DuplicateName(at=name.span, name=text, labels=(first,)))
        origins[text] = name.span
        match statement:
            case tree.Let():
                evaluator.let(statement, env, place)
            case tree.Notation():
                evaluator.declare(text, name.span, NotationDefinition(statement, env), env, place)
            case tree.Block():
                evaluator.declare(text, name.span, BlockDefinition(statement, env), env, place)
    except (Failed, Abandoned) as why:
        env.names.setdefault(text, Lost(why.mistake))
    except RecursionError:
        what, limit = f"something in `{text}`", f"{DEEPEST} levels deep"
        endless = evaluator.builder.fail(EndlessRecursion(at=name.span, what=what, limit=limit))
        env.names.setdefault(text, Lost(endless.mistake))


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Room for the Python frames of the deepest nesting that is allowed."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def elaborate(
    program: Program,
    names: Names,
    choice: Choice,
    settings: Mapping[str, str],
    report: Report,
    *,
    free: bool = False,
) -> Elaborated | Broken:
    """Expand one network; if it is wrong, as far as it goes, with the reasons in the report.

    With `free`, the sizes of its inputs are open even where the spec gives them.
    """
    declared: dict[str, int] = {}

    def begin(box: Box) -> Opening:
        return Opening(box, free, settings, declared)

    def run(opening: Opening, own: Report) -> Elaborated | Broken:
        made = _elaborate(program, names, choice, settings, own, opening)
        if isinstance(made, Elaborated) and free:
            made.size_expectations.clear()
            made.expectations.clear()  # they speak of the size that the spec gives
        return made

    return certified(run, begin, report)


def _elaborate(
    program: Program,
    names: Names,
    choice: Choice,
    settings: Mapping[str, str],
    report: Report,
    opening: Opening,
) -> Elaborated | Broken:
    """One run, for the sizes of one box."""
    name = choice.net.name
    expander = _expander(names, choice.column, report)
    builder = expander.builder
    builder.opening = opening
    try:
        with _deep_recursion():
            for level in choice.lineage:
                if too_large := bomb(level.net, names.env):
                    raise builder.fail(too_large)
            return _elaborated(expander, program, names, choice, settings)
    except (Failed, Abandoned):
        pass
    except RecursionError:
        what, limit = f"something in `{name.name}`", f"{DEEPEST} levels deep"
        builder.blame(EndlessRecursion(at=name.span, what=what, limit=limit))
    except TooComplex as why:
        builder.blame(TooManySizes(at=name.span, why=str(why)))
    return partial(expander, program, choice)


def _elaborated(
    expander: Expander, program: Program, names: Names, choice: Choice, settings: Mapping[str, str]
) -> Elaborated | Broken:
    builder, net = expander.builder, choice.net
    if choice.lineage[0].net.base is not None:
        raise Failed  # what it is made from is not there, which is reported
    last = plain(_run(expander, names, choice.lineage, len(choice.lineage), settings))
    root = builder.scopes[0]
    if builder.failed:
        return partial(expander, program, choice, last)
    outputs = dict(expander.outputs)
    if not outputs and last is not None:
        value = expander.tensor(last, net.name, _place(net.span.source))
        outputs = {"output": value} if value is not None and value.node.inputs else {}
    root.outputs = outputs
    of_sizes = size_expectations(expander)
    resolved = [made for each in expander.pending if (made := resolve(expander, each))]
    changed = any(name in settings for name in choice.parameters)
    # numbers are printed of the net with its own parameters; what is written in terms of them holds on
    expectations = [each for each in resolved if not (changed and is_literal(each.printed))]
    objective = losses(expander, outputs)
    if choice.base is not None:
        ends = [*outputs.values(), *expander.training_outputs.values()]
        declared = {item.name.name for item in net.body.items if isinstance(item, tree.Input)}
        prune(expander, ends, expectations, declared)
    _drop_ties(expander, choice.lineage)
    stays, begins = frozen(expander), starts(expander)
    _unused_labels(expander)
    if builder.failed:
        return partial(expander, program, choice, last)
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
        frozen=stays,
        starts=begins,
        losses=objective,
        size_expectations=of_sizes,
        files=tuple(program.files),
    )


def _run(
    expander: Expander, names: Names, lineage: list[Choice], count: int, settings: Mapping[str, str]
) -> Flow:
    """Run so many levels of a net, the first base first; what the last of them gives."""
    builder, net = expander.builder, lineage[count - 1].net
    root = Scope("net", "", None, net.name.name, {}, net.span, None, 0)
    builder.scopes.append(root)
    place = Place(root, Namer(numbered=False), None, 0, 1)

    def below(number: int) -> list[Node] | None:
        base = _expander(names, None, Report())  # what is wrong with a base is reported where it stands
        try:
            assert builder.opening is not None
            base.builder.opening = opening = builder.opening.anew()
            with walking(opening.trail):
                _run(base, names, lineage, number, settings)
        except Failed:
            return None
        if base.builder.failed:
            return None
        settle_nodes(base.builder.nodes, opening.trail.box, opening.trail.point)
        return base.builder.nodes

    envs = level_envs(expander, names.env, lineage, settings, place)[:count]
    root.arguments = dict(envs[-1].names)
    last = run_levels(expander, below, lineage[:count], envs, place)
    root.end = len(builder.nodes)
    return last


def _expander(names: Names, column: str | None, report: Report) -> Expander:
    expander = Expander(Builder(report), column)
    expander.interned = names.interned
    expander.used = names.used
    expander.declared = names.declared
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


def _drop_ties(expander: Expander, lineage: list[Choice]) -> None:
    """Leave out the ties of a base whose modules are gone, or are others now."""
    if not expander.inherited_ties:
        return
    items = [item for level in lineage[1:] for item in level.net.body.items]
    replaced = [path_of(i.path) for i in items if isinstance(i, tree.Edit) and i.kind == "replace"]
    paths = paths_of(expander.builder)
    kept = {path for path in paths if not any(is_within(path, each) for each in replaced)}
    for tie in expander.ties[: expander.inherited_ties]:
        if not {side.rpartition(".")[0] for side in (tie.left, tie.right)} <= kept:
            expander.ties.remove(tie)


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
    for key, (name, what) in names.declared.items():
        if key not in names.used and name.span.source is program.main.source and elaborated:
            report.add(UnusedName(at=name.span, what=what, name=name.name))
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Net | tree.Block | tree.Notation):
            for parameter in node.parameters:
                if (id(node), parameter.name.name) not in names.used:
                    name = parameter.name
                    hints = _for_the_base(program, node, name.name) if isinstance(node, tree.Net) else ()
                    report.add(UnusedName(at=name.span, what="the parameter", name=name.name, hints=hints))


def _for_the_base(program: Program, net: tree.Net, name: str) -> tuple[str, ...]:
    """How a parameter reaches what the net is made from, where that has one of its name."""
    statements = [each for file in program.files for each in file.statements]
    nets = {each.name.name: each for each in statements if isinstance(each, tree.Net)}
    base, seen = net.base, {id(net)}
    while base is not None:
        lower = nets.get(dotted(base.path)[0])
        if lower is None or id(lower) in seen:
            return ()
        if net.base and any(each.name.name == name for each in lower.parameters):
            return (f"what it is made from has one too: `from {net.base.path.span.text}({name} = {name})`",)
        seen.add(id(lower))
        base = lower.base
    return ()
