"""Advice: what is told of the published networks, how it is silenced, and that it is exact."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archdsl
from archdsl.check.advice import kinds
from archdsl.check.advice.allow import comments
from archdsl.check.advice.unread import _seen
from archdsl.cli import main
from archdsl.diagnostics import Diagnostic, github, sarif
from archdsl.files import WrongProject, allowed, read_spec, reader
from archdsl.ops.contract import Window
from archdsl.pipeline import analyse
from archdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
SPECS = sorted((ROOT / "specs").glob("*.arch"))

BIASED = "net N {\n input image: 3 x 32 x 32\n conv(8, 3) -> batchnorm -> relu -> flatten -> linear(10)\n}\n"
"""One advice, A101, at its third line."""


def advice(text: str, allow: tuple[str, ...] = ()) -> list[Diagnostic]:
    report = analyse(Source("spec.arch", text), str, allow=allow).report
    assert not report.failed, [each.text for each in report]
    return report.advice


# --- what is told of the published networks ---------------------------------------------------------

TOLD = {
    "alexnet": {
        "A501": "fc6 reads 256 x 6 x 6 as a whole, as in the paper",
        "A601": "conv4 and conv5 are split in halves that do not exchange: two cards, section 3.5",
    },
    "deconvnet": {
        "A101": "the authors' Caffe layers have a bias before each batch norm",
        "A103": "fc6 and fc7 are batch-normalised at one cell, so by the batch alone",
    },
    "deepface": {
        "A308": "C3 is 9x9 from 32 to 16 channels, from before VGG",
        "A501": "L4 has weights of its own at 55 x 55 places",
    },
    "faster-rcnn": {"A501": "fc6, of VGG"},
    "fcn": {
        "A309": "the first convolution is padded by 100 cells, so that small images come through",
        "A501": "fc6 of VGG, as a convolution",
    },
    "fcn-resnet": {"A503": "dilation in place of strides keeps half of ResNet at stride 8"},
    "frrn": {"A503": "the residual stream keeps the full resolution, which is the point"},
    "googlenet": {"A502": "the naive module of figure 2(a): what the reductions are there for"},
    "lecture": {
        "A201": "three filters in a row, of which only sizes and weights are counted",
        "A307": "filters of 10 x 10 that keep the size",
    },
    "overfeat": {"A501": "the first layer behind flatten, as in the paper"},
    "rcnn": {"A501": "fc6, of CaffeNet", "A601": "the halves of CaffeNet, which are AlexNet's"},
    "resnet": {
        "A301": "ResNet-v1 has the stride in the first 1x1: three quarters of a map unread",
        "A402": "Plain-34: without shortcuts its last stages see more than the image, from every cell",
    },
    "segnet": {"A101": "the authors' Caffe layers have a bias before each batch norm"},
    "squeezenet": {"A302": "SqueezeNet-1-1 at 224: 3x3 with stride 2 unpadded leaves a row and a column"},
    "transfer": {
        "A401": "features behind the fourth stage of VGG see 100 of 224 cells, which the paper compares",
        "A501": "fc6, of VGG",
    },
    "unet": {"A401": "U-Net sees 204 of 572 cells, and cuts large images into tiles"},
    "vgg": {"A501": "fc6 reads 512 x 7 x 7 as a whole"},
    "yolo": {
        "A501": "the layer that reads the last map as a whole: the place matters, so a mean is no substitute",
    },
    "zfnet": {"A501": "fc6, as in AlexNet"},
}
"""By spec, every kind that is told of it, and why it is true there. Of the others nothing is told."""


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_what_is_told_of_the_specs(path: Path) -> None:
    report = analyse(read_spec(path), reader(path.parent), allow=()).report
    assert {each.code for each in report.advice} == set(TOLD.get(path.stem, {}))
    assert len(report.advice) <= 6


# --- every kind ---------------------------------------------------------------------------------------

BY_ARITHMETIC = set("A104 A202 A205 A206 A304 A305 A306 A309 A311 A603 A604 A605 A606".split())
"""What follows from the numbers alone; of the text and of training there is nothing to cite either."""


def test_every_kind_is_shown_and_has_a_near_miss() -> None:
    shown = {path.name[:4].upper() for path in (CASES / "advice").glob("a[0-9]*")}
    unsaid = {path.name[:4].upper() for path in (CASES / "advice_unsaid").glob("a[0-9]*")}
    assert shown == unsaid == set(kinds())
    for path in (CASES / "advice").glob("a[0-9]*"):
        assert f" {path.name[:4].upper()} " in path.read_text("utf-8")


@pytest.mark.parametrize("path", sorted((CASES / "advice_unsaid").glob("*")), ids=lambda path: path.stem)
def test_a_near_miss_is_not_told(path: Path) -> None:
    assert advice(path.read_text("utf-8")) == []


@pytest.mark.parametrize("code", kinds())
def test_every_kind_gives_its_evidence(code: str) -> None:
    explanation = kinds()[code].explanation()
    assert len(explanation.split("\n\n")) > 1
    assert "\nSource: " in explanation or code in BY_ARITHMETIC or code[1] in "78"


def test_the_page_lists_every_kind() -> None:
    listed = re.findall(r"^\| \[(A\d+)\]\(reference/diagnostics\.md#(a\d+)\) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [(code, text) for code, _, text in listed] == [
        (code, kind.headline().rstrip(".")) for code, kind in kinds().items()
    ]
    assert all(anchor == code.lower() for code, anchor, _ in listed)


PAGE = (ROOT / "docs" / "advice.md").read_text("utf-8")


def test_the_example_of_the_page_is_silent() -> None:
    (example,) = re.findall(r"```arch\n(.+?)```", PAGE, re.DOTALL)
    assert advice(example) == []
    assert advice(example.replace("# allow", "# not")) != []


# --- told once ----------------------------------------------------------------------------------------


def test_nothing_is_said_of_one_size_where_sizes_are_open() -> None:
    text = "net N {{ input image: 1 x {size}; conv(4, 3) * 3; maxpool(2) }}"

    def told(size: str) -> set[str]:
        return {each.code for each in advice(text.format(size=size))}

    assert {"A302", "A401"} <= told("31 x 31")
    assert not {"A302", "A401"} & told("H x W")


def test_copies_are_told_once_and_counted() -> None:
    (told,) = advice(BIASED.replace("conv(8, 3) -> batchnorm", "{ conv(8, 3) -> batchnorm } * 5"))
    assert "so in 5 layers that this line makes; shown is the first" in told.notes
    assert told.trace is not None and told.trace.text == "1st of 5"


def test_networks_share_what_is_told_of_a_line() -> None:
    text = BIASED.replace("net N {", "net N(c = 8) {\n variant A\n variant B(c = 16)").replace(
        "conv(8", "conv(c"
    )
    (told,) = advice(text)
    assert told.notes == ("in N.A, N.B",)


def test_repeating_a_line_changes_no_name() -> None:
    """What A801 offers gives the same modules."""
    line = "conv(8, 3, padding = same) -> relu"
    text = "net N {{\n input image: 3 x 8 x 8\n {}\n}}"
    written = archdsl.loads(text.format("\n ".join([line] * 3)))
    (told,) = written.advice
    (hint,) = told.hints
    repeated = archdsl.loads(text.format(hint.strip("`")))
    assert repeated["N"].weights == written["N"].weights
    assert repeated.advice == []


# --- silenced -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# allow A104", ["A104"]),
        ("#allow a104,A201 , A3", ["A104", "A201", "A3"]),
        ("# allow: A104 as published", ["A104"]),
        ("# we allow A104", []),
        ("# allow what follows", []),
        ('"# allow A104"', []),
    ],
)
def test_codes_in_a_comment(comment: str, codes: list[str]) -> None:
    assert [each.code for each in comments(Source("", f"relu {comment}"))] == codes


def test_a_comment_speaks_of_its_line_or_of_the_next() -> None:
    text = "a # allow A1\n  # allow A2\n# why\n\nb\n# allow A3"
    assert [(each.code, each.line) for each in comments(Source("", text))] == [
        ("A1", 1),
        ("A2", 5),
        ("A3", 6),
    ]


def test_a_comment_in_an_imported_file_counts() -> None:
    block = "block b { conv(8, 3) -> batchnorm -> relu }"
    text = 'import "b.arch"\nnet N {\n input image: 3 x 32 x 32\n b -> flatten -> linear(10)\n}'
    for comment, count in ((" # allow A101", 0), ("", 1)):
        files = {"b.arch": block + comment}
        assert len(analyse(Source("n.arch", text), files.__getitem__, allow=()).report.advice) == count


def test_what_the_call_allows() -> None:
    assert advice(BIASED) != []
    assert advice(BIASED, ("a101",)) == []


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec with one advice, in a folder of a project."""
    path = tmp_path / "nets" / "n.arch"
    path.parent.mkdir()
    path.write_text(BIASED, "utf-8")
    return path


