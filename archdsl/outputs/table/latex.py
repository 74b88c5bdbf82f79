"""Tables as LaTeX, in the style of booktabs."""

from __future__ import annotations

import re

from archdsl.outputs.table.grid import Cell, Column, Grid, Line, Stack, parts_of, span_of, tame, wide_columns

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",  # which every encoding of a font has
    "×": r"$\times$",
    "→": r"$\to$",
    "†": r"$^\dagger$",
    "⌊": r"$\lfloor$",
    "⌋": r"$\rfloor$",
    "⌈": r"$\lceil$",
    "⌉": r"$\rceil$",
    "…": r"\ldots{}",
    "·": r"$\cdot$",
    "–": "--",
    "—": "---",
    "--": "-{}-",
} | {letter: f"\\{letter}" for letter in "&%$#_{}"}
_SPECIAL = re.compile("|".join(map(re.escape, sorted(_LATEX, key=len, reverse=True))))

BROKEN = 12
"""Letters in a head or a total: longer texts break at their last blank."""

ONE_LINE = 70
"""Letters that a line of small print has."""


def latex(grid: Grid) -> str:
    """A tabular; where the table has a caption, within a float that narrows it to the width of the text."""
    columns = "".join(column.align[0] for column in grid.columns)
    tabular = [rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}", *_lines(grid), r"\end{tabular}"]
    if not grid.caption:
        head = [f"% {tame(grid.title)}", r"% \usepackage{booktabs}"]
        return "\n".join([*head, *tabular]) + "\n"
    label = re.sub(r"[^a-z0-9]+", "-", grid.title.lower()).strip("-")
    notes = [rf"\par\smallskip{_note(note)}" for note in grid.notes]
    whole = [
        r"% \usepackage{booktabs,graphicx}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_text(grid.caption)}}}",
        rf"\label{{tab:{label}}}",
        r"\par\smallskip",
        r"\small",
        r"\setlength{\tabcolsep}{4pt}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        *tabular[:-1],
        tabular[-1] + "}",
        *notes,
        r"\end{table}",
    ]
    return "\n".join(whole) + "\n"


def _note(note: str) -> str:
    """In the middle, if it is one line."""
    text = rf"\footnotesize {_text(note)}"
    return f"{{{text}}}" if len(note) <= ONE_LINE else rf"\parbox{{\linewidth}}{{{text}}}"


def _lines(grid: Grid) -> list[str]:
    titles = Line(tuple(column.title for column in grid.columns), kind="head")
    lines = [r"\toprule"]
    kind, tall = "head", False
    for line in (titles, *grid.lines):
        before, tall = tall, any(isinstance(part, Stack) for cell in line.cells for part in parts_of(cell))
        if line.rule or (line.kind != kind and (kind == "head" or line.kind == "total")):
            lines.append(r"\midrule")
        elif tall or before:
            lines.append(r"\addlinespace")
        kind = line.kind
        lines.append(_row(line, grid.columns))
    return [*lines, *([r"\midrule"] if kind == "head" else []), r"\bottomrule"]


def _row(line: Line, columns: tuple[Column, ...]) -> str:
    indent = rf"\hspace*{{{line.depth}em}}" if line.depth else ""
    breaks = line.kind in ("head", "total")
    cells = (
        _cell(cell, breaks and column.align == "center")
        for cell, column in zip(line.cells, wide_columns(line, columns), strict=True)
    )
    return indent + " & ".join(cells) + r" \\"


def _cell(cell: str | Cell, breaks: bool) -> str:
    span = span_of(cell)
    parts = [_part(part, breaks and span == 1) for part in parts_of(cell)]
    gap = "6pt" if any(isinstance(part, Stack) for part in parts_of(cell)) else ""
    text = parts[0] if len(parts) == 1 else _stacked(parts, gap)
    if span > 1:
        return rf"\multicolumn{{{span}}}{{c}}{{{text}}}"
    # after \\ a bracket would be a distance, and a star forbids a page break
    return f"{{{text}}}" if text.startswith(("[", "*")) else text


def _part(part: str | Stack, breaks: bool) -> str:
    if isinstance(part, Stack):
        lines = _stacked([_text(line) for line in part.lines])
        behind = rf"\times{part.times}" if part.times > 1 else ""
        return rf"$\left[{lines}\right]{behind}$"
    first, blank, last = part.rpartition(" ")
    if breaks and blank and len(part) > BROKEN:
        return _stacked([_text(first), _text(last)])
    return _text(part)


def _stacked(lines: list[str], gap: str = "") -> str:
    """Lines below each other in one cell, by LaTeX alone."""
    between = rf" \\[{gap}] " if gap else r" \\ "
    lines = [f"{{{line}}}" if line.startswith(("[", "*")) else line for line in lines]
    return rf"\begin{{tabular}}{{@{{}}c@{{}}}}{between.join(lines)}\end{{tabular}}"


def _text(text: str) -> str:
    text = _SPECIAL.sub(lambda found: _LATEX[found[0]], tame(text))
    text = re.sub(r"(?<=\d) ?(?:x|\$\\times\$) ?(?=\d)", r"$\\times$", text)
    return re.sub(r"(?<=\S) x (?=\S)", r"$\\times$", text)  # of sizes that are expressions
