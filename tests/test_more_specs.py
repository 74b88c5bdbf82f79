"""More of the networks in specs/, layer by layer against what was measured, and against torchvision itself.

tests/facts_more.json says what was measured. What holds for every spec is in test_specs.py.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_specs import ROOT, Choice, network, row, spec, torchvisions

from archdsl.check.expectations import target
from archdsl.check.model import Checked
from archdsl.sizes import show

FACTS: dict[str, Any] = json.loads((ROOT / "tests" / "facts_more.json").read_text("utf-8"))

TORCHVISION: dict[str, Choice] = {
    "resnext50_32x4d": ("resnext", "ResNeXt-50", {}),
    "wide_resnet50_2": ("wide-resnet", "WRN-50", {}),
    "densenet121": ("densenet", "DenseNet.121", {}),
    "squeezenet1_0": ("squeezenet", "SqueezeNet", {"size": 224}),
    "squeezenet1_1": ("squeezenet", "SqueezeNet-1-1", {}),
    "mobilenet_v2": ("mobilenet", "MobileNetV2", {}),
}

NAMED_LIKE: dict[str, Choice] = {
    **TORCHVISION,
    "densenet169": ("densenet", "DenseNet.169", {}),
    "densenet201": ("densenet", "DenseNet.201", {}),
}
"""torchvision's networks that have the names of ours, also those that were not measured."""

REFERENCE: dict[str, Choice] = {
    "zfnet": ("zfnet", "ZFNet", {}),
    "overfeat_fast": ("overfeat", "OverFeat-fast", {}),
    "overfeat_accurate": ("overfeat", "OverFeat-accurate", {}),
    "unet_2015": ("unet", "U-Net", {}),
    "unet_2015_rgb_same": ("unet", "U-Net-padded", {}),
    "deepface": ("deepface", "DeepFace", {}),
    "frrn_a": ("frrn", "FRRN.A", {}),
    "frrn_b": ("frrn", "FRRN.B", {"height": 512}),
    "yolov1_paper": ("yolo", "YOLO", {}),
    "yolov1_bn": ("yolo", "YOLO", {"norm": True}),
    "yolov1_darknet_cfg": ("yolo", "YOLO-released", {}),
    "resnet_cifar_20": ("cifar-resnet", "CIFAR-ResNet.20", {}),
    "resnet_cifar_32": ("cifar-resnet", "CIFAR-ResNet.32", {}),
    "resnet_cifar_44": ("cifar-resnet", "CIFAR-ResNet.44", {}),
    "resnet_cifar_56": ("cifar-resnet", "CIFAR-ResNet.56", {}),
    "resnet_cifar_110": ("cifar-resnet", "CIFAR-ResNet.110", {}),
}

DISAGREE = {
    "OverFeat-fast": {"layer1.shape", "params", "macs"},
    "OverFeat-accurate": {"params", "macs"},
    "DenseNet.264": {"depth"},
    "SqueezeNet": {"image.shape"},
    "MobileNetV2": {"params", "macs"},
    "DeepFace": {"params"},
}
"""What the papers print that is not what their networks have."""


def totals(checked: Checked) -> dict[str, Any]:
    """What the facts say of a whole network."""
    (output,) = checked.graph.outputs.values()
    shape = show(output.shape or ()).replace(" ", "")
    return {"params": checked.metrics.params, "macs": checked.metrics.macs, "output": shape}


def test_every_measured_network_is_compared() -> None:
    assert set(TORCHVISION) == set(FACTS["torchvision"])
    assert set(REFERENCE) == set(FACTS["reference"])


def test_only_the_papers_slips_disagree() -> None:
    disagree = {
        name: {target(each.expectation) for each in net.expectations if not each.holds}
        for stem in sorted({stem for stem, *_ in (TORCHVISION | REFERENCE).values()})
        for name, net in spec(stem).items()
    }
    assert {name: targets for name, targets in disagree.items() if targets} == DISAGREE


