"""Specs and networks in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import archdsl

ROOT = Path(__file__).resolve().parent.parent

MIXED = """net Good(width = 4) {
    input x: 3 x 8 x 8
    conv(width, 3) -> relu
}

net Bad {
    input x: 3 x 8 x 8
    conv(4, 11)
}
"""


@pytest.fixture(scope="module")
def vgg() -> archdsl.Spec:
    return archdsl.load(ROOT / "specs" / "vgg.arch")


def test_a_spec_is_a_mapping(vgg: archdsl.Spec) -> None:
    assert list(vgg) == ["VGG.A", "VGG.A-LRN", "VGG.B", "VGG.C", "VGG.D", "VGG.E"]
    assert "VGG.D" in vgg
    assert {name: net.params for name, net in vgg.items()}["VGG.D"] == 138_357_544


def test_a_network_knows_its_numbers(vgg: archdsl.Spec) -> None:
    net = vgg["VGG.D"]
    assert (net.params, net.trainable_params, net.macs) == (138_357_544, 138_357_544, 15_470_264_320)
    assert net.flops == 2 * net.macs
    assert (net.weight_layers, net.depth) == (16, 16)
    assert net.inputs == {"image": (3, 224, 224)}
    assert net.shape == (1000,)
    assert net.receptive_field == (212, 212)
    assert net.activation_bytes == 4 * net.activations
    assert net.weights["features.0.weight"] == (64, 3, 3, 3)
    assert net.layers[0]["path"] == "features.0"
    assert net.graph.number_of_nodes() == len(net.layers) + 1
    assert all(verdict.holds for verdict in net.expectations)
    assert "VGG.D" in repr(net)
    assert "138,357,544" in repr(net)


def test_a_network_gives_its_outputs(vgg: archdsl.Spec, tmp_path: Path) -> None:
    net = vgg["VGG.D"]
    compile(net.source(), "vgg.py", "exec")
    assert net.draw(tmp_path / "vgg.dot").read_text().startswith("digraph")
    assert "138,357,544" in net.table()
    assert "<table" in net._repr_html_()
    assert "<table" in vgg._repr_html_()


def test_parameters_can_be_given(vgg: archdsl.Spec) -> None:
    assert vgg.net("VGG.D", classes=10).shape == (10,)
    assert vgg.net("VGG.D").shape == (1000,)
    with pytest.raises(ValueError, match="clases"):
        vgg.net("VGG.D", clases=10)
    with pytest.raises(KeyError, match=r"VGG\.F"):
        vgg.net("VGG.F", classes=10)


def test_an_unknown_name_is_a_key_error(vgg: archdsl.Spec) -> None:
    with pytest.raises(KeyError, match=r"VGG\.A-LRN"):
        vgg["VGG.F"]


def test_a_wrong_network_raises_when_asked_for() -> None:
    spec = archdsl.loads(MIXED)
    assert spec["Good"].params == 112
    assert [each.code for each in spec.report] == ["E302"]
    with pytest.raises(archdsl.SpecError) as caught:
        spec["Bad"]
    assert "error[E302]" in str(caught.value)
    assert "<text>:8:" in str(caught.value)
    assert caught.value.report.failed


def test_a_spec_without_a_sound_part_raises_at_once() -> None:
    with pytest.raises(archdsl.SpecError):
        archdsl.loads("net {")


def test_what_cannot_be_read_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archdsl.load(tmp_path / "none.arch")
    (tmp_path / "picture.arch").write_bytes(b"\x89PNG\xff")
    with pytest.raises(OSError, match="UTF-8"):
        archdsl.load(tmp_path / "picture.arch")
