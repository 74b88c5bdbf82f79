"""Diagnostics as SARIF 2.1.0, the format in which code scanning services take results."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from archdsl.diagnostics.model import Diagnostic
from archdsl.diagnostics.terminal import in_order
from archdsl.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}


def document(diagnostics: Iterable[Diagnostic], version: str) -> dict[str, Any]:
    """A SARIF log of one run; `version` is that of archdsl."""
    results = in_order(diagnostics)
    kinds = {each.code: type(each) for each in results}
    index = {code: i for i, code in enumerate(kinds)}
    driver = {
        "name": "archdsl",
        "semanticVersion": version,
        "rules": [_rule(code, kind) for code, kind in kinds.items()],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, index[each.code]) for each in results],
            }
        ],
    }


def _rule(code: str, kind: type[Diagnostic]) -> dict[str, Any]:
    return {
        "id": code,
        "name": kind.__name__.rstrip("_"),
        "shortDescription": {"text": kind.headline()},
        "fullDescription": {"text": kind.explanation()},
        "defaultConfiguration": {"level": _LEVELS[kind.severity]},
    }


def _result(each: Diagnostic, rule: int) -> dict[str, Any]:
    parts = [each.text, *each.notes, *(f"help: {hint}" for hint in each.hints)]
    related = [(label.span, label.text) for label in each.labels]
    result: dict[str, Any] = {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": _LEVELS[each.severity],
        "message": {"text": "\n".join(parts)},
        "locations": [_location(each.at, each.here)],
    }
    if related:
        result["relatedLocations"] = [{"id": i, **_location(*one)} for i, one in enumerate(related)]
    if each.trace:
        steps = [{"location": _location(step.span, step.text)} for step in each.trace.path()]
        result["stacks"] = [{"message": {"text": "the way to this place"}, "frames": steps}]
    return result


def _location(span: Span, text: str) -> dict[str, Any]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    physical = {
        "artifactLocation": {"uri": _uri(span.source.name)},
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    }
    location: dict[str, Any] = {"physicalLocation": physical}
    if text:
        location["message"] = {"text": text}
    return location


def _uri(path: str) -> str:
    from pathlib import Path
    from urllib.parse import quote

    return Path(path).as_uri() if os.path.isabs(path) else quote(path.replace(os.sep, "/"))
