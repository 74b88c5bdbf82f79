"""The elaborated graph: every layer of one network, with its place in the hierarchy of blocks.

Nodes stand in the order in which they were written, so a block, a labelled element, a repeat or a
table row is a range of consecutive nodes. What the analysis walks are these plain records;
`graph.nx` turns them into the networkx multigraph that users get.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from archdsl.diagnostics import Trace
from archdsl.ops.contract import Op, Weight
from archdsl.sizes import Shape
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    import networkx as nx

    from archdsl.sizes.certificate import Certificate
    from archdsl.sizes.condition import SizeCondition


@dataclass(slots=True, eq=False, repr=False)
class Value:
    """A tensor: the output `port` of a node, with its shape (None: unknown, an error was reported)."""

    node: Node
    port: int
    shape: Shape | None
    open: Shape | None = None
    """The shape as expressions, where it depends on open sizes; `shape` is then that of one valid size."""

    def __repr__(self) -> str:
        return f"<value {self.port} of {self.node.path}, {self.shape}>"


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One application of an operator. An input of the net is a node too, of the operator `input`."""

    index: int
    op: Op
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    scope: Scope
    name: str
    """Within its scope: `conv1`, `0`, or the label. Applications of one shared layer have one name."""
    site: tree.Expression | tree.Input
    trace: Trace
    first: Node | None = None
    """For a shared layer applied again: its first application, which holds the weights."""
    training: bool = False
    """Needed only for outputs that exist only in training."""

    @property
    def path(self) -> str:
        """`layer1.0.conv1`: the module's name in the compiled net, so also in its checkpoints."""
        prefix = self.scope.path
        return f"{prefix}.{self.name}" if prefix else self.name

    @property
    def span(self) -> Span:
        return self.site.span

    def __repr__(self) -> str:
        return f"<node {self.index} {self.path}: {self.op!r}>"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the inputs; only for a sound graph."""
        return tuple(value.shape or () for value in self.inputs)

    @property
    def open_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the inputs, as expressions where they depend on open sizes."""
        return tuple(value.open or value.shape or () for value in self.inputs)


@dataclass(slots=True, eq=False, repr=False)
class Scope:
    """A module with parts: the net itself, one use of a block, or a labelled sequence.

    Its nodes, and those of the scopes within, are `graph.nodes[start:end]`. A shared block applied
    again is a scope of its own for that range, with `first` set to the scope that holds the weights.
    """

    kind: Literal["net", "block", "sequence"]
    name: str
    """Within its parent; empty for the net."""
    parent: Scope | None
    definition: str
    """The block's or net's name in the spec; empty for a sequence."""
    arguments: dict[str, Any]
    """The block's static arguments by name; tensors and layers among them as `Value` and as text."""
    span: Span
    trace: Trace
    start: int
    end: int = 0
    first: Scope | None = None
    outputs: dict[str, Value] = field(default_factory=dict)
    """What comes out, by name; the name is empty for the one value of a plain body."""
    repeat: tuple[int, int] | None = None
    """For the i-th of n made by `block * n`: (i, n), i from 0."""

    @property
    def path(self) -> str:
        if self.parent is None:
            return ""
        prefix = self.parent.path
        return f"{prefix}.{self.name}" if prefix else self.name


@dataclass(slots=True, eq=False)
class Named:
    """What a label stands for: a value, and the nodes `graph.nodes[start:end]` that made it."""

    name: str
    """With its path, as expectations and the user refer to it: `layer1.downsample`."""
    value: Value
    start: int
    end: int
    span: Span


@dataclass(slots=True, eq=False)
class Expectation:
    """An `expect` or a `claim`, or a table cell that is one, still to be compared.

    `start:end` is the range of nodes it speaks of, `value` the tensor; the whole net where `subject`
    is empty.
    """

    kind: Literal["expect", "claim"]
    subject: str
    metric: str
    operator: str
    printed: tree.Expression
    wanted: Any
    """The printed value: a number, or a shape as a tuple."""
    value: Value | None
    start: int
    end: int
    span: Span
    trace: Trace
    target: Span | None = None
    """Where the subject and the metric are named."""


