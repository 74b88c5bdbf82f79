"""The calls of a forward pass as statements, each as long as a line should be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from archdsl.outputs.torch.code import Binary, Either, Expr, Name, Operand, flat, leaves, rebuild
from archdsl.outputs.torch.layout import STEP, WIDTH

Style = Literal["starts", "follows", "merges"]
"""Whether a call begins a line, goes on with the one before, or joins several."""

_ROOM = WIDTH - len(STEP * 2) - len("branch1 = ")
"""What is left of a line for an expression, about."""


@dataclass(slots=True, eq=False)
class Statement:
    """A line in the making. Its Operands are tensors, by number."""

    expr: Expr
    outputs: tuple[int, ...]
    style: Style
    labels: tuple[str, ...]
    comment: str
    is_module: bool
    conditional: bool
    """It belongs to what is computed only under the condition."""
    returns: bool = False
    gathers: bool = False
    """It only puts several results together."""
    calls: int = 1
    operands: list[int] = field(default_factory=list)
    """In the order of reading."""

    def __post_init__(self) -> None:
        self.operands = operands_of(self.expr)

    def absorb(self, other: Statement) -> None:
        """Put another's expression in the place of its result."""
        (value,) = other.outputs
        self.expr = replaced(self.expr, {value: other.expr})
        self.operands = operands_of(self.expr)
        self.calls += other.calls
        self.comment = self.comment or (other.comment if self.returns else "")

    @property
    def joins(self) -> bool:
        """It brings several tensors together."""
        return len(set(self.operands)) > 1


def operands_of(expr: Expr) -> list[int]:
    return [leaf.index for leaf in leaves(expr) if isinstance(leaf, Operand)]


def replaced(expr: Expr, by: dict[int, Expr]) -> Expr:
    return rebuild(expr, lambda leaf: by.get(leaf.index, leaf) if isinstance(leaf, Operand) else leaf)


def drop_unneeded(statements: list[Statement]) -> None:
    """Leave out functions that nobody needs the value of."""
    needed: set[int] = set()
    for index in range(len(statements) - 1, -1, -1):
        statement = statements[index]
        if statement.is_module or needed.intersection(statement.outputs):
            needed.update(statement.operands)
        else:
            statements[index] = None  # type: ignore[call-overload]
    statements[:] = [each for each in statements if each is not None]


def fuse(statements: list[Statement]) -> list[Statement]:
    users = Counter(value for each in statements for value in each.operands)
    computed = {value for each in statements for value in each.outputs}
    kept: list[Statement] = []
    for statement in statements:
        if statement.style == "merges":
            _join(statement, kept, users, computed)
        elif statement.style == "follows" or (kept and kept[-1].style == "merges" and kept[-1].calls < 3):
            _go_on(statement, kept, users)
        kept.append(statement)
    return kept


def _go_on(statement: Statement, kept: list[Statement], users: Counter[int]) -> None:
    """Wrap the line before, if there is room: `F.relu(self.bn1(self.conv1(x)))`."""
    last = kept[-1] if kept else None
    if last is None or not _is_only_for(last, statement, users):
        return
    if statement.returns or _width(statement.expr) + _width(last.expr) <= _ROOM:
        statement.absorb(kept.pop())


def _join(statement: Statement, kept: list[Statement], users: Counter[int], computed: set[int]) -> None:
    """Take in the branches that are a plain call: `torch.cat([self.branch1(x), self.branch2(x)], 1)`.

    A function takes all of its branches or none.
    """
    branches: list[Statement] = []
    width = _width(statement.expr)
    for _ in set(statement.operands):
        last = kept[-1 - len(branches)] if len(branches) < len(kept) else None
        if last is None or last.calls > 1 or not _is_only_for(last, statement, users):
            break
        width += _width(last.expr)
        branches.append(last)
    own = [value for value in set(statement.operands) if value in computed and users[value] == 1]
    whole = len(branches) == len(own) or isinstance(statement.expr, Binary)
    if not whole or width > _ROOM:
        return
    for branch in branches:
        statement.absorb(branch)
        kept.pop()


def choose(statements: list[Statement], condition: Expr) -> list[Statement]:
    """What is returned under the condition and else, in one line: `return F.relu(x) if self.act else x`."""
    *others, under, last = statements
    either = Either(condition, under.expr, last.expr)
    if any(each.conditional for each in others) or _width(either) > _ROOM:
        return statements
    return [*others, Statement(either, (), "starts", (), "", True, False, returns=True)]


def _is_only_for(made: Statement, taker: Statement, users: Counter[int]) -> bool:
    """Whether what a line gives is used once, and there."""
    if len(made.outputs) != 1 or made.conditional != taker.conditional or made.returns:
        return False
    (value,) = made.outputs
    return users[value] == 1 and taker.operands.count(value) == 1


def _width(expr: Expr) -> int:
    return len(flat(rebuild(expr, lambda leaf: Name("x") if isinstance(leaf, Operand) else leaf)))
