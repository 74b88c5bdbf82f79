"""What to leave out of a text after an error, so that the rest of it can be looked at."""

from __future__ import annotations

import re

from archdsl.syntax.brackets import balanced, open_at, without_comments
from archdsl.syntax.words import statements


def without(text: str, offset: int) -> str | None:
    """The text with the line at fault blank, or the statement around it; None if nothing is left.

    A line can be left out if it is complete in itself. All offsets stay as they are.
    """
    begin, end = _line(text, offset)
    ends = not without_comments(text[offset:end]).strip()
    # of a line that was too short, what follows is a part
    if ends or not _complete(text, begin, end):
        starts = [match.start() for match in re.finditer(_statement(), text, re.MULTILINE)]
        begin = max((start for start in starts if start <= offset), default=0)
        end = min((start for start in starts if start > offset), default=len(text))
    left = text[:begin] + re.sub(r"[^\n]", " ", text[begin:end]) + text[end:]
    return left if left.strip() and left != text else None


def _statement() -> str:
    """A pattern of a line with which a statement begins."""
    return rf"^(?:{'|'.join(statements())})\b"


def _line(text: str, offset: int) -> tuple[int, int]:
    end = text.find("\n", offset)
    return text.rfind("\n", 0, offset) + 1, len(text) if end < 0 else end


def _complete(text: str, begin: int, end: int) -> bool:
    """Whether a line is an item of a body: its braces balanced, within braces, no table's header."""
    line = text[begin:end]
    around, _ = open_at(text, begin)
    if not line.strip() or not balanced(line, "{}") or re.match(_statement(), line):
        return False
    if not balanced(line) and _goes_on(line, text[end:]):
        return False
    if not around or any(bracket.mark != "{" for bracket in around):
        return False
    return "|" not in line or not without_comments(text[:begin]).rstrip().endswith("{")


def _goes_on(line: str, rest: str) -> bool:
    """Whether the next line is indented further, so that what is open on this one may close there."""
    following = next((each for each in without_comments(rest).splitlines() if each.strip()), "")
    return _indent(following) > _indent(line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
