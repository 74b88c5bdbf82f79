"""How a node of the syntax tree is declared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
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
