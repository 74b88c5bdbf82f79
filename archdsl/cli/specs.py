"""From the paths and options of a call to analysed specs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from archdsl.check.model import Checked
from archdsl.cli.calls import SOUND, WRONG_SPEC, CallError, did_you_mean, paint_for, tell
from archdsl.cli.progress import progress
from archdsl.files import WrongProject, allowed, read_spec, reader
from archdsl.pipeline import Analysis, BadSetting, UnknownNetwork, analyse
from archdsl.source import Source

if TYPE_CHECKING:
    from archdsl.outputs.drawing.faults import Faulty

ENDING = ".arch"


def find(paths: Sequence[str]) -> list[str]:
    """The spec files that are meant: files as given, folders with all specs below them, each once."""
    if not paths:
        raise CallError("no spec is named", "name files or folders, as in `archdsl check specs/`")
    files: dict[str, None] = {}
    for path in paths:
        if os.path.isdir(path):
            below = list(_below(path))
            if not below:
                raise CallError(f"no spec in the folder `{path}`", f"specs are files that end in `{ENDING}`")
            files |= dict.fromkeys(below)
        elif os.path.exists(path):
            files[path] = None
        else:
            raise CallError(f"there is no file or folder `{path}`", _similar(path))
    return list(files)


def _below(folder: str) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        specs = sorted(name for name in names if name.endswith(ENDING))
        yield from (os.path.normpath(os.path.join(here, name)) for name in specs)


def _similar(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        names = [each for each in os.listdir(folder or ".") if each.endswith(ENDING)]
    except OSError:
        return ""
    return did_you_mean(name, names) if names else ""


def analyses(
    paths: Sequence[str],
    nets: Sequence[str],
    settings: Mapping[str, str],
    *,
    advice: bool = False,
    free: bool = False,
) -> Iterator[Analysis]:
    """Analyse each file, or of each file the named networks; refuse a name that no file has."""
    known: dict[str, None] = {}
    met: set[str] = set()
    for file in find(paths):
        try:
            source = read_spec(file)
        except OSError as problem:
            raise CallError(f"cannot read `{file}`: {problem.strerror or problem}") from None
        found: list[Analysis] = []
        allow = _allowed(file) if advice else None
        for net in nets or (None,):
            try:
                with progress(f"checking {file}"):
                    found.append(_analyse(source, net, settings, allow, free))
            except UnknownNetwork as unknown:
                known |= dict.fromkeys(unknown.known)
            else:
                met.add(net or "")
        if found:
            yield _merged(found)
    for net in (net for net in nets if net not in met):
        families = dict.fromkeys(name.partition(".")[0] for name in known)
        raise CallError(f"no network is named `{net}`", did_you_mean(net, [*known, *families]))


def _allowed(file: str) -> list[str]:
    """The advice that the project of a spec does not want."""
    try:
        codes = allowed(file)
    except WrongProject as problem:
        raise CallError(str(problem)) from None
    from archdsl.check.advice import kinds

    known = kinds()
    for code in codes:
        if code.upper() not in known:
            why = f"`[tool.archdsl]` allows `{code}`, which is no advice"
            raise CallError(why, did_you_mean(code, known))
    return codes


def _analyse(
    source: Source,
    net: str | None,
    settings: Mapping[str, str],
    allow: Sequence[str] | None,
    free: bool,
) -> Analysis:
    read = reader(os.path.dirname(source.name))
    try:
        analysis = analyse(source, read, only=net, settings=settings, allow=allow, free=free)
    except BadSetting as problem:
        raise CallError(f"{source.name}: --set {problem}") from None
    if net is not None:
        analysis.names = [name for name in analysis.names if net in (name, name.partition(".")[0])]
    return analysis


def _merged(found: list[Analysis]) -> Analysis:
    """Several analyses of one file as one."""
    first, *others = found
    for other in others:
        known = {checked.name for checked in first.networks}
        first.names = list(dict.fromkeys(first.names + other.names))
        first.networks += [checked for checked in other.networks if checked.name not in known]
        known = {wrong.name for wrong in first.broken}
        first.broken += [wrong for wrong in other.broken if wrong.name not in known]
        for diagnostic in other.report:
            first.report.add(diagnostic)
    return first


def sound(
    paths: Sequence[str], nets: Sequence[str], settings: Mapping[str, str]
) -> tuple[list[Checked], int]:
    """The networks that are meant, and how the call ends; where one has no shapes, say why and leave.

    An `expect` that fails is told, and the network is there all the same: to see why, one wants to look.
    """
    from archdsl.check.expectations import ExpectationFailed
    from archdsl.check.size_expectations import SizesDiffer
    from archdsl.diagnostics.terminal import render

    networks: list[Checked] = []
    code, shapeless = SOUND, False
    for analysis in analyses(paths, nets, settings):
        networks += analysis.networks
        if analysis.report.failed:
            code = WRONG_SPEC
            shapeless |= not all(
                isinstance(each, ExpectationFailed | SizesDiffer) for each in analysis.report.errors
            )
            tell(render(analysis.report.errors, paint_for(sys.stderr)))
    if shapeless:
        raise click.exceptions.Exit(WRONG_SPEC)
    if not networks:
        raise CallError(f"no network in {', '.join(paths)}", "a network is written `net NAME { … }`")
    return networks, code


def drawable(
    paths: Sequence[str], nets: Sequence[str], settings: Mapping[str, str]
) -> tuple[list[Checked | Faulty], int]:
    """The networks that are meant, those that are wrong as far as they go, and how the call ends.

    What is wrong is told. Where nothing is there to be drawn, the call ends with that.
    """
    from archdsl.diagnostics.terminal import render
    from archdsl.outputs.drawing.faults import faulty

    shown: list[Checked | Faulty] = []
    code = SOUND
    for analysis in analyses(paths, nets, settings):
        sound = {checked.name: checked for checked in analysis.networks}
        wrong = {
            each.name: faulty(each, sound.get(each.name)) for each in analysis.broken if each.graph.nodes
        }
        shown += [wrong.get(name) or sound[name] for name in analysis.names if name in wrong or name in sound]
        if analysis.report.failed:
            code = WRONG_SPEC
            tell(render(analysis.report.errors, paint_for(sys.stderr)))
    if code != SOUND and not shown:
        raise click.exceptions.Exit(code)
    if not shown:
        raise CallError(f"no network in {', '.join(paths)}", "a network is written `net NAME { … }`")
    return shown, code
