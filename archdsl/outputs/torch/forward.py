"""A forward pass as lines of Python.

Assumes calls in an order in which they can be computed. Promises lines that compute the same, in that
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.outputs.torch.code import Call, Expr, Items, Name, Noted, Operand, flat
from archdsl.outputs.torch.layout import STEP, WIDTH, layout
from archdsl.outputs.torch.statements import Statement, Style, choose, drop_unneeded, fuse, replaced
from archdsl.outputs.torch.variables import variables

Ref = tuple[int, int]
"""A tensor: the step that makes it (-1: an input of the method) and which of its results."""

INDENT = STEP * 2


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
        drop_unneeded(statements)
        statements = fuse(statements)
        if self.condition is not None and self.chooses:
            statements = choose(statements, self.condition)
        return _write(statements, variables(statements, self.inputs), self.condition)


def _statements(forward: Forward) -> list[Statement]:
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
            expr = replaced(step.expr, inputs)
            made.append(
                Statement(expr, outputs, step.style, step.labels, step.comment, step.is_module, conditional)
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


def _end(expr: Expr, conditional: bool) -> Statement:
    alone = isinstance(expr, Operand)
    style: Style = "follows" if alone else "merges"
    return Statement(expr, (), style, (), "", True, conditional, returns=True, gathers=not alone)


def _write(statements: list[Statement], names: dict[int, str], condition: Expr | None) -> list[str]:
    named: dict[int, Expr] = {value: Name(name) for value, name in names.items()}
    lines: list[str] = []
    said = ""
    opened = False
    for each in statements:
        if each.conditional and not opened and condition is not None:
            lines += layout(f"{INDENT}if ", condition, ":")
            opened = True
        indent = INDENT + STEP if each.conditional else INDENT
        expr = Noted(replaced(each.expr, named), "" if each.comment == said else each.comment)
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
