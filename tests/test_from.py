"""Nets made from nets: what changes, and that nothing else does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from test_specs import ROOT
from torch import Tensor

import archdsl
from archdsl.check.model import Checked
from archdsl.pipeline import Analysis, analyse
from archdsl.source import Source

BASE = """
block unit(c) { conv(c, 3, padding = same) -> relu; conv(c, 3, padding = same) }

net Base(classes = 10, width = 8) {
    input image: 3 x 32 x 32
    stem: { conv(width, 3, padding = same) -> relu -> maxpool(2) }
    layer1: unit(2 * width) * 3
    conv(16, 3, padding = same) -> relu
    conv(16, 3, padding = same) -> relu
    mixed: concat { conv(4, 1); skip: conv(4, 3, padding = same) -> relu }
    flatten
    classifier: { linear(32) -> relu -> dropout; linear(classes) }
    softmax
    expect shape == 10
    claim params == 1
}
"""


def analysed(
    text: str, *, settings: Mapping[str, str] | None = None, files: Mapping[str, str] = {}
) -> Analysis:
    return analyse(Source("net.arch", text), files.__getitem__, settings=settings)


def made(lines: str, base: str = BASE, *, head: str = "net Made from Base") -> Checked:
    """The net that these lines make, of which nothing is to be said but what is said of its base."""
    alone = {each.text for each in analysed(base).report}
    analysis = analysed(f"{base}\n{head} {{\n{lines}\n}}\n")
    assert [each for each in analysis.report if each.text not in alone] == []
    return next(checked for checked in analysis.networks if checked.name == "Made")


def base(text: str = BASE, name: str = "Base") -> Checked:
    return next(checked for checked in analysed(text).networks if checked.name == name)


def weights(checked: Checked) -> dict[str, tuple[int, ...]]:
    return {name: weight.shape for name, weight in checked.weights()}


def wiring(checked: Checked) -> list[str]:
    """Each layer with what it reads, by their paths."""
    return [
        f"{node.path}({', '.join(value.node.path for value in node.inputs)})"
        for node in checked.graph.nodes
        if node.op.name != "input"
    ]


def output(checked: Checked) -> tuple[int, ...] | None:
    (value,) = checked.graph.outputs.values()
    return value.shape


# --- one change ---------------------------------------------------------------------------------------


def test_without_a_change_it_is_the_base() -> None:
    copy = made("")
    assert wiring(copy) == wiring(base())
    assert weights(copy) == weights(base())
    assert not copy.verdicts, "what is expected of the base is its own affair"


def test_a_replaced_layer_has_its_name() -> None:
    checked = made("replace classifier.3: linear(257)")
    assert wiring(checked) == wiring(base())
    changed = {"classifier.3.weight": (257, 32), "classifier.3.bias": (257,)}
    assert weights(checked) == {**weights(base()), **changed}


def test_several_layers_in_place_of_one_are_its_parts() -> None:
    checked = made("replace classifier.3: linear(64) -> relu -> linear(2)")
    assert wiring(checked)[-4:] == [
        "classifier.3.0(classifier.2)",
        "classifier.3.1(classifier.3.0)",
        "classifier.3.2(classifier.3.1)",
        "softmax1(classifier.3.2)",
    ]


def test_a_block_a_sequence_a_merge_and_a_repeat_can_be_replaced() -> None:
    assert "layer1.1.0(layer1.0.conv2)" in wiring(made("replace layer1.1: conv(16, 1) -> relu"))
    assert "conv1(layer1)" in wiring(made("replace layer1: conv(5, 1)"))
    assert "flatten1(mixed)" in wiring(made("replace mixed: add { identity; conv(16, 1) }"))
    assert "stem.conv1(image)" in wiring(made("replace stem: unit(4)"))


def test_a_tensor_can_stand_for_a_module() -> None:
    checked = made("replace conv2: conv1\nremove relu1")
    assert "relu2(conv1)" in wiring(checked)
    assert weights(base()).keys() - weights(checked).keys() == {"conv2.weight", "conv2.bias"}


def test_in_is_what_the_module_reads() -> None:
    checked = made("replace mixed: in + conv1 -> conv(8, 1)")
    assert wiring(checked)[-8:-5] == ["mixed.0(relu2, conv1)", "mixed.1(mixed.0)", "flatten1(mixed.1)"]
    assert "mixed(relu2, conv1)" in wiring(made("replace mixed: in + conv1"))
    wide = made("replace stem.2: conv(in.channels * 2, 2, stride = 2)")
    assert weights(wide)["stem.2.weight"] == (16, 8, 2, 2)


@pytest.mark.parametrize(
    ("lines", "changed"),
    [
        ("remove relu1", "conv2(conv1)"),
        ("remove layer1.1.conv1", "layer1.1.relu1(layer1.0.conv2)"),
        ("remove stem", "layer1.0.conv1(image)"),
        ("remove layer1.0, layer1.2", "layer1.1.conv1(stem.2)"),
        ("remove skip", "relu3(relu2)"),
    ],
)
def test_what_is_removed_takes_no_name_along(lines: str, changed: str) -> None:
    checked = made(lines)
    assert changed in wiring(checked)
    assert weights(checked).keys() <= weights(base()).keys()


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("insert after stem.0: batchnorm", ["stem.bn_0"]),
        ("insert before stem.1: batchnorm", ["stem.bn_1"]),
        ("insert after stem.0, stem.1: batchnorm", ["stem.bn_0", "stem.bn_1"]),
        ("insert after conv1: batchnorm -> conv(16, 1)", ["bn_conv1", "conv_conv1"]),
        ("insert before conv1: conv(16, 1) -> conv(16, 1)", ["conv_conv1", "conv_conv1_2"]),
        ("insert after layer1: unit(16)", ["unit_layer1.conv1", "unit_layer1.conv2"]),
        ("insert after layer1.1.relu1: norm: batchnorm", ["layer1.1.norm"]),
        ("insert before layer1.0: { conv(8, 1); batchnorm }", ["layer1.conv_0", "layer1.bn_0"]),
        ("insert after mixed: head: { conv(8, 1); batchnorm }", ["head.0", "head.1"]),
    ],
)
def test_what_is_inserted_shifts_no_name(lines: str, names: list[str]) -> None:
    checked = made(lines)
    modules = {name.rpartition(".")[0] for name in weights(checked)}
    assert modules - {name.rpartition(".")[0] for name in weights(base())} == set(names)
    assert weights(base()).items() <= weights(checked).items()


def test_what_is_inserted_before_a_call_on_tensors_is_on_its_first() -> None:
    text = BASE.replace("    flatten\n", "    left: conv(8, 1)\n    concat(left, left)\n    flatten\n")
    checked = made("insert before concat1: relu", text)
    assert "concat1(relu_concat1, left)" in wiring(checked)


@pytest.mark.parametrize(
    ("until", "shape", "last"),
    [
        ("stem", (8, 16, 16), "stem.2"),
        ("stem.1", (8, 32, 32), "stem.1"),
        ("layer1", (16, 16, 16), "layer1.2.conv2"),
        ("layer1.1", (16, 16, 16), "layer1.1.conv2"),
        ("layer1.1.relu1", (16, 16, 16), "layer1.1.relu1"),
        ("conv2", (16, 16, 16), "conv2"),
        ("skip", (4, 16, 16), "skip"),
        ("mixed", (8, 16, 16), "mixed"),
        ("classifier.1", (32,), "classifier.1"),
        ("softmax1", (10,), "softmax1"),
    ],
)
def test_it_ends_with_the_module_of_an_until(until: str, shape: tuple[int, ...], last: str) -> None:
    checked = made(f"until {until}")
    assert output(checked) == shape
    assert checked.graph.nodes[-1].path == last
    assert weights(checked).items() <= weights(base()).items()
    assert all(scope.start < scope.end for scope in checked.graph.scopes)


def test_a_branch_that_an_until_leaves_behind_is_left_out() -> None:
    assert "conv3" in {node.path for node in base().graph.nodes}
    assert wiring(made("until skip\nhead: conv(2, 1)"))[-2:] == ["skip(relu2)", "head(skip)"]


def test_modules_can_be_used_as_tensors() -> None:
    checked = made("until layer1.1.conv1\nconcat(stem.1 -> maxpool, layer1.0) -> conv(2, 1)")
    assert wiring(checked)[-2:] == ["concat1(maxpool1, layer1.0.conv2)", "conv1(concat1)"]
    checked = made("until conv2\nconv1 + conv2 -> last: relu")
    assert wiring(checked)[-2:] == ["add1(conv1, conv2)", "last(add1)"]


# --- chains of nets -----------------------------------------------------------------------------------

CHAIN = """
net Middle(classes = 3) from Base(classes = 2 * classes) {
    input image: 3 x 64 x 64
    insert after conv1: extra: batchnorm
    replace stem.2: maxpool(4)
    replace classifier.3: { linear(20) -> relu; linear(classes) }
    remove softmax1
    freeze stem, layer1
    init linear: normal(0.01)
}
"""


def test_a_net_can_be_made_from_a_net_made_from_another() -> None:
    checked = made(
        "remove extra\nreplace classifier.3.2: linear(classes + 1)\n"
        "unfreeze layer1.2\ninput image: 1 x 64 x 64",
        BASE + CHAIN,
        head="net Made from Middle",
    )
    names = weights(checked)
    assert names["classifier.3.2.weight"] == (4, 20)
    assert names["stem.0.weight"] == (8, 1, 3, 3)
    assert "extra.weight" not in names
    assert output(checked) == (4,)
    frozen = {checked.graph.nodes[index].path for index in checked.graph.frozen_nodes}
    assert {"stem.0", "layer1.1.conv1"} <= frozen
    assert "layer1.2.conv1" not in frozen
    assert [start.target for start in checked.graph.starts] == ["linear"]


def test_the_last_word_on_a_module_holds() -> None:
    head = "net Made from Middle"
    assert "stem.2" not in "".join(wiring(made("remove stem.2\nuntil layer1", BASE + CHAIN, head=head)))
    text = BASE + "net Middle from Base { remove conv1 }"
    assert weights(made("replace conv1: conv(16, 5, padding = same)", text, head=head))["conv1.weight"] == (
        16,
        16,
        5,
        5,
    )


def test_an_until_leaves_out_the_lines_of_the_nets_between() -> None:
    between = (
        "net Middle from Base { until mixed; neck: conv(5, 1); freeze stem; notation twice = conv(2, 2) }"
    )
    checked = made("until conv2\ntwice", BASE + between, head="net Made from Middle")
    assert wiring(checked)[-2:] == ["conv2(relu1)", "conv3(conv2)"]
    assert checked.metrics.trainable_params == checked.metrics.params - 224
    checked = made("until mixed", BASE + between, head="net Made from Middle")
    assert wiring(checked)[-1] == "mixed(conv3, relu3)"
    checked = made("until neck\nconv(2, 1)", BASE + between, head="net Made from Middle")
    assert wiring(checked)[-2:] == ["neck(mixed)", "conv4(neck)"]


def test_parameters_reach_the_base() -> None:
    text = BASE.replace("    expect shape == 10\n", "")
    head = "net Made(classes = 4, half = 3) from Base(width = 2 * half, classes = classes)"
    checked = made("", text, head=head)
    assert weights(checked)["stem.0.weight"] == (6, 3, 3, 3)
    assert output(checked) == (4,)
    analysis = analysed(f"{text}{head} {{ }}", settings={"classes": "7", "width": "1"})
    outputs = {checked.name: output(checked) for checked in analysis.networks}
    widths = {checked.name: weights(checked)["stem.0.weight"][0] for checked in analysis.networks}
    assert outputs == {"Base": (7,), "Made": (7,)}
    assert widths == {"Base": 1, "Made": 6}, "a net's own words for its base hold"


def test_a_parameter_of_the_base_can_be_set() -> None:
    spec = archdsl.loads(BASE + "net Made from Base { remove softmax1 }")
    assert spec.net("Made", classes=4).shape == (4,)


def test_variants_and_tables_can_be_a_base() -> None:
    text = """
