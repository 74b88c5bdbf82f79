"""What expectations speak of, resolved once a network is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archdsl.graph.binding import nearest
from archdsl.graph.build import Place
from archdsl.graph.errors import (
    Failed,
    UnknownSubject,
    WrongPrinted,
)
from archdsl.graph.lookup import dotted
from archdsl.graph.model import Expectation, Value
from archdsl.graph.values import (
    Env,
    Flow,
    Outputs,
    describe,
    plain,
)
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.graph.lines import Lines


@dataclass(slots=True, eq=False)
class Pending:
    """An `expect` or `claim`, kept until its body is complete."""

    kind: Any
    target: tree.Expression
    operator: str
    value: tree.Expression
    span: Span
    env: Env
    place: Place
    start: int
    subject: Flow = None
    """For a table cell: the value it stands beside."""
    name: str = ""
    """For a table cell: what its row is called."""
    end: int | None = None


def resolve(lines: Lines, pending: Pending) -> Expectation | None:
    """Resolve what an expectation speaks of and the value that was printed."""
    place = pending.place
    try:
        printed = lines.static(pending.value, pending.env, place)
        if isinstance(printed, bool | str | list):
            wants = "a number or a shape"
            lines.fail(
                WrongPrinted(
                    at=pending.value.span, metric=pending.target.span.text, wants=wants, got=describe(printed)
                )
            )
        *path, metric = dotted(pending.target)
        subject = ".".join(path)
        start, value = pending.start, plain(pending.subject)
        end = place.scope.end if pending.end is None else pending.end
        if subject:
            value, start, end = _subject(lines, subject, pending)
        elif pending.subject is not None:
            subject = pending.name or place.scope.path
        if isinstance(value, Outputs):
            value = value.main
    except Failed:
        return None
    return Expectation(
        kind=pending.kind,
        subject=subject,
        metric=metric,
        operator=pending.operator,
        printed=pending.value,
        wanted=printed,
        value=value,
        start=start,
        end=end,
        span=pending.span,
        trace=place.trace,
        target=pending.target.span,
    )


def is_literal(printed: tree.Expression) -> bool:
    """Whether a printed value is a plain number or shape: no parameter has a part in it."""
    if isinstance(printed, tree.Dims):
        return all(map(is_literal, printed.parts))
    return isinstance(printed, tree.Number)


def _subject(lines: Lines, subject: str, pending: Pending) -> tuple[Value | None, int, int]:
    """What a path names: a label, or else a module by its name in the compiled net."""
    builder, prefix = lines.builder, pending.place.scope.path
    for path in dict.fromkeys((f"{prefix}.{subject}" if prefix else subject, subject)):
        if path in lines.named_values:
            found = lines.named_values[path]
            return found.value, found.start, found.end
        for scope in builder.scopes:
            if scope.path == path:
                return scope.outputs.get(""), scope.start, scope.end
        for node in builder.nodes:
            if node.path == path:
                return node.outputs[0], node.index, node.index + 1
    known = [name.removeprefix(f"{prefix}.") for name in lines.named_values]
    hints = nearest(subject, known)
    lines.fail(UnknownSubject(at=pending.target.span, name=subject, hints=hints, trace=pending.place.trace))
