"""Layers to nodes: operators, blocks, sequences, repeats and branches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archdsl.diagnostics import Step
from archdsl.graph.build import MOST_NODES, Builder, Namer, Place, too_large
from archdsl.graph.errors import (
    Failed,
    NotALayer,
    NothingBefore,
)
from archdsl.graph.lines import Lines
from archdsl.graph.lookup import labels_in
from archdsl.graph.lost import lost
from archdsl.graph.model import Value
from archdsl.graph.names import module_name
from archdsl.graph.sharing import run_shared
from archdsl.graph.values import (
    LAYERS,
    BlockLayer,
    Env,
    Flow,
    Layer,
    MergeLayer,
    NotationLayer,
    OpLayer,
    Outputs,
    Part,
    RepeatLayer,
    SequenceLayer,
    SharedLayer,
    describe,
    part_of,
    plain,
)
from archdsl.syntax import tree


class Expander(Lines):
    """Applies layers. One for each network."""

    def __init__(self, builder: Builder, variant: str | None) -> None:
        super().__init__(builder, variant)
        self._reserved: dict[int, frozenset[str]] = {}

    def run(self, layer: Layer, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        """Apply a layer to what came before; a label names the module it makes."""
        match layer:
            case OpLayer() | MergeLayer():
                return self.settle(layer, layer.op.short, x, place, label)
            case BlockLayer():
                return self.settle(layer, module_name(layer.definition.name), x, place, label)
            case SequenceLayer() | RepeatLayer() if label is not None:
                return self.settle(layer, "", x, place, label)
            case SequenceLayer():
                return self.lines(layer.items, x, place, Env(layer.env, layer.site))
            case RepeatLayer():
                return self._repeated(layer, x, place)
            case NotationLayer():
                return self._expanded(layer, x, place, label)
            case SharedLayer():
                return run_shared(self, layer, x, place)

    def settle(self, layer: Layer, kind: str, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        """Name the module that a layer makes, and make it."""
        site = layer.site  # type: ignore[union-attr]
        name = self.builder.name(kind, label, place, site)
        if not self.edits:
            return self.put(layer, x, place, name)
        if isinstance(layer, OpLayer) and layer.inputs:
            return self.edited(name, layer.inputs[0], place, lambda x: self._given(layer, x, place, name))
        return self.edited(name, x, place, lambda given: self.put(layer, given, place, name))

    def _given(self, layer: OpLayer, x: Flow, place: Place, name: str) -> Flow:
        """Apply an operator to its tensors, of which the first may have changed."""
        first = self.flowing(x, f"`{layer.op.name}`", layer.site, place)
        return self.put(replace(layer, inputs=(first, *layer.inputs[1:])), None, place, name)

    def put(self, layer: Layer, x: Flow, place: Place, name: str) -> Flow:
        """Apply a layer as the module of this name."""
        match layer:
            case OpLayer():
                return self._op(layer, x, place, name)
            case MergeLayer():
                return self._branches(layer, x, place, name)
            case BlockLayer():
                return self._block(layer, x, place, name)
            case SequenceLayer() | RepeatLayer():
                return self._sequence(layer, x, place, name)
            case NotationLayer():
                value, deeper = self._unfolded(layer, x, place)
                return self.put(value, x, deeper, name) if isinstance(value, LAYERS) else value
            case SharedLayer():
                return run_shared(self, layer, x, place)

    def flowing(self, x: Flow, what: str, site: tree.Expression, place: Place) -> Value:
        """The one tensor that a layer reads."""
        value = self.tensor(x, site, place)
        if value is None:
            why = "nothing comes before it"
            hints: tuple[str, ...] = ()
            if len(self.inputs) > 1:
                why = "the net has several inputs"
                hints = tuple(f"`{name} -> {site.span.text}`" for name in self.inputs)
            elif not self.inputs:
                hints = ("a net begins with an input, such as `input image: 3 x 224 x 224`",)
            self.fail(NothingBefore(at=site.span, what=what, why=why, hints=hints, trace=place.trace))
        return value

    def _op(self, layer: OpLayer, x: Flow, place: Place, name: str) -> Flow:
        inputs = layer.inputs or (self.flowing(x, f"`{layer.op.name}`", layer.site, place),)
        self.arity(layer, inputs, place)
        node = self.builder.node(layer.op, inputs + layer.extra, place, name, layer.site, layer.ends)
        return self.results(node)

    def _branches(self, layer: MergeLayer, x: Flow, place: Place, name: str) -> Flow:
        """Run each line of the braces on the same input, and merge what they give."""
        ends = []
        values = []
        for item, inner, env in self.branch_lines(layer.body.items, place, layer.env):
            start = len(self.builder.nodes)
            try:
                value = self.tensor(self.line(item, x, inner, env), item, inner)
            except Failed as why:
                value = lost(self, item, x, place, env, why, start)
            if value is None:
                value = self.flowing(x, "this branch", item, inner)
            values.append(value)
            ends.append(item.span)
        merged = OpLayer(layer.op, tuple(values), (), layer.site, tuple(ends))
        self.arity(merged, merged.inputs, place)
        return self._op(merged, None, place, name)

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
                case (
                    tree.Let()
                    | tree.Notation()
                    | tree.Block()
                    | tree.Share()
                    | tree.Expect()
                    | tree.ExpectSizes()
                ):
                    self.line(item, None, place, env)
                case _:
                    yield item, place, env

    def _repeated(self, layer: RepeatLayer, x: Flow, place: Place) -> Flow:
        count = layer.count
        if place.copies * count > MOST_NODES:
            raise self.builder.abandon(too_large(layer.site.span, place.trace))
        inner = layer.layer
        if isinstance(inner, OpLayer):
            within = place.within(place.trace, count)
            for _ in range(count):
                x = self.settle(inner, inner.op.short, x, within, None)
            return x
        for i in range(count):
            step = Step(f"{_ordinal(i + 1)} of {count}", layer.site.span, place.trace)
            start = len(self.builder.scopes)
            x = self.run(inner, x, place.within(step, count), None)
            if isinstance(x, Value) and x.shape is None:  # what is wrong in one round is not told of each
                return self.unmade(count - i - 1, layer.site, x, place)
            if isinstance(inner, BlockLayer) and len(self.builder.scopes) > start:
                self.builder.scopes[start].repeat = (i, count)
        return x

    def _sequence(self, layer: SequenceLayer | RepeatLayer, x: Flow, place: Place, name: str) -> Flow:
        """A labelled sequence is a module that numbers its parts."""
        scope = self.builder.scope("sequence", name, place, span=layer.site.span)
        env = Env(layer.env if isinstance(layer, SequenceLayer) else None, layer.site, labels=True)
        namer = Namer(numbered=True)
        inner = Place(scope, namer, place.trace, place.depth, place.copies)
        if isinstance(layer, SequenceLayer):
            x = self.lines(layer.items, x, inner, env)
        else:
            x = self._repeated(layer, x, inner)
        scope.end = len(self.builder.nodes)
        return part_of(scope, x, env, f"the sequence `{name}`")

    def _expanded(self, layer: NotationLayer, x: Flow, place: Place, label: tree.Name | None) -> Flow:
        """A notation is expanded where it stands."""
        value, deeper = self._unfolded(layer, x, place)
        if isinstance(value, OpLayer) and label is None and value.op.name == "identity" and not value.inputs:
            return x
        return self.run(value, x, deeper, label) if isinstance(value, LAYERS) else value

    def _unfolded(self, layer: NotationLayer, x: Flow, place: Place) -> tuple[Layer | Flow, Place]:
        """What a notation stands for; its `in` is what it is applied to."""
        definition = layer.definition
        if self.missing(layer):
            self.incomplete(definition, layer.arguments, layer.site, place)
        deeper = self.deeper(f"the notation {definition.name}", layer.site, place, layer.site.span.text)
        env = self.frame(definition, {"in": plain(x), **layer.arguments}, deeper)
        value: Any = self.value(definition.tree.value, env, deeper)
        if isinstance(value, (LAYERS, Value | Outputs | Part)):
            return value, deeper
        at = definition.tree.value.span
        static = isinstance(value, int | float | str) and not (layer.arguments or definition.tree.parameters)
        hints = (f"`let {definition.name} = {at.text}`",) if static else ()
        self.fail(NotALayer(at=at, what=describe(value), hints=hints, trace=deeper.trace))

    def unfolded(self, layer: NotationLayer, x: Flow, place: Place) -> Layer:
        """The layer behind notations, for a module that keeps its own name."""
        value, deeper = self._unfolded(layer, x, place)
        if isinstance(value, NotationLayer):
            return self.unfolded(value, x, deeper)
        if isinstance(value, LAYERS):
            return value
        self.fail(NotALayer(at=layer.site.span, what=describe(value), trace=place.trace))

    def _block(self, layer: BlockLayer, x: Flow, place: Place, name: str) -> Flow:
        """A block is a module of its own."""
        definition = layer.definition
        deeper = self.deeper(f"the block `{definition.name}`", layer.site, place, definition.name)
        frame = self.frame(definition, layer.arguments, deeper)
        frame.names["in"] = plain(x)
        shown = {each.name.name: frame.names[each.name.name] for each in definition.tree.parameters}
        scope = self.builder.scope(
            "block", name, deeper, definition=definition.name, arguments=shown, span=layer.site.span
        )
        if definition.tree.numbered:
            scope.kind, namer = "sequence", Namer(numbered=True)
        else:
            namer = Namer(numbered=False, reserved=self._labels(definition.tree.body))
        inner = Place(scope, namer, deeper.trace, deeper.depth, place.copies)
        before = len(self.pending)
        result = self.lines(definition.tree.body.items, x, inner, frame)
        scope.end = len(self.builder.nodes)
        for pending in self.pending[before:]:
            if pending.end is None and pending.place.scope is scope:
                pending.end = scope.end
                pending.subject = pending.subject or result
        what = f"the block `{definition.name}`"
        part = part_of(scope, result, frame, what)
        if part is None:
            at = layer.site.span
            self.fail(NothingBefore(at=at, what=what, why="nothing comes before it", trace=place.trace))
        return part

    def _labels(self, body: tree.Body) -> frozenset[str]:
        known = self._reserved.get(id(body))
        if known is None:
            known = frozenset(module_name(label.name) for label in labels_in(body))
            self._reserved[id(body)] = known
        return known


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
