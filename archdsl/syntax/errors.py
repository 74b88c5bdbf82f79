"""What is said of a text that is not in the language."""

from __future__ import annotations

import re
from typing import ClassVar

from lark.exceptions import UnexpectedInput, UnexpectedToken

from archdsl.diagnostics import Error
from archdsl.source import Source, Span
from archdsl.syntax.brackets import open_at, without_comments
from archdsl.syntax.layout import BracketUnclosed, never_closed
from archdsl.syntax.mistakes import remedies


class Unexpected(Error):
    """The text does not go on as the language allows.

    A body is made of lines; a line is a chain `a -> b`, perhaps with labels `name: a`, or a
    statement such as `let`, `share`, `input`, `output`, `expect`. The language reference lists all.
    """

    code: ClassVar[str] = "E101"
    message: ClassVar[str] = "{found} does not fit here"
    found: str


class UnknownCharacter(Error):
    """A character that no word of the language has.

    Names have the letters a to z and A to Z, digits, `_` and inner hyphens, for they become names of modules
    and of checkpoints. Texts in quotes and comments may have any character.
    """

    code: ClassVar[str] = "E105"
    message: ClassVar[str] = "the character {found} is not part of the language"
    found: str


class UnclosedText(Error):
    """A text in quotes has no end on its line."""

    code: ClassVar[str] = "E106"
    message: ClassVar[str] = "this text is never closed"


class TextEnds(Error):
    """The file ends where something has still to come."""

    code: ClassVar[str] = "E107"
    message: ClassVar[str] = "the text ends too early"


_WORD = re.compile(r"[A-Za-z_0-9]+(-[A-Za-z0-9_]+)*")
_MARKS = re.compile(r"[\w\s(){}\[\]=~<>|:;,.*/%+\"!-]", re.ASCII)


def syntax_error(error: UnexpectedInput, source: Source) -> Error:
    """The diagnostic for what the parser raised."""
    text, expected = source.text, _expected(error)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        last = max(len(without_comments(text).rstrip()) - 1, 0)
        return TextEnds(at=Span(source, last, min(last + 1, len(text))), notes=_wanted(expected))
    at = _place(error, source)
    found = at.text
    if found.startswith('"'):
        return _quoted(at, expected)
    if not without_comments(found).strip(" \t\r\n"):
        end = len(text[: at.start].rstrip(" \t"))
        return _unexpected(Span(source, end, end), "the end of the line", expected)
    if not _MARKS.match(found):
        return UnknownCharacter(at=at, found=_shown(found), hints=_character_hint(at))
    unclosed = _unclosed(at, expected)
    return unclosed or _dangling(at) or _unexpected(at, f"`{found}`", expected)


def _place(error: UnexpectedInput, source: Source) -> Span:
    """The word or mark at which the text stops making sense."""
    text, start = source.text, error.pos_in_stream or 0
    end = start + 1
    if isinstance(error, UnexpectedToken):
        start = error.token.start_pos or 0
        end = max(error.token.end_pos or start, start + 1)
    if text[start - 1 : start + 1] == "->":  # where no `->` fits, the lexer takes its parts for two marks
        start -= 1
    word = _WORD.match(text, start)
    return Span(source, start, max(end, word.end() if word else start + 1))


def _quoted(at: Span, expected: frozenset[str]) -> Error:
    """A text where none belongs, or one that does not end."""
    source, start = at.source, at.start
    long = source.text[max(start - 2, 0) : start + 1] == '"""'
    if long:
        return UnclosedText(at=Span(source, start - 2, start + 1), hints=('close it with `"""`',))
    line_end = source.text.find("\n", start)
    line = source.text[start : line_end if line_end >= 0 else len(source.text)].rstrip()
    closed = re.match(r'"[^"\n]*"', line)
    if closed:
        return _unexpected(Span(source, start, start + closed.end()), f"`{closed.group()}`", expected)
    return UnclosedText(at=Span(source, start, start + len(line)), hints=('close it with `"`',))


