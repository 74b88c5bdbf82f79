"""Advice on padding: cells that see nothing else, and kernels that do."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from archdsl.check.advice.look import (
    Look,
    numbers,
    on,
    pasted,
    share,
)
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.ops.contract import Window
from archdsl.sizes import Shape, show


class PaddedPointwise(Advice):
    """A convolution with a kernel of 1 is padded.

    It looks at one cell at a time, so there is nothing to pad for: the padding becomes a frame of cells
    that hold the bias and nothing else, and every layer behind it works on them.
    """

    code: ClassVar[str] = "A306"
    message: ClassVar[str] = "`{layer}` has a kernel of 1: its padding is a frame of cells that see nothing"
    layer: str


class PaddingBeyondWindow(Advice):
    """A convolution is padded by more than its window is wide.

    The cells at the border then see padding alone: all of them hold the same numbers, and every layer
    behind works on them. FCN does it on purpose, with 100 cells, so that small images come through.
    """

    code: ClassVar[str] = "A309"
    message: ClassVar[str] = "`{layer}`: {cells} at each border see padding alone"
    layer: str
    cells: str


class KernelMeetsPadding(Advice):
    """Parts of a kernel never meet anything but padding.

    The map has become so small that these numbers are always multiplied by zero: they learn nothing
    and could be left out. It often means that the map was halved once too often for its input.
    """

    code: ClassVar[str] = "A311"
    message: ClassVar[str] = "{part} of the kernel of `{layer}` only meets padding: its map is {shape}"
    layer: str
    part: str
    shape: str


def _pads_pointwise(op: Any, x: Shape) -> bool:
    windows = op.window(x)
    return all(w.kernel == 1 for w in windows) and any(w.before > 0 or w.after > 0 for w in windows)


@on("conv", when=_pads_pointwise)
def padded_pointwise(look: Look, layer: Node) -> None:
    look.say(
        PaddedPointwise,
        layer,
        lambda: {"layer": layer.path, "hints": pasted(layer, padding=0) or ("`padding = 0`",)},
    )


def _sees_padding(op: Any, x: Shape) -> list[int]:
    """By axis: cells before the first one that sees the map."""
    return [max(0, (w.before - w.extent) // w.stride + 1) if w.kernel > 1 else 0 for w in op.window(x)]


@on("conv", when=lambda op, x: any(_sees_padding(op, x)))
def padding_beyond_window(look: Look, layer: Node) -> None:
    cells = max(_sees_padding(layer.op, layer.shapes[0]))
    look.say(
        PaddingBeyondWindow,
        layer,
        lambda: {"layer": layer.path, "cells": f"{cells:,} cell{'s' * (cells > 1)}"},
    )


def _met(window: Window, n: int) -> int:
    """How many cells of a kernel meet a cell of the map at some position."""
    before, dilation, stride = window.before, window.dilation, window.stride
    way = (window.size(n) - 1) * stride  # from the first position of the window to the last
    first = max(0, -((way - before) // dilation))
    last = min(window.kernel - 1, (n - 1 + before) // dilation)
    cells = range(first * dilation - before, last * dilation - before + 1, dilation)  # at the first position
    return len(cells) if stride <= n else sum(cell % stride < n for cell in cells)


@on("conv", when=lambda op, x: any(_met(w, n) < w.kernel for w, n in zip(op.window(x), x[1:], strict=True)))
def kernel_meets_padding(look: Look, layer: Node) -> None:
    x = layer.shapes[0]
    windows = layer.op.window(x) or ()
    met = prod(_met(w, n) for w, n in zip(windows, x[1:], strict=True))
    total = prod(w.kernel for w in windows)
    idle = look.layer(layer).kernels * (total - met) // total
    point = pasted(layer, kernel=1, padding=0) if prod(x[1:]) == 1 and _centred(windows) else ()
    look.say(
        KernelMeetsPadding,
        layer,
        lambda: {
            "layer": layer.path,
            "part": share(total - met, total),
            "shape": show(x),
            "labels": (Label(layer.inputs[0].node.span, f"{show(x)} comes from here"),),
            "here": f"{numbers(idle)} that never count" if idle else "",
            "hints": point,
        },
    )


def _centred(windows: tuple[Window, ...]) -> bool:
    """Whether a kernel of 1 would see the cell that the kernel's middle sees, and give one cell too."""
    return all(w.size(1) == 1 for w in windows)
