"""Open sizes: whole numbers that are functions of sizes still to be chosen.

An `Open` goes wherever a size goes. Arithmetic keeps its form exact; what is decided by it (`if`, `any`,
`max`) is decided at one point, and written down, with all the sizes for which it comes out the same, in
the `Trail` that is being walked. So the rules that operators state for numbers say by themselves for
which sizes they hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from archdsl.sizes import formula
from archdsl.sizes.affine import Affine, nonnegative, zero
from archdsl.sizes.formula import Form
from archdsl.sizes.sets import EVERY, SizeSet, from_residues
from archdsl.sizes.words import text

Relation = Literal["zero", "nonnegative"]

WANTED = 224
"""The size at which an open net is shown, if that is valid; else the nearest that is."""


class NeedsFixedSize(TypeError):
    """A computation that has no meaning for an open size."""


class Guard(NamedTuple):
    """A decision about one open size: what was possible before, and for which sizes it is the same."""

    symbol: str
    before: dict[str, SizeSet]
    same: SizeSet


class Coupled(NamedTuple):
    """A decision that several open sizes, or a product, take part in."""

    form: Form
    relation: Relation
    holds: bool
    before: dict[str, SizeSet]

    def at(self, point: formula.Point) -> bool:
        """Whether it is decided in the same way at a point."""
        value = formula.at(self.form, point)
        return (value == 0 if self.relation == "zero" else value >= 0) == self.holds


class Trail:
    """One way through a computation: where it was walked, and for which sizes it is the same way."""

    def __init__(self, box: dict[str, SizeSet], point: dict[str, int] | None = None) -> None:
        self.box = dict(box)
        """For each open size those for which all decisions so far come out the same."""
        self.point = point or representative(box)
        self.wanted: dict[str, int] = {}
        """Where to look first, for sizes for which that is not the usual one."""
        self.guards: list[Guard] = []
        self.coupled: list[Coupled] = []
        self.spoken = False
        """Whether the words for an open size were asked for."""

    def decide(self, form: Form, relation: Relation) -> bool:
        """Whether a form is zero (or nonnegative) at the point."""
        if isinstance(form, Affine):
            return self.choose(form.symbol, (zero if relation == "zero" else nonnegative)(form))
        if isinstance(form, int):
            return form == 0 if relation == "zero" else form >= 0
        least = formula.lowest(form, self.box)
        if least is not None and least > (0 if relation == "zero" else -1):
            return relation == "nonnegative"
        for known in self.coupled:
            if (known.form, known.relation) == (form, relation):
                return known.holds
        made = Coupled(form, relation, True, dict(self.box))
        made = made._replace(holds=made.at(self.point))
        self.coupled.append(made)
        return made.holds

    def choose(self, symbol: str, where: SizeSet) -> bool:
        """Whether a size is in a set; the box narrows to where the answer is the same."""
        possible = self.box[symbol]
        if possible <= where:
            return True
        inside = self.point[symbol] in where
        same = where if inside else ~where
        rest = possible & same
        if rest != possible:
            self.guards.append(Guard(symbol, dict(self.box), same))
            self.box[symbol] = rest
        return inside

    def narrow(self, symbol: str, where: SizeSet) -> None:
        """Leave out sizes that turn out to be refused."""
        self.box[symbol] &= where
        if self.point[symbol] not in self.box[symbol]:
            self.point = representative(self.box, self.wanted)

    def others(self) -> Iterator[dict[str, SizeSet]]:
        """The boxes that decisions about one open size left aside; with `box` they make up the whole."""
        for guard in self.guards:
            box = dict(guard.before)
            box[guard.symbol] = box[guard.symbol] - guard.same
            yield box


def representative(box: dict[str, SizeSet], wanted: Mapping[str, int] | None = None) -> dict[str, int]:
    """A point of a box that is not empty: at the sizes wanted, or near them."""
    wanted = wanted or {}
    return {symbol: sizes.nearest(wanted.get(symbol, WANTED)) or 1 for symbol, sizes in box.items()}


_trails: list[Trail] = []


def trail() -> Trail | None:
    """The trail that is being walked."""
    return _trails[-1] if _trails else None


@contextmanager
def walking(way: Trail | None) -> Iterator[None]:
    """Write down decisions in this trail; with None, decide by the numbers that open sizes carry."""
    if way is None:
        kept = _trails[:]
        _trails.clear()
        try:
            yield
        finally:
            _trails[:] = kept
        return
    _trails.append(way)
    try:
        yield
    finally:
        _trails.pop()


class Truth(int):
    """Whether a form is zero (or nonnegative); as a condition, it is decided at the trail's point."""

    form: Form
    relation: Relation
    holds: bool

    def __new__(cls, form: Form, relation: Relation, holds: bool, now: bool) -> Truth:
        made = super().__new__(cls, now)
        made.form, made.relation, made.holds = form, relation, holds
        return made

    def __bool__(self) -> bool:
        way = trail()
        return int(self) != 0 if way is None else way.decide(self.form, self.relation) == self.holds

    def __repr__(self) -> str:
        return f"<{text(self.form)} is {'' if self.holds else 'not '}{self.relation}>"


