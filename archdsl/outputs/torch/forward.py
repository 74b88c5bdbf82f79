"""A forward pass as lines of Python: what stands on one line, and what the variables are called.

Assumes steps in an order in which they can be computed. Promises lines that compute the same, in
that order, in which a variable is assigned again only when nobody needs its old value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from archdsl.outputs.torch.code import Call, Expr, Name, Operand, flat, leaves, rebuild
from archdsl.outputs.torch.layout import STEP, WIDTH, layout
from archdsl.outputs.torch.names import Names

Value = tuple[int, int]
"""A tensor: the step that makes it (-1: an input) and which of its results."""

INDENT = STEP * 2

_ROOM = WIDTH - len(INDENT) - len("branch1 = ")
"""What is left of a line for an expression, about."""


@dataclass(slots=True, eq=False)
class Step:
    """One call."""

    expr: Expr
    """Over Operands, which stand for `inputs`."""
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    style: Literal["starts", "follows", "merges"]
    """Whether it begins a line, continues the one before, or joins several."""
    labels: tuple[str, ...] = ()
    """What the outputs would be called; empty for no name in particular."""
    comment: str = ""


@dataclass(eq=False)
class Forward:
    """A forward pass. `tail`, if there is one, is computed and returned only under a condition."""

    inputs: Sequence[str]
    steps: Sequence[Step]
    results: Sequence[Value]
    wrapper: str = ""
    """What several results are put into; a plain tuple if empty."""
    condition: Expr | None = None
    tail: Sequence[Step] = ()
    tail_results: Sequence[Value] = ()
    tail_wrapper: str = ""

    def lines(self) -> list[str]:
        """The body of the method."""
        return _Writer(self).lines()


@dataclass(slots=True, eq=False)
class _Line:
    """A statement in the making; its Operands are values."""

    expr: Expr
    outputs: tuple[Value, ...]
    labels: tuple[str, ...]
    comment: str
    in_tail: bool
    gone: bool = False
    """It became part of a later line."""
    simple: bool = True
    """A single call."""


class _Writer:
    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        self.values: dict[Value, int] = {}
        self.lines_: list[_Line] = []
        self.made_by: dict[int, _Line] = {}
        self.users: dict[int, int] = {}
"""
