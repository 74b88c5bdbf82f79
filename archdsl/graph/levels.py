"""A net and the nets that it is made from, run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archdsl.graph.binding import bind
from archdsl.graph.build import Builder, Place
from archdsl.graph.choices import Choice
from archdsl.graph.edits import Edits, Reached, convolved, unmet
from archdsl.graph.errors import (
    DuplicateName,
    MissingArgument,
)
from archdsl.graph.expand import Expander
from archdsl.graph.model import Elaborated, Value
from archdsl.graph.settings import setting
from archdsl.graph.values import (
    Env,
    Flow,
    Outputs,
    Part,
    plain,
)
from archdsl.syntax import tree


def level_envs(
    expander: Expander, outer: Env, levels: list[Choice], settings: Mapping[str, str], place: Place
) -> list[Env]:
    """The parameters of a net and of those that it is made from; a later net sees the earlier's labels."""
    envs: list[Env] = []
    for level, above in zip(levels, [*levels[1:], None], strict=True):
        given = above.net.base if above else None
        outer = _net_env(expander, outer, level, given, settings, place)
        envs.append(outer)
    return envs


def run_levels(
    expander: Expander,
    elaborate_base: Callable[[Choice], Elaborated | None],
    levels: list[Choice],
    envs: list[Env],
    place: Place,
) -> Flow:
    """Run the lines of the first base, changed by all nets made from it, then those of the next."""
    x: Flow = None
    skip = 0
    met: set[int] = set()
    last = len(levels) - 1
    builder = expander.builder
    for index, (level, env) in enumerate(zip(levels, envs, strict=True)):
        if index < skip:
            continue
        changes = [
            (number, item, envs[number])
            for number in range(index + 1, len(levels))
            for item in levels[number].net.body.items
            if isinstance(item, tree.Edit)
        ]
        expander.edits = _edits_in_force(expander, elaborate_base, levels, changes)
        for number in range(index + 1, len(levels)):
            for item in levels[number].net.body.items:
                if isinstance(item, tree.Input):
                    expander.overriding[item.name.name] = (item, envs[number])
        expander.variant = level.column
        items = tuple(i for i in level.net.body.items if level.base is None or not isinstance(i, tree.Edit))
        kept = len(expander.pending)
        try:
            x = expander.lines(items, x, place, env)
        except Reached as reached:
            x = reached.value
            skip = next(number for number, item, _ in changes if item is reached.edit)
            _close(builder, plain(x), env)
        met |= expander.edits.met
        if index < last:
            del expander.pending[kept:]  # what is expected of the base is its own affair
    if not builder.failed:
        own = [item for item in levels[last].net.body.items if isinstance(item, tree.Edit)]
        for error in unmet(own, met, paths_of(builder)):
            builder.fail(error)
    return x


def _edits_in_force(
    expander: Expander,
    elaborate_base: Callable[[Choice], Elaborated | None],
    levels: list[Choice],
    changes: list[tuple[int, tree.Edit, Env]],
) -> Edits:
    edits = Edits()
    for number, item, env in changes:
        if item.kind == "convolve":
            base = elaborate_base(levels[number - 1])
            if base is not None:  # otherwise it is reported for the base
                edits.lowered.update(convolved(expander, item, base))
        else:
            edits.add(item, env)
    return edits


def _close(builder: Builder, value: Value | Outputs | None, env: Env) -> None:
    """End the scopes that an `until` left open, and label the outermost as it would have been."""
    for scope in builder.scopes[1:]:
        if scope.end == 0:
            scope.end = len(builder.nodes)
            scope.outputs = {"": value} if isinstance(value, Value) else {}
            if scope.parent is builder.scopes[0] and value is not None:
                env.names.setdefault(scope.name, Part(value, {}, scope))


def paths_of(builder: Builder) -> list[str]:
    return [each.path for each in builder.scopes[1:]] + [node.path for node in builder.nodes]


def _net_env(
    expander: Expander,
    outer: Env,
    choice: Choice,
    base: tree.Base | None,
    settings: Mapping[str, str],
    place: Place,
) -> Env:
    """The net's parameters: from the settings, else as given for a base or a variant, else their defaults."""
    net = choice.net
    env = Env(outer, net, labels=True)
    known = [each.name.name for each in net.parameters]
    given = choice.variant.arguments if choice.variant else ()
    at = choice.variant.span if choice.variant else net.name.span
    if base is not None and base.arguments:
        taken = {each.name for each in base.arguments}
        given = (*base.arguments, *(each for each in given if each.name not in taken))
        at = base.span
    fail = expander.builder.fail
    bound = bind(f"`{net.name.name}`", known, set(), given, at, None, fail)
    for parameter in net.parameters:
        name = parameter.name.name
        expander.check_name(parameter.name, place)
        if name in env.names:
            expander.fail(DuplicateName(at=parameter.span, name=name))
        if name in settings:
            env.names[name] = setting(expander, name, settings[name], outer, place)
        elif name in bound:
            env.names[name] = expander.value(bound[name][0].value, outer, place)
        elif parameter.default is not None:
            env.names[name] = expander.value(parameter.default, env, place)
        else:
            hints = (f"a default: `{name} = …`", f"--set {name}=…")
            callee = f"`{net.name.name}`"
            expander.fail(MissingArgument(at=parameter.span, callee=callee, parameter=name, hints=hints))
    return env
