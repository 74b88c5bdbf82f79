"""Sizes outside the quasi-affine family: products of open sizes, and sums over several of them.

`512 * (H // 32) * (W // 32)` cannot be solved as functions of one size can, but two of them can be
compared term by term, bounded from below, computed at every point and said in words. Terms, not values,
are compared: formulas that differ may still be equal everywhere, never the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import gcd, prod
from typing import Literal, Union

from archdsl.sizes.affine import Affine
from archdsl.sizes.sets import SizeSet

Form = Union[int, Affine, "Formula"]
"""A size as a function of the open sizes."""
Kind = Literal["sum", "product", "floor", "rest"]
Box = Mapping[str, SizeSet]
"""For each open size, those in question."""
Point = Mapping[str, int]
"""For each open size, one."""

_Terms = dict[tuple["_Atom", ...], int]
_Atom = Union[Affine, "Formula"]


class Formula:
    """A sum, a product, or what a division gives or leaves, of forms."""

    __slots__ = ("_hash", "kind", "parts", "symbols", "terms")

    def __init__(self, kind: Kind, *parts: Form) -> None:
        self.kind = kind
        self.parts = parts
        self.symbols: frozenset[str] = frozenset().union(*map(symbols, parts))
        self.terms: frozenset[tuple[tuple[_Atom, ...], int]]
        """As a sum of products, each with its coefficient: equal formulas have equal terms."""
        if kind in ("floor", "rest"):
            self._hash = hash((kind, parts))
            self.terms = frozenset({((self,), 1)})
        else:
            self.terms = frozenset(_expanded(kind, parts).items())
            self._hash = hash(self.terms)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Formula) or self._hash != other._hash:
            return False
        if self.kind in ("floor", "rest") or other.kind in ("floor", "rest"):
            return (self.kind, self.parts) == (other.kind, other.parts)
        return self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash


def symbols(form: Form) -> frozenset[str]:
    """The open sizes that a form depends on."""
    if isinstance(form, int):
        return frozenset()
    return frozenset((form.symbol,)) if isinstance(form, Affine) else form.symbols


def add(one: Form, other: Form) -> Form:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    if isinstance(one, int):
        one, other = other, one
    if isinstance(other, int):
        return _simple(one.plus(other)) if isinstance(one, Affine) else _sum(one, other)
    if isinstance(one, Affine) and isinstance(other, Affine) and one.symbol == other.symbol:
        return _simple(one.add(other))
    return _sum(one, other)


def multiply(one: Form, other: Form) -> Form:
    if isinstance(one, int):
        one, other = other, one
    if isinstance(one, int) or isinstance(other, int):
        assert isinstance(other, int)
        if isinstance(one, int) or other in (0, 1):
            return one * other if isinstance(one, int) else 0 if other == 0 else one
        if isinstance(one, Affine):
            return _simple(one.times(other))
        if one.kind == "sum":
            return _total([multiply(part, other) for part in one.parts])
        return Formula("product", other, one)
    return Formula("product", one, other)


def floor(one: Form, other: Form) -> Form:
    """What a division gives, rounded down. Raises ZeroDivisionError."""
    if isinstance(one, int) and isinstance(other, int):
        return one // other
    if other == 0:
        raise ZeroDivisionError
    if isinstance(one, Affine) and isinstance(other, int):
        return _simple(one.floor(other))
    if one == other:
        return 1
    terms = _terms(one)
    if isinstance(other, int) and all(each % other == 0 for each in terms.values()):
        parts = [multiply(each // other, _product(atoms)) for atoms, each in terms.items()]
        return _total(parts)
    if not isinstance(other, int) and len(divisor := _terms(other)) == 1 and len(terms) == 1:
        (atoms, many), (under, few) = next(iter(terms.items())), next(iter(divisor.items()))
        if atoms == under and many % few == 0:
            return many // few
    return Formula("floor", one, other)


def rest(one: Form, other: Form) -> Form:
    """What a division leaves. Raises ZeroDivisionError."""
    if isinstance(one, int) and isinstance(other, int):
        return one % other
    if other == 0:
        raise ZeroDivisionError
    if isinstance(one, Affine) and isinstance(other, int):
        return _simple(one.rest(other))
    whole = floor(one, other)
    if isinstance(whole, Formula) and whole.kind == "floor" and whole.parts == (one, other):
        return Formula("rest", one, other)
    return add(one, multiply(-1, multiply(whole, other)))


def at(form: Form, point: Point) -> int:
    """The value where each open size has the value given. Raises ZeroDivisionError."""
    if isinstance(form, int):
        return form
    if isinstance(form, Affine):
        return form.at(point[form.symbol])
    values = [at(part, point) for part in form.parts]
    match form.kind:
        case "sum":
            return sum(values)
        case "product":
            return prod(values)
        case "floor":
            return values[0] // values[1]
    return values[0] % values[1]


def lowest(form: Form, box: Box) -> int | None:
    """A number that the form is never below, for sizes of the box; None if none is known."""
    if isinstance(form, int):
        return form
    if isinstance(form, Affine):
        return _lowest(form, box[form.symbol])
    parts = [lowest(part, box) for part in form.parts]
    known = [each for each in parts if each is not None]
    if form.kind == "rest":
        return 0
    if len(known) < len(parts):
        return None
    if form.kind == "sum":
        return sum(known)
    if form.kind == "product" and min(known) >= 0:
        return prod(known)
    if form.kind == "floor" and isinstance(form.parts[1], int) and form.parts[1] > 0:
        return known[0] // form.parts[1]
    return None


def _lowest(f: Affine, sizes: SizeSet) -> int | None:
    if f.rise < 0:
        members = sizes.first(sizes.start + 1) if sizes.is_finite else []
        return min(map(f.at, members)) if members else None
    # it grows from one period to the next, so the least values are among the first of each rest
    period = f.period * sizes.period
    begin = sizes.least()
    if begin is None:
        return None
    last = max(begin, sizes.start) + period
    return min(f.at(size) for size in _until(sizes, last))


def _until(sizes: SizeSet, last: int) -> list[int]:
    found = []
    for size in sizes.members():
        if size > last:
            break
        found.append(size)
    return found


def _simple(f: Affine) -> Form:
    constant = f.constant
    return f if constant is None else constant


def _sum(one: Form, other: Form) -> Form:
    parts = [*(one.parts if isinstance(one, Formula) and one.kind == "sum" else (one,))]
    parts += other.parts if isinstance(other, Formula) and other.kind == "sum" else (other,)
    return _total(parts)


def _total(parts: list[Form]) -> Form:
    """The sum of forms, with one part for each open size, and one number."""
    number = 0
    by_symbol: dict[str, Form] = {}
    others: dict[Form, int] = {}
    for part in parts:
        if isinstance(part, int):
            number += part
        elif isinstance(part, Affine):
            by_symbol[part.symbol] = add(by_symbol.get(part.symbol, 0), part)
        else:
            factor, inner = (
                (part.parts[0], part.parts[1])
                if part.kind == "product" and isinstance(part.parts[0], int)
                else (1, part)
            )
            assert isinstance(factor, int)
            others[inner] = others.get(inner, 0) + factor
    found: list[Form] = [multiply(factor, each) for each, factor in others.items() if factor]
    for each in by_symbol.values():
        if isinstance(each, int):
            number += each
        else:
            found.append(each)
    if number or not found:
        if len(found) == 1 and isinstance(found[0], Affine | int):
            return add(found[0], number)
        found.append(number)
    if len(found) == 1:
        return found[0]
    made = Formula("sum", *found)
    return 0 if not made.terms else made


def _product(atoms: tuple[_Atom, ...]) -> Form:
    made: Form = 1
    for each in atoms:
        made = multiply(made, each)
    return made


def _terms(form: Form) -> _Terms:
    """A form as a sum of products of atoms, each with its coefficient; () stands for 1."""
    if isinstance(form, int):
        return {(): form} if form else {}
    if isinstance(form, Affine):
        return _terms_of_affine(form)
    return dict(form.terms)


def _terms_of_affine(f: Affine) -> _Terms:
    number = f.offsets[0]
    steady = f.plus(-number)
    factor = gcd(steady.rise, *steady.offsets)
    found: _Terms = {
        (Affine(f.symbol, steady.rise // factor, tuple(o // factor for o in steady.offsets)),): factor
    }
    if number:
        found[()] = number
    return found


def _expanded(kind: Kind, parts: tuple[Form, ...]) -> _Terms:
    """The terms of a sum or a product."""
    found: _Terms = {} if kind == "sum" else {(): 1}
    for terms in map(_terms, parts):
        if kind == "sum":
            for atoms, factor in terms.items():
                found[atoms] = found.get(atoms, 0) + factor
            continue
        multiplied: _Terms = {}
        for (a, x), (b, y) in product(found.items(), terms.items()):
            key = tuple(sorted((*a, *b), key=hash))
            multiplied[key] = multiplied.get(key, 0) + x * y
        found = multiplied
    return {atoms: factor for atoms, factor in found.items() if factor}
