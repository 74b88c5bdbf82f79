"""What a spec says it does not want to be told: `# allow A104`, and what its project says.

A comment silences the line that it ends, or the next line where it stands alone. A line that is used
silences what is said of its layers in the blocks and notations that it uses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import ClassVar, NamedTuple

from archdsl.diagnostics import Report, Warning_, every_diagnostic
from archdsl.graph.model import Node
from archdsl.source import Source, Span


class UnknownAdvice(Warning_):
    """`# allow` names a code that no advice has, so it silences nothing.

    Only advice can be silenced, and by its code: `# allow A104`, at the end of the line or on a line of
    its own before it; several codes are separated by commas. `archdsl explain` lists all codes.
    """

    code: ClassVar[str] = "W405"
    message: ClassVar[str] = "`{given}` {why}"
    given: str
    why: str


class Comment(NamedTuple):
    """One code in one comment, and the line that it silences."""

    at: Span
    line: int

    @property
    def code(self) -> str:
        return self.at.text.upper()


# a text may hold what looks like a comment, so texts are matched too
_PARTS = re.compile(r'"""(?:.|\n)*?"""|"[^"\n]*"|#[^\n]*')
_ALLOW = re.compile(r"#\s*allow:?\s+([A-Za-z]\d+(?:\s*,\s*[A-Za-z]\d+)*)(?!\w)")
_CODE = re.compile(r"[A-Za-z]\d+")


def comments(source: Source) -> Iterator[Comment]:
    """Every code that a text allows."""
    if "allow" not in source.text:
        return
    for part in _PARTS.finditer(source.text):
        allowed = _ALLOW.match(part.group())
        if allowed is None:
            continue
        line = _silenced_line(source, part.start())
        for code in _CODE.finditer(allowed.group(1)):
            start = part.start() + allowed.start(1) + code.start()
            yield Comment(Span(source, start, start + len(code.group())), line)


def _silenced_line(source: Source, start: int) -> int:
    """The line that a comment speaks of: its own, or the next one that holds more than a comment."""
    line, column = source.position(start)
    if source.line(line)[: column - 1].strip():
        return line
    for number in range(line + 1, len(source.line_starts) + 1):
        text = source.line(number).strip()
        if text and not text.startswith("#"):
            return number
    return line


class Silenced:
    """Whether an advice is unwanted: everywhere, or at a line."""

    def __init__(self, sources: Iterable[Source], everywhere: Collection[str], report: Report) -> None:
        self._everywhere = frozenset(code.upper() for code in everywhere)
        self._lines: dict[tuple[int, int], set[str]] = {}
        known = {code for code, kind in every_diagnostic().items() if kind.severity == "advice"}
        for source in sources:
            for comment in comments(source):
                if comment.code in known:
                    self._lines.setdefault((id(source), comment.line), set()).add(comment.code)
                else:
                    report.add(_unknown(comment))

        self.anything = bool(self._everywhere or self._lines)
        """Whether anything is unwanted at all."""

    def __call__(self, code: str, node: Node) -> bool:
        """Whether it is unwanted of a layer: at its own line, or at one through which it came to be."""
        if code in self._everywhere:
            return True
        if not self._lines:
            return False
        if self.at(code, node.span):
            return True
        step = node.trace
        while step is not None:
            if self.at(code, step.span):
                return True
            step = step.outer
        return False

    def at(self, code: str, span: Span) -> bool:
        """Whether it is unwanted of what begins at a place."""
        if code in self._everywhere:
            return True
        if not self._lines:
            return False
        line, _ = span.source.position(span.start)
        return code in self._lines.get((id(span.source), line), ())


def _unknown(comment: Comment) -> UnknownAdvice:
    there = every_diagnostic().get(comment.code)
    why = f"is an {there.severity}" if there and there.severity == "error" else "is a warning"
    why = f"{why}, and only advice can be allowed" if there else "is no advice"
    return UnknownAdvice(at=comment.at, given=comment.at.text, why=why)
