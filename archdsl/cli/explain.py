"""`archdsl explain`: what a diagnostic means, or what a named value of a network is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, CallError, did_you_mean, net_options, paint_for, put

if TYPE_CHECKING:
    from archdsl.check.model import Checked
    from archdsl.outputs.explain import Explanation


@click.command(short_help="Explain a diagnostic, or a value of a network.")
@click.argument("subject", required=False, metavar="[CODE | PATH")
@click.argument("name", required=False, metavar="NAME]")
@net_options
@click.option("form", "--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    subject: str | None, name: str | None, nets: tuple[str, ...], settings: dict[str, str], form: str
) -> int:
    """Explain a diagnostic by its code, such as E301; without a code, list them all.

    With a spec and a NAME, explain that value of a network: where it is written, where its size comes
    from, what it sees of the input, and its share of the cost. NAME is a path as `archdsl table` lists
    it, a label or a block: `archdsl explain specs/resnet.arch layer3.2.conv1 --net ResNet.50`.
    """
    if subject is not None and name is not None:
        return _value(subject, name, nets, settings, form)
    if subject is not None and (os.path.exists(subject) or subject.endswith(".arch")):
        raise CallError("say what of it is to be explained", f"as in `archdsl explain {subject} NAME`")
    return _diagnostic(subject)


def _diagnostic(code: str | None) -> int:
    from archdsl.outputs.reference import diagnostics, message

    known = diagnostics()
    if code is None:
        put("\n".join(f"{name}  {each.headline()}" for name, each in known.items()))
        return SOUND
    kind = known.get(code.upper())
    if kind is None:
        raise CallError(f"no diagnostic has the code `{code}`", did_you_mean(code, known))
    put(f"{kind.severity}[{kind.code}]: {message(kind)}\n\n{kind.explanation()}")
    return SOUND


def _value(path: str, name: str, nets: tuple[str, ...], settings: dict[str, str], form: str) -> int:
    from archdsl.cli.sides import networks, operand

    found = _found(networks(operand(path), nets, settings), name)
    if form == "json":
        import json

        from archdsl.outputs.explain.data import document

        put(json.dumps(document(found), ensure_ascii=False))
    else:
        from archdsl.outputs.explain.text import text

        put(text(found, paint_for(sys.stdout)))
    return SOUND


def _found(networks: list[Checked], name: str) -> Explanation:
    """The value of the one network that has the name."""
    from archdsl.outputs.explain import UnknownName, explain, names, nearest

    found = []
    for checked in networks:
        try:
            found.append(explain(checked, name))
        except UnknownName:
            continue
    if len(found) > 1:
        listed = ", ".join(each.network for each in found[:6]) + (", …" if len(found) > 6 else "")
        raise CallError(f"several networks have `{name}`: {listed}", f"add `--net {found[0].network}`")
    if found:
        return found[0]
    known = [each for checked in networks for each in names(checked.graph)]
    close = [f"`{each}`" for each in nearest(name, known)]
    where = f"{networks[0].name} has nothing" if len(networks) == 1 else "no network has anything"
    remedy = f"did you mean {' or '.join(close)}?" if close else "`archdsl table` lists all names"
    raise CallError(f"{where} named `{name}`", remedy)
