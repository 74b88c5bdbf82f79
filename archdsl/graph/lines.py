"""The lines of a body: declarations, and the one rule of sequence.

A line that is a layer is applied to what came before, a line that is a tensor becomes what comes
next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from archdsl.diagnostics import Step
from archdsl.graph.build import MOST_NODES, Builder, Place, too_large
from archdsl.graph.calls import Calls
from archdsl.graph.edits import Edits, Reached, path_of
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
from archdsl.graph.lost import gone_on, lost, stands_for
from archdsl.graph.model import Named, Tied, Value
from archdsl.graph.names import module_name
from archdsl.graph.settings import input_shape
from archdsl.graph.subjects import Pending
from archdsl.graph.tables import run_table
from archdsl.graph.values import (
    LAYERS,
    BlockDefinition,
    Definition,
    Env,
    Flow,
    FunctionDefinition,
    Layer,
    Lost,
    NotationDefinition,
    OpLayer,
    Outputs,
    Part,
    SharedLayer,
    describe,
)
from archdsl.ops import OPERATORS
from archdsl.source import Source, Span
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
        self.redeclared: set[str] = set()
        """Outputs that such nets declare anew."""
        self.inherited: set[int] = set()
        """The lines, by id, that a base says of how it trains; they go with what they speak of."""
        self.inherited_nodes = 0
        """How many nodes, the first ones, come from a base."""
        self.inherited_ties = 0
        self.freezes: list[tuple[tree.Freeze, str]] = []
        """Each with the path of the scope that it stands in."""
        self.inits: list[tuple[tree.Init, Place, Env]] = []
        self.loss_lines: list[tuple[tree.Loss, Place, Env]] = []
        self.pending: list[Pending] = []
        self.sized: list[tuple[tree.ExpectSizes, Env, Place]] = []
        self.ties: list[Tied] = []
        self.named_values: dict[str, Named] = {}
        self.inputs: dict[str, Value] = {}
        self.outputs: dict[str, Value] = {}
        self.training_outputs: dict[str, Value] = {}
        self.element = Span(Source("", ""), 0, 0)
        """The place of the element that is being applied."""
        self.aliases: list[tuple[tree.Name, Env]] = []
        self.declared: dict[tuple[int, str], tuple[tree.Name, str]] = {}
        """Every `let` and shared module, by the id of the tree node that has it and its name."""
        self._reserved: dict[int, frozenset[str]] = {}

    # -- lines ----------------------------------------------------------------------------------

    def lines(self, items: tuple[tree.Item, ...], x: Flow, place: Place, env: Env) -> Flow:
        """Run the lines of a body one after the other."""
        for item in items:
            start = len(self.builder.nodes)
            try:
                x = self.line(item, x, place, env)
            except Failed as why:
                x = gone_on(self, item, x, place, env, why, start)
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
            case tree.ExpectSizes():
                self.sized.append((item, env, place))
            case tree.Freeze():
                self.freezes.append((item, place.scope.path))
            case tree.Init():
                self.inits.append((item, place, env))
            case tree.Loss():
                if place.scope.kind != "net":
                    self._misplaced(item, "`loss`", "belongs directly into a net", place)
                self.loss_lines.append((item, place, env))
            case tree.Edit():
                where = "belongs directly into a net made `from` another"
                self._misplaced(item, f"`{item.span.text.split()[0]}`", where, place)
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
            start = len(self.builder.nodes)
            try:
                x = self.step(step.label, step.value, x, place, env, known=first)
            except Failed as why:
                x = lost(self, step.value, x, place, env, why, start)
                if step.label is not None:
                    stands_for(self._key(step.label.name, env), x, env.for_labels())
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
        try:
            return self._step(label, node, x, place, env, known)
        except Failed as why:
            if label is not None:
                env.for_labels().names.setdefault(self._key(label.name, env), Lost(why.mistake))
            raise

    def _step(
        self, label: tree.Name | None, node: tree.Expression, x: Flow, place: Place, env: Env, known: Any
    ) -> Flow:
        if label is None and isinstance(node, tree.Body | tree.If | tree.For | tree.Table):
            return self.line(node, x, place, env)
        value = self.value(node, env, place) if known is None else known
        if label is None and isinstance(value, OpLayer) and value.op.name == "identity" and not value.inputs:
            return x
        start = len(self.builder.nodes)
        self.element = node.span
        if isinstance(value, LAYERS):
            result: Flow = self._reaching(value, x, place, label, env)
        elif isinstance(value, Value | Outputs | Part):
            result = value
            if label is not None:
                self.aliases.append((label, env))
        else:
            self._no_layer(label, node, value, place)
        if label is not None:
            self.label(label, result, start, place, env)
        return result

    def _reaching(self, layer: Layer, x: Flow, place: Place, label: tree.Name | None, env: Env) -> Flow:
        """Apply a layer; its label holds even where a net made from this one ends with it."""
        start = len(self.builder.nodes)
        try:
            return self.run(layer, x, place, label)
        except Reached as reached:
            if label is not None and path_of(reached.edit.path) == place.path(module_name(label.name)):
                self.label(label, reached.value, start, place, env)
            raise

    def label(self, label: tree.Name, result: Flow, start: int, place: Place, env: Env) -> None:
        """Remember what a label names, for later lines and for expectations."""
        name = label.name
        self.check_name(label, place, labels=True)
        key = self._key(name, env)
        labels = env.for_labels().names
        if key in labels:
            hints = ("labels, parameters and `let` share their names",)
            self.fail(DuplicateName(at=label.span, name=name, hints=hints, trace=place.trace))
        labels[key] = result
        value = result.value if isinstance(result, Part) else result
        path = place.path(name)
        end = len(self.builder.nodes)
        if isinstance(value, Outputs):
            for port, each in value.values.items():
                inside = f"{path}.{port}"
                self.named_values[inside] = Named(inside, each, start, end, label.span)
            value = value.main
        if value is not None:
            self.named_values[path] = Named(path, value, start, end, label.span)

    def _no_layer(self, label: tree.Name | None, node: tree.Expression, value: Any, place: Place) -> NoReturn:
        """Refuse an element that is neither a layer nor a tensor."""
        if isinstance(value, BlockDefinition | NotationDefinition):
            self.incomplete(value, {}, node, place)
        hints: tuple[str, ...] = ()
        if isinstance(value, tuple) and label is not None:
            hints = (f"`input {label.name}: {node.span.text}`",)
        self.fail(NotALayer(at=node.span, what=describe(value), hints=hints, trace=place.trace))

    @staticmethod
    def _key(name: str, env: Env) -> str:
        """Under what a label is kept: one that is also a layer's name hides the layer only before a dot."""
        inner: Env | None = env
        while inner is not None and name not in OPERATORS:
            if isinstance(inner.names.get(name), BlockDefinition | NotationDefinition):
                return f"{name}:"
            inner = inner.outer
        return f"{name}:" if name in OPERATORS else name

    def edited(self, name: str, x: Flow, place: Place, make: Callable[[Flow], Flow]) -> Flow:
        """Make the module of this name in this place, changed as nets made from this one say."""
        if not self.edits:
            return make(x)
        return self.edits.around(self, place.path(name), name, x, place, make)

    def left_out(self, output: str) -> bool:
        """Whether nets made from this one do without an output of it."""
        removed = self.edits.removes(module_name(output))
        return removed or output in self.redeclared

    # -- declarations ---------------------------------------------------------------------------

    def let(self, item: tree.Let, env: Env, place: Place) -> None:
        self.declared[id(env.owner), item.name.name] = item.name, "the value"
        if item.parameters is not None:
            value: Any = FunctionDefinition(item, env)
        else:
            value = self._made(item.name, item.value, env, place)
            if isinstance(value, OpLayer) and value.inputs:  # made here, once, however often it is used
                value = self.run(value, None, place, None)
        self.declare(item.name.name, item.name.span, value, env, place)

    def _made(self, name: tree.Name, node: tree.Expression, env: Env, place: Place) -> Any:
        """The value for a name; a name whose value is wrong is known to be lost, so that it is told once."""
        try:
            return self.bare(node, env, place)
        except Failed as why:
            env.names.setdefault(name.name, Lost(why.mistake))
            raise

    def declare(self, name: str, span: Any, value: Any, env: Env, place: Place) -> None:
        """Give a name to a value in this body."""
        self.check_name(tree.Name(name, span), place)
        if name in env.names:
            self.fail(DuplicateName(at=span, name=name, trace=place.trace))
        env.names[name] = value
        if isinstance(value, BlockDefinition | NotationDefinition | FunctionDefinition):
            self._check_parameters(value, place)

    def _check_parameters(self, definition: Definition, place: Place) -> None:
        """Refuse two parameters of one name, or one that a hole has."""
        name = definition.tree.name
        taken = set(name.holes) if isinstance(name, tree.Pattern) else set()
        for parameter in definition.tree.parameters or ():
            if parameter.name.name in taken:
                self.fail(DuplicateName(at=parameter.span, name=parameter.name.name, trace=place.trace))
            self.check_name(parameter.name, place)
            taken.add(parameter.name.name)

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
        if item.name.name in self.inputs:
            self.fail(DuplicateName(at=item.name.span, name=item.name.name, trace=place.trace))
        item, declared_in = self.overriding.get(item.name.name, (item, env))
        try:
            shape, dtype = input_shape(self, item, declared_in, place)
        except Failed as why:
            env.names["in"] = lost_input = Lost(why.mistake)
            env.names.setdefault(item.name.name, lost_input)
            raise
        op = OPERATORS["input"](size=shape, dtype=dtype)
        name = self.builder.name(op.short, item.name, place, item)  # type: ignore[arg-type]
        node = self.builder.node(op, (), place, name, item)  # type: ignore[arg-type]
        if dtype == "int":
            self.builder.integers.add((node.index, 0))
        value = node.outputs[0]
        self.inputs[item.name.name] = value
        self.label(item.name, value, node.index, place, env)
        env.names["in"] = value if len(self.inputs) == 1 else None
        return env.names["in"]  # type: ignore[no-any-return]

    def _output(self, item: tree.Output, x: Flow, place: Place, env: Env) -> None:
        """A side branch: it reads what came before, and what comes next reads that too."""
        if place.scope.kind == "net" and self.left_out(item.name.name):
            return
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
            outputs = place.scope.outputs
            if item.training:
                self._misplaced(item, "`training output`", "belongs into a net", place)
        if item.name.name in outputs:
            self.fail(DuplicateName(at=item.name.span, name=item.name.name, trace=place.trace))
        outputs[item.name.name] = result

    def _share(self, item: tree.Share, place: Place, env: Env) -> None:
        name, value = item.name, item.value
        self.declared[id(env.owner), name.name] = name, "the shared module"
        layer = self.complete(self._made(name, value, env, place), value, place)
        if not isinstance(layer, LAYERS) or (isinstance(layer, OpLayer) and layer.inputs):
            env.names.setdefault(name.name, Lost())
            static = isinstance(layer, int | float | str)
            hints = (f"`let {name.name} = {value.span.text}`",) * static
            self.fail(NotALayer(at=value.span, what=describe(layer), hints=hints, trace=place.trace))
        shared = SharedLayer(self.builder.name("", name, place, value), layer, place.scope, item.span)
        self.declare(name.name, name.span, shared, env, place)

    def _tie(self, item: tree.Tie, place: Place) -> None:
        prefix = f"{place.scope.path}." if place.scope.path else ""
        left, right = (prefix + ".".join(map(module_name, dotted(side))) for side in (item.left, item.right))
        self.ties.append(Tied(left, right, item.span))

    def _for(self, item: tree.For, x: Flow, place: Place, env: Env) -> Flow:
        rounds = self.rounds(item, place, env)
        for inner, each in rounds:
            x = self.lines(item.body.items, x, inner, each)
            if isinstance(x, Value) and x.shape is None:  # what is wrong in one round is not told of each
                return self.unmade(sum(1 for _ in rounds), item, x, place)
        return x

    def unmade(self, count: int, site: tree.Expression, x: Value, place: Place) -> Value:
        """A layer in place of the rounds that come after one that failed."""
        return self.builder.lost(f"{count} more of these", (x,), site, place) if count else x

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
            shown = value if isinstance(value, int | float | str) else describe(value)
            step = Step(f"{item.variable.name} = {shown}", item.variable.span, place.trace)
            yield place.within(step, len(values)), Env(env, item, {item.variable.name: value})
