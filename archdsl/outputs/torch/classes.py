"""The classes of the emitted source: their parameters, what they hold and what they compute.

Assumes groups of uses, inner ones first. Promises classes whose constructors say of each of their
uses exactly what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from archdsl.graph.model import Value
from archdsl.outputs.torch.code import Call, Const, Expr, Items, Name, Repeat, rebuild
from archdsl.outputs.torch.columns import UNSET, Column, columns, unify
from archdsl.outputs.torch.conditions import condition, negated
from archdsl.outputs.torch.grouping import MISSING, Group, Slot
from archdsl.outputs.torch.names import Names, variable
from archdsl.outputs.torch.parameters import Parameter, Parameters, ordered
from archdsl.outputs.torch.signatures import complete
from archdsl.outputs.torch.uses import Leaf, Part, Use, runs

IDENTITY = Call(Name("nn.Identity"))


@dataclass(slots=True, eq=False)
class Member:
    """A submodule that a class makes for itself."""

    name: str
    module: Expr
    condition: Expr | None = None
    """Where there is one: when it is `module`, else `otherwise`."""
    otherwise: Expr = IDENTITY


@dataclass(eq=False)
class Class:
    """One class. Slots of its group are told by their index."""

    name: str
    group: Group
    parameters: list[Parameter] = field(default_factory=list)
    held: list[Member] = field(default_factory=list)
    """Shared modules that are only passed on."""
    members: dict[int, Member] = field(default_factory=dict)
    """The submodules that it makes."""
    functions: dict[int, Expr] = field(default_factory=dict)
    """What it computes itself, over Operands."""
    goes_on: Expr | None = None
    """When a use does not end early, if some do."""
    row: dict[int, int] = field(default_factory=dict)
    """The place of each use, by the id of its scope."""

    @property
    def uses(self) -> list[Use]:
        return self.group.uses

    @property
    def lent(self) -> list[str]:
        """Shared modules that it is given."""
        return list(self.uses[0].lent)

    @property
    def is_mapping(self) -> bool:
        """Its submodules have numbers for names."""
        return self.uses[0].scope.kind == "sequence"


class Planner:
    """Turns groups into classes: declare all of them, then plan them one after the other."""

    def __init__(self) -> None:
        self._classes: dict[int, Class] = {}

    def declare(self, name: str, group: Group) -> Class:
        made = Class(name, group, row={id(use.scope): row for row, use in enumerate(group.uses)})
        self._classes.update((id(use.scope), made) for use in group.uses)
        return made

    def class_of(self, use: Use) -> Class:
        """The class that a use is an instance of."""
        return self._classes[id(use.scope.first or use.scope)]

    def plan(self, made: Class) -> None:
        """Find the parameters of a class, and say all that it is in terms of them."""
        group = made.group
        plan = _Plan(self, made)
        own = [i for i, slot in enumerate(group.slots) if any(self._is_within(made, slot))]
        for index, slot in enumerate(group.slots):
            if index not in own:
                plan.read(slot.name, index, slot)
        for index, part in enumerate(group.uses[0].held):
            shared = [use.held[index] for use in group.uses]
            plan.read(part.name, -1 - index, Slot(part.name, (), shared, [0] * len(shared)))
        plan.solve()
        plan.find_conditions()
        for index in own:
            plan.read_again
"""
