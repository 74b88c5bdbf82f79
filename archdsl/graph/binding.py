"""Arguments to parameters: one rule for operators, blocks, notations, functions and nets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from archdsl.diagnostics import Label, Trace
from archdsl.graph import foreign
from archdsl.graph.errors import GivenTwice, MissingArgument, TooManyArguments, UnknownArgument
from archdsl.source import Span
from archdsl.syntax import tree


def nearest(name: str, names: Iterable[str], least: float = 0.7) -> tuple[str, ...]:
    """A `did you mean` for a misspelt name, if one is close."""
    return _nearest(name, tuple(sorted(set(names))), least)


@lru_cache(maxsize=16)  # a repeated mistake is looked into in every round
def _nearest(name: str, known: tuple[str, ...], least: float) -> tuple[str, ...]:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1, least)
    if not close:
        folded = {each.lower().replace("_", "").replace("-", ""): each for each in known}
        same = folded.get(name.lower().replace("_", "").replace("-", ""))
        close = [same] if same and same != name else []
    return tuple(f"did you mean `{each}`?" for each in close)


def nearest_path(path: str, paths: Iterable[str]) -> tuple[str, ...]:
    """A `did you mean` for a module's path, or else the parts of the last module that is there."""
    known = set(paths)
    names = path.split(".")
    depth = max((i for i in range(1, len(names)) if ".".join(names[:i]) in known), default=0)
    if depth == 0:
        return nearest(path, known)
    parent, wrong = ".".join(names[:depth]), names[depth]
    below = (each.removeprefix(f"{parent}.") for each in paths if each.startswith(f"{parent}."))
    parts = list(dict.fromkeys(each.partition(".")[0] for each in below))
    if not wrong.isdigit() and nearest(wrong, parts):
        return nearest(path, known)
    shown = [f"`{part}`" for part in (sorted(parts, key=int) if all(map(str.isdigit, parts)) else parts)]
    listed = f"{shown[0]} to {shown[-1]}" if len(shown) > 6 else ", ".join(shown)
    return (f"`{parent}` has {listed}" if shown else f"`{parent}` has no parts",)


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
    named: frozenset[str] = frozenset(),
) -> dict[str, list[tree.Argument]]:
    """Each parameter with the arguments given for it: one, but for a variadic parameter.

    Those that are `named` are given by name alone.
    """
    in_order = [name for name in names if name not in named] if named else names
    bound: dict[str, list[tree.Argument]] = {}
    position = 0
    for argument in arguments:
        if argument.name is None:
            if position >= len(in_order):
                raise fail(_too_many(callee, names, in_order, argument, trace))
            name = in_order[position]
            if name != variadic:
                position += 1
        else:
            name = argument.name
            if name not in names:
                hints = foreign.argument(name, names) or nearest(name, names)
                hints = hints or (f"{callee} has {_listed(names)}",) * bool(names)
                raise fail(
                    UnknownArgument(at=argument.span, callee=callee, parameter=name, hints=hints, trace=trace)
                )
        if name in bound and not (name == variadic and argument.name is None):
            first = (Label(bound[name][0].span, "it is given here"),)
            raise fail(GivenTwice(at=argument.span, callee=callee, parameter=name, labels=first, trace=trace))
        bound.setdefault(name, []).append(argument)
    for name in names:
        if name in required and name not in bound:
            hints = (_completed(callee.strip("`"), at, names, required, bound),)
            raise fail(MissingArgument(at=at, callee=callee, parameter=name, trace=trace, hints=hints))
    return bound


def _too_many(
    callee: str, names: list[str], in_order: list[str], argument: tree.Argument, trace: Trace
) -> TooManyArguments:
    count = len(in_order)
    most = {0: "no arguments", 1: "one argument"}.get(count, f"{count} arguments")
    hints = (f"{callee} has {_listed(names)}",) * bool(names)
    if count < len(names):
        most += " without a name"
        hints = ("leave it out, or say what is meant: " + f"`{names[count]} = {argument.span.text}`",)
    return TooManyArguments(at=argument.span, callee=callee, most=most, hints=hints, trace=trace)


def _completed(
    callee: str, at: Span, names: list[str], required: set[str], bound: dict[str, list[tree.Argument]]
) -> str:
    """The call as it is, with what is missing."""
    missing = [f"{name} = …" for name in names if name in required and name not in bound]
    text = at.text
    if text.startswith(f"{callee}(") and text.endswith(")") and "\n" not in text:
        given = [text[len(callee) + 1 : -1]]
    else:
        given = [argument.span.text for arguments in bound.values() for argument in arguments]
    return f"`{callee}({', '.join(filter(None, [*given, *missing]))})`"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
