"""Numbers of a paper's table: computed, in the form in which the paper prints them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archdsl.check.model import Checked, Verdict, shape_of
from archdsl.check.printed import read
from archdsl.outputs.table.grid import per_axis
from archdsl.outputs.table.paper.words import sizes
from archdsl.sizes import Shape
from archdsl.syntax import tree

DIGITS = 3
"""Digits of a number for which the paper prints none."""

EXACT = 10_000
"""Smaller numbers are printed whole."""

SCALES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))

TITLES = {
    "output": "output size",
    "shape": "output size",
    "params": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "receptive_field": "receptive field",
}
UNITS = {**TITLES, "params": "params"}
MEASURES = ("depth",)
"""Metrics that count no things of their name."""


class Figure(NamedTuple):
    """A number or a size as it is printed; `said` is what the source prints, where that is another."""

    text: str
    said: str = ""


def title(metric: str) -> str:
    """`weight_layers` as a heading."""
    return TITLES.get(metric, metric.replace("_", " "))


def with_unit(text: str, metric: str) -> str:
    """`133M params`, `depth 20`: for a table that has no column to say what its lines are."""
    words = UNITS.get(metric, metric.replace("_", " "))
    return f"{words} {text}" if metric in MEASURES else f"{text} {words}"


def totals(networks: Sequence[Checked], metric: str) -> list[Figure]:
    """A total of each network, in the form of the source only where that prints it for all."""
    values = [getattr(each.metrics, metric) for each in networks]
    verdicts = [_verdict(each, metric, 0, value) for each, value in zip(networks, values, strict=True)]
    alike = all(each is not None and each.expectation.kind == "claim" for each in verdicts)
    return [number(value, each, like=alike) for value, each in zip(values, verdicts, strict=True)]


def computed(checked: Checked, metric: str, start: int, end: int, last: int) -> Any:
    """A metric of the nodes of a line, of which `last` gives the result; None where there is none."""
    if metric in ("output", "shape"):
        return shape_of(checked.graph.nodes[last].outputs[0])
    if metric in ("stride", "receptive_field"):
        return getattr(checked.layers[last], metric)
    return getattr(checked.part(start, end), metric, None)


def cell(checked: Checked, metric: str, start: int, end: int, last: int, form: Form) -> Figure:
    """The same as it is printed."""
    value = computed(checked, metric, start, end, last)
    if not value:
        return Figure("")
    verdict = _verdict(checked, metric, start, value)
    if metric in ("output", "shape"):
        failed = verdict is not None and not verdict.holds
        return Figure(form.size(value), _printed(verdict) if failed else "")
    if isinstance(value, tuple):
        return Figure(per_axis(value), _printed(verdict) if verdict and not verdict.holds else "")
    return number(value, verdict, whole=form.whole)


def number(value: int, verdict: Verdict | None, *, whole: bool = False, like: bool = True) -> Figure:
    """A number in the form of what a claim prints for it, or with DIGITS digits."""
    printed = _printed(verdict)
    form = read(printed)
    text = f"{value:,}" if whole or value < EXACT else rounded(value)
    if verdict is None or form is None:
        return Figure(text)
    if like and verdict.expectation.kind == "claim":
        cut = "truncates" in verdict.remark
        text = form.reprint(Fraction(value) // form.step * form.step if cut else Fraction(value))
        text = text.replace("_", ",")
    # where the source rounds in its own way, the number is its own all the same
    said = "" if verdict.holds or text == printed.replace("_", ",") else printed.replace("_", ",")
    return Figure(text, said)


def rounded(value: int) -> str:
    """`11.7M`: with DIGITS digits."""
    for scale, letter in SCALES:
        # 999,500 is 1.00M
        if value * 2000 >= 1999 * scale:
            texts = [f"{value / scale:.{decimals}f}" for decimals in reversed(range(DIGITS))]
            return next((each for each in texts if len(each) <= DIGITS + 1), texts[-1]) + letter
    return str(value)


def _verdict(checked: Checked, metric: str, start: int, value: Any) -> Verdict | None:
    """What is printed about a range of nodes, of which a metric has this value; a claim first."""
    wanted = "shape" if metric == "output" else metric
    found = [
        each
        for each in checked.verdicts
        if each.expectation.metric == wanted
        and each.expectation.start == start
        and each.expectation.operator in ("~", "==")
        and each.computed == value
    ]
    return min(found, key=lambda each: each.expectation.kind == "expect", default=None)


def _printed(verdict: Verdict | None) -> str:
    """What is printed, as it is written, but for the signs of sizes."""
    return "" if verdict is None else verdict.expectation.printed.span.text.replace(" x ", " × ")


class Form(NamedTuple):
    """How a column of a table prints what it prints."""

    rank: int = 0
    """Axes of a size; 0 where none is printed."""
    channels_last: bool = False
    whole: bool = False
    """Whether numbers are printed with all their digits."""

    def size(self, shape: Shape) -> str:
        if self.rank == 2 and len(shape) == 3:
            return sizes(shape[1:])
        return sizes((*shape[1:], shape[0]) if self.channels_last and len(shape) == 3 else shape)


def form_of(cells: Sequence[tree.Cell], shapes: Sequence[Shape]) -> Form:
    """How a column prints, from its cells and the shapes that are computed for them."""
    for cell, shape in zip(cells, shapes, strict=True):
        item = cell.items[0] if cell.items else None
        if isinstance(item, tree.Dims):
            parts = tuple(each.value for each in item.parts if isinstance(each, tree.Number))
            last = len(shape) == 3 and parts == (*shape[1:], shape[0]) and parts != shape
            return Form(len(item.parts), last)
    texts = [cell.span.text.strip() for cell in cells if cell.items]
    return Form(whole=bool(texts) and all(text.replace("_", "").isdecimal() for text in texts))
