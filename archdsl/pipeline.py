"""The stages in order: the map of the program.

Pure: texts come in through a reader that the caller gives, and nothing is written or printed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from archdsl.check import check
from archdsl.check.faults import faults
from archdsl.check.model import Checked
from archdsl.diagnostics import Diagnostic, Report
from archdsl.graph.binding import nearest
from archdsl.graph.choices import Choice, choices
from archdsl.graph.faults import Broken, Fault, joined
from archdsl.graph.model import Elaborated
from archdsl.graph.nets import declare_all, elaborate, unused_names
from archdsl.graph.program import load
from archdsl.graph.settings import NotAnExpression
from archdsl.graph.uncalled import look_into_uncalled
from archdsl.source import Source

Reader = Callable[[str], str]
"""From a path, relative to the folder of the spec, to its text; raises OSError."""


class UnknownNetwork(LookupError):
    """The caller asked for a network that the spec does not have."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no network is named {name}; there are {', '.join(known) or 'none'}")
        self.name = name
        self.known = known


class BadSetting(ValueError):
    """A parameter that is set from outside is none of the nets', or its value is no value.

    The text begins with the setting as a caller knows it: `width`, or `width=(3`.
    """


@dataclass
class Analysis:
    """One spec, analysed: its sound networks, and all that is to be said of it."""

    source: Source
    names: list[str]
    """Every network of the file, sound or not, variants as `VGG.D`."""
    networks: list[Checked]
    report: Report
    broken: list[Broken] = field(default_factory=list)
    """Those of its networks of which something is wrong, each as far as it goes.

    One that is whole all the same, but for what it expects or what stands beside it, is in `networks` too.
    """


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the cyclic garbage collector from walking a graph that only grows (a fifth of the time)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_without_collection()
def analyse(
    source: Source,
    read: Reader,
    *,
    only: str | None = None,
    settings: Mapping[str, str] | None = None,
    allow: Collection[str] | None = None,
    free: bool = False,
) -> Analysis:
    """Take a spec through every stage.

    `only` names one network (`VGG.D`) or all variants of one (`VGG`). `settings` overrides
    parameters of nets by name, each value an expression of the language. `allow` asks for advice, but
    for the kinds whose codes it names. `free` opens the sizes that the spec gives its inputs: which of
    them the network accepts, with the weights that it has.
    """
    report = Report()
    settings = settings or {}
    program = load(source, read, report)
    if program is None:
        return Analysis(source, [], [], report)
    every = choices(program, report)
    names = [choice.name for choice in every]
    chosen = [each for each in every if only in (None, each.name, each.net.name.name)]
    if only is not None and not chosen:
        raise UnknownNetwork(only, names)
    _refuse_unknown_settings(chosen, settings, only)
    declared = declare_all(program, report)
    networks: list[Checked] = []
    found: list[tuple[Choice, Broken]] = []
    aside = report.errors
    for choice in chosen:
        try:
            made = elaborate(program, declared, choice, settings, report, free=free)
        except NotAnExpression as error:
            raise BadSetting(str(error)) from None
        checked, wrong = (None, made) if isinstance(made, Broken) else _checked(made, report)
        networks += [checked] if checked is not None else []
        found.append((choice, wrong))
    if len(chosen) == len(every):
        known = len(report)
        look_into_uncalled(program, declared.env, declared.used, report)
        aside += report.diagnostics[known:]
    if not report.failed and len(chosen) == len(every):
        unused_names(program, declared, [choice.net for choice in every], report)
    if allow is not None:
        from archdsl.check.advice import advise

        advise(networks, program.files, report, allow)
    sound = {checked.name for checked in networks}
    broken = [each for each in _joined(found, aside, every) if each.faults or each.name not in sound]
    return Analysis(source, names, networks, report, broken)


def _checked(graph: Elaborated, report: Report) -> tuple[Checked | None, Broken]:
    """A graph that could be made, checked, and what is wrong of it all the same."""
    own = Report()
    checked = check(graph, own)
    for diagnostic in own:
        report.add(diagnostic)
    return checked, Broken(graph, faults(graph, checked, own.errors))


def _joined(found: list[tuple[Choice, Broken]], aside: list[Diagnostic], every: list[Choice]) -> list[Broken]:
    """What was found of each network, with what was found aside: in its net, or outside of all nets."""
    nets = {id(choice.net): choice.net for choice in every}
    concerning: dict[int, list[Fault]] = {key: [] for key in nets}
    for error in aside:
        for key in [key for key, net in nets.items() if net.span.holds(error.at)] or nets:
            concerning[key].append(Fault(error))
    return [Broken(each.graph, joined(concerning[id(choice.net)], each.faults)) for choice, each in found]


def _refuse_unknown_settings(chosen: list[Choice], settings: Mapping[str, str], only: str | None) -> None:
    known = {name for choice in chosen for name in choice.parameters}
    for name in settings:
        if name not in known:
            there = "; ".join(nearest(name, known)) or f"there are {', '.join(sorted(known)) or 'none'}"
            who = f"{only} has no" if only else "no net has a"
            raise BadSetting(f"{name}: {who} parameter of that name; {there}")
