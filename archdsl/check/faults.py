"""Where in a graph the errors are that were found by checking it."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.check.expectations import ExpectationFailed, shown
from archdsl.check.metrics import METRICS
from archdsl.check.model import Checked
from archdsl.diagnostics import Diagnostic
from archdsl.graph.faults import Fault, Spot, located
from archdsl.graph.model import Elaborated, Expectation
from archdsl.source import Span

Said = tuple[Span, str]
"""What tells errors of expectations apart: the place, and the value that is other than expected."""


def faults(graph: Elaborated, checked: Checked | None, errors: Sequence[Diagnostic]) -> tuple[Fault, ...]:
    """Each error with its layers: of an expectation, those of which it speaks, or the last of that part."""
    if not errors:
        return ()
    spoken = _spoken(graph, checked)
    expected = [
        Fault(each, _spots(graph, each, spoken[_said(each)])) for each in errors if _said(each) in spoken
    ]
    return (*expected, *located(graph, [each for each in errors if _said(each) not in spoken]))


def _said(error: Diagnostic) -> Said:
    return error.at, error.computed if isinstance(error, ExpectationFailed) else ""


def _spoken(graph: Elaborated, checked: Checked | None) -> dict[Said, list[Expectation]]:
    """The expectations that do not hold, or cannot be compared, by what is said of them.

    One line may be several, where its block is used several times.
    """
    verdicts = {id(each.expectation): each for each in checked.verdicts} if checked is not None else {}
    found: dict[Said, list[Expectation]] = {}
    for each in graph.expectations:
        verdict, printed = verdicts.get(id(each)), each.printed.span
        if verdict is None:
            for place in {printed, each.span, each.target or each.span}:
                found.setdefault((place, ""), []).append(each)
        elif not verdict.holds:
            found.setdefault((printed, shown(each, verdict.computed)), []).append(each)
    return found


def _spots(graph: Elaborated, error: Diagnostic, spoken: list[Expectation]) -> tuple[Spot, ...]:
    words = ""
    if isinstance(error, ExpectationFailed):
        words = f"got {error.computed}, expected {error.at.text}"
    layers = dict.fromkeys(_subject(graph, each) for each in spoken)
    return tuple(Spot(layer, (), words) for layer in layers if layer is not None)


def _subject(graph: Elaborated, expectation: Expectation) -> int | None:
    """The layer that gives what is expected to be so; None where it is the network as a whole."""
    metric, value = METRICS.get(expectation.metric), expectation.value
    if not expectation.subject and metric is not None and metric.of_value:
        value = next(iter(graph.outputs.values()), None)
    if value is not None and (metric is None or metric.of_value):
        return value.node.index
    return expectation.end - 1 if expectation.subject and expectation.end > expectation.start else None
