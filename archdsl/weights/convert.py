"""A safetensors file written anew: its tensors under other names, the numbers untouched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from archdsl.sizes import Shape
from archdsl.weights.compare import Comparison
from archdsl.weights.model import BITS, Checkpoint, Stored


class Written(NamedTuple):
    """A tensor of the new file: its name and shape there, and where its numbers come from."""

    name: str
    shape: Shape
    stored: Stored


def plan(comparison: Comparison) -> list[Written]:
    """The tensors that a network wants, under its names and in its shapes.

    Assumes that the comparison is complete; what the network does not have is left out.
    """
    kept = [Written(name, each.shape, each) for name, each in comparison.matched.items()]
    return kept + [Written(each.name, each.wanted, each.stored) for each in comparison.other_shape]


def content(checkpoint: Checkpoint, tensors: list[Written]) -> Iterator[bytes]:
    """The new file, a piece at a time. Raises Unreadable where the old one fails."""
    # wider numbers first, so that each tensor begins at a multiple of its numbers' width
    ordered = sorted(tensors, key=lambda each: -BITS[each.stored.dtype])
    yield _header(checkpoint.metadata, ordered)
    for each in ordered:
        yield from checkpoint.pieces(each.stored)


def _header(metadata: dict[str, str], tensors: list[Written]) -> bytes:
    entries: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, shape, stored in tensors:
        offsets = [at, at := at + stored.size]
        entries[name] = {"dtype": stored.dtype, "shape": shape, "data_offsets": offsets}
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