notation conv{k}-{c} = conv(c, k, padding = same) -> relu
net Base(classes = 10) {
    input image: 3 x 16 x 16
    variant many(classes = 100)
    table {
        A | B
        features: {
            conv3-4  | conv3-4
                     | conv3-8
            maxpool
            conv3-16 | conv3-16
        }
        flatten
        fc: linear(classes)
    }
}
block cell(c) { conv(c, 3, padding = same) -> relu; conv(c, 1) }
net Rows {
    input image: 3 x 16 x 16
    table as cell {
        layer: | c | = output
        a      | 4 | 4 x 16 x 16
        b      | 8 | 8 x 16 x 16
        maxpool
        c      | 8 | 8 x 8 x 8
    }
}
"""
    checked = made("insert after features.3: batchnorm\nuntil features.4", text, head="net Made from Base.B")
    assert wiring(checked)[-2:] == ["features.bn_3(features.3)", "features.4(features.bn_3)"]
    assert output(made("remove features.2", text, head="net Made from Base.A.many")) == (100,)
    checked = made("replace b.conv1: conv(6, 1)\nuntil b", text, head="net Made from Rows")
    assert wiring(checked)[-3:] == ["b.conv1(a.conv2)", "b.relu1(b.conv1)", "b.conv2(b.relu1)"]
    assert "maxpool1(a)" in wiring(made("replace a: conv(4, 1)\nremove b", text, head="net Made from Rows"))


def test_a_net_made_from_another_can_have_variants() -> None:
    text = """net Made(k = 3) from Base {
    until stem
    variant big(k = 30)
    table { x | y
        conv(k, 1) | conv(k, 3)
    }
}"""
    made_ = {checked.name: checked for checked in analysed(BASE + text).networks}
    kernels = {name: weights(checked)["conv1.weight"] for name, checked in made_.items() if name != "Base"}
    assert kernels == {
        "Made.x": (3, 8, 1, 1),
        "Made.x.big": (30, 8, 1, 1),
        "Made.y": (3, 8, 3, 3),
        "Made.y.big": (30, 8, 3, 3),
    }


def test_a_base_can_be_imported() -> None:
    text = 'import "base.arch"\nnet Made from Base { until layer1; head: unit(3) }'
    analysis = analysed(text, files={"base.arch": BASE})
    assert not list(analysis.report)
    assert [checked.name for checked in analysis.networks] == ["Made"]
    assert wiring(analysis.networks[0])[-1] == "head.conv2(head.relu1)"


# --- inputs and outputs -------------------------------------------------------------------------------

SEVERAL = """
net Base {
    input image: 3 x 16 x 16
    input depth: 1 x 16 x 16
    share look: { conv(4, 3) -> relu }
    image -> conv(1, 1) -> look -> seen: flatten
    depth -> look -> other: flatten
    both: concat(seen, other)
    trunk: linear(16)
    training output aux: linear(3)
    output scores: linear(5)
    output features: trunk
    init linear: he
    init aux: normal(0.1)
    init scores.bias: constant(0)
    freeze conv1
    loss side: cross_entropy(aux, label) weight 0.3
    loss main: cross_entropy(scores, label)
}
"""


def test_an_input_is_declared_anew_or_added() -> None:
    checked = made("input depth: 1 x 32 x 32", SEVERAL)
    assert {name: value.shape for name, value in checked.graph.inputs.items()} == {
        "image": (3, 16, 16),
        "depth": (1, 32, 32),
    }
    checked = made("until stem\ninput extra: 8 x 16 x 16\nconv(8, 1) -> own: relu\nconcat(own, extra)")
    assert list(checked.graph.inputs) == ["image", "extra"]
    assert output(checked) == (16, 16, 16)


def test_an_input_that_nothing_needs_any_more_is_left_out() -> None:
    checked = made("until seen", SEVERAL)
    assert list(checked.graph.inputs) == ["image"]
    assert wiring(checked) == ["conv1(image)", "look.0(conv1)", "look.1(look.0)", "seen(look.1)"]
    assert not checked.graph.training_outputs


def test_the_use_of_a_shared_module_that_is_left_holds_its_weights() -> None:
    checked = made("replace both: other", SEVERAL)
    assert list(checked.graph.inputs) == ["depth"]
    assert "look.0.weight" in weights(checked)
    assert [node.first for node in checked.graph.nodes] == [None] * len(checked.graph.nodes)
    assert checked.metrics.params == sum(_count(shape) for shape in weights(checked).values())


def _count(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())


def test_a_shared_module_is_changed_wherever_it_is_used() -> None:
    checked = made("replace look.0: conv(2, 5)\ninsert after look: batchnorm\nremove aux", SEVERAL)
    paths = [node.path for node in checked.graph.nodes]
    assert paths.count("look.0") == paths.count("bn_look") == 2
    assert weights(checked)["look.0.weight"] == (2, 1, 5, 5)
    assert weights(checked)["bn_look.weight"] == (2,)
    assert wiring(made("replace look: conv(6, 1)\nremove aux", SEVERAL)).count("look(depth)") == 1
    assert "seen(conv1)" in wiring(made("remove look, aux", SEVERAL))


def test_outputs_are_declared_anew_and_removed() -> None:
    checked = made("output scores: trunk -> linear(9)\nremove aux", SEVERAL)
    assert {name: value.shape for name, value in checked.graph.outputs.items()} == {
        "features": (16,),
        "scores": (9,),
    }
    assert not checked.graph.training_outputs
    assert weights(checked)["scores.weight"] == (9, 16)
    assert list(made("remove features", SEVERAL).graph.outputs) == ["scores"]


def test_how_a_base_trains_goes_with_what_it_speaks_of() -> None:
    checked = made("remove aux\nloss main: cross_entropy(scores, other) weight 2\nunfreeze", SEVERAL)
    assert [(loss.name, loss.targets, loss.weight) for loss in checked.graph.losses] == [
        ("main", ("other",), 2.0)
    ]
    assert [(start.target, start.parameter) for start in checked.graph.starts] == [
        ("linear", None),
        ("scores", "bias"),
    ]
    assert checked.metrics.trainable_params == checked.metrics.params
    cut = made("until trunk\nlinear(2)", SEVERAL).graph
    assert not cut.losses
    assert [start.target for start in cut.starts] == ["linear"]
    assert [(each.path, each.frozen) for each in cut.frozen] == [("conv1", True)]


def test_a_loss_may_read_what_nothing_else_needs() -> None:
    checked = made(
        "until mixed\nhead: conv(2, 1)\nloss near: mse(relu1, target)\nloss far: mse(mixed, target)"
    )
    assert list(checked.graph.training_outputs) == ["relu1", "mixed"]
    assert [loss.outputs for loss in checked.graph.losses] == [("relu1",), ("mixed",)]
    checked = made("until skip\nloss other: mse(conv3, target)")  # a branch that is left behind otherwise
    assert "conv3" in {node.path for node in checked.graph.nodes if node.training}


def test_a_label_that_an_until_ends_with_can_be_used() -> None:
    text = BASE.replace("mixed:", "conv-mixed:")
    checked = made("until conv_mixed\nconv-mixed -> conv(conv-mixed.channels, 1)", text)
    assert wiring(checked)[-1] == "conv4(conv_mixed)"
    checked = made("until layer1\nlayer1.1 + layer1", BASE)
    assert wiring(checked)[-1] == "add1(layer1.1.conv2, layer1.2.conv2)"


def test_a_tie_of_the_base_holds_while_both_its_ends_are_there() -> None:
    text = """
