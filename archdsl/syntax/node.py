"""How a node of the syntax tree is declared, and which of its fields hold nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True, eq_default=False)
    def node(cls: type[T]) -> type[T]:
        """A dataclass that is never changed; two of them are equal only if they are the same."""

else:
    # frozen for who checks types alone: at run time that would double what the classes cost at start,
    # and triple what each node costs
    node = partial(dataclass, slots=True, eq=False)


_PLAIN = re.compile(r"Span|Source|str( \| None)?|bool|int \| float|Literal\[.*|tuple\[str, \.\.\.\]")
"""The types of what is no node."""


@cache
def parts(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that hold a node, several in a tuple, or perhaps none."""
    fields = vars(kind).get("__annotations__", {})
    return tuple(name for name, held in fields.items() if not _PLAIN.fullmatch(held))
