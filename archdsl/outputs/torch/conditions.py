"""Conditions on a class's parameters that tell which of its uses have a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from archdsl.outputs.torch.code import Binary, Const, Expr, Name, Not, leaves
from archdsl.outputs.torch.columns import UNSET
from archdsl.outputs.torch.parameters import Parameter, Parameters

Truths = Sequence[bool | None]
"""By use; None where it does not matter."""

Terms = Sequence[tuple[Expr, Sequence[Any]]]
"""Numbers of channels that the class speaks of, with their value in each use."""


class Candidate(NamedTuple):
    """A condition, the parameters it needs, and where it holds."""

    expr: Expr
    needs: tuple[Parameter, ...]
    truths: Truths


def condition(wanted: Truths, parameters: Parameters, terms: Terms, name: str) -> Expr:
    """An expression that is true where `wanted` is: the plainest there is, else a parameter `name`."""
    for known in (parameters.needed, parameters.known):
        for candidate in _candidates(known, terms):
            for expr, truths in ((candidate.expr, candidate.truths), _opposite(candidate)):
                if _agree(wanted, truths):
                    for each in candidate.needs:
                        parameters.need(each)
                    return expr
    made = parameters.add(name, [UNSET if truth is None else truth for truth in wanted])
    return Name(made.name)


def _candidates(known: Sequence[Parameter], terms: Terms) -> Iterator[Candidate]:
    for each in known:
        if all(isinstance(value, bool) for value in each.values):
            yield Candidate(Name(each.name), (each,), each.values)
    unequal = list(_channels_unlike(known, terms))
    sizes = [each for each in known if not each.counts_channels and _are_numbers(each.values)]
    yield from unequal
    for each in sizes:
        yield from _compared(each)
    for first, second in product((c for each in sizes for c in _compared(each)), unequal):
        truths = [a or b for a, b in zip(first.truths, second.truths, strict=True)]
        yield Candidate(Binary("or", first.expr, second.expr), first.needs + second.needs, truths)


def _channels_unlike(known: Sequence[Parameter], terms: Terms) -> Iterator[Candidate]:
    """`in_channels != 4 * width`: the channels of an input against others."""
    for each in known:
        if not each.is_input or not _are_numbers(each.values):
            continue
        for expr, values in terms:
            if Name(each.name) not in leaves(expr) and UNSET not in values:
                truths = [a != b for a, b in zip(each.values, values, strict=True)]
                yield Candidate(Binary("!=", Name(each.name), expr), (each,), truths)


def _compared(parameter: Parameter) -> Iterator[Candidate]:
    """`stride != 1`, `depth > 0`: one parameter against its values."""
    for value in sorted(set(parameter.values)):
        least = value == min(parameter.values) and parameter.name != "stride"
        operator = ">" if least else "!="
        truths = [each != value for each in parameter.values]
        yield Candidate(Binary(operator, Name(parameter.name), Const(value)), (parameter,), truths)
    for value in sorted(set(parameter.values)):
        truths = [each > value for each in parameter.values]
        yield Candidate(Binary(">", Name(parameter.name), Const(value)), (parameter,), truths)


def _opposite(candidate: Candidate) -> tuple[Expr, Truths]:
    return negated(candidate.expr), [not truth for truth in candidate.truths]


def negated(expr: Expr) -> Expr:
    """The opposite, as one would write it."""
    match expr:
        case Const(value):
            return Const(not value)
        case Not(value):
            return value
        case Binary("and" | "or" as sign, left, right):
            return Binary(_OPPOSITES[sign], negated(left), negated(right))
        case Binary(sign, left, right) if sign in _OPPOSITES:
            return Binary(_OPPOSITES[sign], left, right)
        case _:
            return Not(expr)


_OPPOSITES = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "and": "or", "or": "and"}


def _agree(wanted: Truths, truths: Truths) -> bool:
    return all(want is None or want == truth for want, truth in zip(wanted, truths, strict=True))


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
