"""Diagnostics in every format, made by hand, so that no stage of the compiler is involved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from archdsl.diagnostics import Error, Label, Report, Step, github, sarif
from archdsl.diagnostics import json as diagnostics_json
from archdsl.diagnostics.style import Paint, clean, grid, width
from archdsl.diagnostics.terminal import WIDEST, render
from archdsl.ops.problems import BranchesDisagree
from archdsl.source import Source, Span

TEXT = """net ResNet {
    add {
\t\tconv(256, 1) -> 卷积: batchnorm

        conv(128, 1)

        relu
    }
}
"""


def place(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def disagree(at: Span, **more: object) -> BranchesDisagree:
    return BranchesDisagree(op="add", what="channels", left="256", right="128", at=at, **more)  # type: ignore[arg-type]


@pytest.fixture
def source() -> Source:
    return Source("specs/resnet.arch", TEXT)


def test_two_ends_a_remedy_and_the_way(source: Source) -> None:
    outer = Step("row `layer1`, column `50`", place(source, "net ResNet"))
    shown = render(
        [
            disagree(
                place(source, "conv(128, 1)"),
                here="128 here",
                labels=(Label(place(source, "conv(256, 1)"), "256 comes from here"),),
                notes=("sizes must be equal",),
                hints=("`conv(256, 1)` would give 256",),
                trace=Step("bottleneck, 1st of 3", place(source, "add {"), outer),
            )
        ]
    )
    assert shown == (
        "error[E301]: add: branches disagree in channels: 256 and 128\n"
        " --> specs/resnet.arch:5:9\n"
        "  |\n"
        "3 |         conv(256, 1) -> 卷积: batchnorm\n"
        "  |         ------------ 256 comes from here\n"
        "4 |\n"
        "5 |         conv(128, 1)\n"
        "  |         ^^^^^^^^^^^^ 128 here\n"
        "note: sizes must be equal\n"
        "help: `conv(256, 1)` would give 256\n"
        "trace: row `layer1`, column `50` (1:1) → bottleneck, 1st of 3 (2:5)"
    )


def test_several_places_on_a_line_with_tabs_and_wide_characters(source: Source) -> None:
    labels = (Label(place(source, "卷积"), "named"), Label(place(source, "conv(256, 1)"), "set"))
    lines = render([disagree(place(source, "batchnorm"), here="here", labels=labels)]).splitlines()
    assert lines[3:] == [
        "3 |         conv(256, 1) -> 卷积: batchnorm",
        "  |         ------------    ----  ^^^^^^^^^ here",
        "  |         |               |",
        "  |         |               named",
        "  |         set",
    ]


def test_other_files_come_after_their_own(source: Source) -> None:
    other = Source("blocks/basic.arch", "# blocks\nblock basic(width) { relu }\n")
    lines = render(
        [disagree(place(source, "relu"), labels=(Label(place(other, "width"), "set"),))]
    ).splitlines()
    assert lines[1] == " --> specs/resnet.arch:7:9"
    assert lines[5:] == [
        " ::: blocks/basic.arch:2",
        "  |",
        "2 | block basic(width) { relu }",
        "  |             ----- set",
    ]


def test_of_a_span_of_several_lines_the_first_is_marked(source: Source) -> None:
    lines = render([disagree(place(source, "add {\n\t\tconv"), here="here")]).splitlines()
    assert lines[3:] == ["2 |     add {", "  |     ^^^^^ here"]


def test_the_end_of_the_text_can_be_pointed_at(source: Source) -> None:
    lines = render([disagree(Span(source, len(TEXT), len(TEXT)), here="`}` is missing")]).splitlines()
    assert lines[1:] == ["  --> specs/resnet.arch:10:1", "   |", "10 |", "   | ^ `}` is missing"]


def test_a_long_line_is_clipped_around_its_place() -> None:
    source = Source("long.arch", "x -> " * 2000 + "conv(3)" + " -> y" * 2000)
    text, marks = render([disagree(place(source, "conv(3)"))]).splitlines()[3:5]
    assert width(text) <= WIDEST + 4
    assert text[marks.index("^") : marks.rindex("^") + 1] == "conv(3)"
    assert text.startswith("1 | …")
    assert text.endswith("…")


def test_what_would_command_the_terminal_is_shown_as_marks() -> None:
    source = Source("sly.arch", "conv(3) \x1b[2J \u202e # gone\n")
    shown = render([disagree(place(source, "conv(3)"), here="\x1b[31mred")])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "␛[2J" in shown


def test_colour_changes_nothing_but_colour(source: Source) -> None:
    import re

    diagnostic = disagree(place(source, "conv(128, 1)"), here="here", hints=("try",))
    painted = render([diagnostic], Paint(True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render([diagnostic])
    assert painted != render([diagnostic])


def test_diagnostics_stand_in_the_order_of_their_places(source: Source) -> None:
    shown = render([disagree(place(source, "relu")), disagree(place(source, "add"))])
    assert shown.index(":2:5") < shown.index(":7:9")


def test_a_long_way_is_folded(source: Source) -> None:
    step = None
    for number in range(100):
        step = Step(f"step {number}", place(source, "relu"), step)
    shown = render([disagree(place(source, "relu"), trace=step)])
    assert "… 92 more …" in shown
    assert "step 99" in shown


def test_a_report_tells_each_thing_once(source: Source) -> None:
    report = Report()
    for _ in range(3):
        report.add(disagree(place(source, "relu")))
    assert len(report) == 1
    assert report.failed


def test_a_code_is_used_once() -> None:
    with pytest.raises(TypeError, match="used once"):

        @dataclass(frozen=True, kw_only=True)
        class Again(Error):
            """The same code as another."""

            code: ClassVar[str] = "E301"
            message: ClassVar[str] = "again"


def test_json_has_every_end(source: Source) -> None:
    label = Label(place(source, "relu"), "there")
    step = Step("block", place(source, "add"))
    found = diagnostics_json.diagnostic(disagree(place(source, "conv(128, 1)"), labels=(label,), trace=step))
    assert json.loads(json.dumps(found)) == found
    assert found["code"] == "E301"
    assert found["file"] == "specs/resnet.arch"
    start = TEXT.index("conv(128")
    assert found["span"] == {
        "line": 5,
        "column": 9,
        "end_line": 5,
        "end_column": 21,
        "start": start,
        "end": start + 12,
    }
    assert found["labels"][0]["message"] == "there"
    assert found["trace"][0]["span"]["line"] == 2


def test_github_commands_escape_what_would_end_them() -> None:
    source = Source("specs/a,b:c.arch", "conv(3)")
    command = github.render([disagree(place(source, "conv(3)"), here="100%", hints=("one\ntwo",))])
    assert command == (
        "::error file=specs/a%2Cb%3Ac.arch,line=1,endLine=1,col=1,endColumn=7,title=E301"
        "::add: branches disagree in channels: 256 and 128 (100%25)%0Ahelp: one%0Atwo"
    )


def test_sarif_names_its_rule_and_its_places(source: Source) -> None:
    label = Label(place(source, "relu"), "there")
    log = sarif.document([disagree(place(source, "conv(128, 1)"), labels=(label,))], "1.0.0")
    (run,) = log["runs"]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (log["version"], rule["id"], result["ruleId"], result["level"]) == (
        "2.1.0",
        "E301",
        "E301",
        "error",
    )
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "startColumn": 9, "endLine": 5, "endColumn": 21}
    assert result["relatedLocations"][0]["message"]["text"] == "there"


def test_sarif_places_are_uris() -> None:
    source = Source("my specs/a#b.arch", "conv(3)")
    log = sarif.document([disagree(place(source, "conv(3)"))], "1.0.0")
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "my%20specs/a%23b.arch"


def test_columns_align_by_what_is_seen() -> None:
    assert grid([["卷", "1"], ["abc", "22"]], [False, True]) == ["卷    1", "abc  22"]
    assert clean("a\tb\x07") == "a   b␇"
