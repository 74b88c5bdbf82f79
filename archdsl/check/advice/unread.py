"""Advice on cells that are computed and never read: what strides skip, and what they leave at the end.

What one window leaves out may be read by another layer, so all that read a map are asked, exactly, along
each spatial axis. Only maps of which some window leaves something out are looked at.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from math import prod
from operator import or_
from typing import Any, ClassVar

from archdsl.check.advice.look import Look, on, pasted, share
from archdsl.check.advice.nearby import lossless
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node, Value
from archdsl.ops.contract import Window
from archdsl.sizes import Shape, axis_name, show
from archdsl.syntax import tree

LARGE_PART = 0.25
"""What strides skip is told where it is at least this share of a map."""


class StrideBeyondKernel(Advice):
    """A layer moves by more cells than it looks at, and nothing else reads those it skips.

    What lies between its windows was computed for nothing. In the first ResNets a 1x1 convolution with
    stride 2 dropped three quarters of its input that way; moving the stride to the 3x3 convolution
    behind it makes the same net more accurate, for a little more work.

    Source: He et al., "Bag of tricks for image classification with convolutional neural networks",
    CVPR 2019, section 4.1.
    """

    code: ClassVar[str] = "A301"
    message: ClassVar[str] = (
        "`{layer}` moves by {stride} and sees {kernel}: {part} of its input is never read"
    )
    layer: str
    stride: int
    kernel: int
    part: str


class CellsUnread(Advice):
    """The last rows or columns of a map do not fill a window, and nothing else reads them.

    A stride divides what is left of the map into whole steps and drops the rest, so what was computed
    there is lost, always at the same side. It shows which input sizes suit a network: the nearest ones at
    which nothing is lost are named. `ceil = true` lets a pooling look over the end, padding does it for
    a convolution.

    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.4.
    """

    code: ClassVar[str] = "A302"
    message: ClassVar[str] = "`{layer}` leaves {what} of {shape} unread, and nothing else reads {them}"
    layer: str
    what: str
    shape: str
    them: str


# --- what one window leaves out ---------------------------------------------------------------------


def _behind(window: Window, n: int) -> int:
    """How many cells at the end no window reaches."""
    if window.transposed or window.stride == 1 or window.ceil or _between(window):
        return 0
    return max(0, (n + window.before + window.after - window.extent) % window.stride - window.after)


def _between(window: Window) -> int:
    """How many cells between two windows neither sees."""
    return 0 if window.transposed else max(0, window.stride - window.extent)


def _leaves(op: Any, x: Shape) -> bool:
    windows = op.window(x)
    if windows is None:
        return False
    return any(_behind(w, n) or (_between(w) and n > 1) for w, n in zip(windows, x[1:], strict=True))


@on("conv", "maxpool", "avgpool", "locally_connected", when=_leaves)
def unread_cells(look: Look, layer: Node) -> None:
    boxes = _read(look, layer.inputs[0])
    if boxes is None:
        return
    x = layer.shapes[0]
    windows = layer.op.window(x) or ()
    unread = prod(x[1:]) - _cells(boxes)
    if unread >= LARGE_PART * prod(x[1:]) and any(map(_between, windows)):
        _say_skipped(look, layer, unread)
    if layer.inputs[0].open is not None:  # then the certificate says at which sizes nothing is left
        return
    ends = [reduce(or_, masks).bit_length() for masks in zip(*boxes, strict=True)]  # the last cell read
    lost = [min(_behind(w, n), n - end) for w, n, end in zip(windows, x[1:], ends, strict=True)]
    if any(lost):
        _say_lost(look, layer, lost)


def _say_skipped(look: Look, layer: Node, unread: int) -> None:
    x = layer.shapes[0]
    window = max(layer.op.window(x) or (), key=_between)
    look.say(
        StrideBeyondKernel,
        layer,
        lambda: {
            "layer": layer.path,
            "stride": window.stride,
            "kernel": window.extent,
            "part": share(unread, prod(x[1:])),
            "labels": (Label(layer.inputs[0].node.span, f"{show(x)} is computed here"),),
        },
    )


def _say_lost(look: Look, layer: Node, lost: list[int]) -> None:
    x = layer.shapes[0]
    what = " and ".join(_last(count, axis, len(x)) for axis, count in enumerate(lost, start=1) if count)
    maker = layer.inputs[0].node
    look.say(
        CellsUnread,
        layer,
        lambda: {
            "layer": layer.path,
            "what": f"the last {what}",
            "shape": show(x),
            "them": "it" if sum(lost) == 1 else "them",
            "labels": (Label(maker.span, f"{show(x)} comes from here"),) * (maker.span != layer.span),
            "notes": _sizes(look),
            "hints": (*_fitting_input(look), *_ceiled(layer)),
        },
    )


def _last(count: int, axis: int, rank: int) -> str:
    cell = {"height": "row", "width": "column", "depth": "slice"}.get(axis_name(axis, rank), "cell")
    return cell if count == 1 else f"{count} {cell}s"


def _ceiled(layer: Node) -> tuple[str, ...]:
    return pasted(layer, ceil="true") if layer.op.family == "pool" else ()


# --- sizes at which nothing is lost -----------------------------------------------------------------


def _sizes(look: Look) -> tuple[str, ...]:
    """The nearest sizes of the input at which no layer of the net loses anything."""
    found = lossless(look)
    if found is None:
        return ()
    source, axes = found
    rank = len(source.outputs[0].shape or ())
    by_sizes: dict[str, list[str]] = {}
    for axis, sizes in axes.items():
        by_sizes.setdefault(" or ".join(map(str, sizes)), []).append(axis_name(axis, rank))
    said = (f"a {' and a '.join(names)} of {sizes}" for sizes, names in by_sizes.items())
    return (f"nothing is lost of an input `{source.name}` with {', '.join(said)}",)


def _fitting_input(look: Look) -> tuple[str, ...]:
    """The input with such a size, if it is written in numbers."""
    found = lossless(look)
    if found is None:
        return ()
    source, axes = found
    site = source.site
    if not isinstance(site, tree.Input) or not isinstance(site.shape, tree.Dims):
        return ()
    if not all(isinstance(part, tree.Number) for part in site.shape.parts):
        return ()
    shape = list(source.outputs[0].shape or ())
    for axis, sizes in axes.items():
        shape[axis] = sizes[-1]
    return (f"`input {site.name.name}: {show(shape)}`",)


# --- who reads what ---------------------------------------------------------------------------------

Box = tuple[int, ...]
"""What one layer reads, by spatial axis: the cells as the bits of a number, the first cell lowest."""

MOST_BOXES = 6
"""Where more layers read a map, each differently, together they are taken to read all of it."""


def _read(look: Look, value: Value) -> list[Box] | None:
    """What each layer reads of a map; None where one of them, or the caller of the net, reads all."""
    x, only = value.shape or (), look.after(value.node)
    readers = [only] if only else _readers(look)[value.node.index]
    if look.readers(value.node) > len(readers):
        return None
    boxes: dict[Box, None] = {}
    for node in readers:
        windows = node.op.window(*node.shapes) if len(node.inputs) == 1 else None
        if windows is None or any(window.transposed for window in windows):
            return None
        boxes[tuple(_seen(window, n) for window, n in zip(windows, x[1:], strict=True))] = None
    whole = tuple((1 << n) - 1 for n in x[1:])
    return None if whole in boxes or len(boxes) > MOST_BOXES else list(boxes)


def _cells(boxes: list[Box]) -> int:
    """How many cells are in any of the boxes: those of each, without what was in those before it."""
    cells = 0
    for index, box in enumerate(boxes):
        shared = [tuple(a & b for a, b in zip(box, other, strict=True)) for other in boxes[:index]]
        cells += prod(mask.bit_count() for mask in box) - _cells(shared)
    return cells


def _readers(look: Look) -> list[list[Node]]:
    """By node, all that read what it gives; found once for a network."""
    found: list[list[Node]] | None = look.kept.get("readers")
    if found is None:
        found = look.kept["readers"] = [[] for _ in look.nodes]
        for node in look.nodes:
            for value in node.inputs:
                found[value.node.index].append(node)
    return found


@lru_cache(maxsize=4096)
def _seen(window: Window, n: int) -> int:
    """The cells of n that a window sees from any of its positions."""
    marks = bytearray(b"0" * n)
    last = (window.size(n) - 1) * window.stride
    for offset in range(window.kernel):
        cell = offset * window.dilation - window.before  # at the first position; from there on by strides
        first = cell if cell >= 0 else cell % window.stride
        seen = range(first, max(first, min(cell + last, n - 1) + 1), window.stride)
        marks[seen.start : seen.stop : window.stride] = b"1" * len(seen)
    return int(marks[::-1], 2)
