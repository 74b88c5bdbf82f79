"""`archdsl weights`: does a file of weights fit a network, and what would make it fit?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, CallError, net_options, paint_for, put, save, tell

if TYPE_CHECKING:
    from archdsl.check.model import Checked
    from archdsl.weights import Checkpoint, Comparison, Proposal

MISMATCH = 1


@click.command(short_help="Compare a file of weights with a network; rename what it holds.")
@click.argument("file", metavar="FILE")
@click.option("spec", "--spec", required=True, metavar="PATH", help="The spec that has the network.")
@net_options
@click.option("form", "--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("map_file", "--map", metavar="FILE", help="Names in the file and new ones, a JSON object.")
@click.option("write_map", "--write-map", metavar="FILE", help="Write the new names to a file as such a map.")
@click.option("convert", "--convert", metavar="OUT", help="Write the weights under their new names.")
@click.option("--force", is_flag=True, help="Overwrite files that are there, but never one that is read.")
def weights(
    file: str,
    spec: str,
    nets: tuple[str, ...],
    settings: dict[str, str],
    form: str,
    map_file: str | None,
    write_map: str | None,
    convert: str | None,
    force: bool,
) -> int:
    """Compare the tensors of FILE with the weights of a network, by name and by shape.

    FILE is of safetensors, or the index of several, or of PyTorch; the last needs PyTorch. Where
    names differ and shapes agree, new names are proposed. Exits with 0 where all tensors match, or
    where those that were converted do, with 1 where they do not, with 2 where the call is wrong.
    """
    from archdsl.weights import WeightsError, compare, named, propose, read_map

    checked = _network(spec, nets, settings)
    try:
        checkpoint = _read(file)
        _refuse_outputs(write_map, convert, [spec, *checkpoint.files], force)
        stored = named(checkpoint.tensors, read_map(map_file) if map_file else {})
        found = compare(checked, stored)
        proposal = propose(found)
        (_put_json if form == "json" else _put_text)(checkpoint, proposal)
        if write_map:
            save(write_map, _map(checkpoint, proposal.final))
        if convert:
            return _convert(convert, checkpoint, proposal.final)
    except WeightsError as problem:
        raise CallError(str(problem), problem.remedy) from None
    if found.agrees:
        return SOUND
    if remedy := _remedy(proposal):
        tell(f"{paint_for(sys.stderr)('help', 'help')}: {remedy}")
    return MISMATCH


# --- what goes in ----------------------------------------------------------------------------------


def _network(spec: str, nets: Sequence[str], settings: dict[str, str]) -> Checked:
    """The one network that is meant."""
    from archdsl.cli.specs import sound

    networks, _ = sound([spec], nets, settings)
    if len(networks) > 1:
        names = ", ".join(checked.name for checked in networks)
        remedy = f"add `--net {networks[0].name}`"
        raise CallError(f"a file is compared with one network, and here are {names}", remedy)
    return networks[0]


def _read(file: str) -> Checkpoint:
    from archdsl.weights import is_torch, read

    if is_torch(file):
        from archdsl.outputs.torch.checkpoint import read
    return read(file)


def _refuse_outputs(write_map: str | None, convert: str | None, files: Sequence[str], force: bool) -> None:
    """Nothing is written over what is read, and nothing unasked over what is there."""
    if convert is not None and not convert.lower().endswith(".safetensors"):
        raise CallError(f"`{convert}` would be a safetensors file", "let its name end in `.safetensors`")
    if convert is not None and convert == write_map:
        raise CallError(f"`{convert}` cannot be both the weights and a map", "name another file for the map")
    for output in filter(None, (write_map, convert)):
        if not os.path.lexists(output):
            continue
        if any(os.path.exists(output) and os.path.samefile(output, file) for file in files):
            raise CallError(f"`{output}` is a file that is read", "name another one to write to")
        if not force:
            raise CallError(f"`{output}` is there already", "add `--force` to overwrite it")


# --- what comes out --------------------------------------------------------------------------------


def _put_text(checkpoint: Checkpoint, proposal: Proposal) -> None:
    from archdsl.weights.report import text

    put(text(checkpoint, proposal, paint_for(sys.stdout)))


def _put_json(checkpoint: Checkpoint, proposal: Proposal) -> None:
    import json

    from archdsl.weights.report import document

    put(json.dumps(document(checkpoint, proposal)))


def _remedy(proposal: Proposal) -> str:
    """What to do about a file that does not match."""
    if proposal.final.complete:
        return "`--convert OUT.safetensors` writes what the network wants, under its names"
    if proposal.ambiguous:
        return 'say which is meant with `--map FILE`, as in {"old.name": "new", "part.": "", "unused": null}'
    return ""


def _map(checkpoint: Checkpoint, final: Comparison) -> str:
    """The map that takes the file's names to the network's, given and proposed ones together."""
    import json

    new = {stored.name: name for name, stored in final.stored.items()}
    changed = {name: new.get(name) for name in checkpoint.tensors if new.get(name) != name}
    return json.dumps(changed, indent=2, ensure_ascii=False) + "\n"


def _convert(output: str, checkpoint: Checkpoint, final: Comparison) -> int:
    """Write what the network wants, under its names; nothing where that is not all there."""
    from archdsl.cli.progress import progress
    from archdsl.weights import content, plan
    from archdsl.weights.report import closing

    if not final.complete:
        tell(f"`{output}` is not written: {closing(final)}")
        return MISMATCH
    tensors = plan(final)
    with progress(f"writing {output}"):
        save(output, content(checkpoint, tensors))
    renamed = sum(each.name != each.stored.name for each in tensors)
    reshaped = sum(each.shape != each.stored.shape for each in tensors)
    left = len(checkpoint.tensors) - len(tensors)
    said = {"renamed": renamed, "reshaped": reshaped, "left out": left}
    counts = [f"{len(tensors):,} tensors", *(f"{count:,} {what}" for what, count in said.items() if count)]
    tell(f"{output}: {', '.join(counts)}")
    return SOUND
