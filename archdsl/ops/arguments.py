"""What an operator's arguments may be.

A Kind says which static values an argument accepts and turns them into what the operator keeps.
It is written once; the check of a call, its error text and its reference page all follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


class Unfit(Exception):
    """The value is not what the argument takes; the text says what it takes."""


REQUIRED: Any = object()
"""The default of an argument that has none."""


@dataclass(frozen=True)
class Kind:
    """A set of static values, in words and as a function that raises Unfit."""

    words: str
    accept: Callable[[Any], Any]


@dataclass(frozen=True)
class TensorKind(Kind):
    """One more input of the operator, which holds whole numbers, or real ones.

    Whoever applies the operator hands over True for a tensor that was given.
    """

    holds: Literal["float", "int", "any"] = "any"


@dataclass(frozen=True)
class Arg:
    """One declared argument of an operator."""

    name: str
    kind: Kind
    doc: str
    default: Any = REQUIRED
    variadic: bool = False
    """Takes all the positional arguments that are left; the operator keeps a tuple of them."""
    named: bool = False
    """Given by its name alone, since a bare number there means something else to many."""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


def arg(kind: Kind, doc: str, default: Any = REQUIRED, *, variadic: bool = False, named: bool = False) -> Any:
    """Declare an argument in an operator's class body; its name is the attribute's."""
    return Arg("", kind, doc, default, variadic, named)


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _int(least: int | None, words: str) -> Kind:
    def accept(value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not is_int(value) or (least is not None and value < least):
            raise Unfit(words)
        return int(value)

    return Kind(words, accept)


def _real(words: str, low: float | None = None, high: float | None = None) -> Kind:
    def accept(value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or (low is not None and value < low) or (high is not None and value > high):
            raise Unfit(words)
        return value  # type: ignore[no-any-return]

    return Kind(words, accept)


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def _sizes(least: int, words: str) -> Kind:
    def accept(value: Any) -> int | tuple[int, ...]:
        if is_int(value) and value >= least:
            return int(value)
        if isinstance(value, tuple | list) and value and all(is_int(v) and v >= least for v in value):
            return tuple(value)
        raise Unfit(words)

    return Kind(words, accept)


def _sides(value: Any) -> Any:
    words = "a number of cells, one for each axis (`1x2`), or `[[before, after], …]`"

    def cells(each: Any) -> bool:
        return is_int(each) and each >= 0

    def pair(each: Any) -> bool:
        return isinstance(each, list | tuple) and len(each) == 2 and all(map(cells, each))

    if cells(value):
        return value
    if isinstance(value, tuple) and value and all(map(cells, value)):
        return value
    if isinstance(value, list) and value and all(map(pair, value)):
        return [tuple(each) for each in value]
    raise Unfit(words)


def _padding(value: Any) -> Any:
    if value in ("same", "valid"):
        return value
    try:
        return _sides(value)
    except Unfit as unfit:
        raise Unfit(f"`same`, `valid`, {unfit}") from None


def choice(*names: str) -> Kind:
    """One of a few words."""
    words = " or ".join(f"`{name}`" for name in names)

    def accept(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Unfit(words)
        return value

    return Kind(words, accept)


def _window_or_global(value: Any) -> Any:
    if value == "global":
        return value
    try:
        return PerAxis.accept(value)
    except Unfit as unfit:
        raise Unfit(f"{unfit}, or `global`") from None


def _tensor(value: Any) -> Any:
    if value is not True:  # the tensor itself is one more input; see Op
        raise Unfit("a tensor")
    return value


Count = _int(1, "a whole number, at least 1")
CountOrZero = _int(0, "a whole number, at least 0")
Axis = _int(None, "an axis: 0 for the channels, 1 for the next, -1 for the last")
Real = _real("a number")
Positive = _real("a number above 0", 1e-300)
Fraction = _real("a number from 0 to 1", 0.0, 1.0)
Flag = Kind("true or false", _bool)
PerAxis = _sizes(1, "a whole number, at least 1, or one for each axis (`1x7`)")
PerAxisOrZero = _sizes(0, "a whole number, at least 0, or one for each axis (`1x7`)")
Padding = Kind("`same`, `valid`, a number of cells, one for each axis, or `[[before, after], …]`", _padding)
Sides = Kind("a number of cells, one for each axis (`1x2`), or `[[before, after], …]`", _sides)
WindowOrGlobal = Kind("a window (`3`, `1x7`) or `global`", _window_or_global)
Shaped = _sizes(1, "a shape (`256 x 6 x 6`) or a whole number, at least 1")
Tensor = TensorKind("a tensor", _tensor)
Indices = TensorKind("a tensor of whole numbers", _tensor, "int")


def optional(kind: Kind) -> Kind:
    """The same, or nothing said (None)."""

    def accept(value: Any) -> Any:
        return None if value is None else kind.accept(value)

    return Kind(kind.words, accept)
