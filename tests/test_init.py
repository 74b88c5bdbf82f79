"""How weights start: each scheme's variance measured, and what else a spec says of the first numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archdsl

STARTS = """
net Starts {
    input image: 16 x 12 x 12
    a: conv(64, 5) -> b: conv(64, 3, groups = 4, bias = false) -> bn: batchnorm
    up: conv_transpose(24, 3)
    local: locally_connected(32, 3)
    flatten
    head: { linear(256) -> batchnorm -> relu -> linear(128) }
    SCHEME
}
"""
WEIGHTS = ("a", "b", "up", "local", "head.0", "head.3")
READS = {"a": 16 * 25, "b": 4 * 4 * 9, "up": 64 * 9, "local": 24 * 9, "head.0": 32 * 36, "head.3": 256}
"""How many numbers each output is a sum of: the fan in."""
FEEDS = {"a": 64 * 25, "up": 24 * 9, "local": 32 * 9, "head.0": 256, "head.3": 128}
"""How many outputs each number is part of, away from the borders: the fan out.

Not that of the grouped convolution, of which PyTorch counts the outputs of all groups.
"""
SPREADS = 5
"""Standard deviations that a measured variance may be off: one in two million is further off by chance."""


def everywhere(scheme: str) -> str:
    """The lines by which every kernel and matrix starts like this."""
    kinds = ("conv", "conv_transpose", "locally_connected", "linear")
    return "; ".join(f"init {kind}: {scheme}" for kind in kinds)


def network(lines: str) -> archdsl.Network:
    return archdsl.loads(STARTS.replace("SCHEME", lines))["Starts"]


def started(lines: str) -> Any:
    torch.manual_seed(0)
    return network(lines).module()


def weight(module: Any, path: str) -> Tensor:
    return module.get_submodule(path).weight.detach()


# --- variances --------------------------------------------------------------------------------------


def is_within_chance(numbers: Tensor, mean: float, variance: float, kurtosis: float) -> bool:
    """Whether independent numbers have this mean and variance, but for chance.

    The mean of n squares spreads by variance * sqrt((kurtosis - 1) / n), which for normal numbers
    (kurtosis 3) is the chi-square's sqrt(2 / n); the mean of n numbers spreads by sqrt(variance / n).
    """
    count, off = numbers.numel(), numbers.double() - mean
    of_mean = math.sqrt(variance / count)
    of_squares = variance * math.sqrt((kurtosis - 1) / count)
    is_mean = abs(off.mean().item()) < SPREADS * of_mean
    return is_mean and abs(off.square().mean().item() - variance) < SPREADS * of_squares


NORMAL, UNIFORM = 3.0, 1.8


@pytest.mark.parametrize("path", WEIGHTS)
def test_he_keeps_the_variance_from_input_to_output(path: str) -> None:
    numbers = weight(started(everywhere("he")), path)
    assert is_within_chance(numbers, 0, 2 / READS[path], NORMAL)
    assert not is_within_chance(numbers, 0, 2.5 / READS[path], NORMAL)


@pytest.mark.parametrize("path", FEEDS)
def test_he_can_keep_it_on_the_way_back(path: str) -> None:
    numbers = weight(started(everywhere("he(mode = fan_out)")), path)
    assert is_within_chance(numbers, 0, 2 / FEEDS[path], NORMAL)


@pytest.mark.parametrize("path", FEEDS)
def test_glorot_is_between_the_two(path: str) -> None:
    variance = 2 / (READS[path] + FEEDS[path])
    numbers = weight(started(everywhere("glorot")), path)
    assert is_within_chance(numbers, 0, variance, UNIFORM)
    assert 0.98 < numbers.abs().max() / math.sqrt(3 * variance) <= 1
    numbers = weight(started(everywhere("glorot(uniform = false)")), path)
    assert is_within_chance(numbers, 0, variance, NORMAL)
    assert numbers.abs().max() > math.sqrt(3 * variance)


@pytest.mark.parametrize("path", WEIGHTS)
def test_numbers_with_a_given_deviation_or_range(path: str) -> None:
    assert is_within_chance(weight(started(everywhere("normal(0.03)")), path), 0, 0.03**2, NORMAL)
    assert is_within_chance(weight(started(everywhere("normal(0.03, 0.5)")), path), 0.5, 0.03**2, NORMAL)
    numbers = weight(started(everywhere("uniform(-3, 1)")), path)
    assert is_within_chance(numbers, -1, 4**2 / 12, UNIFORM)
    assert numbers.min() >= -3 and numbers.max() <= 1


@pytest.mark.parametrize("path", WEIGHTS)
def test_one_number_everywhere(path: str) -> None:
    for number in (0.0, 1.0, -0.25):
        assert weight(started(everywhere(f"constant({number})")), path).unique().tolist() == [number]


# --- matrices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain", [1.0, 2.0])
@pytest.mark.parametrize("path", WEIGHTS)
def test_orthogonal_matrices_are_orthogonal(path: str, gain: float) -> None:
    """Rows, or columns where there are fewer, stand at right angles and are as long as the gain."""
    numbers = weight(started(f"init {path}: orthogonal({gain})"), path)
    kernels = numbers.flatten(0, 1) if path == "local" else numbers[None]  # one at each position
    matrices = kernels.flatten(2)
    rows, columns = matrices.shape[1:]
    fewer = matrices if rows <= columns else matrices.mT
    wanted = gain**2 * torch.eye(min(rows, columns)).expand(len(matrices), -1, -1)
    torch.testing.assert_close(fewer @ fewer.mT, wanted, rtol=0, atol=1e-4)
    assert len(matrices) == 1 or not torch.equal(matrices[0], matrices[1])


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(4, 2, 1), (3, 2, 1), (16, 8, 4)])
def test_a_bilinear_start_draws_lines(kernel: int, stride: int, padding: int) -> None:
    up = f"conv_transpose(3, {kernel}, stride = {stride}, padding = {padding}, bias = false)"
    text = f"net Up {{ input x: 3 x 6 x 6; {up}; init conv_transpose: bilinear }}"
    ramp = torch.arange(6.0).expand(1, 3, 6, 6)
    middle = archdsl.loads(text)["Up"].module()(ramp)[..., kernel:-kernel, kernel:-kernel]
    across, down = middle.diff(dim=3), middle.diff(dim=2)
    torch.testing.assert_close(across, torch.full_like(across, 1 / stride))
    torch.testing.assert_close(down, torch.zeros_like(down))


# --- what a line is about ---------------------------------------------------------------------------


def test_what_is_not_spoken_of_starts_as_pytorch_does() -> None:
    """Biases are uniform, as far as a number of the fan in allows; scales are 1 and shifts 0."""
    module = started("init conv: he; init head: he")
    for path in ("a", "head.0", "head.3"):
        bias, bound = module.get_submodule(path).bias.detach(), READS[path] ** -0.5
        assert is_within_chance(bias, 0, bound**2 / 3, UNIFORM) and bias.abs().max() <= bound
    assert is_within_chance(weight(module, "local"), 0, 1 / READS["local"] / 3, UNIFORM)
    for path in ("bn", "head.1"):  # in `head`, too, `init` is for the weight layers
        norm = module.get_submodule(path)
        assert norm.weight.unique().tolist() == [1] and norm.bias.unique().tolist() == [0]


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("init linear: constant(3); init head.3: constant(1)", {"head.0.weight": 3, "head.3.weight": 1}),
        ("init head.3: constant(1); init linear: constant(3)", {"head.0.weight": 3, "head.3.weight": 3}),
        ("init head.bias: constant(2)", {"head.0.bias": 2, "head.3.bias": 2, "head.1.bias": 0}),
        ("init conv.bias: constant(2)", {"a.bias": 2, "bn.bias": 0}),
        ("init a.weight: constant(4); init a.bias: constant(0)", {"a.weight": 4, "a.bias": 0}),
        ("init bn: constant(5)", {"bn.weight": 5, "bn.bias": 0, "head.1.weight": 1}),
        ("init batchnorm: constant(5)", {"bn.weight": 5, "head.1.weight": 5}),
        ("init batchnorm.bias: constant(5)", {"bn.bias": 5, "head.1.bias": 5, "head.0.bias": None}),
        ("init head.1.bias: constant(5)", {"bn.bias": 0, "head.1.bias": 5}),
    ],
)
def test_a_line_is_for_an_operator_a_module_or_one_parameter(
    lines: str, values: dict[str, float | None]
) -> None:
    """What is said later holds; `None` where the numbers are PyTorch's."""
    module = started(lines)
    assert module.b.bias is None
    for name, value in values.items():
        numbers = module.get_parameter(name).unique().tolist()
        assert numbers == [value] if value is not None else len(numbers) > 1, name


