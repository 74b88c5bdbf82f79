"""`archdsl compile`: PyTorch source that stands alone."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import WRONG_SPEC, CallError, net_options, output_option, put, save, tell

if TYPE_CHECKING:
    from archdsl.check.model import Checked


@click.command("compile", short_help="Write a network as PyTorch source.")
@click.argument("path", required=False, metavar="PATH")
@net_options
@click.option(
    "target", "--to", type=click.Choice(["torch"]), default="torch", show_default=True, help="What to write."
)
@output_option("Write to a file instead of standard output; `{net}` in it stands for the network's name.")
@click.option(
    "verify", "--check", is_flag=True, help="Build it too, and compare shapes and counts with PyTorch's."
)
def compile_(
    path: str | None,
    nets: tuple[str, ...],
    settings: dict[str, str],
    target: str,
    output: str | None,
    verify: bool,
) -> int:
    """Write a network as PyTorch source; all networks of the spec, where none is named.

    The source needs PyTorch alone and reads as if typed by hand.
    """
    from archdsl.cli.specs import sound

    if verify and find_spec("torch") is None:
        raise CallError("`--check` needs PyTorch, which is not installed", "pip install 'archdsl[torch]'")
    networks, code = sound([path] if path else [], nets, settings)

    from archdsl.outputs.torch import emit
    from archdsl.outputs.torch.anysize import SizeInSource

    try:
        source = emit(networks)
    except SizeInSource as why:
        raise CallError(str(why), "fix the size: `--set H=224`") from None
    disagree = [checked.name for checked in networks if not _agrees(checked)] if verify else []
    if disagree:
        return WRONG_SPEC
    if output is not None and "{net}" in output:
        for checked in networks:
            save(output.replace("{net}", checked.name), emit([checked]))
    elif output is not None:
        save(output, source)
    else:
        put(source)
    return code


def _agrees(checked: Checked) -> bool:
    """Build a network and tell how it compares."""
    from archdsl.check.model import shape_of
    from archdsl.cli.progress import progress
    from archdsl.outputs.torch import verify
    from archdsl.sizes import show

    with progress(f"building {checked.name}"):
        differences = verify(checked)
    for difference in differences:
        tell(f"{checked.name}: {difference}")
    if not differences:
        metrics = checked.metrics
        shapes = ", ".join(show(shape_of(value)) for value in checked.graph.outputs.values())
        counts = f"{metrics.params:,} params, {metrics.macs:,} MACs"
        tell(f"{checked.name}: PyTorch agrees: {counts}, {shapes} out")
    return not differences
