"""Which sizes a network accepts: what is known, exactly, and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.sizes.formula import Formula, Point, add
from archdsl.sizes.open import Coupled
from archdsl.sizes.sets import SizeSet
from archdsl.sizes.words import describe, text

Meets = Callable[[Point], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """Sizes that are valid: any combination from the box that meets all that couples them."""

    box: Mapping[str, SizeSet]
    coupled: tuple[tuple[Meets, Coupled | None], ...] = ()
    unbroken: tuple[Meets, ...] = ()
    """Conditions on several sizes that all points tried meet: not told in words, and yet asked."""

    def __contains__(self, point: Point) -> bool:
        inside = all(point[symbol] in sizes for symbol, sizes in self.box.items())
        return inside and all(meets(point) for meets in (*(each for each, _ in self.coupled), *self.unbroken))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why sizes are refused: those that one line accepts, and what it says of another."""

    symbol: str
    accepts: SizeSet
    refusal: Any
    """The diagnostic: its place is the line that refuses, its labels the lines that this stems from."""
    coupled: Coupled | None = None
    box: Mapping[str, SizeSet] | None = None
    """For a network that is another one for some sizes: those, which are all refused."""

    @property
    def line(self) -> int:
        """The line that refuses."""
        at = self.refusal.at
        return int(at.source.position(at.start)[0])

    @property
    def words(self) -> str:
        """What is asked of the sizes."""
        if self.box is not None:
            return f"not {', '.join(describe(*each) for each in self.box.items())}"
        if self.coupled is not None:
            return relation(self.coupled)
        return describe(self.symbol, self.accepts) if self.symbol else "sizes that go together"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The sizes for which a network with open sizes is valid, and who says so."""

    cases: tuple[Case, ...]
    """The network is the same within a case; together they are all valid sizes."""
    point: Mapping[str, int]
    """The sizes at which the network is shown."""
    reasons: tuple[Reason, ...]
    lossless: Mapping[str, SizeSet]
    """The valid sizes at which every cell of every map is read."""
    sized: frozenset[int] = frozenset()
    """The layers whose arguments are computed from open sizes, by their indices."""
    unexplored: tuple[Mapping[str, SizeSet], ...] = ()
    """Sizes of which nothing is known, because there are too many cases."""

    def valid(self, **sizes: int) -> bool:
        """Whether the network accepts these sizes. Raises TypeError unless each open size is given."""
        if sizes.keys() != self.point.keys():
            raise TypeError(f"the open sizes are {', '.join(self.point)}")
        return any(sizes in case for case in self.cases)

    @property
    def words(self) -> str:
        """`H and W: multiples of 32, at least 64`."""
        return "; or ".join(_case(each) for each in self.cases)

    def document(self) -> dict[str, Any]:
        """For programs: every case with its sets, as plain data."""
        return {
            "words": self.words,
            "shown_at": dict(self.point),
            "lossless": {symbol: _set(sizes) for symbol, sizes in self.lossless.items()},
            "cases": [
                {
                    "sizes": {symbol: _set(sizes) for symbol, sizes in case.box.items()},
                    "coupled": [relation(form) if form else None for _, form in case.coupled],
                }
                for case in self.cases
            ],
            "reasons": [
                {"words": each.words, "line": each.line, "message": each.refusal.text}
                for each in self.reasons
            ],
            "unexplored": [{symbol: _set(sizes) for symbol, sizes in box.items()} for box in self.unexplored],
        }


def _set(sizes: SizeSet) -> dict[str, Any]:
    """n is a member if n is in `early`, or n >= `start` and n % `period` is in `residues`."""
    return {
        "early": [size for size in sizes.first(sizes.start) if size < sizes.start],
        "start": sizes.start,
        "period": sizes.period,
        "residues": list(sizes.residues),
        "words": describe("n", sizes),
    }


def _case(case: Case) -> str:
    forms = (relation(form) if form else "only some of them together" for _, form in case.coupled)
    return "; ".join([*boxes(case.box), *dict.fromkeys(forms)])


def boxes(box: Mapping[str, SizeSet]) -> Iterator[str]:
    """The sizes in words, those that are alike together."""
    alike: dict[SizeSet, list[str]] = {}
    for symbol, sizes in box.items():
        alike.setdefault(sizes, []).append(symbol)
    for sizes, symbols in alike.items():
        name = ", ".join(symbols[:-1]) + f" and {symbols[-1]}" if len(symbols) > 1 else symbols[0]
        yield describe(name, sizes)


def relation(condition: Coupled) -> str:
    """A condition that couples sizes, as a formula."""
    form, number = condition.form, 0
    if isinstance(form, Formula) and form.kind == "sum" and isinstance(form.parts[-1], int):
        number = -form.parts[-1]
        form = add(form, number)
    if condition.relation == "zero":
        return f"{text(form)} {'=' if condition.holds else 'is not'} {number:,}"
    return f"{text(form)} {'>=' if condition.holds else '<'} {number:,}"
