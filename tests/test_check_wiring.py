"""What leads nowhere, ties that cannot be, and the networkx graph."""

from __future__ import annotations

from typing import Any

import pytest
from builder import Builder

from archdsl.check import check
from archdsl.diagnostics import Report
from archdsl.graph.model import Scope, Value
from archdsl.graph.nx import multigraph
from archdsl.ops import OPERATORS


def op(name: str, **given: Any) -> Any:
    return OPERATORS[name](**given)


CONV = op("conv", out=4, kernel=3, padding="same")
ADD = op("add")


def reported(net: Builder, *outputs: Value, training: tuple[Value, ...] = ()) -> Report:
    report = Report()
    found = check(net.graph(*outputs, training=training), report)
    assert (found is None) == report.failed
    return report


def test_a_sound_network_is_not_complained_of() -> None:
    net = Builder()
    x = net(CONV, net.input(4, 8, 8))
    aux = net(CONV, x)
    assert not len(reported(net, net(ADD, x, x), training=(aux,)))


def test_a_dead_branch_is_told_at_its_end_and_where_the_rest_went_on() -> None:
    net = Builder()
    x = net(CONV, net.input(4, 8, 8))
    net.chain(x, CONV, op("relu"))
    x = net(op("sigmoid"), x)
    (found,) = reported(net, x)
    assert (found.code, found.severity) == ("W401", "warning")
    assert found.text == "the result of `relu` is never used"
    assert found.at.text == "line 4"
    assert [(label.span.text, label.text) for label in found.labels] == [
        ("line 5", "without it, the network goes on here")
    ]


def test_one_warning_for_each_dead_part() -> None:
    net = Builder()
    x = net.input(4, 8, 8)
    fork = net(CONV, x)
    net(CONV, fork)
    net(op("relu"), fork)  # the same part: its last layer is told
    net(op("sigmoid"), x)  # another one
    found = reported(net, net(CONV, x))
    assert [each.at.text for each in found] == ["line 4", "line 5"]
    assert {each.labels[0].span.text for each in found} == {"line 6"}


def test_a_dead_part_behind_the_end() -> None:
    net = Builder()
    x = net(CONV, net.input(4, 8, 8))
    net(CONV, x)
    (found,) = reported(net, x)
    assert [(label.span.text, label.text) for label in found.labels] == [
        ("line 2", "the network ends here, without it")
    ]


def test_an_input_that_nothing_reads() -> None:
    net = Builder()
    x = net.input(4, 8, 8)
    net.input(4, 8, 8, name="mask")
    (found,) = reported(net, net(CONV, x))
    assert (found.code, found.text) == ("W402", "the input `mask` is never used")


@pytest.mark.parametrize(("layers", "what"), [(0, "layers"), (1, "output")])
def test_a_network_that_computes_nothing(layers: int, what: str) -> None:
    net = Builder()
    x = net.input(4, 8, 8)
    for _ in range(layers):
        net(CONV, x)
    found = reported(net, *([] if layers else [x]))
    assert [(each.code, each.text) for each in found] == [("E403", f"net Net has no {what}")]


# --- ties --------------------------------------------------------------------------------------------------


def two_linear_layers(width: int = 8) -> tuple[Builder, Value]:
    net = Builder()
    x = net(op("linear", out=width), net.input(8), name="first")
    return net, net(op("linear", out=8), x, name="second")


def test_a_tie_of_a_parameter_that_there_is_not() -> None:
    net, x = two_linear_layers()
    net.tie("second.wieght", "first.weight")
    (found,) = reported(net, x)
    assert (found.code, found.text) == ("E310", "tie: the network has no parameter `second.wieght`")
    assert found.hints == ("tie second.weight = first.weight",)
    assert found.notes == ("`second` has `second.weight`, `second.bias`",)


def test_a_tie_names_the_parameter_not_the_layer() -> None:
    net, x = two_linear_layers()
    net.tie("second", "first.weight")
    (found,) = reported(net, x)
    assert found.hints == ("tie second.weight = first.weight",)


def test_both_ends_of_a_tie_are_looked_up() -> None:
    net, x = two_linear_layers()
    net.tie("nothing.at", "all.of_it")
    assert [each.code for each in reported(net, x)] == ["E310", "E310"]


def test_a_tie_of_different_shapes() -> None:
    net, x = two_linear_layers(width=16)
    net.tie("second.weight", "first.weight")
    (found,) = reported(net, x)
    assert (found.code, found.text) == ("E311", "tie: `second.weight` is 8 x 16, `first.weight` is 16 x 8")
    assert [label.span.text for label in found.labels] == ["line 3", "line 2"]


def test_ties_in_a_row_and_in_a_ring_count_once() -> None:
    net = Builder()
    x = net.input(8)
    for name in ("a", "b", "c"):
        x = net(op("linear", out=8, bias=False), x, name=name)
    net.tie("a.weight", "b.weight")
    net.tie("b.weight", "c.weight")
    net.tie("c.weight", "a.weight")
    report = Report()
    found = check(net.graph(x), report)
    assert found is not None
    assert found.metrics.params == found.metrics.weights == 64
    assert found.metrics.macs == 3 * 64


# --- networkx ----------------------------------------------------------------------------------------------


def test_the_networkx_graph() -> None:
    net = Builder()
    x = net(CONV, net.input(4, 8, 8), name="conv1")
    half, other = net.apply(op("split", parts=(2,)), x).outputs
    block = Scope("block", "unit", net.root, "unit", {}, net.line(3), None, 3, 4)
    net.nodes[2].scope = Scope("sequence", "0", block, "", {}, net.line(3), None, 3, 4)
    x = net(ADD, half, half, name="sum")
    made = multigraph(net.graph(x, other))

    assert list(made) == [0, 1, 2, 3]
    assert made.nodes[1]["path"] == "conv1"
    assert made.nodes[1]["op"] == "conv"
    assert made.nodes[1]["arguments"]["kernel"] == 3
    assert made.nodes[1]["outputs"] == ((4, 8, 8),)
    assert made.nodes[1]["blocks"] == ()
    assert made.nodes[2]["blocks"] == ("unit", "unit.0")
    assert made.nodes[2]["scope"] == "unit.0"
    assert made.nodes[3]["inputs"] == ((2, 8, 8), (2, 8, 8))
    edges = [
        (tail, head, facts["shape"], facts["port"], facts["argument"])
        for tail, head, facts in made.edges(data=True)
    ]
    assert edges == [
        (0, 1, (4, 8, 8), 0, 0),
        (1, 2, (4, 8, 8), 0, 0),
        (2, 3, (2, 8, 8), 0, 0),
        (2, 3, (2, 8, 8), 0, 1),
    ]
