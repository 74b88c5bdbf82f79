"""Specs and networks in Python.

spec = archdsl.load("specs/vgg.arch")
net = spec["VGG.D"]
net.params                                # 138357544
net.module()                              # a torch.nn.Module
spec.net("VGG.D", classes=10).source()    # PyTorch source, with another parameter
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl.check.model import Checked, Verdict, shape_of
from archdsl.diagnostics import Diagnostic, Report
from archdsl.files import allowed, read_spec, reader
from archdsl.pipeline import Analysis, UnknownNetwork, analyse
from archdsl.sizes import Shape, show
from archdsl.source import Source

if TYPE_CHECKING:
    import networkx as nx
    import torch

    from archdsl.outputs.drawing.wanted import Style
    from archdsl.outputs.table import Layout
    from archdsl.sizes.certificate import Certificate


class SpecError(Exception):
    """A spec is wrong; `str` shows each error with its place, `report` holds them as data."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        from archdsl.diagnostics.terminal import render

        return "\n" + render(self.report.errors)


def load(path: str | os.PathLike[str]) -> Spec:
    """The spec at a path.

    Raises OSError where it cannot be read and SpecError where it has no sound part at all; what is
    wrong with one network is raised when that network is asked for.
    """
    return Spec(read_spec(path), Path(path).parent)


def loads(text: str, name: str = "<text>") -> Spec:
    """The spec of a text; imports are read from the current folder."""
    return Spec(Source(name, text), Path())


