"""The way back from a pooling: max_unpool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archdsl.ops.arguments import Indices, PerAxis, PerAxisOrZero, Tensor, arg, optional
from archdsl.ops.axes import axes_agree, by, per_axis, tidy, windows_of
from archdsl.ops.contract import Op, Refused, Sample, Torch, Window, operator
from archdsl.ops.problems import ArgumentConflict, Problem, WrongRank
from archdsl.sizes import Shape, show

PerAxes = int | tuple[int, ...]


@operator
class MaxUnpool(Op):
    """Put each value back where a max pooling found it, and zeros everywhere else.

    The pooling says where: `pool1: maxpool(2, indices = true)`, and later
    `max_unpool(2, indices = pool1.indices)`. Sources: Zeiler, Taylor and Fergus, "Adaptive deconvolutional
    networks for mid and high level feature learning", 2011; Noh, Hong and Han, "Learning deconvolution
    network for semantic segmentation", 2015.
    """

    name = "max_unpool"
    short = "unpool"
    family = "pool"
    spatial = (1, 3)

    kernel: PerAxes = arg(PerAxis, "window extent of the pooling, cells", 2)
    stride: PerAxes | None = arg(
        optional(PerAxis), "cells its window moved each step; the window's extent if not given", None
    )
    padding: PerAxes = arg(PerAxisOrZero, "cells it added around its input", 0)
    indices: bool = arg(Indices, "where the pooling found its values")
    size: PerAxes | None = arg(
        optional(PerAxis), "cells to end with, where the pooling lost some or rounded up", None
    )
    like: bool | None = arg(Tensor, "a map whose size to end with", None)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        x, indices, last = inputs[0], inputs[1], inputs[-1]
        if self.size is not None and self.like:
            why = "give only one of `size` or `like`"
            yield Problem(ArgumentConflict, "like", operands=(), op=self.name, why=why)
            return
        if x != indices:
            why = f"the indices of {show(indices)} values do not go with {show(x)}"
            yield Problem(ArgumentConflict, "indices", operands=(1, 0), op=self.name, why=why)
            return
        if len(last) != len(x):
            wants = f"a map of {show(last)} to have the axes of {show(x)}"
            yield Problem(WrongRank, "like", operands=(2, 0), op=self.name, wants=wants, shape=show(last))
            return
        disagreements = tuple(axes_agree(self, x, "kernel", "stride", "padding", "size"))
        yield from disagreements or self._size_fits(*inputs)

    def _size_fits(self, *inputs: Shape) -> Iterator[Problem]:
        """Refuse what no pooling does, and a size from which it does not come to this input."""
        argument, operands = ("like", (0, 2)) if self.like else ("size", (0,))
        wanted = self._size(*inputs) or (None,) * len(inputs[0])
        windows = zip(self._back(inputs[0]), inputs[0][1:], wanted, strict=False)
        for axis, (window, n, size) in enumerate(windows, start=1):
            if 2 * window.before > window.kernel:
                why = f"a padding of {window.before} is more than half of the window, {window.kernel}"
                yield Problem(ArgumentConflict, "padding", operands=(), axis=axis, op=self.name, why=why)
                return
            exact = window.size(n)
            low, high = exact - window.stride + 1, exact + window.stride - 1
            if size is not None and not low <= size <= high:
                reach = f"{low} to {high}" if low < high else f"{low}"
                why = f"{n} cells unpool to {reach}, not to {size}"
                yield Problem(ArgumentConflict, argument, operands=operands, axis=axis, op=self.name, why=why)
                return

    def _back(self, x: Shape) -> tuple[Window, ...]:
        """The pooling's windows, the other way round."""
        forth = windows_of(x, self.kernel, self.stride or self.kernel, self.padding)
        return tuple(window._replace(transposed=True) for window in forth)

    def _size(self, *inputs: Shape) -> tuple[int, ...] | None:
        """The size that was asked for, if one was."""
        if self.like:
            return inputs[-1][1:]
        return None if self.size is None else per_axis(self.size, len(inputs[0]) - 1)

    def window(self, *inputs: Shape) -> tuple[Window, ...]:
        windows, wanted = self._back(inputs[0]), self._size(*inputs)
        if wanted is None:
            return windows
        zipped = zip(windows, inputs[0][1:], wanted, strict=True)
        return tuple(window._replace(extra=size - window.size(n)) for window, n, size in zipped)

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        if axis == 0:
            return 0
        return len(inputs) - 1 if self.like else None

    def torch(self, *inputs: Shape) -> Torch:
        axes = len(inputs[0]) - 1
        windows = self._back(inputs[0])
        kernel, stride = tidy(tuple(w.kernel for w in windows)), tidy(tuple(w.stride for w in windows))
        padding = tidy(tuple(w.before for w in windows))
        rest = f", stride={stride}" if stride != kernel else ""
        rest += f", padding={padding}" if padding else ""
        if self.like:
            rest += ", output_size={2}.shape[2:]"
        elif self.size is not None:
            rest += f", output_size={per_axis(self.size, axes)}"
        return Torch(call=f"F.max_unpool{axes}d({{0}}, {{1}}, {kernel}{rest})")

    def label(self, *inputs: Shape) -> str:
        axes = len(inputs[0]) - 1 if inputs else 2
        stride = tidy(per_axis(self.stride or self.kernel, axes))
        return f"{by(self.kernel, axes)} unpool" + (f", x{by(stride, 1)}" if stride != 1 else "")

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(MaxUnpool(indices=True), ((3, 4, 5), (3, 4, 5)))
        yield Sample(MaxUnpool(indices=True, size=(7, 11)), ((3, 4, 5), (3, 4, 5)))
        yield Sample(MaxUnpool(indices=True, like=True), ((3, 4, 5), (3, 4, 5), (2, 9, 9)))
        yield Sample(MaxUnpool(kernel=3, stride=2, padding=1, indices=True), ((3, 4, 5), (3, 4, 5)))
        yield Sample(MaxUnpool(kernel=(1, 3), indices=True), ((3, 4, 5), (3, 4, 5)))
        yield Sample(MaxUnpool(indices=True), ((3, 5), (3, 5)))
        yield Sample(MaxUnpool(indices=True, like=True), ((3, 2, 3, 4), (3, 2, 3, 4), (3, 5, 6, 7)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(MaxUnpool(indices=True), ((3, 4, 5), (3, 8, 10)), "E309")
        yield Refused(MaxUnpool(indices=True, size=10), ((3, 4, 4), (3, 4, 4)), "E309")
        yield Refused(MaxUnpool(indices=True, like=True), ((3, 4, 4), (3, 4, 4), (3, 16, 8)), "E309")
        yield Refused(MaxUnpool(indices=True, size=8, like=True), ((3, 4, 4), (3, 4, 4), (3, 8, 8)), "E309")
        yield Refused(MaxUnpool(indices=True, like=True), ((3, 4, 4), (3, 4, 4), (3, 8)), "E303")
        yield Refused(MaxUnpool(kernel=(2, 2), indices=True), ((3, 4), (3, 4)), "E305")
        yield Refused(MaxUnpool(indices=True), ((10,), (10,)), "E303")
        yield Refused(MaxUnpool(padding=2, indices=True), ((3, 4, 4), (3, 4, 4)), "E309")
