"""How a network trains: how its weights start, what is frozen, and its losses.

Resolved once the network is complete, since it speaks of modules and outputs by name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archdsl.graph.binding import bind, nearest
from archdsl.graph.build import Place
from archdsl.graph.edits import path_of
from archdsl.graph.errors import (
    DuplicateName,
    Failed,
    UnknownModule,
    UnknownName,
    UnknownOutput,
    WrongArgument,
    WrongOperands,
)
from archdsl.graph.expand import Expander
from archdsl.graph.levels import paths_of
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Frozen, Loss, Start
from archdsl.graph.values import Env, describe
from archdsl.ops import OPERATORS
from archdsl.ops.arguments import Arg, Flag, Positive, Real, Unfit, choice
from archdsl.syntax import tree


class Recipe(NamedTuple):
    """A way for weights to start, or a loss: its arguments, and what it is."""

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

LOSSES = {
    "cross_entropy": Recipe(
        (), "softmax and negative log-likelihood; the target holds classes, -100 for none"
    ),
    "binary_cross_entropy": Recipe((), "sigmoid and negative log-likelihood of each number"),
    "mse": Recipe((), "mean squared difference"),
    "l1": Recipe((), "mean absolute difference"),
    "smooth_l1": Recipe(
        (Arg("beta", Positive, "where it changes from squared to absolute", 1.0),),
        "squared difference near zero, absolute beyond: Girshick, 2015",
    ),
}


def frozen(expander: Expander) -> list[Frozen]:
    """What is frozen and what is not, in the order in which it was said."""
    found = []
    paths = set(paths_of(expander.builder))
    for item, prefix in expander.freezes:
        path = path_of(item.path) if item.path else ""
        full = ".".join(part for part in (prefix, path) if part)
        if full and full not in paths:
            assert item.path is not None
            hints = nearest(full, paths)
            expander.builder.fail(UnknownModule(at=item.path.span, name=full, hints=hints))
        found.append(Frozen(full, item.frozen))
    return found


def starts(expander: Expander) -> list[Start]:
    """How weights start, in the order in which it was said."""
    paths = set(paths_of(expander.builder))
    found = []
    for item, place, env in expander.inits:
        try:
            found.append(_start(expander, item, paths, place, env))
        except Failed:
            continue
    return found


def _start(expander: Expander, item: tree.Init, paths: set[str], place: Place, env: Env) -> Start:
    function = item.scheme.function if isinstance(item.scheme, tree.Call) else item.scheme
    given = item.scheme.arguments if isinstance(item.scheme, tree.Call) else ()
    name = function.name if isinstance(function, tree.Name) else ""
    arguments = _arguments(expander, SCHEMES, name, function, given, place, env)
    target, prefix = path_of(item.target), place.scope.path
    parameter = None
    if dotted(item.target)[-1] in ("weight", "bias"):
        target, _, parameter = target.rpartition(".")
    if target in OPERATORS:
        return Start(target, True, parameter, name, arguments)
    full = f"{prefix}.{target}" if prefix else target
    if full not in paths:
        hints = nearest(full, {*paths, *OPERATORS})
        expander.fail(UnknownModule(at=item.target.span, name=target, hints=hints, trace=place.trace))
    return Start(full, False, parameter, name, arguments)


def losses(expander: Expander) -> list[Loss]:
    """The losses of the net, each of one output against one target."""
    found: dict[str, Loss] = {}
    outputs = [*expander.outputs, *expander.training_outputs]
    outputs = outputs if expander.outputs else ["output", *outputs]
    for item, place, env in expander.loss_lines:
        try:
            if item.name.name in found or item.name.name == "total":
                expander.fail(DuplicateName(at=item.name.span, name=item.name.name, trace=place.trace))
            found[item.name.name] = _loss(expander, item, outputs, place, env)
        except Failed:
            continue
    return list(found.values())


def _loss(expander: Expander, item: tree.Loss, outputs: list[str], place: Place, env: Env) -> Loss:
    pair, rest = item.arguments[:2], item.arguments[2:]
    if len(pair) != 2 or not all(each.name is None and isinstance(each.value, tree.Name) for each in pair):
        why = "a loss takes the name of an output, then that of its target"
        hints: tuple[str, ...] = (f"{item.function.name}({outputs[0]}, target)",)
        expander.fail(WrongOperands(at=item.span, why=why, hints=hints, trace=place.trace))
    output, target = (each.value.name for each in pair)  # type: ignore[union-attr]
    if output not in outputs:
        hints = nearest(output, outputs) or (f"there are {', '.join(outputs)}",)
        expander.fail(UnknownOutput(at=pair[0].span, name=output, hints=hints, trace=place.trace))
    arguments = _arguments(expander, LOSSES, item.function.name, item.function, rest, place, env)
    weight = expander.static(item.weight, env, place) if item.weight else 1.0
    try:
        Real.accept(weight)
    except Unfit:
        assert item.weight is not None
        at = item.weight.span
        expander.fail(
            WrongArgument(at=at, callee="`loss`", parameter="weight", wants=Real.words, got=describe(weight))
        )
    return Loss(item.name.name, item.function.name, output, target, arguments, weight)


def _arguments(
    expander: Expander,
    recipes: dict[str, Recipe],
    name: str,
    at: tree.Expression,
    given: tuple[tree.Argument, ...],
    place: Place,
    env: Env,
) -> dict[str, Any]:
    """The arguments of a scheme or a loss, defaults filled in."""
    if name not in recipes:
        hints = nearest(name, recipes) or (f"there are {', '.join(recipes)}",)
        expander.fail(UnknownName(at=at.span, name=at.span.text, hints=hints, trace=place.trace))
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
