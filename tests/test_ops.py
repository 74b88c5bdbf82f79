"""Every operator: each fact it states, compared with torch on its samples, and what it refuses."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archdsl.ops import OPERATORS
from archdsl.ops.arguments import Count, Unfit, arg
from archdsl.ops.contract import Op, Refused, Sample, Window, operator
from archdsl.ops.losses import LOSSES
from archdsl.outputs.torch.helpers import HELPERS, needed

SAMPLES = [sample for cls in OPERATORS.values() for sample in cls.samples()]
COMPUTED = [sample for sample in SAMPLES if sample.op.name != "input"]
WINDOWED = [
    sample
    for sample in COMPUTED
    if sample.op.window(*sample.inputs) is not None
    # cells that mirror or repeat the map show other cells of it than those behind the window
    and getattr(sample.op, "mode", None) not in ("reflect", "replicate")
    # where a value goes back to, its index says
    and sample.op.name != "max_unpool"
]
REFUSED = [refused for cls in OPERATORS.values() for refused in cls.refused()]
# torch says of an even kernel that it copies the input; the result is right
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
NAMES = {"torch": torch, "nn": nn, "F": F}
Layer = Callable[..., Any]


def each(samples: list[Sample]) -> pytest.MarkDecorator:
    """One test for each sample, under the operator's name."""
    return pytest.mark.parametrize("sample", samples, ids=[sample.op.name for sample in samples])


def compiled(sample: Sample) -> tuple[nn.Module | None, Layer | None]:
    """The submodule and the call that an operator states, each where there is one."""
    stated = sample.op.torch(*sample.inputs)
    names = dict(NAMES)
    for helper in needed([stated.helper] if stated.helper else []):
        exec(HELPERS[helper], names)
    torch.manual_seed(0)
    module = None
    if stated.module:
        module = eval(stated.module, names)(*stated.args, **dict(stated.kwargs)).double().eval()
    return module, module if stated.call is None else calling(sample, names)


def calling(sample: Sample, names: dict[str, Any]) -> Layer:
    """The call that an operator states, of what these names mean."""
    operands = [f"x{i}" for i in range(len(sample.inputs))]
    text = sample.op.torch(*sample.inputs).call or ""
    text = text.replace("{all}", ", ".join(operands)).format(*operands)
    layer: Layer = eval(f"lambda {', '.join(operands)}: {text}", names)
    return layer


def tensors(sample: Sample, batch: int = 2) -> list[Tensor]:
    """Random inputs of the shapes of a sample."""
    torch.manual_seed(1)
    most = 100  # of whole numbers; those of an unpooling are places in its output
    if sample.op.name == "max_unpool":
        most = prod(sample.op.shape(*sample.inputs)[1:])
    return [
        torch.randint(0, most, (batch, *shape))
        if holds == "int"
        else torch.randn(batch, *shape, dtype=torch.float64)
        for shape, holds in zip(sample.inputs, sample.op.takes(len(sample.inputs)), strict=True)
    ]


def shapes(result: Tensor | tuple[Tensor, ...]) -> tuple[tuple[int, ...], ...]:
    results = (result,) if isinstance(result, Tensor) else result
    return tuple(tuple(tensor.shape[1:]) for tensor in results)


@each(COMPUTED)
def test_shapes_are_those_of_torch(sample: Sample) -> None:
    op, inputs = sample.op, sample.inputs
    assert not list(op.problems(*inputs))
    module, call = compiled(sample)
    assert call is not None
    result = call(*tensors(sample))
    assert shapes(result) == op.outputs(*inputs)
    assert len(op.outputs(*inputs)) == op.results
    if op.results == 1:
        assert op.outputs(*inputs) == (op.shape(*inputs),)
    if module is not None and call is not module:
        torch.testing.assert_close(module(*tensors(sample)), result, rtol=0, atol=0)


@each(COMPUTED)
def test_weights_are_those_of_torch(sample: Sample) -> None:
    module, call = compiled(sample)
    weights = sample.op.weights(*sample.inputs)
    parameters = [(w.name, w.shape) for w in weights if w.is_parameter]
    buffers = [(w.name, w.shape) for w in weights if not w.is_parameter]
    if module is None or call is not module:
        assert not weights, "only a submodule that is called can keep weights"
        assert module is None or not module.state_dict()
        return
    assert parameters == [(name, tuple(p.shape)) for name, p in module.named_parameters()]
    assert buffers == [(name, tuple(b.shape)) for name, b in module.named_buffers()]
    assert [w.name for w in weights] == list(module.state_dict())


