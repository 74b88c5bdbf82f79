"""Activations: one function for every number, but for softmax and log_softmax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from archdsl.ops.arguments import Axis, Flag, Positive, Real, arg
from archdsl.ops.axes import axis_exists
from archdsl.ops.contract import Op, Refused, Sample, Torch, Weight, operator
from archdsl.ops.problems import Problem
from archdsl.sizes import Shape


class Activation(Op):
    """What the activations share: the shape stays, and torch has a module and a function."""

    family = "activation"
    _module: ClassVar[str]
    _function: ClassVar[str]
    _torch_names: ClassVar[dict[str, str]] = {}
    """What torch calls an argument, where it is not its name here."""

    def torch(self, *inputs: Shape) -> Torch:
        kwargs = tuple(
            (self._torch_names.get(each.name, each.name), getattr(self, each.name))
            for each in self.args
            if getattr(self, each.name) != each.default
        )
        rest = "".join(f", {name}={value}" for name, value in kwargs)
        return Torch(self._module, (), kwargs, f"{self._function}({{0}}{rest})")

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(), ((4, 5, 6),))


@operator
class ReLU(Activation):
    """Zero for negative numbers, the number itself for positive ones.

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
    """

    name = "relu"
    short = "relu"
    _module = "nn.ReLU"
    _function = "F.relu"


@operator
class ReLU6(Activation):
    """`relu`, cut off at 6.

    Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
    """

    name = "relu6"
    short = "relu6"
    _module = "nn.ReLU6"
    _function = "F.relu6"


@operator
class LeakyReLU(Activation):
    """`relu` with a small slope for negative numbers.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
    2013.
    """

    name = "leaky_relu"
    short = "leaky_relu"
    _module = "nn.LeakyReLU"
    _function = "F.leaky_relu"
    _torch_names: ClassVar[dict[str, str]] = {"slope": "negative_slope"}

    slope: float = arg(Real, "slope for negative numbers", 0.01)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(LeakyReLU(), ((4, 5, 6),))
        yield Sample(LeakyReLU(slope=0.1), ((4, 5, 6),))


@operator
class PReLU(Op):
    """`relu` with a learned slope for negative numbers.

    Source: He et al., "Delving deep into rectifiers", 2015.
    """

    name = "prelu"
    short = "prelu"
    family = "activation"

    per_channel: bool = arg(Flag, "learn a slope for each channel, not one for all", False)
    slope: float = arg(Real, "slope to start from", 0.25)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (inputs[0][0] if self.per_channel else 1,), "scale"),)

    def torch(self, *inputs: Shape) -> Torch:
        args = (inputs[0][0],) if self.per_channel else ()
        return Torch("nn.PReLU", args, (("init", self.slope),) if self.slope != 0.25 else ())

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(PReLU(), ((4, 5, 6),))
        yield Sample(PReLU(per_channel=True, slope=0.1), ((4, 5, 6),))
        yield Sample(PReLU(per_channel=True), ((4,),))


@operator
class ELU(Activation):
    """`relu` with an exponential for negative numbers, down to -alpha.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by
    exponential linear units", 2016.
    """

    name = "elu"
    short = "elu"
    _module = "nn.ELU"
    _function = "F.elu"

    alpha: float = arg(Real, "how far below zero it goes", 1.0)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(ELU(), ((4, 5, 6),))
        yield Sample(ELU(alpha=0.5), ((4, 5, 6),))


@operator
class SELU(Activation):
    """`elu`, scaled so that deep stacks keep mean 0 and variance 1.

    Source: Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    name = "selu"
    short = "selu"
    _module = "nn.SELU"
    _function = "F.selu"


