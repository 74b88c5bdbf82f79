"""A net and the nets that it is made from, run one after the other.

The levels of a net are the first base, the net made from that, and so on up to the net itself. Each
runs its lines on what the level below gave, with the changes in force that the levels above make.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from itertools import chain, pairwise
from typing import Any

from archdsl.diagnostics import Step
from archdsl.graph.binding import bind
from archdsl.graph.build import Builder, Place
from archdsl.graph.choices import Choice
from archdsl.graph.edits import Change, Edits, Reached, convolved, path_of, unmet
from archdsl.graph.errors import (
    Abandoned,
    DuplicateName,
    Failed,
    MissingArgument,
)
from archdsl.graph.expand import Expander
from archdsl.graph.lookup import labels_in
from archdsl.graph.lost import lost
from archdsl.graph.model import Node, Value
from archdsl.graph.names import module_name
from archdsl.graph.settings import setting
from archdsl.graph.values import Env, Flow, Lost, plain
from archdsl.ops.arguments import REQUIRED
from archdsl.sizes.sets import TooComplex
from archdsl.syntax import tree

Below = Callable[[int], list[Node] | None]
"""The layers of the net that so many levels make by themselves; None if they are wrong."""

_STANDING = tree.Freeze | tree.Init | tree.Loss | tree.Tie | tree.Notation | tree.Block
"""Lines that hold for a level wherever an `until` ends it."""


def run_levels(expander: Expander, below: Below, levels: list[Choice], envs: list[Env], place: Place) -> Flow:
    """Run the lines of each level, changed by those above; what the last one gives."""
    changes = _changes(expander, below, levels, envs)
    builder, last = expander.builder, len(levels) - 1
    expander.made = builder.scopes[0] if last else None
    labels: list[str] = []
    met: set[int] = set()
    x: Flow = None
    until: tree.Edit | None = None
    ended_by = 0
    for index, (level, env) in enumerate(zip(levels, envs, strict=True)):
        if index == last:
            _refuse_unmet(builder, level, met, until)
            _close_base(expander)
        labels += [module_name(label.name) for label in labels_in(level.net.body)]
        place.namer.reserved = frozenset(labels)
        expander.edits = _in_force(changes[index + 1 :])
        expander.overriding = _inputs(levels[index + 1 :], envs[index + 1 :])
        expander.redeclared = _outputs(levels[index + 1 :])
        expander.variant = level.column
        x, reached = _run(expander, level, env, _place(place, levels, index), x, index < ended_by)
        if reached is not None:
            until = reached
            ended_by = next(number for number, each in enumerate(levels) if until in each.net.body.items)
        met |= expander.edits.met
    return x


def _run(
    expander: Expander, level: Choice, env: Env, place: Place, x: Flow, ended: bool
) -> tuple[Flow, tree.Edit | None]:
    """Run the lines of one level; of one that ended before, only those that hold all the same."""
    known = set(expander.inputs)
    reached = None
    for item in level.net.body.items:
        declared_below = isinstance(item, tree.Input) and item.name.name in known
        edits = isinstance(item, tree.Edit) and level.base is not None
        if declared_below or edits or (ended and not isinstance(item, _STANDING)):
            continue
        nodes, scopes = len(expander.builder.nodes), len(expander.builder.scopes)
        try:
            flow = expander.lines((item,), x, place, env)
            x = x if isinstance(item, tree.Input) and level.base is not None else flow
        except Reached as end:
            x, reached, ended = end.value, end.edit, True
            _close_scopes(expander.builder, plain(x))
        except (Abandoned, RecursionError, TooComplex) as why:
            expander.builder.undo(nodes, scopes)
            lost(expander, item, x, place, env, why if isinstance(why, Abandoned) else None, nodes)
            raise
    return x, reached


def _place(place: Place, levels: list[Choice], index: int) -> Place:
    """The place of a level: the way to the lines of a base leads through the net that is made from it."""
    trace = None
    for upper, base in zip(levels[:index:-1], levels[-2::-1], strict=False):
        assert upper.net.base is not None
        trace = Step(f"`{upper.net.name.name}`, from `{base.name}`", upper.net.base.span, trace)
    return place.within(trace)


def _close_base(expander: Expander) -> None:
    """Set apart what the bases said from what the net itself says."""
    del expander.pending[:]  # what is expected of a base is its own affair
    del expander.sized[:]
    del expander.aliases[:]
    lines = (each[0] for each in chain(expander.freezes, expander.inits, expander.loss_lines))
    expander.inherited = {id(line) for line in lines}
    expander.inherited_nodes = len(expander.builder.nodes)
    expander.inherited_ties = len(expander.ties)


def _refuse_unmet(builder: Builder, level: Choice, met: set[int], until: tree.Edit | None) -> None:
    """Refuse changes of modules that the base, which has run, does not have, or not before its end."""
    own = [item for item in level.net.body.items if isinstance(item, tree.Edit)]
    sound = level.base is not None and not builder.failed
    errors = unmet(own, met, paths_of(builder), until) if sound else []
    for error in errors:
        builder.fail(error)
    if errors:
        raise Failed


def _close_scopes(builder: Builder, value: object) -> None:
    """End the scopes that an `until` left open."""
    for scope in builder.scopes[1:]:
        if scope.end == 0:
            scope.end = len(builder.nodes)
            scope.outputs = {"": value} if isinstance(value, Value) else {}


def paths_of(builder: Builder) -> list[str]:
    """Every module of the net, by its path."""
    return [each.path for each in builder.scopes[1:]] + [node.path for node in builder.nodes]


# --- what the levels above ask for ----------------------------------------------------------------------


def _changes(
    expander: Expander, below: Below, levels: list[Choice], envs: list[Env]
) -> list[list[tuple[str, Change]]]:
    """The changes that each level makes, by path, in the order in which they hold.

    What is convolved may still be replaced by the same net, in whatever order it says so.
    """
    found: list[list[tuple[str, Change]]] = []
    for number, (level, env) in enumerate(zip(levels, envs, strict=True)):
        edits = [item for item in level.net.body.items if isinstance(item, tree.Edit) and level.base]
        own: list[tuple[str, Change]] = []
        nodes = below(number) if any(edit.kind == "convolve" for edit in edits) else None
        for edit in edits:
            if edit.kind == "convolve" and nodes is not None:  # otherwise it is reported for the base
                with suppress(Failed):
                    lowered = convolved(expander, edit, nodes, [path for path, _ in own])
                    own += [(path, Change(edit, env, layer)) for path, layer in lowered.items()]
        own += [(path_of(edit.path), Change(edit, env)) for edit in edits if edit.kind != "convolve"]
        found.append(own)
    return found


def _in_force(changes: list[list[tuple[str, Change]]]) -> Edits:
    edits = Edits()
    for path, change in chain.from_iterable(changes):
        edits.add(path, change)
    return edits


def _inputs(levels: list[Choice], envs: list[Env]) -> dict[str, tuple[tree.Input, Env]]:
    """The inputs that these levels declare anew; the last word on each."""
    return {
        item.name.name: (item, env)
        for level, env in zip(levels, envs, strict=True)
        for item in level.net.body.items
        if isinstance(item, tree.Input)
    }


def _outputs(levels: list[Choice]) -> set[str]:
    """The outputs that these levels declare."""
    items = chain.from_iterable(level.net.body.items for level in levels)
    return {item.name.name for item in items if isinstance(item, tree.Output)}


# --- parameters -----------------------------------------------------------------------------------------

Given = dict[str, tuple[tree.Expression, Env]]
"""Values for parameters, each with the names that it sees."""


def level_envs(
    expander: Expander, outer: Env, levels: list[Choice], settings: Mapping[str, str], place: Place
) -> list[Env]:
    """The parameters of each level. A level sees what those below it declare and label.

    A net may give its own parameters to its base, or to what that is made from, so the last level comes
    first. A setting is for the parameter of that name of the highest level that has one.
    """
    envs: list[Env] = []
    fixed: set[str] = set()
    handed: Given = {}
    """What the levels above give for parameters of this one, or of those below."""
    base: tree.Base | None = None
    unclear = False
    for index in reversed(range(len(levels))):
        level, net = levels[index], levels[index].net
        given: Given = {}
        try:
            given = _given(expander, net, level.variant, outer) if level.variant else {}
            if base is not None:
                below = [each.name.name for lower in levels[:index] for each in lower.net.parameters]
                handed = _given(expander, net, base, envs[0], below) | handed
        except Failed:
            unclear = True
        if base is not None:
            own = handed.keys() & {each.name.name for each in net.parameters}
            given |= {name: handed.pop(name) for name in own}
            fixed |= own
        env = Env(outer, net, labels=True)
        settings_left = {name: text for name, text in settings.items() if name not in fixed}
        _set_parameters(expander, net, env, given, settings_left, place, unclear)
        fixed |= set(env.names)
        base = net.base
        envs.insert(0, env)
    for lower, upper in pairwise(envs):
        upper.outer = lower
    return envs


def _given(
    expander: Expander, net: tree.Net, by: tree.Variant | tree.Base, env: Env, below: Collection[str] = ()
) -> Given:
    """What a variant, or a net made from this one, gives for its parameters, or by name for those below."""
    own = [each.name.name for each in net.parameters]
    lower = frozenset(below).difference(own)
    known, fail = [*own, *sorted(lower)], expander.builder.fail
    bound = bind(f"`{net.name.name}`", known, set(), by.arguments, by.span, None, fail, named=lower)
    return {name: (arguments[0].value, env) for name, arguments in bound.items()}


def _set_parameters(
    expander: Expander,
    net: tree.Net,
    env: Env,
    given: Given,
    settings: Mapping[str, str],
    place: Place,
    unclear: bool,
) -> None:
    """The net's parameters: from the settings, else as given for it, else their defaults.

    Where it is `unclear` what is given, those without a default are lost.
    """
    for parameter in net.parameters:
        try:
            expander.check_name(parameter.name, place)
            if parameter.name.name in env.names:
                expander.fail(DuplicateName(at=parameter.span, name=parameter.name.name))
            value = _parameter(expander, parameter, env, given, settings, place)
            if value is REQUIRED and unclear:
                raise expander.builder.give_up()
            if value is REQUIRED:
                _refuse_missing(expander, net, parameter)
            env.names[parameter.name.name] = value
        except Failed as why:
            env.names.setdefault(parameter.name.name, Lost(why.mistake))


def _parameter(
    expander: Expander,
    parameter: tree.Parameter,
    env: Env,
    given: Given,
    settings: Mapping[str, str],
    place: Place,
) -> Any:
    """The value of a parameter; REQUIRED where it has none."""
    name = parameter.name.name
    if name in settings:
        assert env.outer is not None
        return setting(expander, name, settings[name], env.outer, place)
    if name in given:
        return expander.value(*given[name], place)
    return REQUIRED if parameter.default is None else expander.value(parameter.default, env, place)


def _refuse_missing(expander: Expander, net: tree.Net, parameter: tree.Parameter) -> None:
    name, callee = parameter.name.name, f"`{net.name.name}`"
    hints = (f"a default: `{name} = …`", f"`--set {name}=…`")
    expander.fail(MissingArgument(at=parameter.span, callee=callee, parameter=name, hints=hints))
