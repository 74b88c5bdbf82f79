"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.diagnostics import Trace
from archdsl.diagnostics.style import PLAIN, Paint, clean, grid
from archdsl.outputs.explain.model import Axis, Explanation, Field, Origin, Seen
from archdsl.outputs.explain.window import picture
from archdsl.outputs.table.grid import per_axis
from archdsl.sizes import show
from archdsl.source import Span

MOST_STEPS = 12
"""Layers that are listed of the way on which an axis came by its size."""

MOST_NAMES = 6
MOST_MEMBERS = 24
LONGEST_LINE = 120

_COSTS = {"macs": "MACs"}


def text(found: Explanation, paint: Paint = PLAIN) -> str:
    """All of it, a part for each question."""
    parts = [
        _opening(found, paint),
        _written(found, paint),
        _size(found, paint),
        _field(found, paint),
        _cost(found, paint),
        _members(found, paint),
        _way(found, paint),
    ]
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def _opening(found: Explanation, paint: Paint) -> Iterator[str]:
    inside = f", in {clean(found.network)}" if found.kind != "net" else ""
    yield f"{paint(clean(found.name), 'strong')}: {clean(found.what)}, {show(found.shape)}{inside}"
    if found.headline:
        yield paint(clean(found.headline), "faint")
    if found.reads:
        yield f"  reads    {_some([f'{path} ({show(shape)})' for path, shape in found.reads])}"
    if found.read_by:
        yield f"  read by  {_some(found.read_by)}"
    if found.outputs:
        yield f"  outputs  {_some([f'{name} ({show(shape)})' for name, shape in found.outputs])}"
    yield from (f"  {clean(remark)}" for remark in found.remarks)


def _written(found: Explanation, paint: Paint) -> Iterator[str]:
    """The line in which it stands, underlined."""
    line, column = found.span.source.position(found.span.start)
    source = found.span.source.line(line)
    end = min(column - 1 + found.span.end - found.span.start, len(source))
    number = str(line)
    yield f"{' ' * len(number)}{paint('-->', 'place')} {clean(str(found.span))}"
    start = max(0, min(column - 1, len(source) - LONGEST_LINE)) if len(source) > LONGEST_LINE else 0
    yield f"{paint(number, 'place')} {paint('|', 'place')} {clean(source[start : start + LONGEST_LINE])}"
    marks = "^" * max(1, min(end, start + LONGEST_LINE) - column + 1)
    yield f"{' ' * len(number)} {paint('|', 'place')} {' ' * (column - 1 - start)}{paint(marks, 'good')}"


# -- sizes ----------------------------------------------------------------------------------------


def _size(found: Explanation, paint: Paint) -> Iterator[str]:
    """Each axis, and the layers that made it what it is."""
    if not found.axes:
        return
    yield paint("size", "strong")
    told: list[Axis] = []
    for axis in found.axes:
        same = next((each for each in told if _ways(each) == _ways(axis)), None)
        if same is not None:
            yield f"  {axis.name} {axis.size}, in the same way"
            continue
        told.append(axis)
        yield f"  {axis.name} {axis.size}"
        rows = [
            (str(each.size), each.path, _did(each), place(each.span, each.trace)) for each in axis.origins
        ]
        lines = grid(rows, [True, False, False, False])
        if len(lines) > MOST_STEPS:
            half = MOST_STEPS // 2
            lines[half:-half] = [f"… {len(lines) - 2 * half} more …"]
        yield from (f"    {clean(line)}" for line in lines)


def _ways(axis: Axis) -> list[tuple[object, ...]]:
    return [(each.size, each.path, each.how) for each in axis.origins]


def _did(origin: Origin) -> str:
    """What a layer is, and how it comes by the size."""
    return f"{origin.label}, {origin.remark}" if origin.remark else origin.label


def place(span: Span, trace: Trace) -> str:
    """Where something is written, and the use of a notation or a block that leads there."""
    if trace is None or trace.span[:2] == span[:2]:
        return str(span)
    line, column = trace.span.source.position(trace.span.start)
    there = f"{line}:{column}" if trace.span.source is span.source else str(trace.span)
    return f"{span}, by {trace.text} at {there}"


