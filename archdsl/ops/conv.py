"""Convolutions: conv, conv_transpose, locally_connected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from archdsl.ops.arguments import Count, Flag, Padding, PerAxis, PerAxisOrZero, arg
from archdsl.ops.axes import axes_agree, by, groups_divide, per_axis, symmetric, tidy, torch_pad, windows_of
from archdsl.ops.contract import Op, Refused, Sample, Torch, Weight, Window, operator
from archdsl.ops.problems import ArgumentConflict, Problem
from archdsl.sizes import Shape


@operator
class Conv(Op):
    """Slide a learned kernel over every spatial axis.

    Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
    """

    name = "conv"
    short = "conv"
    family = "learned"
    spatial = (1, 3)
    is_weight_layer = True

    out: int = arg(Count, "channels produced")
    kernel: int | tuple[int, ...] = arg(PerAxis, "window extent, cells")
    stride: int | tuple[int, ...] = arg(PerAxis, "cells moved each step", 1)
    padding: object = arg(Padding, "cells added around the input; `same` keeps the size at stride 1", 0)
    dilation: int | tuple[int, ...] = arg(PerAxis, "distance between the cells a window sees", 1)
    groups: int = arg(Count, "parts the channels are split into, each with its own kernels", 1)
    bias: bool = arg(Flag, "add a learned number to each channel", True)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        yield from axes_agree(self, x, "kernel", "stride", "padding", "dilation")
        coming = tuple(groups_divide(self, self.groups, x[0], "input channels"))
        yield from coming or groups_divide(self, self.groups, self.out, "output channels", operands=())

    def window(self, *inputs: Shape) -> tuple[Window, ...]:
        (x,) = inputs
        return windows_of(x, self.kernel, self.stride, self.padding, self.dilation)

    def channels_out(self, x: Shape) -> int:
        return self.out

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        kernel = Weight("weight", (self.out, x[0] // self.groups, *per_axis(self.kernel, len(x) - 1)))
        return (kernel, Weight("bias", (self.out,), "bias")) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        return prod(self.weights(*inputs)[0].shape) * prod(self.shape(*inputs)[1:])

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        windows = self.window(x)
        stride = tidy(tuple(w.stride for w in windows))
        dilation = tidy(tuple(w.dilation for w in windows))
        padding = tidy(tuple(w.before for w in windows))
        kwargs: dict[str, object] = {}
        helper = None
        if stride != 1:
            kwargs["stride"] = stride
        if symmetric(windows):
            kwargs |= {"padding": padding} if padding else {}
        elif self.padding == "same" and stride == 1:
            kwargs["padding"] = "same"
        else:
            kwargs["pad"] = torch_pad(windows)
            helper = f"PaddedConv{len(windows)}d"
        if dilation != 1:
            kwargs["dilation"] = dilation
        if self.groups != 1:
            kwargs["groups"] = self.groups
        if not self.bias:
            kwargs["bias"] = False
        kernel = tidy(tuple(w.kernel for w in windows))
        module = helper or f"nn.Conv{len(windows)}d"
        return Torch(module, (x[0], self.out, kernel), tuple(kwargs.items()), helper=helper)

    def label(self, *inputs: Shape) -> str:
        return _label(self, "conv", "/", *inputs)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Conv(out=8, kernel=3), ((3, 9, 11),))
        yield Sample(Conv(out=8, kernel=(1, 7), padding="same", bias=False), ((4, 9, 11),))
        yield Sample(Conv(out=8, kernel=4, padding="same"), ((4, 9, 11),))
        yield Sample(Conv(out=8, kernel=4, stride=2, padding="same"), ((4, 9, 11),))
        yield Sample(Conv(out=8, kernel=3, stride=2, padding=[(0, 1), (1, 2)]), ((4, 8, 8),))
        yield Sample(Conv(out=8, kernel=3, dilation=2, padding=2, groups=4), ((4, 9, 11),))
        yield Sample(Conv(out=4, kernel=3, groups=4), ((4, 9, 11),))
        yield Sample(Conv(out=6, kernel=5, stride=3, padding=1), ((2, 30),))
        yield Sample(Conv(out=6, kernel=4, stride=2, padding="same"), ((2, 30),))
        yield Sample(Conv(out=6, kernel=(1, 2, 3), stride=(1, 2, 1)), ((2, 5, 6, 7),))
        yield Sample(Conv(out=6, kernel=2, padding=[(1, 0)]), ((2, 5, 6, 7),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Conv(out=8, kernel=3), ((10,),), "E303")
        yield Refused(Conv(out=8, kernel=3, groups=2), ((3, 8, 8),), "E304")
        yield Refused(Conv(out=9, kernel=3, groups=2), ((4, 8, 8),), "E304")
        yield Refused(Conv(out=8, kernel=(1, 7)), ((3, 8),), "E305")
        yield Refused(Conv(out=8, kernel=7), ((3, 5, 8),), "E302")


@operator
class ConvTranspose(Op):
    """Spread each cell over a learned kernel: the transpose of `conv`, which makes maps larger.

    Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014.
    """

    name = "conv_transpose"
    short = "upconv"
    family = "learned"
    spatial = (1, 3)
    is_weight_layer = True

    out: int = arg(Count, "channels produced")
    kernel: int | tuple[int, ...] = arg(PerAxis, "cells that each input cell is spread over")
    stride: int | tuple[int, ...] = arg(PerAxis, "output cells from one input cell to the next", 1)
    padding: int | tuple[int, ...] = arg(PerAxisOrZero, "cells cut off each side of the output", 0)
    extra: int | tuple[int, ...] = arg(PerAxisOrZero, "cells added behind the output, fewer than `stride`", 0)
    dilation: int | tuple[int, ...] = arg(PerAxis, "distance between the cells that one is spread over", 1)
    groups: int = arg(Count, "parts the channels are split into, each with its own kernels", 1)
    bias: bool = arg(Flag, "add a learned number to each channel", True)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        disagreements = tuple(axes_agree(self, x, "kernel", "stride", "padding", "extra", "dilation"))
        yield from disagreements
        coming = tuple(groups_divide(self, self.groups, x[0], "input channels"))
        yield from coming or groups_divide(self, self.groups, self.out, "output channels", operands=())
        if disagreements:
            return
        for axis, window in enumerate(self.window(x), start=1):
            most = max(window.stride, window.dilation)
            if window.extra >= most:
                why = f"`extra = {window.extra}` must be less than the stride or the dilation, here {most}"
                yield Problem(ArgumentConflict, "extra", operands=(), op=self.name, why=why)
                return
            if window.size(x[axis]) < 1:
                cells = window.size(x[axis]) + 2 * window.before
                why = f"`padding = {window.before}` cuts off all of the output, {cells} cells"
                yield Problem(ArgumentConflict, "padding", axis=axis, op=self.name, why=why)
                return

    def window(self, *inputs: Shape) -> tuple[Window, ...]:
        (x,) = inputs
        extra = per_axis(self.extra, len(x) - 1)
        plain = windows_of(x, self.kernel, self.stride, self.padding, self.dilation)
        return tuple(w._replace(transposed=True, extra=e) for w, e in zip(plain, extra, strict=True))

    def channels_out(self, x: Shape) -> int:
        return self.out

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        kernel = Weight("weight", (x[0], self.out // self.groups, *per_axis(self.kernel, len(x) - 1)))
        return (kernel, Weight("bias", (self.out,), "bias")) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        # every input cell meets every number of the kernel once; the output's size plays no part
        return prod(self.weights(*inputs)[0].shape) * prod(inputs[0][1:])

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        windows = self.window(x)
        kwargs: dict[str, object] = {}
        for name, value, default in (
            ("stride", tidy(tuple(w.stride for w in windows)), 1),
            ("padding", tidy(tuple(w.before for w in windows)), 0),
            ("output_padding", tidy(tuple(w.extra for w in windows)), 0),
            ("groups", self.groups, 1),
            ("bias", self.bias, True),
            ("dilation", tidy(tuple(w.dilation for w in windows)), 1),
        ):
            if value != default:
                kwargs[name] = value
        kernel = tidy(tuple(w.kernel for w in windows))
        return Torch(f"nn.ConvTranspose{len(windows)}d", (x[0], self.out, kernel), tuple(kwargs.items()))

    def label(self, *inputs: Shape) -> str:
        return _label(self, "upconv", "x", *inputs)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(ConvTranspose(out=4, kernel=2, stride=2), ((8, 5, 7),))
        yield Sample(ConvTranspose(out=4, kernel=3), ((8, 5, 7),))
        yield Sample(ConvTranspose(out=4, kernel=4, stride=2, padding=1, bias=False), ((8, 5, 7),))
        yield Sample(ConvTranspose(out=4, kernel=3, stride=2, padding=1, extra=1), ((8, 5, 7),))
        yield Sample(ConvTranspose(out=6, kernel=(3, 1), stride=(3, 1), groups=2), ((8, 5, 7),))
        yield Sample(ConvTranspose(out=8, kernel=3, stride=2, dilation=2, groups=8), ((8, 5, 7),))
        yield Sample(ConvTranspose(out=4, kernel=64, stride=32, padding=16), ((2, 3, 3),))
        yield Sample(ConvTranspose(out=4, kernel=3, stride=2), ((8, 5),))
        yield Sample(ConvTranspose(out=4, kernel=2, stride=2), ((8, 2, 3, 4),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(ConvTranspose(out=4, kernel=2), ((10,),), "E303")
        yield Refused(ConvTranspose(out=4, kernel=2, groups=3), ((8, 5, 7),), "E304")
        yield Refused(ConvTranspose(out=4, kernel=(2, 2)), ((8, 5),), "E305")
        yield Refused(ConvTranspose(out=4, kernel=2, stride=2, extra=2), ((8, 5, 7),), "E309")
        yield Refused(ConvTranspose(out=4, kernel=3, padding=3), ((8, 4, 4),), "E309")


@operator
class LocallyConnected(Op):
    """Convolve with kernels of their own at every position: a convolution whose weights are not shared.

    Source: Taigman et al., "DeepFace: closing the gap to human-level performance in face
    verification", 2014.
    """

    name = "locally_connected"
    short = "local"
    family = "learned"
    spatial = (1, 2)
    is_weight_layer = True

    out: int = arg(Count, "channels produced")
    kernel: int | tuple[int, ...] = arg(PerAxis, "window extent, cells")
    stride: int | tuple[int, ...] = arg(PerAxis, "cells moved each step", 1)
    padding: object = arg(Padding, "cells added around the input; `same` keeps the size at stride 1", 0)
    bias: bool = arg(Flag, "add a learned number to each channel at each position", True)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        yield from axes_agree(self, x, "kernel", "stride", "padding")

    def window(self, *inputs: Shape) -> tuple[Window, ...]:
        (x,) = inputs
        return windows_of(x, self.kernel, self.stride, self.padding)

    def channels_out(self, x: Shape) -> int:
        return self.out

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        positions = self.shape(x)[1:]
        kernel = Weight("weight", (*positions, self.out, x[0], *per_axis(self.kernel, len(x) - 1)))
        return (kernel, Weight("bias", (self.out, *positions), "bias")) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        return prod(self.weights(*inputs)[0].shape)

    def torch(self, *inputs: Shape) -> Torch:
        (x,) = inputs
        windows = self.window(x)
        kwargs: dict[str, object] = {}
        if any(w.stride > 1 for w in windows):
            kwargs["stride"] = _plain(tuple(w.stride for w in windows))
        if any(torch_pad(windows)):
            kwargs["pad"] = torch_pad(windows)
        if not self.bias:
            kwargs["bias"] = False
        sizes = (_plain(self.shape(x)[1:]), _plain(tuple(w.kernel for w in windows)))
        helper = f"LocallyConnected{len(windows)}d"
        return Torch(helper, (x[0], self.out, *sizes), tuple(kwargs.items()), helper=helper)

    def label(self, *inputs: Shape) -> str:
        return _label(self, "local", "/", *inputs)

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(LocallyConnected(out=4, kernel=3), ((2, 7, 8),))
        yield Sample(LocallyConnected(out=4, kernel=(3, 2), stride=2, padding="same"), ((2, 7, 8),))
        yield Sample(LocallyConnected(out=4, kernel=3, padding=(1, 0), bias=False), ((2, 7, 8),))
        yield Sample(LocallyConnected(out=4, kernel=3, stride=2, padding=1), ((2, 9),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(LocallyConnected(out=4, kernel=3), ((10,),), "E303")
        yield Refused(LocallyConnected(out=4, kernel=3), ((2, 5, 5, 5),), "E303")
        yield Refused(LocallyConnected(out=4, kernel=(3, 3)), ((2, 5),), "E305")
        yield Refused(LocallyConnected(out=4, kernel=9), ((2, 7, 8),), "E302")


def _plain(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """A number for one axis, a tuple for several."""
    return values[0] if len(values) == 1 else values


def _label(op: Conv | ConvTranspose | LocallyConnected, what: str, sign: str, *inputs: Shape) -> str:
    """`3x3 conv, 64, /2`."""
    axes = len(inputs[0]) - 1 if inputs else 2
    stride = tidy(per_axis(op.stride, axes))
    moves = "" if stride == 1 else f", {sign}{by(stride, 1)}"
    return f"{by(op.kernel, axes)} {what}, {op.out}{moves}"
