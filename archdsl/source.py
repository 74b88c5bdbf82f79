"""Source texts, and places in them.

Assumes nothing. Promises that every offset can be turned into a line and a column, both counted
from one, without anybody else counting newlines.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


@dataclass(frozen=True, eq=False)
class Source:
    """One `.arch` text and the name it goes by in messages."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset at which each line begins."""
        starts = [0]
        find, position = self.text.find, 0
        while (position := find("\n", position) + 1) > 0:
            starts.append(position)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from one."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of one line, counted from one, without its end."""
        starts = self.line_starts
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


class Span(NamedTuple):
    """The half-open range `[start, end)` of offsets in one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other."""
        return Span(self.source, self.start, other.end)

    def holds(self, other: Span) -> bool:
        """Whether the other span lies within this one."""
        return self.source is other.source and self.start <= other.start and other.end <= self.end

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"
