"""Where in a graph the errors are that were found by checking it."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.check.expectations import ExpectationFailed
from archdsl.check.metrics import METRICS
from archdsl.diagnostics import Diagnostic
from archdsl.graph.faults import Fault, Spot, located
from archdsl.graph.model import Elaborated, Expectation


def faults(graph: Elaborated, errors: Iterable[Diagnostic]) -> tuple[Fault, ...]:
    """Each error with its layer: of an expectation, the one that it speaks of, or the last of that part."""
    return tuple(_expected(graph, error) or located(graph, error) for error in errors)


def _expected(graph: Elaborated, error: Diagnostic) -> Fault | None:
    """An error of expectations, at what they speak of; None if it is of something else."""
    spoken = [each for each in graph.expectations if error.at in (each.printed.span, each.target, each.span)]
    if not spoken:
        return None
    words = ""
    if isinstance(error, ExpectationFailed):
        words = f"got {error.computed}, expected {error.at.text}"
    layers = dict.fromkeys(_subject(graph, each) for each in spoken)
    return Fault(error, tuple(Spot(layer, (), words) for layer in layers if layer is not None))


def _subject(graph: Elaborated, expectation: Expectation) -> int | None:
    """The layer that gives what is expected to be so; None where it is the network as a whole."""
    metric, value = METRICS.get(expectation.metric), expectation.value
    if not expectation.subject and metric is not None and metric.of_value:
        value = next(iter(graph.outputs.values()), None)
    if value is not None and (metric is None or metric.of_value):
        return value.node.index
    return expectation.end - 1 if expectation.subject and expectation.end > expectation.start else None
