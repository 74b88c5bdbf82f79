"""Brackets of a text that does not parse: which are open at a place, and which was left open.

Assumes nothing of the text. What is left open often shows only at the end of the file; the indentation
tells where it was meant to close.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CLOSER = {"(": ")", "[": "]", "{": "}"}
_PARTS = re.compile(
    r'"""(?:.|\n)*?"""|"[^"\n]*"|#[^\n]*|(?P<bracket>[(){}\[\]])|\n(?P<indent>[ \t]*)(?=(?P<first>\S?))'
)


class Bracket(NamedTuple):
    """An opening bracket: its offset, its mark, and how far its line is indented."""

    offset: int
    mark: str
    line: int
    indent: int


def open_at(text: str, offset: int) -> tuple[list[Bracket], Bracket | None]:
    """The brackets open at an offset, the outermost first, and the brace that was left open, if one was.

    A brace was left open if a line comes that stands as far to the left as the brace's own, and does not
    close it.
    """
    stack: list[Bracket] = []
    left_open: Bracket | None = None
    line, indent = 1, len(text) - len(text.lstrip(" \t"))
    for part in _PARTS.finditer(text):
        if part.start() >= offset:
            break
        if (mark := part["bracket"]) in CLOSER:
            stack.append(Bracket(part.start(), mark, line, indent))
        elif mark is not None and stack and CLOSER[stack[-1].mark] == mark:
            stack.pop()
        line += part.group().count("\n")
        if part["first"] and part["first"] not in "#-)]":
            indent = len(part["indent"])
            left_open = left_open or _left_open(stack, part["first"], indent)
    return stack, left_open


def _left_open(stack: list[Bracket], first: str, indent: int) -> Bracket | None:
    """The innermost brace, if a line with this first character and indentation is not within it."""
    if not stack or stack[-1].mark != "{":
        return None
    further = indent < stack[-1].indent if first == "}" else indent <= stack[-1].indent
    return stack[-1] if further else None


def without_comments(text: str) -> str:
    """The text with blanks for its comments; all offsets stay as they are."""
    return _PARTS.sub(lambda part: part[0] if part[0][0] != "#" else " " * len(part[0]), text)


def balanced(text: str, kinds: str = "(){}[]") -> bool:
    """Whether every bracket of a piece of text is closed within it, in order, as far as these kinds go."""
    stack: list[str] = []
    for part in _PARTS.finditer(text):
        mark = part["bracket"]
        if mark is None or mark not in kinds:
            continue
        if mark in CLOSER:
            stack.append(CLOSER[mark])
        elif not stack or stack.pop() != mark:
            return False
    return not stack
