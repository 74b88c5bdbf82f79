"""Expressions to values.

An expression may apply layers (`crop(left, like = up)`), so evaluation knows the place in the graph
where it happens. Whatever is wrong is reported, and Failed is raised.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NoReturn

from archdsl.diagnostics import Label
from archdsl.graph import arithmetic, foreign
from archdsl.graph.binding import nearest
from archdsl.graph.build import Builder, Place
from archdsl.graph.errors import (
    NoAttribute,
    NothingBefore,
    SeveralOutputs,
    WrongCount,
    WrongOperands,
)
from archdsl.graph.lookup import Lookup
from archdsl.graph.model import Node, Scope, Value
from archdsl.graph.names import module_name
from archdsl.graph.remedies import with_port
from archdsl.graph.values import (
    LAYERS,
    BlockDefinition,
    BlockLayer,
    Env,
    Flow,
    Layer,
    Lost,
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
from archdsl.ops.arguments import REQUIRED
from archdsl.ops.contract import Op
from archdsl.sizes import show
from archdsl.syntax import tree

_BARE_MERGE = {"+": "add", "*": "mul"}
_AXES = {
    2: {"channels": 0, "length": 1},
    3: {"channels": 0, "height": 1, "width": 2},
    4: {"channels": 0, "depth": 1, "height": 2, "width": 3},
}


class Evaluator(Lookup):
    """Evaluates expressions; calls and the application of layers are for those who build on it."""

    def __init__(self, builder: Builder) -> None:
        super().__init__(builder)
        self.made: Scope | None = None
        """In a net made from another: the net, whose modules have names that lines may use."""
        self.interned: dict[tuple[Any, ...], Op] = {}
        """One operator object for equal arguments, so that what is known of it is known once."""

    inputs: dict[str, Value]
    """The net's inputs, as far as they are declared."""

    @abstractmethod
    def call(self, node: tree.Call, env: Env, place: Place) -> Any:
        """The value of a call."""

    @abstractmethod
    def op_layer(
        self,
        op: type[Op],
        arguments: tuple[tree.Argument, ...],
        site: tree.Expression,
        env: Env,
        place: Place,
    ) -> OpLayer:
        """An operator with its arguments."""

    @abstractmethod
    def run(self, layer: Layer, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        """Apply a layer to what came before it."""

    @abstractmethod
    def put(self, layer: Layer, x: Flow, place: Place, name: str) -> Flow:
        """Apply a layer as the module of this name."""

    @abstractmethod
    def line(self, item: tree.Item, x: Flow, place: Place, env: Env) -> Flow:
        """Run one line on what came before it."""

    @abstractmethod
    def chain(self, chain: tree.Chain, x: Flow, place: Place, env: Env, first: Any = None) -> Flow:
        """Run a chain on what came before it."""

    # -- expressions ----------------------------------------------------------------------------

    def value(self, node: tree.Expression, env: Env, place: Place) -> Any:
        """The value of an expression: static, a tensor, a layer that waits for its input."""
        match node:
            case tree.Number(value=value) | tree.Boolean(value=value) | tree.Text(value=value):
                return value
            case tree.Name():
                return self.complete(self.named(node, env, place), node, place)
            case tree.Call():
                return self.call(node, env, place)
            case tree.Chain():
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
                return [self.bare(item, env, place) for item in items]
            case tree.Index():
                return self._index(node, env, place)
            case tree.If():
                return self._if(node, env, place)
            case tree.Body(items=items):
                return SequenceLayer(items, env, node, braces=True)
            case tree.For() | tree.Table():
                return SequenceLayer((node,), env, node, braces=True)

    def bare(self, node: tree.Expression, env: Env, place: Place) -> Any:
        """The value of an expression that is handed on: a layer's name may still get its arguments."""
        return self.named(node, env, place) if isinstance(node, tree.Name) else self.value(node, env, place)

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
            value = value.main or self._several(value, node, place)
        return value if isinstance(value, Value) else None

    def _several(self, outputs: Outputs, node: tree.Expression, place: Place) -> NoReturn:
        """Refuse several outputs where one tensor belongs."""
        if not outputs.values:  # what would have given them failed
            raise self.builder.give_up()
        first, value = next(iter(outputs.values.items()))
        chosen = f"[{first}]" if first.isdigit() else f".{first}"
        origin = value.node.span
        self.fail(
            SeveralOutputs(
                at=node.span,
                what=outputs.what,
                names=", ".join(outputs.values),
                labels=() if origin == node.span else (Label(origin, f"output {first} comes from here"),),
                hints=(f"give it a label, and choose: `label{chosen}`",),
                trace=place.trace,
            )
        )

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
        value = self.lookup("in", env)
        if value is REQUIRED or value is None:
            why = "nothing came before the block, notation or net that it stands in"
            if len(self.inputs) > 1 and place.scope.kind == "net":
                why = f"the net has several inputs: {', '.join(self.inputs)}"
            self.fail(NothingBefore(at=node.span, what="`in`", why=why, trace=place.trace))
        if isinstance(value, Lost):
            raise self.builder.give_up(value.mistake)
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
            self.used.add((id(value.owner), node.name))
            labelled = value.labels[node.name]
            if isinstance(labelled, Lost):
                raise self.builder.give_up(labelled.mistake)
            return labelled
        inner = value.value if isinstance(value, Part) else value
        if isinstance(inner, Outputs) and node.name in inner.values:
            return inner.values[node.name]
        if isinstance(value, Part) and (child := self.child(value.scope, node.name)):
            return child
        known: list[str] = list(value.labels) if isinstance(value, Part) else []
        known += list(inner.values) if isinstance(inner, Outputs) else []
        tensor = inner.main if isinstance(inner, Outputs) else inner
        if isinstance(tensor, Value):
            if tensor.shape is None:
                raise self.builder.give_up()
            axes = _AXES.get(len(tensor.shape), {"channels": 0})
            if node.name in axes:
                return tensor.shape[axes[node.name]]
            if node.name == "shape":
                return tensor.shape
            known += [*axes, "shape"]
        shape = tensor.shape if isinstance(tensor, Value) else None
        what = f"`{node.value.span.text}`" + (f" ({show(shape)})" if shape else "")
        listed = ", ".join(f"`{name}`" for name in known)
        hints: tuple[str, ...] = ()
        if isinstance(tensor, Value):
            hints = with_port(tensor, node.name) or foreign.method(node.name, node.value.span.text, node.span)
        parts = self.builder.children(value.scope) if isinstance(value, Part) else []
        hints = hints or nearest(node.name, [*known, *parts]) or (f"it has {listed}",) * bool(known)
        self.fail(NoAttribute(at=node.span, what=what, name=node.name, hints=hints, trace=place.trace))

    @staticmethod
    def results(node: Node) -> Value | Outputs:
        """What a layer gives: one tensor, or several by their names or numbers."""
        if len(node.outputs) == 1 or node.outputs[0].shape is None:
            return node.outputs[0]
        names = [port.name for port in node.op.ports]
        main = node.outputs[0] if names else None
        named = zip(names or map(str, range(len(node.outputs))), node.outputs, strict=True)
        return Outputs(f"`{node.op.name}`", dict(named), main)

    def child(self, scope: Scope, name: str) -> Value | Outputs | Part | None:
        """A part of a module by its name in the compiled net: `features.28`."""
        found = self.builder.child(scope, module_name(name))
        if isinstance(found, Scope):
            outputs = found.outputs
            value = outputs[""] if "" in outputs else Outputs(f"`{name}`", outputs)
            return Part(value, {}, found)
        return self.results(found) if found else None

    def module(self, name: str) -> Any:
        """In a net made from another, what a module gives, by its name in the compiled net."""
        found = self.child(self.made, name) if self.made is not None else None
        return REQUIRED if found is None else found

    def visible(self, env: Env) -> list[str]:
        """Every name that could have been meant, the base's modules among them."""
        return [*super().visible(env), *(self.builder.children(self.made) if self.made else ())]

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
        if isinstance(value, Value) and value.shape is None:
            raise self.builder.give_up()
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
        try:
            return arithmetic.unary(node.operator, value)
        except arithmetic.Unsuitable as why:
            self.fail(WrongOperands(at=node.span, why=str(why), trace=place.trace))

    def _binary(self, node: tree.Binary, env: Env, place: Place) -> Any:
        if node.operator in ("and", "or"):
            return self._logic(node, env, place)
        left, right = self.value(node.left, env, place), self.value(node.right, env, place)
        if node.operator == "*":
            for layer, count in ((left, right), (right, left)):
                if isinstance(layer, LAYERS) and not (isinstance(layer, OpLayer) and layer.inputs):
                    return self._repeat(node, layer, count, place)
        if node.operator in _BARE_MERGE and not (arithmetic.is_number(left) or arithmetic.is_number(right)):
            operands = [self.tensor(v, n, place) for v, n in ((left, node.left), (right, node.right))]
            if all(operands):
                merge = self.intern(OPERATORS[_BARE_MERGE[node.operator]], {})
                ends = (node.left.span, node.right.span)
                return OpLayer(merge, tuple(operands), (), node, ends)  # type: ignore[arg-type]
        try:
            return arithmetic.binary(node.operator, left, right)
        except arithmetic.Unsuitable as why:
            self.fail(WrongOperands(at=node.span, why=str(why), trace=place.trace))

    def _logic(self, node: tree.Binary, env: Env, place: Place) -> bool:
        value: Any = None
        for side in (node.left, node.right):
            value = self.static(side, env, place)
            if not isinstance(value, bool):
                why = f"`{node.operator}` joins what is true or false, not {describe(value)}"
                self.fail(WrongOperands(at=side.span, why=why, trace=place.trace))
            if value == (node.operator == "or"):
                break
        return bool(value)

    def _repeat(self, node: tree.Binary, layer: Layer, count: Any, place: Place) -> Layer:
        if type(count) is not int or count < 0:
            what = "a repetition takes a whole number, at least 0"
            side = node.left if isinstance(node.left, tree.Number) else node.right
            text = side.span.text
            hints = (f"`ceil({text})`, or `round({text})`",) if isinstance(count, float) else ()
            got = describe(count)
            self.fail(WrongCount(at=side.span, what=what, got=got, hints=hints, trace=place.trace))
        return RepeatLayer(layer, count, node)

    def intern(self, op: type[Op], given: dict[str, Any]) -> Op:
        """The operator with these arguments."""
        key = (op, repr(sorted(given.items()))) if given else (op,)
        made = self.interned.get(key)
        if made is None:
            made = self.interned[key] = op(**given)
        return made
