"""Numbers kept, axes changed: flatten, identity, reshape, shuffle, split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from archdsl.ops.arguments import Axis, Count, CountOrZero, Shaped, arg
from archdsl.ops.axes import axis_exists, from_front, groups_divide
from archdsl.ops.contract import Op, Refused, Sample, Torch, operator
from archdsl.ops.problems import ArgumentConflict, ElementsDisagree, NotDivisible, Problem
from archdsl.sizes import Shape, axis_name, show


@operator
class Identity(Op):
    """Pass the input on as it is."""

    name = "identity"
    short = "identity"
    family = "shape"
    is_view = True
    dtypes = ("any", "same")

    def torch(self, *inputs: Shape) -> Torch:
        return Torch("nn.Identity", call="{0}")

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Identity(), ((4, 5, 6),))


@operator
class Flatten(Op):
    """Lay all axes out as one: `256 x 6 x 6` becomes a vector of 9216.

    With `keep = 1` the first axis stays, so that `300 x 512 x 7 x 7` is a list of 300 vectors.
    """

    name = "flatten"
    short = "flatten"
    family = "shape"
    is_view = True
    dtypes = ("any", "same")

    keep: int = arg(CountOrZero, "axes that stay in front", 0, named=True)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        if self.keep >= max(len(x), 1):
            why = f"{show(x)} has {len(x)} axes, so at most {len(x) - 1} can stay"
            yield Problem(ArgumentConflict, "keep", op=self.name, why=why)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (*x[: self.keep], prod(x[self.keep :]))

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return 0 if axis < self.keep or len(inputs[0]) == self.keep + 1 else None

    def torch(self, *inputs: Shape) -> Torch:
        start = self.keep + 1
        return Torch("nn.Flatten", (start,) if self.keep else (), call=f"torch.flatten({{0}}, {start})")

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Flatten(), ((4, 5, 6),))
        yield Sample(Flatten(), ((4,),))
        yield Sample(Flatten(keep=1), ((3, 4, 5, 6),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Flatten(keep=1), ((4,),), "E309")


@operator
class Reshape(Op):
    """Give the numbers, in their order, another shape with as many of them."""

    name = "reshape"
    short = "reshape"
    family = "shape"
    is_view = True
    dtypes = ("any", "same")

    to: int | tuple[int, ...] = arg(Shaped, "the new shape, without the batch")

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        wanted = self._wanted()
        if prod(x) != prod(wanted):
            yield Problem(
                ElementsDisagree,
                "to",
                op=self.name,
                sets={"to": show((prod(x),))},
                before=show(x),
                count=prod(x),
                after=show(wanted) if len(wanted) > 1 else "the new shape",
                wanted=prod(wanted),
            )

    def _wanted(self) -> Shape:
        return (self.to,) if isinstance(self.to, int) else self.to

    def shape(self, *inputs: Shape) -> Shape:
        return self._wanted()

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return None

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        wanted = self._wanted()
        if len(wanted) == 1:
            return Torch("nn.Flatten", call="torch.flatten({0}, 1)")
        if len(x) == 1:
            return Torch("nn.Unflatten", (1, wanted), call=f"{{0}}.unflatten(1, {wanted})")
        return Torch(call=f"{{0}}.reshape(-1, {', '.join(map(str, wanted))})")

    def label(self, *inputs: Shape) -> str:
        return f"reshape to {show(self._wanted())}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Reshape(to=(6, 5, 4)), ((4, 5, 6),))
        yield Sample(Reshape(to=(4, 1, 1)), ((4,),))
        yield Sample(Reshape(to=(4, 30)), ((4, 5, 6),))
        yield Sample(Reshape(to=120), ((4, 5, 6),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Reshape(to=(4, 31)), ((4, 5, 6),), "E306")


@operator
class Shuffle(Op):
    """Deal the channels of each group out over all groups, so that the next groups see them all.

    Source: Zhang et al., "ShuffleNet", 2018.
    """

    name = "shuffle"
    short = "shuffle"
    family = "shape"
    spatial = (1, 3)
    is_view = True

    groups: int = arg(Count, "parts the channels are split into")

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        yield from groups_divide(self, self.groups, inputs[0][0])

    def torch(self, *inputs: Shape) -> Torch:
        return Torch("nn.ChannelShuffle", (self.groups,), call=f"F.channel_shuffle({{0}}, {self.groups})")

    def label(self, *inputs: Shape) -> str:
        return f"shuffle, {self.groups} groups"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Shuffle(groups=2), ((6, 4, 5),))
        yield Sample(Shuffle(groups=3), ((6, 4),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Shuffle(groups=4), ((6, 4, 5),), "E304")


@operator
class Split(Op):
    """Cut the input along one axis: `split(2)` into equal parts, `split(64, 32)` into these sizes."""

    name = "split"
    short = "split"
    family = "shape"
    is_view = True
    dtypes = ("any", "same")

    parts: tuple[int, ...] = arg(Count, "the number of equal parts, or two sizes or more", variadic=True)
    axis: int = arg(Axis, "the axis that is cut: 0 for the channels, -1 for the last", 0)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        outside = tuple(axis_exists(self, self.axis, x))
        yield from outside
        if outside:
            return
        axis = from_front(self.axis, x)
        what = axis_name(axis, len(x)) if axis == 0 else f"cells of {axis_name(axis, len(x))}"
        if len(self.parts) == 1 and x[axis] % self.parts[0]:
            yield Problem(
                NotDivisible, "parts", axis=axis, op=self.name, number=x[axis], what=what, parts=self.parts[0]
            )
        if len(self.parts) > 1 and sum(self.parts) != x[axis]:
            total = " + ".join(map(str, self.parts))
            why = f"{total} = {sum(self.parts)}, but there are {x[axis]} {what}"
            yield Problem(ArgumentConflict, "parts", axis=axis, op=self.name, why=why)

    @property
    def results(self) -> int:
        return self.parts[0] if len(self.parts) == 1 else len(self.parts)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        (x,) = inputs
        axis = from_front(self.axis, x)
        sizes = self.parts if len(self.parts) > 1 else (x[axis] // self.parts[0],) * self.parts[0]
        return tuple((*x[:axis], size, *x[axis + 1 :]) for size in sizes)

    def shape(self, *inputs: Shape) -> Shape:
        return self.outputs(*inputs)[0]

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return None if axis == from_front(self.axis, inputs[0]) else 0

    def torch(self, *inputs: Shape) -> Torch:
        axis = self.axis + 1 if self.axis >= 0 else self.axis
        if len(self.parts) == 1:
            return Torch(call=f"torch.chunk({{0}}, {self.parts[0]}, dim={axis})")
        return Torch(call=f"torch.split({{0}}, {list(self.parts)}, dim={axis})")

    def label(self, *inputs: Shape) -> str:
        return f"split, {', '.join(map(str, self.parts))}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Split(parts=(2,)), ((6, 4, 5),))
        yield Sample(Split(parts=(1, 2, 3)), ((6, 4, 5),))
        yield Sample(Split(parts=(3,), axis=-1), ((4, 6),))
        yield Sample(Split(parts=(4, 2), axis=1), ((4, 6),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Split(parts=(4,)), ((6, 4, 5),), "E304")
        yield Refused(Split(parts=(2, 2)), ((6, 4, 5),), "E309")
        yield Refused(Split(parts=(2,), axis=3), ((6, 4, 5),), "E309")
