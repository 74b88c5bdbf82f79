"""Certificates as text: which sizes a network accepts, and which lines say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archdsl.check.model import Checked
from archdsl.diagnostics.style import PLAIN, Paint
from archdsl.sizes.certificate import Certificate, Reason, boxes

_MOST_REASONS = 6
"""More are shown only where they are asked for."""


def certificates(networks: Iterable[Checked], paint: Paint = PLAIN, *, every: bool = False) -> str:
    """A paragraph for each network with open sizes; networks that accept the same share one."""
    alike: dict[str, list[str]] = {}
    for checked in networks:
        if checked.graph.certificate is not None:
            lines = "\n".join(_lines(checked.graph.certificate, paint, every))
            alike.setdefault(lines, []).append(checked.name)
    parts = [f"{paint(', '.join(names), 'strong')} accepts {lines}" for lines, names in alike.items()]
    return "\n\n".join(parts)


def _lines(certificate: Certificate, paint: Paint, every: bool) -> Iterator[str]:
    yield certificate.words
    shown: dict[tuple[int, str], list[Reason]] = {}
    for reason in certificate.reasons:
        words = reason.words.replace(f"{reason.symbol}", "n") if reason.symbol else reason.words
        shown.setdefault((reason.line, words), []).append(reason)
    reasons = list(shown.values())
    for alike in reasons if every else reasons[:_MOST_REASONS]:
        line = paint(f"line {alike[0].line}", "faint")
        yield f"  {line}  {_words(alike)}  {paint(_because(alike[0]), 'faint')}"
    if not every and len(reasons) > _MOST_REASONS:
        yield paint(f"  … and {len(reasons) - _MOST_REASONS} more: `archdsl sizes` shows all", "faint")
    if any(certificate.lossless[symbol] != sizes for symbol, sizes in certificate.cases[0].box.items()):
        yield f"  no pixel is left unread for {'; '.join(boxes(certificate.lossless))}"
    if certificate.unexplored:
        yield f"  nothing is known of {' or '.join('; '.join(boxes(box)) for box in certificate.unexplored)}"
    point = ", ".join(f"{symbol} = {size}" for symbol, size in certificate.point.items())
    yield paint(f"  shown at {point}", "faint")


def _words(alike: list[Reason]) -> str:
    first = alike[0]
    if not first.symbol:
        return first.words
    names = [each.symbol for each in alike]
    name = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return first.words.replace(first.symbol, name, 1)


def _because(reason: Reason) -> str:
    """What the line says of a size that it refuses, and the line that this stems from."""
    labels = [label for label in reason.refusal.labels if label.span is not None]
    lines = dict.fromkeys(str(label.span.source.position(label.span.start)[0]) for label in labels)
    stems = f", from line {' and '.join(lines)}" if lines else ""
    return f"else {reason.refusal.text}{stems}"