def test_a_project_allows(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = spec.parent.parent / "pyproject.toml"
    assert main(["check", str(spec)]) == 0
    assert "advice[A101]" in capsys.readouterr().out
    project.write_text('[tool.archdsl]\nallow = ["A101"]\n', "utf-8")
    assert main(["check", str(spec)]) == 0
    assert "advice" not in capsys.readouterr().out
    assert archdsl.load(spec).advice == []
    (spec.parent / "pyproject.toml").write_text("[project]\nname = 'archdsl-nets'\n", "utf-8")
    assert allowed(spec) == []  # the nearest one speaks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tool.archdsl]\nallow = ["A999"]\n', "`A999`, which is no advice"),
        ('[tool.archdsl]\nallow = ["W401"]\n', "`W401`, which is no advice"),
        ('[tool.archdsl]\nallow = "A101"\n', "is a list of codes"),
        ("[tool]\narchdsl = 1\n", "is a list of codes"),
        ("[tool.archdsl\n", "cannot read"),
    ],
)
def test_a_project_that_is_wrong(
    text: str, said: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (spec.parent / "pyproject.toml").write_text(text, "utf-8")
    assert main(["check", str(spec)]) == 2
    assert said in capsys.readouterr().err
    if "A999" not in text and "W401" not in text:
        with pytest.raises(WrongProject):
            allowed(spec)


def test_a_project_of_something_else_need_not_be_understood(spec: Path) -> None:
    (spec.parent / "pyproject.toml").write_text("[tool.other\n", "utf-8")
    assert allowed(spec) == []


# --- shown --------------------------------------------------------------------------------------------


def test_check_shows_a_line_each_or_all_or_nothing(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def out(*options: str) -> str:
        assert main(["check", str(spec), *options]) == 0
        return capsys.readouterr().out

    brief, full, none = out(), out("--advice"), out("--no-advice")
    assert f"advice[A101] {spec}:3:2: the bias of `conv1` changes nothing" in brief
    assert "1 piece of advice" in brief and "help:" not in brief
    assert "`--advice` shows it at length, `archdsl explain A101` says why" in brief
    assert "help: `conv(8, 3, bias = false)`" in full and "--advice" not in full
    assert "advice" not in none


def test_every_format_carries_it(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("json", "github", "sarif"):
        assert main(["check", str(spec), "--format", form]) == 0
        found = capsys.readouterr().out
        assert "A101" in found
        assert main(["check", str(spec), "--format", form, "--no-advice"]) == 0
        assert "A101" not in capsys.readouterr().out
        if form == "json":
            assert [each["severity"] for each in json.loads(found)["diagnostics"]] == ["advice"]


def test_as_a_notice_and_as_a_note() -> None:
    told = advice(BIASED)
    assert github.render(told).startswith("::notice file=spec.arch,line=3,")
    (run,) = sarif.document(told, "1")["runs"]
    assert run["results"][0]["level"] == "note"
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "note"}


def test_explain_prints_the_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "a102"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("advice[A102]: ")
    assert "CVPR 2019" in out


def test_other_commands_say_nothing_of_it(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", str(spec)]) == 0
    assert "A101" not in "".join(capsys.readouterr())
    assert not archdsl.load(spec).report.advice


# --- exact --------------------------------------------------------------------------------------------

WINDOWS = st.builds(
    Window,
    kernel=st.integers(1, 5),
    stride=st.integers(1, 5),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
    dilation=st.integers(1, 3),
    ceil=st.booleans(),
    transposed=st.just(False),
    extra=st.just(0),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(WINDOWS, st.integers(1, 24))
def test_cells_seen_are_those_that_windows_reach(window: Window, n: int) -> None:
    if window.size(n) < 1:
        return
    seen = {
        position * window.stride - window.before + offset * window.dilation
        for position in range(window.size(n))
        for offset in range(window.kernel)
    }
    assert _seen(window, n) == sum(1 << cell for cell in range(n) if cell in seen)


LOSING = [
    "conv(8, 3) -> relu -> maxpool(2) -> conv(8, 3) -> relu -> maxpool(2)",
    "conv(8, 3, stride = 2, padding = 1) -> conv(8, 4, stride = 2, padding = 1) -> maxpool(3)",
    "{ conv(8, 5, stride = 2) -> relu } * 2",
    "concat { maxpool(2); conv(8, 2, stride = 2) } -> relu -> maxpool(2)",
    "left: relu\n maxpool(2) -> up: conv_transpose(8, 2, stride = 2)\n crop(left, like = up) -> maxpool(4)",
    "concat { maxpool(2); conv(8, 3, stride = 2, padding = 1) } -> maxpool(2)",  # odd sizes are refused
    "maxpool(2) -> conv_transpose(8, 2, stride = 2) -> maxpool(3, stride = 2)",  # loses a row at every size
]


@pytest.mark.parametrize("lines", LOSING)
def test_the_sizes_named_are_the_nearest_at_which_nothing_is_lost(lines: str) -> None:
    """Compared with what is told at each size from 20 to 49."""
    named: dict[int, list[int]] = {}
    lossless = []
    for size in range(20, 50):
        text = f"net N {{\n input image: 3 x {size} x {size}\n {lines}\n}}"
        report = analyse(Source("n.arch", text), str, allow=()).report
        told = [note for each in report.advice if each.code == "A302" for note in (*each.notes, "")]
        found = re.search(r"width of (\d+)(?: or (\d+))?", " ".join(told))
        if told:
            named[size] = [int(each) for each in found.groups() if each] if found else []
        elif not report.failed:
            lossless.append(size)
    assert named
    assert lossless or not any(named.values())
    for size, sizes in named.items():
        if lossless and lossless[0] < size < lossless[-1]:
            below = max(each for each in lossless if each < size)
            assert sizes == [below, min(each for each in lossless if each > size)], size


STRIDED = [
    *(f"conv(4, {k}, stride = {s}, padding = {p})" for k in (1, 2, 3, 5) for s in (1, 2, 3) for p in (0, 1)),
    *("maxpool(2, stride = 3)", "avgpool(3, stride = 2, padding = 1)", "maxpool(2, ceil = true)"),
]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(STRIDED), min_size=1, max_size=2), st.integers(6, 13), st.integers(6, 13))
def test_cells_told_as_unread_are_those_without_a_gradient(
    layers: list[str], height: int, width: int
) -> None:
    import torch

    outputs = "\n ".join(f"output o{i}: {layer}" for i, layer in enumerate(layers))
    spec = archdsl.loads(f"net N {{\n input image: 3 x {height} x {width}\n {outputs}\n}}")
    image = torch.rand(64, 3, height, width, requires_grad=True)
    given = spec["N"].module()(image)
    sum(value.sum() for value in (given if isinstance(given, tuple) else (given,))).backward()

    unread = (image.grad == 0).all(0).all(0)
    skipped = [each.text for each in spec.advice if each.code == "A301"]
    lost = [each.text for each in spec.advice if each.code == "A302"]
    share = float(unread.double().mean())
    assert not skipped or f" {round(100 * share)} % of its input" in skipped[0]
    assert any("row" in text for text in lost) <= bool(unread[-1].all())
    assert any("column" in text for text in lost) <= bool(unread[:, -1].all())
    assert skipped or lost or share < 0.25


def test_time_grows_linearly() -> None:
    """Four times the layers take no more than about four times as long."""
    block = "block b { add { identity; conv(8, 3, padding = same) -> batchnorm -> relu }; relu }\n"

    def seconds(count: int) -> float:
        text = f"{block}net N {{\n input image: 8 x 33 x 33\n maxpool(2)\n b * {count}\n}}"
        found = analyse(Source("n.arch", text), str)
        start = time.perf_counter()
        analyse(Source("n.arch", text), str, allow=())
        middle = time.perf_counter()
        assert found.networks
        return middle - start

    small, large = min(seconds(250) for _ in range(3)), min(seconds(1000) for _ in range(3))
    assert large < 12 * small
