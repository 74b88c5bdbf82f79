"""The networks in specs/, layer by layer against what was measured, and against torchvision itself.

tests/facts.json says what was measured, and how. Where torchvision has a network, its own weights are
loaded by name and its outputs compared.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.check.expectations import target
from archdsl.check.model import Checked
from archdsl.cli import main
from archdsl.sizes import show

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.arch"))
FACTS: dict[str, Any] = json.loads((ROOT / "tests" / "facts.json").read_text("utf-8"))

Choice = tuple[str, str, dict[str, Any]]
"""A spec, one of its networks, and parameters."""

TORCHVISION: dict[str, Choice] = {
    "alexnet": ("alexnet", "AlexNet", {}),
    "vgg11": ("vgg", "VGG.A", {}),
    "vgg13": ("vgg", "VGG.B", {}),
    "vgg16": ("vgg", "VGG.D", {}),
    "vgg19": ("vgg", "VGG.E", {}),
    "vgg11_bn": ("vgg", "VGG.A", {"norm": True}),
    "vgg13_bn": ("vgg", "VGG.B", {"norm": True}),
    "vgg16_bn": ("vgg", "VGG.D", {"norm": True}),
    "vgg19_bn": ("vgg", "VGG.E", {"norm": True}),
    "googlenet": ("googlenet", "GoogLeNet-BN", {}),
    "resnet18": ("resnet", "ResNet.18", {}),
    "resnet34": ("resnet", "ResNet.34", {}),
    "resnet50": ("resnet", "ResNet.50", {}),
    "resnet101": ("resnet", "ResNet.101", {}),
    "resnet152": ("resnet", "ResNet.152", {}),
}

REFERENCE: dict[str, tuple[str, str]] = {
    "lenet5_1998": ("lenet", "LeNet-5"),
    "lenet5_dense": ("lenet", "LeNet"),
    "lenet_caffe": ("lenet", "LeNet-Caffe"),
    "alexnet_2012_groups": ("alexnet", "AlexNet-2012"),
    "alexnet_2012_towers": ("alexnet", "AlexNet-towers"),
    "vgg_A": ("vgg", "VGG.A"),
    "vgg_A-LRN": ("vgg", "VGG.A-LRN"),
    "vgg_B": ("vgg", "VGG.B"),
    "vgg_C": ("vgg", "VGG.C"),
    "vgg_D": ("vgg", "VGG.D"),
    "vgg_E": ("vgg", "VGG.E"),
    "googlenet_paper_aux_train": ("googlenet", "GoogLeNet"),
    "resnet50_v1_paper": ("resnet", "ResNet-v1.50"),
    "resnet101_v1_paper": ("resnet", "ResNet-v1.101"),
    "resnet152_v1_paper": ("resnet", "ResNet-v1.152"),
    "resnet18_optionA": ("resnet", "ResNet-v1.18"),
    "resnet34_optionA": ("resnet", "ResNet-v1.34"),
}

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
}
"""What the papers print that is not what their networks have."""


@cache
def spec(stem: str) -> archdsl.Spec:
    return archdsl.load(ROOT / "specs" / f"{stem}.arch")


def network(choice: Choice) -> archdsl.Network:
    stem, name, parameters = choice
    return spec(stem).net(name, **parameters)


def row(checked: Checked, index: int) -> str:
    """The output, the parameters and the MACs of a layer, as the facts have them."""
    layer, (value, *_) = checked.layers[index], checked.graph.nodes[index].outputs
    return f"{show(value.shape or ()).replace(' ', '')} {layer.params} {layer.macs}"


# --- the specs themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize("stem", SPECS)
def test_a_spec_is_sound(stem: str) -> None:
    found = spec(stem)
    assert not found.report.failed
    assert {each.code for each in found.report} <= {"W502"}


@pytest.mark.parametrize("stem", ["alexnet", "googlenet", "lecture", "lenet", "resnet", "vgg"])
def test_only_the_papers_slips_disagree(stem: str) -> None:
    found = spec(stem)
    disagree = {
        name: {target(each.expectation) for each in net.expectations if not each.holds}
        for name, net in found.items()
    }
    wrong = {name: targets for name, targets in disagree.items() if targets}
    assert wrong == {name: targets for name, targets in DISAGREE.items() if name in found}


@pytest.mark.parametrize("stem", SPECS)
def test_a_spec_says_whose_network_it_is(stem: str) -> None:
    text = (ROOT / "specs" / f"{stem}.arch").read_text("utf-8")
    title, _, rest = text.removeprefix('"""').partition("\n")
    assert text.startswith('"""') and rest.startswith("\n")
    assert len(title) <= 100
    assert all(len(line) <= 130 for line in text.splitlines())


def test_every_measured_network_is_compared() -> None:
    assert set(TORCHVISION) == set(FACTS["torchvision"])
    assert set(REFERENCE) == set(FACTS["reference"])


def test_printed_numbers_do_not_speak_of_a_net_with_other_parameters() -> None:
    """A plain number is left out where `--set` changes the net; one in its parameters is compared."""
    assert not network(("vgg", "VGG.D", {"norm": True})).expectations
    assert main(["check", str(ROOT / "specs" / "vgg.arch"), "--set", "classes=10"]) == 0
    small = network(("lecture", "Stacks", {"C": 8}))
    assert [target(each.expectation) for each in small.expectations] == ["large.weights", "small.weights"]
    assert all(each.holds for each in small.expectations)


