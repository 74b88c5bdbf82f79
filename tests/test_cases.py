"""Every mistake that people make, one small file each in `cases/`, with what is said of it inline.

A case is a spec. Lines that begin with `#!` are no part of it: they show, below each line, what the
compiler says of it, so a case reads as its author would see it:

    add {
        conv(64, 3)
    #!  ----------- 64 x 6 x 6 comes from here
        conv(32, 3)
    #!  ^^^^^^^^^^^ E301 add: branches disagree in channels: 32 x 6 x 6 and 64 x 6 x 6
    #!              here: 32 x 6 x 6 here
    #!              help: `conv(64, 3)`
    #! fixed: conv(64, 3)
    }

`^` marks the place, `-` the other ends; `…` behind the marks says that the place goes on below. Marks
that would stand under `#!` itself say their column: `1: ^^^`. Of several diagnostics with other ends
each has its number, `[1]`. A line `#! file: blocks.arch` begins another file, which the first one can
import. Those two words and `fixed` are written by hand:

- `#! fixed: …` replaces the line above it (one item a line, or several with `;`; nothing deletes the
  line). With all of them in place the spec is sound, and each uses one of the remedies given.

Of a case in `advice` and in `advice_unsaid`, advice is said too; those of the latter are near misses.

Everything else is written by `ARCHDSL_ACCEPT=1 pytest tests/test_cases.py`, and then read with care.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.terminal import render
from archdsl.outputs.reference import diagnostics as every_diagnostic
from archdsl.pipeline import Analysis, analyse
from archdsl.source import Source, Span

CASES = Path(__file__).parent / "cases"
PATHS = sorted(CASES.rglob("*.arch"))
ACCEPT = bool(os.environ.get("ARCHDSL_ACCEPT"))
UNSAID = "advice_unsaid"
QUICK = 1.0
"""Seconds that no mistake may cost."""


@dataclass
class Part:
    """One file of a case: the lines of the spec, and by their index what each becomes when fixed."""

    name: str
    lines: list[str] = field(default_factory=list)
    fixed: dict[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def fixed_text(self) -> str:
        return "".join(f"{self.fixed.get(i, line)}\n" for i, line in enumerate(self.lines))


@dataclass
class Case:
    """A case as it is written by hand: its files without what is said of them."""

    parts: list[Part]
    allow: tuple[str, ...] | None = None
    """Which advice is not wanted; None for none at all."""

    def run(self, text: Callable[[Part], str] = lambda part: part.text) -> Analysis:
        files = {part.name: text(part) for part in self.parts}

        def read(path: str) -> str:
            if path not in files:
                raise FileNotFoundError(2, "No such file or directory")
            return files[path]

        main = self.parts[0].name
        return analyse(Source(main, files[main]), read, allow=self.allow)


def read_case(path: Path) -> Case:
    case = Case([Part(path.name)], () if path.parent.name in ("advice", UNSAID) else None)
    for line in path.read_text("utf-8").splitlines():
        part = case.parts[-1]
        word, _, rest = line.removeprefix("#!").strip().partition(":")
        if not line.startswith("#!"):
            part.lines.append(line)
        elif word == "file":
            case.parts.append(Part(rest.strip()))
        elif word == "fixed":
            part.fixed[len(part.lines) - 1] = rest.strip()
    return case


# --- a case with what is said of it ----------------------------------------------------------------


def annotated(case: Case, report: list[Diagnostic]) -> str:
    """The case as its file should be."""
    said: dict[tuple[str, int], list[tuple[int, list[str]]]] = {}
    order = [part.name for part in case.parts]
    listed = sorted(report, key=lambda each: (order.index(each.at.source.name), each.at.start, each.text))
    numbered = len(listed) > 1 and any(each.labels for each in listed)
    for number, each in enumerate(listed, start=1):
        mark = f"[{number}] " if numbered else ""
        _say(said, each.at, "^", f"{mark}{each.code} {each.text}", _details(each))
        for label in each.labels:
            _say(said, label.span, "-", f"{mark}{label.text}", [])
    return "".join(
        f"{line}\n" for part in case.parts for line in _lines(part, said, first=part is case.parts[0])
    )


def _lines(
    part: Part, said: dict[tuple[str, int], list[tuple[int, list[str]]]], first: bool
) -> Iterator[str]:
    if not first:
        yield f"#! file: {part.name}"
    for index, line in enumerate(part.lines):
        yield line
        for _, rows in sorted(said.get((part.name, index + 1), []), key=lambda each: each[0]):
            yield from rows
        if index in part.fixed:
            yield f"#! fixed: {part.fixed[index]}".rstrip()


def _say(
    said: dict[tuple[str, int], list[tuple[int, list[str]]]],
    span: Span,
    sign: str,
    text: str,
    details: list[str],
) -> None:
    line, column = span.source.position(span.start)
    room = len(span.source.line(line)) - column + 1
    marks = sign * max(min(span.end - span.start, room), 1) + "…" * ("\n" in span.text.rstrip("\n"))
    head = f"#!{' ' * (column - 3)}{marks} " if column > 3 else f"#! {column}: {marks} "
    indent = f"#!{' ' * (column + 1)}"
    rows = [f"{head}{text}", *(f"{indent}{detail}" for detail in details)]
    said.setdefault((span.source.name, line), []).append((column, rows))


def _details(each: Diagnostic) -> list[str]:
    details = [f"here: {each.here}"] if each.here else []
    details += [f"note: {note}" for note in each.notes]
    details += [f"help: {hint}" for hint in each.hints]
    if each.trace:
        details.append(f"trace: {' → '.join(step.text for step in each.trace.path())}")
    return details


# --- the cases -------------------------------------------------------------------------------------


def named(path: Path) -> str:
    return path.relative_to(CASES).with_suffix("").as_posix()


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_what_is_said(path: Path) -> None:
    case = read_case(path)
    start = time.perf_counter()
    analysis = case.run()
    took = time.perf_counter() - start
    found = annotated(case, list(analysis.report))
    if ACCEPT:
        path.write_text(found, "utf-8")
    assert path.read_text("utf-8") == found
    assert took < QUICK
    assert render(analysis.report) or path.parent.name in ("sound", UNSAID)
    for each in analysis.report:
        assert not re.search(r"\bNone\b|object at 0x|Error\b", each.text), each.text


FIXED = [path for path in PATHS if "\n#! fixed:" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", FIXED, ids=named)
def test_the_remedy_works(path: Path) -> None:
    case = read_case(path)
    hints = "\n".join(hint for each in case.run().report for hint in each.hints)
    pasted = [text for part in case.parts for text in part.fixed.values()]
    offered = re.findall(r"`([^`]+)`", hints)
    assert not offered or any(uses(text, remedy) for text in pasted for remedy in offered)
    assert render(case.run(lambda part: part.fixed_text).report) == ""


def uses(text: str, remedy: str) -> bool:
    """Whether a text has a remedy in it; `…` is for the reader to fill in, and blanks do not count."""
    parts = [re.escape(re.sub(r"\s+", "", part)) for part in remedy.split("…")]
    return re.search(".+".join(parts), re.sub(r"\s+", "", text)) is not None


def test_every_diagnostic_has_a_case() -> None:
    said = {
        code
        for path in PATHS
        for code in re.findall(r"^#!.*?[\^…] (?:\[\d+\] )?([AEW]\d+)", path.read_text("utf-8"), re.M)
    }
    assert set(every_diagnostic()) <= said


ALONE = [path for path in PATHS if not re.search('#! file:|with `"""`', path.read_text("utf-8"))]
"""Cases of one file, but for the one in which the quotes of a comment would close a text."""


@pytest.mark.parametrize("path", ALONE, ids=named)
def test_comments_change_nothing(path: Path) -> None:
    """The same is said of a case with its expectations in it, which are comments there."""
    case = read_case(path)
    without = places(case)
    case.parts[0].lines = path.read_text("utf-8").splitlines()
    assert places(case) == without


def places(case: Case) -> list[tuple[str, str]]:
    return [(each.code, each.at.text.partition("\n")[0]) for each in case.run().report]


# --- mutations -------------------------------------------------------------------------------------

BOMBS = ("repeat", "recursion")
SPECS = [read_case(path).parts[0].fixed_text for path in PATHS if path.parent.name not in BOMBS]
_TOKENS = re.compile(r"\s+|\w+|->|==|.")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A spec with a few words, marks or characters left out, doubled, exchanged or put elsewhere."""
    text = draw(st.sampled_from(SPECS))
    for _ in range(draw(st.integers(1, 4))):
        parts = list(text) if draw(st.booleans()) else _TOKENS.findall(text)
        if len(parts) < 2:
            break
        at, other = (draw(st.integers(0, len(parts) - 1)) for _ in range(2))
        match draw(st.sampled_from(["leave out", "double", "exchange", "copy"])):
            case "leave out":
                del parts[at]
            case "double":
                parts.insert(at, parts[at])
            case "exchange":
                parts[at], parts[other] = parts[other], parts[at]
            case "copy":
                parts[at] = parts[other]
        text = "".join(parts)
    return text


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_no_text_breaks_it(text: str) -> None:
    start = time.perf_counter()
    analysis = Case([Part("mutated.arch", text.splitlines())], ()).run()
    assert time.perf_counter() - start < 5 * QUICK
    assert analysis.report.failed or analysis.networks or not analysis.names
    render(analysis.report)