def _truth(form: Form, relation: Relation, holds: bool, value: int) -> bool:
    """The comparison of a form that now has this value; plain where it is the same everywhere."""
    now = (value == 0 if relation == "zero" else value >= 0) == holds
    if isinstance(form, int):
        return now
    return Truth(form, relation, holds, now)  # type: ignore[return-value]


def one_if(condition: bool) -> int:
    """1 if the condition holds, else 0: as a form where it is periodic, so that nothing is decided."""
    if not isinstance(condition, Truth):
        return int(condition)
    way = trail()
    if way is None or not isinstance(condition.form, Affine):
        return int(bool(condition))
    form = condition.form
    where = (zero if condition.relation == "zero" else nonnegative)(form)
    where = where if condition.holds else ~where
    periodic = from_residues(1, where.period, where.late)
    possible = way.box[form.symbol]
    if not ((where - periodic) | (periodic - where)) & possible:
        if periodic == EVERY or not periodic:
            return int(bool(periodic))
        bits = Affine(form.symbol, 0, tuple(where.late >> rest & 1 for rest in range(where.period)))
        return Open(bits, bits.at(way.point[form.symbol]))
    return int(bool(condition))


class Open(int):
    """A size that depends on open sizes: its form, and as a number its value at one point."""

    form: Form
    words: str

    def __new__(cls, form: Form, value: int) -> Open:
        made = super().__new__(cls, value)
        made.form = form
        made.words = ""
        return made

    def __hash__(self) -> int:
        return hash(self.form)

    def __repr__(self) -> str:
        if _trails:
            _trails[-1].spoken = True
        return self.words or text(self.form)

    __str__ = __repr__

    def __format__(self, how: str) -> str:
        return repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Open, (self.form, int(self))

    # -- comparisons ----------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        return _truth(self._minus(other), "zero", True, int(self) - int(other))

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        return _truth(self._minus(other), "zero", False, int(self) - int(other))

    def __ge__(self, other: int) -> bool:
        return _truth(self._minus(other), "nonnegative", True, int(self) - int(other))

    def __lt__(self, other: int) -> bool:
        return _truth(self._minus(other), "nonnegative", False, int(self) - int(other))

    def __le__(self, other: int) -> bool:
        return _truth(formula.multiply(-1, self._minus(other)), "nonnegative", True, int(other) - int(self))

    def __gt__(self, other: int) -> bool:
        return _truth(formula.multiply(-1, self._minus(other)), "nonnegative", False, int(other) - int(self))

    def __bool__(self) -> bool:
        return bool(_truth(self.form, "zero", False, int(self)))

    def _minus(self, other: int) -> Form:
        return formula.add(self.form, formula.multiply(-1, form_of(other)))

    # -- arithmetic -----------------------------------------------------------------------------

    def __add__(self, other: int) -> int:
        return _made(formula.add(self.form, form_of(other)), int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        return _made(self._minus(other), int(self) - int(other))

    def __rsub__(self, other: int) -> int:
        return _made(formula.multiply(-1, self._minus(other)), int(other) - int(self))

    def __mul__(self, other: int) -> int:
        if not isinstance(other, int):
            return NotImplemented
        return _made(formula.multiply(self.form, form_of(other)), int(self) * int(other))

    __rmul__ = __mul__

    def __neg__(self) -> int:
        return _made(formula.multiply(-1, self.form), -int(self))

    def __abs__(self) -> int:
        return self if self >= 0 else -self

    def __floordiv__(self, other: int) -> int:
        return _divided(self, other, formula.floor)

    def __rfloordiv__(self, other: int) -> int:
        return _divided(other, self, formula.floor)

    def __mod__(self, other: int) -> int:
        return _divided(self, other, formula.rest)

    def __rmod__(self, other: int) -> int:
        return _divided(other, self, formula.rest)

    def __divmod__(self, other: int) -> tuple[int, int]:
        return self // other, self % other

    def __ceil__(self) -> int:
        return self

    __floor__ = __trunc__ = __ceil__

    def __round__(self, digits: Any = None) -> int:
        return self

    def __float__(self) -> float:
        raise NeedsFixedSize

    def __truediv__(self, other: Any) -> float:
        raise NeedsFixedSize

    __rtruediv__ = __truediv__


def _made(form: Form, value: int) -> int:
    return form if isinstance(form, int) else Open(form, value)


def _divided(one: int, other: int, how: Any) -> int:
    form = how(form_of(one), form_of(other))
    return _made(form, how(int(one), int(other)) if int(other) else 0)


def form_of(size: int) -> Form:
    """What a size is as a function of the open sizes."""
    if isinstance(size, Open):
        return size.form
    if isinstance(size, Truth):
        return int(bool(size))
    return int(size)


def opened(form: Form, point: formula.Point, box: dict[str, SizeSet] | None = None) -> int:
    """A form as a size, with its value at a point; in words that are exact for the sizes of a box."""
    if isinstance(form, int):
        return form
    made = Open(form, formula.at(form, point))
    made.words = text(form, box)
    return made


def fixed(size: int, point: formula.Point) -> int:
    """A size as the plain number that it is at a point."""
    return formula.at(size.form, point) if isinstance(size, Open) else size
