"""`archdsl check`: is the spec sound, and what are its numbers?"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, WRONG_SPEC, net_options, paint_for, put

if TYPE_CHECKING:
    from archdsl.check.model import Checked
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
def check(paths: tuple[str, ...], nets: tuple[str, ...], settings: dict[str, str], form: str) -> int:
    """Check specs: their numbers beside what is printed, and all that is wrong with them.

    PATH is a spec, or a folder with specs anywhere below it. Exits with 0 where all are sound, 1
    where one is wrong, 2 where the call is.
    """
    from archdsl.cli.specs import analyses

    found = analyses(paths, nets, settings)
    show = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}[form]
    return WRONG_SPEC if show(found) else SOUND


def _text(found: Iterable[Analysis]) -> bool:
    from archdsl.outputs.summary import closing, summary

    paint = paint_for(sys.stdout)
    networks: list[Checked] = []
    broken = errors = warnings = 0
    for analysis in found:
        if analysis.networks:
            put(summary(analysis.source.name, analysis.networks, paint) + "\n\n")
        if analysis.report.diagnostics:
            from archdsl.diagnostics.terminal import render

            put(render(analysis.report, paint) + "\n\n")
        networks += analysis.networks
        broken += len(analysis.names) - len(analysis.networks)
        errors += len(analysis.report.errors)
        warnings += len(analysis.report) - len(analysis.report.errors)
    put(closing(networks, broken=broken, errors=errors, warnings=warnings, paint=paint))
    return errors > 0


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
