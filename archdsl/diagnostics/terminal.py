"""Diagnostics as a person reads them: the message, the places in their lines, the remedy, the way.

error[E301]: add: branches disagree in channels: 128 and 256
  --> specs/resnet.arch:14:9
   |
13 |         conv(256, 1) -> batchnorm
   |         ------------ 256 comes from here
14 |         conv(128, 1)
   |         ^^^^^^^^^^^^ 128 x 56 x 56 here
help: `conv(256, 1)` would give 256
trace: table row `layer1`, column `50` (31:9) → bottleneck, 1st of 3
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archdsl.diagnostics.model import Advice, Diagnostic, Trace
from archdsl.diagnostics.style import PLAIN, Paint, Style, clean, visible, width
from archdsl.source import Source, Span

WIDEST = 140
"""Cells of a source line that are shown; a longer line is clipped around what it is about."""

LONGEST_TRACE = 8


class Mark(NamedTuple):
    """A stretch of one line to underline, in offsets within the line, and what to say of it."""

    start: int
    end: int
    text: str
    style: Style
    sign: str


def render(diagnostics: Iterable[Diagnostic], paint: Paint = PLAIN) -> str:
    """All diagnostics, in the order of the places they speak of, with a blank line between."""
    return "\n\n".join(render_one(each, paint) for each in in_order(diagnostics))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, in the order in which files first come up, then by place."""
    listed = list(diagnostics)
    files: dict[str, int] = {}
    for each in listed:
        files.setdefault(each.at.source.name, len(files))
    return sorted(listed, key=lambda each: (files[each.at.source.name], each.at.start))


def render_one(diagnostic: Diagnostic, paint: Paint = PLAIN) -> str:
    """One diagnostic."""
    severity: Style = diagnostic.severity
    head = paint(f"{severity}[{diagnostic.code}]", severity)
    lines = [f"{head}{paint(': ' + clean(diagnostic.text), 'strong')}"]
    lines += _snippets(diagnostic, paint)
    for word, texts in (("note", diagnostic.notes), ("help", diagnostic.hints)):
        for text in texts:
            lines += _remark(word, text, paint)
    if diagnostic.trace is not None:
        lines.append(f"{paint('trace', 'help')}: {trace(diagnostic.trace, diagnostic.at)}")
    return "\n".join(lines)


def brief(diagnostics: Iterable[Diagnostic], paint: Paint = PLAIN) -> str:
    """A line for each: its code, its place and its message."""
    return "\n".join(_line(each, paint) for each in in_order(diagnostics))


def _line(each: Diagnostic, paint: Paint) -> str:
    head = paint(f"{each.severity}[{each.code}]", each.severity)
    of = ", ".join(_of(each)) if isinstance(each, Advice) else ""
    place = paint(clean(str(each.at)), "place")
    return f"{head} {place}: {clean(each.text)}" + (paint(f" ({of})", "faint") if of else "")


def _of(each: Advice) -> Iterator[str]:
    """Of what an advice is true: the networks, the copies of a layer."""
    if each.networks:
        more = len(each.networks) - 1
        yield clean(each.networks[0]) + (f" and {more} more" if more else "")
    if each.copies > 1:
        yield f"{each.copies:,} layers"


def trace(innermost: Trace, at: Span) -> str:
    """The way to a place on one line, each step with its position where that is a new one."""
    if innermost is None:
        return ""
    shown = []
    last = at
    for step in innermost.path():
        line, column = step.span.source.position(step.span.start)
        position = f"{line}:{column}"
        if step.span.source is not at.source:
            position = f"{step.span.source.name}:{position}"
        shown.append(clean(step.text) if step.span[:2] == last[:2] else f"{clean(step.text)} ({position})")
        last = step.span
    if len(shown) > LONGEST_TRACE:
        half = LONGEST_TRACE // 2
        shown[half:-half] = [f"… {len(shown) - 2 * half} more …"]
    return " → ".join(shown)


def _remark(word: str, text: str, paint: Paint) -> list[str]:
    first, *rest = text.splitlines() or [""]
    indent = " " * (len(word) + 2)
    return [f"{paint(word, 'help')}: {clean(first)}", *(indent + clean(line) for line in rest)]


# --- the source lines ------------------------------------------------------------------------------


