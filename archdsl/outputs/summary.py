"""What `check` says of sound networks: their numbers, and what was printed beside what is computed.

Every claim and expectation of a whole network stands in the network's row; those of its layers and
blocks stand in a second table, a row for each name. `138,357,544 ≈ 138M` rounds to what is printed,
`16 ✓` is exactly it, `1,497,352 ≠ 1.4M` is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archdsl.check.model import Checked, SizeVerdict, Verdict, written_shape
from archdsl.diagnostics.style import PLAIN, Paint, Style, clean, grid
from archdsl.sizes import show

_COLUMNS = ("params", "macs", "weight_layers", "depth", "shape", "receptive_field")
"""Metrics shown of every network; others are shown where something was printed of them."""

_PER_AXIS = ("shape", "receptive_field", "stride")

_HEADS = {"macs": "MACs", "flops": "FLOPs", "shape": "output"}

_MOST_ROWS = 40
"""More rows of checked names are shown only where they do not hold."""

_WIDEST_TITLE = 100

Cell = tuple[str, list[Verdict]]
"""A number, and what was printed of it."""


def summary(file: str, networks: Sequence[Checked], paint: Paint = PLAIN) -> str:
    """The networks of one file."""
    title = paint(file, "strong")
    if networks and (said := _opening(networks[0].graph.doc)):
        title += "  " + paint(said, "faint")
    parts = [title]
    if networks:
        parts += [_networks(networks, paint), *_names(networks, paint)]
    return "\n\n".join(parts)


def closing(
    networks: Iterable[Checked],
    *,
    broken: int,
    errors: int,
    warnings: int,
    advice: int = 0,
    paint: Paint = PLAIN,
) -> str:
    """One line for everything: `6 networks, 12 expectations hold, 2 claims differ`."""
    sound = list(networks)
    total = _count(len(sound) + broken, "network")
    parts: list[tuple[str, Style | None]] = [
        (f"{len(sound)} of {total} sound", "error") if broken else (total, None)
    ]
    verdicts: list[Verdict | SizeVerdict] = [v for each in sound for v in each.verdicts]
    verdicts += [v for each in sound for v in each.size_verdicts]
    for kind, wrong, style in (("expect", "fail", "error"), ("claim", "differ", "warning")):
        noun = {"expect": "expectation", "claim": "claim"}[kind]
        mine = [verdict.holds for verdict in verdicts if verdict.expectation.kind == kind]
        for holds, verb, own in ((True, "hold", "good"), (False, wrong, style)):
            if number := mine.count(holds):
                text = f"{_count(number, noun)} {verb}{'s' if number == 1 else ''}"
                parts.append((text, own))  # type: ignore[arg-type]
    parts += [(_count(errors, "error"), "error")] if errors else []
    parts += [(_count(warnings, "warning"), "warning")] if warnings else []
    parts += [(f"{_count(advice, 'piece')} of advice", "advice")] if advice else []
    return ", ".join(paint(text, style) for text, style in parts)


def number(value: Any) -> str:
    """A computed value as people write it: `138,357,544`, `512 x 7 x 7`, `1/2`."""
    if isinstance(value, tuple):
        return " x ".join(number(each) for each in value) if value else "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _opening(doc: str) -> str:
    """What a spec says of itself first, on one line."""
    text = clean(" ".join(doc.strip().partition("\n\n")[0].split()))
    return text if len(text) <= _WIDEST_TITLE else text[: _WIDEST_TITLE - 1] + "…"


# --- tables ----------------------------------------------------------------------------------------


def _networks(networks: Sequence[Checked], paint: Paint) -> str:
    """A row for each network."""
    metrics = list(_COLUMNS)
    for checked in networks:
        for verdict in _of_net(checked):
            if verdict.expectation.metric not in metrics:
                metrics.append(verdict.expectation.metric)
    rows = [
        (checked.name, [(_value(checked, metric), _of_net(checked, metric)) for metric in metrics])
        for checked in networks
    ]
    return _table("network", metrics, rows, paint)


def _names(networks: Sequence[Checked], paint: Paint) -> list[str]:
    """A row for each checked name within the networks; one row where variants say the same."""
    rows: dict[str, dict[str, dict[str, Cell]]] = {}
    for checked in networks:
        for verdict in checked.verdicts:
            expectation = verdict.expectation
            if expectation.subject:
                row = rows.setdefault(expectation.subject, {}).setdefault(checked.name, {})
                text = _computed(verdict)
                row.setdefault(expectation.metric, (text, []))[1].append(verdict)
    if not rows:
        return []
    metrics = list(dict.fromkeys(m for by_net in rows.values() for row in by_net.values() for m in row))
    merged = []
    for subject, by_net in rows.items():
        said = [_said(row) for row in by_net.values()]
        alike = len(by_net) > 1 and all(each == said[0] for each in said)
        shared = {"": next(iter(by_net.values()))} if alike else by_net
        for name, row in shared.items():
            label = f"{name}.{subject}" if name and len(networks) > 1 else subject
            merged.append((label, [row.get(metric, ("", [])) for metric in metrics]))
    shown = merged
    if len(merged) > _MOST_ROWS:
        shown = [row for row in merged if not all(v.holds for _, verdicts in row[1] for v in verdicts)]
    tables = [_table("name", metrics, shown, paint)] if shown else []
    if len(shown) < len(merged):
        tables.append(f"{_count(len(merged) - len(shown), 'other name')} as printed")
    return tables


def _table(head: str, metrics: list[str], rows: list[tuple[str, list[Cell]]], paint: Paint) -> str:
    """A column for each metric: the number, and behind it what was printed of it."""
    columns = [[head, *(label for label, _ in rows)]]
    right = [False]
    for index, metric in enumerate(metrics):
        cells = [row[index] for _, row in rows]
        count = metric not in _PER_AXIS
        wide = max(len(text) for text, _ in cells)
        texts = [
            f"{text.rjust(wide) if count else text.ljust(wide)} {_remark(verdicts)}".rstrip()
            for text, verdicts in cells
        ]
        columns.append([_HEADS.get(metric, metric.replace("_", " ")), *texts])
        right.append(count and not any(verdicts for _, verdicts in cells))
    heads, *lines = grid(list(zip(*columns, strict=True)), right)
    return "\n".join([paint(heads, "faint"), *(_coloured(line, paint) for line in lines)])


def _coloured(line: str, paint: Paint) -> str:
    for sign, style in (("✓", "good"), ("≈", "good"), ("≠", "warning"), ("✗", "error")):
        line = line.replace(sign, paint(sign, style))  # type: ignore[arg-type]
    return line


# --- cells -----------------------------------------------------------------------------------------


def _of_net(checked: Checked, metric: str | None = None) -> list[Verdict]:
    return [
        verdict
        for verdict in checked.verdicts
        if not verdict.expectation.subject and metric in (None, verdict.expectation.metric)
    ]


def _value(checked: Checked, metric: str) -> str:
    if metric == "shape":
        outputs = list(checked.graph.outputs.values())
        shapes = ", ".join(show(written_shape(value)) for value in outputs[:2])
        return f"{shapes}, …" if len(outputs) > 2 else shapes
    if metric in ("receptive_field", "stride"):
        return number(getattr(checked, metric))
    found = [v.computed for v in _of_net(checked, metric)]
    return number(getattr(checked.metrics, metric, found[0] if found else ""))


def _computed(verdict: Verdict) -> str:
    """The computed value; for an exact match, what was printed, which may leave the channels out."""
    return number(verdict.expectation.wanted if verdict.remark == "exact" else verdict.computed)


def _said(row: dict[str, Cell]) -> dict[str, tuple[str, str]]:
    return {metric: (text, _remark(verdicts)) for metric, (text, verdicts) in row.items()}


def _remark(verdicts: list[Verdict]) -> str:
    exact_first = sorted(verdicts, key=lambda verdict: verdict.remark != "exact")
    return " ".join(dict.fromkeys(map(_verdict, exact_first)))


def _verdict(verdict: Verdict) -> str:
    expectation = verdict.expectation
    printed = expectation.printed.span.text
    if verdict.holds and verdict.remark == "exact":
        return "✓"
    if expectation.operator not in ("==", "~"):
        return f"{'✓' if verdict.holds else '✗'} {expectation.operator} {printed}"
    if verdict.holds:
        return f"≈ {printed}"
    sign = "≠" if expectation.kind == "claim" else "✗"
    if verdict.remark not in ("differs", "exact"):
        return f"{sign} {printed} ({verdict.remark})"
    return f"{sign} {printed} ({verdict.off:+.1%})" if verdict.off else f"{sign} {printed}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
