"""The layout of a text: which line ends separate, and which braces open what.

Assumes the tokens of one file in order. Promises one `_NL` between two lines or two `;` items and
nowhere else, matched brackets, and an opening brace named for what it opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from lark import Token

from archdsl.diagnostics import Error, Label
from archdsl.source import Span
from archdsl.syntax.brackets import CLOSER, open_at

_CLOSER = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_GOES_ON_AFTER = frozenset(
    "ARROW EQUAL EQUALS LESS COMPARE PLUS MINUS TIMES X OR AND NOT COMMA COLON LPAR LSQB".split()
)
DEEPEST = 100
"""Brackets within brackets; more is no network but a mistake."""


class LayoutError(Exception):
    """Brackets that do not match: the kind of diagnostic, and the tokens it concerns."""

    def __init__(self, kind: str, token: Token, opener: Token | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.token = token
        self.opener = opener


class Layout:
    """The filter between the lexer and the parser."""

    always_accept: ClassVar[tuple[str, ...]] = ("_NL", "SEMICOLON", "LBRACE")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass tokens on, line ends only where they separate."""
        stack: list[tuple[Token, str]] = []  # each open bracket, and "rows" where it opens a table's
        begun = False  # whether a line end here would separate something from what comes
        waiting: list[tuple[int, str]] = []  # the depths at which `if`, `for`, `table` await their brace
        row: list[str] = []  # the types of the tokens of the current table row, three at most

        for token in stream:
            kind = token.type
            rows = bool(stack) and stack[-1][1] == "rows"
            if kind == "_NL" or (kind == "SEMICOLON" and not rows):
                if begun and not (stack and stack[-1][0].type != "LBRACE"):
                    begun, row = False, []
                    yield Token.new_borrow_pos("_NL", token.value, token)
                continue
            if kind == "LBRACE":
                opens = "body"
                if waiting and waiting[-1][0] == len(stack):
                    opens = waiting.pop()[1]
                elif rows and row == ["NAME", "COLON"]:
                    opens = "rows"
                stack.append((token, opens))
                if len(stack) > DEEPEST:
                    raise LayoutError("deep", token)
                begun, row = False, []
                named = {"body": "LBRACE", "rows": "_ROWS", "branch": "_OPEN"}[opens]
                yield Token.new_borrow_pos(named, "{", token)
                continue
            if kind in ("LPAR", "LSQB"):
                stack.append((token, "list"))
                if len(stack) > DEEPEST:
                    raise LayoutError("deep", token)
            elif kind in ("RPAR", "RSQB", "RBRACE"):
                if not stack or _CLOSER[stack[-1][0].type] != kind:
                    raise LayoutError("mismatch", token, stack[-1][0] if stack else None)
                stack.pop()
                while waiting and waiting[-1][0] > len(stack):
                    waiting.pop()
            elif kind in ("IF", "FOR"):
                waiting.append((len(stack), "branch"))
            elif kind == "TABLE" and not (waiting and waiting[-1] == (len(stack), "branch")):
                waiting.append((len(stack), "rows"))
            if len(row) < 3:
                row.append(kind)
            begun = kind not in _GOES_ON_AFTER
            yield token
        if stack:
            raise LayoutError("unclosed", stack[-1][0])


class BracketMismatch(Error):
    """A closing bracket does not belong to the bracket that is open.

    Every `(`, `[` and `{` is closed by its own kind, the last opened first.
    """

    code: ClassVar[str] = "E102"
    message: ClassVar[str] = "`{bracket}` closes nothing that is open"
    bracket: str


class BracketUnclosed(Error):
    """A bracket is never closed."""

    code: ClassVar[str] = "E103"
    message: ClassVar[str] = "`{bracket}` is never closed"
    bracket: str


class TooDeep(Error):
    """Brackets stand within brackets beyond any use. Give the inner parts names."""

    code: ClassVar[str] = "E104"
    message: ClassVar[str] = "brackets are nested more than {limit} deep"
    limit: int = DEEPEST


class NumberTooLong(Error):
    """A number is larger than any count of a network can be."""

    code: ClassVar[str] = "E108"
    message: ClassVar[str] = "the number `{number}…` is too large"
    number: str


def layout_diagnostic(error: LayoutError, at: Span, opener: Span | None) -> Error:
    """The diagnostic for a layout error, its tokens' places given."""
    if error.kind == "number":
        return NumberTooLong(at=at, number=str(error.token)[:12])
    if error.kind == "deep":
        return TooDeep(at=at)
    if error.kind == "unclosed":
        return _unclosed(at)
    if opener is not None and at.text == "}":
        return never_closed(opener, at)
    if opener is None or opener.text == "{":
        return BracketMismatch(at=at, bracket=at.text, hints=("take it out",))
    labels = (Label(opener, "this is what is open"),)
    return BracketMismatch(at=at, bracket=at.text, labels=labels, hints=(f"`{CLOSER[opener.text]}`",))


def _unclosed(at: Span) -> BracketUnclosed:
    """A bracket that is open at the end; of braces, the one that the indentation says."""
    source = at.source
    _, left_open = open_at(source.text, len(source.text))
    if at.text == "{" and left_open is not None:
        at = Span(source, left_open.offset, left_open.offset + 1)
    return never_closed(at)


def never_closed(opener: Span, before: Span | None = None) -> BracketUnclosed:
    """An opening bracket that nothing closes, and the place before which it should have been closed."""
    closer = CLOSER[opener.text]
    labels = (Label(before, f"`{closer}` is missing before this"),) if before else ()
    hints = (f"close it with `{closer}`",)
    return BracketUnclosed(at=opener, bracket=opener.text, labels=labels, hints=hints)
