"""Tables: columns as variants, and rows as calls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from archdsl.diagnostics import Label, Step
from archdsl.graph.binding import nearest
from archdsl.graph.build import Namer, Place
from archdsl.graph.errors import Failed, Misplaced, MissingArgument, RowCells, WrongHeader, WrongOperands
from archdsl.graph.lost import gone_on
from archdsl.graph.subjects import Pending
from archdsl.graph.values import BlockDefinition, Env, Flow, NotationDefinition, part_of
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.graph.lines import Lines


@dataclass(slots=True)
class Columns:
    """A header, sorted out: which cell of a row is the label, a printed value, a variant or argument."""

    label: int | None
    printed: list[tuple[int, str, tree.Name]]
    """Index, mark (`=` or `~`) and the metric's name."""
    named: dict[str, int]
    """Variants, or parameters of the block that rows call."""
    count: int
    needed: frozenset[str] = frozenset()
    """Parameters whose cells cannot be blank."""


def columns_of(table: tree.Table) -> Columns:
    """Sort out a header; what is wrong with it is for whoever runs the table."""
    columns = Columns(None, [], {}, len(table.header.cells))
    for index, cell in enumerate(table.header.cells):
        if not cell.items:
            continue
        name = cell.items[0]
        assert isinstance(name, tree.Name)
        if cell.mark == ":":
            columns.label = index
        elif cell.mark:
            columns.printed.append((index, cell.mark, name))
        else:
            columns.named.setdefault(name.name, index)
    return columns


def variant_tables(items: tuple[Any, ...]) -> list[tree.Table]:
    """The tables of a net whose columns are its variants, in order."""
    found: list[tree.Table] = []
    waiting: list[object] = list(reversed(items))
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Table) and node.block is None:
            found.append(node)
        elif not isinstance(node, tree.Block | tree.Table):
            waiting.extend(reversed(list(tree.children(node))))
    return found


def run_table(lines: Lines, table: tree.Table, x: Flow, place: Place, env: Env) -> Flow:
    """Run the rows of a table one after the other."""
    columns = columns_of(table)
    _check_header(lines, table, columns, place)
    if table.block is None and lines.variant is None:
        what, where = "a table of variants", "belongs into a net; rows that call a block are `table as BLOCK`"
        lines.fail(Misplaced(at=table.header.span, what=what, where=where, trace=place.trace))
    if table.block is not None:
        columns.needed = _check_parameters(lines, table, columns, place, env)
    return _rows(lines, table, table.rows, columns, x, place, env)


def _check_header(lines: Lines, table: tree.Table, columns: Columns, place: Place) -> None:
    seen: dict[str, Span] = {}
    for cell in table.header.cells:
        if not cell.items:
            why = "this column has no name" if columns.count > 1 else "a table begins with its columns' names"
            hints = ("bars stand between cells, not before the first or behind the last",)
            hints = hints if columns.count > 1 else ("`A | B`",)
            lines.fail(WrongHeader(at=cell.span, why=why, hints=hints, trace=place.trace))
        name = cell.items[0]
        assert isinstance(name, tree.Name)
        key = f"{cell.mark}{name.name}"
        if key in seen:
            lines.fail(WrongHeader(at=cell.span, why=f"two columns are `{name.name}`", trace=place.trace))
        seen[key] = cell.span
    if table.block is None and not columns.named:
        why = "the header names no variant; rows that call a block are written `table as BLOCK`"
        lines.fail(WrongHeader(at=table.header.span, why=why, trace=place.trace))


