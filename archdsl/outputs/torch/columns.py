"""The numbers in which the uses of a class differ, and the one text for all of them.

Expressions that are alike but for their constants become one, in which a Column stands wherever
the constants are not the same in all uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from archdsl.outputs.torch.code import (
    Atom,
    Call,
    Const,
    Expr,
    Items,
    Name,
    Operand,
    Repeat,
    Slice,
    Subscript,
    leaves,
    rebuild,
)
from archdsl.outputs.torch.signatures import position_name


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()
"""The value for a use that does not have the part in question."""

_CHANNELS = frozenset({"in", "out", "channels", "groups"})
"""What counts channels of torch's own modules."""

Counts = Callable[[str, str], bool | None]
"""Whether an argument of an emitted class counts channels: from the class and the argument."""


@dataclass(eq=False)
class Column:
    """One constant of a class: its value in each use, and what it is for."""

    values: tuple[Any, ...]
    role: str = ""
    """`in`, `out`, `kernel`, `stride`, …"""
    owner: str = ""
    """The submodule that takes it."""
    called: str = ""
    """The class of that submodule."""
    counts_channels: bool = False
    """Otherwise it counts cells, or switches something on."""

    @property
    def is_fixed(self) -> bool:
        """Its value is the same wherever it has one; what it would be elsewhere is open."""
        known = [value for value in self.values if value is not UNSET]
        return all(same(value, known[0]) for value in known)

    @property
    def first(self) -> Any:
        """Its first value."""
        return next(value for value in self.values if value is not UNSET)

    def elements(self) -> list[Column] | None:
        """A column for each element, if its values are tuples of one length."""
        known = [value for value in self.values if value is not UNSET]
        if not all(isinstance(value, tuple) and len(value) == len(known[0]) for value in known):
            return None
        return [
            Column(tuple([v if v is UNSET else v[i] for v in self.values]), self.role, self.owner)
            for i in range(len(known[0]))
        ]

    def is_given_by(self, values: Sequence[Any]) -> bool:
        """Whether these are its values, wherever it has any."""
        return all(same(mine, yours) for mine, yours in zip(self.values, values, strict=True))


def same(left: Any, right: Any) -> bool:
    """Whether a value is the other, or there is nothing to be the same."""
    return left is UNSET or (type(left) is type(right) and bool(left == right))


def unify(exprs: Sequence[Expr | None]) -> Expr | None:
    """One expression for all, None where they differ in more than their constants.

    An expression that is None asks for nothing.
    """
    known = [leaves(expr) if expr is not None else None for expr in exprs]
    first = next(expr for expr in exprs if expr is not None)
    blank = _blank(first)
    if any(expr is not None and _blank(expr) != blank for expr in exprs):
        return None
    position = -1

    def one(leaf: Atom) -> Expr:
        nonlocal position
        position += 1
        if not isinstance(leaf, Const):
            return leaf
        values = tuple([UNSET if each is None else each[position].value for each in known])  # type: ignore[union-attr]
        column = Column(values)
        varies = not column.is_fixed or (UNSET in values and type(leaf.value) is int)
        return Const(column) if varies else leaf

    return rebuild(first, one)


def _blank(expr: Expr) -> Expr:
    return rebuild(expr, lambda leaf: Const(None) if isinstance(leaf, Const) else leaf)


def columns(expr: Expr, owner: str, counts: Counts, role: str = "", called: str = "") -> Iterator[Column]:
    """The columns in an expression, each told what it is for."""

    def within(part: Expr | None, role: str, owner: str = owner, called: str = called) -> Iterator[Column]:
        return columns(part, owner, counts, role, called) if part is not None else iter(())

    match expr:
        case Const(Column() as column):
            known = counts(called, role)
            column.role, column.owner, column.called = role, owner, called
            column.counts_channels = role in _CHANNELS if known is None else known
            yield column
        case Call(function, args, kwargs):
            name = function.text if isinstance(function, Name) else ""
            for position, each in enumerate(args):
                deeper = f"{owner}_{position}" if name == "nn.Sequential" else owner
                yield from within(each, position_name(name, position), deeper, name)
            for keyword, each in kwargs:
                yield from within(each, keyword, owner, name)
        case Slice(start, stop):
            yield from within(start, "start")
            yield from within(stop, "stop")
        case Repeat(item, count):
            yield from within(item, role)
            yield from within(count, "count")
        case Const() | Name() | Operand():
            return
        case Items(items) | Subscript(_, items):
            yield from chain.from_iterable(within(each, role) for each in items)
        case _:
            yield from chain.from_iterable(within(leaf, role) for leaf in leaves(expr))
