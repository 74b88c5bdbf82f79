"""Counts that other tools get wrong, each beside torch's own parameters and FLOP counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from builder import Builder

from archdsl.check import Checked, check
from archdsl.diagnostics import Report
from archdsl.graph.model import Value
from archdsl.ops import OPERATORS
from archdsl.ops.contract import Op

torch = pytest.importorskip("torch")


def op(name: str, **given: Any) -> Op:
    return OPERATORS[name](**given)


def checked(net: Builder, *outputs: Any, training: Any = ()) -> Checked:
    report = Report()
    found = check(net.graph(*outputs, training=training), report)
    assert found is not None and not report.failed, [each.text for each in report]
    return found


def flops(function: Callable[..., Any], *inputs: Any) -> int:
    """What torch counts while a function runs."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        function(*inputs)
    return int(counter.get_total_flops())


def parameters(module: Any) -> int:
    return sum(each.numel() for each in module.parameters())


LAYERS = [
    ("transposed", op("conv_transpose", out=16, kernel=4, stride=2, padding=1),
     lambda nn: nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1)),
    ("transposed, grouped", op("conv_transpose", out=16, kernel=5, stride=3, groups=4, bias=False),
     lambda nn: nn.ConvTranspose2d(32, 16, 5, stride=3, groups=4, bias=False)),
    ("depthwise", op("conv", out=32, kernel=3, padding=1, groups=32),
     lambda nn: nn.Conv2d(32, 32, 3, padding=1, groups=32)),
    ("depthwise with a multiplier", op("conv", out=64, kernel=3, padding=1, groups=32),
     lambda nn: nn.Conv2d(32, 64, 3, padding=1, groups=32)),
    ("grouped", op("conv", out=48, kernel=3, stride=2, groups=4),
     lambda nn: nn.Conv2d(32, 48, 3, stride=2, groups=4)),
    ("dilated", op("conv", out=8, kernel=3, dilation=3, padding=2),
     lambda nn: nn.Conv2d(32, 8, 3, dilation=3, padding=2)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "module"), [row[1:] for row in LAYERS], ids=[row[0] for row in LAYERS])
def test_one_layer(layer: Op, module: Any) -> None:
    net = Builder()
    found = checked(net, net(layer, net.input(32, 14, 15))).metrics
    peer = module(torch.nn)
    assert found.params == parameters(peer)
    assert found.weights == peer.weight.numel()
    assert found.flops == flops(peer, torch.zeros(1, 32, 14, 15)) == 2 * found.macs
    assert found.neurons == found.activations == peer(torch.zeros(1, 32, 14, 15)).numel()
    assert (found.weight_layers, found.depth) == (1, 1)


def test_locally_connected() -> None:
    net = Builder()
    found = checked(net, net(op("locally_connected", out=8, kernel=3, stride=2), net.input(4, 11, 9))).metrics
    # 5 x 4 positions, each with 8 kernels of its own
    kernels = torch.zeros(20, 8, 4 * 9)

    def layer(x: Any) -> Any:
        return torch.bmm(kernels, torch.nn.functional.unfold(x, 3, stride=2).permute(2, 1, 0))

    assert found.weights == kernels.numel() == found.macs
    assert found.params == kernels.numel() + 20 * 8
    assert found.flops == flops(layer, torch.zeros(1, 4, 11, 9))


def language_model(tie: str) -> tuple[Builder, Value]:
    """A tie makes either the embedding or the linear layer the one whose numbers are used."""
    net = Builder()
    words = net.input(35, name="words", dtype="int")
    embedded = net(op("embedding", entries=1000, dim=64), words, name="embed")
    if tie:
        names = ("decoder.weight", "embed.weight")
        net.tie(*names if tie == "embed" else names[::-1])
    return net, net(op("linear", out=1000), embedded, name="decoder")


class LanguageModel(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, tie: bool) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(1000, 64)
        self.decoder = torch.nn.Linear(64, 1000)
        if tie:
            self.decoder.weight = self.embed.weight

    def forward(self, words: Any) -> Any:
        return self.decoder(self.embed(words))


