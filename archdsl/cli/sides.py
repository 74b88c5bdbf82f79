"""What a call compares: from `PATH:NET`, or a revision, to networks in pairs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import click

from archdsl.check.model import Checked
from archdsl.cli.calls import WRONG_SPEC, CallError, did_you_mean, paint_for, tell
from archdsl.cli.specs import sound

Settings = Mapping[str, str]


class Operand(NamedTuple):
    """A spec, and the network of it that is meant; all of them where none is named."""

    path: str
    net: str = ""
    revision: str = ""
    """The version that git keeps; empty for the file as it is."""


@dataclass(frozen=True)
class Sides:
    """Networks that belong together, and those that only one side has."""

    pairs: list[tuple[Checked, Checked]]
    removed: list[Checked]
    added: list[Checked]


def operand(text: str, path: str = "") -> Operand:
    """`specs/vgg.arch:VGG.D`, `specs/vgg.arch`; `:VGG.E` is a network of the other path."""
    if os.path.exists(text):
        return Operand(text)
    before, colon, net = text.rpartition(":")
    if not colon or os.sep in net or "/" in net:
        return Operand(text)
    return Operand(before or path, net)


def networks(side: Operand, nets: Sequence[str], settings: Settings) -> list[Checked]:
    """The networks of one side; tells what is wrong with it, and leaves where there is nothing to compare."""
    names = (side.net,) if side.net else tuple(nets)
    if not side.revision:
        return sound([side.path], names, settings)[0]
    return _committed(side, names, settings)


def paired(old: Operand, new: Operand, nets: Sequence[str], settings: Settings) -> Sides:
    """The networks of both sides: by name, or where each has one, those two."""
    before, now = networks(old, nets, settings), networks(new, nets, settings)
    if len(before) == len(now) == 1:
        return Sides([(before[0], now[0])], [], [])
    old_by_name, new_by_name = ({each.name: each for each in side} for side in (before, now))
    pairs = [(each, new_by_name[name]) for name, each in old_by_name.items() if name in new_by_name]
    if not pairs:
        names = [
            ", ".join(each.name for each in side[:4]) + ", …" * (len(side) > 4) for side in (before, now)
        ]
        message = f"no network of `{old.path}` has the name of one of `{new.path}`"
        remedy = f"name both, as in `{old.path}:{before[0].name}` and `{new.path}:{now[0].name}`"
        raise CallError(f"{message}: here are {names[0]}, there {names[1]}", remedy)
    chosen = bool(old.net or new.net or nets)
    removed = [] if chosen else [each for name, each in old_by_name.items() if name not in new_by_name]
    added = [] if chosen else [each for name, each in new_by_name.items() if name not in old_by_name]
    return Sides(pairs, removed, added)


def _committed(side: Operand, nets: Sequence[str], settings: Settings) -> list[Checked]:
    """The networks of a version that git keeps."""
    from archdsl.check.expectations import ExpectationFailed
    from archdsl.check.size_expectations import SizesDiffer
    from archdsl.cli.git import version
    from archdsl.diagnostics.terminal import render
    from archdsl.pipeline import BadSetting, UnknownNetwork, analyse

    source, read = version(side.path, side.revision)
    found: dict[str, Checked] = {}
    for net in nets or (None,):
        try:
            analysis = analyse(source, read, only=net, settings=settings)
        except UnknownNetwork as unknown:
            remedy = did_you_mean(unknown.name, unknown.known)
            raise CallError(f"no network is named `{unknown.name}` in {source.name}", remedy) from None
        except BadSetting as problem:
            raise CallError(f"{source.name}: --set {problem}") from None
        if analysis.report.failed:
            tell(render(analysis.report.errors, paint_for(sys.stderr)))
            if not all(isinstance(each, ExpectationFailed | SizesDiffer) for each in analysis.report.errors):
                raise click.exceptions.Exit(WRONG_SPEC)
        found |= {each.name: each for each in analysis.networks}
    if not found:
        raise CallError(f"no network in {source.name}", "a network is written `net NAME { … }`")
    return list(found.values())