@each(COMPUTED)
def test_macs_are_half_of_torchs_flops(sample: Sample) -> None:
    _, call = compiled(sample)
    assert call is not None
    with FlopCounterMode(display=False) as counter:
        call(*tensors(sample, batch=1))
    macs = sample.op.macs(*sample.inputs)
    assert 2 * macs == counter.get_total_flops()
    assert (macs > 0) == sample.op.is_weight_layer


@each(COMPUTED)
def test_layers_can_be_exported(sample: Sample) -> None:
    module, call = compiled(sample)
    layer = module if module is not None else _Calling(call)
    inputs = tuple(tensors(sample))
    exported = torch.export.export(layer, inputs).module()
    assert shapes(exported(*inputs)) == sample.op.outputs(*sample.inputs)


class _Calling(nn.Module):
    def __init__(self, call: Layer | None) -> None:
        super().__init__()
        self.call = call

    def forward(self, *inputs: Tensor) -> Any:
        assert self.call is not None
        return self.call(*inputs)


# --- what an output cell sees -------------------------------------------------------------------


def seen(sample: Sample, axis: int) -> Iterator[set[int]]:
    """For each output cell along an axis the input cells that change it, found by changing them."""
    _, call = compiled(sample)
    assert call is not None
    first, *others = tensors(sample, batch=1)
    before = _first(call(first, *others))
    changed = []
    for cell in range(first.shape[axis + 1]):
        other = first.clone()
        other.select(axis + 1, cell).add_(100.0)
        differs = (_first(call(other, *others)) != before).movedim(axis + 1, 0).flatten(1).any(1)
        changed.append(differs)
    for cell in range(before.shape[axis + 1]):
        yield {i for i, differs in enumerate(changed) if differs[cell]}


def _first(result: Tensor | tuple[Tensor, ...]) -> Tensor:
    return result if isinstance(result, Tensor) else result[0]


def reach(window: Window, cell: int) -> set[int]:
    """The input cells that a window says an output cell sees, the padding among them."""
    if window.transposed:
        cells = range(-window.extent, cell + window.before + 1)
        taps = range(0, window.extent, window.dilation)
        return {i for i in cells if cell - i * window.stride + window.before in taps}
    start = cell * window.stride - window.before
    return set(range(start, start + window.extent, window.dilation))


@each(WINDOWED)
def test_a_window_says_which_cells_are_seen(sample: Sample) -> None:
    x = sample.inputs[0]
    windows = sample.op.window(*sample.inputs)
    assert windows is not None and len(windows) == len(x) - 1
    for axis, window in enumerate(windows, start=1):
        assert window.size(x[axis]) == sample.op.shape(*sample.inputs)[axis]
        inside = set(range(x[axis]))
        for cell, found in enumerate(seen(sample, axis)):
            assert found == reach(window, cell) & inside, (axis, cell)


@pytest.mark.parametrize("name", ["relu", "dropout", "batchnorm", "lrn", "shuffle", "softmax", "identity"])
def test_without_a_window_a_cell_sees_itself(name: str) -> None:
    sample = next(s for s in OPERATORS[name].samples() if len(s.inputs[0]) == 3)
    assert sample.op.sees == "point"
    for axis in (1, 2):
        assert list(seen(sample, axis)) == [{cell} for cell in range(sample.inputs[0][axis])]


@pytest.mark.parametrize("name", ["avgpool", "maxpool"])
def test_a_global_pool_sees_all(name: str) -> None:
    op = OPERATORS[name](kernel="global")
    assert op.window((3, 8, 9)) is None
    assert op.sees == "all"
    assert op.shape((3, 8, 9)) == (3, 1, 1)
    assert list(seen(Sample(op, ((3, 8, 9),)), 2)) == [set(range(9))]


def test_an_adaptive_pool_has_windows_where_the_size_divides() -> None:
    op = OPERATORS["avgpool"](size=7)
    assert op.window((3, 14, 7)) == (Window(2, 2), Window(1, 1))
    assert op.window((3, 15, 7)) is None


