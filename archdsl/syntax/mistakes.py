"""Remedies for the mistakes that people make most, by the line in which they show.

Each rule is a pattern of a line, in which `¦` stands where the text stopped making sense, and the remedy
with what the pattern found put in. The first rule that fits is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archdsl.syntax.words import keywords, statements

MARK = "¦"

_WORD = r"[A-Za-z_][\w-]*"
_PATH = r"[A-Za-z_][\w.-]*"
_CALL = rf"{_WORD}(\([^()]*\))?"
_BEHIND_AN_OPERATOR = r"([-+*/%=<>]|\bx)\s*"
_SEPARATE = "separate two items by a new line, `;` or `->`"

_Remedy = str | Callable[[re.Match[str]], str]


def _shape(found: re.Match[str]) -> str:
    sizes = re.findall(r"\w+", found["first"] + "," + found["rest"])
    return f"`input {found['name']}: {' x '.join(sizes)}`"


def _unit(found: re.Match[str]) -> str:
    letter = {"B": "G"}.get(found["unit"], found["unit"].upper())
    return f"`{found['number']}{letter}`; the units are K, M, G and T"


_RULES: list[tuple[str, _Remedy]] = [
    (r"^\s*import\s+¦(?P<path>[\w./-]+)", '`import "{path}"`'),
    (r"^(\s+|.*\{\s*)(?P<word>import|net)\s+¦", "`{word}` stands outside of nets and blocks"),
    (r"^(?P<kind>net|block)\s*¦\{", "`{kind} Name {{`"),
    (rf"^\s*let\s+(?P<name>{_WORD}(\([^)]*\))?)\s*¦:?\s*(?P<value>[^=:\s].*)", "`let {name} = {value}`"),
    (r"^\s*notation\s+(?P<name>\S+?(\([^)]*\))?)\s*¦:?\s*(?P<value>\w.*)", "`notation {name} = {value}`"),
    (r"^\s*(?P<head>(net|block)\b[^{]*?)\s*¦:", "`{head} {{`"),
    (
        r"^\s*(?P<head>(net|block|table|if|for)\b[^{]*?)\s*¦$",
        "the brace stands on the same line: `{head} {{`",
    ),
    (rf"^\s*for\s+(?P<name>{_WORD})\s*¦(?P<list>\[[^\]]*\])", "`for {name} in {list}`"),
    (
        r"\bfor\s+\w+\s+in\s+table\b.*¦\{",
        "the rows of a table call a block by themselves: `table as … {{`",
    ),
    (r"^\s*for\s*¦\(", "a loop goes through a list: `for i in range(3) {{ … }}`"),
    (
        rf"\breplace\s+(?P<path>{_PATH})\s*¦(with\b|by\b|->|=)?\s*(?P<value>\w[^;}}]*[^;}}\s])",
        "`replace {path}: {value}`",
    ),
    (
        rf"\binsert\s+¦((behind|below)\s+)?(?P<path>{_PATH})\s*:?\s*(?P<value>[^;}}]*[^;}}\s])",
        "`insert after {path}: {value}`",
    ),
    (rf"\b(?P<word>remove|until|convolve|freeze|unfreeze)\s*¦\(\s*(?P<path>{_PATH})\s*\)", "`{word} {path}`"),
    (rf"^\s*net\s+(?P<name>{_WORD})\s*¦(extends|of|:)\s*(?P<base>{_PATH})", "`net {name} from {base} {{`"),
    (r"^\s*(?P<kind>expect|claim)\s+(?P<what>\S+)\s*¦=\s*(?P<value>.*\S)", "`{kind} {what} == {value}`"),
    (r"\b(if|and|or|not)\b.*¦=(?!=)", "`==` compares"),
    (rf"^\s*(?P<name>{_WORD})\s*¦=\s*(?P<value>[^=>].*)", "`{name}: {value}`, or `let` for a number"),
    (rf"(?P<first>{_CALL})\s*(¦=>|-\s+¦>)\s*(?P<then>{_CALL})", "`{first} -> {then}`"),
    (rf"{_BEHIND_AN_OPERATOR}¦not\b", "parentheses around it: `(not …)`"),
    (r"(?P<mark>->|=|,)\s*¦(->|=|,)", "one `{mark}` is enough"),
    (r"[(,]\s*¦=", "an argument's name comes before `=`"),
    (r"^\s*¦->", "a body begins with a layer or a tensor"),
    (r"¦(->|[-+*/%=<>,:])\s*$", "something has to come behind it, or take it out"),
    (r"^\s*notation\b.*¦\{", "a hole is a name in braces: `{{k}}`"),
    (r"(^|\{)\s*input\s*¦:\s*(?P<shape>[\w x]*\w)", "an input has a name: `input image: {shape}`"),
    (r"(^|\{)\s*input\s*¦(?P<shape>\d[\w x]*\w)", "an input has a name: `input image: {shape}`"),
    (rf"^\s*input\s+(?P<name>{_WORD})\s*:\s*\(?\s*(?P<first>\d+)\s*¦,(?P<rest>[\w,\s]+)", _shape),
    (r"\(\s*(?P<first>\d+)\s*¦,\s*(?P<then>\d+)\s*\)", "a shape is written `{first}x{then}`"),
    (r"¦//\s*(?P<text>\w.*)", "a comment begins with `#`"),
    (r"(?P<first>\d+)\s*¦,\s*(?P<then>\d{3})\b", "`{first}_{then}` is one number"),
    (r"(?P<first>\d+)\s*¦X\s*(?P<then>\d+)", "`{first} x {then}`, with a small x"),
    (r" x .*¦x\w|\d¦x[A-Za-z_]", "put blanks around the `x` beside a name: `3 x H x W`"),
    (r"(?P<number>\d[\d._]*)¦(?P<unit>[kmgtB])\b", _unit),
    (r"(?P<number>\d[\d._]*)¦(?P<name>[A-Za-z_]\w*)", "`{number} * {name}`"),
    (r"¦\.(?P<digits>\d+)", "`0.{digits}`"),
    (r"(?P<base>[\w.]+)\s*\*\s*¦\*", "there is no power; `{base} * {base}` is the square"),
    (
        r"(?P<low>[\w.]+)\s*(?P<one>[<>]=?)\s*(?P<x>[\w.]+)\s*¦(?P<two>[<>]=?)\s*(?P<high>[\w.]+)",
        "`{low} {one} {x} and {x} {two} {high}`",
    ),
    (r"¦elif\b", "`else if`"),
    (r"^\s*¦else\b", "`else` follows the brace that closes an `if`"),
    (
        r"^\s*(?P<head>(expect|claim)\s+[\w.-]+\s*(==|~|[<>]=?))\s*(?P<first>[^|¦]*[^|¦\s])\s*¦(?P<rest>\|.*\S)",
        "a bar stands before each value: `{head} | {first} {rest}`",
    ),
    (r"^\s*(\||¦\|)", "a row begins with its first cell, not with a bar"),
    (r"¦\|", "bars separate the cells of a `table {{ … }}`"),
]
"""Patterns of a line up to where it stops making sense, and what to say."""


def remedies(
    line: str, column: int, *, expected: frozenset[str], in_list: bool, top: bool
) -> tuple[str, ...]:
    """What to say of a line that stops making sense at a column, counted from zero.

    `expected` are the words the grammar would take there, `in_list` says whether it is within parentheses
    or square brackets, `top` whether it is outside of all brackets.
    """
    line = line.replace(MARK, " ")
    marked = f"{line[:column]}{MARK}{line[column:]}"
    if not re.search(rf"\binput\s*¦|{_BEHIND_AN_OPERATOR}¦not\b", marked) and (
        reserved := _reserved(marked, expected)
    ):
        return reserved
    if top and (word := re.match(rf"\s*¦(?P<word>{_WORD})", marked)):
        return _statement(word["word"])
    for pattern, remedy in _RULES:
        if found := re.search(pattern, marked):
            said = remedy(found) if callable(remedy) else remedy.format_map(found.groupdict())
            return (said,)
    return _separation(marked, expected, in_list)


def _reserved(marked: str, expected: frozenset[str]) -> tuple[str, ...]:
    """A word of the language where a name belongs."""
    found = re.search(rf"¦(?P<word>{_WORD})|(?P<label>{_WORD})\s*¦:", marked)
    word = found and (found["label"] or ("NAME" in expected and found["word"]))
    if not word or word not in keywords():
        return ()
    return (f"`{word}` is a word of the language; choose another name, such as `{word}_`",)


def _statement(word: str) -> tuple[str, ...]:
    """What stands outside of all braces is one of few statements."""
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), statements(), 1, 0.7)
    if close:
        return (f"did you mean `{close[0]}`?",)
    *most, last = (f"`{each}`" for each in statements())
    return (f"outside of nets and blocks stand {', '.join(most)} and {last}",)


def _separation(marked: str, expected: frozenset[str], in_list: bool) -> tuple[str, ...]:
    """Two items beside each other."""
    if in_list and (found := re.search(r"(?P<one>[\w.\])]+)\s+¦(?P<two>[\w.([]+)", marked)):
        return (f"a comma separates them: `{found['one']}, {found['two']}`",)
    if in_list:
        return ()
    if "_OPEN" in expected and (found := re.search(r"¦(?P<rest>\w.*?)\s*$", marked)):
        return (f"braces around what follows: `{{ {found['rest']} }}`",)
    if re.search(r"[\w)\]}]\s*¦([\w({\[,]|\"\w)", marked):
        return (_SEPARATE,)
    return ()