def _unexpected(at: Span, found: str, expected: frozenset[str]) -> Unexpected:
    source = at.source
    line, column = source.position(at.start)
    around, _ = open_at(source.text, at.start)
    hints = remedies(
        without_comments(source.line(line)).rstrip(),
        column - 1,
        expected=expected,
        in_list=bool(around) and around[-1].mark != "{",
        top=not around,
    )
    if found == "`(`" and _in_header(at):
        hints = ("the first row of a table names its columns: `A | B`",)
    return Unexpected(at=at, found=found, hints=hints, notes=() if hints else _wanted(expected))


def _dangling(at: Span) -> Unexpected | None:
    """An operator at the end of the line before, behind which nothing comes."""
    source = at.source
    before = without_comments(source.text[: at.start]).rstrip()
    operator = re.search(r"(->|[-+*/%=,]|\bx)$", before)
    if at.text not in ("}", ")", "]") or operator is None or "\n" not in source.text[len(before) : at.start]:
        return None
    return _unexpected(Span(source, operator.start(), len(before)), f"`{operator.group()}`", frozenset())


def _unclosed(at: Span, expected: frozenset[str]) -> BracketUnclosed | None:
    """A bracket of an earlier line that was left open, where that is why the text does not fit."""
    source = at.source
    line, column = source.position(at.start)
    around, left_open = open_at(source.text, at.start)
    opener = around[-1] if around else None
    statement = source.line(line)[: column - 1].strip() in ("net", "import")
    if opener is None or opener.line == line or not (statement or opener.mark != "{"):
        return None
    if statement and opener.mark == "{":
        opener = left_open or opener
    elif not {"RPAR", "RSQB"} & expected:
        return None
    return never_closed(Span(source, opener.offset, opener.offset + 1), at)


def _in_header(at: Span) -> bool:
    """Whether a line comes directly behind the brace that opens a table."""
    begin = at.source.line_starts[at.source.position(at.start)[0] - 1]
    before = without_comments(at.source.text[:begin])
    return re.search(r"\btable\b[^\n{]*\{\s*$", before) is not None


def _expected(error: UnexpectedInput) -> frozenset[str]:
    """The kinds of words that could have come."""
    found = error.accepts if isinstance(error, UnexpectedToken) else None
    return frozenset(map(str, found or getattr(error, "allowed", None) or ()))


def _wanted(expected: frozenset[str]) -> tuple[str, ...]:
    """What could have come, where that is few things."""
    words = {
        "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "LBRACE": "`{`", "COLON": "`:`", "EQUAL": "`=`",
        "NAME": "a name", "STRING": "a text in quotes", "NUMBER": "a number", "_OPEN": "`{`",
        "_ROWS": "`{`", "IN": "`in`", "LPAR": "`(`", "COMMA": "`,`", "_NL": "a new line", "VBAR": "`|`",
    }  # fmt: skip
    known = sorted({words[name] for name in expected if name in words})
    if not known or len(expected) > 4:
        return ()
    return (f"here could stand {' or '.join(known)}",)


def _shown(character: str) -> str:
    """A character as it is, or by its name if it cannot be seen."""
    if character.isprintable() and not character.isspace():
        return f"`{character}`"
    from unicodedata import name

    return name(character, f"number {ord(character)}").lower()


def _character_hint(at: Span) -> tuple[str, ...]:
    replacements = {"×": "x", "→": "->", "–": "-", "—": "-", "−": "-", "“": '"', "”": '"', "&": "and",
                    "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "·": "*", "^": "*"}  # fmt: skip
    found, rest = at.text, at.source.text[at.start :]
    if found == "'" and (quoted := re.match(r"'([^'\n]*)'", rest)):
        return (f'`"{quoted[1]}"`',)
    if found.isspace():
        return ("write a plain blank",)
    if found.isalpha():
        return ("names have the letters a to z and A to Z; a text in quotes may have any",)
    return (f"write `{replacements[found]}`",) if found in replacements else ()
