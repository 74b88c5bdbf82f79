"""Advice on windows: kernels, strides, padding and dilation that do not suit each other."""

from __future__ import annotations

from math import gcd
from typing import Any, ClassVar

from archdsl.check.advice.look import (
    CHANNELWISE,
    Look,
    numbers,
    on,
    pasted,
    share,
)
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.graph.remedies import written
from archdsl.ops.axes import by
from archdsl.ops.contract import Window
from archdsl.sizes import Shape

WORTHWHILE = 0.75
"""A stack of small kernels has to have less than this share of the numbers."""


class Checkerboard(Advice):
    """The kernel of a transposed convolution is no multiple of its stride.

    Its copies then overlap unevenly: some output cells get more of them than others, in a pattern like
    a checkerboard, which the weights have to learn away and which often stays visible; with a kernel
    smaller than the stride some cells get nothing at all. A kernel that is a multiple of the stride
    covers all cells alike; so does `upsample` with a convolution behind it.

    Source: Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", Distill, 2016.
    """

    code: ClassVar[str] = "A303"
    message: ClassVar[str] = "`{layer}`: a kernel of {kernel} is no multiple of its stride, {stride}"
    layer: str
    kernel: str
    stride: str


class EvenKernel(Advice):
    """A convolution keeps the size with a kernel of even extent.

    There is no cell in the middle, so half a cell more is padded behind than before, and the map moves
    by half a cell each time. In a stack, what is found drifts to a corner. Odd kernels have a middle.

    Source: Wu, Wang, Shi, Zhu and Li, "Convolution with even-sized kernels and symmetric padding",
    NeurIPS 2019.
    """

    code: ClassVar[str] = "A307"
    message: ClassVar[str] = "`{layer}` moves its map by half a cell: {kernel} has no middle"
    layer: str
    kernel: str


class LargeKernel(Advice):
    """A large kernel could be a stack of 3x3 ones, which sees as much for less.

    Two 3x3 convolutions see 5x5 cells and three see 7x7, with fewer numbers and less work where about as
    many channels come in as go out, and with an activation between them.

    Source: Simonyan and Zisserman, "Very deep convolutional networks", 2015, section 2.3; Szegedy et al.,
    "Rethinking the Inception architecture", 2016, section 3.1.
    """

    code: ClassVar[str] = "A308"
    message: ClassVar[str] = (
        "`{layer}` is {kernel}; {count} convolutions of 3x3 see as much for {saving} less"
    )
    layer: str
    kernel: str
    count: int
    saving: str


class Gridding(Advice):
    """Dilated convolutions follow each other with dilations that have a common factor.

    Each output cell then sees its input in a grid with holes, and neighbours see grids that have no cell in
    common, so that textures of that period appear in the output. Dilations without a common factor,
    such as 1, 2, 3 or 1, 2, 5, leave no holes.

    Source: Wang et al., "Understanding convolution for semantic segmentation", WACV 2018, section 3.2;
    Yu, Koltun and Funkhouser, "Dilated residual networks", CVPR 2017, section 4.
    """

    code: ClassVar[str] = "A310"
    message: ClassVar[str] = "`{first}` and `{layer}` see a grid with holes: {factor} divides both dilations"
    first: str
    layer: str
    factor: int


# --- transposed convolutions ------------------------------------------------------------------------


@on("conv_transpose", when=lambda op, x: any(w.stride > 1 and w.kernel % w.stride for w in op.window(x)))
def checkerboard(look: Look, layer: Node) -> None:
    x = layer.shapes[0]
    windows = layer.op.window(x) or ()
    look.say(
        Checkerboard,
        layer,
        lambda: {
            "layer": layer.path,
            "kernel": by(tuple(w.kernel for w in windows)) if not _alike(windows) else str(windows[0].kernel),
            "stride": by(tuple(w.stride for w in windows)) if not _alike(windows) else str(windows[0].stride),
            "hints": _even_kernel(layer, windows),
        },
    )


def _alike(windows: tuple[Window, ...]) -> bool:
    return len({(w.kernel, w.stride) for w in windows}) == 1


