"""Remedies that can be pasted, each tried before it is offered.

Knows how a call is written, and asks its operator what it would give with other arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archdsl.graph.model import Node, Value
from archdsl.ops import OPERATORS
from archdsl.ops.arguments import Flag, Unfit
from archdsl.ops.contract import Op
from archdsl.ops.problems import Problem
from archdsl.sizes import Shape, show
from archdsl.source import Span
from archdsl.syntax import tree

Values = Mapping[str, object]
"""Arguments by name, as a spec writes them: a number, or a word such as `same`."""


def remedies(
    problem: Problem, op: Op, inputs: tuple[Value, ...], site: tree.Expression, ends: tuple[Span, ...]
) -> Iterator[str]:
    """What to write instead, as far as that can be told."""
    yield from problem.hints
    if problem.sets:
        text = rewritten(site, op, problem.sets, len(ends))
        yield from [*_without_channels(op, inputs)] or [f"`{text}`"] * bool(text)
    if problem.fits is not None:
        index, reference = problem.operands
        shape, fits, axis = inputs[index].shape or (), problem.fits, problem.axis or 0
        found = [*_other_arguments(maker(inputs[index], axis), axis, fits)] or [*_one_more(shape, fits)]
        if not found and len(inputs) == 2:
            found = [*_other_arguments(maker(inputs[reference], axis), axis, shape)]
        yield from found
        if axis and not (isinstance(site, tree.Call) and site.body):
            yield from _resized(inputs, index, reference, ends)


def maker(value: Value, axis: int | None) -> Node:
    """The layer that set the size of an axis (the whole shape, without an axis)."""
    while True:
        node = value.node
        shapes = tuple(v.shape for v in node.inputs)
        if axis is None or not shapes or None in shapes:
            return node
        through = node.op.preserves(axis, *shapes)  # type: ignore[arg-type]
        if through is None or through >= len(node.inputs):
            return node
        source = node.inputs[through]
        if source.shape is None or axis >= len(source.shape):
            return node
        value = source


# --- calls as they are written -----------------------------------------------------------------------


def written(site: tree.Expression | tree.Input, op: Op, name: str, tensors: int = 0) -> Span | None:
    """The place of an argument in a call, whose first `tensors` are inputs; None if it is not written."""
    if not isinstance(site, tree.Call):
        return None
    names = [each.name for each in op.args]
    several = next((each.name for each in op.args if each.variadic), None)
    found: Span | None = None
    for position, argument in enumerate(site.arguments):
        if argument.name == name:
            return argument.value.span
        if argument.name is None and position >= tensors:
            here = several or names[min(position - tensors, len(names) - 1)]
            if here == name:
                found = found.to(argument.span) if found else argument.span
    return found


def rewritten(site: tree.Expression | tree.Input, op: Op, values: Values, tensors: int = 0) -> str | None:
    """A call with other arguments; None if it is no call of this operator, or they are not plain there."""
    if not isinstance(site, tree.Call | tree.Name) or site.span.text.endswith("}"):
        return None
    text, start = site.span.text, site.span.start
    if text.partition("(")[0].rstrip() != op.name or "\n" in text:
        return None
    added = []
    for name, value in values.items():
        span = written(site, op, name, tensors)
        if span is None:
            added.append(f"{name} = {value}")
        elif re.fullmatch(r"\w+( x \w+)*", span.text):
            text = text[: span.start - start] + str(value) + text[span.end - start :]
        else:
            return None
    if not added:
        return text
    if isinstance(site, tree.Name):
        return f"{text}({', '.join(added)})"
    return f"{text[:-1]}{', ' if site.arguments else ''}{', '.join(added)})"


# --- remedies ------------------------------------------------------------------------------------------


def _other_arguments(node: Node, axis: int, fits: Shape) -> Iterator[str]:
    """The layer that set the size, with arguments that give the size that fits."""
    shapes = tuple(value.shape or () for value in node.inputs)
    known = {each.name for each in node.op.args}
    tries: list[Values] = [{"out": fits[0]}]
    if axis:
        tries = [{"padding": "same"}, {"stride": 1}, {"stride": 1, "padding": "same"}]
    for values in tries:
        if not shapes or not known.issuperset(values):
            continue
        given = _with(node.op, values, shapes)
        if given is None or (given[1:] != fits[1:] if axis else given[0] != fits[0]):
            continue
        text = rewritten(node.site, node.op, values)
        if text and ("out" not in values or _literal(node, "out")):
            yield f"`{text}`"
            return


def _with(op: Op, values: Values, shapes: tuple[Shape, ...]) -> Shape | None:
    """The shape an operator gives with other arguments; None if it refuses."""
    try:
        changed = type(op)(**{**{each.name: getattr(op, each.name) for each in op.args}, **values})
    except Unfit:
        return None
    return None if any(changed.problems(*shapes)) else changed.outputs(*shapes)[0]


def _literal(node: Node, name: str) -> bool:
    """Whether an argument is written as the number that it is."""
    span = written(node.site, node.op, name)
    return span is not None and span.text == str(getattr(node.op, name))


def _one_more(shape: Shape, fits: Shape) -> Iterator[str]:
    """A convolution behind a branch that gives the shape that fits."""
    if len(shape) < 2 or any(n % wanted for n, wanted in zip(shape[1:], fits[1:], strict=True)):
        return
    steps = {n // wanted for n, wanted in zip(shape[1:], fits[1:], strict=True)}
    stride = steps.pop()
    if not steps:
        moved = f", stride = {stride}" if stride > 1 else ""
        yield f"`-> conv({fits[0]}, 1{moved})` behind it gives {show(fits)}"


def _resized(inputs: tuple[Value, ...], index: int, reference: int, ends: tuple[Span, ...]) -> Iterator[str]:
    """Of two named maps, the larger cropped to the smaller, or the smaller made as large."""
    pair = sorted((index, reference), key=lambda i: (inputs[i].shape or ())[1:], reverse=True)
    large, small = ((inputs[i].shape or ())[1:] for i in pair)
    names = [ends[i].text for i in pair if i < len(ends)]
    if len(names) < 2 or not all(map(str.isidentifier, names)):
        return
    if all(b <= a < 2 * b for a, b in zip(large, small, strict=True)):
        yield f"`crop({names[0]}, like = {names[1]})`"
    elif all(a % b == 0 for a, b in zip(large, small, strict=True)):
        yield f"`upsample({names[1]}, like = {names[0]})`"


def _without_channels(op: Op, inputs: tuple[Value, ...]) -> Iterator[str]:
    """PyTorch's `Conv2d(in, out, kernel)` taken over word by word."""
    x = inputs[0].shape or ()
    out, kernel, stride = (getattr(op, name, None) for name in ("out", "kernel", "stride"))
    if op.name not in OPERATORS or not (isinstance(kernel, int) and isinstance(stride, int)) or out != x[0]:
        return
    if stride > 1 and not any(type(op)(out=kernel, kernel=stride).problems(x)):
        yield f"`{op.name}({kernel}, {stride})`, without the channels that come in"


def with_port(value: Value, name: str) -> tuple[str, ...]:
    """The layer, asked to give the output of this name too."""
    op = value.node.op
    if not any(each.name == name and each.kind is Flag for each in op.args) or getattr(op, name):
        return ()
    text = rewritten(value.node.site, op, {name: "true"})
    return (f"`{text}` gives it",) if text else ()


def other_elements(value: Value, takes: str) -> Iterator[str]:
    """An output that holds such numbers, or an input declared with the other kind of numbers."""
    for port in value.node.op.ports:
        if port.holds == takes:
            yield f"`{value.node.name}.{port.name}`"
    site = value.node.site
    if isinstance(site, tree.Input):
        yield f"`input {site.name.name}: {site.shape.span.text}{' of int' * (takes == 'int')}`"
