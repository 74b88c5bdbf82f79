"""Arguments to parameters: one rule for operators, blocks, notations, functions and nets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from archdsl.diagnostics import Trace
from archdsl.graph.errors import GivenTwice, MissingArgument, TooManyArguments, UnknownArgument
from archdsl.source import Span
from archdsl.syntax import tree


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """A `did you mean` for a misspelt name, if one is close."""
    from difflib import get_close_matches

    known = sorted(set(names))
    close = get_close_matches(name, known, 1, 0.7)
    if not close:
        folded = {each.lower().replace("_", "").replace("-", ""): each for each in known}
        same = folded.get(name.lower().replace("_", "").replace("-", ""))
        close = [same] if same and same != name else []
    return tuple(f"did you mean `{each}`?" for each in close)


def bind(
    callee: str,
    names: list[str],
    required: set[str],
    arguments: tuple[tree.Argument, ...],
    at: Span,
    trace: Trace,
    fail: Callable[[Any], Exception],
    *,
    variadic: str | None = None,
) -> dict[str, list[tree.Argument]]:
    """Each parameter with the arguments given for it (one, but for a variadic parameter)."""
    bound: dict[str, list[tree.Argument]] = {}
    position = 0
    for argument in arguments:
        if argument.name is None:
            if position >= len(names):
                most = {0: "no arguments", 1: "one argument"}.get(len(names), f"{len(names)} arguments")
                raise fail(TooManyArguments(at=argument.span, callee=callee, most=most, trace=trace))
            name = names[position]
            if name != variadic:
                position += 1
        else:
            name = argument.name
            if name not in names:
                hints = nearest(name, names) or (f"its arguments are {', '.join(names)}",) * bool(names)
                raise fail(
                    UnknownArgument(at=argument.span, callee=callee, parameter=name, hints=hints, trace=trace)
                )
        if name in bound and not (name == variadic and argument.name is None):
            raise fail(GivenTwice(at=argument.span, callee=callee, parameter=name, trace=trace))
        bound.setdefault(name, []).append(argument)
    for name in names:
        if name in required and name not in bound:
            hints = (f"{callee.strip('`')}({', '.join(names)})",) if callee.startswith("`") else ()
            raise fail(MissingArgument(at=at, callee=callee, parameter=name, trace=trace, hints=hints))
    return bound
