"""The specs themselves: sound, and what they claim; and what networks.json does not measure of them."""

from __future__ import annotations

from typing import Any

import pytest
from networks import ROOT, spec

import archdsl
from archdsl.check.expectations import target
from archdsl.cli import main

SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.arch"))

Choice = tuple[str, str, dict[str, Any]]
"""A spec, one of its networks, and parameters."""

DISAGREE = {
    "AlexNet-2012": {"params", "neurons", "image.shape", "conv1.neurons"},
    "GoogLeNet": {
        "macs",
        "conv1.weights",
        "conv1.macs",
        "inception_3a.weights",
        "inception_3b.weights",
        "inception_4a.weights",
        "inception_4a.macs",
        "inception_4b.weights",
        "inception_4c.weights",
        "inception_4d.weights",
        "inception_4e.weights",
        "inception_5a.weights",
        "inception_5a.macs",
        "inception_5b.weights",
    },
    "Inception-reduced": {"macs"},
    "ResNet-v1.50": {"macs"},
    "OverFeat-fast": {"layer1.shape", "params", "macs"},
    "OverFeat-accurate": {"params", "macs"},
    "DenseNet.264": {"depth"},
    "SqueezeNet": {"image.shape"},
    "MobileNetV2": {"params", "macs"},
    "DeepFace": {"params"},
}
"""What the papers print that is not what their networks have."""


def network(choice: Choice) -> archdsl.Network:
    stem, name, parameters = choice
    return spec(stem).net(name, **parameters)


@pytest.mark.parametrize("stem", SPECS)
def test_a_spec_is_sound(stem: str) -> None:
    found = spec(stem)
    assert not found.report.failed
    assert {each.code for each in found.report} <= {"W502"}


@pytest.mark.parametrize("stem", SPECS)
def test_only_the_papers_slips_disagree(stem: str) -> None:
    disagree = {
        name: {target(each.expectation) for each in net.expectations if not each.holds}
        for name, net in spec(stem).items()
    }
    wrong = {name: targets for name, targets in disagree.items() if targets}
    assert wrong == {name: targets for name, targets in DISAGREE.items() if name in spec(stem)}


@pytest.mark.parametrize("stem", SPECS)
def test_a_spec_says_whose_network_it_is(stem: str) -> None:
    text = (ROOT / "specs" / f"{stem}.arch").read_text("utf-8")
    title, _, rest = text.removeprefix('"""').partition("\n")
    assert text.startswith('"""') and rest.startswith("\n")
    assert len(title) <= 100
    assert all(len(line) <= 130 for line in text.splitlines())


def test_printed_numbers_do_not_speak_of_a_net_with_other_parameters() -> None:
    """A plain number is left out where `--set` changes the net; one in its parameters is compared."""
    assert not network(("vgg", "VGG.D", {"norm": True})).expectations
    assert main(["check", str(ROOT / "specs" / "vgg.arch"), "--set", "classes=10"]) == 0
    small = network(("lecture", "Stacks", {"C": 8}))
    assert [target(each.expectation) for each in small.expectations] == ["large.weights", "small.weights"]
    assert all(each.holds for each in small.expectations)


@pytest.mark.parametrize(
    "choice",
    [("resnext", "ResNeXt-50", {"C": 1, "d": 64}), ("wide-resnet", "WRN-50", {"k": 1})],
    ids=["ResNeXt", "WRN"],
)
def test_resnet_is_one_of_the_family(choice: Choice) -> None:
    resnet = network(("resnet", "ResNet.50", {}))
    assert network(choice).weights == resnet.weights
    assert network(choice).macs == resnet.macs


# --- torchvision's other sizes --------------------------------------------------------------------------


@pytest.mark.parametrize("layers", ["169", "201"])
def test_a_deeper_densenet_has_torchvisions_names(layers: str) -> None:
    import torch
    from oracle import models

    with torch.device("meta"):
        theirs = getattr(models(), f"densenet{layers}")(weights=None).state_dict()
    ours = network(("densenet", f"DenseNet.{layers}", {})).weights
    assert ours == {key: tuple(each.shape) for key, each in theirs.items()}


@pytest.mark.parametrize("width", [0.35, 0.5, 0.75, 1.3, 1.4])
def test_a_width_gives_torchvisions_channels(width: float) -> None:
    import torch
    from oracle import models

    with torch.device("meta"):
        theirs = models().mobilenet_v2(weights=None, width_mult=width).state_dict()
    ours = network(("mobilenet", "MobileNetV2", {"width": width})).weights
    assert ours == {key: tuple(each.shape) for key, each in theirs.items()}


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
