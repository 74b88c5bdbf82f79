"""`archdsl table`: the layers of a network, or of several side by side."""

from __future__ import annotations

import click

from archdsl.cli.calls import net_options, output_option, put, save

FORMATS = ("text", "markdown", "latex", "csv", "html", "json", "yaml")


@click.command(short_help="Print the layers of networks.")
@click.argument("paths", nargs=-1, metavar="PATH…")
@net_options
@click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True)
@output_option("Write to a file instead of standard output.")
def table(
    paths: tuple[str, ...], nets: tuple[str, ...], settings: dict[str, str], form: str, output: str | None
) -> int:
    """Print the layer table: shapes, parameters and MACs, repeats folded, a subtotal for each block.

    Several networks stand side by side, a column each, as in a paper's own table.
    """
    from archdsl.cli.specs import sound
    from archdsl.outputs.table import render

    networks, code = sound(paths, nets, settings)
    text = render(networks, form)
    if output is None:
        put(text)
    else:
        save(output, text if text.endswith("\n") else text + "\n")
    return code
