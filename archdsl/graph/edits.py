"""Changes that a net makes to the net it is made from.

A net that comes `from` another runs the lines of that one first, with its own changes in force: each
names a module by its path in the compiled net, and is applied where that module is about to be made.
So everything that is not changed keeps its name, and a checkpoint still fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archdsl.graph.binding import nearest
from archdsl.graph.errors import NoConvolution, NotALayer, UnknownModule
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Elaborated, Node
from archdsl.graph.names import module_name
from archdsl.graph.values import LAYERS, Env, Flow, Layer, OpLayer, describe
from archdsl.ops import OPERATORS
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.graph.build import Place
    from archdsl.graph.evaluate import Evaluator


class Reached(Exception):
    """The module of an `until` is made: what comes after it in the base is left out."""

    def __init__(self, edit: tree.Edit, value: Flow) -> None:
        super().__init__()
        self.edit = edit
        self.value = value


@dataclass
class Edits:
    """The changes in force, by path, and those that were met."""

    by_path: dict[str, list[tuple[tree.Edit, Env]]] = field(default_factory=dict)
    lowered: dict[str, Layer | None] = field(default_factory=dict)
    """What `convolve` comes to: the layer in place of each linear map, None for a flatten."""
    met: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.by_path or self.lowered)

    def add(self, edit: tree.Edit, env: Env) -> None:
        """Bring a change into force; values are evaluated in the net that makes it."""
        self.by_path.setdefault(path_of(edit.path), []).append((edit, env))

    def around(
        self,
        evaluator: Evaluator,
        path: str,
        name: str,
        x: Flow,
        place: Place,
        make: Callable[[Flow], Flow],
    ) -> Flow:
        """Make the module of this path, changed as its edits say."""
        edits = self.by_path.get(path, ())
        for edit, _ in edits:
            self.met.add(id(edit))
        for edit, env in edits:
            if edit.kind == "before":
                x = self._inserted(evaluator, edit, env, x, place)
        replaced = [(edit, env) for edit, env in edits if edit.kind == "replace"]
        if replaced:
            edit, env = replaced[-1]
            assert edit.value is not None
            value = evaluator.value(edit.value, env, place)
            x = evaluator.put(_layer(evaluator, value, edit, place), x, place, name)
        elif path in self.lowered:
            layer = self.lowered[path]
            x = evaluator.put(layer, x, place, name) if layer is not None else x
        elif not any(edit.kind == "remove" for edit, _ in edits):
            x = make(x)
        for edit, env in edits:
            if edit.kind == "after":
                x = self._inserted(evaluator, edit, env, x, place)
        for edit, _ in edits:
            if edit.kind == "until":
                raise Reached(edit, x)
        return x

    def _inserted(self, evaluator: Evaluator, edit: tree.Edit, env: Env, x: Flow, place: Place) -> Flow:
        """Run an inserted chain; its parts are named by kind, so that no number of a sequence shifts."""
        assert edit.value is not None
        inner = place.within(place.trace)
        inner.namer = inner.namer.by_kind()
        return evaluator.line(edit.value, x, inner, env)


def _layer(evaluator: Evaluator, value: object, edit: tree.Edit, place: Place) -> Layer:
    if not isinstance(value, LAYERS):
        at = edit.value.span if edit.value else edit.span
        evaluator.fail(NotALayer(at=at, what=describe(value), trace=place.trace))
    return value


def path_of(path: tree.Expression) -> str:
    """The path of a module as it is in the compiled net."""
    return ".".join(map(module_name, dotted(path)))


def unmet(edits: Iterable[tree.Edit], met: set[int], paths: Iterable[str]) -> list[UnknownModule]:
    """A diagnostic for each change whose module was never made; `convolve` looks for itself."""
    known = set(paths)
    return [
        UnknownModule(at=edit.path.span, name=path_of(edit.path), hints=nearest(path_of(edit.path), known))
        for edit in edits
        if id(edit) not in met and edit.kind != "convolve"
    ]


def convolved(evaluator: Evaluator, edit: tree.Edit, base: Elaborated) -> dict[str, Layer | None]:
    """The linear maps of a part, as convolutions over the maps that were flattened for them.

    A linear map behind a flattened `C x h x w` becomes a convolution with an `h x w` kernel, the next
    ones `1x1`; the `flatten` goes. Their weights are the same numbers in another shape.
    """
    part = path_of(edit.path)
    inside = [node for node in base.nodes if node.path == part or node.path.startswith(f"{part}.")]
    lowered: dict[str, Layer | None] = {}
    for node in inside:
        if node.op.name != "linear":
            continue
        flatten = _flattened(node)
        kernel: tuple[int, ...] | int = 1
        if flatten is not None:
            lowered[flatten.path] = None
            kernel = flatten.shapes[0][1:]
        arguments = {"out": node.outputs[0].shape[-1], "kernel": kernel, "bias": node.op.bias}  # type: ignore[index, attr-defined]
        conv = evaluator.intern(OPERATORS["conv"], arguments)
        lowered[node.path] = OpLayer(conv, (), (), edit.path)
    if not lowered:
        what = f"`{part}` has no linear layer" if inside else f"nothing in the base is named `{part}`"
        evaluator.fail(NoConvolution(at=edit.path.span, why=what))
    return lowered


def _flattened(node: Node) -> Node | None:
    """The flatten that a linear map reads, through layers that change no shape."""
    source = node.inputs[0].node
    while source.op.name != "flatten":
        if not source.inputs or source.op.is_weight_layer or source.shapes[0] != source.outputs[0].shape:
            return None
        source = source.inputs[0].node
    return source
