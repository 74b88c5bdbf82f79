"""Regularisation: dropout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archdsl.ops.arguments import Flag, Fraction, arg
from archdsl.ops.contract import Op, Refused, Sample, Torch, operator
from archdsl.ops.problems import Problem, WrongRank
from archdsl.sizes import Shape, show


@operator
class Dropout(Op):
    """Put numbers to zero at random while training; pass them on unchanged otherwise.

    Source: Srivastava et al., "Dropout", 2014; of `channels`: Tompson et al., "Efficient object
    localization using convolutional networks", 2015.
    """

    name = "dropout"
    short = "dropout"
    family = "regular"
    is_view = True

    p: float = arg(Fraction, "share of the numbers that are put to zero", 0.5)
    channels: bool = arg(Flag, "put whole channels to zero, not single numbers", False)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        if self.channels and not 2 <= len(x) <= 4:
            wants = "channels and 1 to 3 spatial axes to drop whole channels"
            yield Problem(WrongRank, "channels", op=self.name, wants=wants, shape=show(x))

    def torch(self, *inputs: Shape) -> Torch:
        axes = f"{len(inputs[0]) - 1}d" if self.channels else ""
        return Torch(f"nn.Dropout{axes}", (self.p,))

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Dropout(), ((10,),))
        yield Sample(Dropout(p=0.2), ((4, 5, 6),))
        yield Sample(Dropout(channels=True), ((4, 5, 6),))
        yield Sample(Dropout(channels=True), ((4, 5),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Dropout(channels=True), ((10,),), "E303")
