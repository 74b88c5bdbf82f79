"""Layer tables: one network in full, or several side by side as a paper prints them.

Assumes sound networks. `rows` says what stands in one network's table, `columns` how several line
up; both give a Grid, which `text` and `markup` write. `data` writes every layer for programs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archdsl.check.model import Checked
from archdsl.outputs.table.grid import Grid

FORMATS = ("text", "markdown", "latex", "csv", "html", "json", "yaml")


def render(networks: Sequence[Checked], format: str = "text") -> str:
    """The table in one of FORMATS, ending in a newline.

    For people (text, markdown, latex, html) repetitions are folded, and several networks become the
    columns of one table. For programs (csv, json, yaml) each layer has its own record.
    """
    if format not in FORMATS:
        raise ValueError(f"no table format is named {format}; there are {', '.join(FORMATS)}")
    if format in ("csv", "json", "yaml"):
        from archdsl.outputs.table import data

        write_data: Callable[[Sequence[Checked]], str] = getattr(data, format)
        return write_data(networks)
    from archdsl.outputs.table import markup, text

    writer: Callable[[Grid], str] = getattr(text if format in ("text", "markdown") else markup, format)
    return writer(grid(networks))


def grid(networks: Sequence[Checked]) -> Grid:
    """What the table for people says, whatever the format."""
    from archdsl.outputs.table.columns import side_by_side
    from archdsl.outputs.table.rows import in_full

    return in_full(networks[0]) if len(networks) == 1 else side_by_side(networks)
