"""What is said of a file of weights beside a network: for people, and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from typing import Any

from archdsl.diagnostics.style import PLAIN, Paint, clean, grid
from archdsl.sizes import elements, show
from archdsl.weights.compare import Comparison, Unlike
from archdsl.weights.model import Checkpoint, Stored, WeightsError
from archdsl.weights.modules import Difference, Path, difference
from archdsl.weights.propose import REASONS, Proposal, Reason, Rename, propose

_MOST_ROWS = 12
"""Tensors that are listed of each sort; a program gets them all."""

_MOST_NAMES = 4

Rows = Sequence[Sequence[str]]


def text(checkpoint: Checkpoint, proposal: Proposal, paint: Paint = PLAIN) -> str:
    """The names that are proposed, and a part for each sort of difference that is left with them."""
    final = proposal.final
    parts = [
        _opening(checkpoint, proposal, paint),
        *(f"{paint('note', 'help')}: {clean(note)}" for note in checkpoint.notes),
        _renames(proposal, paint),
        _ambiguous(proposal, paint),
        _listed(paint("missing", "error"), "in the network, not in the file", _missing(final)),
        _listed(paint("extra", "error"), "in the file, not in the network", _extra(final)),
        _listed(paint("other shape", "error"), "in the file, and as wanted", _unlike(final.other_shape)),
        _listed(paint("other kind", "error"), "not of floating point", _kinds(final.other_kind)),
        _absent(final, paint),
        _verdicts(proposal, paint),
    ]
    return "\n\n".join(filter(None, parts))


def _verdicts(proposal: Proposal, paint: Paint) -> str:
    """How the file's own names do, and how the proposed ones."""
    if not proposal.renames:
        return closing(proposal.found, paint)
    return (
        f"under the names of the file, {closing(proposal.found, paint)}\n"
        f"under the proposed names, {closing(proposal.final, paint)}"
    )


def closing(found: Comparison, paint: Paint = PLAIN) -> str:
    """One line for everything: `118 of 122 tensors match, 4 missing, 4 extra`."""
    if found.agrees:
        return paint(f"all {found.wanted:,} tensors match", "good")
    counts: dict[str, Sized] = {
        "missing": found.missing,
        "extra": found.extra,
        "of another shape": found.other_shape,
        "of another kind": found.other_kind,
    }
    said = [f"{len(each):,} {what}" for what, each in counts.items() if each]
    return paint(", ".join([f"{len(found.matched):,} of {found.wanted:,} tensors match", *said]), "error")


def document(checkpoint: Checkpoint, proposal: Proposal) -> dict[str, Any]:
    """The same as plain data, complete, with the comparison under the file's own names first."""
    return {
        "version": 1,
        "file": checkpoint.path,
        "network": proposal.found.checked.name,
        **_comparison(proposal.found),
        "proposed": {
            "renames": [
                {"from": each.source, "to": each.name, "reason": each.reason} for each in proposal.renames
            ],
            "replaced": proposal.replaced,
            "ambiguous": [
                {"file": list(each.here), "network": list(each.there), "reason": each.why}
                for each in proposal.ambiguous
            ],
            **_comparison(proposal.final),
        },
        "notes": checkpoint.notes,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "agrees": found.agrees,
        "matched": [_plain(name, each) for name, each in found.matched.items()],
        "missing": [{"name": name, "shape": list(each.shape)} for name, each in found.missing.items()],
        "extra": [_plain(name, each) for name, each in found.extra.items()],
        "other_shape": [
            _plain(each.name, each.stored) | {"wanted": list(each.wanted), "reshapes": each.reshapes}
            for each in found.other_shape
        ],
        "other_kind": [_plain(each.name, each.stored) for each in found.other_kind],
        "not_needed": found.absent,
    }


def _plain(name: str, stored: Stored) -> dict[str, Any]:
    return {"name": name, "stored": stored.name, "shape": list(stored.shape), "dtype": stored.dtype}


class Mismatch(WeightsError):
    """A file does not have what a network wants; the message lists what is wrong."""

    def __init__(self, checkpoint: Checkpoint, comparison: Comparison) -> None:
        super().__init__(checkpoint.path)
        self.checkpoint = checkpoint
        self.comparison = comparison

    def __str__(self) -> str:
        return "\n" + text(self.checkpoint, propose(self.comparison))


