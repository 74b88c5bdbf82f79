"""Tables as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from archdsl.outputs.table.grid import Grid, Line, Stack, parts_of, span_of, tame, wide_columns

TABLE = (
    "border-collapse: collapse; font-variant-numeric: tabular-nums; "
    "border-top: 2px solid; border-bottom: 2px solid"
)
RULE = ' style="border-top: 1px solid"'
BRACKETS = (
    "display: inline-block; vertical-align: middle; margin: 0.15em 0; padding: 0 0.4em; "
    "border: solid; border-width: 0 1px; border-radius: 0.4em"
)


def html(grid: Grid) -> str:
    """One `<table>` element that needs no style sheet, in the colours of the page that it stands in."""
    caption = f'<caption style="padding: 0.4em">{_text(grid.caption or grid.title)}</caption>'
    lines = [f'<table style="{TABLE}">', caption]
    titles = Line(tuple(column.title for column in grid.columns), kind="head")
    group = ""
    for line in (titles, *grid.lines):
        wanted = {"head": "thead", "total": "tfoot"}.get(line.kind, "tbody")
        if wanted != group:
            lines += [f"</{group}>"] * bool(group) + [f"<{wanted}>"]
        lines.append(_row(line, grid, bool(group) and (line.rule or wanted != group)))
        group = wanted
    if grid.notes:
        lines += ([] if group == "tfoot" else [f"</{group}>", "<tfoot>"]) + list(_notes(grid))
        group = "tfoot"
    return "\n".join([*lines, f"</{group}>", "</table>"]) + "\n"


def _notes(grid: Grid) -> Iterator[str]:
    for note in grid.notes:
        style = "text-align: left; padding: 0.3em 0.6em; font-size: smaller; border-top: 1px solid"
        yield f'<tr><td colspan="{len(grid.columns)}" style="{style}">{_text(note)}</td></tr>'


def _row(line: Line, grid: Grid, rule: bool) -> str:
    written = []
    for at, (cell, column) in enumerate(zip(line.cells, wide_columns(line, grid.columns), strict=True)):
        style = f"text-align: {column.align}; padding: 0.15em 0.6em"
        if at == 0 and line.depth:
            style += f" 0.15em {0.6 + 1.2 * line.depth:.1f}em"
        names_line = grid.named and at == 0 and line.kind != "head"
        if line.kind in ("block", "total"):
            style += "; font-weight: 600"
        elif names_line:
            style += "; font-weight: normal"
        tag, scope = ("th", ' scope="row"') if names_line and str(cell) else ("td", "")
        if line.kind == "head":
            tag, scope = "th", ' scope="col"'
        span = f' colspan="{span_of(cell)}"' if span_of(cell) > 1 else ""
        body = "".join(_parts(parts_of(cell)))
        written.append(f'<{tag}{scope}{span} style="{style}">{body}</{tag}>')
    return f"<tr{RULE if rule else ''}>{''.join(written)}</tr>"


def _parts(parts: tuple[str | Stack, ...]) -> Iterator[str]:
    for part in parts:
        text = _text(part) if isinstance(part, str) else _stack(part)
        yield text if len(parts) == 1 else f'<div style="margin: 0.2em 0">{text}</div>'


def _stack(stack: Stack) -> str:
    lines = "<br/>".join(map(_text, stack.lines))
    return f'<span style="white-space: nowrap"><span style="{BRACKETS}">{lines}</span>{stack.behind}</span>'


def _text(text: str) -> str:
    return escape(tame(text))
