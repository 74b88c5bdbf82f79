"""A network that is wrong, as far as it goes: its graph, and where in it each mistake is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from archdsl.diagnostics import Diagnostic
from archdsl.graph.model import Elaborated, Node
from archdsl.ops.contract import Op
from archdsl.source import Span


class Unmade(Op):
    """What stands in the graph for a line that could not be made: nothing is known but its text."""

    name = ""
    family = "shape"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def __repr__(self) -> str:
        return f"lost({self._text!r})"

    def label(self, *inputs: object) -> str:
        return self._text


class Spot(NamedTuple):
    """A layer at which something is wrong."""

    layer: int
    """Its index in the graph."""
    operands: tuple[int, ...] = ()
    """Those of the tensors it reads that do not fit."""
    words: str = ""
    """In short, what came and what should have come."""


@dataclass(frozen=True)
class Fault:
    """One mistake, and where in the graph it is."""

    diagnostic: Diagnostic
    spots: tuple[Spot, ...] = ()
    """Several where a block is used several times; none where it is of the network as a whole."""


@dataclass(frozen=True)
class Broken:
    """A network that is wrong. Where nothing of it could be made, its graph has no layers.

    Shapes are None behind a mistake, and what could not be made at all is a layer of the operator `Unmade`.
    """

    graph: Elaborated
    faults: tuple[Fault, ...]

    @property
    def name(self) -> str:
        return self.graph.name


@dataclass(slots=True, eq=False)
class Mistake:
    """One finding while a network is made.

    Where tensors do not fit, `operands` are those at fault, and `words` say in short what is wrong.
    """

    diagnostic: Diagnostic
    operands: tuple[int, ...] = ()
    words: str = ""
    node: Node | None = None
    """The layer at which it is, once there is one."""


def gathered(mistakes: Iterable[Mistake]) -> tuple[Fault, ...]:
    """The faults of a graph that is made, each with every layer at which it is."""
    return joined(
        Fault(each.diagnostic, (Spot(each.node.index, each.operands, each.words),) if each.node else ())
        for each in mistakes
    )


def joined(*faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Each fault once, with the layers of all that say the same of the same place."""
    found: dict[tuple[str, Span, str], tuple[Diagnostic, dict[int, Spot]]] = {}
    for each in chain(*faults):
        key = each.diagnostic.code, each.diagnostic.at, each.diagnostic.text
        _, spots = found.setdefault(key, (each.diagnostic, {}))
        for spot in each.spots:
            spots.setdefault(spot.layer, spot)
    return tuple(Fault(diagnostic, tuple(spots.values())) for diagnostic, spots in found.values())


def located(graph: Elaborated, diagnostics: Sequence[Diagnostic]) -> tuple[Fault, ...]:
    """Faults that were found in a whole graph: at the layers on whose line each is, or to which it points."""
    layers: dict[Span, list[int]] = {}
    for node in graph.nodes if diagnostics else ():
        layers.setdefault(node.span, []).append(node.index)
    return tuple(
        Fault(each, tuple(Spot(index) for span in _meant(each, layers) for index in layers[span]))
        for each in diagnostics
    )


def _meant(diagnostic: Diagnostic, lines: Collection[Span]) -> list[Span]:
    """Those of the lines on which a diagnostic is, or else to which it points."""
    around = [line for line in lines if line.holds(diagnostic.at)]
    if around:
        return [min(around, key=lambda line: line.end - line.start)]
    return [label.span for label in diagnostic.labels if label.span in lines]
