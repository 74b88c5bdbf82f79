"""The static functions that every spec has, and the words that operators' arguments take."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from archdsl.graph.arithmetic import LONGEST
from archdsl.ops import OPERATORS
from archdsl.ops.arguments import Unfit


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > LONGEST:
        raise ValueError(f"a list of more than {LONGEST} numbers")
    return list(numbers)


def _round(value: float) -> int:
    return math.floor(value + 0.5)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "range": _range,
    "len": len,
    "sum": sum,
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": _round,
    "sqrt": math.sqrt,
    "log2": math.log2,
}
"""Python's own, but that `round` rounds halves up."""

TAKES = {
    "range": f"one to three whole numbers, for at most {LONGEST:,}",
    "len": "a list",
    "sum": "a list of numbers",
    "min": "two numbers or more, or a list of them",
    "max": "two numbers or more, or a list of them",
    "abs": "a number",
    "floor": "a number",
    "ceil": "a number",
    "round": "a number",
    "sqrt": "a number, at least 0",
    "log2": "a number above 0",
}
"""What each takes, for messages."""


@cache
def words() -> frozenset[str]:
    """Every word that some operator's argument takes, such as `same` or `global`."""
    found = set()
    for op in OPERATORS.values():
        for each in op.args:
            for word in re.findall(r"`([a-z_]+)`", each.kind.words):
                try:
                    found.add(each.kind.accept(word))
                except Unfit:
                    continue
    return frozenset(word for word in found if isinstance(word, str))
