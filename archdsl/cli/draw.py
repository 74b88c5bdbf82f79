"""`archdsl draw`: a picture of a network."""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, CallError, net_options, output_option, put, put_bytes, save

if TYPE_CHECKING:
    from archdsl.check.model import Checked
    from archdsl.outputs.drawing import Marked
    from archdsl.outputs.drawing.wanted import Direction

FORMATS = ("svg", "png", "pdf", "dot")


@click.command(short_help="Draw a network.")
@click.argument("path", required=False, metavar="PATH")
@net_options
@output_option("Where to draw to; its ending says as what. `{net}` in it stands for the network's name.")
@click.option("form", "--format", type=click.Choice(FORMATS), help="By default, what FILE ends in, or svg.")
@click.option("--direction", type=click.Choice(["down", "right"]), default="down", show_default=True)
@click.option("other", "--diff", metavar="OTHER", help="Show what differs in OTHER: a spec, or `PATH:NET`.")
@click.option("--depth", type=click.IntRange(min=0), help="Show blocks this deep; deeper ones stay closed.")
def draw(
    path: str | None,
    nets: tuple[str, ...],
    settings: dict[str, str],
    output: str | None,
    form: str | None,
    direction: Direction,
    other: str | None,
    depth: int | None,
) -> int:
    """Draw a network: blocks as nested boxes, repeats folded, shapes beside the arrows.

    Without -o the picture goes to standard output. `-o "{net}.svg"` draws each network of the spec.
    With --diff, one picture shows two networks, and which layers OTHER adds, removes and changes.
    """
    from archdsl.cli.specs import sound

    form = form or _form(output)
    if other is not None:
        _put(*_difference(path, other, nets, settings), output, form, direction, depth)
        return SOUND
    networks, code = sound([path] if path else [], nets, settings)
    if output is not None and "{net}" in output:
        for checked in networks:
            save(output.replace("{net}", checked.name), _picture(checked, form, direction, depth))
        return code
    if len(networks) > 1:
        names = ", ".join(checked.name for checked in networks)
        raise CallError(
            f"one picture shows one network, and here are {names}",
            f'add `--net {networks[0].name}`, or draw all of them with `-o "{{net}}.{form}"`',
        )
    _put(networks[0], networks[0].name, output, form, direction, depth)
    return code


def _put(
    shown: Checked | Marked,
    name: str,
    output: str | None,
    form: str,
    direction: Direction,
    depth: int | None,
) -> None:
    """Draw one picture to where it is wanted."""
    picture = _picture(shown, form, direction, depth)
    if output is not None:
        save(output, picture)
    elif form in ("svg", "dot"):
        put(picture.decode())
    elif sys.stdout.isatty():
        raise CallError(f"a terminal cannot show {form}", f"add `-o {name}.{form}`")
    else:
        put_bytes(picture)


def _difference(
    path: str | None, other: str, nets: tuple[str, ...], settings: dict[str, str]
) -> tuple[Marked, str]:
    """The one pair of networks that is meant, and what to call a file with its picture."""
    from archdsl.cli.sides import networks, operand, paired
    from archdsl.outputs.diff.picture import marked

    if path is None:
        raise CallError("no spec is named", f"name one, as in `archdsl draw OLD --diff {other}`")
    old, new = operand(path), operand(other, operand(path).path)
    if nets and new.net:
        # --net says which network of the first is meant, the second has its own
        (before, *more), (now, *others) = networks(old, nets, settings), networks(new, (), settings)
        pairs = [(before, now), *zip(more, others, strict=False)]
    else:
        pairs = paired(old, new, nets, settings).pairs
    if len(pairs) != 1:
        names = ", ".join(each.name for each, _ in pairs)
        raise CallError(f"one picture shows one pair of networks, and here are {names}", "add `--net NAME`")
    (pair,) = pairs
    return marked(*pair), f"{pair[0].name}-{pair[1].name}"


def _form(output: str | None) -> str:
    """The format that a file's ending names."""
    if output is None:
        return "svg"
    ending = PurePath(output).suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise CallError(
            f"`{output}` does not say which format to draw",
            f"let it end in {', '.join('.' + each for each in FORMATS)}, or add `--format svg`",
        )
    return ending


def _picture(shown: Checked | Marked, form: str, direction: Direction, depth: int | None) -> bytes:
    from archdsl.cli.progress import progress
    from archdsl.outputs.drawing import CannotDraw
    from archdsl.outputs.drawing import draw as drawn

    try:
        with progress(f"drawing {shown.graph.name}"):
            return drawn(shown, form, direction=direction, depth=depth)
    except CannotDraw as problem:
        raise CallError(str(problem.args[0]), problem.remedy) from None
