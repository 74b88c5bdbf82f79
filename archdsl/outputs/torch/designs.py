"""How a use is built, as its class would have to say it: what tells uses apart that need two classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from archdsl.outputs.torch.code import Atom, Const, Expr, rebuild
from archdsl.outputs.torch.signatures import complete
from archdsl.outputs.torch.uses import Leaf, Part, Use, runs

Ref = tuple[int, int]
"""A value within a class: the index of the part that makes it (-1: an input of the class), and which."""

Tokens = Mapping[int, Any]
"""By the id of a scope, what stands for the class of its use."""

Measure = Callable[[Sequence[Part]], int]


@dataclass(slots=True)
class Entry:
    """One part, told apart by what a class would say of it."""

    name: str
    key: Any
    refs: tuple[Ref, ...]
    is_module: bool
    passes: bool
    """Takes one tensor and gives one, so it might be left out."""


@dataclass(slots=True)
class Design:
    """How uses are built that are built alike."""

    entries: list[Entry]
    results: tuple[Ref, ...]
    inputs: int
    is_sequential: bool

    @property
    def key(self) -> Any:
        parts = tuple((entry.key, entry.refs) for entry in self.entries)
        return parts, self.results, self.inputs, self.is_sequential


def design_of(use: Use, tokens: Tokens, uneven: set[str], is_alone: bool) -> Design:
    """The design of a use; one that is alone in its kind needs no keys."""
    known = {id(value): (-1, index) for index, value in enumerate(use.inputs)}
    entries = []
    for index, part in enumerate(use.parts):
        refs = tuple([known[id(value)] for value in part.inputs])
        is_module = not part.again and not (
            isinstance(part, Leaf) and part.is_function and not part.is_identity
        )
        passes = is_module and len(refs) == len(part.outputs) == 1
        key = None if is_alone else _key(part, tokens, "chain" if use.is_sequential else "")
        if part.name in uneven:
            key = key, tuple(_measured([part], len))
        entries.append(Entry(part.name, key, refs, is_module, passes))
        known.update((id(value), (index, port)) for port, value in enumerate(part.outputs))
    results = tuple([known[id(value)] for value in use.outputs])
    return Design(entries, results, len(use.inputs), use.is_sequential)


def uneven_chains(uses: Sequence[Use]) -> set[str]:
    """Names of chains whose lengths differ in ways that are no mere repetition."""
    lengths: dict[str, dict[Measure, set[tuple[int, ...]]]] = {}
    for use in uses:
        for part in use.parts:
            if isinstance(part, Use) and part.is_chain:
                found = lengths.setdefault(part.name, {len: set(), _count_runs: set()})
                for measure, known in found.items():
                    known.add(tuple(_measured([part], measure)))
    return {name for name, found in lengths.items() if all(len(known) > 1 for known in found.values())}


def _measured(parts: Sequence[Part], measure: Measure) -> Iterator[int]:
    """The lengths of all chains among the parts."""
    for part in parts:
        if isinstance(part, Use) and part.is_chain:
            yield measure(part.parts)
            yield from _measured(part.parts, measure)


def _count_runs(parts: Sequence[Part]) -> int:
    return len(runs(parts))


def row_of(use: Use, tokens: Tokens) -> tuple[str, Any] | None:
    """The stem and the token, where a use is a row of the same blocks, `stem1` to `stemN`, in a chain."""
    first = use.parts[0] if use.parts else None
    if use.scope.kind != "block" or not isinstance(first, Use) or len(use.inputs) != 1:
        return None
    stem = first.name.removesuffix("1")
    value = use.inputs[0]
    for number, part in enumerate(use.parts, start=1):
        if not isinstance(part, Use) or part.is_chain or part.again or "." in part.name:
            return None
        if part.name != f"{stem}{number}" or part.inputs != (value,) or len(part.outputs) != 1:
            return None
        if tokens[id(part.scope)] != tokens[id(first.scope)]:
            return None
        value = part.outputs[0]
    return (stem, tokens[id(first.scope)]) if use.outputs == (value,) else None


def _key(part: Part, tokens: Tokens, within: str = "") -> Any:
    """What is the same in parts that a class can write in the same way."""
    name = "" if within == "chain" and part.name.isdigit() else part.name
    if part.again:
        return "again", name
    if isinstance(part, Use) and part.is_chain:
        items = (_key(each, tokens, "chain") for each in part.parts)
        return "chain", name, tuple(key for key, _ in groupby(items))
    if isinstance(part, Use):
        return "use", name, tokens[id(part.scope)]
    if part.is_function and within != "chain":
        return "call", _skeleton(part.call())
    return "module", name, _skeleton(part.constructor())


def _skeleton(expr: Expr) -> Expr:
    """The expression without its constants."""

    def blank(leaf: Atom) -> Expr:
        return Const(None) if isinstance(leaf, Const) else leaf

    return rebuild(complete(expr), blank)
