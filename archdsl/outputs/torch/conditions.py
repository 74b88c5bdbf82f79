"""Conditions on a class's parameters that tell which of its uses have a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from archdsl.outputs.torch.code import Binary, Call, Const, Expr, Name
from archdsl.outputs.torch.columns import UNSET
from archdsl.outputs.torch.parameters import Parameter, Parameters

Truths = Sequence[bool | None]
"""By use; None where it does not matter."""

Terms = Sequence[tuple[Expr, Sequence[Any]]]
"""Numbers of channels that the class speaks of, with their values in each use."""


def condition(wanted: Truths, parameters: Parameters, terms: Terms, name: str) -> Expr:
    """An expression that is true where `wanted` is: the plainest there is, else a parameter `name`."""
    for candidates in (parameters.needed, parameters.known):
        for chosen, expr, truths in _candidates(candidates, terms):
            for each, outcome in ((expr, truths), (negated(expr), [not truth for truth in truths])):
                if _agree(wanted, outcome):
                    for parameter in chosen:
                        parameter.needed = True
                    return each
    return Name(parameters.add(name, [bool(truth) for truth in wanted]).name)


def negated(expr: Expr) -> Expr:
    """The opposite, as one would write it."""
    opposite = {"==": "!=", "!=": "==", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
    if isinstance(expr, Binary) and expr.operator in opposite:
        return Binary(opposite[expr.operator], expr.left, expr.right)
    if isinstance(expr, Binary):  # of `or` and `and`, of which only the first is made here
        return Binary("and", negated(expr.left), negated(expr.right))
    return Call(Name("not"), (expr,))
