"""Why sizes are valid or not: the lines behind a condition on one open size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics.style import PLAIN, Paint
from archdsl.sizes.affine import opening, zero
from archdsl.sizes.certificate import Certificate, Reason
from archdsl.sizes.condition import SizeCondition
from archdsl.sizes.formula import symbols
from archdsl.sizes.sets import EVERY, NONE, SizeSet
from archdsl.sizes.words import describe

_FORM = re.compile(
    r"\s*(?P<symbol>[A-Za-z_][\w-]*)\s*(%\s*(?P<divisor>[1-9]\d*)\s*)?"
    r"((?P<operator>==|<=|>=|<|>)\s*(?P<wanted>\d+)\s*)?"
)
_MOST_VALUES = 8


class NotACondition(ValueError):
    """A text that is none of `H`, `H % 32`, `H >= 63` and `H % 32 == 0`."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: an open size, what a division of it leaves, or a comparison of either."""

    text: str
    symbol: str
    divisor: int | None
    condition: SizeCondition | None


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the chain, and the sizes that it and all before it accept."""

    reason: Reason
    left: SizeSet


@dataclass(frozen=True, slots=True)
class Chain:
    """The answer: what is true for the valid sizes, and the lines that make it so, in order."""

    question: Question
    answer: str
    links: tuple[Link, ...]


def question(text: str) -> Question:
    """Read what is asked. Raises NotACondition."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise NotACondition(text)
    symbol, operator = match["symbol"], match["operator"]
    divisor = int(match["divisor"]) if match["divisor"] else None
    condition = SizeCondition(symbol, divisor, operator, int(match["wanted"])) if operator else None
    return Question(text.strip(), symbol, divisor, condition)


def chain(certificate: Certificate, asked: Question) -> Chain:
    """The lines behind a condition. Raises KeyError for a size that is not open, TooComplex."""
    valid = NONE
    for case in certificate.cases:
        valid = valid | case.box[asked.symbol]
    links, left = [], EVERY
    for reason in certificate.reasons:
        if _bears_on(reason, asked.symbol):
            left = left & reason.accepts
            links.append(Link(reason, left))
    answer = _answer(asked, valid)
    if certificate.unexplored:
        answer += ", as far as is known"
    elif any(case.coupled for case in certificate.cases):
        answer += ", as far as it can be told without the other sizes"
    return Chain(asked, answer, tuple(links))


def _bears_on(reason: Reason, symbol: str) -> bool:
    if reason.coupled is not None:
        return symbol in symbols(reason.coupled.form)
    if reason.box is not None:
        return reason.box.get(symbol, EVERY) != EVERY
    return reason.symbol == symbol


def _answer(asked: Question, valid: SizeSet) -> str:
    if asked.condition is not None:
        among = valid & asked.condition.sizes
        if among == valid:
            return f"{asked.text} for every valid {asked.symbol}"
        return f"{asked.text} for {f'some: {describe(asked.symbol, among)}' if among else 'no valid size'}"
    if asked.divisor is None:
        return describe(asked.symbol, valid)
    form = opening(asked.symbol).rest(asked.divisor)
    values = [value for value in range(asked.divisor) if zero(form.plus(-value)) & valid]
    if len(values) == 1:
        return f"{asked.text} is {values[0]} for every valid {asked.symbol}"
    if len(values) == asked.divisor:
        return f"{asked.text} can be anything from 0 to {asked.divisor - 1}"
    listed = ", ".join(map(str, values[:_MOST_VALUES])) + (", …" if len(values) > _MOST_VALUES else "")
    return f"{asked.text} is one of {len(values)} of {asked.divisor} for valid sizes: {listed}"


def text(name: str, found: Chain, paint: Paint = PLAIN) -> str:
    """The chain for a person, every line with the diagnostic for a size that it refuses."""
    return "\n\n".join(_paragraphs(name, found, paint))


def _paragraphs(name: str, found: Chain, paint: Paint) -> Iterator[str]:
    from archdsl.diagnostics.terminal import render_one

    yield f"{paint(name, 'strong')}: {found.answer}"
    if not found.links:
        yield f"No line refuses a size {found.question.symbol}."
    before = EVERY
    for link in found.links:
        accepts = f"line {link.reason.line} accepts {link.reason.words}"
        if link.left not in (before, link.reason.accepts):
            accepts += f"; with the lines above, {describe(found.question.symbol, link.left)}"
        before = link.left
        yield f"{paint(accepts, 'strong')}; of other sizes it says\n{render_one(link.reason.refusal, paint)}"


def document(file: str, name: str, found: Chain) -> dict[str, Any]:
    """The same for programs."""
    from archdsl.diagnostics.json import diagnostic

    return {
        "file": file,
        "network": name,
        "question": found.question.text,
        "answer": found.answer,
        "chain": [
            {
                "line": link.reason.line,
                "accepts": link.reason.words,
                "left": describe(found.question.symbol, link.left),
                "diagnostic": diagnostic(link.reason.refusal),
            }
            for link in found.links
        ],
    }
