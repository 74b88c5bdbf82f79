"""What a spec expects and what a paper claims, compared with what is computed.

Assumes a checked graph but for its verdicts, and expectations whose subjects exist. Promises a verdict
on each that can be compared, and an error for each that cannot; an error for an `expect` that fails and
a warning for a `claim` that does not hold.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar

from archdsl.check.metrics import METRICS
from archdsl.check.model import Checked, Remark, Verdict
from archdsl.check.printed import Printed, read
from archdsl.diagnostics import Error, Label, Report, Warning_
from archdsl.graph.binding import nearest
from archdsl.graph.errors import UnknownMetric, WrongPrinted
from archdsl.graph.model import Expectation
from archdsl.sizes import Shape, show


class ExpectationFailed(Error):
    """An `expect` does not hold.

    `==` compares exactly. `~` holds when the computed value, rounded half up, gives what is printed at
    the printed precision: `61M` means to a million, `1.8G` to a tenth of a billion. `K`, `M`, `G` and
    `T` are powers of 1000; `Ki`, `Mi`, `Gi` and `Ti` are powers of 1024. A shape may be written channels
    first (`256 x 28 x 28`), as papers print it (`28 x 28 x 256`), or without the channels (`28 x 28`).
    """

    code: ClassVar[str] = "E501"
    message: ClassVar[str] = "expect {claim}: it is {computed}{off}"
    claim: str
    computed: str
    off: str


class ClaimDisagrees(Warning_):
    """What somebody printed is not what is computed.

    Papers round, cut, count differently, and err, so a claim that does not hold is only a warning:
    the note says whether it would hold if digits were cut, or if `K` meant 1024. Where the number must
    hold, write `expect`.
    """

    code: ClassVar[str] = "W502"
    message: ClassVar[str] = "claim {claim}: it is {computed}{off}"
    claim: str
    computed: str
    off: str


class NothingToCompare(Error):
    """The subject of an expectation has no such metric.

    A `stride` belongs to a feature map, whose cells lie some input cells apart; behind `flatten` or
    a global pool there are no such cells. A `receptive_field` belongs to a value that depends on an
    input with spatial axes. Ask the last layer that has them.
    """

    code: ClassVar[str] = "E503"
    message: ClassVar[str] = "`{subject}` has no {metric}: {why}"
    subject: str
    metric: str
    why: str


def verdicts(checked: Checked, report: Report) -> list[Verdict]:
    """Compare every expectation, in order."""
    found = []
    for expectation in checked.graph.expectations:
        refusal, computed = _compute(checked, expectation)
        if refusal is not None:
            report.add(refusal)
            continue
        verdict = judge(expectation, computed)
        found.append(verdict)
        if not verdict.holds:
            report.add(_disagreement(checked, verdict))
    return found


def _compute(checked: Checked, expectation: Expectation) -> tuple[Error | None, Any]:
    """The computed value, or why there is none to compare with what is printed."""
    name, wanted = expectation.metric, expectation.wanted
    metric = METRICS.get(name)
    if metric is None:
        return _unknown(checked, expectation), None
    computed = metric.compute(checked, expectation)
    if computed is None or computed == ():
        return _incomparable(checked, expectation), None
    if isinstance(wanted, tuple) and not isinstance(computed, tuple):
        at = expectation.printed.span
        return WrongPrinted(
            at=at, metric=name, wants="a number", got=f"`{show(wanted)}`", trace=expectation.trace
        ), None
    return None, computed


def _unknown(checked: Checked, expectation: Expectation) -> UnknownMetric:
    """A metric that there is not; a label alone may ask for its shape."""
    name, path = expectation.metric, f"{expectation.subject}.{expectation.metric}".lstrip(".")
    hints = (f"`{path}.shape`",) if path in checked.graph.named else nearest(name, METRICS)
    at = expectation.target or expectation.span
    return UnknownMetric(at=at, name=name, hints=hints, trace=expectation.trace)


# --- comparing ------------------------------------------------------------------------------------------


def judge(expectation: Expectation, computed: Any) -> Verdict:
    """One expectation beside the computed value: a number, or a tuple of one for each axis."""
    printed = _printed(expectation, computed)
    actual = computed if isinstance(computed, tuple) else (computed,)
    relations = []
    for order in _orders(expectation, actual, len(printed)):
        pairs = zip(map(Fraction, order), printed, strict=True)
        relations.append(_together([_relate(expectation.operator, *pair) for pair in pairs]))
    holds, remark = max(relations, default=(False, "differs"))  # one that holds, if any does
    off = None
    if not isinstance(computed, tuple) and printed[0].value:
        off = float(Fraction(computed) / printed[0].value - 1)
    return Verdict(expectation, computed, holds, remark, off)


def _printed(expectation: Expectation, computed: Any) -> tuple[Printed, ...]:
    """What is printed, a number for each axis; a single number goes for all axes of a position."""
    wanted = expectation.wanted
    if isinstance(wanted, tuple):
        return tuple(Printed(Fraction(each), Fraction(1)) for each in wanted)
    number = read(expectation.printed.span.text) or Printed(Fraction(wanted), Fraction(1))
    every_axis = isinstance(computed, tuple) and expectation.metric != "shape"
    return (number,) * (len(computed) if every_axis else 1)


def _orders(expectation: Expectation, actual: tuple[Any, ...], count: int) -> list[tuple[Any, ...]]:
    """The ways to write a shape in so many numbers: channels first, channels last, spatial axes only."""
    orders = [actual]
    if expectation.metric == "shape":
        orders += [(*actual[1:], actual[0]), actual[1:]]
    return [order for order in orders if len(order) == count]


_COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _relate(sign: str, computed: Fraction, printed: Printed) -> tuple[bool, Remark]:
    """Whether one number holds, and how it relates to the printed one."""
    if sign in _COMPARE:
        holds = _COMPARE[sign](computed, printed.value)
        return holds, "holds" if holds else "differs"
    if computed == printed.value:
        return True, "exact"
    if printed.is_rounded(computed):
        return sign == "~", "rounds"
    if printed.is_cut(computed):
        return False, "truncates"
    binary = printed.in_1024s()
    if binary and binary.is_rounded(computed):
        return False, "rounds in 1024s"
    if binary and binary.is_cut(computed):
        return False, "truncates in 1024s"
    return False, "differs"


def _together(relations: list[tuple[bool, Remark]]) -> tuple[bool, Remark]:
    """All axes as one: what is true of each."""
    remarks = {remark for _, remark in relations}
    return all(holds for holds, _ in relations), remarks.pop() if len(remarks) == 1 else "differs"


# --- telling --------------------------------------------------------------------------------------------


def _disagreement(checked: Checked, verdict: Verdict) -> ExpectationFailed | ClaimDisagrees:
    expectation = verdict.expectation
    kind = ExpectationFailed if expectation.kind == "expect" else ClaimDisagrees
    return kind(
        at=expectation.printed.span,
        here="printed" if expectation.kind == "claim" else "expected",
        claim=f"{target(expectation)} {expectation.operator} {_wanted(expectation)}",
        computed=shown(expectation, verdict.computed),
        off=_off(verdict.off),
        labels=_origin(checked, expectation),
        notes=_notes(verdict),
        hints=_hints(verdict),
        trace=expectation.trace,
    )


def target(expectation: Expectation) -> str:
    """`conv5_3.receptive_field`, `params`."""
    return f"{expectation.subject}.{expectation.metric}" if expectation.subject else expectation.metric


def _wanted(expectation: Expectation) -> str:
    """What is printed, as it is printed; the value of an expression."""
    text = expectation.printed.span.text
    if isinstance(expectation.wanted, tuple):
        return show(expectation.wanted)
    return text if read(text) else _number(Fraction(expectation.wanted))


def shown(expectation: Expectation, computed: Any) -> str:
    """The computed value in the form of the printed one."""
    if not isinstance(computed, tuple):
        return _number(Fraction(computed))
    wanted = expectation.wanted
    if expectation.metric == "shape":
        return show(_like(computed, wanted if isinstance(wanted, tuple) else (wanted,)))
    if len(set(computed)) == 1 and not isinstance(wanted, tuple):
        return _number(Fraction(computed[0]))
    return " x ".join(_number(Fraction(each)) for each in computed)


def _like(shape: Shape, wanted: Any) -> Shape:
    """A shape in the order in which another one is written, as far as that can be told."""
    if len(wanted) == len(shape) - 1:
        return shape[1:]
    last = (*shape[1:], *shape[:1])
    alike = [sum(a == b for a, b in zip(order, wanted, strict=False)) for order in (shape, last)]
    square_first = len(wanted) > 2 and wanted[0] == wanted[1] != wanted[-1]
    return last if alike[1] > alike[0] or (alike[0] == alike[1] and square_first) else shape


def _number(value: Fraction) -> str:
    """A number as a spec would have it."""
    if value.denominator == 1:
        return f"{value.numerator:_}" if abs(value) >= 10_000 else str(value.numerator)
    short = f"{float(value):.6g}"
    return short if Fraction(short) == value else str(value)


def _off(off: float | None) -> str:
    if not off:
        return ""
    percent = 100 * abs(off)
    amount = f"{percent:,.0f}" if percent >= 10 else f"{percent:.2g}" if percent >= 0.01 else "less than 0.01"
    return f", {amount}% {'more' if off > 0 else 'less'}"


_NOTES: dict[Remark, str] = {
    "rounds": "rounded to the printed digits it holds: `~` compares so",
    "truncates": "it gives the printed digits where the rest is cut off, not rounded",
    "rounds in 1024s": "it holds if {suffix} counts in 1024s: `{suffix}i` says so",
    "truncates in 1024s": "it gives the printed digits if {suffix} counts in 1024s and the rest is cut off",
}


def _notes(verdict: Verdict) -> tuple[str, ...]:
    note = _NOTES.get(verdict.remark)
    return (note.format(suffix=verdict.expectation.printed.span.text[-1]),) if note else ()


def _hints(verdict: Verdict) -> tuple[str, ...]:
    """The same line with the computed value in place of the printed one.

    A claim is left alone: it says what somebody printed, and that does not change.
    """
    expectation = verdict.expectation
    if expectation.operator in _COMPARE or expectation.kind == "claim":
        return ()
    value = shown(expectation, verdict.computed)
    literal = read(expectation.printed.span.text)
    if expectation.operator == "~" and literal and not isinstance(verdict.computed, tuple):
        exact = Fraction(verdict.computed)
        value = literal.reprint(exact) if literal.rounded(exact) else value
    line, printed = expectation.span, expectation.printed.span
    inside = line.source is printed.source and line.start < printed.start and printed.end <= line.end
    if not inside or line == printed or "\n" in line.text:  # a cell of a table, not a line
        return (f"`{value}` in this cell",)
    before, after = line.text[: printed.start - line.start], line.text[printed.end - line.start :]
    return (f"{expectation.kind} {before.removeprefix(expectation.kind).lstrip()}{value}{after}",)


def _origin(checked: Checked, expectation: Expectation) -> tuple[Label, ...]:
    """Where the subject was made."""
    graph, value = checked.graph, expectation.value
    if not expectation.subject:
        return (Label(graph.net.name.span, f"{expectation.metric} of this network"),)
    if METRICS[expectation.metric].of_value and value is not None:
        return (Label(value.node.span, f"{show(value.shape or ())} comes from here"),)
    named = graph.named.get(expectation.subject)
    return (Label(named.span, f"{expectation.metric} of this part"),) if named else ()


def _incomparable(checked: Checked, expectation: Expectation) -> NothingToCompare:
    value = expectation.value
    why = "it was flattened or pooled as a whole, so its cells do not move over the input"
    if expectation.subject and value is None:
        why = "it stands for several values"
    elif not METRICS[expectation.metric].spatial or not _sees(checked, expectation):
        why = "it depends on no input with spatial axes"
    return NothingToCompare(
        at=expectation.span,
        subject=expectation.subject or checked.name,
        metric=expectation.metric,
        why=why,
        labels=_origin(checked, expectation),
        trace=expectation.trace,
    )


def _sees(checked: Checked, expectation: Expectation) -> bool:
    """Whether the subject depends on an input with spatial axes at all."""
    return bool(METRICS["receptive_field"].compute(checked, expectation))
