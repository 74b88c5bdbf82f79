"""`archdsl diff`: what differs between two networks, or two versions of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, CallError, net_options, output_option, paint_for, put, save

if TYPE_CHECKING:
    from archdsl.cli.sides import Operand
    from archdsl.outputs.diff import Differences

DIFFERENT = 1


@click.command(short_help="Compare networks, or versions of a spec.")
@click.argument("old", metavar="OLD")
@click.argument("new", required=False, metavar="[NEW]")
@click.option(
    "revision", "--git", metavar="REV", help="Compare OLD as it is with its version in git; or A..B."
)
@net_options
@click.option(
    "form",
    "--format",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Text for people, markdown for a pull request, json for programs.",
)
@output_option("Write to a file instead of standard output.")
@click.option("write_map", "--write-map", metavar="FILE", help="Write the new names of weights to a file.")
@click.option("exit_code", "--exit-code", is_flag=True, help="Exit with 1 where anything differs.")
def diff(
    old: str,
    new: str | None,
    revision: str | None,
    nets: tuple[str, ...],
    settings: dict[str, str],
    form: str,
    output: str | None,
    write_map: str | None,
    exit_code: bool,
) -> int:
    """Compare two networks, part by part: by hierarchy and structure, not by position.

    OLD and NEW are specs, or networks of them: `specs/vgg.arch:VGG.D`, and `:VGG.E` for another one of
    the same spec. With --git, OLD alone is compared with its version in a revision, such as HEAD~1.
    """
    from archdsl.cli.sides import paired
    from archdsl.diagnostics.style import PLAIN
    from archdsl.outputs.diff import Differences, compare, render, side

    sides = paired(*_operands(old, new, revision), nets, settings)
    found = Differences(
        tuple(compare(*pair) for pair in sides.pairs),
        removed=tuple(map(side, sides.removed)),
        added=tuple(map(side, sides.added)),
    )
    if write_map is not None:
        save(write_map, _map(found))
    text = render(found, form, paint_for(sys.stdout) if output is None else PLAIN)
    if output is None:
        put(text)
    else:
        save(output, text)
    return DIFFERENT if exit_code and not found.none else SOUND


def _operands(old: str, new: str | None, revision: str | None) -> tuple[Operand, Operand]:
    """The two sides that are meant."""
    from archdsl.cli.sides import operand

    before = operand(old)
    if new is not None and revision is not None:
        raise CallError("--git compares one spec with its own past", f"leave `{new}` or `--git` out")
    if new is not None:
        return before, operand(new, before.path)
    if revision is None:
        remedy = f"name another one, as in `archdsl diff {old} OTHER`, or a revision, `--git HEAD`"
        raise CallError(f"nothing to compare `{old}` with", remedy)
    first, dots, last = revision.partition("..")
    return before._replace(revision=first or "HEAD"), before._replace(
        revision=(last or "HEAD") if dots else ""
    )


def _map(found: Differences) -> str:
    """What `archdsl weights --map` reads."""
    import json

    if len(found.pairs) != 1:
        names = ", ".join(each.new.name for each in found.pairs)
        raise CallError(f"a map is for one pair of networks, and here are {names}", "add `--net NAME`")
    return json.dumps(found.pairs[0].carry.rename, indent=2, ensure_ascii=False) + "\n"