# --- layer by layer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TORCHVISION)
def test_layers_are_torchvisions(name: str) -> None:
    checked = network(TORCHVISION[name]).checked
    facts = FACTS["torchvision"][name]
    found = totals(checked)
    assert found == {key: facts[key] for key in found}
    names = [node.path for node in checked.graph.nodes]
    ours = {each: f"{each} {row(checked, index)}" for index, each in enumerate(names)}
    learned = {names[index] for index, layer in enumerate(checked.layers) if layer.params}
    paths = [fact.split()[0] for fact in facts["layers"]]
    assert learned <= set(paths)
    assert [ours.get(each) for each in paths] == facts["layers"]


@pytest.mark.parametrize("name", REFERENCE)
def test_layers_are_those_of_the_rebuilt_network(name: str) -> None:
    checked = network(REFERENCE[name]).checked
    facts = FACTS["reference"][name]
    found = totals(checked)
    assert found == {key: facts[key] for key in found}
    layers = [row(checked, index) for index, layer in enumerate(checked.layers) if layer.params]
    expected = facts["layers"]
    if name.startswith("unet"):  # there the way down is listed before the way up
        layers, expected = sorted(layers), sorted(expected)
    assert layers == expected


@pytest.mark.parametrize("name", FACTS["receptive_field"])
def test_receptive_fields_and_strides(name: str) -> None:
    stem = next(stem for stem, each, _ in (TORCHVISION | REFERENCE).values() if each == name)
    checked = network((stem, name, {})).checked
    extent, step = FACTS["receptive_field"][name]
    found = (checked.receptive_field, checked.stride)
    assert found == ((extent, extent), (step, step))


@pytest.mark.parametrize(
    "choice",
    [("resnext", "ResNeXt-50", {"C": 1, "d": 64}), ("wide-resnet", "WRN-50", {"k": 1})],
    ids=["ResNeXt", "WRN"],
)
def test_resnet_is_one_of_the_family(choice: Choice) -> None:
    resnet = network(("resnet", "ResNet.50", {}))
    assert network(choice).weights == resnet.weights
    assert network(choice).macs == resnet.macs


# --- torchvision itself -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMED_LIKE)
def test_weights_have_torchvisions_names_and_shapes(name: str) -> None:
    import torch

    with torch.device("meta"):
        theirs = torchvisions(name).state_dict()
    assert network(NAMED_LIKE[name]).weights == {key: tuple(each.shape) for key, each in theirs.items()}


@pytest.mark.parametrize("width", [0.35, 0.5, 0.75, 1.3, 1.4])
def test_a_width_gives_torchvisions_channels(width: float) -> None:
    import torch
    from oracle import models

    with torch.device("meta"):
        theirs = models().mobilenet_v2(weights=None, width_mult=width).state_dict()
    ours = network(("mobilenet", "MobileNetV2", {"width": width})).weights
    assert ours == {key: tuple(each.shape) for key, each in theirs.items()}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_weights_give_torchvisions_outputs(name: str) -> None:
    import torch

    theirs = torchvisions(name)
    with torch.device("meta"):  # its own weights would be thrown away
        ours = network(TORCHVISION[name]).module().eval()
    ours.load_state_dict(theirs.state_dict(), assign=True)
    image = 100 * torch.rand(1, 3, 96, 96)  # a global pool takes maps of any size, relu6 cuts at 6
    with torch.inference_mode():
        assert torch.equal(ours(image), theirs(image))


@pytest.mark.parametrize(
    ("auxiliary", "params", "macs"),
    [(False, 32_957_013, 142_725_772_800), (True, 35_322_218, 152_716_512_000)],
)
def test_segmentation_on_resnet_is_torchvisions(auxiliary: bool, params: int, macs: int) -> None:
    import torch
    from oracle import models

    ours = network(("fcn-resnet", "FCN-ResNet50", {"auxiliary": auxiliary}))
    assert (ours.params, ours.macs) == (params, macs)
    theirs = models().segmentation.fcn_resnet50(
        weights=None, weights_backbone=None, num_classes=21, aux_loss=auxiliary
    )
    held = theirs.eval().state_dict()
    assert ours.weights == {key: tuple(each.shape) for key, each in held.items()}
    module = ours.module().eval()
    module.load_state_dict(held)
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        found, wanted = module(image), theirs(image)
    if auxiliary:
        assert torch.equal(found.aux, wanted["aux"])
    assert torch.equal(found.out if auxiliary else found, wanted["out"])


# --- nets whose streams part and meet, written out -----------------------------------------------------


