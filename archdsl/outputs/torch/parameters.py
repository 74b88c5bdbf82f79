"""The constructor parameters of a class, and its numbers in terms of them.

A number in which the uses of a block differ is, in this order: an argument of the block, the
channels of its input, a simple function of these (`4 * width`, `in_channels + growth`), or a
parameter of its own. Only what is used becomes a parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

from archdsl.outputs.torch.code import SIGNS, Binary, Const, Expr, Name, Not, leaves
from archdsl.outputs.torch.columns import UNSET, Column
from archdsl.outputs.torch.names import Names

_NEUTRAL = frozenset({"stride", "dilation", "groups"})
"""Parameters whose default is 1, as everywhere in torch."""

FEWEST_SHIFTED = 3
"""So many different numbers must be the same distance from a parameter for it to be no coincidence."""

MOST_TERMS = 4
"""A sum of more terms is not recognised."""


@dataclass(eq=False)
class Parameter:
    """A constructor parameter, or something that could become one."""

    name: str
    values: list[Any]
    """By use; UNSET where nothing depends on it."""
    needed: bool = False
    counts_channels: bool | None = None
    """None where nothing tells what it counts."""
    roles: set[str] = field(default_factory=set)
    """What it is passed on as, unchanged."""
    default: Any = UNSET
    is_input: bool = False
    """It is the number of channels of an input of the class."""

    @property
    def annotation(self) -> str:
        """Its type."""
        kinds = dict.fromkeys(_type(value) for value in self.values if value is not UNSET)
        text = "float" if set(kinds) == {"int", "float"} else " | ".join(kinds)
        return text if UNSET not in self.values else f"{text} | None"


class Parameters:
    """Finds expressions for columns, and the parameters that these need."""

    def __init__(
        self,
        sources: Mapping[str, Sequence[Any]],
        arguments: Mapping[str, Sequence[Any]],
        names: Names,
        before: Sequence[Parameter] = (),
    ) -> None:
        """What could be a parameter, with its value in each use: the channels of inputs, and arguments.

        `before` are parameters found when less was known; they keep their names.
        """
        self.names = names
        self.before = before
        self.given = {name: Parameter(names.new(name), list(each)) for name, each in arguments.items()}
        """What are arguments of the block, by their names there."""
        self.inputs = [
            Parameter(names.new(name), list(each), is_input=True) for name, each in sources.items()
        ]
        self.known = [*self.inputs, *self.given.values()]

    @property
    def needed(self) -> list[Parameter]:
        return [each for each in self.known if each.needed]

    def exact(self, column: Column) -> Expr | None:
        """The parameter that has these values, if there is one."""
        found = [each for each in self.known if column.is_given_by(each.values)]
        found.sort(key=lambda each: (not each.needed, each.is_input))
        return self._need(found[0], column) if found else None

    def express(self, column: Column) -> Expr:
        """The column in terms of parameters; a new one where nothing else gives it."""
        exact = self.exact(column)
        if exact is not None:
            return exact
        for candidates in (self.needed, self.known):
            for each in sorted(candidates, key=lambda each: "kernel" not in each.roles):
                scaled = self._product(column, each) or _scaled(column, each)
                if scaled is not None:
                    if each.counts_channels is None:
                        each.counts_channels = column.counts_channels
                    each.needed = True
                    return scaled
        return self._combined(column) or self._shifted(column) or self._new(column)

    def neighbour(self, column: Column) -> Expr | None:
        """What a block that holds itself passes on: a function of its own parameter of that name."""
        own = next((each for each in self.known if each.name == column.role), None)
        return None if own is None else _scaled(column, own)

    def add(self, name: str, values: Sequence[Any]) -> Parameter:
        """A parameter that nothing else gives."""
        made = Parameter(self.names.new(name), list(values), needed=True)
        self.known.append(made)
        return made

    def need(self, parameter: Parameter) -> Expr:
        parameter.needed = True
        return Name(parameter.name)

    def need_all(self, expr: Expr) -> None:
        """Need every parameter that an expression names."""
        named = leaves(expr)
        for each in self.known:
            each.needed = each.needed or Name(each.name) in named

    def evaluate(self, expr: Expr) -> list[Any]:
        """The values of an expression over parameters, UNSET where one of them is."""
        values = {each.name: each.values for each in self.known}
        uses = len(self.known[0].values)
        return [_evaluate(expr, values, row) for row in range(uses)]

    def _need(self, parameter: Parameter, column: Column) -> Expr:
        parameter.roles.add(column.role)
        parameter.counts_channels = parameter.counts_channels or column.counts_channels
        return self.need(parameter)

    def _product(self, column: Column, parameter: Parameter) -> Expr | None:
        """Where some uses lack the number: a factor that in the others is an argument is meant as such."""
        scaled = _scaled(column, parameter) if UNSET in column.values else None
        if not isinstance(scaled, Binary) or scaled.operator != "*" or not isinstance(scaled.left, Const):
            return None
        factor = scaled.left.value
        rows = [UNSET if value is UNSET else factor for value in column.values]
        for each in self.known:
            if not each.counts_channels and Column(tuple(rows)).is_given_by(each.values):
                return Binary("*", self.need(each), Name(parameter.name))
        return None

    def _combined(self, column: Column) -> Expr | None:
        """A sum of a few parameters, or a product or a quotient of two."""
        if not column.counts_channels or not _are_ints(column.values):
            return None
        usable = [each for each in self.known if _are_ints(each.values) and len(set(each.values)) > 1]
        counting = [each for each in usable if each.counts_channels is not False]
        for terms in range(2, MOST_TERMS + 1):
            for chosen in combinations(counting, terms):
                rows = zip(*(each.values for each in chosen), strict=True)
                if column.is_given_by([_sum(row) for row in rows]):
                    return self._joined("+", chosen)
        for left, right in combinations(usable, 2):
            first, second = (left, right) if left.counts_channels is False else (right, left)
            if column.is_given_by([_product(row) for row in zip(first.values, second.values, strict=True)]):
                return self._joined("*", (first, second))
        for left, right in permutations(usable, 2):
            if right.counts_channels or right.is_input or 0 in right.values:
                continue
            if column.is_given_by([_quotient(row) for row in zip(left.values, right.values, strict=True)]):
                return self._joined("//", (left, right))
        return None

    def _shifted(self, column: Column) -> Expr | None:
        """`in_channels + 32`, where enough uses bear it out."""
        known = {value for value in column.values if value is not UNSET}
        if not column.counts_channels or len(known) < FEWEST_SHIFTED or not _are_ints(column.values):
            return None
        for each in (*self.needed, *self.known):
            if each.counts_channels is False or not _are_ints(each.values) or UNSET in each.values:
                continue
            shifts = {m - y for m, y in zip(column.values, each.values, strict=True) if m is not UNSET}
            if len(shifts) == 1 and min(shifts) > 0:
                each.counts_channels = True
                return Binary("+", self.need(each), Const(min(shifts)))
        return None

    def _joined(self, sign: str, chosen: Sequence[Parameter]) -> Expr:
        expr, *others = [self.need(each) for each in chosen]
        for other in others:
            expr = Binary(sign, expr, other)
        return expr

    def _new(self, column: Column) -> Expr:
        plain = column.role not in ("in", "out", "channels", "size") and column.role not in self.names.taken
        name = column.role if plain else f"{column.owner}_{column.role}"
        kept = (each.name for each in self.before if each.values == list(column.values))
        return self._need(self.add(next(kept, name), column.values), column)


def ordered(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The parameters as a constructor lists them: those with a default last, whichever may have one.

    A default is what most uses take; a number of channels has none.
    """
    parameters = sorted(parameters, key=lambda each: UNSET in each.values)
    for each in reversed(parameters):
        value, count = Counter(each.values).most_common(1)[0]
        if UNSET in each.values:
            each.default = None
        elif isinstance(value, bool):
            each.default = value
        elif each.name in _NEUTRAL and 1 in each.values:
            each.default = 1
        elif each.counts_channels or count * 2 <= len(each.values):
            break
        else:
            each.default = value
    return parameters


