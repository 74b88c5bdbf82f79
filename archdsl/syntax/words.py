"""The words of the language, read off its grammar."""

from __future__ import annotations

import re
from functools import cache
from pkgutil import get_data


def grammar() -> str:
    """The grammar's text."""
    return (get_data("archdsl.grammar", "archdsl.lark") or b"").decode("utf-8")


@cache
def keywords() -> frozenset[str]:
    """Every word that the grammar gives a meaning."""
    words = re.findall(r'"([a-z]+)"', grammar())
    alternatives = re.findall(r"^[A-Z]+[.\d]*: /\(([a-z|]+)\)", grammar(), re.MULTILINE)
    return frozenset([*words, *(word for each in alternatives for word in each.split("|"))])


@cache
def statements() -> tuple[str, ...]:
    """The words with which a statement outside of all braces begins."""
    found = re.search(r"^\?statement: (.+)$", grammar(), re.MULTILINE)
    rules = found[1].replace("_", "").split(" | ") if found else []
    return tuple(rule.strip() for rule in rules)
