"""Explanations for programs: version 1 of what `archdsl explain --format json` prints.

Within a version, fields may be added and none changes.
"""

from __future__ import annotations

from typing import Any

from archdsl.diagnostics import Step
from archdsl.outputs.explain.model import Axis, Explanation, Field
from archdsl.outputs.json import plain
from archdsl.source import Span

VERSION = 1


def document(found: Explanation) -> dict[str, Any]:
    """All that the text says, complete."""
    return {
        "version": VERSION,
        "network": found.network,
        "name": found.name,
        "kind": found.kind,
        "what": found.what,
        "headline": found.headline,
        "shape": list(found.shape),
        "written": _span(found.span),
        "trace": _steps(found.trace),
        "inside": [{"path": path, "block": block} for path, block in found.inside],
        "reads": [{"path": path, "shape": list(shape)} for path, shape in found.reads],
        "read_by": list(found.read_by),
        "outputs": [{"name": name, "shape": list(shape)} for name, shape in found.outputs],
        "axes": [_axis(axis) for axis in found.axes],
        "receptive_field": _field(found.field) if found.field else None,
        "cost": {
            each.name: {"own": each.own, "total": each.total, "share": each.part} for each in found.shares
        },
        "parts": [{**each._asdict(), "shape": list(each.shape)} for each in found.members],
        "remarks": list(found.remarks),
    }


def _axis(axis: Axis) -> dict[str, Any]:
    origins = [
        {
            "size": each.size,
            "path": each.path,
            "label": each.label,
            "how": each.how,
            "remark": each.remark,
            "written": _span(each.span),
            "trace": _steps(each.trace),
        }
        for each in axis.origins
    ]
    return {"name": axis.name, "size": axis.size, "origins": origins}


def _field(field: Field) -> dict[str, Any]:
    axes = [
        {
            "size": axis.size,
            "position": axis.position,
            "low": axis.low,
            "high": axis.high,
            "extent": axis.extent,
            "stride": plain(axis.stride),
        }
        for axis in field.axes
    ]
    return {"input": field.input, "covers": field.covers, "axes": axes}


def _steps(trace: Step | None) -> list[dict[str, Any]]:
    return [{"text": step.text, **_span(step.span)} for step in trace.path()] if trace is not None else []


def _span(span: Span) -> dict[str, Any]:
    line, column = span.source.position(span.start)
    return {"file": span.source.name, "line": line, "column": column, "text": span.text}
