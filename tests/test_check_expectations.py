"""What is printed beside what is computed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from builder import Builder

from archdsl.check import METRICS, Checked, Verdict, check
from archdsl.check.expectations import judge
from archdsl.check.printed import read
from archdsl.diagnostics import Report
from archdsl.ops import OPERATORS


def op(name: str, **given: Any) -> Any:
    return OPERATORS[name](**given)


def network() -> Builder:
    """`conv1` gives 64 x 28 x 14 with a field of 7 x 7 and strides of 2 x 4; `fc` a vector of 10."""
    net = Builder()
    x = net(op("conv", out=64, kernel=7, stride=(2, 4), padding=3), net.input(3, 56, 56))
    net.label("conv1", x)
    x = net(op("flatten"), x)
    x = net(op("linear", out=10), x)
    net.label("fc", x)
    net.label("tail", x, start=2)
    net.last = x  # type: ignore[attr-defined]
    return net


def compared(net: Builder) -> tuple[Checked, Report]:
    report = Report()
    found = check(net.graph(net.last), report)  # type: ignore[attr-defined]
    assert found is not None
    return found, report


def verdict(target: str, operator: str, printed: str, kind: str = "expect") -> tuple[Verdict, Report]:
    net = network()
    net.expect(target, operator, printed, kind=kind)
    found, report = compared(net)
    return found.verdicts[0], report


# --- printed numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("61M", 61_000_000, 1_000_000),
        ("1.8G", 1_800_000_000, 100_000_000),
        ("650K", 650_000, 1000),
        ("2.5T", 2_500_000_000_000, 100_000_000_000),
        ("112Ki", 112 * 1024, 1024),
        ("1.5Mi", 3 * 2**19, Fraction(2**20, 10)),
        ("60_965_224", 60_965_224, 1),
        ("0.35", Fraction(35, 100), Fraction(1, 100)),
        ("1e6", 10**6, 10**6),
        ("1.0e6", 10**6, 10**5),
        ("25e-1", Fraction(5, 2), Fraction(1, 10)),
    ],
)
def test_the_text_has_the_precision(text: str, value: Any, step: Any) -> None:
    printed = read(text)
    assert printed is not None
    assert (printed.value, printed.step) == (value, step)
    assert read(printed.reprint(Fraction(value))).value == value  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["4 * classes", "x", "28 x 28", "-3", "", "61m", "1.M"])
def test_what_is_no_number(text: str) -> None:
    assert read(text) is None


def relation(printed: str, computed: int, operator: str = "~") -> tuple[bool, str]:
    found = judge(Builder().expect("params", operator, printed), computed)
    return found.holds, found.remark


@pytest.mark.parametrize(
    ("printed", "computed", "expected"),
    [
        ("61M", 61_000_000, (True, "exact")),
        ("61M", 61_100_840, (True, "rounds")),
        ("61M", 60_500_000, (True, "rounds")),  # half up
        ("61M", 60_499_999, (False, "differs")),
        ("60M", 60_965_224, (False, "truncates")),
        ("61M", 61_500_000, (False, "truncates")),
        ("112K", 114_688, (False, "rounds in 1024s")),
        ("112Ki", 114_688, (True, "exact")),
        ("159K", 163_696, (False, "truncates in 1024s")),  # 159.86
        ("160K", 163_696, (False, "rounds in 1024s")),
        ("2.7K", 9_408, (False, "differs")),
        ("0.35", 0, (False, "differs")),
        ("7", 7, (True, "exact")),
    ],
)
def test_what_rounds(printed: str, computed: int, expected: tuple[bool, str]) -> None:
    assert relation(printed, computed) == expected


def test_double_equals_is_exact() -> None:
    assert relation("61M", 61_000_000, "==") == (True, "exact")
    assert relation("61M", 61_100_840, "==") == (False, "rounds")


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("<", (False, False, True)),
        ("<=", (False, True, True)),
        (">", (True, False, False)),
        (">=", (True, True, False)),
    ],
)
def test_inequalities(operator: str, holds: tuple[bool, ...]) -> None:
    for computed, expected in zip((11, 10, 9), holds, strict=True):
        assert relation("10", computed, operator) == (expected, "holds" if expected else "differs")


def test_how_far_off() -> None:
    found = judge(Builder().expect("params", "~", "60M"), 63_000_000)
    assert found.off == pytest.approx(0.05)
    assert judge(Builder().expect("params", "~", "0"), 3).off is None


# --- shapes and positions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "operator", "printed", "holds"),
    [
        ("conv1.shape", "==", "64 x 28 x 14", True),
        ("conv1.shape", "==", "28 x 14 x 64", True),  # as papers print it
        ("conv1.shape", "==", "28 x 14", True),
        ("conv1.shape", "==", "14 x 28", False),
        ("conv1.shape", "==", "28 x 64 x 14", False),
        ("conv1.shape", "==", "28", False),
        ("conv1.shape", "~", "28 x 14", True),
        ("fc.shape", "==", "10", True),
        ("shape", "==", "10", True),
        ("conv1.receptive_field", "==", "7x7", True),
        ("conv1.receptive_field", "==", "7", True),
        ("conv1.receptive_field", "==", "7x9", False),
        ("conv1.receptive_field", ">=", "7", True),
        ("conv1.receptive_field", ">", "6x7", False),
        ("conv1.stride", "==", "2x4", True),
        ("conv1.stride", "==", "2", False),
        ("stride", "==", "2x4", True),  # of the last feature map
        ("receptive_field", "==", "7", True),
        ("fc.receptive_field", "==", "61x59", True),
        ("conv1.bytes", "==", "100352", True),
        ("conv1.neurons", "==", "25088", True),
        ("tail.weight_layers", "==", "1", True),
        ("weight_layers", "==", "2", True),
        ("tail.params", "==", "250_890", True),
    ],
)
def test_values(target: str, operator: str, printed: str, holds: bool) -> None:
    found, report = verdict(target, operator, printed)
    assert found.holds is holds
    assert found.remark in (("exact", "holds") if holds else ("differs",))
    assert [each.code for each in report] == ([] if holds else ["E501"])


# --- diagnostics -------------------------------------------------------------------------------------------


def told(target: str, operator: str, printed: str, kind: str = "expect") -> Any:
    _, report = verdict(target, operator, printed, kind)
    (diagnostic,) = report
    return diagnostic


def test_a_failed_expectation_is_an_error_with_a_remedy() -> None:
    found = told("tail.params", "==", "250_880")
    assert (found.code, found.severity) == ("E501", "error")
    assert found.text == "expect tail.params == 250_880: it is 250_890, less than 0.01% more"
    assert found.at.text == "250_880"
    assert found.hints == ("expect tail.params == 250_890",)
    assert found.labels[0].span.text == "line 4"


def test_a_claim_that_does_not_hold_is_a_warning() -> None:
    found = told("tail.params", "~", "260K", "claim")
    assert (found.code, found.severity) == ("W502", "warning")
    assert found.text == "claim tail.params ~ 260K: it is 250_890, 3.5% less"
    assert found.hints == ()  # what somebody printed stays as it is
    assert found.notes == ()


def test_a_remedy_is_precise_enough() -> None:
    assert told("tail.params", "~", "2M", "expect").hints == ("expect tail.params ~ 250_890",)


def test_notes_say_how_it_would_hold() -> None:
    assert "cut off" in told("tail.params", "~", "250K", "claim").notes[0]
    assert "`Ki` says so" in told("tail.params", "~", "245K", "claim").notes[0]
    assert "`~`" in told("tail.params", "==", "251K").notes[0]


def test_shapes_are_told_in_the_order_in_which_they_are_printed() -> None:
    assert told("conv1.shape", "==", "28 x 28 x 64").text.endswith("it is 28 x 14 x 64")
    assert told("conv1.shape", "==", "64 x 28 x 28").text.endswith("it is 64 x 28 x 14")
    assert told("conv1.shape", "==", "28 x 28").hints == ("expect conv1.shape == 28 x 14",)
    assert told("conv1.shape", "==", "28 x 28").labels[0].text == "64 x 28 x 14 comes from here"
    assert told("conv1.receptive_field", "==", "9").hints == ("expect conv1.receptive_field == 7",)


def test_there_is_no_stride_behind_flatten() -> None:
    net = network()
    net.expect("fc.stride", "==", "32")
    found, report = compared(net)
    assert found.verdicts == []
    assert [(each.code, each.severity) for each in report] == [("E503", "error")]
    assert "flattened" in report.diagnostics[0].text


def test_there_is_no_field_without_an_image() -> None:
    net = Builder()
    net.last = net(op("linear", out=4), net.input(8))  # type: ignore[attr-defined]
    for metric in ("receptive_field", "stride"):
        net.expect(metric, "==", "3")
    _, report = compared(net)
    assert [each.code for each in report] == ["E503", "E503"]
    assert all("no input with spatial axes" in each.text for each in report)


def test_a_metric_that_there_is_not() -> None:
    net = network()
    net.expect("conv1.parms", "==", "3")
    _, report = compared(net)
    assert [(each.code, each.hints) for each in report] == [("E504", ("did you mean `params`?",))]


def test_a_number_is_not_compared_with_a_shape() -> None:
    net = network()
    net.expect("conv1.params", "==", "3x3")
    _, report = compared(net)
    assert [each.code for each in report] == ["E506"]


def test_every_metric_can_be_computed() -> None:
    net = network()
    for metric in METRICS:
        net.expect(metric, ">=", "0")
        net.expect(f"conv1.{metric}", ">=", "0")
    found, _ = compared(net)
    assert len(found.verdicts) == 2 * len(METRICS)
    assert all(METRICS[each.expectation.metric].doc for each in found.verdicts)
