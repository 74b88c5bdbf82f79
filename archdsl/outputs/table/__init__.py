"""Tables of networks: one in full, several side by side, or in the layout of the paper they are from.

Assumes sound networks. `rows` says what stands in one network's table and `columns` how several line
up; `paper` reads the tables that specs are written as. All give Grids, which `text`, `markdown`, `latex`
and `html` write. `data` writes every layer for programs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Literal

from archdsl.check.model import Checked
from archdsl.outputs.table.grid import Grid

FORMATS = ("text", "markdown", "latex", "csv", "html", "json", "yaml")
DATA = ("csv", "json", "yaml")

Layout = Literal["paper", "layers"]
LAYOUTS: tuple[Layout, ...] = ("paper", "layers")


def render(networks: Sequence[Checked], format: str = "text", layout: Layout | None = None) -> str:
    """The table in one of FORMATS, ending in a newline.

    For people (text, markdown, latex, html) `layers` folds repetitions and makes several networks the
    columns of one table; `paper` keeps to the tables that the spec is written as, one below the other.
    Without a layout it is the paper's wherever a spec has one, but for the text of a single network.
    For programs (csv, json, yaml) each layer has its own record.
    """
    if format not in FORMATS:
        raise ValueError(f"no table format is named {format}; there are {', '.join(FORMATS)}")
    if format in DATA:
        from archdsl.outputs.table import data

        write_data: Callable[[Sequence[Checked]], str] = getattr(data, format)
        return write_data(networks)
    writer: Callable[[Grid], str] = getattr(import_module(f"{__name__}.{format}"), format)
    if layout is None and (format != "text" or len(networks) > 1):
        grids = papers(networks)
    else:
        grids = papers(networks, always=True) if layout == "paper" else [grid(networks)]
    return "\n".join(map(writer, grids))


def grid(networks: Sequence[Checked]) -> Grid:
    """The table of layers for people, whatever the format."""
    from archdsl.outputs.table.columns import side_by_side
    from archdsl.outputs.table.rows import in_full

    return in_full(networks[0]) if len(networks) == 1 else side_by_side(networks)


def papers(networks: Sequence[Checked], *, always: bool = False) -> list[Grid]:
    """The tables of papers, in their order; what is in none, or as one column of several, is by layers.

    `always` asks for a single column too. Beside tables of papers, what is in none is one of configurations.
    """
    from archdsl.outputs.table.columns import side_by_side
    from archdsl.outputs.table.paper import Paper, paper_of, paper_table

    kept: dict[Paper | None, list[Checked]] = {}
    for checked in networks:
        kept.setdefault(paper_of(checked), []).append(checked)
    grids, others = [], []
    for paper, members in kept.items():
        if paper is not None and (always or paper.holds(len(members))):
            grids.append(paper_table(paper, members))
        else:
            others += members
    if others:
        grids.append(side_by_side(others) if always or grids else grid(others))
    return grids
