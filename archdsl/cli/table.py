"""`archdsl table`: the layers of a network, or of several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import CallError, net_options, output_option, put, save

if TYPE_CHECKING:
    from archdsl.outputs.table import Layout

FORMATS = ("text", "markdown", "latex", "csv", "html", "json", "yaml")
LAYOUTS = ("paper", "layers")


@click.command(short_help="Print the layers of networks.")
@click.argument("paths", nargs=-1, metavar="PATH…")
@net_options
@click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="As the paper's table, where the spec is one, or all layers.",
)
@output_option("Write to a file instead of standard output.")
def table(
    paths: tuple[str, ...],
    nets: tuple[str, ...],
    settings: dict[str, str],
    form: str,
    layout: Layout | None,
    output: str | None,
) -> int:
    """Print the layer table: shapes, parameters and MACs, repeats folded, a subtotal for each block.

    Several networks stand side by side, a column each. Where the spec is written as a table, markdown,
    latex and html give that table, as the paper prints it, with computed numbers.
    """
    from archdsl.cli.specs import sound
    from archdsl.outputs.table import render

    if layout is not None and form in ("csv", "json", "yaml"):
        raise CallError(f"{form} has no layout: it lists every layer", "leave out `--layout`")
    networks, code = sound(paths, nets, settings)
    text = render(networks, form, layout)
    if output is None:
        put(text)
    else:
        save(output, text if text.endswith("\n") else text + "\n")
    return code
