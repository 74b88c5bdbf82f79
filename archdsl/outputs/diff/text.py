"""A difference as text for a terminal: the sentence, the parts that differ, the numbers, the checkpoint."""

from __future__ import annotations

from textwrap import wrap

from archdsl.diagnostics.style import PLAIN, Paint, Style, clean, grid
from archdsl.outputs.diff.model import Difference, Differences, Kind
from archdsl.outputs.diff.sentence import sentence, title
from archdsl.outputs.diff.tables import NUMBERS, checkpoint, columns, numbers, others, parts

WIDTH = 100
"""Columns that the sentence may take."""

STYLES: dict[Kind, Style] = {
    "added": "good",
    "removed": "error",
    "changed": "warning",
    "renamed": "place",
    "moved": "place",
    "follows": "faint",
}


def text(found: Differences, paint: Paint = PLAIN) -> str:
    """Each pair that differs, and then, of the others, their names."""
    parts = [one(each, paint) for each in found.pairs if not each.none or len(found.pairs) == 1]
    equal = [each.new.name for each in found.pairs if each.none]
    lines = list(map(clean, found.alone))
    if equal and len(found.pairs) > 1:
        lines.append(clean(f"no difference: {', '.join(equal)}"))
    return "\n\n\n".join([*parts, "\n".join(lines)] if lines else parts) + "\n"


def one(difference: Difference, paint: Paint = PLAIN) -> str:
    """All of one difference; of equal networks, only that they are."""
    opening = _opening(difference, paint)
    if difference.none:
        return opening
    beside = "\n".join(map(clean, others(difference)))
    rest = _parts(difference, paint), beside, _numbers(difference, paint), _checkpoint(difference, paint)
    return "\n\n".join(filter(None, (opening, *rest)))


def _opening(difference: Difference, paint: Paint) -> str:
    name = clean(title(difference))
    said = f"{name}: {clean(sentence(difference))}"
    lines = wrap(said, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace(name, paint(name, "strong"), 1)


def _parts(difference: Difference, paint: Paint) -> str:
    heads, rows = parts(difference)
    if not rows:
        return ""
    cells = [("  " * row.depth + row.cells[0], *row.cells[1:]) for row in rows]
    head, *lines = grid([heads, *cells], [each in NUMBERS for each in heads])
    painted = (paint(clean(line), STYLES[row.entry.kind]) for line, row in zip(lines, rows, strict=True))
    return "\n".join([paint(head, "faint"), *painted])


def _numbers(difference: Difference, paint: Paint) -> str:
    rows = [("", *columns(difference), ""), *numbers(difference)]
    head, *lines = grid(rows, [False, True, True, True])
    return "\n".join([paint(head, "faint"), *lines])


def _checkpoint(difference: Difference, paint: Paint) -> str:
    carry = difference.carry
    if not carry.stored:
        return ""
    old, new = columns(difference)
    head = paint(f"checkpoint of {old} for {new}", "strong")
    counts = paint(f"{carry.stored:,} tensors, {carry.wanted:,} wanted", "faint")
    return "\n".join([f"{head}  {counts}", *(f"  {line}" for line in checkpoint(difference))])