# --- parts of the text -----------------------------------------------------------------------------


def _opening(checkpoint: Checkpoint, proposal: Proposal, paint: Paint) -> str:
    tensors = checkpoint.tensors.values()
    kinds = " and ".join(dict.fromkeys(each.dtype for each in tensors)) or "nothing"
    numbers = sum(elements(each.shape) for each in tensors)
    title = paint(f"{clean(checkpoint.path)} for {proposal.found.checked.name}", "strong")
    return title + paint(f"  {len(tensors):,} tensors, {numbers:,} numbers, {kinds}", "faint")


def _missing(found: Comparison) -> Rows:
    return [(clean(name), show(each.shape)) for name, each in found.missing.items()]


def _extra(found: Comparison) -> Rows:
    return [(clean(name), show(each.shape), each.dtype) for name, each in found.extra.items()]


def _unlike(tensors: Iterable[Unlike]) -> Rows:
    return [(clean(each.name), show(each.stored.shape), show(each.wanted), each.remark) for each in tensors]


def _kinds(tensors: Iterable[Unlike]) -> Rows:
    return [(clean(each.name), show(each.wanted), each.stored.dtype) for each in tensors]


def _absent(found: Comparison, paint: Paint) -> str:
    if not found.absent:
        return ""
    more = f" and {len(found.absent) - 1:,} more" if len(found.absent) > 1 else ""
    return f"{paint('not needed', 'help')}: the file lacks {found.absent[0]}{more}, and may"


def _renames(proposal: Proposal, paint: Paint) -> str:
    """The proposed names, a row for each part of a path that changes."""
    if not proposal.renames:
        return ""
    rows = [
        (clean(old), "→", clean(new), f"{count:,}", REASONS[reason])
        for (old, new, reason), count in _patterns(proposal.renames).items()
    ]
    lines = [f"{paint('proposed names', 'help')}: {len(proposal.renames):,}", *_rows(rows)]
    if proposal.replaced:
        lines.append(f"  and without {_some(proposal.replaced)}, whose names these take")
    return "\n".join(lines)


def _patterns(renames: Iterable[Rename]) -> dict[tuple[str, str, Reason], int]:
    """Old and new names, a star for what is alike in both, and for how many tensors they stand."""
    alike: dict[tuple[Path, Path, Reason], list[tuple[Rename, Difference]]] = {}
    for each in renames:
        found = difference(tuple(each.source.split(".")), tuple(each.name.split(".")))
        alike.setdefault((found.here, found.there, each.reason), []).append((each, found))
    patterns: dict[tuple[str, str, Reason], int] = {}
    for (old, new, reason), group in alike.items():
        before = ("*",) * any(found.before for _, found in group)
        behind = ("*",) * any(found.behind for _, found in group)
        names = [".".join((*before, *part, *behind)) for part in (old, new)]
        if len(group) == 1:
            names = [group[0][0].source, group[0][0].name]
        patterns[names[0], names[1], reason] = len(group)
    return patterns


def _ambiguous(proposal: Proposal, paint: Paint) -> str:
    if not proposal.ambiguous:
        return ""
    lines = [f"{paint('ambiguous', 'warning')}: no name is proposed for these"]
    for each in proposal.ambiguous[:_MOST_ROWS]:
        lines += [f"  {_some(each.here)} → {_some(each.there)}", f"    {clean(each.why)}"]
    if len(proposal.ambiguous) > _MOST_ROWS:
        lines.append(f"  … and {len(proposal.ambiguous) - _MOST_ROWS:,} more")
    return "\n".join(lines)


# --- lists -----------------------------------------------------------------------------------------


def _listed(title: str, meaning: str, rows: Rows) -> str:
    """A title with a count, and a row for each; nothing where there are none."""
    return "\n".join([f"{title}: {len(rows):,}, {meaning}", *_rows(rows)]) if rows else ""


def _rows(rows: Rows) -> list[str]:
    """The rows as lines; the first of them only, where they are many."""
    lines = [f"  {line}" for line in grid(rows[:_MOST_ROWS], [False] * len(rows[0]))]
    return lines + [f"  … and {len(rows) - _MOST_ROWS:,} more"] * (len(rows) > _MOST_ROWS)


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(clean(each) or "(the root)" for each in names[:_MOST_NAMES]) + more
