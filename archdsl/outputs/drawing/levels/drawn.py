"""Bars with their letters, the links between them and a legend, as parts of a scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.levels import legend
from archdsl.outputs.drawing.levels.bars import LABELS, SIGN, Bar, Plan
from archdsl.outputs.drawing.levels.lines import ROOM_FOR_ARROW, arrow, steps, uprights
from archdsl.outputs.drawing.levels.lines import drawn as line
from archdsl.outputs.drawing.levels.words import (
    NAME,
    about,
    channels,
    crops,
    inside,
    key_of,
    kind_of,
    resolution,
)
from archdsl.outputs.drawing.scene import Circle, Dash, Group, Line, Part, Text
from archdsl.outputs.drawing.themes import SMALL

_GAP = 3.0
"""Between two texts on a line."""
_HEAD = 5.5
"""Between a text and a line up or down, which may have its head there."""


def parts_of(plan: Plan) -> list[Part]:
    """Everything but the legend."""
    parts: list[Part] = []
    for link in plan.found.links:
        made = line(link, plan)
        parts += made if isinstance(made, tuple) else (made,)
    for bars in plan.stages.values():
        for before, bar in zip((None, *bars), bars, strict=False):
            parts.append(_bar(before, bar, plan))
    for scale in plan.found.rows:
        stages = [bars for stage, bars in plan.stages.items() if stage.scale == scale]
        parts += _over(stages, uprights(plan, "top", scale))
        parts += _names(stages, plan, uprights(plan, "top", scale))
        parts += _under(stages, uprights(plan, "bottom", scale))
    return parts


def _bar(before: Bar | None, bar: Bar, plan: Plan) -> Group:
    parts: list[Part] = list(arrow(before, bar)) if before else []
    x = bar.x
    if bar.sign:
        parts += _sign(bar)
        x += bar.front
    dash: Dash = "dashed" if bar.unit.head.training else "solid"
    for wide, role in bar.parts:
        parts.append(
            legend.body(x, bar.top, wide, bar.height, role, bar.tone, bar.unit.scope is not None, dash)
        )
        x += wide
    return Group(key_of(bar.units[0]), about(bar.units, plan.found.checked), tuple(parts))


def _sign(bar: Bar) -> Iterator[Part]:
    x, y, arm = bar.x + SIGN, bar.y, SIGN / 2
    yield Circle(x, y, SIGN, "merge")
    if bar.sign == "+":
        yield Line(((x - arm, y), (x + arm, y)), "merge", weight=1.1)
        yield Line(((x, y - arm), (x, y + arm)), "merge", weight=1.1)
    else:
        yield Text(x, y + 0.36 * SMALL, bar.sign[:1], SMALL)


# -- letters --------------------------------------------------------------------------------------


def _over(stages: Sequence[Sequence[Bar]], lines: Sequence[float]) -> Iterator[Text]:
    """The channels of the bars on a row, those of equal neighbours once where they are close."""
    spans: list[tuple[float, float]] = []
    for bars in stages:
        y = min(bar.top for bar in bars) - 3
        for text, run in groupby(bars, lambda bar: channels(bar.unit.value)):
            equal = list(run)
            wide = width(text, SMALL)
            pitches = (b.middle - a.middle for a, b in pairwise(equal))
            each = [[bar] for bar in equal] if all(p > wide + 4 for p in pitches) else [equal]
            for together in each:
                side = 1 if together[-1] is bars[-1] else -1
                yield Text(_free(_middle(together), wide, lines, spans, side), y, text, SMALL)


def _names(stages: Sequence[Sequence[Bar]], plan: Plan, lines: Sequence[float]) -> Iterator[Text]:
    """The names of inputs and outputs, over the channels."""
    spans: list[tuple[float, float]] = []
    for bars in stages:
        y = min(bar.top for bar in bars) - LABELS - 3
        for bar in bars:
            name = shortened(plan.named(bar), NAME, SMALL, bold=True)
            wide = width(name, SMALL, bold=True)
            entering = bar.unit.head.op.family == "source"
            middle = bar.x + wide / 2 if entering else bar.right - wide / 2
            if name:
                yield Text(_free(middle, wide, lines, spans, 1), y, name, SMALL, bold=True)


def _under(stages: Sequence[Sequence[Bar]], lines: Sequence[float]) -> Iterator[Text]:
    """The sizes of the maps on a row, those of equal neighbours once."""
    spans: list[tuple[float, float]] = []
    for bars in stages:
        y = max(bar.bottom for bar in bars) + 8.5
        sizes = groupby(bars, lambda bar: resolution(bar.unit.value))
        runs = [(text, _middle(list(run))) for text, run in sizes if text]
        if any(b - a < width(text, SMALL) + 2 for (text, a), (_, b) in pairwise(runs)):
            runs = [(f"{runs[0][0]} … {runs[-1][0]}", _middle(bars))]
        for number, (text, middle) in enumerate(runs):
            side = -1 if number == 0 and len(runs) > 1 else 1
            yield Text(_free(middle, width(text, SMALL), lines, spans, side), y, text, SMALL, role="faint")


def _middle(bars: Sequence[Bar]) -> float:
    return (bars[0].x + bars[0].front + bars[-1].right) / 2


def _free(
    middle: float, wide: float, lines: Sequence[float], spans: list[tuple[float, float]], side: int
) -> float:
    """The middle for a text, as near as can be, where no line and no text is in its way.

    Where something is, it moves to the right if `side` is 1, and to the left if it is -1, if it can.
    """
    half = wide / 2
    taken = [*((x - _HEAD, x + _HEAD) for x in lines), *((a - _GAP, b + _GAP) for a, b in spans)]
    near = [middle, *(left - half for left, _ in taken), *(right + half for _, right in taken)]
    near = sorted(near, key=lambda x: abs(x - middle) + (wide if (x - middle) * side < 0 else 0))
    best = next((x for x in near if _is_free(x, half, taken)), middle)
    spans.append((best - half, best + half))
    return best


def _is_free(middle: float, half: float, taken: Sequence[tuple[float, float]]) -> bool:
    return all(right - 0.01 <= middle - half or middle + half <= left + 0.01 for left, right in taken)


# -- legend ---------------------------------------------------------------------------------------


def entries_of(plan: Plan) -> list[legend.Entry]:
    """What the lines and bars of this drawing mean."""
    found = plan.found
    entries: list[legend.Entry] = []
    by_arrow = plan.form.gap >= ROOM_FOR_ARROW and len(plan.usual) == 1
    closed = [unit for stage in found.stages for unit in stage.units if unit.scope]
    blocks = {kind_of(unit): unit for unit in sorted(closed, key=lambda unit: -len(unit.nodes))}
    for tone, name in enumerate(plan.usual):
        if name not in blocks:
            told = legend.arrow("learned", 1.1, name) if by_arrow else legend.bar(["learned"], name, tone)
            entries.append(told)
    for name, unit in blocks.items():
        tone = int(name in plan.usual[1:])
        entries.append(legend.bar(["learned"], f"{name}: {inside(unit)}", tone, block=True))
    for each in steps(plan):
        entries.append(legend.arrow(each.role, 1.5, each.kind, each.drop))
    across = [link for link in found.links if not link.drop]
    if any(link.indices for link in across):
        entries.append(legend.arrow("pool", 0.9, "where the pooling found its values", dashed=True))
    bare = [link for link in across if not link.indices]
    vias = {node.op.name for link in bare for node in link.via}
    if bare and vias <= {"crop"}:
        words = "copy and crop" if any(map(crops, bare)) else "copy"
        entries.append(legend.arrow("arrow", 0.9, words))
    if any(len(bar.parts) > 1 for bar in plan.bars.values()):
        entries.append(legend.bar(["source", "learned"], "concat"))
    return entries