def test_a_line_is_for_those_layers_that_have_the_parameter() -> None:
    module = archdsl.loads("""
        net Three {
            input x: 3 x 9 x 9
            conv(4, 3); conv(4, 3, bias = false); conv(4, 3)
            init conv.bias: constant(2)
        }
    """)["Three"].module()
    filled = [name for name, each in module.named_parameters() if (each == 2).all()]
    assert filled == ["conv1.bias", "conv3.bias"]


def test_a_line_in_a_block_is_for_each_use_of_it() -> None:
    module = archdsl.loads("""
        block part(c, start) {
            inner: conv(c, 3) -> relu
            init inner: constant(start)
        }
        net Parts {
            input x: 3 x 9 x 9
            one: part(4, 1)
            two: part(4, 2)
        }
    """)["Parts"].module()
    assert module.one.inner.weight.unique().tolist() == [1]
    assert module.two.inner.weight.unique().tolist() == [2]


# --- the source -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("a: he", 'nn.init.kaiming_normal_(self.a.weight, nonlinearity="relu")'),
        ("up: he", 'nn.init.kaiming_normal_(self.up.weight, mode="fan_out", nonlinearity="relu")'),
        ("a: glorot", "nn.init.xavier_uniform_(self.a.weight)"),
        ("a: glorot(uniform = false)", "nn.init.xavier_normal_(self.a.weight)"),
        ("a: orthogonal", "nn.init.orthogonal_(self.a.weight)"),
        ("a: orthogonal(gain = 1.5)", "nn.init.orthogonal_(self.a.weight, gain=1.5)"),
        ("a: normal(0.01)", "nn.init.normal_(self.a.weight, std=0.01)"),
        ("a: uniform(-1, 1)", "nn.init.uniform_(self.a.weight, a=-1, b=1)"),
        ("a.bias: constant(0)", "nn.init.zeros_(self.a.bias)"),
        ("a.bias: constant(0.5)", "nn.init.constant_(self.a.bias, val=0.5)"),
        ("up: bilinear", "bilinear_(self.up.weight)"),
    ],
)
def test_a_line_is_a_line(line: str, source: str) -> None:
    assert f"        {source}\n" in network(f"init {line}").source()


