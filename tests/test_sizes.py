"""Quasi-affine sizes, the sets they describe and their words, beside plain numbers."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.sizes import formula
from archdsl.sizes.affine import Affine, nonnegative, opening, zero
from archdsl.sizes.open import Open, Trail, walking
from archdsl.sizes.sets import EVERY, NONE, SizeSet, TooComplex, at_least, from_residues, only
from archdsl.sizes.words import describe, text

SIZES = range(1, 260)

Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("plus"), st.integers(-9, 9)),
        st.tuples(st.just("times"), st.integers(-2, 5).filter(bool)),
        st.tuples(st.just("floor"), st.integers(1, 6)),
        st.tuples(st.just("rest"), st.integers(2, 6)),
    ),
    max_size=5,
)


def function(path: list[Step]) -> Affine:
    made = opening("H")
    for name, number in path:
        made = getattr(made, name)(number)
    return made


def value(path: list[Step], size: int) -> int:
    for name, number in path:
        if name == "plus":
            size += number
        elif name == "times":
            size *= number
        else:
            size = size // number if name == "floor" else size % number
    return size


@given(steps)
def test_functions_have_the_values_of_numbers(path: list[Step]) -> None:
    f = function(path)
    assert [f.at(n) for n in SIZES] == [value(path, n) for n in SIZES]


@given(steps)
def test_where_a_function_is_zero_or_more(path: list[Step]) -> None:
    f = function(path)
    values = [value(path, n) for n in SIZES]
    assert [n in nonnegative(f) for n in SIZES] == [each >= 0 for each in values]
    assert [n in zero(f) for n in SIZES] == [each == 0 for each in values]


@given(steps, steps)
def test_sums_and_sets_of_two(path: list[Step], other: list[Step]) -> None:
    f, g = function(path), function(other)
    assert [f.add(g).at(n) for n in SIZES] == [value(path, n) + value(other, n) for n in SIZES]
    a, b = nonnegative(f), nonnegative(g)
    assert [n in a & b for n in SIZES] == [n in a and n in b for n in SIZES]
    assert [n in a | b for n in SIZES] == [n in a or n in b for n in SIZES]
    assert [n in a - b for n in SIZES] == [n in a and n not in b for n in SIZES]
    assert (a <= b) == (not a - b)
    assert a.first(9) == [n for n in range(1, 3000) if n in a][:9]


@given(steps)
def test_words_of_a_function_are_exact(path: list[Step]) -> None:
    f = function(path)
    words = text(f)
    if "[" in words:  # a list of what each rest adds
        return
    shown = re.sub(r"(?<=[\dH)⌋⌉])(?=[H(⌊⌈])", "*", words)
    shown = shown.replace("⌊", "floor(").replace("⌈", "ceil(").replace("⌋", ")").replace("⌉", ")")
    names = {"floor": math.floor, "ceil": math.ceil}
    assert [eval(shown, {**names, "H": Fraction(n)}) for n in SIZES] == [f.at(n) for n in SIZES], words


def test_words_of_sets() -> None:
    assert describe("H", EVERY) == "H: any size"
    assert describe("H", NONE) == "H: none"
    assert describe("H", only(224)) == "H = 224 only"
    assert describe("H", at_least(63)) == "H >= 63"
    assert describe("H", from_residues(1, 32, 1)) == "H: multiples of 32"
    assert describe("H", from_residues(64, 32, 1)) == "H: multiples of 32, at least 64"
    assert describe("H", from_residues(7, 2, 2)) == "H: odd, at least 7"
    assert describe("H", at_least(3) - from_residues(1, 5, 1)) == "H >= 3, not a multiple of 5"
    assert describe("H", at_least(9) | only(4)) == "H >= 9; and 4"
    assert describe("H", ~at_least(9) - ~at_least(3)) == "H = 3 to 8 only"


def test_equal_sets_are_equal() -> None:
    assert from_residues(1, 4, 0b0101) == from_residues(1, 2, 0b01)
    assert SizeSet(5, 0b11110, 1, 1) == EVERY
    assert from_residues(3, 2, 0b01) == from_residues(4, 2, 0b01)


def test_too_long_a_period_is_told() -> None:
    f = opening("H").floor(97)
    with pytest.raises(TooComplex, match="9,409"):
        f.floor(97)


def test_products_are_compared_term_by_term() -> None:
    h, w = opening("H").floor(32), opening("W").floor(32)
    one = formula.multiply(512, formula.multiply(h, w))
    other = formula.multiply(formula.multiply(h, 512), w)
    assert one == other
    assert formula.at(one, {"H": 224, "W": 255}) == 512 * 7 * 7
    assert formula.floor(one, 512) == formula.multiply(h, w)
    assert formula.add(one, formula.multiply(-1, other)) == 0


def test_a_trail_notes_for_which_sizes_a_decision_is_the_same() -> None:
    size = Open(opening("H"), 224)
    trail = Trail({"H": EVERY})
    with walking(trail):
        assert size % 32 == 0
        assert size >= 3
    assert trail.box["H"] == from_residues(1, 32, 1)
    assert [each["H"] for each in trail.others()] == [~from_residues(1, 32, 1)]
