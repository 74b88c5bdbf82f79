"""The header of a safetensors file: eight bytes that say how long it is, and JSON.

A header may come from anywhere. What it says is believed only where it fits the file's true size, it
is read entry by entry, and nothing is allocated that it merely announces.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from typing import Any, NoReturn

from archdsl.diagnostics.style import clean
from archdsl.sizes import elements, show
from archdsl.weights.documents import without_doubles
from archdsl.weights.model import BITS, Stored, Unreadable

LONGEST = 100_000_000
"""Bytes that a header may have, by the format."""

_DECODER = json.JSONDecoder(object_pairs_hook=without_doubles)

_SPACE = re.compile(rb"[ \t\n\r]*")
_PLAIN = re.compile(rb'[^"\\]+|(?:\\.){1,4096}', re.DOTALL)
_ENTRY = re.compile(rb"\{[^{}]{0,2000}\}")

_POINTER = b"version https://git-lfs"
_ARCHIVE = b"PK\x03\x04"


def read_header(path: str) -> tuple[list[Stored], dict[str, str]]:
    """The tensors of a file in the order of their bytes, and its metadata. Raises Unreadable."""
    size = size_of(path)
    try:
        with open(path, "rb") as file:
            start = file.read(32)
            length = int.from_bytes(start[:8], "little")
            _refuse(path, start, length, size)
            file.seek(8)
            data = file.read(length)
    except OSError as problem:
        raise Unreadable(f"cannot read `{path}`: {problem.strerror or problem}") from None
    header = _Header(path, data, size - 8 - length)
    header.parse()
    return header.in_order(), header.metadata


def size_of(path: str) -> int:
    """The bytes of a file. Raises Unreadable where it is a folder, or a pipe, which could keep us waiting."""
    try:
        about = os.stat(path)
    except OSError as problem:
        raise Unreadable(f"cannot read `{path}`: {problem.strerror or problem}") from None
    if not stat.S_ISREG(about.st_mode):
        raise Unreadable(f"`{path}` is no ordinary file")
    return about.st_size


def _refuse(path: str, start: bytes, length: int, size: int) -> None:
    """What the first bytes tell before anything else is read."""
    if start.startswith(_POINTER):
        raise Unreadable(f"`{path}` is a Git LFS pointer, not the file that it stands for", "git lfs pull")
    if start.startswith(_ARCHIVE):
        raise Unreadable(f"`{path}` is an archive, as PyTorch saves them, not a safetensors file")
    if size < 10:
        raise Unreadable(f"`{path}` is no safetensors file: it has {size} bytes, too few for a header")
    if length > size - 8:
        said = f"it says that its header has {length:,} bytes, and the file has {size:,}"
        raise Unreadable(f"`{path}` is cut off, or no safetensors file: {said}")
    if length > LONGEST:
        raise Unreadable(f"`{path}`: a header may have {LONGEST:,} bytes, and this one has {length:,}")
    if start[8:9] != b"{":
        raise Unreadable(f"`{path}` is no safetensors file: its header is no JSON object")


class _Header:
    """The JSON of one header, read from left to right."""

    def __init__(self, path: str, data: bytes, room: int) -> None:
        self.path = path
        self.data = data
        self.room = room
        """Bytes behind the header."""
        self.at = 0
        self.stored: list[Stored] = []
        self.metadata: dict[str, str] = {}

    def parse(self) -> None:
        for name in self.keys("its header"):
            if name != "__metadata__":
                self.tensor(name)
                continue
            for key in self.keys("`__metadata__`"):
                self.metadata[key] = self.text()
        self.skip()
        if self.at != len(self.data):
            self.wrong(f"its header has more behind its JSON, at byte {8 + self.at:,}")

    def tensor(self, name: str) -> None:
        """One entry: kind, shape and offsets, which must fit each other."""
        said = f"tensor `{clean(name)}`"
        self.skip()
        entry = _ENTRY.match(self.data, self.at)
        if entry is None:
            self.wrong(f"{said} is not described by a JSON object")
        self.at = entry.end()
        facts = self.decode(entry.group(), said)
        dtype, shape, offsets = (facts.get(key) for key in ("dtype", "shape", "data_offsets"))
        if not isinstance(dtype, str) or dtype not in BITS:
            self.wrong(f"{said}: `dtype` is no kind of number that the format knows")
        if not _counts(shape):
            self.wrong(f"{said}: `shape` is no list of sizes")
        if not _counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
            self.wrong(f"{said}: `data_offsets` are no start and end")
        start, end = offsets
        bits = elements(shape) * BITS[dtype]
        if bits != 8 * (end - start):
            takes = f"{show(shape)} of {dtype} take {-(-bits // 8):,} bytes"
            self.wrong(f"{said}: {takes}, and its offsets say {end - start:,}")
        self.stored.append(Stored(name, dtype, tuple(shape), self.path, 8 + len(self.data) + start))

    def in_order(self) -> list[Stored]:
        """The tensors by place; they must fill what is behind the header, without gap or overlap."""
        placed = sorted(self.stored, key=lambda each: (each.start, each.size))
        at = behind = 8 + len(self.data)
        last = max((each.start + each.size for each in placed), default=behind)
        if last > behind + self.room:
            short = f"its tensors need {last - behind:,} bytes, and it has {self.room:,}"
            raise Unreadable(f"`{self.path}` is cut off: {short}", "fetch it again")
        before = ""
        for each in placed:
            if each.start < at:
                self.wrong(f"the tensors `{clean(before)}` and `{clean(each.name)}` overlap")
            if each.start > at:
                self.wrong(f"{each.start - at:,} bytes before tensor `{clean(each.name)}` belong to none")
            at, before = each.start + each.size, each.name
        if at < behind + self.room:
            self.wrong(f"{behind + self.room - at:,} bytes behind the last tensor belong to none")
        return placed

    # -- JSON, piece by piece -------------------------------------------------------------------

    def keys(self, what: str) -> Iterator[str]:
        """Each key of an object; whoever takes one reads its value before asking for the next."""
        self.expect(b"{", what)
        if self.accepts(b"}"):
            return
        known: set[str] = set()
        while True:
            key = self.text()
            if key in known:
                self.wrong(f"{what} has `{clean(key)}` twice")
            known.add(key)
            self.expect(b":", what)
            yield key
            if self.accepts(b"}"):
                return
            self.expect(b",", what)

    def text(self) -> str:
        """A string."""
        self.expect(b'"', "its header")
        start = self.at - 1
        while piece := _PLAIN.match(self.data, self.at):
            self.at = piece.end()
        if self.data[self.at : self.at + 1] != b'"':
            self.wrong("a text in its header does not end")
        self.at += 1
        text: str = self.decode(self.data[start : self.at], "a text in its header")
        if not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
            self.wrong("a text in its header has half a surrogate pair")
        return text

    def decode(self, data: bytes, what: str) -> Any:
        try:
            return _DECODER.decode(data.decode("utf-8"))
        except UnicodeError:
            self.wrong(f"{what} is not UTF-8")
        except (ValueError, RecursionError) as problem:
            self.wrong(f"{what} is not JSON: {problem}")

    def accepts(self, mark: bytes) -> bool:
        if not self.data.startswith(mark, self.at):
            self.skip()
            if not self.data.startswith(mark, self.at):
                return False
        self.at += 1
        return True

    def expect(self, mark: bytes, what: str) -> None:
        if not self.accepts(mark):
            self.wrong(f"{what} is not JSON: `{mark.decode()}` is missing at byte {8 + self.at:,}")

    def skip(self) -> None:
        blank = _SPACE.match(self.data, self.at)
        assert blank is not None
        self.at = blank.end()

    def wrong(self, what: str) -> NoReturn:
        raise Unreadable(f"`{self.path}` is damaged, or no safetensors file: {what}")


def _counts(value: object) -> bool:
    """Whether it is a list of integers from zero up; JSON's `true` is none."""
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)