def _check_parameters(
    lines: Lines, table: tree.Table, columns: Columns, place: Place, env: Env
) -> frozenset[str]:
    """Refuse a header that does not fit the block; the parameters that every row has to give."""
    block, given = _called(table)
    definition = lines.named(block, env, place)
    if not isinstance(definition, BlockDefinition | NotationDefinition):
        why = f"`{block.name}` is no block, so rows cannot call it"
        lines.fail(WrongHeader(at=block.span, why=why, trace=place.trace))
    parameters = [each.name.name for each in definition.tree.parameters]
    for name, index in columns.named.items():
        if name not in parameters:
            lines.fail(
                WrongHeader(
                    at=table.header.cells[index].span,
                    why=f"`{definition.name}` has no parameter `{name}`",
                    hints=nearest(name, parameters) or (f"its parameters are {', '.join(parameters)}",),
                    trace=place.trace,
                )
            )
    told = {each.name or name for each, name in zip_longest(given, parameters) if each is not None}
    needed = [each.name.name for each in definition.tree.parameters if each.default is None]
    needed = [name for name in needed if name not in told]
    for name in needed:
        if name not in columns.named:
            call = ", ".join([*(each.span.text for each in given), f"{name} = …"])
            hints = (f"a column `{name}`, or `table as {block.name}({call})`",)
            at, callee = table.header.span, f"`{definition.name}`"
            lines.fail(MissingArgument(at=at, callee=callee, parameter=name, hints=hints, trace=place.trace))
    return frozenset(needed)


def _called(table: tree.Table) -> tuple[tree.Name, tuple[tree.Argument, ...]]:
    """The block that rows call, and the arguments that all of them give."""
    block = table.block
    given = block.arguments if isinstance(block, tree.Call) else ()
    name = block.function if isinstance(block, tree.Call) else block
    assert isinstance(name, tree.Name)
    return name, given


def _rows(
    lines: Lines,
    table: tree.Table,
    rows: tuple[tree.TableRow, ...],
    columns: Columns,
    x: Flow,
    place: Place,
    env: Env,
) -> Flow:
    for row in rows:
        start = len(lines.builder.nodes)
        try:
            match row:
                case tree.Expect():
                    lines.line(row, x, place, env)
                case tree.ExpectRow():
                    _expect_row(lines, table, row, columns, place, env)
                case tree.Group():
                    x = _group(lines, table, row, columns, x, place, env)
                case tree.Row(cells=(cell,)) if columns.count > 1 or table.block is not None:
                    x = lines.lines(cell.items, x, place, env)
                case tree.Row():
                    x = _row(lines, table, row, columns, x, place, env)
        except Failed as why:
            x = gone_on(lines, row, x, place, env, why, start)
    return x


def _group(
    lines: Lines,
    table: tree.Table,
    row: tree.Group,
    columns: Columns,
    x: Flow,
    place: Place,
    env: Env,
) -> Flow:
    """`features: { rows }`: a labelled sequence, filled by rows."""
    start = len(lines.builder.nodes)
    name = lines.builder.name("", row.label, place, table)

    def make(given: Flow) -> Flow:
        scope = lines.builder.scope("sequence", name, place, span=row.span)
        inner_env = Env(env, row, labels=True)
        inner = Place(scope, Namer(numbered=True), place.trace, place.depth, place.copies)
        result = _rows(lines, table, row.rows, columns, given, inner, inner_env)
        scope.end = len(lines.builder.nodes)
        return part_of(scope, lines.tensor(result, table, place), inner_env, f"the sequence `{name}`")

    x = lines.edited(name, x, place, make)
    if x is not None:
        lines.label(row.label, x, start, place, env)
    return x


def _row(
    lines: Lines, table: tree.Table, row: tree.Row, columns: Columns, x: Flow, place: Place, env: Env
) -> Flow:
    """A row with bars: its cell of this variant, or its call of the block."""
    if len(row.cells) != columns.count:
        lines.fail(_wrong_cells(table, row.cells, row.span, columns.count, place))
    label = _row_label(lines, row, columns, place)
    where = (
        f"table row `{label.name}`" if label else f"table row {row.span.source.position(row.span.start)[0]}"
    )
    if table.block is not None:
        cell = None
        inner = place.within(Step(where, row.span, place.trace))
        call = _call(lines, table, row, columns, inner)
        steps: tuple[tree.Item, ...] = (tree.Chain((tree.Step(label, call, row.span),), row.span),)
    else:
        if lines.variant not in columns.named:
            return x
        cell = row.cells[columns.named[lines.variant]]
        inner = place.within(Step(f"{where}, column `{lines.variant}`", cell.span, place.trace))
        steps = cell.items
        if label is not None and steps:
            one = steps[0] if len(steps) == 1 else tree.Body(steps, cell.span)
            steps = (tree.Chain((tree.Step(label, one, cell.span),), cell.span),)  # type: ignore[arg-type]
    start = len(lines.builder.nodes)
    x = lines.lines(steps, x, inner, env)
    if steps:
        name = label.name if label else where.removeprefix("table ")
        _printed(lines, row, columns, x, start, inner, env, name)
    return x


