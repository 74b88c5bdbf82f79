"""Layers of vectors: linear, rbf, embedding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Literal

from archdsl.ops.arguments import Count, Flag, arg
from archdsl.ops.contract import Op, Refused, Sample, Torch, Weight, operator
from archdsl.ops.problems import Problem, WrongRank
from archdsl.sizes import Shape, show


@operator
class Linear(Op):
    """Multiply the features by a learned matrix: a fully connected layer.

    A vector of features gives a vector; a sequence of them (`35 x 512`) gives a sequence.
    """

    name = "linear"
    short = "fc"
    family = "learned"
    is_weight_layer = True

    out: int = arg(Count, "features produced")
    bias: bool = arg(Flag, "add a learned number to each feature", True)

    @property
    def sees(self) -> Literal["point", "all"]:
        return "all"

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        if len(x) not in (1, 2):
            yield Problem(
                WrongRank,
                hints=(f"`flatten -> linear({self.out})`, or `conv({self.out}, 1)` at each position",),
                op=self.name,
                wants="a vector of features or a sequence of them",
                shape=show(x),
            )

    def shape(self, *inputs: Shape) -> Shape:
        return (*inputs[0][:-1], self.out)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        matrix = Weight("weight", (self.out, inputs[0][-1]))
        return (matrix, Weight("bias", (self.out,), "bias")) if self.bias else (matrix,)

    def macs(self, *inputs: Shape) -> int:
        return prod(inputs[0]) * self.out

    def torch(self, *inputs: Shape) -> Torch:
        return Torch("nn.Linear", (inputs[0][-1], self.out), () if self.bias else (("bias", False),))

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return 0 if axis < len(inputs[0]) - 1 else None

    def label(self, *inputs: Shape) -> str:
        return f"fc, {self.out}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Linear(out=10), ((84,),))
        yield Sample(Linear(out=10, bias=False), ((84,),))
        yield Sample(Linear(out=16), ((35, 8),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Linear(out=10), ((256, 6, 6),), "E303")
        yield Refused(Linear(out=10), ((),), "E303")


@operator
class RadialBasis(Op):
    """How far the features are from each of several learned points: the sum of (x - w)^2.

    Euclidean radial basis units. `freeze` keeps the points as they are given, as in LeNet-5, where
    they are drawings of the digits. Source: LeCun et al., "Gradient-based learning", 1998, equation 7.
    """

    name = "rbf"
    short = "rbf"
    family = "learned"

    out: int = arg(Count, "points, each of which gives a distance")

    @property
    def sees(self) -> Literal["point", "all"]:
        return "all"

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        if len(x) not in (1, 2):
            yield Problem(
                WrongRank,
                hints=(f"`flatten -> rbf({self.out})`",),
                op=self.name,
                wants="a vector of features or a sequence of them",
                shape=show(x),
            )

    def shape(self, *inputs: Shape) -> Shape:
        return (*inputs[0][:-1], self.out)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (self.out, inputs[0][-1])),)

    def torch(self, *inputs: Shape) -> Torch:
        return Torch("RadialBasis", (inputs[0][-1], self.out), helper="RadialBasis")

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return 0 if axis < len(inputs[0]) - 1 else None

    def label(self, *inputs: Shape) -> str:
        return f"rbf, {self.out}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(RadialBasis(out=10), ((84,),))
        yield Sample(RadialBasis(out=3), ((5, 8),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(RadialBasis(out=10), ((120, 1, 1),), "E303")


@operator
class Embedding(Op):
    """Look up a learned vector for each whole number of the input.

    Source: Bengio et al., "A neural probabilistic language model", 2003.
    """

    name = "embedding"
    short = "embed"
    family = "learned"
    dtypes = ("int", "float")

    entries: int = arg(Count, "vectors in the table: the input holds numbers below this")
    dim: int = arg(Count, "numbers in each vector")

    def shape(self, *inputs: Shape) -> Shape:
        return (*inputs[0], self.dim)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (self.entries, self.dim)),)

    def torch(self, *inputs: Shape) -> Torch:
        return Torch("nn.Embedding", (self.entries, self.dim))

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return 0 if axis < len(inputs[0]) else None

    def label(self, *inputs: Shape) -> str:
        return f"embed, {self.dim}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Embedding(entries=100, dim=8), ((35,),))
        yield Sample(Embedding(entries=100, dim=8), ((5, 7),))
