"""The stage that checks: its passes, in order."""

from __future__ import annotations

from fractions import Fraction

from archdsl.check.cost import Cost, costs, totals
from archdsl.check.expectations import verdicts
from archdsl.check.field import Field, fields, last_map, receptive_field, stride
from archdsl.check.model import Checked, Layer, Loan
from archdsl.check.size_expectations import size_verdicts
from archdsl.check.ties import loans, owners
from archdsl.check.wiring import wiring
from archdsl.diagnostics import Report
from archdsl.graph.model import Elaborated
from archdsl.sizes import Shape

Positions = tuple[tuple[Fraction, ...], tuple[int, ...]]
"""A layer's stride and receptive field."""


def check(graph: Elaborated, report: Report) -> Checked | None:
    """Everything there is to know of a network; None if it is none, which is then in the report.

    Assumes that elaboration reported no error for it. Time and memory grow linearly with the layers.
    """
    if not wiring(graph, report):
        return None
    charged = costs(graph)
    owner = owners(graph, charged, report)
    if owner is None:
        return None
    seen = fields(graph)
    layers = _layers(graph, charged, loans(graph, charged, owner), seen)
    ending = last_map(graph, seen)
    checked = Checked(
        graph,
        layers,
        metrics=totals(graph, layers, 0, len(layers)),
        stride=layers[ending.index].stride if ending else (),
        receptive_field=layers[ending.index].receptive_field if ending else (),
        verdicts=[],
        size_verdicts=[],
    )
    checked.verdicts = verdicts(checked, report)
    checked.size_verdicts = size_verdicts(graph, report)
    return checked


def _layers(
    graph: Elaborated, charged: list[Cost], lent: dict[int, tuple[Loan, ...]], seen: list[Field | None]
) -> list[Layer]:
    """What the passes found, node by node."""
    layers = []
    before: tuple[Field | None, Shape | None] = (None, None)
    positions: Positions = ((), ())
    for node, cost, field in zip(graph.nodes, charged, seen, strict=True):
        borrowed = lent.get(node.index, ())
        shape = node.outputs[0].shape
        if field is not before[0] or shape != before[1]:  # most layers see what the one before them saw
            before = (field, shape)
            positions = (stride(field), receptive_field(field, shape or ()))
        layers.append(
            Layer(
                cost.params - sum([loan.params for loan in borrowed]),
                cost.kernels - sum([loan.kernels for loan in borrowed]),
                cost.macs,
                cost.neurons,
                cost.activations,
                cost.weights if node.first is None else (),
                borrowed,
                *positions,
            )
        )
    return layers
