"""Names of tensors as paths: which tensors are one layer's, how two paths differ, what their numbers say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from archdsl.sizes import Shape
from archdsl.weights.compare import COUNTER

Path = tuple[str, ...]

SYNONYMS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_var": "running_var",
    "moving_variance": "running_var",
}
"""What other frameworks, and PyTorch once, call the numbers of a norm."""

_LAST = re.compile(rf"(.+)_(weight|bias|running_mean|running_var|{COUNTER}|{'|'.join(SYNONYMS)})", re.DOTALL)
"""A last part that also says whose it is: `bn1_gamma`."""

_NUMBER = re.compile(r"\d+")


class Module(NamedTuple):
    """The tensors of one layer."""

    tensors: dict[str, str]
    """Their full names by the last part, as PyTorch calls it: `weight`."""
    signature: frozenset[tuple[str, Shape]]
    """The last parts and shapes: what a layer can be known by, whatever it is called."""


class Difference(NamedTuple):
    """What one path has where another one has something else; what stands around it is alike."""

    here: Path
    there: Path
    before: Path
    behind: Path


def modules(shapes: Mapping[str, Shape]) -> dict[Path, Module]:
    """The layers of a file or a network, in order, each with its tensors."""
    grouped: dict[Path, dict[str, str]] = {}
    for name in shapes:
        *path, last = name.replace("/", ".").split(".")
        if joined := _LAST.fullmatch(last):
            path, last = [*path, joined[1]], joined[2]
        grouped.setdefault(tuple(path), {})[last] = name
    found = {}
    for place, members in grouped.items():
        usual = {SYNONYMS.get(last, last): name for last, name in members.items()}
        tensors = usual if len(usual) == len(members) else members
        signature = frozenset((last, shapes[name]) for last, name in tensors.items() if last != COUNTER)
        found[place] = Module(tensors, signature)
    return found


def difference(here: Path, there: Path) -> Difference:
    """Where two paths differ, as little of them as possible."""
    most = min(len(here), len(there))
    before = 0
    while before < most and here[before] == there[before]:
        before += 1
    behind = 0
    while behind < most - before and here[-1 - behind] == there[-1 - behind]:
        behind += 1
    ends = (len(here) - behind, len(there) - behind)
    return Difference(here[before : ends[0]], there[before : ends[1]], here[:before], here[ends[0] :])


def spelling(path: Path) -> str:
    """A path without what people spell differently: case, and marks that do not part two numbers."""
    text = re.sub(r"[._\-]+", ".", ".".join(path).lower())
    return re.sub(r"(?<!\d)\.|\.(?!\d)", "", text)


def template(path: Path) -> str:
    """A path with a mark for each number in it."""
    return _NUMBER.sub("#", ".".join(path))


def numbers(path: Path) -> tuple[int, ...]:
    """The numbers in a path."""
    return tuple(map(int, _NUMBER.findall(".".join(path))))


def in_order(paths: Iterable[Path]) -> list[Path] | None:
    """Paths by their numbers; None where they differ in more than those, or not in those."""
    given = list(paths)
    if len({template(path) for path in given}) != 1 or len({numbers(path) for path in given}) != len(given):
        return None
    return sorted(given, key=numbers)


def rises(pairs: Sequence[tuple[Path, Path]]) -> bool:
    """Whether higher numbers on the one side mean higher numbers on the other."""
    ordered = [numbers(there) for _, there in sorted(pairs, key=lambda pair: numbers(pair[0]))]
    return all(low < high for low, high in pairwise(ordered))