def _even_kernel(layer: Node, windows: tuple[Window, ...]) -> tuple[str, ...]:
    """The call with the next multiple as its kernel, and as large an output."""
    first = windows[0]
    if len(set(windows)) > 1 or first.dilation > 1:
        return ()
    kernel = -(-first.kernel // first.stride) * first.stride
    cut = kernel - first.kernel + 2 * first.before - first.extra  # cells to cut off, so that the size stays
    values: dict[str, object] = {"kernel": kernel}
    if cut > 0 or first.before:
        values["padding"] = -(-cut // 2)
    if first.extra or cut % 2:
        values["extra"] = cut % 2
    return pasted(layer, **values)


# --- kernels ----------------------------------------------------------------------------------------


@on("conv", when=lambda op, x: any(w.kernel % 2 == 0 and w.stride == 1 and w.keeps for w in op.window(x)))
def even_kernel(look: Look, layer: Node) -> None:
    kernel: Any = getattr(layer.op, "kernel", 0)
    odd = kernel + 1 if isinstance(kernel, int) else " x ".join(str(k + 1 - k % 2) for k in kernel)
    look.say(
        EvenKernel,
        layer,
        lambda: {
            "layer": layer.path,
            "kernel": by(kernel, len(layer.shapes[0]) - 1),
            "hints": pasted(layer, kernel=odd) or (f"`kernel = {odd}`",),
        },
    )


def _stack(op: Any, x: Shape) -> tuple[int, int, int] | None:
    """How many 3x3 convolutions see as much, and the numbers of the kernel and of theirs."""
    windows = op.window(x)
    kernel = windows[0].kernel
    if len(x) < 3 or kernel < 5 or kernel % 2 == 0 or op.groups > 1 or len(set(windows)) > 1:
        return None
    if windows[0].stride > 1 or windows[0].dilation > 1 or any(n <= kernel for n in x[1:]):
        return None
    count, axes, into, out = (kernel - 1) // 2, len(x) - 1, x[0], op.out
    if into > 2 * out:
        return None  # a stack as narrow as its output would be a bottleneck
    large = kernel**axes * into * out
    small = 3**axes * (into * out + (count - 1) * out * out)
    return (count, large, small) if small <= WORTHWHILE * large else None


@on("conv", when=lambda op, x: _stack(op, x) is not None)
def large_kernel(look: Look, layer: Node) -> None:
    x = layer.shapes[0]
    count, large, small = _stack(layer.op, x) or (0, 1, 1)
    kernel: Any = getattr(layer.op, "kernel", 0)
    look.say(
        LargeKernel,
        layer,
        lambda: {
            "layer": layer.path,
            "kernel": by(kernel, len(x) - 1),
            "count": count,
            "saving": share(large - small, large),
            "notes": (f"{numbers(small)} in place of {large:,}",),
            "hints": _stacked(layer, count),
        },
    )


def _stacked(layer: Node, count: int) -> tuple[str, ...]:
    """The stack, as it is written."""
    window = (layer.op.window(layer.shapes[0]) or (Window(1),))[0]
    out = written(layer.site, layer.op, "out")
    if out is None or not (window.keeps or not window.before):
        return ()
    padding = ", padding = same" if window.keeps else ""
    bias = "" if getattr(layer.op, "bias", True) else ", bias = false"
    return (f"`{' -> relu -> '.join([f'conv({out.text}, 3{padding}{bias})'] * count)}`",)


# --- dilation ---------------------------------------------------------------------------------------


def _dilations(op: Any, x: Shape) -> tuple[int, ...]:
    """By axis; 1 where the kernel has one cell, which leaves no holes."""
    return tuple(w.dilation if w.kernel > 1 else 1 for w in op.window(x))


@on("conv", when=lambda op, x: any(d > 1 for d in _dilations(op, x)))
def gridding(look: Look, layer: Node) -> None:
    first = look.back(layer, CHANNELWISE - {"maxpool", "avgpool"})
    while first is not None and first.op.name == "conv" and set(_kernels(first)) == {1}:
        first = look.back(first, CHANNELWISE - {"maxpool", "avgpool"})
    if first is None or first.op.name != "conv":
        return
    pairs = zip(_dilations(first.op, first.shapes[0]), _dilations(layer.op, layer.shapes[0]), strict=True)
    factor = max(gcd(*pair) for pair in pairs)
    if factor == 1:
        return
    look.say(
        Gridding,
        layer,
        lambda: {
            "first": first.path,
            "layer": layer.path,
            "factor": factor,
            "labels": (Label(first.span, "the holes begin here"),) * (first.span != layer.span),
            "hints": _other_dilation(layer, first),
        },
    )


def _kernels(node: Node) -> tuple[int, ...]:
    return tuple(window.kernel for window in node.op.window(node.shapes[0]) or ())


def _other_dilation(layer: Node, first: Node) -> tuple[str, ...]:
    """The call with the next dilation that has no factor in common with the one before."""
    before = max(_dilations(first.op, first.shapes[0]))
    dilation = max(_dilations(layer.op, layer.shapes[0])) + 1
    while gcd(dilation, before) > 1:
        dilation += 1
    keeps = all(window.keeps for window in layer.op.window(layer.shapes[0]) or ())
    return pasted(layer, dilation=dilation, **({"padding": "same"} if keeps else {}))
