"""What layers cost: parameters, multiply-accumulates, activations.

Assumes a sound graph. Promises one Cost a node, and totals of any range of nodes in which every
number that is learned counts once, however often it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archdsl.check.model import Layer, Metrics
from archdsl.graph.model import Elaborated, Node
from archdsl.ops.contract import Weight
from archdsl.sizes import Shape, elements

BYTES = 4
"""Of a 32-bit float."""


class Cost(NamedTuple):
    """What one operator costs on inputs of given shapes, whoever owns its parameters."""

    weights: tuple[Weight, ...]
    params: int
    kernels: int
    macs: int
    neurons: int
    activations: int


def costs(graph: Elaborated) -> list[Cost]:
    """For every node; equal applications share one record."""
    known: dict[tuple[int, tuple[Shape | None, ...]], Cost] = {}
    found: list[Cost] = []
    for node in graph.nodes:
        inputs = node.inputs
        shapes = (inputs[0].shape,) if len(inputs) == 1 else tuple(value.shape for value in inputs)
        key = (id(node.op), shapes)
        cost = known.get(key) if inputs else None
        if cost is None:
            cost = known[key] = _cost(node)
        found.append(cost)
    return found


def _cost(node: Node) -> Cost:
    op, shapes = node.op, node.shapes
    given = sum(elements(value.shape or ()) for value in node.outputs)
    if op.name == "input":
        return Cost((), 0, 0, 0, 0, 0)
    weights = op.weights(*shapes)
    return Cost(
        weights,
        params=sum(numbers(weight) for weight in weights),
        kernels=sum(kernels(weight) for weight in weights) if op.is_weight_layer else 0,
        macs=op.macs(*shapes),
        neurons=given if op.is_weight_layer else 0,
        activations=0 if op.is_view else given,
    )


def numbers(weight: Weight) -> int:
    """What a weight adds to the parameters; a buffer adds nothing."""
    return elements(weight.shape) if weight.is_parameter else 0


def kernels(weight: Weight) -> int:
    """What a weight of a weight layer adds to the numbers that multiply."""
    return elements(weight.shape) if weight.role == "weight" else 0


def totals(graph: Elaborated, layers: Sequence[Layer], start: int, end: int) -> Metrics:
    """The sums over `graph.nodes[start:end]`."""
    params = trainable = weights = macs = weight_layers = neurons = activations = 0
    frozen = graph.frozen_nodes
    depths: list[int] = []
    deepest = 0
    borrowed: set[tuple[int, str]] = set()
    multiplied: set[tuple[int, str]] = set()
    shared: set[int] = set()
    nodes, layers = graph.nodes[start:end], layers[start:end]
    for node, layer in zip(nodes, layers, strict=True):
        params += layer.params
        if node.index not in frozen:
            trainable += layer.params
        weights += layer.kernels
        for loan in layer.borrowed:
            place, inside = loan[:2], start <= loan.owner < end
            if not inside and place not in borrowed:
                borrowed.add(place)
                params += loan.params
                trainable += 0 if loan.owner in frozen else loan.params
            if loan.kernels and not (inside and loan.counted) and place not in multiplied:
                multiplied.add(place)
                weights += loan.kernels
        depth = 0
        for value in node.inputs:
            before = value.node.index - start
            if before >= 0 and depths[before] > depth:
                depth = depths[before]
        if not node.training:
            macs += layer.macs
            activations += layer.activations
            if node.op.is_weight_layer:
                depth += 1
                neurons += layer.neurons
                if node.first is None:
                    weight_layers += 1
                else:
                    shared.add(node.first.index)
        depths.append(depth)
        if depth > deepest:
            deepest = depth
    weight_layers += sum(not start <= first < end for first in shared)
    return Metrics(
        params=params,
        trainable_params=trainable,
        weights=weights,
        macs=macs,
        flops=2 * macs,
        weight_layers=weight_layers,
        depth=deepest,
        neurons=neurons,
        activations=activations,
        activation_bytes=BYTES * activations,
    )