@dataclass(frozen=True, slots=True)
class SizeExpectation:
    """An `expect` or a `claim` about open sizes: `H % 32 == 0`, `H >= 63`, or that some are valid."""

    kind: Literal["expect", "claim"]
    words: str
    """As it is written."""
    span: Span
    trace: Trace
    fixed: dict[str, int]
    """The open sizes that are set from outside."""
    condition: SizeCondition | None = None
    valid: dict[str, int] | None = None
    """Sizes, instead of a condition, that are expected to be valid, or not."""
    holds: bool = True
    """Whether they are expected to be."""


@dataclass(slots=True, eq=False)
class Tied:
    """One parameter under two names: `left` uses the numbers of `right`. Paths of weights."""

    left: str
    right: str
    span: Span


@dataclass(frozen=True, slots=True)
class Frozen:
    """A module, by its path (the net's is empty), whose parameters training leaves alone, or does not."""

    path: str
    frozen: bool


@dataclass(frozen=True, slots=True)
class Start:
    """How weights start: those of an operator (`conv`) or of a module by its path.

    Of a weight layer's parameters, `parameter` names the one that is meant; None means its kernel.
    """

    target: str
    is_operator: bool
    parameter: str | None
    scheme: str
    arguments: dict[str, Any]

    def means(self, node: Node) -> bool:
        """Whether a layer is of the operator, or the module, or a weight layer within the module."""
        if node.first is not None:
            return False
        if self.is_operator:
            return node.op.name == self.target
        return node.path == self.target or (node.op.is_weight_layer and is_within(node.path, self.target))

    def fills(self, node: Node) -> Weight | None:
        """The parameter of a layer that is meant, if the layer has it."""
        name = self.parameter or "weight"
        return next((w for w in node.op.weights(*node.shapes) if w.name == name and w.is_parameter), None)


@dataclass(frozen=True, slots=True)
class Loss:
    """A named term of the training objective: a function of outputs and of targets, by their names."""

    name: str
    function: str
    outputs: tuple[str, ...]
    targets: tuple[str, ...]
    arguments: dict[str, Any]
    weight: float


@dataclass(eq=False, repr=False)
class Elaborated:
    """One network, every block, repeat and table expanded, shapes known.

    Promises: `nodes[i].index == i`; a node's inputs come from nodes before it; shapes are None only
    downstream of a reported error.
    """

    name: str
    """`VGG.D` for a variant, `LeNet` for a net without variants."""
    file: str
    doc: str
    net: tree.Net
    nodes: list[Node]
    scopes: list[Scope]
    """Every scope in the order of its start, the net itself first."""
    inputs: dict[str, Value]
    outputs: dict[str, Value]
    """The network's results by name; a net that names none has one, `output`."""
    training_outputs: dict[str, Value]
    named: dict[str, Named]
    expectations: list[Expectation]
    ties: list[Tied]
    frozen: list[Frozen] = field(default_factory=list)
    """In order: what is said later holds."""
    starts: list[Start] = field(default_factory=list)
    """In order: what is said later holds."""
    losses: list[Loss] = field(default_factory=list)
    size_expectations: list[SizeExpectation] = field(default_factory=list)
    certificate: Certificate | None = None
    """With open sizes: which of them are valid."""
    files: tuple[tree.File, ...] = ()
    """The texts that it comes from, what is imported first."""

    @cached_property
    def frozen_nodes(self) -> frozenset[int]:
        """The indices of the nodes whose parameters training leaves alone."""
        if not self.frozen:
            return frozenset()
        last_first = self.frozen[::-1]
        return frozenset(
            node.index
            for node in self.nodes
            if next((each.frozen for each in last_first if is_within(node.path, each.path)), False)
        )

    @property
    def root(self) -> Scope:
        return self.scopes[0]

    @cached_property
    def nx(self) -> nx.MultiDiGraph[int]:
        """The networkx graph: one node a layer (key: its index), one edge a use of a tensor.

        Node attributes: `path`, `op`, `name`, `arguments`, `inputs`, `outputs` (shapes), `scope`,
        `blocks` (the paths of the enclosing blocks, outermost first), `span`, `trace`.
        Edge attributes: `shape`, `port` (of the producer), `argument` (position at the consumer).
        """
        from archdsl.graph.nx import multigraph

        return multigraph(self)


def is_within(path: str, part: str) -> bool:
    """Whether a path is that of a module or of one of its parts; the empty path is the net."""
    return not part or path == part or path.startswith(f"{part}.")
