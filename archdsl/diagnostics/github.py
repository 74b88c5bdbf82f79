"""Diagnostics as GitHub workflow commands, which mark the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.diagnostics.model import Diagnostic
from archdsl.diagnostics.terminal import in_order, trace


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """One command a line."""
    return "\n".join(_command(each) for each in in_order(diagnostics))


def _command(each: Diagnostic) -> str:
    line, column = each.at.source.position(each.at.start)
    end_line, end_column = each.at.source.position(each.at.end)
    properties: dict[str, object] = {"file": each.at.source.name, "line": line, "endLine": end_line}
    if line == end_line:  # columns are allowed on one line only; the end column is the last marked one
        properties |= {"col": column, "endColumn": max(end_column - 1, column)}
    properties["title"] = each.code
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    command = "notice" if each.severity == "advice" else each.severity
    return f"::{command} {shown}::{_data(_message(each))}"


def _message(each: Diagnostic) -> str:
    lines = [f"{each.text} ({each.here})" if each.here else each.text]
    lines += [f"{label.span}: {label.text}" for label in each.labels]
    lines += [f"note: {text}" for text in each.notes]
    lines += [f"help: {text}" for text in each.hints]
    if each.trace:
        lines.append(f"trace: {trace(each.trace, each.at)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
