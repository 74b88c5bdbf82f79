"""`archdsl check`: is the spec sound, and what are its numbers?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, WRONG_SPEC, net_options, paint_for, put

if TYPE_CHECKING:
    from archdsl.check.model import Checked
    from archdsl.diagnostics import Report
    from archdsl.diagnostics.style import Paint
    from archdsl.pipeline import Analysis


@click.command(short_help="Check specs, and show their numbers.")
@click.argument("paths", nargs=-1, metavar="PATH…")
@net_options
@click.option(
    "form",
    "--format",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Text for people, json for programs, github and sarif for code review.",
)
@click.option(
    "--advice/--no-advice",
    default=None,
    help="Show what is unwise at length, or not at all; if not said, as a line each.",
)
def check(
    paths: tuple[str, ...], nets: tuple[str, ...], settings: dict[str, str], form: str, advice: bool | None
) -> int:
    """Check specs: their numbers beside what is printed, and all that is wrong with them.

    PATH is a spec, or a folder with specs anywhere below it. Exits with 0 where all are sound, 1
    where one is wrong, 2 where the call is. Advice changes nothing in that.
    """
    from archdsl.cli.specs import analyses

    found = analyses(paths, nets, settings, advice=advice is not False)
    show: dict[str, Callable[[Iterable[Analysis]], bool]] = {
        "text": partial(_text, at_length=bool(advice)),
        "json": _json,
        "github": _github,
        "sarif": _sarif,
    }
    return WRONG_SPEC if show[form](found) else SOUND


def _text(found: Iterable[Analysis], at_length: bool) -> bool:
    from archdsl.outputs.summary import closing, summary

    paint = paint_for(sys.stdout)
    networks: list[Checked] = []
    broken = errors = warnings = advice = 0
    code = ""
    for analysis in found:
        if analysis.networks:
            put(summary(analysis.source.name, analysis.networks, paint) + "\n\n")
            if any(each.graph.certificate for each in analysis.networks):
                from archdsl.outputs.certificates import certificates

                put(certificates(analysis.networks, paint) + "\n\n")
        for text in _said(analysis.report, at_length, paint):
            put(text + "\n\n")
        networks += analysis.networks
        broken += len(analysis.names) - len(analysis.networks)
        errors += len(analysis.report.errors)
        warnings += len(analysis.report.warnings)
        advice += len(analysis.report.advice)
        code = next((each.code for each in analysis.report.advice), code)
    put(closing(networks, broken=broken, errors=errors, warnings=warnings, advice=advice, paint=paint))
    if advice and not at_length:
        put(paint(f"`--advice` shows it at length, `archdsl explain {code}` says why", "faint"))
    return errors > 0


def _said(report: Report, at_length: bool, paint: Paint) -> Iterator[str]:
    """What is wrong, and behind it what is unwise, a line each unless it is asked for."""
    from archdsl.diagnostics.terminal import brief, render

    wrong = [each for each in report if at_length or each.severity != "advice"]
    if wrong:
        yield render(wrong, paint)
    if report.advice and not at_length:
        yield brief(report.advice, paint)


def _json(found: Iterable[Analysis]) -> bool:
    import json

    from archdsl.outputs.json import document

    analyses = list(found)
    networks = (checked for analysis in analyses for checked in analysis.networks)
    diagnostics = (each for analysis in analyses for each in analysis.report)
    put(json.dumps(document(networks, diagnostics)))
    return any(analysis.report.failed for analysis in analyses)


def _github(found: Iterable[Analysis]) -> bool:
    from archdsl.diagnostics.github import render

    failed = False
    for analysis in found:
        if analysis.report.diagnostics:
            put(render(analysis.report))
        failed |= analysis.report.failed
    return failed


def _sarif(found: Iterable[Analysis]) -> bool:
    import json

    from archdsl import __version__
    from archdsl.diagnostics.sarif import document

    analyses = list(found)
    diagnostics = [each for analysis in analyses for each in analysis.report]
    put(json.dumps(document(diagnostics, __version__), indent=2))
    return any(analysis.report.failed for analysis in analyses)