net Base {
    input tokens: 5 of int
    embed: embedding(100, 8)
    linear(8) -> relu
    decoder: linear(100, bias = false)
    tie decoder.weight = embed.weight
}
"""
    assert made("remove relu1", text).metrics.params == 100 * 8 + 72
    assert not made("until fc1", text).graph.ties
    assert made("replace decoder: linear(7)", text).metrics.params == 100 * 8 + 72 + 63


def test_a_trunk_that_is_frozen_does_not_learn() -> None:
    module = archdsl.loads(BASE + "net Made from Base { freeze; unfreeze classifier.3 }")["Made"].module()
    assert [name for name, each in module.named_parameters() if each.requires_grad] == [
        "classifier.3.weight",
        "classifier.3.bias",
    ]


# --- fully connected layers as convolutions -----------------------------------------------------------


def convolved(path: str, name: str, lines: str) -> tuple[archdsl.Network, archdsl.Network]:
    """A network of specs/, and the one that these lines make from it."""
    text = f'import "specs/{path}"\nnet Made from {name} {{ {lines} }}'
    analysis = analyse(Source("net.arch", text), lambda file: (ROOT / file).read_text("utf-8"))
    assert not list(analysis.report)
    (checked,) = analysis.networks
    return archdsl.load(ROOT / "specs" / path)[name], archdsl.Network(checked)


def carried(state: dict[str, Tensor], net: archdsl.Network) -> dict[str, Tensor]:
    """The same numbers in the shapes that a network wants."""
    return {name: state[name].reshape(shape) for name, shape in net.weights.items()}


@pytest.mark.parametrize(
    ("path", "name", "kernels"),
    [
        ("vgg.arch", "VGG.A", [(4096, 512, 7, 7), (4096, 4096, 1, 1), (1000, 4096, 1, 1)]),
        ("alexnet.arch", "AlexNet", [(4096, 256, 6, 6), (4096, 4096, 1, 1), (1000, 4096, 1, 1)]),
    ],
)
def test_convolved_layers_give_the_same_scores(path: str, name: str, kernels: list[tuple[int, ...]]) -> None:
    remove = "remove softmax1" if name.startswith("VGG") else "remove avgpool"
    base, made = convolved(path, name, f"convolve classifier; {remove}; input image: 3 x 224 x 288")
    found = [shape for key, shape in made.weights.items() if key.startswith("classifier") and len(shape) == 4]
    assert found == kernels
    assert made.params == base.params
    torch.manual_seed(0)
    state = {key: torch.randn(shape) * (2 / _count(shape[1:])) ** 0.5 for key, shape in base.weights.items()}
    with torch.device("meta"):
        before, after = base.module().eval(), made.module().eval()
    before.load_state_dict(state, strict=True, assign=True)
    after.load_state_dict(carried(state, made), strict=True, assign=True)
    image = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        assert after(torch.rand(1, 3, 224, 288)).shape[2:] == (1, 3)
        given, expected = after(image)[:, :, 0, 0], before(image)
    if name.startswith("VGG"):
        given = given.softmax(1)
    assert expected.std() > 1e-3
    torch.testing.assert_close(given, expected, rtol=1e-3, atol=1e-5)


def test_what_is_convolved_may_be_replaced_in_the_same_breath() -> None:
    for lines in (
        "convolve classifier\nreplace classifier.3: conv(5, 1)",
        "replace classifier.3: conv(5, 1)\nconvolve classifier",
    ):
        checked = made(f"{lines}\ninput image: 3 x 48 x 64")
        assert weights(checked)["classifier.0.weight"] == (32, 8, 16, 16)
        assert output(checked) == (5, 9, 17)


def test_layers_can_be_convolved_one_by_one() -> None:
    whole, parts = made("convolve classifier"), made("convolve classifier.0, classifier.3")
    assert weights(whole) == weights(parts)
    assert wiring(whole) == wiring(parts)


def test_the_kernel_is_that_of_the_net_that_is_convolved() -> None:
    head = "net Made(w = 2) from Base(width = w)"
    text = BASE.replace("maxpool(2)", "maxpool(width)")
    assert weights(made("convolve classifier", text, head=head))["classifier.0.weight"] == (32, 8, 16, 16)
    middle = "net Middle from Base { input image: 3 x 64 x 64; remove softmax1 }"
    checked = made("convolve classifier", BASE + middle, head="net Made from Middle")
    assert weights(checked)["classifier.0.weight"] == (32, 8, 32, 32)


def test_a_layer_behind_a_global_pool_is_convolved_to_one_by_one() -> None:
    text = (
        "net Base { input x: 3 x 8 x 8; conv(4, 3) -> avgpool(global) -> flatten; "
        "fc: linear(2, bias = false) }"
    )
    checked = made("convolve fc\nremove avgpool1", text)
    assert weights(checked)["fc.weight"] == (2, 4, 1, 1)
    assert output(checked) == (2, 6, 6)


def test_a_changed_net_runs() -> None:
    spec = archdsl.loads(
        BASE
        + "net Made from Base { insert after stem.0: batchnorm; insert before layer1.1: conv(16, 1); "
        + "replace layer1.2: identity; remove relu2; replace classifier.3: conv(5, 1) -> relu; "
        + "convolve classifier }"
    )
    from archdsl.outputs.torch import verify

    assert verify(spec["Made"].checked) == []
