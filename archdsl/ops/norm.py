"""Normalisations: batchnorm, layernorm, groupnorm, lrn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from archdsl.ops.arguments import Count, Flag, Fraction, Positive, Real, arg, choice, optional
from archdsl.ops.axes import groups_divide
from archdsl.ops.contract import Op, Refused, Sample, Torch, Weight, operator
from archdsl.ops.problems import ArgumentConflict, Problem
from archdsl.sizes import Shape, show


@operator
class BatchNorm(Op):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it.

    Source: Ioffe and Szegedy, "Batch normalization", 2015.
    """

    name = "batchnorm"
    short = "bn"
    family = "norm"
    spatial = (0, 3)

    eps: float = arg(Positive, "added to the variance", 1e-5)
    momentum: float = arg(Fraction, "share of each new batch in the running statistics", 0.1)
    affine: bool = arg(Flag, "scale and shift each channel by learned numbers", True)
    frozen: bool = arg(Flag, "none of its numbers is learned or measured: they come with a checkpoint", False)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        if self.frozen and not self.affine:
            why = "`frozen = true` scales and shifts, `affine = false` does not"
            yield Problem(ArgumentConflict, "affine", operands=(), op=self.name, why=why)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][:1]
        if self.frozen:
            names = ("weight", "bias", "running_mean", "running_var")
            return tuple(Weight(name, channels, "statistic") for name in names)
        statistics = (
            Weight("running_mean", channels, "statistic"),
            Weight("running_var", channels, "statistic"),
            Weight("num_batches_tracked", (), "statistic"),
        )
        return (*_affine(channels), *statistics) if self.affine else statistics

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        if self.frozen:
            kwargs = _given(eps=(self.eps, 1e-5))
            return Torch("FrozenBatchNorm", (x[0],), kwargs, helper="FrozenBatchNorm")
        kwargs = _given(eps=(self.eps, 1e-5), momentum=(self.momentum, 0.1), affine=(self.affine, True))
        return Torch(f"nn.BatchNorm{max(len(x) - 1, 1)}d", (x[0],), kwargs)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(BatchNorm(), ((4, 5, 6),))
        yield Sample(BatchNorm(eps=1e-3, momentum=0.01), ((4, 5, 6),))
        yield Sample(BatchNorm(affine=False), ((4, 5, 6),))
        yield Sample(BatchNorm(), ((4,),))
        yield Sample(BatchNorm(), ((4, 5),))
        yield Sample(BatchNorm(), ((4, 2, 3, 4),))
        yield Sample(BatchNorm(frozen=True), ((4, 5, 6),))
        yield Sample(BatchNorm(frozen=True, eps=1e-3), ((4, 5),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(BatchNorm(), ((4, 2, 2, 2, 2),), "E303")
        yield Refused(BatchNorm(frozen=True, affine=False), ((4, 5, 6),), "E309")


@operator
class LayerNorm(Op):
    """Bring each sample to mean 0 and variance 1 over some of its axes, then scale and shift it.

    Source: Ba, Kiros and Hinton, "Layer normalization", 2016.
    """

    name = "layernorm"
    short = "ln"
    family = "norm"
    spatial = (0, 3)

    axes: str | None = arg(
        optional(choice("last", "channels", "all")),
        "what is brought to mean 0 together: the `last` axis (each vector of a sequence by itself), the "
        "`channels` (each position by itself), or `all`; if not given, `last` for 1 or 2 axes, else `all`",
        None,
    )
    eps: float = arg(Positive, "added to the variance", 1e-5)
    affine: bool = arg(Flag, "scale and shift by learned numbers", True)

    def _normalised(self, x: Shape) -> Shape:
        """The sizes of the axes that are normalised together."""
        axes = self.axes or ("last" if len(x) <= 2 else "all")
        return {"last": x[-1:], "channels": x[:1], "all": x}[axes]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return _affine(self._normalised(inputs[0])) if self.affine else ()

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        kwargs = _given(eps=(self.eps, 1e-5), elementwise_affine=(self.affine, True))
        if self.axes == "channels" and len(x) > 1:
            return Torch("ChannelLayerNorm", (x[0],), kwargs, helper="ChannelLayerNorm")
        sizes = self._normalised(x)
        return Torch("nn.LayerNorm", (sizes[0] if len(sizes) == 1 else sizes,), kwargs)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(LayerNorm(), ((8,),))
        yield Sample(LayerNorm(eps=1e-6), ((5, 8),))
        yield Sample(LayerNorm(), ((4, 5, 6),))
        yield Sample(LayerNorm(axes="last", affine=False), ((4, 5, 6),))
        yield Sample(LayerNorm(axes="channels"), ((4, 5, 6),))
        yield Sample(LayerNorm(axes="channels", eps=1e-6), ((4, 5),))
        yield Sample(LayerNorm(axes="channels"), ((4,),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(LayerNorm(), ((2, 2, 2, 2, 2),), "E303")


@operator
class GroupNorm(Op):
    """Bring groups of channels to mean 0 and variance 1, sample by sample, then scale and shift.

    Source: Wu and He, "Group normalization", 2018.
    """

    name = "groupnorm"
    short = "gn"
    family = "norm"
    spatial = (0, 3)

    groups: int = arg(Count, "parts the channels are split into; 1 takes them together")
    eps: float = arg(Positive, "added to the variance", 1e-5)
    affine: bool = arg(Flag, "scale and shift each channel by learned numbers", True)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        yield from groups_divide(self, self.groups, x[0])
        if prod(x) == self.groups:
            why = f"each group of {show(x)} has one number, which always becomes 0"
            yield Problem(ArgumentConflict, "groups", op=self.name, why=why)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return _affine(inputs[0][:1]) if self.affine else ()

    def torch(self, *inputs: Shape) -> Torch:
        kwargs = _given(eps=(self.eps, 1e-5), affine=(self.affine, True))
        return Torch("nn.GroupNorm", (self.groups, inputs[0][0]), kwargs)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(GroupNorm(groups=2), ((4, 5, 6),))
        yield Sample(GroupNorm(groups=1, eps=1e-6, affine=False), ((4, 5),))
        yield Sample(GroupNorm(groups=2), ((4,),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(GroupNorm(groups=3), ((4, 5, 6),), "E304")
        yield Refused(GroupNorm(groups=4), ((4, 1, 1),), "E309")


@operator
class LRN(Op):
    """Divide each value by a norm of its neighbours in the adjacent channels.

    The sum of squares is multiplied by `alpha / size`, as in Caffe and PyTorch; the paper's formula
    has plain alpha there, so its alpha = 1e-4, k = 2 over 5 channels is `lrn(5, alpha = 5e-4, k = 2)`.
    Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
    neural networks", 2012, section 3.3.
    """

    name = "lrn"
    short = "lrn"
    family = "norm"
    spatial = (1, 3)

    size: int = arg(Count, "adjacent channels that count", 5)
    alpha: float = arg(Real, "factor of the mean square of the neighbours", 1e-4)
    beta: float = arg(Real, "exponent of the norm", 0.75)
    k: float = arg(Real, "added to the norm before the exponent", 1.0)

    def torch(self, *inputs: Shape) -> Torch:
        kwargs = _given(alpha=(self.alpha, 1e-4), beta=(self.beta, 0.75), k=(self.k, 1.0))
        rest = "".join(f", {name}={value}" for name, value in kwargs)
        call = f"F.local_response_norm({{0}}, {self.size}{rest})"
        return Torch("nn.LocalResponseNorm", (self.size,), kwargs, call)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(LRN(), ((8, 5, 6),))
        yield Sample(LRN(size=3, alpha=5e-4, k=2), ((8, 5, 6),))
        yield Sample(LRN(beta=0.5), ((8, 5),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(LRN(), ((8,),), "E303")


def _affine(shape: Shape) -> tuple[Weight, Weight]:
    """The learned scale and shift, under the names that checkpoints have for them."""
    return Weight("weight", shape, "scale"), Weight("bias", shape, "shift")


def _given(**values: tuple[object, object]) -> tuple[tuple[str, object], ...]:
    """The values that are not their defaults, by name."""
    return tuple((name, value) for name, (value, default) in values.items() if value != default)
