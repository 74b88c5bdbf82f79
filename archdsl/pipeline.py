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
    """What is wrong of its networks, each as far as it goes; one whose expectations fail is also sound."""


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
    networks, broken = [], []
    outside = report.errors
    for choice in chosen:
        try:
            made = elaborate(program, declared, choice, settings, report, free=free)
        except NotAnExpression as error:
            raise BadSetting(str(error)) from None
        before = [Fault(each) for each in outside if _concerns(each, choice, every)]
        if isinstance(made, Broken):
            broken.append(Broken(made.graph, joined(before, made.faults)))
            continue
        own = Report()
        checked = check(made, own)
        for diagnostic in own:
            report.add(diagnostic)
        if before or own.failed:
            broken.append(Broken(made, joined(before, faults(made, own.errors))))
        if checked is not None:
            networks.append(checked)
    if len(chosen) == len(every):
        look_into_uncalled(program, declared.env, declared.used, report)
    if not report.failed and len(chosen) == len(every):
        unused_names(program, declared, [choice.net for choice in every], report)
    if allow is not None:
        from archdsl.check.advice import advise

        advise(networks, program.files, report, allow)
    return Analysis(source, names, networks, report, broken)


def _concerns(error: Diagnostic, choice: Choice, every: list[Choice]) -> bool:
    """Whether an error is of this network, or of what stands outside of all."""
    around = {id(each.net) for each in every if each.net.span.holds(error.at)}
    return not around or id(choice.net) in around


def _refuse_unknown_settings(chosen: list[Choice], settings: Mapping[str, str], only: str | None) -> None:
    known = {name for choice in chosen for name in choice.parameters}
    for name in settings:
        if name not in known:
            there = "; ".join(nearest(name, known)) or f"there are {', '.join(sorted(known)) or 'none'}"
            who = f"{only} has no" if only else "no net has a"
            raise BadSetting(f"{name}: {who} parameter of that name; {there}")
