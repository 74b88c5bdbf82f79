"""A forward pass as lines of Python: what goes on one line, and what the variables are called.

Assumes calls in an order in which they can be computed. Promises lines that compute the same, in
that order; a variable is assigned again only when nobody needs its old value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Literal

from archdsl.outputs.torch.code import Binary, Call, Either, Expr, Items, Name, Noted, Operand, flat, leaves, rebuild
from archdsl.outputs.torch.layout import STEP, WIDTH, layout

Ref = tuple[int, int]
"""A tensor: the step that makes it (-1: an input of the method) and which of its results."""

Style = Literal["starts", "follows", "merges"]
"""Whether a call begins a line, goes on with the one before, or joins several."""

INDENT = STEP * 2

_ROOM = WIDTH - len(INDENT) - len("branch1 = ")
"""What is left of a line for an expression, about."""


@dataclass(slots=True, eq=False)
class Step:
    """One call, over Operands that stand for its inputs."""

    expr: Expr
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    style: Style
    labels: tuple[str, ...]
    """What the outputs may be called; empty for no name in particular."""
    comment: str = ""
    is_module: bool = False
    """Called even if nobody needs what it gives."""


@dataclass(eq=False)
class Forward:
    """A method: its inputs' names, its steps, and what it returns.

    With a condition, `more` is computed and returned where that holds.
    """

    inputs: Sequence[str]
    steps: Sequence[Step]
    results: Sequence[Ref]
    wrapper: str = ""
    """What several results are put into."""
    condition: Expr | None = None
    more: Sequence[Step] = ()
    more_results: Sequence[Ref] = ()
    more_wrapper: str = ""
    chooses: bool = False
    """Both parts can always be computed, so that one line may hold them."""

    def lines(self) -> list[str]:
        """The body of the method."""
        statements = _statements(self)
        _drop_unneeded(statements)
        statements = _fuse(statements)
        if self.condition is not None and self.chooses:
            statements = _chosen(statements, self.condition)
        return _write(statements, _name(statements, self.inputs), self.condition)


@dataclass(slots=True, eq=False)
class _Statement:
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
        self.operands = _operands(self.expr)

    def absorb(self, other: _Statement) -> None:
        """Put another's expression in the place of its result."""
        (value,) = other.outputs
        self.expr = _replaced(self.expr, {value: other.expr})
        self.operands = _operands(self.expr)
        self.calls += other.calls
        self.comment = self.comment or (other.comment if self.returns else "")

    @property
    def joins(self) -> bool:
        """It brings several tensors together."""
        return len(set(self.operands)) > 1


def _operands(expr: Expr) -> list[int]:
    return [leaf.index for leaf in leaves(expr) if isinstance(leaf, Operand)]


def _replaced(expr: Expr, by: dict[int, Expr]) -> Expr:
    return rebuild(expr, lambda leaf: by.get(leaf.index, leaf) if isinstance(leaf, Operand) else leaf)


def _statements(forward: Forward) -> list[_Statement]:
    """All steps in order, then what is returned; steps that only hand on their input vanish."""
    number: dict[Ref, int] = {(-1, index): index for index in range(len(forward.inputs))}
    made = []
    for conditional, steps in ((False, forward.steps), (True, forward.more)):
        for step in steps:
            if isinstance(step.expr, Operand):
                number[step.outputs[0]] = number[step.inputs[step.expr.index]]
                continue
            inputs: dict[int, Expr] = {i: Operand(number[ref]) for i, ref in enumerate(step.inputs)}
            for output in step.outputs:
                number[output] = len(number)
            outputs = tuple([number[ref] for ref in step.outputs])
            expr = _replaced(step.expr, inputs)
            made.append(
                _Statement(expr, outputs, step.style, step.labels, step.comment, step.is_module, conditional)
            )
    if forward.condition is not None:
        expr = _returned([number[ref] for ref in forward.more_results], forward.more_wrapper)
        made.append(_end(expr, True))
    expr = _returned([number[ref] for ref in forward.results], forward.wrapper)
    made.append(_end(expr, False))
    return made


def _returned(values: Sequence[int], wrapper: str) -> Expr:
    operands = tuple(map(Operand, values))
    if wrapper:
        return Call(Name(wrapper), operands)
    return operands[0] if len(operands) == 1 else Items(operands, "()")


def _end(expr: Expr, conditional: bool) -> _Statement:
    alone = isinstance(expr, Operand)
    style: Style = "follows" if alone else "merges"
    return _Statement(expr, (), style, (), "", True, conditional, returns=True, gathers=not alone)


def _drop_unneeded(statements: list[_Statement]) -> None:
    """Leave out functions that nobody needs the value of."""
    needed: set[int] = set()
    for index in range(len(statements) - 1, -1, -1):
        statement = statements[index]
        if statement.is_module or needed.intersection(statement.outputs):
            needed.update(statement.operands)
        else:
            statements[index] = None  # type: ignore[call-overload]
    statements[:] = [each for each in statements if each is not None]


# --- what goes on one line -----------------------------------------------------------------------