# --- layer by layer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TORCHVISION)
def test_layers_are_torchvisions(name: str) -> None:
    checked = network(TORCHVISION[name]).checked
    facts = FACTS["torchvision"][name]
    assert (checked.metrics.params, checked.metrics.macs) == (facts["params"], facts["macs"])
    assert show(next(iter(checked.graph.outputs.values())).shape or ()) == facts["output"]
    ours = {node.path: f"{node.path} {row(checked, node.index)}" for node in checked.graph.nodes}
    learned = {node.path for node in checked.graph.nodes if checked.layers[node.index].params}
    paths = [fact.split()[0] for fact in facts["layers"]]
    assert learned <= set(paths)
    assert [ours.get(path) for path in paths] == facts["layers"]


@pytest.mark.parametrize("name", REFERENCE)
def test_layers_are_those_of_the_rebuilt_network(name: str) -> None:
    checked = network((*REFERENCE[name], {})).checked
    facts = FACTS["reference"][name]
    layers = [row(checked, index) for index, layer in enumerate(checked.layers) if layer.params]
    macs, expected = checked.metrics.macs, facts["layers"]
    if name == "lenet5_1998":  # measured without the coefficients of S2 and S4
        layers = [each.replace("12 1176", "12 0").replace("32 400", "32 0") for each in layers]
        macs -= 1176 + 400
    if name == "alexnet_2012_towers":  # there one tower stands behind the other
        layers, expected = sorted(layers), sorted(expected)
    assert layers == expected
    assert (checked.metrics.params, macs) == (facts["params"], facts["macs"])
    (output,) = checked.graph.outputs.values()
    assert show(output.shape or ()) == ("84" if name == "lenet5_1998" else facts["output"])


@pytest.mark.parametrize("name", FACTS["receptive_field"])
def test_receptive_fields_and_strides(name: str) -> None:
    stem = next(stem for stem in SPECS if name in spec(stem))
    checked = network((stem, name, {})).checked
    facts = FACTS["receptive_field"][name]
    last = checked.graph.named.get("inception_5b") or checked.graph.named.get("inception5b")
    end = checked.layers[last.value.node.index] if last else checked
    extent, step = facts["end"]
    assert (end.receptive_field, end.stride) == ((extent, extent), (step, step))
    layers = [fact.split() for fact in facts.get("layers", [])]
    seeing = [
        node.index
        for node in checked.graph.nodes
        if node.op.name in ("conv", "maxpool", "avgpool") and not node.training
    ]
    for index, (*path, extent, step) in zip(seeing[: len(layers)], layers, strict=True):
        node, layer = checked.graph.nodes[index], checked.layers[index]
        assert path in ([], [node.path])
        assert (*layer.receptive_field, *layer.stride) == (*[int(extent)] * 2, *[int(step)] * 2), node.path


def test_googlenet_costs_less_without_its_auxiliary_classifiers() -> None:
    checked = spec("googlenet")["GoogLeNet"].checked
    trunk = sum(
        layer.params
        for node, layer in zip(checked.graph.nodes, checked.layers, strict=True)
        if not node.training
    )
    assert trunk == 6_998_552
    assert list(checked.graph.training_outputs) == ["aux1", "aux2"]


# --- torchvision itself -------------------------------------------------------------------------------


def torchvisions(name: str) -> Any:
    """torchvision's network with its own random weights, the batch norms' statistics stirred."""
    import torch
    from oracle import models

    torch.manual_seed(0)
    options = {"init_weights": False} if name.startswith(("vgg", "googlenet")) else {}
    if name == "googlenet":
        options["aux_logits"] = True
    model = getattr(models(), name)(weights=None, **options)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for numbers in (module.weight, module.running_var):
                torch.nn.init.uniform_(numbers, 0.5, 1.5)
            for numbers in (module.bias, module.running_mean):
                torch.nn.init.normal_(numbers, 0.0, 0.1)
    return model.eval()


@pytest.mark.parametrize("name", TORCHVISION)
def test_weights_have_torchvisions_names_and_shapes(name: str) -> None:
    import torch

    with torch.device("meta"):
        theirs = torchvisions(name).state_dict()
    assert network(TORCHVISION[name]).weights == {key: tuple(each.shape) for key, each in theirs.items()}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_weights_give_torchvisions_outputs(name: str) -> None:
    import torch

    theirs = torchvisions(name)
    with torch.device("meta"):  # its own weights would be thrown away
        ours = network(TORCHVISION[name]).module().eval()
    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)
    image = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        expected = theirs(image)
        if name.startswith("vgg"):  # the paper's table ends in soft-max
            expected = expected.softmax(1)
        assert torch.equal(ours(image), expected)


@pytest.mark.parametrize("name", REFERENCE)
def test_the_emitted_module_is_the_network(name: str) -> None:
    from archdsl.outputs.torch import verify

    assert verify(network((*REFERENCE[name], {})).checked) == []


def test_auxiliary_classifiers_answer_in_training() -> None:
    import torch

    theirs, ours = torchvisions("googlenet"), network(TORCHVISION["googlenet"]).module()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    for model in (theirs, ours):
        model.train()
        for module in model.modules():  # one image has no batch statistics, and chance is no network's own
            if isinstance(module, torch.nn.BatchNorm2d | torch.nn.Dropout):
                module.eval()
    image = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        expected, given = theirs(image), ours(image)
    assert given._fields == ("output", "aux1", "aux2")
    assert torch.equal(given.output, expected.logits)
    assert torch.equal(given.aux1, expected.aux_logits1)
    assert torch.equal(given.aux2, expected.aux_logits2)