small = st.integers(1, 4)


@given(n=st.integers(1, 20), kernel=small, stride=small, dilation=small, ceil=st.booleans(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_sizes_of_windows_are_those_of_torch(
    n: int, kernel: int, stride: int, dilation: int, ceil: bool, data: st.DataObject
) -> None:
    padding = data.draw(st.integers(0, kernel // 2))
    x = torch.empty(1, 1, 1, n, device="meta")
    pool = Window(kernel, stride, padding, padding, dilation, ceil).size(n)
    if pool > 0:
        found = F.max_pool2d(x, (1, kernel), (1, stride), (0, padding), (1, dilation), ceil)
        assert found.shape[-1] == pool
    extra = data.draw(st.integers(0, max(stride, dilation) - 1))
    spread = Window(kernel, stride, padding, padding, dilation, transposed=True, extra=extra).size(n)
    if spread > 0:
        weight = torch.empty(1, 1, 1, kernel, device="meta")
        found = F.conv_transpose2d(x, weight, None, (1, stride), (0, padding), (0, extra), 1, (1, dilation))
        assert found.shape[-1] == spread


# --- what torch does, by hand ---------------------------------------------------------------------


def run(op: Op, *inputs: Tensor) -> Tensor:
    """An operator's result for one sample, given without the batch axis."""
    _, call = compiled(Sample(op, tuple(tuple(x.shape) for x in inputs)))
    assert call is not None
    result = call(*(x[None] for x in inputs))
    assert isinstance(result, Tensor)
    return result[0]


def ramp(*shape: int) -> Tensor:
    return torch.arange(float(torch.Size(shape).numel()), dtype=torch.float64).reshape(shape)


def test_crop_keeps_the_centre() -> None:
    x = ramp(1, 5, 6)
    assert torch.equal(run(OPERATORS["crop"](size=3), x), x[:, 1:4, 1:4])
    assert torch.equal(run(OPERATORS["crop"](size=(2, 6)), x), x[:, 1:3, :])
    assert torch.equal(run(OPERATORS["crop"](sides=[(0, 1), (2, 0)]), x), x[:, :4, 2:])
    assert torch.equal(run(OPERATORS["crop"](like=True), x, ramp(2, 1, 4)), x[:, 2:3, 1:5])
    assert torch.equal(run(OPERATORS["crop"](size=2, offset=3), x), x[:, 3:5, 3:5])


def test_pad_adds_each_side() -> None:
    padded = run(OPERATORS["pad"](sides=[(0, 1), (2, 3)], value=9), ramp(1, 2, 2))
    assert padded.shape == (1, 3, 7)
    assert padded[0, 0].tolist() == [9, 9, 0, 1, 9, 9, 9]
    assert run(OPERATORS["pad"](sides=[(2, 1)], mode="reflect"), ramp(1, 3))[0].tolist() == [2, 1, 0, 1, 2, 1]


def test_upsample_repeats_or_draws_lines() -> None:
    assert run(OPERATORS["upsample"](scale=2), ramp(1, 2))[0].tolist() == [0, 0, 1, 1]
    between = run(OPERATORS["upsample"](scale=2, mode="bilinear"), ramp(1, 2))
    assert between[0].tolist() == [0, 0.25, 0.75, 1]
    aligned = run(OPERATORS["upsample"](size=3, mode="bilinear", align_corners=True), ramp(1, 2))
    assert aligned[0].tolist() == [0, 0.5, 1]


def test_lrn_divides_alpha_by_the_size() -> None:
    x = ramp(7, 2, 2)
    squares = torch.stack([(x[max(c - 2, 0) : c + 3] ** 2).sum(0) for c in range(7)])
    wanted = x / (2 + 5e-4 / 5 * squares) ** 0.75
    torch.testing.assert_close(run(OPERATORS["lrn"](size=5, alpha=5e-4, k=2), x), wanted)


def test_rearrange_follows_its_pattern() -> None:
    x = ramp(2, 3, 4)
    flat = run(OPERATORS["rearrange"](pattern="c h w -> (h w) c"), x)
    assert torch.equal(flat, x.permute(1, 2, 0).reshape(12, 2))
    swapped = run(OPERATORS["rearrange"](pattern="c h w -> (w c) h"), x)
    assert torch.equal(swapped, x.permute(2, 0, 1).reshape(8, 3))


def test_shuffle_deals_the_groups_out() -> None:
    assert run(OPERATORS["shuffle"](groups=2), ramp(6, 1)).flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_layernorm_over_the_channels_is_per_position() -> None:
    x = torch.randn(8, 3, 4, dtype=torch.float64)
    normed = run(OPERATORS["layernorm"](axes="channels"), x)
    wanted = (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(normed, wanted)


def test_unequal_padding_of_a_pool_never_wins() -> None:
    pooled = run(OPERATORS["maxpool"](kernel=2, stride=1, padding="same"), -1 - ramp(1, 3))
    assert pooled[0].tolist() == [-1, -2, -3]


@pytest.mark.parametrize("shape", [(2, 7, 8), (2, 9)])
def test_locally_connected_with_equal_kernels_is_a_convolution(shape: tuple[int, ...]) -> None:
    options: dict[str, Any] = {"out": 4, "kernel": 3, "stride": 2, "padding": 1}
    local, _ = compiled(Sample(OPERATORS["locally_connected"](**options), (shape,)))
    conv, _ = compiled(Sample(OPERATORS["conv"](**options), (shape,)))
    assert local is not None and conv is not None
    axes = len(shape) - 1
    with torch.no_grad():
        local.weight.copy_(conv.weight.expand_as(local.weight))
        local.bias.copy_(conv.bias.reshape(-1, *[1] * axes).expand_as(local.bias))
    x = torch.randn(3, *shape, dtype=torch.float64)
    torch.testing.assert_close(local(x), conv(x))


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", REFUSED, ids=[refused.op.name for refused in REFUSED])
def test_wrong_inputs_are_refused(refused: Refused) -> None:
    problems = list(refused.op.problems(*refused.inputs))
    assert problems, "nothing was refused"
    assert problems[0].kind.code == refused.code
    for problem in problems:
        text = problem.kind.message.format_map(problem.fields)
        assert refused.op.name in text
        assert problem.argument is None or problem.argument in {argument.name for argument in refused.op.args}
        assert all(operand < len(refused.inputs) for operand in problem.operands)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("conv", {"out": 0, "kernel": 3}),
        ("conv", {"out": 8, "kernel": True}),
        ("conv", {"out": 8, "kernel": 3, "padding": "some"}),
        ("conv", {"out": 8, "kernel": 3, "padding": -1}),
        ("conv_transpose", {"out": 8, "kernel": 3, "padding": "same"}),
        ("dropout", {"p": 1.5}),
        ("upsample", {"scale": 2, "mode": "cubic"}),
        ("crop", {"like": 3}),
        ("split", {"parts": (2, "a")}),
        ("rearrange", {"pattern": "c h w -> h w"}),
        ("rearrange", {"pattern": "c h w -> (h (w c))"}),
        ("rearrange", {"pattern": "c c h -> c h c"}),
        ("rearrange", {"pattern": "c h w"}),
        ("rearrange", {"pattern": "c 1 -> 1 c"}),
        ("rearrange", {"pattern": "c h -> (c h"}),
        ("rearrange", {"pattern": "c h -> () c h"}),
        ("rearrange", {"pattern": " -> "}),
        ("rearrange", {"pattern": 3}),
        ("reshape", {"to": (4, 0)}),
    ],
)
def test_values_of_the_wrong_kind_are_unfit(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        OPERATORS[name](**arguments)


def test_a_hint_fits_the_window() -> None:
    op = OPERATORS["conv"](out=8, kernel=7)
    (problem,) = op.problems((3, 5, 8))
    assert problem.sets == {"padding": 1}
    assert not list(OPERATORS["conv"](out=8, kernel=7, padding=1).problems((3, 5, 8)))


def test_a_merge_blames_the_branch_that_stands_alone() -> None:
    (problem,) = OPERATORS["add"]().problems((3, 4, 4), (8, 4, 4), (8, 4, 4))
    assert problem.operands == (0, 1)
    assert problem.fits == (8, 4, 4)
    (problem,) = OPERATORS["mul"]().problems((8, 4, 4), (8,))
    assert problem.operands == (1, 0)
    assert problem.hints == ("`-> reshape(8 x 1 x 1)` makes it fit",)


# --- the house ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", OPERATORS.values(), ids=OPERATORS)
def test_every_operator_is_documented_and_sampled(cls: type[Op]) -> None:
    assert cls.__doc__ and cls.__doc__.strip().split("\n")[0].endswith(".")
    assert cls.family and cls.short
    assert list(cls.samples())
    assert all(argument.doc and argument.kind.words for argument in cls.args)
    for sample in cls.samples():
        assert sample.op.label() and sample.op.label(*sample.inputs)
        assert type(sample.op) is cls


@each(SAMPLES)
def test_a_size_that_is_passed_through_is_the_inputs(sample: Sample) -> None:
    for axis, size in enumerate(sample.op.shape(*sample.inputs)):
        through = sample.op.preserves(axis, *sample.inputs)
        if through is not None:
            assert sample.inputs[through][axis] == size


@each(SAMPLES)
def test_the_defaults_are_of_their_kind(sample: Sample) -> None:
    for argument in sample.op.args:
        if not argument.required and argument.default is not None:
            assert argument.kind.accept(argument.default) == argument.default


def test_a_misspelt_fact_is_refused_when_the_class_is_defined() -> None:
    with pytest.raises(TypeError, match="windw is no fact"):
        type("Bad", (Op,), {"windw": lambda self, x: None})
    with pytest.raises(TypeError, match="famly is no fact"):
        type("Bad", (Op,), {"famly": "pool"})
    with pytest.raises(TypeError, match="cannot have the name of a fact"):
        type("Bad", (Op,), {"shape": arg(Count, "a number")})
    with pytest.raises(TypeError, match="a name of its own"):
        operator(type("Again", (Op,), {"name": "conv", "short": "conv", "__doc__": "Twice."}))


def test_a_tensor_given_as_an_argument_is_one_more_input() -> None:
    op = OPERATORS["crop"](like=True)
    assert op.tensors == ("like",)
    assert op.arity == (1, 1)
    assert OPERATORS["crop"](size=3).tensors == ()
    assert op.shape((3, 8, 9), (5, 4, 6)) == (3, 4, 6)


def test_positional_arguments_bind_in_declared_order() -> None:
    assert [argument.name for argument in OPERATORS["maxpool"].args][:3] == ["kernel", "stride", "padding"]
    assert [argument.name for argument in OPERATORS["conv"].args][:2] == ["out", "kernel"]


def test_only_input_is_hidden() -> None:
    assert [name for name, cls in OPERATORS.items() if cls.hidden] == ["input"]
    assert OPERATORS["input"](size=(3, 8, 8)).shape() == (3, 8, 8)


@pytest.mark.parametrize("name", HELPERS)
def test_a_helper_is_named_as_its_class_or_function(name: str) -> None:
    assert HELPERS[name].startswith((f"class {name}(", f"def {name}("))
    assert max(map(len, HELPERS[name].splitlines())) <= 100


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_helpers_can_be_scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imports = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
    (tmp_path / "brought_along.py").write_text(imports + "\n\n".join(HELPERS.values()))
    monkeypatch.syspath_prepend(tmp_path)
    classes = importlib.import_module("brought_along")
    used = set()
    for sample in COMPUTED:
        stated = sample.op.torch(*sample.inputs)
        if stated.helper:
            used |= set(needed([stated.helper]))
            layer = getattr(classes, stated.helper)
            if stated.module:
                layer = layer(*stated.args, **dict(stated.kwargs)).double()
                scripted = torch.jit.script(layer)
            else:
                scripted = calling(sample, {stated.helper: torch.jit.script(layer)})
                layer = calling(sample, {stated.helper: layer})
            torch.testing.assert_close(scripted(*tensors(sample)), layer(*tensors(sample)))
    used |= {"bilinear_", *needed({loss.helper for loss in LOSSES.values() if loss.helper})}
    assert used == set(HELPERS), "a helper that nothing needs"


def test_operators_need_no_framework() -> None:
    heavy = {"torch", "networkx", "numpy", "lark", "rich", "click"}
    code = f"import sys, archdsl.ops; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
