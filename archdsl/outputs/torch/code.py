"""Python expressions, as few kinds as the emitted source needs.

Expressions are values: equal ones compare equal, and nothing changes them. Constants are leaves of
their own, so that the same expression with other numbers can be recognised and rebuilt.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Const:
    """A number, a truth value, a text, None or a tuple of these."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, an attribute of one (`self.conv1`), or a constructor's parameter."""

    text: str


@dataclass(frozen=True, slots=True)
class Operand:
    """The place of an input tensor in a call that is not yet told which one it gets."""

    index: int


@dataclass(frozen=True, slots=True)
class Call:
    """`function(args, name=value)`; a method's function is a Dotted."""

    function: Expr
    args: tuple[Expr, ...] = ()
    kwargs: tuple[tuple[str, Expr], ...] = ()

    @property
    def called(self) -> str:
        """The function's name; empty for a method of an expression."""
        return self.function.text if isinstance(self.function, Name) else ""


@dataclass(frozen=True, slots=True)
class Items:
    """`[a, b]` or, with `brackets="()"`, a tuple."""

    items: tuple[Expr, ...]
    brackets: str = "[]"


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`, of arithmetic, comparison or logic."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Dotted:
    """`value.name`."""

    value: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[index]`; the index holds slices as `Slice`."""

    value: Expr
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop` within a subscript, either side perhaps missing."""

    start: Expr | None
    stop: Expr | None


@dataclass(frozen=True, slots=True)
class Either:
    """`yes if condition else no`."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True, slots=True)
class Not:
    """`not value`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Repeat:
    """`*[item for _ in range(count)]`, the same module several times over, each with its own weights."""

    item: Expr
    count: Expr


@dataclass(frozen=True, slots=True)
class Noted:
    """An expression with a comment, which is written only where the expression ends a line."""

    value: Expr
    comment: str


Atom = Const | Name | Operand

Expr = Atom | Call | Items | Binary | Dotted | Subscript | Slice | Either | Not | Repeat | Noted

_LEVELS = {"or": 1, "and": 2, "**": 9}
_LEVELS |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 4)
_LEVELS |= dict.fromkeys(("+", "-"), 7) | dict.fromkeys(("*", "/", "//", "%"), 8)
_ATOM = 10


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda left, right: left and right,
    "or": lambda left, right: left or right,
}
"""What the operators of a Binary compute."""


def level(expr: Expr) -> int:
    """How tightly the outermost operator binds."""
    if isinstance(expr, Binary):
        return _LEVELS[expr.operator]
    if isinstance(expr, Either):
        return 0
    if isinstance(expr, Not):
        return 3
    if isinstance(expr, Const) and isinstance(expr.value, int | float) and expr.value < 0:
        return 8
    return _ATOM


def flat(expr: Expr) -> str:
    """The expression on one line."""
    match expr:
        case Const(value):
            return literal(value)
        case Name(text):
            return text
        case Call(function, args, kwargs):
            given = [flat(each) for each in args] + [f"{name}={flat(value)}" for name, value in kwargs]
            return f"{_tight(function, _ATOM)}({', '.join(given)})"
        case Items(items, brackets):
            comma = "," if brackets == "()" and len(items) == 1 else ""
            return f"{brackets[0]}{', '.join(map(flat, items))}{comma}{brackets[1]}"
        case Binary(operator, left, right):
            own = level(expr)
            return f"{_tight(left, own)} {operator} {_tight(right, own + 1)}"
        case Dotted(value, name):
            return f"{_tight(value, _ATOM)}.{name}"
        case Subscript(value, index):
            return f"{_tight(value, _ATOM)}[{', '.join(map(flat, index))}]"
        case Slice(start, stop):
            before, after = (flat(each) if each else "" for each in (start, stop))
            if all(text.replace("-", "").isalnum() for text in (before, after) if text):
                return f"{before}:{after}"
            return f"{before} : {after}".strip()
        case Either(condition, yes, no):
            return f"{_tight(yes, 1)} if {_tight(condition, 1)} else {flat(no)}"
        case Not(value):
            return f"not {_tight(value, 3)}"
        case Repeat(item, count):
            return f"*[{flat(item)} for _ in range({flat(count)})]"
        case Noted(value):
            return flat(value)
        case Operand():
            raise TypeError("an operand has no text before it is known")


