"""A checkpoint as its header tells it: names, kinds and shapes of tensors, and where their bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from archdsl.sizes import Shape, elements

BITS = {
    "BOOL": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "C64": 64,
    "F64": 64,
    "I64": 64,
    "U64": 64,
}
"""What one number of each kind takes, by the names of the safetensors format."""

FLOATS = frozenset(["F64", "F32", "F16", "BF16", "F8_E5M2", "F8_E4M3"])
"""Kinds that a floating point parameter can be filled from."""

INTEGERS = frozenset(["I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64"])

PIECE = 1 << 20
"""Bytes that are held at once where a file is copied."""


class WeightsError(Exception):
    """Something is wrong with a file of weights or with a map: what, and what to do instead."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class Unreadable(WeightsError):
    """The file is not a sound checkpoint, or cannot be read at all."""


class Stored(NamedTuple):
    """A tensor that lies in a file."""

    name: str
    dtype: str
    """The kind of its numbers, a key of `BITS`."""
    shape: Shape
    file: str = ""
    """The file that holds its bytes, from `start` on."""
    start: int = 0

    @property
    def size(self) -> int:
        """Its bytes."""
        return elements(self.shape) * BITS[self.dtype] // 8


@dataclass(eq=False)
class Checkpoint:
    """The tensors of one file, or of the several files that an index names."""

    path: str
    tensors: dict[str, Stored]
    """By name, in the order in which they are stored."""
    metadata: dict[str, str]
    files: list[str]
    """Every file that belongs to it."""
    notes: list[str] = field(default_factory=list)
    """What else a reader should know of it."""

    def pieces(self, stored: Stored) -> Iterator[bytes]:
        """The bytes of one tensor, little endian, row by row."""
        left = stored.size
        try:
            with open(stored.file, "rb") as file:
                file.seek(stored.start)
                while left:
                    piece = file.read(min(PIECE, left))
                    if not piece:
                        raise Unreadable(f"`{stored.file}` became shorter while it was read")
                    left -= len(piece)
                    yield piece
        except OSError as problem:
            raise Unreadable(f"cannot read `{stored.file}`: {problem.strerror or problem}") from None
