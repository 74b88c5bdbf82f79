"""What an expression can be: static values, tensors, and layers that wait for their input.

Static values are Python's own: int, float, bool, str, list, and a tuple for a shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from archdsl.graph.faults import Mistake
from archdsl.graph.model import Node, Scope, Value
from archdsl.ops.contract import Op
from archdsl.sizes import show
from archdsl.source import Span
from archdsl.syntax import tree


class Env:
    """Names that are visible in one place; looked up from the inside to the outside.

    `owner` is the tree node that declares the names, so that unused ones can be told.
    """

    __slots__ = ("labels", "names", "outer", "owner")

    def __init__(
        self,
        outer: Env | None,
        owner: object = None,
        names: dict[str, Any] | None = None,
        *,
        labels: bool = False,
    ) -> None:
        self.outer = outer
        self.owner = owner
        self.names = {} if names is None else names
        self.labels = labels
        """Whether labels written in it stay in it: so in a net, block, notation or labelled sequence."""

    def for_labels(self) -> Env:
        """The names that a label written here joins."""
        env = self
        while not env.labels and env.outer is not None:
            env = env.outer
        return env


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """What a name stands for whose making failed; the reason is in the report already."""

    mistake: Mistake | None = None


@dataclass(slots=True, eq=False)
class Outputs:
    """Several tensors under names (or numbers, for `split`)."""

    what: str
    values: dict[str, Value]
    main: Value | None = None
    """The one that flows on, where one does; of the others one must be chosen."""


@dataclass(slots=True, eq=False)
class Part:
    """A labelled sequence or block: its value, and the labels within it."""

    value: Value | Outputs
    labels: dict[str, Any]
    scope: Scope
    owner: object = None
    """The tree node that declares these labels, so that unused ones can be told."""


Flow = Value | Outputs | Part | None
"""What flows from line to line: a tensor, several outputs of which one must be chosen, or nothing yet."""


@dataclass(slots=True, eq=False)
class OpLayer:
    """An operator with its arguments; `inputs` are the tensors it was called with, if it was."""

    op: Op
    inputs: tuple[Value, ...]
    extra: tuple[Value, ...]
    site: tree.Expression
    ends: tuple[Span, ...] = ()
    """For a merge: the places of its branches."""


@dataclass(slots=True, eq=False)
class BlockLayer:
    definition: BlockDefinition
    arguments: dict[str, Any]
    site: tree.Expression


@dataclass(slots=True, eq=False)
class NotationLayer:
    definition: NotationDefinition
    arguments: dict[str, Any]
    site: tree.Expression


@dataclass(slots=True, eq=False)
class SequenceLayer:
    """Lines that wait for their input: a body, an `if` or `for`, a chain, a table."""

    items: tuple[tree.Item, ...]
    env: Env
    site: tree.Expression
    braces: bool
    """Written as `{ … }`, so that a label makes it a module even if it is one line."""


@dataclass(slots=True, eq=False)
class RepeatLayer:
    layer: Layer
    count: int
    site: tree.Expression


@dataclass(slots=True, eq=False)
class MergeLayer:
    """`concat { … }`: each line is a branch."""

    op: Op
    body: tree.Body
    env: Env
    site: tree.Expression


@dataclass(slots=True, eq=False)
class SharedLayer:
    """`share name: layer`: one module of `scope`, used wherever the name stands."""

    name: str
    layer: Layer
    scope: Scope
    span: Span
    first: tuple[list[Node], list[Scope]] | None = None
    """What its first use made."""
    used: Span | None = None
    """Where it was used first."""


Layer = OpLayer | BlockLayer | NotationLayer | SequenceLayer | RepeatLayer | MergeLayer | SharedLayer
LAYERS = (OpLayer, BlockLayer, NotationLayer, SequenceLayer, RepeatLayer, MergeLayer, SharedLayer)


@dataclass(slots=True, eq=False)
class BlockDefinition:
    tree: tree.Block
    env: Env
    what: ClassVar[str] = "the block"

    @property
    def name(self) -> str:
        return self.tree.name.name


@dataclass(slots=True, eq=False)
class NotationDefinition:
    tree: tree.Notation
    env: Env
    what: ClassVar[str] = "the notation"

    @property
    def name(self) -> str:
        return self.tree.name.text


@dataclass(slots=True, eq=False)
class FunctionDefinition:
    tree: tree.Let
    env: Env
    what: ClassVar[str] = "the function"

    @property
    def name(self) -> str:
        return self.tree.name.name


def plain(x: Flow) -> Value | Outputs | None:
    """What flows, without the labels within: of several outputs the one that flows on, if one does."""
    value = x.value if isinstance(x, Part) else x
    return value.main or value if isinstance(value, Outputs) else value


def part_of(scope: Scope, result: Flow, env: Env, what: str) -> Part | None:
    """What a block or labelled sequence gives: its outputs, else what its last line gives, if anything."""
    value = plain(result)
    if scope.outputs:
        only = next(iter(scope.outputs.values())) if len(scope.outputs) == 1 else None
        value = only or Outputs(what, scope.outputs)
    elif value is not None:
        scope.outputs = {"": value} if isinstance(value, Value) else dict(value.values)
    return None if value is None else Part(value, env.names, scope, env.owner)


Definition = BlockDefinition | NotationDefinition | FunctionDefinition


def describe(value: Any) -> str:
    """A value in words, for a message."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"the number {value}"
        case float():
            return f"the number {value:.6g}"
        case str():
            return f"the text `{value}`"
        case tuple():
            return f"the shape {show(value)}"
        case list():
            return f"a list of {len(value)}"
        case Value(shape=shape):
            return f"a tensor ({show(shape)})" if shape is not None else "a tensor"
        case Outputs() | Part():
            return "a part of the network"
        case OpLayer(op=op):
            return f"the layer {op.name}"
        case BlockDefinition() | NotationDefinition() | FunctionDefinition():
            return f"{value.what} `{value.name}`"
        case BlockLayer() | NotationLayer():
            return f"{value.definition.what} `{value.definition.name}`"
        case SharedLayer(name=name):
            return f"the shared module `{name}`"
        case type() if issubclass(value, Op):
            return f"the layer {value.name}"
        case None:
            return "nothing"
        case _:
            return "a sequence of layers"