@pytest.mark.parametrize(
    ("tie", "names"),
    [
        ("", ["embed.weight", "decoder.weight", "decoder.bias"]),
        ("embed", ["embed.weight", "decoder.bias"]),
        ("decoder", ["decoder.weight", "decoder.bias"]),
    ],
)
def test_tied_embedding_and_linear(tie: str, names: list[str]) -> None:
    found = checked(*language_model(tie))
    peer = LanguageModel(bool(tie))
    assert found.metrics.params == parameters(peer) == (65_000 if tie else 129_000)
    assert found.metrics.flops == flops(peer, torch.zeros(1, 35, dtype=torch.long))
    assert found.metrics.weights == 64_000  # an embedding multiplies nothing; the linear layer does
    assert found.metrics.weight_layers == 1
    assert sum(layer.params for layer in found.layers) == found.metrics.params
    assert [name for name, _ in found.weights()] == names
    # each part has all that it uses, as its module has
    assert found.part(1, 2).params == parameters(peer.embed) == 64_000
    assert found.part(2, 3).params == parameters(peer.decoder) == 65_000
    assert found.part(2, 3).weights == 64_000


def test_a_shared_layer_counts_once_and_costs_twice() -> None:
    net = Builder()
    head = op("conv", out=8, kernel=3, padding="same")
    left, right = net.input(8, 10, 10, name="left"), net.input(8, 6, 6, name="right")
    once = net.apply(head, left, name="head")
    again = net.apply(head, right, first=once)
    found = checked(net, once.outputs[0], again.outputs[0])

    peer = torch.nn.Conv2d(8, 8, 3, padding=1)
    assert found.metrics.params == parameters(peer)
    assert found.metrics.weight_layers == 1
    assert found.metrics.flops == flops(lambda x, y: (peer(x), peer(y)), *sizes(10, 6))
    assert found.metrics.neurons == 8 * (100 + 36)
    assert found.part(again.index, again.index + 1).params == parameters(peer)
    assert found.part(again.index, again.index + 1).weight_layers == 1
    assert [name for name, _ in found.weights()] == ["head.weight", "head.bias"]


def sizes(*lengths: int) -> list[Any]:
    return [torch.zeros(1, 8, n, n) for n in lengths]


def test_what_only_training_needs_costs_nothing_at_inference() -> None:
    net = Builder()
    x = net(op("conv", out=4, kernel=1), net.input(3, 8, 8))
    aux = net.apply(op("conv", out=2, kernel=1), x, training=True).outputs[0]
    found = checked(net, x, training=(aux,)).metrics
    assert (found.params, found.macs, found.activations) == (16 + 10, 3 * 4 * 64, 4 * 64)
    assert (found.weight_layers, found.depth) == (1, 1)


def test_views_and_norms() -> None:
    net = Builder()
    x = net.input(3, 8, 8)
    x = net.chain(x, op("conv", out=4, kernel=3, bias=False), op("batchnorm"), op("relu"), op("flatten"))
    found = checked(net, x)
    peer = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
    assert found.metrics.params == found.metrics.trainable_params == parameters(peer)
    assert found.metrics.weights == 3 * 4 * 9
    assert found.metrics.activations == 3 * 4 * 36  # conv, norm, relu; flatten is a view
    assert found.metrics.activation_bytes == 4 * found.metrics.activations
    state = {name: tuple(each.shape) for name, each in peer.state_dict().items()}
    assert [weight.shape for _, weight in found.weights()] == list(state.values())


def test_depth_is_the_longest_path_within_the_range() -> None:
    net = Builder()
    conv = op("conv", out=4, kernel=1)
    x = net(conv, net.input(4, 5, 5))
    short, long = net(conv, x), net.chain(x, conv, conv)
    x = net(conv, net(op("add"), short, long))
    found = checked(net, x)
    assert (found.metrics.depth, found.metrics.weight_layers) == (4, 5)
    assert found.part(2, 5).depth == 2
    assert found.part(3, 4).depth == 1


def test_published_counts() -> None:
    net = Builder()
    x = net.input(3, 224, 224)
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            x = net.chain(x, op("conv", out=width, kernel=3, padding="same"), op("relu"))
        x = net(op("maxpool", kernel=2), x)
    x = net(op("flatten"), x)
    for width in (4096, 4096, 1000):
        x = net(op("linear", out=width), x)
    found = checked(net, x).metrics
    assert (found.params, found.macs) == (138_357_544, 15_470_264_320)
    assert (found.weight_layers, found.depth) == (16, 16)
