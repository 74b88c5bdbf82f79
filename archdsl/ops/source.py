"""Where a network begins: input."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.ops.arguments import Shaped, arg, choice
from archdsl.ops.contract import Op, Sample, Torch, operator
from archdsl.sizes import Shape, show


@operator
class Input(Op):
    """A tensor that the network is given, declared by `input name: 3 x 224 x 224`."""

    name = "input"
    short = "input"
    family = "source"
    arity = (0, 0)
    hidden = True
    is_view = True

    size: int | tuple[int, ...] = arg(Shaped, "its shape, channels first, without the batch")
    dtype: str = arg(choice("float", "int"), "what it holds", "float")

    def shape(self, *inputs: Shape) -> Shape:
        return (self.size,) if isinstance(self.size, int) else self.size

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return None

    def torch(self, *inputs: Shape) -> Torch:
        return Torch()  # an argument of `forward`

    def label(self, *inputs: Shape) -> str:
        return show(self.shape())

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Input(size=(3, 224, 224)), ())
        yield Sample(Input(size=35, dtype="int"), ())
