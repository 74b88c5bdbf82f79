"""The checked graph: what every output of the compiler starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from archdsl.graph.model import Elaborated, Expectation, SizeExpectation, Value
from archdsl.ops.contract import Weight
from archdsl.sizes import Shape


class Loan(NamedTuple):
    """Numbers that a layer uses and another one owns: its parameter is shared, or tied."""

    owner: int
    """Index of the node that owns them."""
    weight: str
    params: int
    kernels: int
    """Those among them that multiply here."""
    counted: bool
    """Whether they multiply at their owner too, and so are among its kernels."""


@dataclass(slots=True, eq=False)
class Layer:
    """What is known of one node, beside the node itself (same index)."""

    params: int
    """Numbers in its parameters, without those that another layer owns: each number counts once."""
    kernels: int
    """Those among them that multiply: kernels and matrices of weight layers."""
    macs: int
    neurons: int
    """Elements it gives, if it is a weight layer."""
    activations: int
    """Elements it gives, if it computes them (a view or an input does not)."""
    weights: tuple[Weight, ...]
    """Parameters and buffers; empty for a shared layer applied again."""
    borrowed: tuple[Loan, ...]
    """What it uses of other layers' parameters."""
    stride: tuple[Fraction, ...]
    """Input cells from one output cell to the next, per spatial axis; empty without such axes.

    0 on an axis along which every cell sees the same.
    """
    receptive_field: tuple[int, ...]
    """Input cells that one output cell depends on, per spatial axis of the input.

    Padding around the input counts. With several inputs, of the first that has spatial axes and
    that the layer depends on; empty where there is none.
    """


@dataclass(frozen=True, slots=True)
class Metrics:
    """The totals of a net, a block or any range of nodes, for one sample (batch 1).

    `macs` counts convolutions, transposed ones too, and linear maps, as one multiply-accumulate
    each; `flops` is twice that. What only training needs is in `params`, `trainable_params` and
    `weights`, and not in the rest. A parameter used several times within the range counts once.
    """

    params: int
    trainable_params: int
    weights: int
    """Parameters that multiply (kernels and matrices), without biases and norms."""
    macs: int
    flops: int
    weight_layers: int
    """Convolutions and linear maps; a shared one counts once."""
    depth: int
    """Weight layers on the longest path."""
    neurons: int
    """Outputs of the weight layers."""
    activations: int
    """Outputs of all layers that compute something (not of views)."""
    activation_bytes: int
    """The same in 32-bit floats."""


Remark = Literal["exact", "rounds", "truncates", "rounds in 1024s", "truncates in 1024s", "holds", "differs"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation, compared."""

    expectation: Expectation
    computed: Any
    """An int, a shape, or per spatial axis: ints (receptive field) or fractions (stride)."""
    holds: bool
    remark: Remark
    """How the computed value relates to the printed one; `holds` for an inequality that does."""
    off: float | None
    """computed / printed - 1, for numbers."""


@dataclass(frozen=True, slots=True)
class SizeVerdict:
    """One expectation about open sizes, and why it does not hold; empty if it does."""

    expectation: SizeExpectation
    why: str

    @property
    def holds(self) -> bool:
        """Whether the network accepts just what is expected."""
        return not self.why


@dataclass(eq=False, repr=False)
class Checked:
    """A sound network with all its numbers.

    Promises: the wiring is whole and every shape is known; an expectation may still have failed.
    """

    graph: Elaborated
    layers: list[Layer]
    """`layers[i]` belongs to `graph.nodes[i]`."""
    metrics: Metrics
    stride: tuple[Fraction, ...]
    """Of the last feature map on the way to the first output; empty where there is none."""
    receptive_field: tuple[int, ...]
    verdicts: list[Verdict]
    size_verdicts: list[SizeVerdict]
    _parts: dict[tuple[int, int], Metrics] = field(default_factory=dict, init=False, repr=False)

    @property
    def name(self) -> str:
        return self.graph.name

    def part(self, start: int, end: int) -> Metrics:
        """The totals of a range of nodes: of a block, a labelled element, a table row."""
        if (start, end) == (0, len(self.layers)):
            return self.metrics
        if (start, end) not in self._parts:
            from archdsl.check.cost import totals

            self._parts[start, end] = totals(self.graph, self.layers, start, end)
        return self._parts[start, end]

    def weights(self) -> list[tuple[str, Weight]]:
        """Every parameter and buffer with its full name, in order, shared ones once."""
        tied = {tie.left for tie in self.graph.ties}
        return [
            (f"{node.path}.{weight.name}", weight)
            for node, layer in zip(self.graph.nodes, self.layers, strict=True)
            for weight in layer.weights
            if f"{node.path}.{weight.name}" not in tied
        ]


def shape_of(value: Value) -> Shape:
    """The shape of a value in a sound graph."""
    assert value.shape is not None
    return value.shape


def written_shape(value: Value) -> Shape:
    """The shape as it is shown: with expressions for what depends on open sizes."""
    return value.open or shape_of(value)
