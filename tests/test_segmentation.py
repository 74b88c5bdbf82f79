"""What labels every pixel: fully convolutional networks, and the unpooling that others need."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from networks import ROOT
from torch import Tensor, nn

import archdsl

# --- fully convolutional networks ---------------------------------------------------------------------


def fcn8s() -> nn.Module:
    """FCN-8s for 3 classes whose scores are not all zero."""
    torch.manual_seed(0)
    module = archdsl.load(ROOT / "specs" / "fcn.arch").net("FCN-8s", classes=3).module()
    for name in ("score_fr", "score_pool4", "score_pool3"):
        nn.init.normal_(module.get_parameter(f"{name}.weight"), 0.0, 0.1)
    return module.eval()


def by_hand(module: nn.Module, image: Tensor) -> Tensor:
    """The authors' net.py for FCN-8s, on a module's weights."""
    weights = module.state_dict()
    pooled = []
    x, index = image, 0
    for stage in (2, 2, 3, 3, 3):
        for _ in range(stage):
            padding = 100 if index == 0 else 1
            kernel, bias = weights[f"features.{index}.weight"], weights[f"features.{index}.bias"]
            x, index = F.conv2d(x, kernel, bias, padding=padding).relu(), index + 2
        x, index = F.max_pool2d(x, 2, ceil_mode=True), index + 1
        pooled.append(x)
    for name in ("classifier.0", "classifier.3"):
        x = F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"]).relu()
    x = F.conv2d(x, weights["score_fr.weight"], weights["score_fr.bias"])
    for up, skip, offset in (("upscore2", 4, 5), ("upscore_pool4", 3, 9)):
        x = F.conv_transpose2d(x, weights[f"{up}.weight"], stride=2)
        score = F.conv2d(
            pooled[skip - 1], *(weights[f"score_pool{skip}.{each}"] for each in ("weight", "bias"))
        )
        x = x + score[:, :, offset : offset + x.shape[2], offset : offset + x.shape[3]]
    x = F.conv_transpose2d(x, weights["upscore8.weight"], stride=8)
    return x[:, :, 31 : 31 + image.shape[2], 31 : 31 + image.shape[3]]


def test_fcn_takes_images_of_any_size() -> None:
    module = fcn8s()
    for size in ((32, 48), (70, 33)):
        image = torch.randn(1, 3, *size)
        with torch.inference_mode():
            given = module(image)
            assert given.shape == (1, 3, *size)
            torch.testing.assert_close(given, by_hand(module, image), rtol=1e-4, atol=1e-5)


def test_fcn_starts_with_bilinear_upsampling_that_stays() -> None:
    with torch.device("meta"):
        module = archdsl.load(ROOT / "specs" / "fcn.arch")["FCN-16s"].module()
    frozen = {name for name, each in module.named_parameters() if not each.requires_grad}
    assert frozen == {"upscore2.weight", "upscore16.weight"}
    net = archdsl.loads(
        "net Up { input x: 2 x 5 x 6; up: conv_transpose(2, 4, stride = 2, padding = 1, bias = false); "
        "init up: bilinear; freeze up }"
    )["Up"]
    up = net.module()
    filter_ = torch.tensor([0.25, 0.75, 0.75, 0.25])
    assert torch.equal(up.get_parameter("up.weight")[0, 0], torch.outer(filter_, filter_))
    x = torch.randn(1, 2, 5, 6)
    enlarged = F.interpolate(x, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(up(x)[:, :, 1:-1, 1:-1], enlarged[:, :, 1:-1, 1:-1])


# --- unpooling ----------------------------------------------------------------------------------------

UNPOOLING = """
block encoder(c) {
    conv(c, 3, padding = same) -> relu
    pool: maxpool(3, stride = 2, padding = 1, ceil = true, indices = true)
}

net Unpooling {
    input image: 3 x 21 x 18
    first: conv(4, 3, padding = same)
    pool1: maxpool(2, indices = true)
    deeper: encoder(8)
    deeper.pool + deeper
    max_unpool(3, stride = 2, padding = 1, indices = deeper.pool.indices, like = pool1)
    conv(4, 1)
    max_unpool(indices = pool1.indices, size = 21x18)
    expect pool1.shape         == 4 x 10 x 9
    expect pool1.indices.shape == 4 x 10 x 9
    expect shape               == 4 x 21 x 18
}
"""


def test_unpooling_puts_values_back_where_they_were() -> None:
    net = archdsl.loads(
        "net Back { input x: 2 x 9 x 8; pool: maxpool(2, ceil = true, indices = true); "
        "max_unpool(indices = pool.indices, like = x) }"
    )["Back"]
    x = torch.rand(3, 2, 9, 8) + 1
    back = net.module()(x)
    kept = back != 0
    assert torch.equal(back[kept], x[kept])
    assert kept.sum() == 3 * 2 * 5 * 4
    assert torch.equal(F.max_pool2d(back, 2, ceil_mode=True), F.max_pool2d(x, 2, ceil_mode=True))


def test_unpooling_runs_in_every_way() -> None:
    import warnings

    torch.manual_seed(0)
    net = archdsl.loads(UNPOOLING)["Unpooling"]
    assert not list(archdsl.loads(UNPOOLING).report)
    module = net.module().eval()
    image = torch.randn(2, 3, 21, 18)
    expected = module(image)
    assert expected.shape == (2, 4, 21, 18)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert torch.equal(torch.jit.script(module)(image), expected)
        assert torch.equal(torch.export.export(module, (image,)).module()(image), expected)
    loss = expected.sum()
    loss.backward()
    assert all(each.grad is not None for each in module.parameters())


def test_a_label_means_the_output_that_flows_on() -> None:
    checked = archdsl.loads(UNPOOLING)["Unpooling"].checked
    graph = checked.graph
    first = next(node for node in graph.nodes if node.name == "pool1")
    assert graph.named["pool1"].value is graph.named["pool1.values"].value is first.outputs[0]
    assert graph.named["pool1.indices"].value is first.outputs[1]
    unpools = [node for node in graph.nodes if node.op.name == "max_unpool"]
    assert [[value.port for value in node.inputs] for node in unpools] == [[0, 1, 0], [0, 1]]


def test_what_an_unpooled_map_sees() -> None:
    """A cell sees what the cells see that may be put where it is: what gradients reach at any values."""
    net = archdsl.loads(
        "net Field { input x: 1 x 24; conv(1, 3, padding = 1); pool: maxpool(2, indices = true); "
        "conv(1, 3, padding = 1); max_unpool(indices = pool.indices); conv(1, 3, padding = 1) }"
    )["Field"]
    module = net.module().double()
    reached = torch.zeros(24, 24, dtype=torch.bool)
    for seed in range(20):
        torch.manual_seed(seed)
        slopes = torch.autograd.functional.jacobian(module, torch.randn(1, 1, 24).double())
        reached |= slopes[0, 0, :, 0, 0] != 0
    widths = [int(row.nonzero().max() - row.nonzero().min()) + 1 for row in reached]
    assert net.stride == (1,)
    assert net.receptive_field == (max(widths),) == (10,)
