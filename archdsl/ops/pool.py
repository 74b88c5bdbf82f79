"""Poolings: maxpool, avgpool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import ClassVar, Literal, cast

from archdsl.ops.arguments import Flag, Padding, PerAxis, WindowOrGlobal, arg, optional
from archdsl.ops.axes import axes_agree, by, per_axis, symmetric, tidy, torch_pad, windows_of
from archdsl.ops.contract import Op, Port, Refused, Sample, Torch, Window, operator
from archdsl.ops.problems import ArgumentConflict, Problem
from archdsl.sizes import Shape

PerAxes = int | tuple[int, ...]
Kernel = PerAxes | Literal["global"]


class Pool(Op):
    """What the poolings share: a moving window, the whole map (`global`), or a size to end at."""

    family = "pool"
    spatial = (1, 3)

    kernel: Kernel | None = arg(
        optional(WindowOrGlobal), "window extent, cells; `global` for the whole map", None
    )
    stride: PerAxes | None = arg(
        optional(PerAxis), "cells moved each step; the window's extent if not given", None
    )
    padding: object = arg(Padding, "cells added around the input; `same` keeps the size at stride 1", 0)
    ceil: bool = arg(Flag, "round sizes up: a last window may reach over the end", False)
    size: PerAxes | None = arg(
        optional(PerAxis), "size to end at, in place of a window: the windows are made to fit", None
    )

    _kind: ClassVar[str]
    """In torch's names: `Max`."""
    _bare: ClassVar[int | None] = None
    """The window where nothing is said."""
    _windowed: ClassVar[dict[str, object]] = {"stride": None, "padding": 0, "ceil": False}
    """The arguments that only a moving window takes, with their defaults."""

    @property
    def sees(self) -> Literal["point", "all"]:
        return "all"  # where no window says it: `global`, or a size that does not divide the input's

    def _kernel(self) -> Kernel | None:
        return self._bare if self.kernel is None and self.size is None else self.kernel

    def _dilation(self) -> PerAxes:
        return 1

    def _target(self, axes: int) -> tuple[int, ...] | None:
        """The size asked for, of `global` and `size`; None for a moving window."""
        if self._kernel() == "global":
            return (1,) * axes
        return None if self.size is None else per_axis(self.size, axes)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        conflict = self._conflict()
        if conflict:
            argument, why = conflict
            yield Problem(ArgumentConflict, argument, operands=(), op=self.name, why=why)
            return
        disagreements = tuple(axes_agree(self, x, "kernel", "size", *self._windowed))
        yield from disagreements
        if not disagreements and self._target(len(x) - 1) is None:
            yield from self._padding_fits(self.window(x) or ())

    def _conflict(self) -> tuple[str | None, str] | None:
        if self._kernel() is None and self.size is None:
            return None, "give a window (`3`), `global`, or `size = 1`"
        if self.kernel is not None and self.size is not None:
            return "size", "give a window or the `size` to end at, not both"
        fixed = "`size` is given" if self.size is not None else "the window is `global`"
        if self._target(1) is not None:
            for name, default in self._windowed.items():
                if getattr(self, name) != default:
                    return name, f"`{name}` has no meaning where {fixed}"
        return None

    def _padding_fits(self, windows: tuple[Window, ...]) -> Iterator[Problem]:
        """Refuse windows that may lie wholly in the padding, as torch does."""
        for axis, window in enumerate(windows, start=1):
            most = max(window.before, window.after)
            if 2 * most > window.kernel:
                why = f"a padding of {most} is more than half of the window, {window.kernel}"
                yield Problem(ArgumentConflict, "padding", operands=(), axis=axis, op=self.name, why=why)
                return
        if self.ceil and not symmetric(windows):
            why = "`ceil = true` needs equal padding on both sides"
            yield Problem(ArgumentConflict, "ceil", operands=(), op=self.name, why=why)

    def window(self, *inputs: Shape) -> tuple[Window, ...] | None:
        (x,) = inputs
        target = self._target(len(x) - 1)
        if target is None:
            kernel = cast("PerAxes", self._kernel())
            return windows_of(x, kernel, self.stride or kernel, self.padding, self._dilation(), self.ceil)
        if prod(target) == 1 or any(n % size for n, size in zip(x[1:], target, strict=True)):
            return None
        steps = (n // size for n, size in zip(x[1:], target, strict=True))
        return tuple(Window(step, step) for step in steps)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        target = self._target(len(x) - 1)
        return super().shape(x) if target is None else (x[0], *target)

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        if axis and self._target(1) is not None:
            return None
        return super().preserves(axis, *inputs)

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        axes = len(x) - 1
        target = self._target(axes)
        if target is not None:
            size = 1 if prod(target) == 1 else tidy(target)
            call = f"F.adaptive_{self._kind.lower()}_pool{axes}d({{0}}, {size})"
            return Torch(f"nn.Adaptive{self._kind}Pool{axes}d", (size,), call=call)
        windows = self.window(x) or ()
        kernel = tidy(tuple(w.kernel for w in windows))
        kwargs = self._torch_kwargs(windows)
        if not symmetric(windows):
            helper = f"Padded{self._kind}Pool{axes}d"
            kwargs = {**kwargs, "pad": torch_pad(windows)}
            return Torch(helper, (kernel,), tuple(kwargs.items()), helper=helper)
        rest = "".join(f", {name}={value}" for name, value in kwargs.items())
        call = f"F.{self._kind.lower()}_pool{axes}d({{0}}, {kernel}{rest})"
        return Torch(f"nn.{self._kind}Pool{axes}d", (kernel,), tuple(kwargs.items()), call=call)

    def _torch_kwargs(self, windows: tuple[Window, ...]) -> dict[str, object]:
        kwargs: dict[str, object] = {}
        if any(w.stride != w.kernel for w in windows):
            kwargs["stride"] = tidy(tuple(w.stride for w in windows))
        if symmetric(windows) and any(w.before for w in windows):
            kwargs["padding"] = tidy(tuple(w.before for w in windows))
        if any(w.dilation != 1 for w in windows):
            kwargs["dilation"] = tidy(tuple(w.dilation for w in windows))
        if self.ceil:
            kwargs["ceil_mode"] = True
        return kwargs

    def label(self, *inputs: Shape) -> str:
        axes = len(inputs[0]) - 1 if inputs else 2
        if self.size is not None:
            return f"{self.name} to {by(self.size, axes)}"
        kernel = self._kernel()
        if kernel is None or kernel == "global":
            return f"global {self.name}"
        stride = tidy(per_axis(self.stride or kernel, axes))
        moves = "" if stride == 1 else f", /{by(stride, 1)}"
        return f"{by(kernel, axes)} {self.name}{moves}"


@operator
class MaxPool(Pool):
    """Keep the largest value of each window, channel by channel.

    Source: Ranzato et al., "Unsupervised learning of invariant feature hierarchies", 2007.
    """

    name = "maxpool"
    short = "maxpool"
    _kind = "Max"
    _bare = 2
    _windowed: ClassVar[dict[str, object]] = {**Pool._windowed, "dilation": 1, "indices": False}

    kernel: Kernel | None = arg(
        optional(WindowOrGlobal), "window extent, cells, 2 if not given; `global` for the whole map", None
    )
    dilation: PerAxes = arg(PerAxis, "distance between the cells a window sees", 1)
    indices: bool = arg(Flag, "also give, as `indices`, where the values were, for `max_unpool`", False)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        problems = tuple(super().check(*inputs))
        yield from problems
        if not problems and self.indices and not symmetric(self.window(*inputs) or ()):
            why = "`indices = true` needs equal padding on both sides"
            yield Problem(ArgumentConflict, "indices", operands=(), op=self.name, why=why)

    def _dilation(self) -> PerAxes:
        return self.dilation

    @property
    def results(self) -> int:
        return 2 if self.indices else 1

    @property
    def ports(self) -> tuple[Port, ...]:
        return (Port("values"), Port("indices", "int")) if self.indices else ()

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.shape(*inputs),) * self.results

    def _torch_kwargs(self, windows: tuple[Window, ...]) -> dict[str, object]:
        given = {"return_indices": True} if self.indices else {}
        return {**super()._torch_kwargs(windows), **given}

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(MaxPool(), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3, stride=2, padding=1), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3, stride=2, ceil=True), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=2, stride=3, padding=1, ceil=True), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=(3, 1), stride=1, padding="same"), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=2, stride=1, padding="same"), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3, stride=2, padding=[(0, 1)]), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3, dilation=2, stride=1), ((3, 8, 9),))
        yield Sample(MaxPool(kernel="global"), ((3, 8, 9),))
        yield Sample(MaxPool(size=(4, 3)), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3), ((3, 10),))
        yield Sample(MaxPool(kernel=2, stride=1, padding="same"), ((3, 10),))
        yield Sample(MaxPool(indices=True), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3, stride=2, padding=1, ceil=True, indices=True), ((3, 8, 9),))
        yield Sample(MaxPool(kernel=3, indices=True), ((3, 10),))
        yield Sample(MaxPool(kernel=2), ((3, 4, 6, 8),))
        yield Sample(MaxPool(kernel=2, stride=1, padding="same"), ((3, 4, 6, 8),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(MaxPool(), ((10,),), "E303")
        yield Refused(MaxPool(kernel=7), ((3, 5, 5),), "E302")
        yield Refused(MaxPool(kernel=3, padding=2), ((3, 5, 5),), "E309")
        yield Refused(MaxPool(kernel=3, size=7), ((3, 14, 14),), "E309")
        yield Refused(MaxPool(kernel="global", stride=2), ((3, 14, 14),), "E309")
        yield Refused(MaxPool(size=7, dilation=2), ((3, 14, 14),), "E309")
        yield Refused(MaxPool(kernel="global", indices=True), ((3, 14, 14),), "E309")
        yield Refused(MaxPool(kernel=2, padding=[(0, 1)], indices=True), ((3, 14, 14),), "E309")
        yield Refused(MaxPool(kernel=2, padding=[(0, 1)], ceil=True), ((3, 14, 14),), "E309")
        yield Refused(MaxPool(kernel=(3, 3, 3)), ((3, 14, 14),), "E305")


@operator
class AvgPool(Pool):
    """Keep the mean of each window, channel by channel.

    `avgpool(global)` keeps the spatial axes, with size 1. Source of `global`: Lin, Chen and Yan,
    "Network in network", 2014; of `size`: He et al., "Spatial pyramid pooling", 2014.
    """

    name = "avgpool"
    short = "avgpool"
    _kind = "Avg"
    _windowed: ClassVar[dict[str, object]] = {**Pool._windowed, "count_padding": True}

    count_padding: bool = arg(Flag, "padding counts as zeros in the mean; if not, it is left out", True)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        problems = tuple(super().check(*inputs))
        yield from problems
        if not problems and not self.count_padding and not symmetric(self.window(*inputs) or ()):
            why = "`count_padding = false` needs equal padding on both sides"
            yield Problem(ArgumentConflict, "count_padding", operands=(), op=self.name, why=why)

    def _torch_kwargs(self, windows: tuple[Window, ...]) -> dict[str, object]:
        counted = {} if self.count_padding else {"count_include_pad": False}
        return {**super()._torch_kwargs(windows), **counted}

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(AvgPool(kernel=2), ((3, 8, 9),))
        yield Sample(AvgPool(kernel=3, stride=2, padding=1), ((3, 8, 9),))
        yield Sample(AvgPool(kernel=3, stride=2, ceil=True), ((3, 8, 9),))
        yield Sample(AvgPool(kernel=3, stride=1, padding="same", count_padding=False), ((3, 8, 9),))
        yield Sample(AvgPool(kernel=2, stride=1, padding="same"), ((3, 8, 9),))
        yield Sample(AvgPool(kernel="global"), ((3, 8, 9),))
        yield Sample(AvgPool(size=7), ((3, 14, 7),))
        yield Sample(AvgPool(size=(6, 5)), ((3, 13, 5),))
        yield Sample(AvgPool(size=6), ((3, 3, 3),))
        yield Sample(AvgPool(kernel=3, padding=1), ((3, 10),))
        yield Sample(AvgPool(kernel=4, stride=1, padding="same"), ((3, 10),))
        yield Sample(AvgPool(kernel=2), ((3, 4, 6, 8),))
        yield Sample(AvgPool(kernel=2, stride=2, padding=[(1, 0)]), ((3, 4, 6, 8),))
        yield Sample(AvgPool(kernel="global"), ((3, 4, 6, 8),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(AvgPool(), ((3, 8, 8),), "E309")
        yield Refused(AvgPool(kernel="global"), ((10,),), "E303")
        yield Refused(AvgPool(kernel=7), ((3, 5, 5),), "E302")
        yield Refused(AvgPool(kernel=3, padding=2), ((3, 5, 5),), "E309")
        yield Refused(AvgPool(kernel="global", padding=1), ((3, 5, 5),), "E309")
        yield Refused(AvgPool(size=(1, 1, 1)), ((3, 5, 5),), "E305")
        yield Refused(AvgPool(kernel=2, padding="same", count_padding=False), ((3, 5, 5),), "E309")
