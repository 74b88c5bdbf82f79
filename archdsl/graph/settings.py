"""Values from outside: inputs' shapes, and parameters that a caller overrides."""

from __future__ import annotations

import re
from typing import Any

from archdsl.diagnostics import Report
from archdsl.graph.binding import nearest
from archdsl.graph.build import Place
from archdsl.graph.errors import (
    Failed,
    UnknownName,
    WrongArgument,
    WrongShape,
)
from archdsl.graph.evaluate import Evaluator
from archdsl.graph.opening import Opening
from archdsl.graph.values import (
    Env,
    describe,
)
from archdsl.source import Source
from archdsl.syntax import tree
from archdsl.syntax.parse import parse


class NotAnExpression(ValueError):
    """The value of a setting is not an expression of the language."""


def setting(evaluator: Evaluator, name: str, text: str, env: Env, place: Place) -> Any:
    source = Source(name, f"let value = {text}")
    report = Report()
    file = parse(source, report)
    if file is None or len(file.statements) != 1 or not isinstance(file.statements[0], tree.Let):
        raise NotAnExpression(f"{name}={text}: `{text}` is not a value")
    problems = evaluator.builder.report
    evaluator.builder.report = report
    try:
        return evaluator.value(file.statements[0].value, env, place)
    except Failed:
        why = "; ".join(each.text for each in report)
        raise NotAnExpression(f"{name}={text}: {why}") from None
    finally:
        evaluator.builder.report = problems


def input_shape(evaluator: Evaluator, item: tree.Input, env: Env, place: Place) -> tuple[Any, str]:
    """The shape and the type of numbers of an input."""
    parts = item.shape.parts if isinstance(item.shape, tree.Dims) else (item.shape,)
    for part in parts:
        if isinstance(part, tree.Name) and part.name not in evaluator.visible(env):
            name = part.name
            if evaluator.builder.opening is not None and not nearest(name, evaluator.visible(env)):
                _open(evaluator, evaluator.builder.opening, name, env, place)
                continue
            hints = (f"a size: `3 x 224 x 224`, or a parameter of the net: `({name} = 224)`",)
            evaluator.fail(UnknownName(at=part.span, name=name, hints=hints, trace=place.trace))
    value = evaluator.static(item.shape, env, place)
    sizes = (value,) if not isinstance(value, tuple) else value
    if evaluator.builder.opening is not None and evaluator.builder.opening.free:
        sizes = _freed(evaluator.builder.opening, item, sizes)
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in sizes):
        at, got, meant = item.shape.span, describe(value), _as_shape(value)
        evaluator.fail(WrongShape(at=at, what="an input", got=got, hints=meant, trace=place.trace))
    dtype = item.dtype.name if item.dtype else "float"
    if dtype not in ("float", "int"):
        assert item.dtype is not None
        evaluator.fail(
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


def _open(evaluator: Evaluator, opening: Opening, name: str, env: Env, place: Place) -> None:
    """Declare an open size, or the size that it is set to."""
    text = opening.settings.get(name)
    env.names[name] = opening.size(name) if text is None else setting(evaluator, name, text, env, place)


_AXES = {2: ("L",), 3: ("H", "W"), 4: ("D", "H", "W")}


def _freed(opening: Opening, item: tree.Input, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an input with its spatial sizes open; those it has are kept as declared."""
    names = _AXES.get(len(sizes), ())
    made = [*sizes[: len(sizes) - len(names)]]
    for axis, size in zip(names, sizes[len(made) :], strict=True):
        if type(size) is not int:
            made.append(size)
            continue
        name = f"{axis}_{item.name.name}" if axis in opening.trail.box else axis
        opening.declared[name] = size
        made.append(opening.size(name))
    return tuple(made)


def _as_shape(value: Any) -> tuple[str, ...]:
    """A list or a text of sizes, as a shape is written."""
    if isinstance(value, tuple):
        return ("each size is at least 1",)
    sizes = re.findall(r"\d+", value) if isinstance(value, str) else value
    if isinstance(sizes, list) and sizes and all(str(size).isdigit() for size in sizes):
        return (f"`{' x '.join(map(str, sizes))}`",)
    return ()