def _scaled(column: Column, parameter: Parameter) -> Expr | None:
    """A multiple, a part or a neighbour of one parameter."""
    known = parameter.counts_channels
    if not (_are_ints(column.values) and _are_ints(parameter.values)):
        return None
    if known is not None and known != column.counts_channels:
        return None
    if column.role == "padding" and "stride" in parameter.roles:
        return None  # a coincidence: padding goes with the kernel
    pairs = zip(column.values, parameter.values, strict=True)
    rows = [(mine, yours) for mine, yours in pairs if mine is not UNSET]
    if any(yours is UNSET for _, yours in rows):
        return None
    relations = list(_scales(column.counts_channels, *rows[-1]))
    if column.role == parameter.name:  # what a recursion passes on: one level further
        relations.sort(key=lambda each: each != ("+", -1))
    for relation, number in relations:
        name, constant = Name(parameter.name), Const(number)
        if relation == "*" and all(mine == yours * number for mine, yours in rows):
            return Binary("*", constant, name)
        if relation == "//" and all(mine == yours // number for mine, yours in rows):
            return Binary("//", name, constant)
        if relation == "+" and all(mine == yours + number for mine, yours in rows):
            return Binary("+", name, constant) if number > 0 else Binary("-", name, Const(-number))
    return None


def _scales(channels: bool, mine: int, yours: int) -> Iterator[tuple[str, int]]:
    """The relations worth a try, as one row has them."""
    if yours and 1 < mine // yours <= 16 and mine % yours == 0:
        yield "*", mine // yours
    if mine and 1 < yours // mine <= 32 and (channels is False or yours % mine == 0):
        yield "//", yours // mine
    if not channels:
        yield "//", 2
        if 0 < abs(mine - yours) <= 3:
            yield "+", mine - yours


def _evaluate(expr: Expr, values: Mapping[str, Sequence[Any]], row: int) -> Any:
    match expr:
        case Const(value):
            return value
        case Name(text):
            return values[text][row]
        case Not(value):
            known = _evaluate(value, values, row)
            return UNSET if known is UNSET else not known
        case Binary(sign, left, right):
            a, b = _evaluate(left, values, row), _evaluate(right, values, row)
            return UNSET if UNSET in (a, b) else SIGNS[sign](a, b)
        case _:
            return UNSET


def _are_ints(values: Sequence[Any]) -> bool:
    return all(value is UNSET or (isinstance(value, int) and not isinstance(value, bool)) for value in values)


def _sum(row: tuple[Any, ...]) -> Any:
    return UNSET if UNSET in row else sum(row)


def _product(row: tuple[Any, ...]) -> Any:
    return UNSET if UNSET in row else row[0] * row[1]


def _quotient(row: tuple[Any, ...]) -> Any:
    return UNSET if UNSET in row else row[0] // row[1]


def _type(value: Any) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_type, value))}]" if len(value) < 4 else "tuple[int, ...]"
    return type(value).__name__ if value is not None else "None"
