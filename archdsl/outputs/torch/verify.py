"""The module against the static answer: `archdsl compile --check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from archdsl.check.model import Checked, shape_of
from archdsl.outputs.torch.build import build
from archdsl.outputs.torch.nesting import uses
from archdsl.outputs.torch.uses import Use
from archdsl.sizes import Shape, show

if TYPE_CHECKING:
    from torch import Tensor, nn


class Mismatch(NamedTuple):
    """One fact that the module and the static answer do not agree on."""

    what: str
    static: str
    torch: str

    def __str__(self) -> str:
        return f"{self.what}: {self.static} by the spec, {self.torch} by torch"


def verify(checked: Checked) -> list[Mismatch]:
    """Build the network without memory for its numbers, run it once, and list what differs."""
    import torch

    with torch.device("meta"):
        module = build(checked).eval()
    return [*_weights(checked, module), *_results(checked, module)]


def _weights(checked: Checked, module: nn.Module) -> Iterator[Mismatch]:
    """Names and shapes of parameters and buffers, and how many numbers the parameters hold."""
    tied = {tie.left for tie in checked.graph.ties}
    parameters = module.named_parameters(remove_duplicate=False)
    buffers = module.named_buffers(remove_duplicate=False)
    for kind, named in (("parameter", parameters), ("buffer", buffers)):
        found = {name: tuple(each.shape) for name, each in named if name not in tied}
        is_parameter = kind == "parameter"
        wanted = {name: w.shape for name, w in checked.weights() if w.is_parameter == is_parameter}
        for name in sorted(wanted.keys() | found.keys()):
            mine, theirs = wanted.get(name), found.get(name)
            if mine != theirs:
                yield Mismatch(f"{kind} {name}", _shown(mine), _shown(theirs))
    count = sum(each.numel() for each in module.parameters())
    if count != checked.metrics.params:
        yield Mismatch("parameters", f"{checked.metrics.params:,}", f"{count:,}")


def _results(checked: Checked, module: nn.Module) -> Iterator[Mismatch]:
    """Shapes of the outputs, and multiply-accumulates."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    graph = checked.graph
    dtypes = {"float": torch.float32, "int": torch.int64}
    inputs = [
        torch.zeros((1, *shape_of(value)), device="meta", dtype=dtypes[value.node.op.dtype])  # type: ignore[attr-defined]
        for value in graph.inputs.values()
    ]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        given = module(*inputs)
    outputs: list[Tensor] = [given] if isinstance(given, torch.Tensor) else list(given)
    for (name, value), output in zip(graph.outputs.items(), outputs, strict=True):
        if tuple(output.shape[1:]) != shape_of(value):
            yield Mismatch(f"output {name}", show(shape_of(value)), show(output.shape[1:]))
    computed, macs = _computed_macs(checked), counter.get_total_flops() // 2
    if macs != computed:
        yield Mismatch("multiply-accumulates", f"{computed:,}", f"{macs:,}")


def _computed_macs(checked: Checked) -> int:
    """What the module does outside of training: a block that only in part is for training does all of it."""
    root = uses(checked.graph)[0]
    partly = [part.scope for part in root.parts if isinstance(part, Use) and not part.training]
    return checked.metrics.macs + sum(
        layer.macs
        for scope in partly
        for node, layer in zip(
            checked.graph.nodes[scope.start : scope.end], checked.layers[scope.start : scope.end], strict=True
        )
        if node.training
    )


def _shown(shape: Shape | None) -> str:
    return "none" if shape is None else show(shape)
