"""The lines of a body: declarations, and the one rule of sequence.

A line that is a layer is applied to what came before, a line that is a tensor becomes what comes
next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archdsl.diagnostics import Step
from archdsl.graph.build import MOST_NODES, Builder, Place, too_large
from archdsl.graph.calls import Calls
from archdsl.graph.edits import Edits
from archdsl.graph.errors import (
    DuplicateName,
    Failed,
    Misplaced,
    NotALayer,
    NothingBefore,
    ReservedName,
    WrongCount,
)
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Named, Scope, Tied, Value
from archdsl.graph.names import module_name
from archdsl.graph.settings import input_shape
from archdsl.graph.subjects import Pending
from archdsl.graph.tables import run_table
from archdsl.graph.values import (
    LAYERS,
    BlockDefinition,
    Env,
    Flow,
    FunctionDefinition,
    NotationDefinition,
    OpLayer,
    Outputs,
    Part,
    SharedLayer,
    describe,
)
from archdsl.ops import OPERATORS
from archdsl.syntax import tree

RESERVED = frozenset(("in", "true", "false", "if", "for", "not", "table"))


class Lines(Calls):
    """Runs lines; the application of layers is for who builds on it."""

    def __init__(self, builder: Builder, variant: str | None) -> None:
        super().__init__(builder)
        self.variant = variant
        """The table column to read, if the net has variants."""
        self.edits = Edits()
        """Changes that nets made from this one make to the lines that run now."""
        self.overriding: dict[str, tuple[tree.Input, Env]] = {}
        """Inputs that such nets declare anew."""
        self.freezes: list[tuple[tree.Freeze, str]] = []
        """Each with the path of the scope that it stands in."""
        self.inits: list[tuple[tree.Init, Place, Env]] = []
        self.loss_lines: list[tuple[tree.Loss, Place, Env]] = []
        self.pending: list[Pending] = []
        self.ties: list[Tied] = []
        self.named_values: dict[str, Named] = {}
        self.inputs: dict[str, Value] = {}
        self.outputs: dict[str, Value] = {}
        self.training_outputs: dict[str, Value] = {}
        self.aliases: list[tuple[tree.Name, Env]] = []
        self._reserved: dict[int, frozenset[str]] = {}

    # -- lines ----------------------------------------------------------------------------------

    def lines(self, items: tuple[tree.Item, ...], x: Flow, place: Place, env: Env) -> Flow:
        """Run the lines of a body one after the other."""
        for item in items:
            try:
                x = self.line(item, x, place, env)
            except Failed:
                x = self.builder.lost(item, place) if _flows(item) else x  # type: ignore[arg-type]
        return x

    def line(self, item: tree.Item, x: Flow, place: Place, env: Env) -> Flow:
        """Run one line on what came before it; what comes next."""
        match item:
            case tree.Let():
                self.let(item, env, place)
            case tree.Notation():
                self.declare(item.name.text, item.name.span, NotationDefinition(item, env), env, place)
            case tree.Block():
                self.declare(item.name.name, item.name.span, BlockDefinition(item, env), env, place)
            case tree.Share():
                self._share(item, place, env)
            case tree.Input():
                return self._input(item, x, place, env)
            case tree.Output():
                self._output(item, x, place, env)
            case tree.Tie():
                self._tie(item, place)
            case tree.Expect():
                start = place.scope.start
                self.pending.append(
                    Pending(item.kind, item.target, item.operator, item.value, item.span, env, place, start)
                )
            case tree.Freeze():
                self.freezes.append((item, place.scope.path))
            case tree.Init():
                self.inits.append((item, place, env))
            case tree.Loss():
                if place.scope.kind != "net":
                    self._misplaced(item, "`loss`", "belongs directly into a net", place)
                self.loss_lines.append((item, place, env))
            case tree.Edit():
                self._misplaced(
                    item, f"`{item.span.text.split()[0]}`", "belongs into a net made `from` another", place
                )
            case tree.Variant():
                if place.scope.kind != "net":
                    self._misplaced(item, "`variant`", "belongs directly into a net", place)
            case tree.If():
                taken = self.taken(item, env, place)
                return self.lines(taken.items, x, place, Env(env, taken)) if taken else x
            case tree.For():
                return self._for(item, x, place, env)
            case tree.Table():
                return run_table(self, item, x, place, env)
            case tree.Body(items=items):
                return self.lines(items, x, place, Env(env, item))
            case tree.Chain():
                return self.chain(item, x, place, env)
            case _:
                return self.step(None, item, x, place, env)
        return x

    def chain(self, chain: tree.Chain, x: Flow, place: Place, env: Env, first: Any = None) -> Flow:
        """Run a chain; `first` is the value of its first element, if that is known already."""
        for step in chain.steps:
            x = self.step(step.label, step.value, x, place, env, known=first)
            first = None
        return x

    def step(
        self,
        label: tree.Name | None,
        node: tree.Expression,
        x: Flow,
        place: Place,
        env: Env,
        *,
        known: Any = None,
    ) -> Flow:
        """Run one element: apply the layer, or go on with the tensor."""
        if label is None and isinstance(node, tree.Body | tree.If | tree.For | tree.Table):
            return self.line(node, x, place, env)
        value = self.value(node, env, place) if known is None else known
        if label is None and isinstance(value, OpLayer) and value.op.name == "identity" and not value.inputs:
            return x
        start = len(self.builder.nodes)
        if isinstance(value, LAYERS):
            result: Flow = self.run(value, x, place, label)
        elif isinstance(value, Value | Outputs | Part):
            result = value
            if label is not None:
                self.aliases.append((label, env))
        else:
            hints: tuple[str, ...] = ()
            if isinstance(value, BlockDefinition | NotationDefinition):
                needs = ", ".join(each.name.name for each in self.parameters(value))
                hints = (f"{value.name}({needs})",)
            elif value is None:
                hints = ("labels and layers have values, this has none",)
            self.fail(NotALayer(at=node.span, what=describe(value), hints=hints, trace=place.trace))
        if label is not None:
            self.label(label, result, start, place, env)
        return result

    def label(self, label: tree.Name, result: Flow, start: int, place: Place, env: Env) -> None:
        """Remember what a label names, for later lines and for expectations."""
        name = label.name
        self.check_name(label, place, labels=True)
        key = f"{name}:" if self._is_layer(name, env) else name
        labels = env.for_labels().names
        if key in labels:
            hints = ("labels, parameters and `let` share their names",)
            self.fail(DuplicateName(at=label.span, name=name, hints=hints, trace=place.trace))
        labels[key] = result
        value = result.value if isinstance(result, Part) else result
        prefix = place.scope.path
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Value):
            end = len(self.builder.nodes)
            self.named_values[path] = Named(path, value, start, end, label.span)
        elif isinstance(value, Outputs):
            end = len(self.builder.nodes)
            for port, each in value.values.items():
                inside = f"{path}.{port}"
                self.named_values[inside] = Named(inside, each, start, end, label.span)

    def _is_layer(self, name: str, env: Env) -> bool:
        if name in OPERATORS:
            return True
        inner: Env | None = env
        while inner is not None:
            if isinstance(inner.names.get(name), BlockDefinition | NotationDefinition):
                return True
            inner = inner.outer
        return False

    def edited(self, name: str, x: Flow, place: Place, make: Callable[[Flow], Flow]) -> Flow:
        """Make the module of this name in this place, changed as nets made from this one say."""
        if not self.edits:
            return make(x)
        prefix = place.scope.path
        return self.edits.around(self, f"{prefix}.{name}" if prefix else name, name, x, place, make)

    # -- declarations ---------------------------------------------------------------------------

    def let(self, item: tree.Let, env: Env, place: Place) -> None:
        if item.parameters is not None:
            value: Any = FunctionDefinition(item, env)
        else:
            value = self.bare(item.value, env, place)
            if isinstance(value, OpLayer) and value.inputs:  # made here, once, however often it is used
                value = self.run(value, None, place, None)
        self.declare(item.name.name, item.name.span, value, env, place)

    def declare(self, name: str, span: Any, value: Any, env: Env, place: Place) -> None:
        """Give a name to a value in this body."""
        self.check_name(tree.Name(name, span), place)
        if name in env.names:
            self.fail(DuplicateName(at=span, name=name, trace=place.trace))
        env.names[name] = value

    def check_name(self, name: tree.Name, place: Place, *, labels: bool = False) -> None:
        what = "a word of the language" if name.name in RESERVED else ""
        if not labels and name.name in OPERATORS:
            what = "the name of a built-in layer"
        if what:
            self.fail(ReservedName(at=name.span, name=name.name, what=what, trace=place.trace))

    def _misplaced(self, item: tree.Item, what: str, where: str, place: Place) -> None:
        self.fail(Misplaced(at=item.span, what=what, where=where, trace=place.trace))

    def _input(self, item: tree.Input, x: Flow, place: Place, env: Env) -> Flow:
        if place.scope.kind != "net":
            self._misplaced(item, "`input`", "belongs into a net; a block's input is `in`", place)
        if item.name.name in self.overriding:
            item, env = self.overriding.pop(item.name.name)
        elif item.name.name in self.inputs and self.inputs[item.name.name].node.site is item:
            return x  # declared anew by this net, and in force since its base began
        if item.name.name in self.inputs:
            self.fail(DuplicateName(at=item.name.span, name=item.name.name, trace=place.trace))
        shape, dtype = input_shape(self, item, env, place)
        op = OPERATORS["input"](size=shape, dtype=dtype)
        name = self.builder.name(op.short, item.name, place, item)  # type: ignore[arg-type]
        node = self.builder.node(op, (), place, name, item)  # type: ignore[arg-type]
        if dtype == "int":
            self.builder.integers.add(node.index)
        value = node.outputs[0]
        self.inputs[item.name.name] = value
        self.label(item.name, value, node.index, place, env)
        env.names["in"] = value if len(self.inputs) == 1 else None
        return env.names["in"]  # type: ignore[no-any-return]

    def _output(self, item: tree.Output, x: Flow, place: Place, env: Env) -> None:
        """A side branch: it reads what came before, and what comes next reads that too."""
        steps = item.value.steps if isinstance(item.value, tree.Chain) else ()
        last = steps[-1] if steps else tree.Step(None, item.value, item.value.span)
        for step in steps[:-1]:
            x = self.step(step.label, step.value, x, place, env)
        value = self.value(last.value, env, place)
        names_module = isinstance(value, LAYERS)
        label = last.label or (item.name if names_module else None)
        x = self.step(label, last.value, x, place, env, known=value)
        result = self.tensor(x, item.value, place)
        if result is None:
            self.fail(
                NothingBefore(
                    at=item.span, what="this output", why="no tensor comes before it", trace=place.trace
                )
            )
        if place.scope.kind == "net":
            outputs = self.training_outputs if item.training else self.outputs
        else:
            outputs = _block_scope(place.scope).outputs
            if item.training:
                self._misplaced(item, "`training output`", "belongs into a net", place)
        if item.name.name in outputs:
            self.fail(DuplicateName(at=item.name.span, name=item.name.name, trace=place.trace))
        outputs[item.name.name] = result

    def _share(self, item: tree.Share, place: Place, env: Env) -> None:
        layer = self.value(item.value, env, place)
        if not isinstance(layer, LAYERS) or (isinstance(layer, OpLayer) and layer.inputs):
            self.fail(NotALayer(at=item.value.span, what=describe(layer), trace=place.trace))
        name = self.builder.name("", item.name, place, item.value)
        shared = SharedLayer(name, layer, place.scope, item.span)
        self.declare(item.name.name, item.name.span, shared, env, place)

    def _tie(self, item: tree.Tie, place: Place) -> None:
        prefix = f"{place.scope.path}." if place.scope.path else ""
        left, right = (prefix + ".".join(map(module_name, dotted(side))) for side in (item.left, item.right))
        self.ties.append(Tied(left, right, item.span))

    def _for(self, item: tree.For, x: Flow, place: Place, env: Env) -> Flow:
        for inner, each in self.rounds(item, place, env):
            x = self.lines(item.body.items, x, inner, each)
        return x

    def rounds(self, item: tree.For, place: Place, env: Env) -> Any:
        """The place and the names of each round of a loop."""
        values = self.static(item.values, env, place)
        if not isinstance(values, list | tuple):
            what = "a loop goes through a list"
            self.fail(WrongCount(at=item.values.span, what=what, got=describe(values), trace=place.trace))
        if place.copies * len(values) > MOST_NODES:
            raise self.builder.abandon(too_large(item.span, place.trace))
        self.check_name(item.variable, place)
        for value in values:
            step = Step(f"{item.variable.name} = {value}", item.variable.span, place.trace)
            yield place.within(step, len(values)), Env(env, item, {item.variable.name: value})


def _flows(item: tree.Item) -> bool:
    """Whether a line gives what comes next."""
    return not isinstance(
        item,
        tree.Let
        | tree.Notation
        | tree.Block
        | tree.Share
        | tree.Output
        | tree.Tie
        | tree.Expect
        | tree.Edit
        | tree.Freeze
        | tree.Init
        | tree.Loss
        | tree.Variant,
    )


def _block_scope(scope: Scope) -> Scope:
    """The block (or net) around a sequence."""
    while scope.kind == "sequence" and scope.parent is not None:
        scope = scope.parent
    return scope