def test_the_source_starts_as_the_module_does() -> None:
    lines = everywhere("he") + "; init head: glorot; init up: bilinear; init a.bias: constant(0.1)"
    made: dict[str, Any] = {"__name__": "starts"}
    exec(network(lines).source(), made)
    torch.manual_seed(0)
    of_source = made["Starts"]().state_dict()
    torch.testing.assert_close(of_source, dict(started(lines).state_dict()), rtol=0, atol=0)


# --- what is frozen ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "trained"),
    [
        ("freeze; unfreeze head; freeze head.3, head.1", {"head.0.weight", "head.0.bias"}),
        ("freeze; unfreeze up", {"up.weight", "up.bias"}),
        ("unfreeze up; freeze", set()),
    ],
)
def test_what_is_frozen_is_said_in_order(lines: str, trained: set[str]) -> None:
    net = network(lines)
    module = net.module()
    learns = {name: each.numel() for name, each in module.named_parameters() if each.requires_grad}
    assert set(learns) == trained
    assert net.trainable_params == sum(learns.values())


def test_a_frozen_norm_still_counts_its_statistics() -> None:
    module: nn.Module = started("freeze bn")
    image = 3 + torch.randn(4, 16, 12, 12)
    before = {name: each.clone() for name, each in module.state_dict().items()}
    module(image).sum().backward()
    assert module.bn.weight.grad is None and module.bn.bias.grad is None
    assert not torch.equal(module.bn.running_mean, before["bn.running_mean"])
    module.eval()(image)
    assert module.bn.num_batches_tracked == 1
