"""Advice on poolings that pool nothing."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from archdsl.check.advice.look import (
    CHANNELWISE,
    Look,
    on,
)
from archdsl.diagnostics import Advice, Label
from archdsl.graph.model import Node
from archdsl.ops.contract import Window
from archdsl.sizes import Shape, show


class PoolOfOneCell(Advice):
    """A pooling reads a map of one cell, which was pooled as a whole before.

    The largest and the mean of one number are that number.
    """

    code: ClassVar[str] = "A304"
    message: ClassVar[str] = "`{layer}` pools a map of one cell, {shape}, so it does nothing"
    layer: str
    shape: str


class PoolOfWindowOne(Advice):
    """A pooling has a window of one cell and moves by one.

    The largest and the mean of one number are that number.
    """

    code: ClassVar[str] = "A305"
    message: ClassVar[str] = "`{layer}` does nothing: its window is one cell, and it leaves none out"
    layer: str


@on("maxpool", "avgpool", when=lambda op, x: prod(x[1:]) == 1 and op.results == 1)
def pool_of_one_cell(look: Look, pool: Node) -> None:
    if prod((pool.outputs[0].shape or ())[1:]) != 1:
        return
    before = look.back(pool, CHANNELWISE - {"maxpool", "avgpool"})
    pooled = before is not None and before.op.name in ("maxpool", "avgpool")
    if getattr(pool.op, "kernel", None) == "global" and not pooled:
        return  # for larger inputs it does something
    look.say(
        PoolOfOneCell,
        pool,
        lambda: {
            "layer": pool.path,
            "shape": show(pool.shapes[0]),
            "labels": (Label(before.span, "one cell is left here"),) if before and pooled else (),
            "hints": ("take it out",),
        },
    )


def _idle(op: Any, x: Shape) -> bool:
    """Whether a pooling looks at each cell by itself; a global one of one cell is another matter."""
    windows = op.window(x)
    moving = op.kernel not in (None, "global") and prod(x[1:]) > 1
    return moving and op.results == 1 and all(w == Window(1, ceil=op.ceil) for w in windows)


@on("maxpool", "avgpool", when=_idle)
def pool_of_window_one(look: Look, pool: Node) -> None:
    look.say(PoolOfWindowOne, pool, lambda: {"layer": pool.path, "hints": ("take it out",)})
