"""Maps of names: what a tensor of a file is to be called instead.

A map is a JSON object. A key that ends in a dot, or is empty, stands for all names that begin so; any
other key is one name. A value of null leaves out what its key means.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from archdsl.diagnostics.style import clean
from archdsl.weights.documents import read_object
from archdsl.weights.model import Stored, WeightsError

Map = Mapping[str, str | None]


class BadMap(WeightsError):
    """A map does not fit the file whose names it is to change."""


def read_map(path: str) -> dict[str, str | None]:
    """The map in a file. Raises Unreadable and BadMap."""
    found = read_object(path)
    for key, value in found.items():
        if value is not None and not isinstance(value, str):
            raise BadMap(f"`{path}`: `{clean(key)}` must become a name, or null to be left out")
    return found


def named(tensors: Mapping[str, Stored], rename: Map) -> dict[str, Stored]:
    """The tensors under the names that a map gives them; others keep theirs. Raises BadMap.

    A whole name goes before a beginning, a longer beginning before a shorter one.
    """
    beginnings = sorted((key for key in rename if not key or key.endswith(".")), key=len, reverse=True)
    used: set[str] = set()
    given: dict[str, Stored] = {}
    for name, stored in tensors.items():
        key = name if name in rename else next(filter(name.startswith, beginnings), None)
        if key is not None:
            used.add(key)
        target = name if key is None else rename[key]
        if target is None:
            continue
        if key is not None and key != name:
            target += name[len(key) :]
        if target in given:
            raise BadMap(f"`{clean(given[target].name)}` and `{clean(name)}` would both be `{clean(target)}`")
        given[target] = stored
    for key in rename:
        if key not in used:
            raise _unused(key, tensors)
    return given


def _unused(key: str, tensors: Mapping[str, Stored]) -> BadMap:
    if not key or key.endswith("."):
        return BadMap(f"the map speaks of names that begin with `{clean(key)}`, and the file has none")
    close = get_close_matches(key, tensors, 1, 0.6)
    remedy = f"did you mean `{clean(close[0])}`?" if close else ""
    return BadMap(f"the map speaks of `{clean(key)}`, which the file does not have", remedy)
