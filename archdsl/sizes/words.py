"""Sizes and sets of sizes in words: `H/2`, `⌊(H + 1)/2⌋`, "multiples of 32, at least 32"."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

from archdsl.sizes.affine import Affine
from archdsl.sizes.formula import Form
from archdsl.sizes.sets import EVERY, SizeSet

_MOST_LISTED = 8
"""More residues, or single sizes, than this are not listed one by one."""


# --- forms ----------------------------------------------------------------------------------------------


def text(form: Form, sizes: dict[str, SizeSet] | None = None) -> str:
    """A form as people write it; exact for the sizes given (for all, without them)."""
    if isinstance(form, int):
        return str(form)
    if isinstance(form, Affine):
        return _affine(form, (sizes or {}).get(form.symbol, EVERY))
    parts = [text(part, sizes) for part in form.parts]
    if form.kind == "sum":
        shown = parts[0]
        for part in parts[1:]:
            shown += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        return shown
    if form.kind == "product":
        return " * ".join(part if " * " in part else _closed(part) for part in parts)
    if form.kind == "floor":
        return f"⌊{_closed(parts[0])}/{_closed(parts[1])}⌋"
    return f"{_closed(parts[0])} mod {_closed(parts[1])}"


def _closed(shown: str) -> str:
    """In brackets, where it is a sum or a product."""
    depth = 0
    for each in shown:
        depth += (each in "(⌊⌈") - (each in ")⌋⌉")
        if each == " " and not depth:
            return f"({shown})"
    return shown


@lru_cache(maxsize=4096)
def _affine(f: Affine, sizes: SizeSet) -> str:
    """`2 ⌊H/2⌋ - 4`: the value is a multiple of something, and that is a division."""
    period, rests = _rests(f, sizes)
    values = [(rest, f.at(rest)) for rest in rests]
    rise = f.rise * (period // f.period)
    first = values[0][1]
    step = gcd(rise, *(value - first for _, value in values))
    for factor in (1, step):
        offset = 0 if factor == 1 else _nearest_zero(first, factor)
        if factor and (shown := _division([(n, (v - offset) // factor) for n, v in values], f, factor)):
            inner = shown if factor == 1 else f"{factor}{_closed(shown)}"
            return inner if not offset else f"{inner} {'+' if offset > 0 else '-'} {abs(offset)}"
    listed = ", ".join(str(value) for _, value in values) if len(values) <= _MOST_LISTED else "…"
    return f"{f.symbol}·{f.slope} + [{listed}]"


def _nearest_zero(value: int, factor: int) -> int:
    rest = value % factor
    return rest if 2 * rest <= factor else rest - factor


def _rests(f: Affine, sizes: SizeSet) -> tuple[int, list[int]]:
    """Over one common period of a function and of sizes, those sizes."""
    period = f.period * sizes.period // gcd(f.period, sizes.period)
    if sizes.is_finite:
        found = sizes.first(period)
    else:
        found = [rest for rest in range(period) if sizes.late >> rest % sizes.period & 1]
    return period, found or list(range(period))


def _division(values: list[tuple[int, int]], f: Affine, factor: int) -> str:
    """`H/2`, `(H + 1)/2`, `⌊H/2⌋` or `⌈H/2⌉`, if a function with these values is one; else nothing."""
    slope = f.slope / factor
    p, q = slope.numerator, slope.denominator
    low = max(q * value - p * n for n, value in values)
    high = min(q * value + q - 1 - p * n for n, value in values)
    if low > high:
        return ""
    exact = len({q * value - p * n for n, value in values}) == 1
    name = f.symbol if p == 1 else f"-{f.symbol}" if p == -1 else f"{p}{f.symbol}"
    if exact:
        return _over(name, low, q)
    if low <= q - 1 <= high and p == 1:
        return f"⌈{name}/{q}⌉"
    number = 0 if low <= 0 <= high else low if low > 0 else high
    whole = number // q if number else 0
    number -= whole * q
    if number == q - 1 and p == 1:
        shown = f"⌈{name}/{q}⌉"
    else:
        inside = name if not number else f"({name} + {number})"
        shown = f"⌊{inside}/{q}⌋"
    return shown if not whole else f"{shown} {'+' if whole > 0 else '-'} {abs(whole)}"


def _over(name: str, number: int, divisor: int) -> str:
    """(name + number) / divisor, which leaves no rest."""
    if divisor == 1 or number % divisor == 0:
        shown, number = (name if divisor == 1 else f"{name}/{divisor}"), number // divisor
        return shown if not number else f"{shown} {'+' if number > 0 else '-'} {abs(number)}"
    return f"({name} {'+' if number > 0 else '-'} {abs(number)})/{divisor}"


# --- sets -----------------------------------------------------------------------------------------------


def describe(name: str, sizes: SizeSet) -> str:
    """`H: multiples of 32, at least 32`, in the simplest words that are exactly true."""
    if sizes == EVERY:
        return f"{name}: any size"
    if not sizes:
        return f"{name}: none"
    if sizes.is_finite:
        return f"{name} = {_listed(sizes)} only"
    least = sizes.least() or 1
    regular, odd_ones = _from(sizes)
    late = _late(name, sizes, regular)
    return late if not odd_ones else f"{late}; and {_numbers(odd_ones)}" if regular > least else late


def _from(sizes: SizeSet) -> tuple[int, list[int]]:
    """From which member on the set repeats, and the members before."""
    early = [size for size in sizes.first(sizes.start) if size < sizes.start]
    # members just below the start that the repetition has too belong to it
    regular = sizes.least(sizes.start) or sizes.start
    return regular, early


def _late(name: str, sizes: SizeSet, least: int) -> str:
    period, residues = sizes.period, sizes.residues
    if period == 1:
        return f"{name} >= {least}"
    if len(residues) == 1:
        (rest,) = residues
        if rest == 0:
            return f"{name}: multiples of {period}" + (f", at least {least}" if least != period else "")
        if period == 2:
            return f"{name}: odd" + (f", at least {least}" if least > 1 else "")
        first = ", ".join(map(str, sizes.first(3, least)))
        return f"{name}: {rest} more than a multiple of {period}, at least {least} ({first}, …)"
    if len(residues) == period - 1:
        missing = next(rest for rest in range(period) if rest not in residues)
        if missing == 0:
            return f"{name} >= {least}, not a multiple of {period}"
    if len(residues) <= _MOST_LISTED:
        return f"{name} >= {least}, {name} mod {period} one of {', '.join(map(str, residues))}"
    missing_ones = [rest for rest in range(period) if rest not in residues]
    if len(missing_ones) <= _MOST_LISTED:
        return f"{name} >= {least}, {name} mod {period} none of {', '.join(map(str, missing_ones))}"
    return (
        f"{name} >= {least}, {len(residues)} of every {period} sizes ({_numbers(sizes.first(4, least))}, …)"
    )


def _listed(sizes: SizeSet) -> str:
    return _numbers(sizes.first(sizes.start))


def _numbers(members: list[int]) -> str:
    """`3, 5 to 9, 12`."""
    runs: list[list[int]] = []
    for size in members:
        if runs and size == runs[-1][-1] + 1:
            runs[-1][1:] = [size]
        else:
            runs.append([size])
    shown = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    more = f", … ({len(members)} in all)" if len(shown) > 2 * _MOST_LISTED else ""
    return ", ".join(shown[: 2 * _MOST_LISTED]) + more