@operator
class GELU(Activation):
    """The number times the chance that a normal one is smaller.

    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """

    name = "gelu"
    short = "gelu"
    _module = "nn.GELU"
    _function = "F.gelu"

    approximate: bool = arg(Flag, "the paper's approximation with tanh", False)

    def torch(self, *inputs: Shape) -> Torch:
        if not self.approximate:
            return Torch("nn.GELU", call="F.gelu({0})")
        return Torch("nn.GELU", (), (("approximate", "tanh"),), 'F.gelu({0}, approximate="tanh")')

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(GELU(), ((4, 5, 6),))
        yield Sample(GELU(approximate=True), ((4, 5, 6),))


@operator
class SiLU(Activation):
    """The number times its sigmoid; also known as swish.

    Source: Ramachandran, Zoph and Le, "Searching for activation functions", 2017.
    """

    name = "silu"
    short = "silu"
    _module = "nn.SiLU"
    _function = "F.silu"


@operator
class Sigmoid(Activation):
    """The logistic function, from 0 to 1."""

    name = "sigmoid"
    short = "sigmoid"
    _module = "nn.Sigmoid"
    _function = "torch.sigmoid"


@operator
class Tanh(Activation):
    """The hyperbolic tangent, from -1 to 1."""

    name = "tanh"
    short = "tanh"
    _module = "nn.Tanh"
    _function = "torch.tanh"


@operator
class HardSwish(Activation):
    """`silu` with the sigmoid replaced by straight lines.

    Source: Howard et al., "Searching for MobileNetV3", 2019.
    """

    name = "hardswish"
    short = "hardswish"
    _module = "nn.Hardswish"
    _function = "F.hardswish"


@operator
class HardSigmoid(Activation):
    """`sigmoid` replaced by straight lines.

    Source: Courbariaux, Bengio and David, "BinaryConnect", 2015.
    """

    name = "hardsigmoid"
    short = "hardsigmoid"
    _module = "nn.Hardsigmoid"
    _function = "F.hardsigmoid"


@operator
class Softplus(Activation):
    """log(1 + exp(beta x)) / beta, a smooth `relu`.

    Source: Dugas et al., "Incorporating second-order functional knowledge for better option
    pricing", 2001.
    """

    name = "softplus"
    short = "softplus"
    _module = "nn.Softplus"
    _function = "F.softplus"

    beta: float = arg(Positive, "sharpness of the bend", 1.0)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Softplus(), ((4, 5, 6),))
        yield Sample(Softplus(beta=2.0), ((4, 5, 6),))


@operator
class Mish(Activation):
    """The number times the tanh of its softplus.

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """

    name = "mish"
    short = "mish"
    _module = "nn.Mish"
    _function = "F.mish"


class AlongAxis(Op):
    """What softmax and log_softmax share."""

    family = "activation"
    _module: ClassVar[str]
    _function: ClassVar[str]

    axis: int = arg(Axis, "the axis that is normalised: 0 for the channels, -1 for the last", 0)

    @property
    def sees(self) -> Literal["point", "all"]:
        return "point" if self.axis == 0 else "all"

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        yield from axis_exists(self, self.axis, inputs[0])

    def torch(self, *inputs: Shape) -> Torch:
        axis = self.axis + 1 if self.axis >= 0 else self.axis
        return Torch(self._module, (), (("dim", axis),), f"{self._function}({{0}}, dim={axis})")

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(), ((10,),))
        yield Sample(cls(), ((4, 5, 6),))
        yield Sample(cls(axis=-1), ((4, 5),))
        yield Sample(cls(axis=1), ((4, 5),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(cls(axis=2), ((4, 5),), "E309")
        yield Refused(cls(axis=-3), ((4, 5),), "E309")


@operator
class Softmax(AlongAxis):
    """Exponentials divided by their sum: numbers from 0 to 1 that add up to 1.

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    """

    name = "softmax"
    short = "softmax"
    _module = "nn.Softmax"
    _function = "F.softmax"


@operator
class LogSoftmax(AlongAxis):
    """The logarithm of `softmax`."""

    name = "log_softmax"
    short = "log_softmax"
    _module = "nn.LogSoftmax"
    _function = "F.log_softmax"
