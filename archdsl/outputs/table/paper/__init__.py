"""The tables of papers, from specs that are written as one.

`lines` finds what each line of a spec made, `content` says it in a cell, in the `words` of the spec, and
`figures` prints numbers as the paper does. `variants` puts together tables whose columns are networks,
`calls` those whose rows call a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from archdsl.check.model import Checked
from archdsl.outputs.table.grid import Grid
from archdsl.outputs.table.paper.lines import lines_of
from archdsl.syntax import tree


@dataclass(frozen=True)
class Paper:
    """The table of one net of a spec; two that are equal are the same table, read twice."""

    file: str
    net: int
    start: int
    table: tree.Table = field(compare=False)

    def holds(self, networks: int) -> bool:
        """Whether so many networks fill it: one its rows, several its columns."""
        return networks > 1 if self.table.block is None else networks == 1


def paper_of(checked: Checked) -> Paper | None:
    """The table that a network is written as, if it is; one of variants before one of calls."""
    tables = [each.line.table for each in lines_of(checked.graph) if each.line.table is not None]
    if not tables:
        return None
    table = next((each for each in tables if each.block is None), tables[0])
    return Paper(checked.graph.file, checked.graph.net.span.start, table.span.start, table)


def paper_table(paper: Paper, networks: Sequence[Checked]) -> Grid:
    """The table of some of a paper's networks."""
    if paper.table.block is None:
        from archdsl.outputs.table.paper.variants import variants

        return variants(paper.table, networks)
    from archdsl.outputs.table.paper.calls import calls

    return calls(paper.table, networks[0])
