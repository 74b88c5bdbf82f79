"""What is to be said of each class of the emitted source."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.outputs.torch.code import Call, Expr, Name
from archdsl.outputs.torch.merging import Group
from archdsl.outputs.torch.parameters import Parameter
from archdsl.outputs.torch.uses import Use

IDENTITY = Call(Name("nn.Identity"))


@dataclass(slots=True, eq=False)
class Member:
    """A submodule that a class makes for itself."""

    name: str
    module: Expr
    condition: Expr | None = None
    """Where there is one: when it is `module`, else it is `otherwise`."""
    otherwise: Expr = IDENTITY


@dataclass(eq=False)
class Class:
    """One class. The parts of its group are told by their index."""

    name: str
    group: Group
    parameters: list[Parameter] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    """The submodules that it makes and calls."""
    functions: dict[int, Expr] = field(default_factory=dict)
    """What it computes itself, over Operands."""
    stored: list[str] = field(default_factory=list)
    """Parameters that it keeps because its functions need them."""
    count: Expr | None = None
    """For a row of the same blocks: how many; the one member is the block at place `i`."""
    goes_on: Expr | None = None
    """When a use does not end early, if some do."""
    flag: str = ""
    """The attribute that says so, where it is not told by a submodule that is there or not."""
    row: dict[int, int] = field(default_factory=dict)
    """The place of each use, by the id of its scope."""

    def __post_init__(self) -> None:
        self.row = {id(use.scope): row for row, use in enumerate(self.uses)}

    @property
    def uses(self) -> list[Use]:
        return self.group.uses

    @property
    def is_mapping(self) -> bool:
        """Its submodules have numbers for names, but do not just follow each other."""
        return self.uses[0].scope.kind == "sequence" and not self.is_sequential

    @property
    def is_sequential(self) -> bool:
        """It is an nn.Sequential of its own."""
        return self.uses[0].is_sequential