def _fuse(statements: list[_Statement]) -> list[_Statement]:
    users = Counter(value for each in statements for value in each.operands)
    computed = {value for each in statements for value in each.outputs}
    kept: list[_Statement] = []
    for statement in statements:
        if statement.style == "merges":
            _join(statement, kept, users, computed)
        elif statement.style == "follows" or (kept and kept[-1].style == "merges" and kept[-1].calls < 3):
            _go_on(statement, kept, users)
        kept.append(statement)
    return kept


def _go_on(statement: _Statement, kept: list[_Statement], users: Counter[int]) -> None:
    """Wrap the line before, if there is room: `F.relu(self.bn1(self.conv1(x)))`."""
    last = kept[-1] if kept else None
    if last is None or not _is_only_for(last, statement, users):
        return
    if statement.returns or _width(statement.expr) + _width(last.expr) <= _ROOM:
        statement.absorb(kept.pop())


def _join(
    statement: _Statement, kept: list[_Statement], users: Counter[int], computed: set[int]
) -> None:
    """Take in the branches that are a plain call: `torch.cat([self.branch1(x), self.branch2(x)], 1)`.

    A function takes all of its branches or none.
    """
    branches: list[_Statement] = []
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


def _chosen(statements: list[_Statement], condition: Expr) -> list[_Statement]:
    """What is returned under the condition and else, in one line: `return F.relu(x) if self.act else x`."""
    *others, under, last = statements
    either = Either(condition, under.expr, last.expr)
    if any(each.conditional for each in others) or _width(either) > _ROOM:
        return statements
    return [*others, _Statement(either, (), "starts", (), "", True, False, returns=True)]


def _is_only_for(made: _Statement, taker: _Statement, users: Counter[int]) -> bool:
    """Whether what a line gives is used once, and there."""
    if len(made.outputs) != 1 or made.conditional != taker.conditional or made.returns:
        return False
    (value,) = made.outputs
    return users[value] == 1 and taker.operands.count(value) == 1


def _width(expr: Expr) -> int:
    return len(flat(rebuild(expr, lambda leaf: Name("x") if isinstance(leaf, Operand) else leaf)))


# --- what the variables are called ---------------------------------------------------------------


def _name(statements: list[_Statement], inputs: Sequence[str]) -> dict[int, str]:
    """A name for every tensor that gets one."""
    last_use = {value: i for i, each in enumerate(statements) for value in each.operands}
    users = Counter(value for each in statements for value in each.operands)
    branch = _branches(statements, users)
    joined = {value for each in statements if each.joins for value in each.operands}
    names = dict(enumerate(inputs))
    holder = {name: value for value, name in names.items()}

    def free(name: str, now: int) -> bool:
        return name not in holder or last_use.get(holder[name], -1) <= now

    for now, each in enumerate(statements):
        taken: set[str] = set()
        for value, label in zip(each.outputs, each.labels, strict=True):
            end = last_use.get(value, -1)
            if end < 0:
                names[value] = "_"
                continue
            wishes = [branch[value]] if value in branch else ["x", "out", "y", "z"]
            lives = len(each.outputs) > 1 or users[value] > 1 or end > now + 1
            if label and (lives or value in joined):
                wishes = [label]
            numbered = (f"{wishes[0]}{number}" for number in count(2))
            name = next(n for n in chain(wishes, numbered) if n not in taken and free(n, now))
            taken.add(name)
            names[value] = name
            holder[name] = value
    return names


def _branches(statements: list[_Statement], users: Counter[int]) -> dict[int, str]:
    """`branch2` for what leads to the second of several branches, and to nothing else."""
    made = [(value, label) for each in statements for value, label in zip(each.outputs, each.labels, strict=True)]
    computed = {value for value, label in made if not label}
    found: dict[int, str] = {}
    for each in reversed(statements):
        if each.joins:
            distinct = list(dict.fromkeys(each.operands))
            own = [value for value in distinct if value in computed and users[value] == 1]
            if len(own) > (2 if isinstance(each.expr, Binary) else 1) and not each.gathers:
                found |= {value: f"branch{distinct.index(value) + 1}" for value in own}
        elif len(each.outputs) == 1 and each.outputs[0] in found:
            found |= {value: found[each.outputs[0]] for value in each.operands if users[value] == 1}
    return found


# --- the text ------------------------------------------------------------------------------------


def _write(statements: list[_Statement], names: dict[int, str], condition: Expr | None) -> list[str]:
    variables: dict[int, Expr] = {value: Name(name) for value, name in names.items()}
    lines: list[str] = []
    said = ""
    opened = False
    for each in statements:
        if each.conditional and not opened and condition is not None:
            lines += layout(f"{INDENT}if ", condition, ":")
            opened = True
        indent = INDENT + STEP if each.conditional else INDENT
        expr = Noted(_replaced(each.expr, variables), "" if each.comment == said else each.comment)
        said = each.comment or said
        if each.returns:
            lines += _return(indent, expr)
        else:
            target = ", ".join(names[value] for value in each.outputs)
            head = f"{target} = " if target.strip("_, ") else ""
            lines += layout(indent + head, expr)
    return lines


def _return(indent: str, expr: Noted) -> list[str]:
    if isinstance(expr.value, Items):
        line = f"{indent}return {', '.join(map(flat, expr.value.items))}"
        if len(line) <= WIDTH:
            return [line]
    return layout(f"{indent}return ", expr)
