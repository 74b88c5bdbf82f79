"""A difference as Markdown, for a pull request: the sentence, and behind a fold all that it sums up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from archdsl.outputs.diff.model import Difference, Differences
from archdsl.outputs.diff.sentence import sentence, title
from archdsl.outputs.diff.tables import NUMBERS, checkpoint, columns, numbers, others, parts


def markdown(found: Differences) -> str:
    """Each pair that differs, and then, of the others, their names."""
    parts = [one(each) for each in found.pairs if not each.none or len(found.pairs) == 1]
    equal = [each.new.name for each in found.pairs if each.none]
    lines = [f"- {escaped(line)}" for line in found.alone]
    if equal and len(found.pairs) > 1:
        lines.append(f"- {escaped('no difference: ' + ', '.join(equal))}")
    return "\n\n".join([*parts, "\n".join(lines)] if lines else parts) + "\n"


def one(difference: Difference) -> str:
    """All of one difference; of equal networks, only that they are."""
    opening = f"**{escaped(title(difference))}**: {_sentence(sentence(difference))}"
    if difference.none:
        return opening
    fold = ("<details><summary>Details</summary>", "", *_details(difference), "</details>")
    return "\n".join([opening, "", *fold])


def _details(difference: Difference) -> Iterator[str]:
    heads, rows = parts(difference)
    if rows:
        cells = [("&emsp;" * row.depth + escaped(row.cells[0]), *map(escaped, row.cells[1:])) for row in rows]
        yield from _table(heads, cells, [each in NUMBERS for each in heads])
    yield from (f"- {escaped(line)}" for line in others(difference))
    yield ""
    names = columns(difference)
    cells = [tuple(map(escaped, row)) for row in numbers(difference)]
    yield from _table(("", *map(escaped, names), ""), cells, [False, True, True, True])
    if lines := checkpoint(difference):
        old, new = map(escaped, names)
        yield f"Checkpoint of {old} for {new}, {difference.carry.stored:,} tensors:"
        yield ""
        yield from (f"- {escaped(line)}" for line in lines)
        yield ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    marks = ["--:" if each else ":--" for each in right]
    for row in (heads, marks, *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def _sentence(text: str) -> str:
    """A sentence whose names are in backticks, which stay what they are."""
    pieces = text.split("`")
    return "`".join(piece if index % 2 else escaped(piece) for index, piece in enumerate(pieces))


def escaped(text: str) -> str:
    """A text that Markdown takes as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&+])", r"\\\1", text).replace("\n", " ")
