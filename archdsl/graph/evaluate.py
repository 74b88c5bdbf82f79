"""Expressions to values.

An expression may apply layers (`crop(left, like = up)`), so evaluation knows the place in the graph
where it happens. Whatever is wrong is reported, and Failed is raised.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, NoReturn

from archdsl.diagnostics import Error, Label, Step, Trace
from archdsl.graph.binding import bind, nearest
from archdsl.graph.build import Builder, Place
from archdsl.graph.errors import (
    EndlessRecursion,
    Failed,
    HoleMismatch,
    NoAttribute,
    NotCallable,
    NothingBefore,
    SeveralOutputs,
    UnknownName,
    UsedBeforeMade,
    WrongArgument,
    WrongCount,
    WrongInputs,
    WrongOperands,
)
from archdsl.graph.functions import FUNCTIONS, words
from archdsl.graph.model import Value
from archdsl.graph.values import (
    LAYERS,
    BlockDefinition,
    BlockLayer,
    Env,
    FunctionDefinition,
    Layer,
    MergeLayer,
    NotationDefinition,
    NotationLayer,
    OpLayer,
    Outputs,
    Part,
    RepeatLayer,
    SequenceLayer,
    describe,
)
from archdsl.ops import OPERATORS
from archdsl.ops.arguments import REQUIRED, Tensor, Unfit
from archdsl.ops.contract import Op
from archdsl.syntax import tree

DEEPEST = 100
"""Levels of blocks, notations and functions within one another."""

_MERGES = ("concat", "add", "mul")
_BARE_MERGE = {"+": "add", "*": "mul"}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_AXES = {
    2: {"channels": 0, "length": 1},
    3: {"channels": 0, "height": 1, "width": 2},
    4: {"channels": 0, "depth": 1, "height": 2, "width": 3},
}


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Evaluator:
    """Evaluates expressions; what applies layers is the Expander's, which builds on this."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.used: set[tuple[int, str]] = set()
        """Names that were looked up: the id of the tree node that declares them, and the name."""
        self.interned: dict[tuple[Any, ...], Op] = {}

    # what the Expander adds
    def run(self, layer: Layer, x: Value | Outputs | None, place: Place, label: tree.Name | None) -> Any:
        raise NotImplementedError

    def chain(self, chain: tree.Chain, x: Any, place: Place, env: Env, first: Any = None) -> Any:
        raise NotImplementedError

    def fail(self, error: Error) -> NoReturn:
        raise self.builder.fail(error)

    # -- names ----------------------------------------------------------------------------------

    def lookup(self, name: str, env: Env, place: Place) -> Any:
        """What a name means, or REQUIRED where it means nothing. Built-in layers cannot be hidden."""
        op = OPERATORS.get(name)
        if op is not None and not op.hidden:
            return op
        inner: Env | None = env
        while inner is not None:
            if name in inner.names:
                self.used.add((id(inner.owner), name))
                return inner.names[name]
            inner = inner.outer
        return FUNCTIONS.get(name, REQUIRED)

    def visible(self, env: Env) -> list[str]:
        """Every name that could have been meant."""
        names = [name for name, op in OPERATORS.items() if not op.hidden] + list(FUNCTIONS)
        inner: Env | None = env
        while inner is not None:
            names += [name for name in inner.names if name != "in"]
            inner = inner.outer
        return names

    def named(self, node: tree.Name, env: Env, place: Place) -> Any:
        """The value of a name; layers without arguments are complete here."""
        value = self.lookup(node.name, env, place)
        if value is REQUIRED:
            value = self._notation(node, env, place)
        if value is REQUIRED and node.name in words():
            return node.name
        if value is REQUIRED:
            self._unknown(node, env, place)
        return value

    def _unknown(self, node: tree.Name, env: Env, place: Place) -> NoReturn:
        name = node.name
        later = _label_behind(node, env)
        if later is not None:
            self.fail(
                UsedBeforeMade(
                    at=node.span, name=name, labels=(Label(later.span, "it is made here"),), trace=place.trace
                )
            )
        known = self.visible(env)
        hints = nearest(name, known)
        if "-" in name:
            first, _, rest = name.partition("-")
            if first in known or first == "in" or first.isdigit():
                hints = (f"a subtraction has blanks: `{first} - {rest}`",)
        self.fail(UnknownName(at=node.span, name=name, hints=hints, trace=place.trace))

    def _notation(self, node: tree.Name, env: Env, place: Place) -> Any:
        """A notation with holes whose pattern the name matches."""
        inner: Env | None = env
        near: Error | None = None
        while inner is not None:
            for definition in inner.names.values():
                if not isinstance(definition, NotationDefinition) or not definition.tree.name.holes:
                    continue
                holes, why = match_pattern(definition.tree.name, node.name)
                if holes is not None:
                    self.used.add((id(inner.owner), definition.name))
                    return NotationLayer(definition, holes, node)
                if why:
                    near = near or HoleMismatch(
                        at=node.span, name=node.name, pattern=definition.name, why=why, trace=place.trace
                    )
            inner = inner.outer
        if near is not None:
            self.fail(near)
        return REQUIRED

    # -- expressions ----------------------------------------------------------------------------

    def value(self, node: tree.Expression, env: Env, place: Place) -> Any:
        """The value of an expression: static, a tensor, a layer that waits for its input."""
        match node:
            case tree.Number(value=value) | tree.Boolean(value=value) | tree.Text(value=value):
                return value
            case tree.Name():
                return self.complete(self.named(node, env, place), node, place)
            case tree.Call():
                return self._call(node, env, place)
            case tree.Chain(steps=steps):
                return self._chain_value(node, env, place)
            case tree.In():
                return self._in(node, env, place)
            case tree.Attribute():
                return self._attribute(node, env, place)
            case tree.Binary():
                return self._binary(node, env, place)
            case tree.Unary():
                return self._unary(node, env, place)
            case tree.Dims(parts=parts):
                sizes = [self.static(part, env, place) for part in parts]
                for part, size in zip(parts, sizes, strict=True):
                    if not isinstance(size, int) or isinstance(size, bool):
                        why = f"the sizes of a shape are whole numbers, not {describe(size)}"
                        self.fail(WrongOperands(at=part.span, why=why, trace=place.trace))
                return tuple(sizes)
            case tree.ListOf(items=items):
                return [self.value(item, env, place) for item in items]
            case tree.Index():
                return self._index(node, env, place)
            case tree.If():
                return self._if(node, env, place)
            case tree.Body(items=items):
                return SequenceLayer(items, env, node, braces=True)
            case tree.For() | tree.Table():
                return SequenceLayer((node,), env, node, braces=True)

    def static(self, node: tree.Expression, env: Env, place: Place) -> Any:
        """A number, a truth value, a text, a list or a shape; anything else is refused."""
        value = self.value(node, env, place)
        if isinstance(value, bool | int | float | str | tuple | list):
            return value
        why = f"a number or another static value belongs here, not {describe(value)}"
        self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))

    def tensor(self, value: Any, node: tree.Expression, place: Place) -> Value | None:
        """The tensor that a value is or, applied to the tensors it was called with, gives."""
        if isinstance(value, OpLayer) and value.inputs:
            value = self.run(value, None, place, None)
        if isinstance(value, Part):
            value = value.value
        if isinstance(value, Outputs):
            names = ", ".join(value.values)
            self.fail(SeveralOutputs(at=node.span, what=value.what, names=names, trace=place.trace))
        return value if isinstance(value, Value) else None

    def complete(self, value: Any, node: tree.Expression, place: Place) -> Any:
        """A layer's bare name is the layer with its defaults."""
        if isinstance(value, type) and issubclass(value, Op):
            return self.op_layer(value, (), node, Env(None), place)
        if isinstance(value, BlockDefinition | NotationDefinition) and not self.parameters(value):
            layer = BlockLayer if isinstance(value, BlockDefinition) else NotationLayer
            return layer(value, {}, node)  # type: ignore[arg-type]
        return value

    @staticmethod
    def parameters(definition: Any) -> list[tree.Parameter]:
        """The parameters that still need a value from a call."""
        return [each for each in definition.tree.parameters or () if each.default is None]

    def _in(self, node: tree.In, env: Env, place: Place) -> Any:
        value = self.lookup("in", env, place)
        if value is REQUIRED or value is None:
            why = "there is no block around it, or nothing came before that block"
            self.fail(NothingBefore(at=node.span, what="`in`", why=why, trace=place.trace))
        return value

    def _chain_value(self, node: tree.Chain, env: Env, place: Place) -> Any:
        """A chain that begins with a tensor is a tensor; any other waits for its input."""
        first = node.steps[0]
        if first.label is None and not isinstance(first.value, tree.Body | tree.For | tree.If | tree.Table):
            value = self.value(first.value, env, place)
            if isinstance(value, Value | Part | Outputs) or (isinstance(value, OpLayer) and value.inputs):
                return self.chain(node, None, place, env, first=value)
        return SequenceLayer((node,), env, node, braces=False)

    def _if(self, node: tree.If, env: Env, place: Place) -> Any:
        """The branch that is taken: its one line as it stands, or its lines as a sequence."""
        taken = self.taken(node, env, place)
        items = taken.items if taken else ()
        if len(items) == 1 and not isinstance(items[0], tree.Let | tree.Share | tree.Expect | tree.Output):
            return self.value(items[0], env, place)  # type: ignore[arg-type]
        return SequenceLayer(items, env, node, braces=False)

    def taken(self, node: tree.If, env: Env, place: Place) -> tree.Body | None:
        """The body of an `if` that its condition chooses."""
        branch: tree.Body | tree.If | None = node
        while isinstance(branch, tree.If):
            condition = self.static(branch.condition, env, place)
            if not isinstance(condition, bool):
                why = f"a condition is true or false, not {describe(condition)}"
                self.fail(WrongOperands(at=branch.condition.span, why=why, trace=place.trace))
            branch = branch.then if condition else branch.otherwise
        return branch

    def _attribute(self, node: tree.Attribute, env: Env, place: Place) -> Any:
        value = self._labelled(node.value, env) or self.value(node.value, env, place)
        if isinstance(value, Part) and node.name in value.labels:
            return value.labels[node.name]
        inner = value.value if isinstance(value, Part) else value
        if isinstance(inner, Outputs) and node.name in inner.values:
            return inner.values[node.name]
        known: list[str] = list(value.labels) if isinstance(value, Part) else []
        known += list(inner.values) if isinstance(inner, Outputs) else []
        tensor = inner if isinstance(inner, Value) else None
        if tensor is not None:
            if tensor.shape is None:
                raise Failed  # the error that left the shape unknown is reported
            axes = _AXES.get(len(tensor.shape), {"channels": 0})
            if node.name in axes:
                return tensor.shape[axes[node.name]]
            if node.name == "shape":
                return tensor.shape
            known += [*axes, "shape"]
        what = describe(value)
        hints = nearest(node.name, known) or (f"it has {', '.join(known)}",) * bool(known)
        self.fail(NoAttribute(at=node.span, what=what, name=node.name, hints=hints, trace=place.trace))

    @staticmethod
    def _labelled(node: tree.Expression, env: Env) -> Any:
        """What a label names that is also the name of a layer: behind a dot the label is meant."""
        inner: Env | None = env if isinstance(node, tree.Name) else None
        while inner is not None:
            if (value := inner.names.get(f"{node.name}:")) is not None:  # type: ignore[union-attr]
                return value
            inner = inner.outer
        return None

    def _index(self, node: tree.Index, env: Env, place: Place) -> Any:
        value = self.value(node.value, env, place)
        index = self.static(node.index, env, place)
        if isinstance(value, Part):
            value = value.value
        items = list(value.values.values()) if isinstance(value, Outputs) else value
        if not isinstance(items, list | tuple):
            why = f"a list, a shape or several outputs have `[…]`, {describe(value)} does not"
            self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))
        if not isinstance(index, int) or not -len(items) <= index < len(items):
            why = f"the index goes from 0 to {len(items) - 1}, this is {describe(index)}"
            self.fail(WrongOperands(at=node.index.span, why=why, trace=place.trace))
        return items[index]

    def _unary(self, node: tree.Unary, env: Env, place: Place) -> Any:
        value = self.static(node.operand, env, place)
        if node.operator == "not" and isinstance(value, bool):
            return not value
        if node.operator == "-" and is_number(value):
            return -value
        why = f"`{node.operator}` does not go with {describe(value)}"
        self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))

    def _binary(self, node: tree.Binary, env: Env, place: Place) -> Any:
        left = self.value(node.left, env, place)
        if node.operator in ("and", "or"):
            return self._logic(node, left, env, place)
        right = self.value(node.right, env, place)
        if node.operator == "*":
            for layer, count in ((left, right), (right, left)):
                if isinstance(layer, LAYERS) and not (isinstance(layer, OpLayer) and layer.inputs):
                    return self._repeat(node, layer, count, place)
        if node.operator in _BARE_MERGE and not (is_number(left) or is_number(right)):
            operands = [self.tensor(v, n, place) for v, n in ((left, node.left), (right, node.right))]
            if all(operands):
                merge = self.intern(OPERATORS[_BARE_MERGE[node.operator]], {})
                ends = (node.left.span, node.right.span)
                return OpLayer(merge, tuple(operands), (), node, ends)  # type: ignore[arg-type]
        return self._arithmetic(node, left, right, place)

    def _logic(self, node: tree.Binary, left: Any, env: Env, place: Place) -> bool:
        if isinstance(left, bool):
            if left == (node.operator == "or"):
                return left
            right = self.static(node.right, env, place)
            if isinstance(right, bool):
                return right
            left = right
        why = f"`{node.operator}` joins what is true or false, not {describe(left)}"
        self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))

    def _arithmetic(self, node: tree.Binary, left: Any, right: Any, place: Place) -> Any:
        symbol = node.operator
        numbers = is_number(left) and is_number(right)
        alike = type(left) is type(right) and isinstance(left, bool | str | list | tuple)
        fits = (
            numbers
            or (symbol in ("==", "!=") and isinstance(left, int | float | str | list | tuple))
            or (symbol == "+" and alike and isinstance(left, str | list | tuple))
        )
        if not fits:
            why = f"`{symbol}` does not go with {describe(left)} and {describe(right)}"
            self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))
        try:
            if symbol == "/":
                exact = is_number(left) and left % right == 0
                return left // right if exact else left / right
            return _ARITHMETIC[symbol](left, right)
        except ZeroDivisionError:
            self.fail(WrongOperands(at=node.right.span, why="this divides by zero", trace=place.trace))
        except OverflowError:
            self.fail(WrongOperands(at=node.span, why="this number is too large", trace=place.trace))

    def _repeat(self, node: tree.Binary, layer: Layer, count: Any, place: Place) -> Layer:
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            what = "a repetition takes a whole number, at least 0"
            self.fail(WrongCount(at=node.span, what=what, got=describe(count), trace=place.trace))
        return RepeatLayer(layer, count, node)

    # -- calls ----------------------------------------------------------------------------------

    def _call(self, node: tree.Call, env: Env, place: Place) -> Any:
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
        if isinstance(callee, NotationLayer) and callee.site is function:
            given = self.arguments(callee.definition, node, env, place)
            return NotationLayer(callee.definition, {**given, **callee.arguments}, node)
        if isinstance(callee, FunctionDefinition):
            return self._function(callee, node, env, place)
        if callable(callee):
            return self._builtin(callee, node, env, place)
        self.fail(NotCallable(at=node.span, what=describe(callee), trace=place.trace))

    def arguments(self, definition: Any, node: tree.Call, env: Env, place: Place) -> dict[str, Any]:
        """The arguments of a block, notation or function by name; defaults are left to it."""
        parameters = definition.tree.parameters or ()
        names = [each.name.name for each in parameters]
        given = node.arguments
        if node.body is not None and names:
            given = (*given, tree.Argument(names[-1], node.body, node.body.span))
        elif node.body is not None:
            what = f"{definition.what} `{definition.name}`"
            self.fail(NotCallable(at=node.body.span, what=what, trace=place.trace))
        required = {each.name.name for each in parameters if each.default is None}
        callee = f"`{definition.name}`"
        bound = bind(callee, names, required, given, node.span, place.trace, self.builder.fail)  # type: ignore[arg-type]
        made = {}
        for name, arguments in bound.items():
            value = self.value(arguments[0].value, env, place)
            if isinstance(value, OpLayer) and value.inputs:
                value = self.tensor(value, arguments[0].value, place)
            made[name] = value
        return made

    def frame(self, definition: Any, given: dict[str, Any], place: Place) -> Env:
        """The names that a body sees: its parameters, defaults where none are given."""
        env = Env(definition.env, definition.tree, dict(given), labels=True)
        for parameter in definition.tree.parameters or ():
            if parameter.name.name not in env.names:
                env.names[parameter.name.name] = self.value(parameter.default, env, place)
        return env

    def deeper(self, what: str, at: tree.Expression, place: Place, text: str) -> Place:
        """The place one level further down, unless that is too deep."""
        if place.depth >= DEEPEST:
            self.fail(
                EndlessRecursion(
                    at=at.span,
                    what=what,
                    limit=DEEPEST,
                    hints=("end it by a static condition: `if depth > 0 { … }`",),
                )
            )
        made = place.within(Step(text, at.span, place.trace))
        made.depth += 1
        return made

    def _function(self, callee: FunctionDefinition, node: tree.Call, env: Env, place: Place) -> Any:
        deeper = self.deeper(f"the function `{callee.name}`", node, place, callee.name)
        frame = self.frame(callee, self.arguments(callee, node, env, place), deeper)
        return self.value(callee.tree.value, frame, deeper)

    def _builtin(self, callee: Callable[..., Any], node: tree.Call, env: Env, place: Place) -> Any:
        for argument in node.arguments:
            if argument.name is not None:
                why = f"`{callee.__name__.strip('_')}` takes no named arguments"
                self.fail(WrongOperands(at=argument.span, why=why, trace=place.trace))
        values = [self.static(argument.value, env, place) for argument in node.arguments]
        try:
            return callee(*values)
        except (TypeError, ValueError, OverflowError) as error:
            why = f"`{node.function.span.text}` does not go with this: {error}"
            self.fail(WrongOperands(at=node.span, why=why, trace=place.trace))

    def _merge(self, op: type[Op], node: tree.Call, env: Env, place: Place) -> MergeLayer:
        """`concat { … }`."""
        assert node.body is not None
        if op.name not in _MERGES:
            self.fail(NotCallable(at=node.body.span, what=f"`{op.name}`", trace=place.trace))
        layer = self.op_layer(op, node.arguments, node, env, place)
        return MergeLayer(layer.op, node.body, env, node)

    def op_layer(
        self, op: type[Op], arguments: tuple[tree.Argument, ...], site: tree.Expression, env: Env, place: Place
    ) -> OpLayer:
        """An operator with its arguments; tensors that come first are its inputs."""
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
        rest = arguments[len(inputs) :]
        names = [each.name for each in op.args]
        required = {each.name for each in op.args if each.required}
        variadic = next((each.name for each in op.args if each.variadic), None)
        bound = bind(
            f"`{op.name}`", names, required, rest, site.span, place.trace, self.builder.fail, variadic=variadic  # type: ignore[arg-type]
        )
        given: dict[str, Any] = {}
        extra: list[Value] = []
        for each in op.args:
            if each.name not in bound:
                continue
            found = [self._argument(a, values, env, place) for a in bound[each.name]]
            first = bound[each.name][0]
            value = tuple(found) if each.variadic else found[0]
            if each.kind is Tensor:
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
        hints: tuple[str, ...] = ()
        if isinstance(value, float) and isinstance(argument.value, tree.Binary) and argument.value.operator == "/":
            hints = ("`//` divides to a whole number",)
        elif isinstance(value, str):
            hints = nearest(value, re.findall(r"`([a-z_]+)`", each.kind.words))
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

    def intern(self, op: type[Op], given: dict[str, Any]) -> Op:
        """One operator object for equal arguments, so that what is known of it is known once."""
        key = (op, repr(sorted(given.items())))
        made = self.interned.get(key)
        if made is None:
            made = self.interned[key] = op(**given)
        return made

    def arity(self, layer: OpLayer, inputs: tuple[Value, ...], place: Place) -> None:
        """Refuse a wrong number of tensors."""
        low, high = layer.op.arity
        if low <= len(inputs) and (high is None or len(inputs) <= high):
            return
        wants = f"{low} tensor{'s' * (low != 1)}" if low == high else f"at least {low} tensors"
        got = str(len(inputs))
        self.fail(
            WrongInputs(at=layer.site.span, callee=f"`{layer.op.name}`", wants=wants, got=got, trace=place.trace)
        )


