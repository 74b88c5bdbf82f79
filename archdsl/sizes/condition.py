"""Conditions on one open size, `H % 32 == 0`, as sets of sizes."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.sizes.affine import nonnegative, opening, zero
from archdsl.sizes.sets import SizeSet, from_residues


@dataclass(frozen=True, slots=True)
class SizeCondition:
    """`H % 32 == 0`, or without a divisor `H >= 63`."""

    symbol: str
    divisor: int | None
    operator: str
    wanted: int

    @property
    def sizes(self) -> SizeSet:
        """The sizes that meet it. Raises TooComplex where the divisor is too large."""
        form = opening(self.symbol)
        over = (form.rest(self.divisor) if self.divisor else form).plus(-self.wanted)
        if self.operator == ">=":
            return nonnegative(over)
        if self.operator == ">":
            return nonnegative(over.plus(-1))
        if self.operator == "<=":
            return nonnegative(over.times(-1))
        if self.operator == "<":
            return nonnegative(over.times(-1).plus(-1))
        return zero(over)

    def is_tight(self, valid: SizeSet) -> bool:
        """Whether it says all that there is to say of the valid sizes in its own terms.

        What a division leaves: the valid sizes leave just that, from some size on. A bound: the least
        (or largest) valid size is just that. A single size: no other is valid.
        """
        mine = self.sizes
        if self.divisor:
            return mine == from_residues(1, valid.period, valid.late)
        if self.operator in (">", ">="):
            return mine.least() == valid.least()
        if self.operator in ("<", "<="):
            return valid.is_finite and largest(valid) == largest(mine)
        return mine == valid


def largest(sizes: SizeSet) -> int:
    """The largest size of a finite set; 0 if it is empty."""
    return max(sizes.early.bit_length() - 1, 0)
