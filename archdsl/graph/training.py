"""How a network trains: how its weights start, what is frozen, and its losses.

Resolved once the network is complete, since it speaks of modules and outputs by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from archdsl.graph.binding import bind, nearest, nearest_path
from archdsl.graph.build import Place
from archdsl.graph.edits import path_of
from archdsl.graph.errors import (
    DuplicateName,
    Failed,
    ReservedName,
    UnfitStart,
    UnknownModule,
    UnknownName,
    UnknownOutput,
    WrongArgument,
    WrongOperands,
)
from archdsl.graph.expand import Expander
from archdsl.graph.fitting import unfit
from archdsl.graph.levels import paths_of
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Frozen, Loss, Start, Value
from archdsl.graph.values import Env, describe
from archdsl.ops import OPERATORS
from archdsl.ops.arguments import REQUIRED, Arg, Flag, Positive, Real, Unfit, choice
from archdsl.ops.losses import LOSSES, LossFunction
from archdsl.syntax import tree


class Recipe(NamedTuple):
    """A way for weights to start: its arguments, and what it is."""

    args: tuple[Arg, ...]
    doc: str


SCHEMES = {
    "he": Recipe(
        (Arg("mode", choice("fan_in", "fan_out"), "what the variance is kept for", "fan_in"),),
        "normal, of variance 2 / fan: He et al., 2015",
    ),
    "glorot": Recipe(
        (Arg("uniform", Flag, "uniform instead of normal", True),),
        "of variance 2 / (fan_in + fan_out): Glorot and Bengio, 2010",
    ),
    "orthogonal": Recipe(
        (Arg("gain", Positive, "what the matrix is multiplied by", 1.0),),
        "a random orthogonal matrix: Saxe et al., 2014",
    ),
    "normal": Recipe((Arg("std", Positive, "standard deviation"), Arg("mean", Real, "mean", 0.0)), "normal"),
    "uniform": Recipe((Arg("low", Real, "least"), Arg("high", Real, "most")), "uniform"),
    "constant": Recipe((Arg("value", Real, "the number"),), "one number everywhere"),
    "bilinear": Recipe((), "bilinear interpolation, for a transposed convolution: Long et al., 2015"),
}


def frozen(expander: Expander) -> list[Frozen]:
    """What is frozen and what is not, in the order in which it was said."""
    found = []
    paths = dict.fromkeys(paths_of(expander.builder))
    for item, prefix in expander.freezes:
        path = path_of(item.path) if item.path else ""
        full = ".".join(part for part in (prefix, path) if part)
        if full and full not in paths:
            if id(item) in expander.inherited:
                continue
            assert item.path is not None
            hints = nearest_path(full, paths)
            expander.builder.fail(UnknownModule(at=item.path.span, name=full, hints=hints))
        found.append(Frozen(full, item.frozen))
    return found


def starts(expander: Expander) -> list[Start]:
    """How weights start, in the order in which it was said."""
    paths = list(dict.fromkeys(paths_of(expander.builder)))
    found = []
    for item, place, env in expander.inits:
        try:
            with expander.builder.quietly(id(item) in expander.inherited):
                found.append(_start(expander, item, paths, place, env))
        except Failed:
            continue
    return found


def _start(expander: Expander, item: tree.Init, paths: list[str], place: Place, env: Env) -> Start:
    function = item.scheme.function if isinstance(item.scheme, tree.Call) else item.scheme
    given = item.scheme.arguments if isinstance(item.scheme, tree.Call) else ()
    name = function.name if isinstance(function, tree.Name) else ""
    arguments = _arguments(expander, SCHEMES, name, function, given, place, env)
    target, prefix = path_of(item.target), place.scope.path
    parameter = None
    if dotted(item.target)[-1] in ("weight", "bias"):
        target, _, parameter = target.rpartition(".")
    if name == "uniform" and arguments["low"] > arguments["high"]:
        _refuse_range(expander, item, arguments, place)
    full = f"{prefix}.{target}" if prefix and target not in OPERATORS else target
    if full not in paths and target not in OPERATORS:
        hints = nearest_path(full, [*paths, *OPERATORS])
        expander.fail(UnknownModule(at=item.target.span, name=target, hints=hints, trace=place.trace))
    start = Start(full, target in OPERATORS, parameter, name, arguments)
    found = unfit(start, expander.builder.nodes)
    if found:
        at = item.scheme.span if found.by_scheme else item.target.span
        expander.fail(UnfitStart(at=at, why=found.why, hints=(found.hint,), trace=place.trace))
    return start


def _refuse_range(expander: Expander, item: tree.Init, arguments: dict[str, Any], place: Place) -> None:
    """Refuse a range that ends before it begins."""
    low, high = (f"{arguments[each]:g}" for each in ("low", "high"))
    expander.fail(
        WrongArgument(
            at=item.scheme.span,
            callee="`uniform`",
            parameter="high",
            wants=f"a number of at least `low`, which is {low}",
            got=f"the number {high}",
            hints=(f"`uniform({high}, {low})`",),
            trace=place.trace,
        )
    )


def losses(expander: Expander, ordinary: Mapping[str, Value]) -> list[Loss]:
    """The losses of the net, each of some of its outputs, those for training among them."""
    found: dict[str, Loss] = {}
    outputs = {**ordinary, **expander.training_outputs}
    inherited = {item.name.name for item, _, _ in expander.loss_lines if id(item) in expander.inherited}
    for item, place, env in expander.loss_lines:
        try:
            name = item.name
            if name.name == "total":
                what = "the name of the sum of all losses"
                expander.fail(ReservedName(at=name.span, name=name.name, what=what, trace=place.trace))
            if name.name in found and name.name not in inherited:
                expander.fail(DuplicateName(at=name.span, name=name.name, trace=place.trace))
            with expander.builder.quietly(id(item) in expander.inherited):
                found[name.name] = _loss(expander, item, outputs, place, env)
            if id(item) not in expander.inherited:
                inherited.discard(name.name)
        except Failed:
            continue
    return list(found.values())


def _loss(expander: Expander, item: tree.Loss, outputs: dict[str, Value], place: Place, env: Env) -> Loss:
    name = item.function.name
    if name not in LOSSES:
        _unknown(expander, LOSSES, item.function, place)
    function = LOSSES[name]
    count, most = len(function.outputs), len(function.operands)
    operands, rest = item.arguments[:most], item.arguments[most:]
    targets = [each.value.name for each in operands[count:] if isinstance(each.value, tree.Name)]
    if len(targets) != most - count or any(each.name is not None for each in operands):
        takes = f"{_listed('output', function.outputs)}, then {_listed('target', function.targets)}"
        hints = (f"`{name}({', '.join(function.operands)})`",)
        why = f"`{name}` takes {takes}"
        expander.fail(WrongOperands(at=item.span, why=why, hints=hints, trace=place.trace))
    read = [_output(expander, each.value, outputs, place, env) for each in operands[:count]]
    arguments = _arguments(expander, LOSSES, name, item.function, rest, place, env)
    shapes = [outputs[each].shape for each in read]
    why = "" if None in shapes else function.refuses(arguments, *shapes)
    if why:
        expander.fail(WrongOperands(at=item.span, why=f"{name}: {why}", trace=place.trace))
    return Loss(
        item.name.name, name, tuple(read), tuple(targets), arguments, _weight(expander, item, place, env)
    )


def _listed(what: str, names: tuple[str, ...]) -> str:
    return f"the {what}{'s' if len(names) > 1 else ''} {', '.join(f'`{each}`' for each in names)}"


def _output(
    expander: Expander, node: tree.Expression, outputs: dict[str, Value], place: Place, env: Env
) -> str:
    """The output that a loss reads: one of that name, or a tensor, which becomes one for training."""
    text = node.span.text
    if text in outputs:
        return text
    found = expander.lookup(text, env), expander.module(text)
    known = isinstance(node, tree.Attribute) or found != (REQUIRED, REQUIRED)
    value = expander.tensor(expander.value(node, env, place), node, place) if known else None
    if value is None:
        listed = ", ".join(f"`{each}`" for each in outputs)
        hints = nearest(text, outputs) or (f"it has {listed}",) * bool(listed)
        expander.fail(UnknownOutput(at=node.span, name=text, hints=hints, trace=place.trace))
    same = next((name for name, each in outputs.items() if each is value), None)
    if same is not None:
        return same
    name = text.replace(".", "_")
    if name in outputs:
        expander.fail(DuplicateName(at=node.span, name=name, trace=place.trace))
    outputs[name] = expander.training_outputs[name] = value
    return name


def _weight(expander: Expander, item: tree.Loss, place: Place, env: Env) -> float:
    """What a loss counts for in the total."""
    if item.weight is None:
        return 1.0
    weight = expander.static(item.weight, env, place)
    try:
        return float(Real.accept(weight))
    except Unfit:
        wants, got = Real.words, describe(weight)
        at = item.weight.span
        expander.fail(WrongArgument(at=at, callee="`loss`", parameter="weight", wants=wants, got=got))


def _unknown(expander: Expander, known: Mapping[str, Any], at: tree.Expression, place: Place) -> NoReturn:
    """Refuse the name of a scheme or of a loss that there is not."""
    name = at.span.text
    hints = nearest(name, known) or (f"there are {', '.join(known)}",)
    expander.fail(UnknownName(at=at.span, name=name, hints=hints, trace=place.trace))


def _arguments(
    expander: Expander,
    recipes: Mapping[str, Recipe] | Mapping[str, LossFunction],
    name: str,
    at: tree.Expression,
    given: tuple[tree.Argument, ...],
    place: Place,
    env: Env,
) -> dict[str, Any]:
    """The arguments of a scheme or a loss, defaults filled in."""
    if name not in recipes:
        _unknown(expander, recipes, at, place)
    args = recipes[name].args
    required = {each.name for each in args if each.required}
    names = [each.name for each in args]
    bound = bind(f"`{name}`", names, required, given, at.span, place.trace, expander.builder.fail)
    made = {}
    for each in args:
        if each.name not in bound:
            made[each.name] = each.default
            continue
        written = bound[each.name][0].value
        word = isinstance(written, tree.Name) and f"`{written.name}`" in each.kind.words
        value = written.name if word else expander.value(written, env, place)  # type: ignore[union-attr]
        try:
            made[each.name] = each.kind.accept(value)
        except Unfit:
            expander.fail(
                WrongArgument(
                    at=bound[each.name][0].span,
                    callee=f"`{name}`",
                    parameter=each.name,
                    wants=each.kind.words,
                    got=describe(value),
                    trace=place.trace,
                )
            )
    return made
