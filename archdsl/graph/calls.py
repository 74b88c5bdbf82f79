"""Calls: arguments to operators, blocks, notations and functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Any, NoReturn

from archdsl.diagnostics import Step, Trace
from archdsl.graph.binding import bind, nearest
from archdsl.graph.build import Builder, Place
from archdsl.graph.errors import (
    EndlessRecursion,
    MissingArgument,
    NotCallable,
    TooLarge,
    WrongArgument,
    WrongInputs,
    WrongOperands,
)
from archdsl.graph.evaluate import Evaluator
from archdsl.graph.functions import TAKES
from archdsl.graph.model import Value
from archdsl.graph.values import (
    BlockDefinition,
    BlockLayer,
    Definition,
    Env,
    FunctionDefinition,
    MergeLayer,
    NotationDefinition,
    NotationLayer,
    OpLayer,
    describe,
)
from archdsl.ops.arguments import Arg, TensorKind, Unfit
from archdsl.ops.contract import Op
from archdsl.syntax import tree

DEEPEST = 100
"""Levels of blocks, notations and functions within one another."""

MOST_RECURSIONS = 3_000
"""Uses of blocks, notations and functions within themselves, in one network."""

MOST_CALLS = 100_000
"""Calls of static functions in one network."""

_MERGES = ("concat", "add", "mul")


class Calls(Evaluator):
    """Evaluates calls; what a call gives is a static value, or a layer that waits for its input."""

    def __init__(self, builder: Builder) -> None:
        super().__init__(builder)
        self.called = 0
        self.recursions = 0

    def call(self, node: tree.Call, env: Env, place: Place) -> Any:
        function = node.function
        callee = self.named(function, env, place) if isinstance(function, tree.Name) else None
        if callee is None:
            callee = self.value(function, env, place)
        if isinstance(callee, type) and issubclass(callee, Op):
            if node.body is not None:
                return self._merge(callee, node, env, place)
            return self.op_layer(callee, node.arguments, node, env, place)
        if isinstance(callee, BlockDefinition):
            return BlockLayer(callee, self.arguments(callee, node, env, place), node)
        if isinstance(callee, NotationDefinition):
            return NotationLayer(callee, self.arguments(callee, node, env, place), node)
        if isinstance(callee, NotationLayer) and (callee.site is function or self.missing(callee)):
            given = self.arguments(callee.definition, node, env, place)
            return NotationLayer(callee.definition, {**given, **callee.arguments}, node)
        if isinstance(callee, FunctionDefinition):
            return self._function(callee, node, env, place)
        if callable(callee):
            return self._builtin(callee, node, env, place)
        what = f"`{function.span.text}` is {describe(callee)}, which"
        self.fail(NotCallable(at=node.span, what=what, trace=place.trace))

    @staticmethod
    def missing(layer: NotationLayer) -> list[str]:
        """The parameters of a notation that have no value yet; its holes have theirs."""
        parameters = layer.definition.tree.parameters
        names = (each.name.name for each in parameters if each.default is None)
        return [name for name in names if name not in layer.arguments]

    def incomplete(
        self, definition: Definition, given: Container[str], node: tree.Expression, place: Place
    ) -> NoReturn:
        """Refuse a name that needs arguments and has none."""
        names = [each.name.name for each in self.parameters(definition) if each.name.name not in given]
        text = node.span.text
        hints = (f"`{text}({', '.join(f'{name} = …' for name in names)})`",)
        callee = f"`{text}`"
        self.fail(
            MissingArgument(at=node.span, callee=callee, parameter=names[0], hints=hints, trace=place.trace)
        )

    def arguments(self, definition: Any, node: tree.Call, env: Env, place: Place) -> dict[str, Any]:
        """The arguments of a block, notation or function by name; defaults are left to it."""
        parameters = definition.tree.parameters or ()
        names = [each.name.name for each in parameters]
        given = node.arguments
        if node.body is not None and names:
            given = (*given, tree.Argument(names[-1], node.body, node.body.span))
        elif node.body is not None:
            what = f"{definition.what} `{definition.name}`"
            self.fail(NotCallable(at=node.body.span, what=what, given="body", trace=place.trace))
        required = {each.name.name for each in parameters if each.default is None}
        has_holes = isinstance(definition, NotationDefinition) and definition.tree.name.holes
        callee = f"`{node.function.span.text if has_holes else definition.name}`"
        bound = bind(callee, names, required, given, node.span, place.trace, self.builder.fail)
        made = {}
        for name, arguments in bound.items():
            value = self.bare(arguments[0].value, env, place)
            if isinstance(value, OpLayer) and value.inputs:
                value = self.tensor(value, arguments[0].value, place)
            made[name] = value
        return made

    def frame(self, definition: Any, given: dict[str, Any], place: Place) -> Env:
        """The names that a body sees: its parameters, defaults where none are given."""
        env = Env(definition.env, definition.tree, dict(given), labels=True)
        for parameter in definition.tree.parameters or ():
            if parameter.name.name not in env.names:
                env.names[parameter.name.name] = self.bare(parameter.default, env, place)
        return env

    def deeper(self, what: str, at: tree.Expression, place: Place, text: str) -> Place:
        """The place one level further down, unless that is too deep."""
        if place.trace is not None and any(step.span is at.span for step in place.trace.path()):
            self.recursions += 1
        if place.depth >= DEEPEST or self.recursions > MOST_RECURSIONS:
            deep = place.depth >= DEEPEST
            limit = f"{DEEPEST} levels deep" if deep else f"more than {MOST_RECURSIONS:,} times"
            hints = ("end it by a static condition: `if depth > 0 { … }`",)
            raise self.builder.abandon(EndlessRecursion(at=at.span, what=what, limit=limit, hints=hints))
        made = place.within(Step(text, at.span, place.trace))
        made.depth += 1
        return made

    def _function(self, callee: FunctionDefinition, node: tree.Call, env: Env, place: Place) -> Any:
        self.called += 1
        if self.called > MOST_CALLS:
            what = "calls of functions"
            raise self.builder.abandon(TooLarge(at=node.span, limit=f"{MOST_CALLS:,}", what=what))
        deeper = self.deeper(f"the function `{callee.name}`", node, place, callee.name)
        frame = self.frame(callee, self.arguments(callee, node, env, place), deeper)
        return self.value(callee.tree.value, frame, deeper)

    def _builtin(self, callee: Callable[..., Any], node: tree.Call, env: Env, place: Place) -> Any:
        name = node.function.span.text
        for argument in node.arguments:
            if argument.name is not None:
                why = f"`{name}` takes no named arguments"
                self.fail(WrongOperands(at=argument.span, why=why, trace=place.trace))
        values = [self.static(argument.value, env, place) for argument in node.arguments]
        try:
            return callee(*values)
        except (TypeError, ValueError, OverflowError):
            got = ", ".join(map(describe, values)) or "nothing"
            why = f"`{name}` takes {TAKES[name]}, not {got}"
            self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))

    def _merge(self, op: type[Op], node: tree.Call, env: Env, place: Place) -> MergeLayer:
        """`concat { … }`."""
        assert node.body is not None
        if op.name not in _MERGES:
            what = f"`{op.name}`"
            self.fail(NotCallable(at=node.body.span, what=what, given="body", trace=place.trace))
        layer = self.op_layer(op, node.arguments, node, env, place)
        return MergeLayer(layer.op, node.body, env, node)

    def op_layer(
        self,
        op: type[Op],
        arguments: tuple[tree.Argument, ...],
        site: tree.Expression,
        env: Env,
        place: Place,
    ) -> OpLayer:
        """An operator with its arguments; tensors that come first are its inputs."""
        if not arguments and not _signature(op)[1]:
            return OpLayer(self.intern(op, {}), (), (), site)
        inputs: list[Value] = []
        ends: list[Any] = []
        values: dict[int, Any] = {}
        for argument in arguments:
            if argument.name is not None:
                break
            value = self.value(argument.value, env, place)
            tensor = self.tensor(value, argument.value, place)
            values[id(argument)] = value if tensor is None else tensor
            if tensor is None:
                break
            inputs.append(tensor)
            ends.append(argument.span)
        names, required, variadic, named = _signature(op)
        rest = arguments[len(inputs) :]
        fail = self.builder.fail
        if rest and rest[0].name is None and not names and op.arity[1] is None:
            got = describe(values[id(rest[0])])
            at, callee = rest[0].span, f"`{op.name}`"
            raise fail(WrongInputs(at=at, callee=callee, wants="tensors", got=got, trace=place.trace))
        callee, at, trace = f"`{op.name}`", site.span, place.trace
        if op.family == "merge" and len(inputs) == 1:
            wants, both = "at least 2 tensors", f"`{op.name} {{ identity; {ends[0].text} }}`"
            hints = (f"{both} joins it with what comes in", f"`{ends[0].text}` goes on with it alone")
            raise fail(WrongInputs(at=at, callee=callee, wants=wants, got="1", hints=hints, trace=trace))
        bound = bind(callee, names, required, rest, at, trace, fail, variadic=variadic, named=named)
        given: dict[str, Any] = {}
        extra: list[Value] = []
        for each in op.args:
            if each.name not in bound:
                continue
            found = [self._argument(a, values, env, place) for a in bound[each.name]]
            first = bound[each.name][0]
            value = tuple(found) if each.variadic else found[0]
            if isinstance(each.kind, TensorKind):
                tensor = self.tensor(value, first.value, place)
                if tensor is None:
                    self._wrong(op.name, each, value, first, place.trace)
                extra.append(tensor)
                given[each.name] = True
                continue
            for part, argument in zip(found, bound[each.name], strict=True):
                try:
                    each.kind.accept(part)
                except Unfit:
                    self._wrong(op.name, each, part, argument, place.trace)
            given[each.name] = value
        return OpLayer(self.intern(op, given), tuple(inputs), tuple(extra), site, tuple(ends))

    def _argument(self, argument: tree.Argument, values: dict[int, Any], env: Env, place: Place) -> Any:
        if id(argument) in values:
            return values[id(argument)]
        return self.value(argument.value, env, place)

    def _wrong(self, callee: str, each: Any, value: Any, argument: tree.Argument, trace: Trace) -> NoReturn:
        hints = _instead(value, argument, each)
        self.fail(
            WrongArgument(
                at=argument.value.span,
                callee=callee,
                parameter=each.name,
                wants=each.kind.words,
                got=describe(value),
                hints=hints,
                trace=trace,
            )
        )

    def arity(self, layer: OpLayer, inputs: tuple[Value, ...], place: Place) -> None:
        """Refuse a wrong number of tensors."""
        low, high = layer.op.arity
        if low <= len(inputs) and (high is None or len(inputs) <= high):
            return
        wants = f"{low} tensor{'s' * (low != 1)}" if low == high else f"at least {low} tensors"
        got = str(len(inputs))
        self.fail(
            WrongInputs(
                at=layer.site.span, callee=f"`{layer.op.name}`", wants=wants, got=got, trace=place.trace
            )
        )


def _instead(value: Any, argument: tree.Argument, each: Arg) -> tuple[str, ...]:
    """What may be meant by an argument that does not fit."""
    node, text = argument.value, argument.value.span.text
    if isinstance(node, tree.Chain) and node.steps[0].label is not None:
        label, meant = node.steps[0].label, node.steps[0].value
        return (f"an argument's name has `=`: `{label.name} = {meant.span.text}`",)
    if isinstance(value, list) and len(value) in (2, 3) and _fits(each, tuple(value)):
        return (f"`{'x'.join(map(str, value))}`",)
    if isinstance(value, float) and value > 1 and _fits(each, 1):
        divided = isinstance(node, tree.Binary) and node.operator == "/"
        return ("`//` divides to a whole number",) if divided else (f"`round({text})`",)
    if isinstance(value, int) and value in (0, 1) and _fits(each, True):
        return ("`true`" if value else "`false`",)
    if isinstance(node, tree.Text) and re.fullmatch(r"[\d.]+( *x *\d+)*", node.value):
        return (f"`{node.value}`, without quotes",)
    if isinstance(value, str):
        return nearest(value.lower(), re.findall(r"`([a-z_]+)`", each.kind.words))
    return ()


def _fits(each: Arg, value: Any) -> bool:
    try:
        each.kind.accept(value)
    except Unfit:
        return False
    return True


_Signature = tuple[list[str], set[str], str | None, frozenset[str]]
_signatures: dict[type[Op], _Signature] = {}


def _signature(op: type[Op]) -> _Signature:
    """The names of an operator's arguments: all, those without a default, the one that takes several, and
    those that are given by name alone."""
    known = _signatures.get(op)
    if known is None:
        names = [each.name for each in op.args]
        variadic = next((each.name for each in op.args if each.variadic), None)
        required = {each.name for each in op.args if each.required}
        named = frozenset(each.name for each in op.args if each.named)
        known = _signatures[op] = (names, required, variadic, named)
    return known
