"""Bodies and layers to nodes: blocks, repeats, branches and shared modules.

The one rule: a line that is a layer is applied to what came before, a line that is a tensor becomes
what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics import Label, Step
from archdsl.graph.build import MOST_NODES, Builder, Namer, Place, too_large
from archdsl.graph.errors import (
    DuplicateName,
    Failed,
    Misplaced,
    NotALayer,
    NothingBefore,
    ReservedName,
    SharedDiffers,
    WrongCount,
)
from archdsl.graph.calls import Calls
from archdsl.graph.lookup import dotted, labels_in
from archdsl.graph.model import Named, Node, Scope, Tied, Value
from archdsl.graph.names import module_name
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
    SharedLayer,
    describe,
)
from archdsl.ops import OPERATORS
from archdsl.sizes import show
from archdsl.source import Span
from archdsl.syntax import tree

Flow = Value | Outputs | Part | None
"""What flows from line to line: a tensor, several outputs of which one must be chosen, or nothing yet."""

RESERVED = frozenset(("in", "true", "false", "if", "for", "not", "table"))


@dataclass(slots=True, eq=False)
class Pending:
    """An `expect` or `claim`, kept until its body is complete."""

    kind: Any
    target: tree.Expression
    operator: str
    value: tree.Expression
    span: Span
    env: Env
    place: Place
    start: int
    subject: Flow = None
    """For a table cell: the value it stands beside."""
    end: int | None = None


class Expander(Calls):
    """Applies layers. One for each network."""

    def __init__(self, builder: Builder, variant: str | None) -> None:
        super().__init__(builder)
        self.variant = variant
        """The table column to read, if the net has variants."""
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
            case tree.Variant():
                if place.scope.kind != "net":
                    self._misplaced(item, "`variant`", "belongs directly into a net", place)
            case tree.If():
                taken = self.taken(item, env, place)
                return self.lines(taken.items, x, place, Env(env, taken)) if taken else x
            case tree.For():
                return self._for(item, x, place, env)
            case tree.Table():
                from archdsl.graph.tables import run_table

                return run_table(self, item, x, place, env)
            case tree.Body(items=items):
                return self.lines(items, x, place, Env(env, item))
            case tree.Chain():
                return self.chain(item, x, place, env)
            case _:
                return self.step(None, item, x, place, env)
        return x

    def chain(self, chain: tree.Chain, x: Any, place: Place, env: Env, first: Any = None) -> Flow:
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
            result = self.run(value, x, place, label)
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

    # -- declarations ---------------------------------------------------------------------------

    def let(self, item: tree.Let, env: Env, place: Place) -> None:
        if item.parameters is not None:
            value: Any = FunctionDefinition(item, env)
        else:
            value = self.bare(item.value, env, place)
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
        from archdsl.graph.nets import input_shape

        if place.scope.kind != "net":
            self._misplaced(item, "`input`", "belongs into a net; a block's input is `in`", place)
        if item.name.name in self.inputs:
            self.fail(DuplicateName(at=item.name.span, name=item.name.name, trace=place.trace))
        shape, dtype = input_shape(self, item, env, place)
        op = OPERATORS["input"](size=shape, dtype=dtype)
        node = self.builder.node(op, (), place, item.name, item)  # type: ignore[arg-type]
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
            self.fail(too_large(item.span, place))
        self.check_name(item.variable, place)
        for value in values:
            step = Step(f"{item.variable.name} = {value}", item.variable.span, place.trace)
            yield place.within(step, len(values)), Env(env, item, {item.variable.name: value})

    # -- layers ---------------------------------------------------------------------------------

    def run(self, layer: Layer, x: Any, place: Place, label: tree.Name | None) -> Any:
        """Apply a layer to what came before; a label names the module it makes."""
        match layer:
            case OpLayer():
                return self._op(layer, x, place, label)
            case SequenceLayer() | RepeatLayer() if label is not None:
                return self._sequence(layer, x, place, label)
            case SequenceLayer():
                return self.lines(layer.items, x, place, Env(layer.env, layer.site))
            case RepeatLayer():
                return self._repeated(layer, x, place)
            case NotationLayer():
                return self._notation_layer(layer, x, place, label)
            case BlockLayer():
                return self._block(layer, x, place, label)
            case MergeLayer():
                return self._branches(layer, x, place, label)
            case SharedLayer():
                return self._shared(layer, x, place)

    def flowing(self, x: Flow, what: str, site: tree.Expression, place: Place) -> Value:
        """The one tensor that a layer reads."""
        value = self.tensor(x, site, place)
        if value is None:
            why = "nothing comes before it"
            hints: tuple[str, ...] = ()
            if len(self.inputs) > 1:
                why = "the net has several inputs"
                hints = tuple(f"{name} -> {site.span.text}" for name in self.inputs)
            self.fail(NothingBefore(at=site.span, what=what, why=why, hints=hints, trace=place.trace))
        return value

    def _op(self, layer: OpLayer, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        inputs = layer.inputs or (self.flowing(x, f"`{layer.op.name}`", layer.site, place),)
        self.arity(layer, inputs, place)
        node = self.builder.node(layer.op, inputs + layer.extra, place, label, layer.site, layer.ends)
        return self._results(node)

    def _results(self, node: Node) -> Flow:
        if len(node.outputs) == 1 or node.outputs[0].shape is None:
            return node.outputs[0]
        return Outputs(f"`{node.op.name}`", {str(i): value for i, value in enumerate(node.outputs)})

    def _branches(self, layer: MergeLayer, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        """Run each line of the braces on the same input, and merge what they give."""
        ends = []
        values = []
        for item, inner, env in self.branch_lines(layer.body.items, place, layer.env):
            try:
                value = self.tensor(self.line(item, x, inner, env), item, inner)
            except Failed:
                value = self.builder.lost(item, place)
            if value is None:
                value = self.flowing(x, "this branch", item, inner)
            values.append(value)
            ends.append(item.span)
        merged = OpLayer(layer.op, tuple(values), (), layer.site, tuple(ends))
        self.arity(merged, merged.inputs, place)
        return self._op(merged, None, place, label)

    def branch_lines(self, items: tuple[tree.Item, ...], place: Place, env: Env) -> Any:
        """The lines that are branches; `if` and `for` give their lines, declarations none."""
        env = Env(env, items)
        for item in items:
            match item:
                case tree.If():
                    taken = self.taken(item, env, place)
                    yield from self.branch_lines(taken.items if taken else (), place, env)
                case tree.For():
                    for inner, each in self.rounds(item, place, env):
                        yield from self.branch_lines(item.body.items, inner, each)
                case tree.Let() | tree.Notation() | tree.Block() | tree.Share() | tree.Expect():
                    self.line(item, None, place, env)
                case _:
                    yield item, place, env

    def _repeated(self, layer: RepeatLayer, x: Flow, place: Place) -> Flow:
        count = layer.count
        if place.copies * count > MOST_NODES:
            self.fail(too_large(layer.site.span, place))
        inner = layer.layer
        if isinstance(inner, OpLayer):
            within = place.within(place.trace, count)
            for _ in range(count):
                x = self._op(inner, x, within, None)
            return x
        for i in range(count):
            step = Step(f"{_ordinal(i + 1)} of {count}", layer.site.span, place.trace)
            start = len(self.builder.scopes)
            x = self.run(inner, x, place.within(step, count), None)
            if isinstance(inner, BlockLayer) and len(self.builder.scopes) > start:
                self.builder.scopes[start].repeat = (i, count)
        return x

    def _sequence(
        self, layer: SequenceLayer | RepeatLayer, x: Flow, place: Place, label: tree.Name
    ) -> Flow:
        """A labelled sequence is a module that numbers its parts."""
        name = self.builder.name("", label, place, layer.site)
        scope = self.builder.scope("sequence", name, place, span=layer.site.span)
        env = Env(layer.env if isinstance(layer, SequenceLayer) else None, layer.site, labels=True)
        namer = Namer(numbered=True)
        inner = Place(scope, namer, place.trace, place.depth, place.copies)
        if isinstance(layer, SequenceLayer):
            x = self.lines(layer.items, x, inner, env)
        else:
            x = self._repeated(layer, x, inner)
        scope.end = len(self.builder.nodes)
        value = x.value if isinstance(x, Part) else x
        if not isinstance(value, Value | Outputs):
            return value
        scope.outputs = {"": value} if isinstance(value, Value) else dict(value.values)
        return Part(value, env.names)

    def _notation_layer(
        self, layer: NotationLayer, x: Flow, place: Place, label: tree.Name | None
    ) -> Flow:
        """A notation is expanded where it stands; its `in` is what it is applied to."""
        definition = layer.definition
        deeper = self.deeper(f"the notation {definition.name}", layer.site, place, layer.site.span.text)
        env = Env(definition.env, definition.tree, {"in": self.plain(x), **layer.arguments}, labels=True)
        for parameter in definition.tree.parameters:
            if parameter.name.name not in env.names:
                assert parameter.default is not None
                env.names[parameter.name.name] = self.value(parameter.default, env, deeper)
        value = self.value(definition.tree.value, env, deeper)
        if isinstance(value, OpLayer) and label is None and value.op.name == "identity" and not value.inputs:
            return x
        if isinstance(value, LAYERS):
            return self.run(value, x, deeper, label)
        if isinstance(value, Value | Outputs | Part):
            return value
        at = definition.tree.value.span
        self.fail(NotALayer(at=at, what=describe(value), trace=deeper.trace))

    @staticmethod
    def plain(x: Flow) -> Value | Outputs | None:
        """What a label names, without the labels within."""
        return x.value if isinstance(x, Part) else x

    def _block(self, layer: BlockLayer, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        """A block is a module of its own."""
        name = self.builder.name(module_name(layer.definition.name), label, place, layer.site)
        return self._block_named(layer, x, place, name)

    def _block_named(self, layer: BlockLayer, x: Flow, place: Place, name: str) -> Flow:
        definition = layer.definition
        deeper = self.deeper(f"the block `{definition.name}`", layer.site, place, definition.name)
        frame = self.frame(definition, layer.arguments, deeper)
        frame.names["in"] = self.plain(x)
        shown = {k: v for k, v in frame.names.items() if k != "in"}
        scope = self.builder.scope(
            "block", name, deeper, definition=definition.name, arguments=shown, span=layer.site.span
        )
        namer = Namer(numbered=False, reserved=self._labels(definition.tree.body))
        inner = Place(scope, namer, deeper.trace, deeper.depth, place.copies)
        before = len(self.pending)
        result = self.lines(definition.tree.body.items, x, inner, frame)
        scope.end = len(self.builder.nodes)
        for pending in self.pending[before:]:
            if pending.end is None and pending.place.scope is scope:
                pending.end = scope.end
                pending.subject = pending.subject or result
        if scope.outputs:
            values = scope.outputs
            only = next(iter(values.values())) if len(values) == 1 else None
            return Part(only or Outputs(f"the block `{definition.name}`", values), frame.names)
        value = self.plain(result)
        if value is None:
            at = layer.site.span
            what = f"the block `{definition.name}`"
            self.fail(NothingBefore(at=at, what=what, why="nothing comes before it", trace=place.trace))
        scope.outputs = {"": value} if isinstance(value, Value) else dict(value.values)
        return Part(value, frame.names)

    def _labels(self, body: tree.Body) -> frozenset[str]:
        known = self._reserved.get(id(body))
        if known is None:
            known = frozenset(module_name(label.name) for label in labels_in(body))
            self._reserved[id(body)] = known
        return known

    # -- shared modules -------------------------------------------------------------------------

    def _shared(self, shared: SharedLayer, x: Flow, place: Place) -> Flow:
        """One module of the scope that declared it, wherever it is applied."""
        namer = Namer(numbered=False)
        home = Place(shared.scope, namer, place.trace, place.depth, place.copies)
        start = len(self.builder.nodes)
        layer = shared.layer
        if isinstance(layer, NotationLayer):
            layer = self._unfolded(layer, x, place)
        if isinstance(layer, OpLayer):
            inputs = (self.flowing(x, f"`{shared.name}`", layer.site, place),)
            self.arity(layer, inputs, place)
            node = self.builder.again(layer.op, inputs + layer.extra, home, shared.name, layer.site)
            result, made = self._results(node), node
        else:
            scopes = len(self.builder.scopes)
            if isinstance(layer, BlockLayer):
                result = self._block_named(layer, x, home, shared.name)
            else:
                label = tree.Name(shared.name, shared.span)
                result = self._sequence(layer, x, home, label)  # type: ignore[arg-type]
            made = self.builder.scopes[scopes]  # type: ignore[assignment]
        if shared.first is None:
            shared.first = made
        else:
            self._same(shared, shared.first, made, start, place)
        return result

    def _unfolded(self, layer: NotationLayer, x: Flow, place: Place) -> Layer:
        """What a notation stands for, with its `in`."""
        env = self.frame(layer.definition, {"in": self.plain(x), **layer.arguments}, place)
        value = self.value(layer.definition.tree.value, env, place)
        return self._unfolded(value, x, place) if isinstance(value, NotationLayer) else value  # type: ignore[no-any-return]

    def _same(self, shared: SharedLayer, first: Node | Scope, made: Node | Scope, start: int, place: Place) -> None:
        """Join a further use to the first, refusing it where the weights would differ."""
        nodes = self.builder.nodes
        if isinstance(first, Node) or isinstance(made, Node):
            firsts = [first] if isinstance(first, Node) else []
        else:
            firsts = nodes[first.start : first.end]
            made.first = first
            ours = [s for s in self.builder.scopes if s.start >= made.start and s is not made]
            theirs = [s for s in self.builder.scopes if first.start <= s.start and s.end <= first.end and s is not first]
            for mine, other in zip(ours, theirs, strict=False):
                mine.first = other
        again = nodes[start:]
        for old, new in zip(firsts, again, strict=False):
            new.first = old.first or old
            shapes = [tuple(v.shape for v in node.inputs) for node in (old, new)]
            if any(None in each for each in shapes):
                return
            was, now = (node.op.weights(*each) for node, each in zip((old, new), shapes, strict=True))  # type: ignore[arg-type]
            if was != now or old.op.name != new.op.name:
                a, b = (next((w for w in x if w not in y), None) for x, y in ((was, now), (now, was)))
                first_weights, second = (f"{w.name} {show(w.shape)}" if w else "other layers" for w in (a, b))
                self.fail(
                    SharedDiffers(
                        at=_use(new, place),
                        name=shared.name,
                        first=first_weights,
                        second=second,
                        labels=(Label(shared.span, "shared here"),),
                        trace=place.trace,
                    )
                )
        if len(firsts) != len(again):
            self.fail(
                SharedDiffers(
                    at=shared.span,
                    name=shared.name,
                    first=f"{len(firsts)} layers",
                    second=f"{len(again)} layers",
                    trace=place.trace,
                )
            )


def _use(node: Node, place: Place) -> Any:
    source = node.inputs[0].node if node.inputs else node
    return place.trace.span if place.trace else source.span


def _flows(item: tree.Item) -> bool:
    """Whether a line gives what comes next."""
    return not isinstance(
        item,
        tree.Let | tree.Notation | tree.Block | tree.Share | tree.Output | tree.Tie | tree.Expect | tree.Variant,
    )


def _block_scope(scope: Scope) -> Scope:
    """The block (or net) around a sequence."""
    while scope.kind == "sequence" and scope.parent is not None:
        scope = scope.parent
    return scope


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
