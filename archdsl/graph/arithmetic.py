"""Operators on static values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from archdsl.graph.values import describe

LARGEST = 10**70
"""Beyond any count of a network; larger numbers are refused before they fill the memory."""
LONGEST = 100_000
"""Members of a list, letters of a text."""


class Unsuitable(Exception):
    """The operator does not go with the values; the text says why."""


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def unary(symbol: str, value: Any) -> Any:
    """`-x` and `not x`."""
    if symbol == "not" and isinstance(value, bool):
        return not value
    if symbol == "-" and is_number(value):
        return -value
    raise Unsuitable(f"`{symbol}` does not go with {describe(value)}")


def binary(symbol: str, left: Any, right: Any) -> Any:
    """Arithmetic and comparisons; `/` gives a whole number where the division leaves no rest."""
    numbers = is_number(left) and is_number(right)
    equality = symbol in ("==", "!=") and isinstance(left, int | float | str | list | tuple)
    joining = symbol == "+" and type(left) is type(right) and isinstance(left, str | list | tuple)
    if not (numbers or equality or joining):
        raise Unsuitable(f"`{symbol}` does not go with {describe(left)} and {describe(right)}")
    if joining and len(left) + len(right) > LONGEST:
        raise Unsuitable(f"this is longer than {LONGEST:,}")
    try:
        if symbol == "/":
            return _divided(left, right)
        result = _OPERATORS[symbol](left, right)
        if symbol in _COMPARISONS:
            return bool(result)
        if type(result) in (int, float) and abs(result) >= LARGEST:
            raise Unsuitable("this number is too large")
        return result
    except ZeroDivisionError:
        raise Unsuitable("this divides by zero") from None
    except OverflowError:
        raise Unsuitable("this number is too large") from None


def _divided(left: Any, right: Any) -> Any:
    rest = left % right
    if type(rest) in (int, float):
        return left // right if rest == 0 else left / right
    if bool(rest == 0):  # for these open sizes; for others it is another network
        return left // right
    raise Unsuitable(f"{left} is not divisible by {right} for every size; `//` rounds down")
