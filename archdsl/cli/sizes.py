"""`archdsl sizes`: which input sizes does a network accept?"""

from __future__ import annotations

import sys

import click

from archdsl.cli.calls import SOUND, WRONG_SPEC, net_options, paint_for, put


@click.command(short_help="Tell which input sizes are valid.")
@click.argument("paths", nargs=-1, metavar="PATH…")
@net_options
@click.option("form", "--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def sizes(paths: tuple[str, ...], nets: tuple[str, ...], settings: dict[str, str], form: str) -> int:
    """Tell exactly for which sizes of its inputs a network is valid, and which lines say so.

    Sizes that the spec gives are opened too: the answer is then for the network with the weights that
    it has at those.
    """
    from archdsl.cli.specs import analyses
    from archdsl.diagnostics.terminal import render
    from archdsl.outputs.certificates import certificates

    paint = paint_for(sys.stdout)
    failed = False
    documents = []
    for analysis in analyses(paths, nets, settings, free=True):
        if form == "json":
            documents += [
                {
                    "file": analysis.source.name,
                    "network": each.name,
                    "certificate": each.graph.certificate.document(),
                }
                for each in analysis.networks
                if each.graph.certificate is not None
            ]
        elif text := certificates(analysis.networks, paint, every=True):
            put(text + "\n")
        if analysis.report.errors and form == "text":
            put(render(analysis.report.errors, paint) + "\n")
        failed |= analysis.report.failed
    if form == "json":
        import json

        put(json.dumps(documents))
    return WRONG_SPEC if failed else SOUND
