"""Differences for programs: version 1 of what `archdsl diff --format json` prints.

Within a version, fields may be added and none changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archdsl.outputs.diff.model import Difference, Differences, Entry, Renamed
from archdsl.outputs.diff.sentence import sentence
from archdsl.outputs.json import plain
from archdsl.sizes import Shape

VERSION = 1


def document(found: Differences) -> dict[str, Any]:
    """Every compared pair, and the networks that only one side has."""
    return {
        "version": VERSION,
        "differences": [difference(each) for each in found.pairs],
        "removed": [each._asdict() for each in found.removed],
        "added": [each._asdict() for each in found.added],
    }


def difference(found: Difference) -> dict[str, Any]:
    """One difference, complete."""
    carry = found.carry
    return {
        "old": found.old._asdict(),
        "new": found.new._asdict(),
        "equal": found.none,
        "sentence": sentence(found),
        "parts": [_entry(each) for each in found.entries],
        "ports": [
            {**each._asdict(), "old": _shape(each.old), "new": _shape(each.new)} for each in found.ports
        ],
        "training": [each._asdict() for each in found.lines],
        "metrics": [
            {"name": each.name, "old": plain(each.old), "new": plain(each.new)} for each in found.metrics
        ],
        "same": found.same,
        "resized": found.resized,
        "checkpoint": {
            "stored": carry.stored,
            "wanted": carry.wanted,
            "by_name": list(carry.by_name),
            "astray": list(carry.astray),
            "renamed": _renamed(carry.renamed),
            "reshaped": _renamed(carry.reshaped),
            "fresh": list(carry.fresh),
            "rename": carry.rename,
        },
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "old": entry.old,
        "new": entry.new,
        "old_last": entry.old_last,
        "new_last": entry.new_last,
        "times": entry.times,
        "name": entry.name,
        "was": entry.was,
        "layers": entry.layers,
        "place": entry.place,
        "shape": list(entry.shape),
        "params": entry.params,
        "macs": entry.macs,
        "changes": [fact._asdict() for fact in entry.facts],
        "parts": [_entry(part) for part in entry.parts],
    }


def _renamed(pairs: Sequence[Renamed]) -> list[dict[str, str]]:
    return [each._asdict() for each in pairs]


def _shape(shape: Shape | None) -> list[int] | None:
    return None if shape is None else list(shape)
