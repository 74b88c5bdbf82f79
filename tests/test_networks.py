"""Every published network is as it was measured, layer by layer, and its module does what torchvision's does.

tests/networks.py compares; run as a program, it prints the table of all of them.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import networks
import pytest
from networks import NETWORKS, Published, disagreements, unexplained

from archdsl.graph.model import is_within


def ids(each: Published) -> str:
    return f"{each.origin}-{each.name}"


@pytest.mark.parametrize("each", NETWORKS, ids=ids)
def test_a_network_is_as_it_was_measured(each: Published) -> None:
    assert list(unexplained(each)) == []


@pytest.mark.parametrize("each", NETWORKS, ids=ids)
def test_its_module_agrees(each: Published) -> None:
    assert disagreements(each) == []


@pytest.mark.parametrize("each", [each for each in NETWORKS if "receptive_fields" in each.facts], ids=ids)
def test_receptive_fields_and_strides(each: Published) -> None:
    for path, (extent, step) in each.facts["receptive_fields"].items():
        end = [layer for node, layer in each.layers if is_within(node.path, path)][-1] if path else each.net
        assert (end.receptive_field, end.stride) == ((extent, extent), (step, step)), path
    facts = each.facts.get("receptive_fields_of_windows", [])
    windows = [pair for pair in each.layers if pair[0].op.name in ("conv", "maxpool", "avgpool")]
    for fact, (node, layer) in zip(facts, windows[: len(facts)], strict=True):
        *path, extent, step = fact.split()
        assert path in ([], [node.path])
        assert (*layer.receptive_field, *layer.stride) == (*[int(extent)] * 2, *[int(step)] * 2), node.path


# --- the comparison itself ----------------------------------------------------------------------------


def published(name: str, **changes: Any) -> Published:
    """A network about which something else was measured."""
    (each,) = (each for each in NETWORKS if each.name == name)
    return Published(each.origin, name, deepcopy(each.facts) | changes)


LAYERS = published("lenet_caffe").facts["layers"]


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("lenet_caffe", {"params": 431_081}, ["params: 431080, not 431081"]),
        ("lenet_caffe", {"trainable_params": 431_081}, ["trainable_params: 431080, not 431081"]),
        ("lenet_caffe", {"input": "1x32x32"}, ["input: 1x28x28, not 1x32x32"]),
        ("lenet_caffe", {"output": "10 10"}, ["output: 10, not 10 10"]),
        ("resnet18", {"buffers": 9600}, ["buffers: 9620, not 9600"]),
        ("googlenet_train", {"macs": 1_498_376_192}, ["macs: 1506748416, not 1498376192"]),
        ("lenet_caffe", {"layers": LAYERS[1:]}, [f"only ours: {LAYERS[0]}"]),
        ("lenet_caffe", {"layers": [*LAYERS, "relu 10"]}, ["only true: relu 10"]),
        ("lenet_caffe", {"layers": LAYERS[::-1]}, ["order: another"]),
        ("lenet_caffe", {"differs": [{"in": "order", "why": ""}]}, ["order: as it was measured"]),
        ("lenet_caffe", {"differs": [{"in": "macs", "ours": 2_293_000}]}, ["macs: as it was measured"]),
        ("lenet_caffe", {"differs": [{"in": "layers", "ours": ["relu 5"]}]}, ["not only ours: relu 5"]),
        ("densenet_ref_121", {"kinds": {}}, ["kinds of layers: "]),
    ],
)
def test_a_difference_is_told(name: str, changes: dict[str, Any], told: list[str]) -> None:
    found = unexplained(published(name, **changes))
    assert [wrong[: len(each)] for wrong, each in zip(found, told, strict=True)] == told


def test_other_outputs_are_told() -> None:
    assert disagreements(published("vgg11", differs=[])) == ["the outputs are others"]
    renamed = {"in": "names", "ours": {"features.0": "first"}}
    assert disagreements(published("squeezenet1_1", differs=[renamed])) == [
        "the weights have other names or shapes"
    ]


def test_the_table_shows_what_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(networks, "NETWORKS", [published("squeezenet1_1"), published("lenet5_1998")])
    assert networks.main() == 0
    table = capsys.readouterr().out
    same = "1,235,496 = 1,235,496 | 349,151,936 = 349,151,936 | 1000 = 1000 | 30 = 30 | 52 | equal |"
    other = "60,840 = 60,840 | 327,256 ≠ 325,680 | 10 = 10 | 24 ≠ 26, 6 more | – | as counted |"
    assert f"| `squeezenet1_1` | squeezenet | `SqueezeNet-1-1` | {same}\n" in table
    assert f"| `lenet5_1998` | lenet | `LeNet-5` | {other}\n" in table
    assert "\n- **macs** of `lenet5_1998` (327,256). " in table
    monkeypatch.setattr(networks, "NETWORKS", [published("lenet_caffe", params=1)])
    assert networks.main() == 1
    assert capsys.readouterr().err == "lenet_caffe: params: 431080, not 1\n"