def _tight(expr: Expr, least: int) -> str:
    text = flat(expr)
    return text if level(expr) >= least else f"({text})"


def literal(value: Any) -> str:
    """A static value as Python writes it, with double quotes."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def rebuild(expr: Expr, leaf: Callable[[Atom], Expr]) -> Expr:
    """The same expression with every leaf replaced, in the order of reading."""

    def go(each: Expr) -> Expr:
        match each:
            case Const() | Operand() | Name():
                return leaf(each)
            case Call(function, args, kwargs):
                function = go(function)
                args = tuple([go(a) for a in args])
                return Call(function, args, tuple([(name, go(value)) for name, value in kwargs]))
            case Items(items, brackets):
                return Items(tuple([go(item) for item in items]), brackets)
            case Binary(operator, left, right):
                return Binary(operator, go(left), go(right))
            case Dotted(value, name):
                return Dotted(go(value), name)
            case Subscript(value, index):
                return Subscript(go(value), tuple([go(i) for i in index]))
            case Slice(start, stop):
                return Slice(go(start) if start else None, go(stop) if stop else None)
            case Either(condition, yes, no):
                return Either(go(condition), go(yes), go(no))
            case Not(value):
                return Not(go(value))
            case Repeat(item, count):
                return Repeat(go(item), go(count))
            case Noted(value, comment):
                return Noted(go(value), comment)

    return go(expr)


def leaves(expr: Expr) -> list[Atom]:
    """The leaves in the order in which `rebuild` meets them."""
    found: list[Atom] = []

    def keep(leaf: Atom) -> Expr:
        found.append(leaf)
        return leaf

    rebuild(expr, keep)
    return found


@lru_cache(maxsize=4096)
def template(text: str, inputs: int) -> Expr:
    """An operator's call (`F.relu({0})`, `torch.cat([{all}], dim=1)`) with Operands for the inputs."""
    names = [f"operand_{index}" for index in range(inputs)]
    text = text.replace("{all}", ", ".join(names))
    for index, name in enumerate(names):
        text = text.replace(f"{{{index}}}", name)
    return _convert(ast.parse(text, mode="eval").body)


_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}


def _convert(node: ast.expr) -> Expr:
    match node:
        case ast.Name(id=name):
            return Operand(int(name[8:])) if name.startswith("operand_") else Name(name)
        case ast.Constant(value=value):
            return Const(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)):
            return Const(-value)  # type: ignore[operator]
        case ast.Attribute(value=value, attr=attribute):
            inner = _convert(value)
            named = isinstance(inner, Name)
            return Name(f"{inner.text}.{attribute}") if named else Dotted(inner, attribute)  # type: ignore[union-attr]
        case ast.Call(func=function, args=args, keywords=keywords):
            kwargs = tuple((each.arg or "", _convert(each.value)) for each in keywords)
            return Call(_convert(function), tuple(map(_convert, args)), kwargs)
        case ast.BinOp(op=operator, left=left, right=right):
            return Binary(_OPERATORS[type(operator)], _convert(left), _convert(right))
        case ast.List(elts=elements):
            return Items(tuple(map(_convert, elements)))
        case ast.Tuple(elts=elements):
            items = tuple(map(_convert, elements))
            if all(isinstance(item, Const) for item in items):
                return Const(tuple(item.value for item in items))  # type: ignore[union-attr]
            return Items(items, "()")
        case ast.Subscript(value=value, slice=index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            return Subscript(_convert(value), tuple(map(_convert, parts)))
        case ast.Slice(lower=lower, upper=upper, step=None):
            return Slice(_convert(lower) if lower else None, _convert(upper) if upper else None)
        case _:
            raise ValueError(f"an operator's call may not hold this: {ast.unparse(node)}")