class Spec(Mapping[str, "Network"]):
    """The networks of one spec by name, variants as `VGG.D`."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._analysis = self._analyse()
        if self._analysis.report.failed and not self._analysis.names:
            raise SpecError(self._analysis.report)

    def net(self, name: str, /, **parameters: Any) -> Network:
        """A network with other values for its parameters.

        Numbers, booleans, lists and shapes (as tuples) are given as such; a text is an expression
        of the language, such as the name of a block or of a layer. Raises KeyError for a network
        that the spec does not have, ValueError for a parameter, SpecError for a wrong network.
        """
        if not parameters:
            return self[name]
        settings = {key: _expression(value) for key, value in parameters.items()}
        try:
            return _only(name, self._analyse(name, settings))
        except UnknownNetwork as unknown:
            raise KeyError(str(unknown)) from None

    @property
    def report(self) -> Report:
        """All errors and warnings of the spec."""
        return self._analysis.report

    @cached_property
    def advice(self) -> list[Diagnostic]:
        """What is sound and unwise, but for what the spec or its project allows (`# allow A104`).

        Raises ValueError where the project's `pyproject.toml` cannot be understood.
        """
        return self._analyse(allow=allowed(self._folder / "*.arch")).report.advice

    def __getitem__(self, name: str) -> Network:
        if name not in self._analysis.names:
            raise KeyError(str(UnknownNetwork(name, self._analysis.names)))
        for checked in self._analysis.networks:
            if checked.name == name:
                return Network(checked)
        return _only(name, self._analyse(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._analysis.names)

    def __len__(self) -> int:
        return len(self._analysis.names)

    def __repr__(self) -> str:
        return f"Spec({self._source.name!r}: {', '.join(self)})"

    def _repr_html_(self) -> str:
        from archdsl.outputs.table import render

        return render(self._analysis.networks, "html")

    def _analyse(
        self,
        only: str | None = None,
        settings: Mapping[str, str] | None = None,
        allow: Sequence[str] | None = None,
    ) -> Analysis:
        return analyse(self._source, reader(self._folder), only=only, settings=settings, allow=allow)


class Network:
    """A sound network and all its numbers, for one sample (shapes have no batch axis)."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        """The checked graph that everything here is read from."""

    # -- numbers --------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.checked.name

    @property
    def params(self) -> int:
        """Numbers in its parameters, shared ones once."""
        return self.checked.metrics.params

    @property
    def trainable_params(self) -> int:
        """Those of them that are not frozen."""
        return self.checked.metrics.trainable_params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions, transposed ones too, and linear maps."""
        return self.checked.metrics.macs

    @property
    def flops(self) -> int:
        """Twice `macs`."""
        return self.checked.metrics.flops

    @property
    def weight_layers(self) -> int:
        """Convolutions and linear maps."""
        return self.checked.metrics.weight_layers

    @property
    def depth(self) -> int:
        """Weight layers on the longest path."""
        return self.checked.metrics.depth

    @property
    def neurons(self) -> int:
        """Outputs of the weight layers."""
        return self.checked.metrics.neurons

    @property
    def activations(self) -> int:
        """Outputs of all layers that compute something."""
        return self.checked.metrics.activations

    @property
    def activation_bytes(self) -> int:
        """What they take as 32-bit floats."""
        return self.checked.metrics.activation_bytes

    @property
    def stride(self) -> tuple[Fraction, ...]:
        """Input cells between neighbours in the last feature map, per spatial axis."""
        return self.checked.stride

    @property
    def receptive_field(self) -> tuple[int, ...]:
        """Input cells that one cell of the last feature map sees, per spatial axis."""
        return self.checked.receptive_field

    @property
    def expectations(self) -> list[Verdict]:
        """What the spec expects and claims, compared with what is computed."""
        return self.checked.verdicts

    # -- parts ----------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """The shape of the first output."""
        return next(iter(self.outputs.values()))

    @property
    def inputs(self) -> dict[str, Shape]:
        """Shapes of the inputs by name."""
        return {name: shape_of(value) for name, value in self.checked.graph.inputs.items()}

    @property
    def outputs(self) -> dict[str, Shape]:
        """Shapes of the outputs by name."""
        return {name: shape_of(value) for name, value in self.checked.graph.outputs.items()}

    @cached_property
    def layers(self) -> list[dict[str, Any]]:
        """The layers in order, each with its `path`, `op`, `in`, `out`, `params`, `macs` and more."""
        from archdsl.outputs.json import network

        layers: list[dict[str, Any]] = network(self.checked)["layers"]
        return layers

    @property
    def weights(self) -> dict[str, Shape]:
        """Shapes of parameters and buffers by name: the keys of its checkpoints."""
        return {name: weight.shape for name, weight in self.checked.weights()}

    @property
    def certificate(self) -> Certificate | None:
        """Which sizes of an open input (`3 x H x W`) are valid: `certificate.valid(H=224, W=224)`."""
        return self.checked.graph.certificate

    @property
    def graph(self) -> nx.MultiDiGraph[int]:
        """The networkx graph: a node for each layer, an edge for each use of a tensor."""
        return self.checked.graph.nx

    # -- outputs --------------------------------------------------------------------------------

    def source(self) -> str:
        """PyTorch source of the network: a module that stands alone."""
        from archdsl.outputs.torch import emit

        return emit([self.checked])

    def module(self) -> torch.nn.Module:
        """The network built in PyTorch, with fresh weights; runs the same text as `source` gives."""
        from archdsl.outputs.torch import build

        return build(self.checked)

    def load(
        self, path: str | os.PathLike[str], rename: Mapping[str, str | None] | None = None
    ) -> torch.nn.Module:
        """The network built in PyTorch with the weights of a file: all of them by name, and no others.

        `rename` maps names in the file to those of the network, as `archdsl weights --map` does.
        Raises `archdsl.weights.WeightsError`, which lists what does not fit.
        """
        from archdsl.outputs.torch.checkpoint import load

        return load(self.checked, os.fspath(path), rename or {})

    def table(self, format: str = "text", layout: Layout | None = None) -> str:
        """The network as a table: text, markdown, latex, csv, html, json or yaml.

        `layout` is `layers`, or `paper` for the table that the spec is written as.
        """
        from archdsl.outputs.table import render

        return render([self.checked], format, layout)

    def draw(
        self,
        path: str | os.PathLike[str],
        style: Style | None = None,
        *,
        theme: str = "paper",
        scale: float = 1.0,
        **wanted: Any,
    ) -> Path:
        """Draw the network to a file; its ending says as what: svg, pdf, png, tex, dot, mmd or html.

        `style` is blocks, volumes, columns or receptive, by default what suits it; `theme` is paper,
        slides, dark or auto. Further arguments are those of `archdsl.outputs.drawing.Wanted`, such as
        `depth=1`. Raises `archdsl.outputs.drawing.CannotDraw`, with a remedy.
        """
        from archdsl.outputs.drawing import Wanted, draw_to

        draw_to(self.checked, path, None, style, Wanted(**wanted), theme=theme, scale=scale)
        return Path(path)

    def __repr__(self) -> str:
        shapes = ", ".join(show(shape) for shape in self.inputs.values())
        results = ", ".join(show(shape) for shape in self.outputs.values())
        return f"Network({self.name!r}: {shapes} -> {results}, {self.params:,} params, {self.macs:,} MACs)"

    def _repr_html_(self) -> str:
        return self.table("html")

    def _repr_svg_(self) -> str | None:
        from archdsl.outputs.drawing import CannotDraw, draw

        try:
            return draw(self.checked, "svg").data.decode()
        except CannotDraw:  # a notebook then shows the table alone
            return None


def _only(name: str, analysis: Analysis) -> Network:
    """The one network that was asked for; refuses a wrong one."""
    for checked in analysis.networks:
        if checked.name == name:
            return Network(checked)
    if analysis.report.failed:
        raise SpecError(analysis.report)
    raise UnknownNetwork(name, analysis.names)


def _expression(value: Any) -> str:
    """A Python value as it is written in a spec."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple) and value:
        return " x ".join(_expression(each) for each in value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_expression(each) for each in value)}]"
    return repr(value)


__all__ = ["Network", "Spec", "SpecError", "load", "loads"]
