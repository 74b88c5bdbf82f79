"""`archdsl why`: which lines are behind a condition on the sizes of an input?"""

from __future__ import annotations

import sys

import click

from archdsl.cli.calls import SOUND, WRONG_SPEC, CallError, did_you_mean, net_options, paint_for, put, tell


@click.command(short_help="Tell which lines are behind a condition on sizes.")
@click.argument("path", metavar="PATH")
@click.argument("condition", metavar="CONDITION")
@net_options
@click.option("form", "--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def why(path: str, condition: str, nets: tuple[str, ...], settings: dict[str, str], form: str) -> int:
    """Tell the lines behind a condition: `"H % 32"`, `"H >= 63"`, or just `H`.

    First what it comes to for the sizes that the network accepts; then, in order, each line that refuses
    some, with what it accepts and where that stems from. Sizes that the spec gives are opened too, as
    `archdsl sizes` does.
    """
    from archdsl.cli.specs import analyses
    from archdsl.diagnostics.terminal import render
    from archdsl.outputs.why import NotACondition, chain, document, question, text
    from archdsl.sizes.sets import TooComplex

    try:
        asked = question(condition)
    except NotACondition:
        remedy = 'ask for `"H"`, `"H % 32"`, `"H >= 63"` or `"H % 32 == 0"`'
        raise CallError(f"`{condition}` is no condition on a size", remedy) from None
    paint = paint_for(sys.stdout)
    failed, found, open_sizes = False, [], dict[str, None]()
    for analysis in analyses((path,), nets, settings, free=True):
        failed |= analysis.report.failed
        if analysis.report.errors:
            tell(render(analysis.report.errors, paint_for(sys.stderr)))
        for each in analysis.networks:
            certificate = each.graph.certificate
            open_sizes |= dict.fromkeys(certificate.point if certificate else ())
            if certificate is not None and asked.symbol in certificate.point:
                try:
                    found.append((analysis.source.name, each.name, chain(certificate, asked)))
                except TooComplex as problem:
                    raise CallError(f"`{condition}` cannot be told: {problem}") from None
    if not found and not failed:
        raise CallError(f"`{asked.symbol}` is no open size", did_you_mean(asked.symbol, open_sizes))
    if form == "json":
        import json

        put(json.dumps([document(*each) for each in found], ensure_ascii=False))
    elif found:
        put("\n\n".join(text(name, each, paint) for _, name, each in found))
    return WRONG_SPEC if failed else SOUND
