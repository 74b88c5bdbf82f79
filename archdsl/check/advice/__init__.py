"""Advice: what is sound, and unwise all the same.

Each kind is a class with a code `A…`, in a room by its theme; its docstring gives the evidence. A rule
finds it, `look` is what rules see, `allow` is what a spec does not want to be told.

Assumes checked networks of one spec. Promises each kind once for a line of the text, with how many
layers and which other networks it is true of, and time that is linear in the layers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from archdsl.check.advice import (  # noqa: F401, each registers its rules
    activations,
    channels,
    cost,
    normalisation,
    padding,
    pools,
    scores,
    sight,
    training,
    unread,
    windows,
    writing,
)
from archdsl.check.advice.allow import Silenced
from archdsl.check.advice.look import NET_RULES, RULES, Look, Rule, Said
from archdsl.check.model import Checked
from archdsl.diagnostics import Diagnostic, Report, every_diagnostic
from archdsl.sizes import Shape
from archdsl.syntax import tree


def advise(
    networks: Sequence[Checked], files: Iterable[tree.File], report: Report, allowed: Collection[str] = ()
) -> None:
    """Report what is unwise in the networks of a spec and in its text, but for the kinds that are allowed."""
    listed = list(files)
    said = Said(Silenced([file.source for file in listed], allowed, report))
    for checked in networks:
        _advise(Look(checked, said))
    if networks:
        writing.repeated_lines(listed[-1], said)
    for each in said.advice(several=len(networks) > 1):
        report.add(each)


def kinds() -> dict[str, type[Diagnostic]]:
    """Every kind of advice by its code."""
    return {code: kind for code, kind in every_diagnostic().items() if kind.severity == "advice"}


def _advise(look: Look) -> None:
    """Ask every rule of one network."""
    known: dict[tuple[int, Shape | None], list[Rule]] = {}
    for node in look.nodes:
        inputs = node.inputs
        shape = inputs[0].shape if inputs else None
        key = (id(node.op), shape)
        rules = known.get(key)
        if rules is None:
            rules = known[key] = [
                rule
                for rule, when in RULES.get(node.op.name, ())
                if when is None or when(node.op, shape or ())
            ]
        for rule in rules:
            rule(look, node)
    for net_rule in NET_RULES:
        net_rule(look)