def _snippets(diagnostic: Diagnostic, paint: Paint) -> Iterator[str]:
    """The marked lines of each file, the diagnostic's own file first."""
    files: dict[Source, dict[int, list[Mark]]] = {}
    _mark(files, diagnostic.at, diagnostic.here, diagnostic.severity, "^")
    for label in diagnostic.labels:
        _mark(files, label.span, label.text, "place", "-")
    gutter = max(len(str(number)) for marked in files.values() for number in marked)
    bar = paint("|", "place")
    for source, marked in files.items():
        first = source is diagnostic.at.source
        place = str(diagnostic.at) if first else f"{source.name}:{min(marked)}"
        yield f"{' ' * gutter}{paint('-->' if first else ':::', 'place')} {place}"
        yield f"{' ' * gutter} {bar}"
        for number, rows in _lines(source, marked, paint):
            text, *marks = rows
            yield f"{paint(number.rjust(gutter), 'place')} {bar} {text}".rstrip()
            yield from (f"{' ' * gutter} {bar} {row}" for row in marks)


def _mark(files: dict[Source, dict[int, list[Mark]]], span: Span, text: str, style: Style, sign: str) -> None:
    """Note a span; of one that covers several lines, its first."""
    line, column = span.source.position(span.start)
    end = column - 1 + max(span.end - span.start, 1)
    room = len(span.source.line(line))
    if end > room + 1:  # the end of the line itself may be pointed at
        end = room
    marked = files.setdefault(span.source, {}).setdefault(line, [])
    marked.append(Mark(column - 1, max(end, column), clean(text), style, sign))


def _lines(source: Source, marked: dict[int, list[Mark]], paint: Paint) -> Iterator[tuple[str, list[str]]]:
    """Each marked line with its number and its rows; a line between two is shown, more are not."""
    previous: int | None = None
    for number in sorted(marked):
        if previous is not None and number == previous + 2:
            yield str(number - 1), [_clip(visible(source.line(number - 1)), 0)[0]]
        elif previous is not None and number > previous + 2:
            yield "…", [""]
        yield str(number), _rows(source.line(number), marked[number], paint)
        previous = number


def _rows(line: str, marks: list[Mark], paint: Paint) -> list[str]:
    """A line, its underlines, and below them the texts that do not fit beside."""
    shown = visible(line)
    marks = sorted(marks, key=lambda mark: (mark.start, mark.sign))
    focus = next((mark for mark in marks if mark.sign == "^"), marks[0])
    text, columns = _clip(shown, focus.start)
    last = marks[-1]
    beside = all(mark.end <= last.start for mark in marks[:-1])
    below = [mark for mark in (marks[:-1] if beside else marks) if mark.text]

    underline = _Canvas()
    for mark in sorted(marks, key=lambda mark: mark.sign == "^"):
        start, end = columns[mark.start], columns[min(mark.end, len(columns) - 1)]
        underline.put(start, mark.sign * max(end - start, 1), mark.style)
    if beside and last.text:
        underline.put(len(underline) + 1, last.text, last.style)
    rows = [text, underline.painted(paint)]

    if below:
        rows.append(_pipes(below, columns).painted(paint))
    for index in reversed(range(len(below))):
        row = _pipes(below[:index], columns)
        row.put(columns[below[index].start], below[index].text, below[index].style)
        rows.append(row.painted(paint))
    return rows


def _pipes(marks: list[Mark], columns: list[int]) -> _Canvas:
    row = _Canvas()
    for mark in marks:
        row.put(columns[mark.start], "|", mark.style)
    return row


def _clip(shown: list[str], focus: int) -> tuple[str, list[int]]:
    """A line cut to the widest, around an offset, and the cell at which each offset then stands."""
    columns = [0]
    for text in shown:
        columns.append(columns[-1] + width(text))
    if columns[-1] <= WIDEST:
        return "".join(shown), [*columns, columns[-1] + 1]
    first = 0
    while columns[min(focus, len(shown))] - columns[first] > WIDEST // 3:
        first += 1
    last = first
    while last < len(shown) and columns[last + 1] - columns[first] <= WIDEST - 2:
        last += 1
    before, after = "…" * (first > 0), "…" * (last < len(shown))
    moved = [min(max(at - columns[first], 0), columns[last] - columns[first]) + len(before) for at in columns]
    return before + "".join(shown[first:last]) + after, [*moved, moved[-1] + 1]


class _Canvas:
    """One row of cells, each with its style."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, Style | None]] = []

    def __len__(self) -> int:
        return len(self.cells)

    def put(self, column: int, text: str, style: Style) -> None:
        self.cells += [(" ", None)] * (column + len(text) - len(self.cells))
        self.cells[column : column + len(text)] = [(character, style) for character in text]

    def painted(self, paint: Paint) -> str:
        parts: list[str] = []
        run, style = "", None
        for character, own in self.cells:
            if own != style:
                parts.append(paint(run, style))
                run, style = "", own
            run += character
        parts.append(paint(run, style))
        return "".join(parts)
