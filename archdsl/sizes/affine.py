"""Sizes that are quasi-affine functions of an open size.

f(P * q + r) = rise * q + offsets[r] for 0 <= r < P: a slope, and one offset for each rest of n. Windows,
crops and factors lead from one such function to another, because

    floor((floor((n + a) / b) + c) / d) = floor((n + a + b * c) / (b * d)),

and where such a function is zero, or at least zero, is a set that repeats (`sets.py`). So whatever can
be said of a size within this family is said exactly.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd

from archdsl.sizes.sets import (
    MOST_PERIOD,
    SizeSet,
    TooComplex,
    at_least,
    common_period,
    from_residues,
    primes,
    repeated,
)


class Affine:
    """A quasi-affine function of one open size; equal functions are equal field by field."""

    __slots__ = ("_hash", "offsets", "period", "rise", "symbol")

    def __init__(self, symbol: str, rise: int, offsets: tuple[int, ...]) -> None:
        rise, offsets = _least(rise, offsets)
        self.symbol = symbol
        self.rise = rise
        """How much it grows over one period."""
        self.offsets = offsets
        self.period = len(offsets)
        self._hash = hash((symbol, rise, offsets))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Affine)
            and self._hash == other._hash
            and (self.symbol, self.rise, self.offsets) == (other.symbol, other.rise, other.offsets)
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<{self.symbol}: {self.rise} each {self.period}, {self.offsets}>"

    def at(self, size: int) -> int:
        """The value at a size."""
        turns, rest = divmod(size, self.period)
        return self.rise * turns + self.offsets[rest]

    @property
    def constant(self) -> int | None:
        """The value, if it is the same everywhere."""
        return self.offsets[0] if self.rise == 0 and self.period == 1 else None

    @property
    def slope(self) -> Fraction:
        return Fraction(self.rise, self.period)

    def plus(self, number: int) -> Affine:
        return Affine(self.symbol, self.rise, tuple([each + number for each in self.offsets]))

    def times(self, number: int) -> Affine:
        return Affine(self.symbol, self.rise * number, tuple([each * number for each in self.offsets]))

    def add(self, other: Affine) -> Affine:
        """The sum with a function of the same open size."""
        period = common_period(self.period, other.period)
        one, two = self._over(period), other._over(period)
        return Affine(
            self.symbol,
            self.rise * (period // self.period) + other.rise * (period // other.period),
            tuple([a + b for a, b in zip(one, two, strict=True)]),
        )

    def floor(self, divisor: int) -> Affine:
        """What a division by a number gives, rounded down; the number is not zero."""
        period = self.period * (abs(divisor) // gcd(self.rise, divisor))
        if period > MOST_PERIOD:
            raise TooComplex(f"sizes repeat with a period of {period:,}; up to {MOST_PERIOD:,} is computed")
        rise = self.rise * (period // self.period) // divisor
        return Affine(self.symbol, rise, tuple([each // divisor for each in self._over(period)]))

    def rest(self, divisor: int) -> Affine:
        """What a division by a number leaves."""
        return self.add(self.floor(divisor).times(-divisor))

    def _over(self, period: int) -> tuple[int, ...]:
        """The values at 0 … period - 1, a multiple of its own period."""
        if period == self.period:
            return self.offsets
        return tuple(
            [turn * self.rise + each for turn in range(period // self.period) for each in self.offsets]
        )


def opening(symbol: str) -> Affine:
    """The open size itself."""
    return Affine(symbol, 1, (0,))


@lru_cache(maxsize=65536)
def zero(f: Affine) -> SizeSet:
    """Where a function is zero."""
    if f.rise == 0:
        return from_residues(1, f.period, sum(1 << r for r, each in enumerate(f.offsets) if each == 0))
    early = 0
    for rest, each in enumerate(f.offsets):
        if each % f.rise == 0 and (size := -each // f.rise * f.period + rest) >= 1:
            early |= 1 << size
    return SizeSet(early.bit_length() + 1, early, 1, 0)


@lru_cache(maxsize=65536)
def nonnegative(f: Affine) -> SizeSet:
    """Where a function is zero or more."""
    if f.rise == 0:
        return from_residues(1, f.period, sum(1 << r for r, each in enumerate(f.offsets) if each >= 0))
    if f.rise < 0:
        return ~nonnegative(f.times(-1).plus(-1))
    if f.period == 1:
        return at_least(-(f.offsets[0] // f.rise))
    # from `starts[r]` on, the sizes with the rest r are members
    starts = [-(each // f.rise) * f.period + rest for rest, each in enumerate(f.offsets)]
    start = max(*starts, 1)
    early = 0
    for rest, first in enumerate(starts):
        early |= repeated(1 << rest, f.period, start) >> max(first, 0) << max(first, 0)
    return SizeSet(start, early, 1, 1)


def agree(one: Affine, other: Affine) -> SizeSet:
    """Where two functions of the same open size are equal."""
    return zero(one.add(other.times(-1)))


@lru_cache(maxsize=65536)
def _least(rise: int, offsets: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The same function over the shortest period."""
    for prime in primes(len(offsets)):
        while len(offsets) % prime == 0 and rise % prime == 0:
            period, step = len(offsets) // prime, rise // prime
            if any(offsets[i + period] != offsets[i] + step for i in range(len(offsets) - period)):
                break
            rise, offsets = step, offsets[:period]
    return rise, offsets
