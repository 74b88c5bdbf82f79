"""What is said of a text that is not in the language."""

from __future__ import annotations

import re
from typing import ClassVar

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from archdsl.diagnostics import Error
from archdsl.source import Source, Span

_KEYWORDS = frozenset(
    "import let notation block net share input output training tie variant expect claim if else for "
    "in table as of true false and or not".split()
)


class Unexpected(Error):
    """The text does not go on as the language allows.

    A body is made of lines; a line is a chain `a -> b`, perhaps with labels `name: a`, or a
    statement such as `let`, `share`, `input`, `output`, `expect`. The language reference lists all.
    """

    code: ClassVar[str] = "E101"
    message: ClassVar[str] = "{found} does not fit here"
    found: str


class UnknownCharacter(Error):
    """A character that no word of the language has."""

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


def syntax_error(error: UnexpectedInput, source: Source) -> Error:
    """The diagnostic for what the parser raised."""
    text = source.text
    expected = _expected(error)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        last = max(len(text.rstrip()) - 1, 0)
        return TextEnds(at=Span(source, last, min(last + 1, len(text))), notes=_wanted(expected))
    start = error.pos_in_stream or 0
    if isinstance(error, UnexpectedToken):
        start = error.token.start_pos or 0
        end = error.token.end_pos or start
        word = re.match(r"[A-Za-z_0-9]+(-[A-Za-z0-9_]+)*", text[start:])
        end = max(end, start + len(word.group()) if word else start + 1)
    else:
        assert isinstance(error, UnexpectedCharacters)
        word = re.match(r"[A-Za-z_0-9]+(-[A-Za-z0-9_]+)*", text[start:])
        end = start + (len(word.group()) if word else 1)
    at = Span(source, start, end)
    found = text[start:end]
    if found.startswith('"'):
        return UnclosedText(at=at, hints=('close it with `"`',))
    if not found.strip():
        return Unexpected(
            at=at, found="the end of the line", notes=_wanted(expected), hints=_hints(at, expected)
        )
    if not re.match(r"[\w\s(){}\[\]=~<>|:;,.*/%+\"!-]", found):
        return UnknownCharacter(at=at, found=f"`{found}`", hints=_character_hint(found))
    return Unexpected(at=at, found=f"`{found}`", notes=_wanted(expected), hints=_hints(at, expected))


def _expected(error: UnexpectedInput) -> frozenset[str]:
    names = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
    return frozenset(map(str, names))


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


def _hints(at: Span, expected: frozenset[str]) -> tuple[str, ...]:
    """A remedy for the mistakes that people make most."""
    text, found = at.source.text, at.text
    before = text[: at.start].rstrip(" \t")
    if found in _KEYWORDS and ("NAME" in expected or re.match(r"\s*:", text[at.end :])):
        return (f"`{found}` is a word of the language; choose another name, such as `{found}_`",)
    if found == ":" and (word := re.search(r"([A-Za-z_][\w-]*)$", before)) and word.group() in _KEYWORDS:
        name = word.group()
        return (f"`{name}` is a word of the language; choose another label, such as `{name}_`",)
    if found.startswith("x") and re.search(r"\d$", before):
        return ("put blanks around the `x` beside a name: `3 x H x W`",)
    if found == "=" and re.search(r"\b(if|and|or|not)\b[^\n]*$", before):
        return ("`==` compares",)
    if (
        found == "-"
        and re.match(r"-\s*\d", text[at.start :]) is None
        and text[at.start : at.start + 2] == "->"
    ):
        return ()
    if found[:1].isdigit() and re.search(r"[\w)]$", before):
        return ("separate two items by a new line, `;` or `->`",)
    if re.match(r"[A-Za-z_]", found) and re.search(r"[\w)\]}]$", before) and before[-1:] != "\n":
        return ("separate two items by a new line, `;` or `->`",)
    if found == "|":
        return ("bars separate the cells of a `table { … }`",)
    return ()


def _character_hint(found: str) -> tuple[str, ...]:
    replacements = {"×": "write `x`", "→": "write `->`", "–": "write `-`", "—": "write `-`", "“": 'write `"`',
                    "”": 'write `"`', "'": 'write `"`', "&": "write `and`", "≈": "write `~`"}  # fmt: skip
    return (replacements[found],) if found in replacements else ()
