"""Small JSON files that people and programs write: indexes of shards, and maps of names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from archdsl.diagnostics.style import clean
from archdsl.weights.model import Unreadable

LARGEST = 32 << 20
"""Bytes that such a file may have: enough for some 300,000 names."""

_DEEPEST = 1000
"""Lists and objects that it may have; names and texts need a few."""


def read_object(path: str) -> dict[str, Any]:
    """The JSON object in a file. Raises Unreadable, also for a key that is there twice."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as problem:
        raise Unreadable(f"cannot read `{path}`: {problem.strerror or problem}") from None
    if len(data) > LARGEST:
        raise Unreadable(f"`{path}` is too large: more than {LARGEST:,} bytes")
    if data.count(b"{") + data.count(b"[") > _DEEPEST:
        raise Unreadable(f"`{path}` is no map of names: it nests too many lists and objects")
    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=without_doubles)
    except UnicodeDecodeError as problem:
        raise Unreadable(f"`{path}` is not UTF-8 text, at byte {problem.start}") from None
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"`{path}` is not JSON: {problem}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"`{path}` is no JSON object")
    return found


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of a JSON object, none of which may be there twice: json would keep the last one."""
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"`{clean(key)}` is there twice")
        members[key] = value
    return members
