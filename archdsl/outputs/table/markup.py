"""Tables as LaTeX and as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from archdsl.outputs.table.grid import Grid, Line

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "×": r"$\times$",
    "…": r"\ldots{}",
    "\n": " ",
} | {letter: f"\\{letter}" for letter in "&%$#_{}"}


def latex(grid: Grid) -> str:
    """A tabular in the style of booktabs, to stand in a table of a paper."""
    columns = "".join("l" if column.align == "left" else "r" for column in grid.columns)
    lines = [
        f"% {' '.join(grid.title.split())}",
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        _latex_row(column.title for column in grid.columns),
        r"\midrule",
    ]
    kind = "layer"
    for line in grid.lines:
        if line.kind == "total" != kind:
            lines.append(r"\midrule")
        kind = line.kind
        indent = rf"\hspace*{{{line.depth}em}}" if line.depth else ""
        lines.append(indent + _latex_row(line.cells))
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(map(_latex_cell, cells)) + r" \\"


def _latex_cell(cell: str) -> str:
    cell = re.sub(r'[\\~^<>|"×…\n&%$#_{}]', lambda found: _LATEX[found[0]], cell)
    cell = re.sub(r"(?<=\d) ?x ?(?=\d)", r"$\\times$", cell)
    # after \\ a bracket would be a distance, and a star forbids a page break
    return f"{{{cell}}}" if cell.startswith(("[", "*")) else cell


def html(grid: Grid) -> str:
    """One `<table>` element that needs no style sheet."""
    lines = [
        '<table style="border-collapse: collapse; font-variant-numeric: tabular-nums">',
        f"<caption>{escape(grid.title)}</caption>",
        "<thead>",
        _html_row("th", [column.title for column in grid.columns], grid),
        "</thead>",
        "<tbody>",
    ]
    kind = "layer"
    for line in grid.lines:
        if line.kind == "total" != kind:
            lines += ["</tbody>", "<tfoot>"]
        kind = line.kind
        lines.append(_html_row("td", line.cells, grid, line))
    lines += ["</tfoot>" if kind == "total" else "</tbody>", "</table>"]
    return "\n".join(lines) + "\n"


def _html_row(tag: str, cells: Iterable[str], grid: Grid, line: Line | None = None) -> str:
    written = []
    for at, (cell, column) in enumerate(zip(cells, grid.columns, strict=True)):
        style = f"text-align: {column.align}; padding: 0.1em 0.6em"
        if at == 0 and line and line.depth:
            style += f" 0.1em {0.6 + 1.2 * line.depth:.1f}em"
        if line and line.kind != "layer":
            style += "; font-weight: 600"
        scope = ' scope="col"' if tag == "th" else ""
        written.append(f'<{tag}{scope} style="{style}">{escape(cell)}</{tag}>')
    return f"<tr>{''.join(written)}</tr>"
