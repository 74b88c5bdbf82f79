"""What to leave out of a text after an error, so that the rest of it can be looked at."""

from __future__ import annotations

import re

from archdsl.syntax.brackets import balanced, open_at

_STATEMENT = re.compile(r"^(?:net|block|notation|let|import)\b", re.MULTILINE)


def without(text: str, offset: int) -> str | None:
    """The text with the line at fault blank, or the statement around it; None if nothing is left.

    A line can be left out if it is complete in itself. All offsets stay as they are.
    """
    begin, end = _line(text, offset)
    ends = not text[offset:end].strip()  # the line was too short, so what follows belongs to it
    if ends or not _complete(text, begin, end):
        starts = [match.start() for match in _STATEMENT.finditer(text)]
        begin = max((start for start in starts if start <= offset), default=0)
        end = min((start for start in starts if start > offset), default=len(text))
    left = text[:begin] + re.sub(r"[^\n]", " ", text[begin:end]) + text[end:]
    return left if left.strip() and left != text else None


def _line(text: str, offset: int) -> tuple[int, int]:
    end = text.find("\n", offset)
    return text.rfind("\n", 0, offset) + 1, len(text) if end < 0 else end


def _complete(text: str, begin: int, end: int) -> bool:
    """Whether a line is an item of a body: balanced, within braces, and not a table's header."""
    line = text[begin:end]
    around, _ = open_at(text, begin)
    if not line.strip() or not balanced(line) or _STATEMENT.match(line):
        return False
    if not around or any(bracket.mark != "{" for bracket in around):
        return False
    return "|" not in line or not text[:begin].rstrip().endswith("{")
