"""What specs expect of open sizes, and the lines behind a condition on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archdsl.cli import main
from archdsl.outputs.why import NotACondition, question
from archdsl.pipeline import analyse
from archdsl.sizes.condition import SizeCondition
from archdsl.sizes.sets import EVERY, at_least, from_residues, only
from archdsl.source import Source

Captured = pytest.CaptureFixture[str]

NET = """net Small {
    input image: 3 x H x W
    a: conv(8, 3, padding = 1)
    b: { maxpool(2); upsample(2) }
    c: { add(a, b); maxpool(2) }
    d: { upsample(2); crop(like = a) }
    maxpool(3)
}
"""


def refused(line: str, body: str = "maxpool(4)", **settings: str) -> list[str]:
    """What is said of one expectation in a net with open sizes."""
    text = f"net Small {{\n    input image: 3 x H x W\n    {body}\n    {line}\n}}\n"
    analysis = analyse(Source("small.arch", text), lambda path: "", settings=settings)
    return [each.text for each in analysis.report]


FOURS = "a: identity -> conv(3, 1)\n    b: { maxpool(4); upsample(4) }\n    add(a, b)"


@pytest.mark.parametrize(
    "condition",
    [
        *(
            ("H", d, sign, n)
            for d in (None, 1, 3, 8)
            for sign in ("==", "<", "<=", ">", ">=")
            for n in range(6)
        )
    ],
)
def test_a_condition_is_the_set_of_sizes_that_meet_it(condition: tuple[str, int | None, str, int]) -> None:
    made = SizeCondition(*condition)
    left = f"size % {made.divisor}" if made.divisor else "size"
    for size in range(1, 40):
        assert (size in made.sizes) == eval(f"{left} {made.operator} {made.wanted}", {"size": size})


@pytest.mark.parametrize("line", ["H % 4 == 0", "H >= 4", "H > 3", "valid(H = 8)", "not valid(H = 9)"])
def test_what_is_true_may_be_expected(line: str) -> None:
    assert not refused(f"expect {line}", FOURS)
    assert not refused(f"claim {line}", FOURS)


@pytest.mark.parametrize("line", ["H % 2 == 0", "H % 8 == 0", "H >= 3", "H >= 5", "H == 4", "H <= 400"])
def test_more_and_less_than_is_true_is_refused(line: str) -> None:
    (said,) = refused(f"expect {line}", FOURS)
    assert said.startswith(f"expect {line}: ") and said.endswith("H: multiples of 4")


def test_tightness_is_judged_in_the_terms_of_the_condition() -> None:
    tens = from_residues(20, 10, 1)
    assert SizeCondition("H", 10, "==", 0).is_tight(tens)
    assert not SizeCondition("H", 5, "==", 0).is_tight(tens)
    assert SizeCondition("H", None, ">=", 20).is_tight(tens)
    assert not SizeCondition("H", None, ">=", 10).is_tight(tens)
    assert SizeCondition("H", None, "==", 7).is_tight(only(7))
    assert SizeCondition("H", None, "<=", 7).is_tight(only(7))
    assert not SizeCondition("H", None, "<=", 7).is_tight(EVERY)
    assert not SizeCondition("H", 7, "==", 0).is_tight(only(7))
    assert SizeCondition("H", None, ">", 4).is_tight(at_least(5))


def test_sizes_that_are_not_given_may_be_any() -> None:
    assert not refused("expect valid(W = 8)", FOURS)
    assert refused("expect valid(W = 9)", FOURS)


COUPLED = """a: { avgpool(16); conv(4, 1); flatten }
    b: { image; avgpool(global); conv(64, 1); flatten }
    add(a, b)"""


def test_sizes_that_are_valid_only_together() -> None:
    assert not refused("expect valid(H = 64, W = 64)", COUPLED)
    assert not refused("expect not valid(H = 64, W = 32)", COUPLED)
    assert not refused("expect valid(H = 32)", COUPLED)
    (said,) = refused("expect not valid(H = 1000)", COUPLED)  # any W might do: that is not computed
    assert said.startswith("expect not valid(H = 1000): it cannot be told; the certificate is")
    (said,) = refused("expect H >= 16", COUPLED)
    assert said.startswith("expect H >= 16: it cannot be told for H alone; the certificate is")


def test_with_a_size_set_they_are_judged_for_that_size() -> None:
    assert not refused("expect H % 4 == 0", FOURS, H="8")
    assert not refused("expect valid(H = 12, W = 4)", FOURS, H="8")
    assert not refused("expect valid(H = 8, W = 4)", FOURS, H="8")
    (said,) = refused("expect not valid(H = 8)", FOURS, H="8")
    assert said == "expect not valid(H = 8): it is valid; the certificate is W: multiples of 4"
    (said,) = refused("expect H % 16 == 0", FOURS, H="8")
    assert said == "expect H % 16 == 0: the network accepts H = 8"
    assert not refused("expect W % 4 == 0", FOURS, H="8")
    (said,) = refused("expect H == 4", FOURS, H="8", W="8")
    assert said == "expect H == 4: the network accepts H = 8"


def test_a_parameter_is_no_open_size() -> None:
    text = "net Small(params = 8) {\n input x: params\n linear(params)\n expect params == 4\n}\n"
    analysis = analyse(Source("small.arch", text), lambda path: "", settings={})
    assert [each.text for each in analysis.report] == ["expect params == 4: it is 72, 1,700% more"]


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "small.arch"
    path.write_text(NET)
    return str(path)


def test_why_tells_every_line_with_both_ends(spec: str, capsys: Captured) -> None:
    assert main(["why", spec, "H % 2"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Small: H % 2 is 0 for every valid H")
    assert "line 5 accepts H: multiples of 2" in said
    assert "error[E301]: add: branches disagree" in said
    assert "upsample(2) }\n" in said and "2⌊W/2⌋ comes from here" in said
    assert "line 7 accepts H >= 3; with the lines above, H: multiples of 2, at least 4" in said


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("H", "H: multiples of 2, at least 4"),
        ("H >= 3", "H >= 3 for every valid H"),
        ("H>=6", "H>=6 for some: H: multiples of 2, at least 6"),
        ("H % 2 == 1", "H % 2 == 1 for no valid size"),
        ("H % 4", "H % 4 is one of 2 of 4 for valid sizes: 0, 2"),
        ("H % 1", "H % 1 is 0 for every valid H"),
        ("W % 3", "W % 3 can be anything from 0 to 2"),
    ],
)
def test_the_answer(spec: str, condition: str, answer: str, capsys: Captured) -> None:
    assert main(["why", spec, condition, "--format", "json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert document["answer"] == answer
    assert [each["line"] for each in document["chain"]] == [5, 7]
    assert document["chain"][0]["diagnostic"]["code"] == "E301"


def test_why_opens_the_sizes_that_a_spec_gives(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "fixed.arch"
    path.write_text(NET.replace("H x W", "64 x 64"))
    assert main(["why", str(path), "H % 2"]) == 0
    assert capsys.readouterr().out.startswith("Small: H % 2 is 0 for every valid H")


@pytest.mark.parametrize("text", ["", "H %", "H % 0", "% 3", "H + 1", "H >= -1", "H = 3"])
def test_what_is_no_condition_is_refused(text: str, spec: str) -> None:
    with pytest.raises(NotACondition):
        question(text)
    assert main(["why", spec, text]) == 2


def test_a_size_that_is_not_open_is_refused(spec: str, capsys: Captured) -> None:
    assert main(["why", spec, "D % 2"]) == 2
    assert "`D` is no open size" in capsys.readouterr().err
    assert main(["why", spec, "H % 99991"]) == 2
    assert "cannot be told" in capsys.readouterr().err
