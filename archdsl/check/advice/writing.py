"""Advice on the text: what looks like another tool's habit, and what could be said in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from archdsl.check.advice.look import Look, Said, on
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.sizes import show
from archdsl.syntax import tree

FEWEST_LINES = 3
LARGEST_KERNEL = 11
SMALLEST_IMAGE = 16


class RepeatedLines(Advice):
    """The same line stands several times in a row.

    `line * n` says it once, with the same modules and the same names, and can be counted against the paper.
    """

    code: ClassVar[str] = "A801"
    message: ClassVar[str] = "this line stands {count} times in a row"
    count: int


class ChannelsLast(Advice):
    """An input looks as if its channels stood last.

    Shapes are channels first here, as in PyTorch: `3 x 224 x 224`. Of `224 x 224 x 3` the first axis, 224,
    are the channels, and each row of the image is taken for one.
    """

    code: ClassVar[str] = "A802"
    message: ClassVar[str] = "the input `{name}` has {channels} channels and a width of {width}"
    name: str
    channels: int
    width: int


class TorchOrder(Advice):
    """The arguments of a convolution stand as in PyTorch, channels that come in first.

    Here a convolution knows its input, and the order is the channels that it gives, the kernel, the stride:
    PyTorch's `Conv2d(3, 64, 7)` is `conv(64, 7)`. Read in this order, the kernel is as large as
    a number of channels.
    """

    code: ClassVar[str] = "A803"
    message: ClassVar[str] = "`{layer}` gives {out} channels with a kernel of {kernel} and steps of {stride}"
    layer: str
    out: int
    kernel: int
    stride: int


@on("input", when=lambda op, x: True)
def channels_last(look: Look, node: Node) -> None:
    shape = node.outputs[0].shape or ()
    if len(shape) != 3 or shape[-1] not in (1, 3, 4) or min(shape[:2]) < SMALLEST_IMAGE:
        return
    look.say(
        ChannelsLast,
        node,
        lambda: {
            "name": node.name,
            "channels": shape[0],
            "width": shape[-1],
            "hints": (f"`input {node.name}: {show((shape[-1], *shape[:-1]))}`",),
        },
    )


def _like_torch(op: Any, x: tuple[int, ...]) -> bool:
    return isinstance(op.kernel, int) and op.kernel > LARGEST_KERNEL and op.out == x[0]


@on("conv", when=_like_torch)
def torch_order(look: Look, layer: Node) -> None:
    site, op = layer.site, layer.op
    if not isinstance(site, tree.Call) or [each.name for each in site.arguments[:3]] != [None] * 3:
        return
    kernel, stride = (each.value.span.text for each in site.arguments[1:3])
    rest = "".join(f", {each.span.text}" for each in site.arguments[3:])
    look.say(
        TorchOrder,
        layer,
        lambda: {
            "layer": layer.path,
            "out": op.out,  # type: ignore[attr-defined]
            "kernel": op.kernel,  # type: ignore[attr-defined]
            "stride": op.stride,  # type: ignore[attr-defined]
            "hints": (f"`conv({kernel}, {stride}{rest})`",),
        },
    )


# --- lines ------------------------------------------------------------------------------------------

_LABEL = re.compile(r"[\w-]\s*:")


def repeated_lines(file: tree.File, said: Said) -> None:
    """Tell each run of equal lines of a spec, once."""
    for body in _bodies(file.statements):
        for run in _runs(body.items):
            first, last = run[0], run[-1]
            said.of_text(
                RepeatedLines,
                first.span,
                {
                    "count": len(run),
                    "labels": (Label(last.span, "to here"),),
                    "hints": (f"`{_once(first)} * {len(run)}`",),
                },
            )


def _bodies(nodes: Sequence[object]) -> Iterator[tree.Body]:
    """Every sequence of lines; the braces of a merge are none, for their lines are branches."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Call) and node.body is not None and _is_merge(node.function):
            waiting += node.body.items
            continue
        if isinstance(node, tree.Body):
            yield node
        waiting += tree.children(node)


def _is_merge(function: tree.Expression) -> bool:
    return isinstance(function, tree.Name) and function.name in ("concat", "add", "mul")


def _runs(items: Sequence[tree.Item]) -> Iterator[list[tree.Expression]]:
    """Lines that follow each other and say the same, without labels, which would be taken twice."""
    run: list[tree.Expression] = []
    text = ""
    for item in items:
        said = item.span.text if isinstance(item, tree.Call | tree.Chain | tree.Name) else ""
        if said and said == text and _begins_a_line(item):
            run.append(item)  # type: ignore[arg-type]
            continue
        if len(run) >= FEWEST_LINES:
            yield run
        text = "" if _LABEL.search(said) else said
        run = [item] if text and _begins_a_line(item) else []  # type: ignore[list-item]
    if len(run) >= FEWEST_LINES:
        yield run


def _begins_a_line(item: tree.Item) -> bool:
    line, column = item.span.source.position(item.span.start)
    return not item.span.source.line(line)[: column - 1].strip()


def _once(item: tree.Expression) -> str:
    text = " ".join(item.span.text.split())
    return f"{{ {text} }}" if isinstance(item, tree.Chain) else text
