"""Diagnostics as plain data, for programs. Lines and columns from one, offsets from zero."""

from __future__ import annotations

from typing import Any

from archdsl.diagnostics.model import Diagnostic
from archdsl.source import Span


def diagnostic(each: Diagnostic) -> dict[str, Any]:
    """One diagnostic."""
    return {
        "code": each.code,
        "severity": each.severity,
        "message": each.text,
        "file": each.at.source.name,
        "span": span(each.at),
        "here": each.here,
        "labels": [
            {"file": label.span.source.name, "span": span(label.span), "message": label.text}
            for label in each.labels
        ],
        "notes": list(each.notes),
        "hints": list(each.hints),
        "trace": [
            {"message": step.text, "file": step.span.source.name, "span": span(step.span)}
            for step in (each.trace.path() if each.trace else ())
        ],
    }


def span(place: Span) -> dict[str, int]:
    """A range of a text; the end is the first place behind it."""
    line, column = place.source.position(place.start)
    end_line, end_column = place.source.position(place.end)
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": place.start,
        "end": place.end,
    }
