"""What a spec says of training and of shared weights, a line for each."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.graph.model import Elaborated
from archdsl.outputs.diff.model import Line
from archdsl.outputs.written import written


def lines(old: Elaborated, new: Elaborated) -> tuple[Line, ...]:
    """What is said of one of two networks alone."""
    before, now = dict.fromkeys(_said(old)), dict.fromkeys(_said(new))
    return (
        *(Line("removed", each) for each in before if each not in now),
        *(Line("added", each) for each in now if each not in before),
    )


def _said(graph: Elaborated) -> Iterator[str]:
    for tie in graph.ties:
        yield f"tie {tie.left} = {tie.right}"
    for start in graph.starts:
        target = f"{start.target}.{start.parameter}" if start.parameter else start.target
        yield f"init {target or 'all'}: {start.scheme}{_arguments(start.arguments)}"
    for each in graph.frozen:
        yield f"{'freeze' if each.frozen else 'unfreeze'} {each.path}".rstrip()
    for loss in graph.losses:
        takes = ", ".join((*loss.outputs, *loss.targets))
        weight = f" weight {loss.weight:g}" if loss.weight != 1 else ""
        yield f"loss {loss.name}: {loss.function}({takes}){_arguments(loss.arguments)}{weight}"


def _arguments(arguments: dict[str, object]) -> str:
    listed = ", ".join(f"{name} = {written(value)}" for name, value in arguments.items())
    return f"({listed})" if listed else ""
