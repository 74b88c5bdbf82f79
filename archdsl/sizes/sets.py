"""Sets of sizes: subsets of 1, 2, 3, … that repeat from some size on.

Every condition on a quasi-affine size describes such a set, and so do all intersections, unions and
complements of them; so all of this is exact. Members are kept as the bits of whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import lcm

MOST_PERIOD = 1 << 13
"""The longest period that is computed with; a size that needs a longer one is refused."""


class TooComplex(Exception):
    """An answer needs a longer period, or more cases, than are computed with."""


class SizeSet:
    """The sizes n >= 1 with bit n of `early` set, below `start`, and bit n % period of `late`, from there on.

    Two equal sets are equal objects field by field: period and start are the least possible ones.
    """

    __slots__ = ("early", "late", "period", "start")

    def __init__(self, start: int, early: int, period: int, late: int) -> None:
        period, late = _least_period(period, late)
        early &= (1 << start) - 2  # no bit for 0, none from the start on
        differ = early ^ (repeated(late, period, start) & ~1)
        start = max(1, differ.bit_length())
        self.start = start
        self.early = early & ((1 << start) - 1)
        self.period = period
        self.late = late

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SizeSet) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"<sizes {', '.join(map(str, self.first(6)))}, … of period {self.period} from {self.start}>"

    def _key(self) -> tuple[int, int, int, int]:
        return self.start, self.early, self.period, self.late

    def __contains__(self, size: int) -> bool:
        if size < self.start:
            return size >= 1 and bool(self.early >> size & 1)
        return bool(self.late >> size % self.period & 1)

    def __bool__(self) -> bool:
        return bool(self.early or self.late)

    def __and__(self, other: SizeSet) -> SizeSet:
        if self == other or other == EVERY:
            return self
        start, period = max(self.start, other.start), common_period(self.period, other.period)
        late = repeated(self.late, self.period, period) & repeated(other.late, other.period, period)
        return SizeSet(start, self.below(start) & other.below(start), period, late)

    def __invert__(self) -> SizeSet:
        return SizeSet(
            self.start, ~self.early & ((1 << self.start) - 1), self.period, ~self.late & _ones(self.period)
        )

    def __or__(self, other: SizeSet) -> SizeSet:
        return ~(~self & ~other)

    def __sub__(self, other: SizeSet) -> SizeSet:
        return self & ~other

    def __le__(self, other: SizeSet) -> bool:
        """Whether all members of this set are members of the other."""
        return not self - other

    def below(self, end: int) -> int:
        """The members below `end`, as bits."""
        if end <= self.start:
            return self.early & ((1 << end) - 1)
        late = repeated(self.late, self.period, end)
        return self.early | late >> self.start << self.start

    @property
    def residues(self) -> tuple[int, ...]:
        """What the members from `start` on leave, divided by the period."""
        return tuple(_bits(self.late))

    @property
    def is_finite(self) -> bool:
        return not self.late

    def least(self, start: int = 1) -> int | None:
        """The least member that is not below `start`."""
        return next(self.members(start), None)

    def members(self, start: int = 1) -> Iterator[int]:
        """The members from `start` on, in order; endless where the set is."""
        yield from _bits(self.early >> start << start)
        if not self.late:
            return
        residues = self.residues
        turn = max(start, self.start) // self.period
        while True:
            for residue in residues:
                size = turn * self.period + residue
                if size >= max(start, self.start):
                    yield size
            turn += 1

    def first(self, count: int, start: int = 1) -> list[int]:
        """So many members from `start` on, or all."""
        return [size for size, _ in zip(self.members(start), range(count))]  # noqa: B905

    def nearest(self, wanted: int) -> int | None:
        """The member nearest to a size, of two the larger."""
        above = self.least(wanted)
        for distance in range(wanted if above is None else min(wanted, above - wanted)):
            if wanted - distance in self:
                return wanted - distance
        return above


def from_residues(start: int, period: int, late: int) -> SizeSet:
    """The sizes from `start` on whose rest, divided by the period, is a bit of `late`."""
    start = max(start, 1)
    return SizeSet(start, 0, period, late)


def only(size: int) -> SizeSet:
    """The set of one size."""
    return SizeSet(size + 1, 1 << size, 1, 0) if size >= 1 else NONE


def at_least(size: int) -> SizeSet:
    """The set of all sizes from this one on."""
    return from_residues(size, 1, 1)


def common_period(one: int, other: int) -> int:
    """The least period of both. Raises TooComplex where it is too long."""
    period = lcm(one, other)
    if period > MOST_PERIOD:
        raise TooComplex(f"sizes repeat with a period of {period:,}; up to {MOST_PERIOD:,} is computed")
    return period


def _ones(count: int) -> int:
    return (1 << count) - 1


def repeated(bits: int, period: int, length: int) -> int:
    """A pattern of `period` bits, repeated up to `length` bits."""
    if bits == _ones(period):
        return _ones(length)
    if not bits:
        return 0
    turns = -(-length // period)
    return bits * (_ones(period * turns) // _ones(period)) & _ones(length)


@lru_cache(maxsize=4096)
def _least_period(period: int, bits: int) -> tuple[int, int]:
    for prime in primes(period):
        while (
            period % prime == 0 and repeated(bits & _ones(period // prime), period // prime, period) == bits
        ):
            period //= prime
            bits &= _ones(period)
    return period, bits


@lru_cache(maxsize=4096)
def primes(number: int) -> tuple[int, ...]:
    """The primes that divide a number."""
    found, candidate = [], 2
    while candidate * candidate <= number:
        if number % candidate == 0:
            found.append(candidate)
            while number % candidate == 0:
                number //= candidate
        candidate += 1
    return (*found, number) if number > 1 else tuple(found)


def _bits(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


NONE = SizeSet(1, 0, 1, 0)
EVERY = SizeSet(1, 0, 1, 1)
