"""Merges of several tensors: concat, add, mul."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar

from archdsl.ops.arguments import Axis, arg
from archdsl.ops.axes import axis_exists, from_front
from archdsl.ops.contract import Op, Refused, Sample, Torch, operator
from archdsl.ops.problems import BranchesDisagree, Problem
from archdsl.sizes import Shape, axis_name, show


@operator
class Concat(Op):
    """Join tensors along one axis, the channels if nothing else is said."""

    name = "concat"
    short = "concat"
    family = "merge"
    arity = (1, None)
    is_view = True

    axis: int = arg(Axis, "the axis along which they are joined: 0 for the channels, -1 for the last", 0)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        if uneven := _other_rank(self, inputs):
            yield from uneven
            return
        outside = tuple(axis_exists(self, self.axis, inputs[0]))
        yield from outside
        if not outside:
            yield from _disagreements(self, inputs, from_front(self.axis, inputs[0]))

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        axis = from_front(self.axis, x)
        return (*x[:axis], sum(each[axis] for each in inputs), *x[axis + 1 :])

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        joined = axis == from_front(self.axis, inputs[0]) and len(inputs) > 1
        return None if joined else 0

    def torch(self, *inputs: Shape) -> Torch:
        axis = self.axis + 1 if self.axis >= 0 else self.axis
        return Torch(call=f"torch.cat([{{all}}], {axis})")

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Concat(), ((4, 5, 6), (3, 5, 6), (1, 5, 6)))
        yield Sample(Concat(), ((4, 5, 6),))
        yield Sample(Concat(), ((4,), (6,)))
        yield Sample(Concat(axis=-1), ((4, 5, 6), (4, 5, 1)))
        yield Sample(Concat(axis=1), ((4, 5, 6), (4, 1, 6)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Concat(), ((4, 5, 6), (4, 5, 7)), "E301")
        yield Refused(Concat(), ((4, 5, 6), (4,)), "E301")
        yield Refused(Concat(axis=1), ((4, 5, 6), (3, 5, 6)), "E301")
        yield Refused(Concat(axis=3), ((4, 5, 6), (4, 5, 6)), "E309")


class Elementwise(Op):
    """What add and mul share: equal shapes, or axes of size 1 that stretch to fit."""

    family = "merge"
    arity = (2, None)
    _sign: ClassVar[str]

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        if uneven := _other_rank(self, inputs):
            yield from uneven
            return
        yield from _disagreements(self, inputs, stretch=True)

    def shape(self, *inputs: Shape) -> Shape:
        return tuple(map(max, zip(*inputs, strict=True)))

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        sizes = [x[axis] for x in inputs]
        return sizes.index(max(sizes))

    def torch(self, *inputs: Shape) -> Torch:
        return Torch(call=f" {self._sign} ".join(f"{{{i}}}" for i in range(len(inputs))))

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(), ((4, 5, 6), (4, 5, 6)))
        yield Sample(cls(), ((4, 5, 6), (4, 5, 6), (4, 5, 6)))
        yield Sample(cls(), ((4, 5, 6), (4, 1, 1)))
        yield Sample(cls(), ((1, 5, 1), (4, 1, 6)))
        yield Sample(cls(), ((10,), (10,)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(cls(), ((4, 5, 6), (3, 5, 6)), "E301")
        yield Refused(cls(), ((4, 5, 6), (4, 5, 3)), "E301")
        yield Refused(cls(), ((4, 5, 6), (4,)), "E301")


@operator
class Add(Elementwise):
    """Add tensors number by number; an axis of size 1 stretches to fit the others."""

    name = "add"
    short = "add"
    _sign = "+"


@operator
class Mul(Elementwise):
    """Multiply tensors number by number; an axis of size 1 stretches to fit the others."""

    name = "mul"
    short = "mul"
    _sign = "*"


def _other_rank(op: Op, inputs: tuple[Shape, ...]) -> tuple[Problem, ...]:
    """Refuse inputs that have another number of axes than the one that has most."""
    most = max(range(len(inputs)), key=lambda index: len(inputs[index]))
    full = inputs[most]
    return tuple(
        Problem(
            BranchesDisagree,
            operands=(index, most),
            hints=_axes_hint(x, full),
            op=op.name,
            what="number of axes",
            left=show(x),
            right=show(full),
        )
        for index, x in enumerate(inputs)
        if len(x) != len(full)
    )


def _axes_hint(x: Shape, full: Shape) -> tuple[str, ...]:
    """A number for each channel fits a map once it has spatial axes of size 1."""
    if len(x) != 1 or x[0] != full[0]:
        return ()
    return (f"`-> reshape({show((*x, *(1 for _ in full[1:])))})` makes it fit",)


def _disagreements(
    op: Op, inputs: tuple[Shape, ...], joined: int | None = None, *, stretch: bool = False
) -> Iterator[Problem]:
    """Refuse each input that has another size on some axis than most of them have."""
    sizes = [_usual(axis, inputs, stretch) for axis in range(len(inputs[0]))]
    for index, x in enumerate(inputs):
        wrong = [
            axis
            for axis, size in enumerate(sizes)
            if axis != joined and x[axis] != size and not (stretch and x[axis] == 1)
        ]
        if not wrong:
            continue
        others = (other for other, y in enumerate(inputs) if y[wrong[0]] == sizes[wrong[0]])
        reference = next(others)
        fits = tuple(x[axis] if axis == joined else size for axis, size in enumerate(sizes))
        yield Problem(
            BranchesDisagree,
            operands=(index, reference),
            axis=wrong[0],
            fits=fits,
            op=op.name,
            what=" and ".join(axis_name(axis, len(x)) for axis in wrong),
            left=show(x),
            right=show(inputs[reference]),
        )


def _usual(axis: int, inputs: tuple[Shape, ...], stretch: bool) -> int:
    """The size on an axis that most inputs have; of several, that of the first."""
    sizes = Counter(x[axis] for x in inputs if not (stretch and x[axis] == 1))
    return sizes.most_common(1)[0][0] if sizes else 1
