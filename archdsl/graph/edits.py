"""Changes that a net makes to the net it is made from.

A net that comes `from` another runs the lines of that one first, with its own changes in force: each
names a module by its path in the compiled net, and is applied where that module is about to be made.
So everything that is not changed keeps its name, and a checkpoint still fits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from archdsl.diagnostics import Label
from archdsl.graph.binding import nearest_path
from archdsl.graph.errors import NoConvolution, NotALayer, UnknownModule
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Node, Value
from archdsl.graph.names import module_name
from archdsl.graph.values import (
    LAYERS,
    Env,
    Flow,
    Layer,
    OpLayer,
    Outputs,
    Part,
    SequenceLayer,
    describe,
    plain,
)
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


@dataclass(frozen=True)
class Change:
    """What one line asks of one module; values are evaluated in the net that asks for it."""

    edit: tree.Edit
    env: Env
    layer: Layer | None = None
    """What `convolve` comes to here: a convolution, or None for a `flatten`, which goes."""


@dataclass
class Edits:
    """The changes in force, by the path of the module, in the order in which they hold."""

    by_path: dict[str, list[Change]] = field(default_factory=dict)
    met: set[int] = field(default_factory=set)
    """The lines, by id, whose module was made."""

    def __bool__(self) -> bool:
        return bool(self.by_path)

    def add(self, path: str, change: Change) -> None:
        """Bring a change into force."""
        self.by_path.setdefault(path, []).append(change)

    def removes(self, path: str) -> bool:
        """Whether the module of this path is left out."""
        change = self._instead(self.by_path.get(path, ()))
        if change is None or change.edit.kind != "remove":
            return False
        self.met.add(id(change.edit))
        return True

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
        changes = self.by_path.get(path, ())
        self.met |= {id(change.edit) for change in changes}
        for change in changes:
            if change.edit.kind == "before":
                x = _inserted(evaluator, change, name, x, place)
        instead = self._instead(changes)
        if instead is None:
            x = make(x)
        elif instead.layer is not None:
            x = evaluator.put(instead.layer, x, place, name)
        elif instead.edit.kind == "replace":
            x = _replaced(evaluator, instead, name, x, place)
        for change in changes:
            if change.edit.kind == "after":
                x = _inserted(evaluator, change, name, x, place)
        untils = [change.edit for change in changes if change.edit.kind == "until"]
        if untils:
            raise Reached(untils[-1], x)
        return x

    @staticmethod
    def _instead(changes: Iterable[Change]) -> Change | None:
        """What is made in place of a module: the last word on it."""
        words = [change for change in changes if change.edit.kind in ("replace", "remove", "convolve")]
        return words[-1] if words else None


def _replaced(evaluator: Evaluator, change: Change, name: str, x: Flow, place: Place) -> Flow:
    """Make another module of this name; a chain makes a sequence."""
    node, env = change.edit.value, _env(change, x)
    assert node is not None
    if isinstance(node, tree.Chain):
        return evaluator.put(SequenceLayer((node,), env, node, braces=False), x, place, name)
    value = evaluator.value(node, env, _beside(place, name))
    if isinstance(value, LAYERS):
        return evaluator.put(value, x, place, name)
    if isinstance(value, Value | Outputs | Part):
        return value
    evaluator.fail(NotALayer(at=node.span, what=describe(value), trace=place.trace))


def _inserted(evaluator: Evaluator, change: Change, name: str, x: Flow, place: Place) -> Flow:
    """Run an inserted chain beside the module of this name."""
    assert change.edit.value is not None
    return evaluator.line(change.edit.value, x, _beside(place, name), _env(change, x))


def _beside(place: Place, name: str) -> Place:
    """The same place, for what is named after the module beside it, so that no name shifts."""
    inner = place.within(place.trace)
    inner.namer = inner.namer.beside(name)
    return inner


def _env(change: Change, x: Flow) -> Env:
    """The names that a change sees; `in` is what comes in where it is applied."""
    return Env(change.env, change.edit, {"in": plain(x)})


def path_of(path: tree.Expression) -> str:
    """The path of a module as it is in the compiled net."""
    return ".".join(map(module_name, dotted(path)))


def unmet(
    edits: Iterable[tree.Edit], met: set[int], paths: Iterable[str], until: tree.Edit | None
) -> list[UnknownModule]:
    """A diagnostic for each change whose module was never made; `convolve` looks for itself."""
    known = list(paths)
    labels = (Label(until.span, "the base ends here"),) if until else ()
    missing = [edit for edit in edits if id(edit) not in met and edit.kind != "convolve"]
    named = [(edit.path.span, path_of(edit.path)) for edit in missing]
    return [
        UnknownModule(at=at, name=name, labels=labels, hints=nearest_path(name, known)) for at, name in named
    ]


def convolved(
    evaluator: Evaluator, edit: tree.Edit, nodes: list[Node], before: Collection[str]
) -> dict[str, Layer | None]:
    """The linear maps of a part, as convolutions over the maps that were flattened for them.

    A linear map behind a flattened `C x h x w` becomes a convolution with an `h x w` kernel, the next
    ones `1x1`; the `flatten` goes. Their weights are the same numbers in another shape. `nodes` are
    those of the net that is changed, `before` the paths of its linear maps that are convolved already.
    """
    part = path_of(edit.path)
    inside = [node for node in nodes if node.path == part or node.path.startswith(f"{part}.")]
    if not inside:
        known = list(dict.fromkeys(prefix for node in nodes for prefix in _prefixes(node.path)))
        evaluator.fail(UnknownModule(at=edit.path.span, name=part, hints=nearest_path(part, known)))
    lowered: dict[str, Layer | None] = {}
    for node in inside:
        if node.op.name != "linear":
            continue
        flatten = _flattened(node)
        if flatten is not None:
            lowered[flatten.path] = None
        elif _source(node).path not in (*lowered, *before):
            _refuse(evaluator, edit, f"`{node.path}` reads no map that was flattened", node)
        lowered[node.path] = _convolution(evaluator, edit, node, flatten)
    if not lowered:
        _refuse(evaluator, edit, f"`{part}` has no linear layer")
    return lowered


def _refuse(evaluator: Evaluator, edit: tree.Edit, why: str, node: Node | None = None) -> NoReturn:
    labels = (Label(node.span, "this linear layer"),) if node else ()
    evaluator.fail(NoConvolution(at=edit.path.span, why=why, labels=labels))


def _convolution(evaluator: Evaluator, edit: tree.Edit, node: Node, flatten: Node | None) -> Layer:
    linear: Any = node.op
    kernel = flatten.shapes[0][1:] if flatten is not None else 1
    given = {"out": linear.out, "kernel": kernel, "bias": linear.bias}
    return OpLayer(evaluator.intern(OPERATORS["conv"], given), (), (), edit.path)


def _flattened(node: Node) -> Node | None:
    """The flatten of a map that a linear map reads, if it does."""
    source = _source(node)
    flattens = source.op.name == "flatten" and len(source.shapes[0]) > 1 == len(source.outputs[0].shape or ())
    return source if flattens else None


def _source(node: Node) -> Node:
    """The layer whose output a linear map reads, through layers that change no shape."""
    source = node.inputs[0].node
    while source.inputs and not source.op.is_weight_layer and source.shapes[0] == source.outputs[0].shape:
        source = source.inputs[0].node
    return source


def _prefixes(path: str) -> list[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    parts = path.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
