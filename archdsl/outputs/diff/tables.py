"""What is said of a difference beside its sentence, as rows that any format can write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.outputs.diff.model import SIGNS, Difference, Entry, Fact, Metric, Port
from archdsl.sizes import show

HEADS = ("part", "×", "what", "change", "where", "output", "params", "MACs")
NUMBERS = ("×", "output", "params", "MACs")
"""Heads of columns that are aligned to the right."""

MOST_NAMES = 4
"""Tensors that are named of each sort; a program gets them all."""

_TITLES = {"macs": "MACs"}


class Row(NamedTuple):
    """A part that differs: how deep it stands, and its cells."""

    entry: Entry
    depth: int
    cells: tuple[str, ...]


class Parts(NamedTuple):
    """The parts that differ, in the columns in which any has something."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def parts(difference: Difference) -> Parts:
    """All parts that differ, outer ones before what is in them."""
    rows = [Row(entry, depth, _cells(entry)) for entry, depth in _walk(difference.entries)]
    used = [any(row.cells[column] for row in rows) for column in range(len(HEADS))]

    def kept(cells: Sequence[str]) -> tuple[str, ...]:
        return tuple(cell for cell, use in zip(cells, used, strict=True) if use)

    return Parts(kept(HEADS), tuple(row._replace(cells=kept(row.cells)) for row in rows))


def _walk(entries: Sequence[Entry]) -> Iterator[tuple[Entry, int]]:
    pending = [(entry, 0) for entry in reversed(entries)]
    while pending:
        entry, depth = pending.pop()
        yield entry, depth
        pending.extend((part, depth + 1) for part in reversed(entry.parts))


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        f"{SIGNS[entry.kind]} {_path(entry)}",
        f"×{entry.times}" if entry.times > 1 else "",
        _what(entry),
        ", ".join(fact.text for fact in entry.facts if fact.what != "name"),
        entry.place if entry.place.startswith("stage ") else "",
        show(entry.shape) if entry.shape and not entry.parts else "",
        _more(entry.params),
        _more(entry.macs),
    )


def _path(entry: Entry) -> str:
    """Where it is: `features.0 … features.2`, or from where to where it went."""
    moved = entry.kind == "moved" or any(_moves(fact) for fact in entry.facts)
    if moved and entry.old and entry.new and entry.old != entry.new:
        return f"{entry.old} → {entry.new}"
    last = entry.new_last or entry.old_last
    if last == entry.path:
        return entry.path
    around = entry.path.rpartition(".")[0]
    return f"{entry.path} … {last.removeprefix(f'{around}.')}"


def _moves(fact: Fact) -> bool:
    """Whether a fact is of another name, or of a block around layers that had none."""
    return fact.what == "name" or (fact.what == "block" and not (fact.old and fact.new))


def _what(entry: Entry) -> str:
    """What it is: the word of the spec, and its layers."""
    if not entry.layers:
        return "" if entry.path.endswith(entry.name) else entry.name
    return entry.layers if entry.layers.startswith(entry.name) else f"{entry.name}: {entry.layers}"


# -- beside the parts -----------------------------------------------------------------------------


def others(difference: Difference) -> Iterator[str]:
    """Inputs and outputs, what is said of training, and how much is as before."""
    yield from map(_port, difference.ports)
    yield from (f"{SIGNS[line.kind]} {line.text}" for line in difference.lines)
    resized = f", {difference.resized:,} of them with other sizes" if difference.resized else ""
    yield f"{difference.same:,} layer{'' if difference.same == 1 else 's'} as before{resized}"


def _port(port: Port) -> str:
    name = f"{port.kind} {port.name or 'output'}"
    if port.old is None:
        return f"+ {name}: {show(port.new or ())}"
    if port.new is None:
        return f"− {name}: {show(port.old)}"
    return f"~ {name}: {show(port.old)} → {show(port.new)}"


def columns(difference: Difference) -> tuple[str, str]:
    """What to call the two: by their names, or of two versions of one network by their files."""
    old, new = difference.old, difference.new
    return (old.name, new.name) if old.name != new.name else (old.file, new.file)


def numbers(difference: Difference) -> list[tuple[str, str, str, str]]:
    """Each number before and now, and how much more it is."""
    return [
        (_TITLES.get(each.name, each.name.replace("_", " ")), _number(each.old), _number(each.new), _by(each))
        for each in difference.metrics
    ]


def _number(value: object) -> str:
    if isinstance(value, tuple):
        return " x ".join(map(str, value)) or "–"
    return f"{value:,}"


def _by(metric: Metric) -> str:
    if isinstance(metric.old, tuple) or metric.old == metric.new:
        return ""
    more = metric.new - metric.old
    share = f"{more / metric.old:+.1%}".replace("-", "−") if metric.old else ""
    return _more(more) + (f" ({share})" if share[1:] not in ("", "0.0%") else "")


def _more(number: int) -> str:
    """`+5,309,696`, `−38`; nothing for nothing."""
    return f"{number:+,}".replace("-", "−") if number else ""


def checkpoint(difference: Difference) -> list[str]:
    """What becomes of the old network's tensors, a line for each sort."""
    carry = difference.carry
    rules = [f"{old}* → {f'{new}*' if new else 'nothing'}" for old, new in carry.rename.items()]
    sorts: list[tuple[int, str, Sequence[str]]] = [
        (len(carry.by_name), "carry over by name and shape", ()),
        (len(carry.renamed), "under new names", rules),
        (len(carry.reshaped), "in another shape", [each.old for each in carry.reshaped]),
        (len(carry.astray), "fit by name and shape, and belong to another layer", carry.astray),
        (len(carry.fresh), "of the new network start afresh", carry.fresh),
    ]
    return [f"{number:,} {words}{_some(names)}" for number, words, names in sorts if number]


def _some(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return f": {', '.join(names[:MOST_NAMES])}{more}"