def _row_label(lines: Lines, row: tree.Row, columns: Columns, place: Place) -> tree.Name | None:
    if columns.label is None or not row.cells[columns.label].items:
        return None
    cell = row.cells[columns.label]
    label = cell.items[0]
    if len(cell.items) == 1 and isinstance(label, tree.Number):
        label = tree.Name(label.text, label.span)
    if len(cell.items) != 1 or not isinstance(label, tree.Name):
        why = f"this column holds labels, and `{cell.span.text}` is none"
        lines.fail(WrongHeader(at=cell.span, why=why, trace=place.trace))
    return label


def _call(lines: Lines, table: tree.Table, row: tree.Row, columns: Columns, place: Place) -> tree.Call:
    """The call that a row stands for; a blank cell leaves its argument to the default."""
    function, given = _called(table)
    for name, index in columns.named.items():
        if name in columns.needed and not row.cells[index].items:
            filled = [each.span.text if each.items else "" for each in row.cells]
            filled[index] = "…"
            hints = (f"`{' | '.join(filled)}`",)
            at, callee = row.cells[index].span, f"`{function.name}`"
            lines.fail(MissingArgument(at=at, callee=callee, parameter=name, hints=hints, trace=place.trace))
    arguments = tuple(
        tree.Argument(name, _only(lines, cell, place), cell.span)
        for name, index in columns.named.items()
        if (cell := row.cells[index]).items
    )
    return tree.Call(function, (*given, *arguments), None, row.span)


def _printed(
    lines: Lines, row: tree.Row, columns: Columns, x: Flow, start: int, place: Place, env: Env, name: str
) -> None:
    """The cells of `= metric` and `~ metric` columns: an expectation or a claim about this row."""
    for index, mark, metric in columns.printed:
        cell = row.cells[index]
        if not cell.items:
            continue
        target = tree.Name("shape", metric.span) if metric.name == "output" else metric
        kind, relation = ("expect", "==") if mark == "=" else ("claim", "~")
        end = len(lines.builder.nodes)
        printed = _only(lines, cell, place)
        lines.pending.append(
            Pending(kind, target, relation, printed, cell.span, env, place, start, x, name, end)
        )


def _expect_row(
    lines: Lines, table: tree.Table, row: tree.ExpectRow, columns: Columns, place: Place, env: Env
) -> None:
    """One printed value for each variant."""
    if len(row.cells) != len(columns.named):
        lines.fail(_wrong_cells(table, row.cells, row.span, len(columns.named), place, "variants"))
    if lines.variant is None or lines.variant not in columns.named:
        return
    cell = row.cells[list(columns.named).index(lines.variant)]
    if cell.items:
        value = _only(lines, cell, place)
        step = Step(f"column `{lines.variant}`", cell.span, place.trace)
        lines.pending.append(
            Pending(
                row.kind,
                row.target,
                row.operator,
                value,
                cell.span,
                env,
                place.within(step),
                place.scope.start,
            )
        )


def _only(lines: Lines, cell: tree.Cell, place: Place) -> tree.Expression:
    """The one value of a cell that is no part of a chain."""
    if len(cell.items) > 1:
        why = f"a cell of this column holds one value, this has {len(cell.items)}"
        lines.fail(WrongOperands(at=cell.span, why=why, trace=place.trace))
    return cell.items[0]  # type: ignore[return-value]


def _wrong_cells(
    table: tree.Table,
    cells: tuple[tree.Cell, ...],
    span: Span,
    columns: int,
    place: Place,
    what: str = "columns",
) -> RowCells:
    named = f"{columns} {what if columns != 1 else what.removesuffix('s')}"
    missing = columns - len(cells)
    filled = f"`{span.text.rstrip()}{' |' * missing}`, where a blank cell stands for nothing"
    return RowCells(
        at=span,
        cells=f"{len(cells)} cell{'s' * (len(cells) != 1)}",
        columns=named,
        labels=(Label(table.header.span, f"{named} here"),),
        hints=(filled,) if missing > 0 else (),
        trace=place.trace,
    )