def match_pattern(pattern: tree.Pattern, name: str) -> tuple[dict[str, int] | None, str]:
    """The holes' numbers if the name matches; else None, and why if it nearly does."""
    text = "".join(f"([^-]*?)" if i % 2 else re.escape(part) for i, part in enumerate(pattern.parts))
    found = re.fullmatch(text, name)
    if not found or not any(pattern.parts[::2]):
        return None, ""
    holes: dict[str, int] = {}
    for hole, digits in zip(pattern.holes, found.groups(), strict=True):
        if not digits.isdigit():
            what = f"`{digits}`" if digits else "nothing"
            return None, f"{what} stands for {{{hole}}}, which is a whole number"
        if holes.setdefault(hole, int(digits)) != int(digits):
            return None, f"{{{hole}}} cannot be {holes[hole]} and {int(digits)}"
    return holes, ""


def _label_behind(node: tree.Name, env: Env) -> tree.Name | None:
    """The label of this name that a later line of the same body has, if one has."""
    inner: Env | None = env
    while inner is not None:
        body = getattr(inner.owner, "body", None)
        if isinstance(body, tree.Body) and body.span.source is node.span.source:
            for label in labels_in(body):
                if label.name == node.name and label.span.start > node.span.start:
                    return label
        inner = inner.outer
    return None


def dotted(path: tree.Expression) -> list[str]:
    """The names of `conv5_3.receptive_field`."""
    names: list[str] = []
    while isinstance(path, tree.Attribute):
        names.append(path.name)
        path = path.value
    assert isinstance(path, tree.Name)
    return [path.name, *reversed(names)]


def labels_in(body: tree.Body) -> list[tree.Name]:
    """Every label written in a body, at any depth."""
    found: list[tree.Name] = []
    waiting: list[object] = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Step) and node.label is not None:
            found.append(node.label)
        elif isinstance(node, tree.Output | tree.Share | tree.Group):
            found.append(node.label if isinstance(node, tree.Group) else node.name)
        elif isinstance(node, tree.Block):
            continue
        waiting.extend(tree.children(node))
    return found