def stirred(choice: Choice) -> Any:
    """Our network with random weights, the batch norms' statistics too."""
    import torch

    torch.manual_seed(0)
    model = network(choice).module().eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, 0.0, 0.1)
    return model


@pytest.mark.parametrize(
    ("choice", "top", "padding"),
    [(("unet", "U-Net", {"size": 188}), "top", 0), (("unet", "U-Net-padded", {"size": 32}), "level1", 1)],
    ids=["valid", "padded"],
)
def test_unet_hands_its_maps_over(choice: Choice, top: str, padding: int) -> None:
    import torch
    from torch.nn import functional as F

    model = stirred(choice)
    w = model.state_dict()

    def convs(x: Any, at: str) -> Any:
        for conv in (f"{at}.conv1", f"{at}.conv2"):
            x = F.conv2d(x, w[f"{conv}.weight"], w[f"{conv}.bias"], padding=padding).relu()
        return x

    def level(x: Any, at: str, depth: int) -> Any:
        left = convs(x, f"{at}.left")
        if depth == 0:
            return left
        down = level(F.max_pool2d(left, 2), f"{at}.down", depth - 1)
        up = F.conv_transpose2d(down, w[f"{at}.up.weight"], w[f"{at}.up.bias"], stride=2)
        edge = (left.shape[-1] - up.shape[-1]) // 2
        left = left[:, :, edge : edge + up.shape[-2], edge : edge + up.shape[-1]]
        return convs(torch.cat([left, up], 1), f"{at}.right")

    image = torch.rand(1, *network(choice).inputs["image"])
    with torch.inference_mode():
        expected = F.conv2d(level(image, top, 4), w["conv1.weight"], w["conv1.bias"])
        torch.testing.assert_close(model(image), expected)


@pytest.mark.parametrize("variant", ["A", "B"])
def test_frrn_carries_both_streams(variant: str) -> None:
    import torch
    from torch.nn import functional as F

    model = stirred(("frrn", f"FRRN.{variant}", {"height": 32}))
    w = model.state_dict()

    def conv(x: Any, name: str) -> Any:
        weight = w[f"{name}.weight"]
        return F.conv2d(x, weight, w.get(f"{name}.bias"), padding=weight.shape[-1] // 2)

    def conv_bn(x: Any, name: str, norm: str) -> Any:
        held = [w[f"{norm}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(conv(x, name), *held)

    def residual(x: Any, i: int) -> Any:
        kept = conv(x, f"RU{i}.conv3") if f"RU{i}.conv3.weight" in w else x
        x = conv_bn(x, f"RU{i}.conv1", f"RU{i}.bn1").relu()
        return kept + conv_bn(x, f"RU{i}.conv2", f"RU{i}.bn2")

    def expected(x: Any) -> Any:
        x = conv_bn(x, "conv1", "bn1").relu()
        for i in (1, 2, 3):
            x = residual(x, i)
        y, z, i = F.max_pool2d(x, 2), conv_bn(x, "fork1.conv1", "fork1.z"), 0
        down = [(2, 3), (4, 4), (8, 2), (16, 2)] + [(32, 2)] * (variant == "B")
        up = [(16, 2)] * (variant == "B") + [(8, 2), (4, 2), (2, 2)]
        for scale, units in down + up:
            if i and z.shape[-1] // y.shape[-1] < scale:
                y = F.max_pool2d(y, 2)
            elif i:
                y = F.interpolate(y, scale_factor=2, mode="bilinear")
            for _ in range(units):
                i += 1
                y = torch.cat([y, F.max_pool2d(z, scale)], 1)
                y = conv_bn(y, f"FRRU{i}.conv1", f"FRRU{i}.bn1").relu()
                y = conv_bn(y, f"FRRU{i}.conv2", f"FRRU{i}.bn2").relu()
                z = z + F.interpolate(conv(y, f"FRRU{i}.conv3"), scale_factor=scale)
        x = torch.cat([F.interpolate(y, scale_factor=2, mode="bilinear"), z], 1)
        for i in (4, 5, 6):
            x = residual(x, i)
        return conv(x, "conv2").softmax(1)

    image = torch.rand(1, 3, 32, 64)
    with torch.inference_mode():
        torch.testing.assert_close(model(image), expected(image))