# -- what it sees ---------------------------------------------------------------------------------


def _field(found: Explanation, paint: Paint) -> Iterator[str]:
    """The window on the input, with its numbers and drawn."""
    if found.field is None or found.kind == "input":
        return
    axes = found.field.axes
    extents = " x ".join(str(axis.extent) for axis in axes)
    if all(axis.stride is None for axis in axes):
        yield f"{paint('receptive field', 'strong')} {extents}: each number sees {_of(found.field)}"
    else:
        strides = per_axis("–" if axis.stride is None else axis.stride for axis in axes)
        yield f"{paint('receptive field', 'strong')} {extents}, stride {strides}"
        cell = ", ".join(str(axis.position) for axis in axes)
        yield f"  the cell in the middle, ({cell}), sees {_of(found.field)}"
    if not all(axis.low == 0 and axis.high == axis.size - 1 for axis in axes):
        yield ""
        yield from (f"  {line}" for line in picture(found.field))


def _of(field: Field) -> str:
    """`rows 82 … 132 and columns 82 … 132 of the 224 x 224 input `image``, and how much of it is padding."""
    names = {1: ("cells",), 2: ("rows", "columns")}.get(len(field.axes), ("slices", "rows", "columns"))
    size = show(axis.size for axis in field.axes)
    axes = zip(names, field.axes, strict=False)
    ranges = " and ".join(f"{name} {axis.low} … {axis.high}" for name, axis in axes)
    whole = "all of " if field.covers else f"{ranges} of "
    beyond = max(map(_beyond, field.axes))
    padding = f", and up to {beyond} cells of padding on a side" if beyond else ""
    return f"{whole}the {size} `{field.input}`{padding}"


def _beyond(axis: Seen) -> int:
    return max(0, -axis.low, axis.high - axis.size + 1)


# -- cost, parts, way -----------------------------------------------------------------------------


def _cost(found: Explanation, paint: Paint) -> Iterator[str]:
    """What it costs, and how much of the network that is."""
    if found.kind == "input":
        return
    yield paint("cost", "strong")
    rows = [
        (_COSTS.get(each.name, each.name), f"{each.own:,}", "of", f"{each.total:,}", f"{each.part:.1%}")
        for each in found.shares
        if each.total
    ]
    if rows:
        yield from (f"  {line}" for line in grid(rows, [False, True, False, True, True]))


def _members(found: Explanation, paint: Paint) -> Iterator[str]:
    """Its parts, one level deep."""
    if not found.members:
        return
    yield paint("parts", "strong")
    rows = [
        (each.name, each.what, show(each.shape), f"{each.params:,}", f"{each.macs:,}")
        for each in found.members
    ]
    heads = ("name", "what", "output", "params", "MACs")
    head, *lines = grid([heads, *rows], [False, False, True, True, True])
    yield f"  {paint(head, 'faint')}"
    yield from (f"  {clean(line)}" for line in lines[:MOST_MEMBERS])
    if len(lines) > MOST_MEMBERS:
        yield f"  … and {len(lines) - MOST_MEMBERS} more"


def _way(found: Explanation, paint: Paint) -> Iterator[str]:
    """The modules around it, and the way through tables, notations and blocks to where it is written."""
    yield paint("path", "strong")
    inside = ((path or found.network, block if path else "") for path, block in found.inside)
    around = [f"{path} ({block})" if block else path for path, block in inside]
    yield f"  modules  {clean(' → '.join([*around, found.name]))}"
    steps = found.trace.path() if found.trace is not None else []
    rows = [(step.text, str(step.span)) for step in steps]
    if steps and steps[-1].span[:2] != found.span[:2]:
        rows.append((found.span.text.partition("\n")[0], str(found.span)))
    for index, line in enumerate(grid(rows, [False, False]) if rows else ()):
        yield f"  {'written ' if not index else '        '} {clean(line)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return clean(", ".join(names[:MOST_NAMES]) + more)
