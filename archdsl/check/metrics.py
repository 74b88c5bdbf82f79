"""What can be asked of a network, a block or a named value, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from archdsl.check.cost import BYTES
from archdsl.check.model import Checked, shape_of
from archdsl.graph.model import Expectation, Value
from archdsl.sizes import Shape, elements


class Metric(NamedTuple):
    """One metric. `compute` gives None or an empty tuple where the subject has no such thing."""

    doc: str
    compute: Callable[[Checked, Expectation], Any]
    of_value: bool = False
    """Asked of a tensor, not of the layers that a name or the net stands for."""
    spatial: bool = False
    """Needs positions along spatial axes."""


def _total(name: str) -> Callable[[Checked, Expectation], int]:
    def compute(checked: Checked, about: Expectation) -> int:
        found: int = getattr(checked.part(about.start, about.end), name)
        return found

    return compute


def _value(checked: Checked, about: Expectation) -> Value | None:
    """The tensor in question; of the whole net, its first output."""
    return about.value if about.subject else next(iter(checked.graph.outputs.values()))


def _shape(checked: Checked, about: Expectation) -> Shape | None:
    value = _value(checked, about)
    return None if value is None else shape_of(value)


def _bytes(checked: Checked, about: Expectation) -> int | None:
    value = _value(checked, about)
    return None if value is None else BYTES * elements(shape_of(value))


def _position(name: str) -> Callable[[Checked, Expectation], Any]:
    def compute(checked: Checked, about: Expectation) -> Any:
        if not about.subject:
            return getattr(checked, name)
        return None if about.value is None else getattr(checked.layers[about.value.node.index], name)

    return compute


METRICS: dict[str, Metric] = {
    "params": Metric("learned numbers, each counted once", _total("params")),
    "trainable_params": Metric("those of them that training changes", _total("trainable_params")),
    "weights": Metric("learned numbers that multiply, without biases and norms", _total("weights")),
    "macs": Metric("multiply-accumulates of convolutions and linear maps, batch 1", _total("macs")),
    "flops": Metric("twice the multiply-accumulates", _total("flops")),
    "weight_layers": Metric("convolutions and linear maps", _total("weight_layers")),
    "depth": Metric("weight layers on the longest path", _total("depth")),
    "neurons": Metric("outputs of the weight layers", _total("neurons")),
    "activations": Metric("outputs of all layers that compute something", _total("activations")),
    "activation_bytes": Metric("the activations in 32-bit floats", _total("activation_bytes")),
    "shape": Metric("the size of each axis", _shape, of_value=True),
    "bytes": Metric("the value in 32-bit floats", _bytes, of_value=True),
    "stride": Metric("input cells from one cell to the next", _position("stride"), True, True),
    "receptive_field": Metric("input cells that one cell depends on", _position("receptive_field"), True),
}
"""Every metric by its name. For the whole net, those of a value speak of its first output, and
`stride` and `receptive_field` of the last feature map before it."""
