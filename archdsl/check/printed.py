"""Numbers as papers print them.

`61M` has the precision of a million, `1.8G` of a hundred million, `60_965_224` of one. The arithmetic
is exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_NUMBER = re.compile(r"([0-9][0-9_]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?([KMGT]i?)?")
_THOUSANDS = {"K": 1, "M": 2, "G": 3, "T": 4}


@dataclass(frozen=True, slots=True)
class Printed:
    """A number and the step of its last printed digit; `suffix` is the letter behind it, if any."""

    value: Fraction
    step: Fraction
    suffix: str = ""

    def is_rounded(self, exact: Fraction) -> bool:
        """Whether `exact`, rounded half up to the printed precision, is what is printed."""
        return self.rounded(exact) == self.value

    def is_cut(self, exact: Fraction) -> bool:
        """Whether `exact` without the digits behind the printed ones is what is printed."""
        return exact // self.step * self.step == self.value

    def rounded(self, exact: Fraction) -> Fraction:
        return (exact / self.step + Fraction(1, 2)) // 1 * self.step

    def in_1024s(self) -> Printed | None:
        """The same with `K` read as 1024, `M` as 1024 squared, …; None without such a letter."""
        if self.suffix not in _THOUSANDS:
            return None
        factor = Fraction(1024, 1000) ** _THOUSANDS[self.suffix]
        return Printed(self.value * factor, self.step * factor, self.suffix)

    def reprint(self, exact: Fraction) -> str:
        """Another number in the same form."""
        scale = _scale(self.suffix)
        decimals, step = 0, self.step / scale
        while step.denominator != 1:
            decimals, step = decimals + 1, step * 10
        digits = int(self.rounded(exact) / scale * 10**decimals)
        whole, rest = divmod(digits, 10**decimals)
        return f"{whole:_}" + (f".{rest:0{decimals}}" if decimals else "") + self.suffix


def read(text: str) -> Printed | None:
    """A number from its text in a spec; None if it is none, such as `4 * classes`."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits, decimals, power, suffix = ((group or "").replace("_", "") for group in found.groups())
    step = Fraction(10) ** (int(power or 0) - len(decimals)) * _scale(suffix)
    return Printed(int(digits + decimals) * step, step, suffix)


def _scale(suffix: str) -> int:
    """What `K`, `Mi`, … multiply by."""
    base = 1024 if suffix.endswith("i") else 1000
    return int(base ** _THOUSANDS[suffix[0]]) if suffix else 1
