"""What a spec expects of its open sizes, compared with the certificate.

Assumes a sound graph. Promises an error for each `expect` that does not hold, or cannot be told to, and
a warning for each such `claim`. A size that is set from outside is one valid size: what is expected of
all has to hold for it, and more is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import ClassVar

from archdsl.check.model import SizeVerdict
from archdsl.diagnostics import Error, Label, Report, Warning_
from archdsl.graph.model import Elaborated, SizeExpectation
from archdsl.sizes.certificate import Case, Certificate
from archdsl.sizes.condition import SizeCondition
from archdsl.sizes.sets import EVERY, NONE, SizeSet, TooComplex, only
from archdsl.sizes.words import describe
from archdsl.source import Span

_MOST_LINES = 4
"""Lines that refuse sizes, shown beside what is expected of them."""
_MOST_TRIED = 4096
"""Points that are tried where sizes are valid only together."""


class SizesDiffer(Error):
    """What is expected of the open sizes is not what the network accepts.

    A condition such as `H % 32 == 0` holds when every valid size meets it and the network asks no more
    in the same terms: the valid sizes leave just these rests, the least valid size is just that bound,
    or just that size is valid. `valid(H = 224)` holds when the network accepts the size; of a size
    that is not given, when it accepts some.
    """

    code: ClassVar[str] = "E507"
    message: ClassVar[str] = "expect {expected}: {why}"
    expected: str
    why: str


class ClaimedSizesDiffer(Warning_):
    """What somebody printed of the sizes is not what the network accepts.

    It is judged as an `expect` is, and is only a warning: papers err. Where it must hold, write `expect`.
    """

    code: ClassVar[str] = "W510"
    message: ClassVar[str] = "claim {expected}: {why}"
    expected: str
    why: str


def size_verdicts(graph: Elaborated, report: Report) -> list[SizeVerdict]:
    """Compare every expectation about open sizes, in order."""
    found = []
    for each in graph.size_expectations:
        try:
            why = _refuted(each, graph.certificate)
        except TooComplex as problem:
            why = f"it cannot be told: {problem}"
        found.append(SizeVerdict(each, why))
        if not why:
            continue
        kind = SizesDiffer if each.kind == "expect" else ClaimedSizesDiffer
        labels = _origin(each, graph.certificate)
        report.add(kind(at=each.span, expected=each.words, why=why, labels=labels, trace=each.trace))
    return found


def _refuted(each: SizeExpectation, certificate: Certificate | None) -> str:
    """Why an expectation does not hold; nothing if it does."""
    if each.condition is None:
        return _refuted_validity(each, certificate)
    symbol = each.condition.symbol
    if symbol in each.fixed:
        size = each.fixed[symbol]
        return "" if size in each.condition.sizes else f"the network accepts {symbol} = {size}"
    assert certificate is not None
    valid = _alone(certificate, symbol)
    if valid is None:
        return f"it cannot be told for {symbol} alone; the certificate is {certificate.words}"
    return _refuted_condition(each.condition, valid)


def _refuted_condition(condition: SizeCondition, valid: SizeSet) -> str:
    symbol = condition.symbol
    against = (valid - condition.sizes).least()
    if against is not None:
        return f"{symbol} = {against} is valid; the certificate is {describe(symbol, valid)}"
    if not condition.is_tight(valid):
        return f"the certificate says more: {describe(symbol, valid)}"
    return ""


def _alone(certificate: Certificate, symbol: str) -> SizeSet | None:
    """The valid sizes of one axis; None where they are not known without those of others."""
    if certificate.unexplored or any(case.coupled for case in certificate.cases):
        return None
    sizes = NONE
    for case in certificate.cases:
        sizes = sizes | case.box[symbol]
    return sizes


def _refuted_validity(each: SizeExpectation, certificate: Certificate | None) -> str:
    assert each.valid is not None
    if any(each.valid.get(symbol, size) != size for symbol, size in each.fixed.items()):
        return ""  # it speaks of another size than the one that is set
    given = {symbol: size for symbol, size in each.valid.items() if symbol not in each.fixed}
    accepted = True if certificate is None else _accepts(certificate, given)
    if accepted is None:
        return f"it cannot be told; {_is(certificate)}"
    if accepted == each.holds:
        return ""
    if certificate is None:
        return "the network accepts it"
    return f"it is {'' if accepted else 'not '}valid; {_is(certificate)}"


def _is(certificate: Certificate | None) -> str:
    return f"the certificate is {certificate.words}" if certificate else ""


def _accepts(certificate: Certificate, given: Mapping[str, int]) -> bool | None:
    """Whether the network accepts these sizes, with some of those that are not given; None if unknown."""
    if all(certificate.point[symbol] == size for symbol, size in given.items()):
        return True
    known = True
    for case in certificate.cases:
        box = {symbol: sizes & _asked(symbol, given) for symbol, sizes in case.box.items()}
        if not all(box.values()):
            continue
        if not case.coupled or _meets(case, box, len(box) - len(given)):
            return True
        known &= box.keys() == given.keys()
    for unknown in certificate.unexplored:
        known &= not all(size in unknown[symbol] for symbol, size in given.items())
    return False if known else None


def _asked(symbol: str, given: Mapping[str, int]) -> SizeSet:
    return only(given[symbol]) if symbol in given else EVERY


def _meets(case: Case, box: Mapping[str, SizeSet], free: int) -> bool:
    """Whether a point of a box, with so many sizes to choose, is found that meets what couples them."""
    each_axis = round(_MOST_TRIED ** (1 / max(free, 1)))
    points = product(*(sizes.first(each_axis) for sizes in box.values()))
    return any(dict(zip(box, point, strict=True)) in case for point in points)


def _origin(each: SizeExpectation, certificate: Certificate | None) -> tuple[Label, ...]:
    """The lines that refuse sizes of which the expectation speaks."""
    symbols = {each.condition.symbol} if each.condition else set(each.valid or ())
    needs: dict[Span, list[str]] = {}
    for reason in certificate.reasons if certificate else ():
        if reason.symbol in symbols:
            needs.setdefault(reason.refusal.at, []).append(reason.words)
    return tuple(Label(at, f"needs {'; '.join(words)}") for at, words in needs.items())[:_MOST_LINES]
