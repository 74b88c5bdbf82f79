"""What many layers share stands in a page's data once: texts, places in them, ways there, calls.

Promises numbers that count up from 0 in the order in which things are first met, so the same networks
give the same data. Texts are safe to show: what could reorder or hide letters is a mark instead.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from archdsl.check.model import written_shape
from archdsl.diagnostics import Step, Trace
from archdsl.diagnostics.style import clean
from archdsl.graph.model import Node
from archdsl.outputs.written import written
from archdsl.sizes import Shape, show
from archdsl.source import Source, Span

_SEEN_THROUGH = frozenset("\n\t")
_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


class Tables:
    """The tables of one page, which grow while its networks are written down."""

    def __init__(self) -> None:
        self.files: list[dict[str, str]] = []
        self.places: list[list[int]] = []
        self.ways: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self._folder: str | None = None
        """That of the first file."""
        self._numbers: dict[Hashable, int] = {}
        self._kept: list[object] = []
        """What is known by its identity has to live as long as the table."""

    def file(self, source: Source) -> int:
        """The number of a text."""
        return self._number(("file", id(source)), self.files, lambda: self._file(source))

    def place(self, span: Span) -> int:
        """The number of a range of a text: file, line, column, and the line and column behind its end."""
        key = "place", id(span.source), span.start, span.end
        return self._number(key, self.places, lambda: self._place(span))

    def way(self, trace: Trace) -> int | None:
        """The number of the innermost step to a place; None where nothing leads there."""
        if trace is None:
            return None
        steps = []
        step: Trace = trace
        while step is not None and ("way", id(step)) not in self._numbers:
            steps.append(step)
            step = step.outer
        number = None if step is None else self._numbers["way", id(step)]
        for each in reversed(steps):
            number = self._step(each, number)
        return number

    def call(self, node: Node) -> int:
        """The number of an operator with its arguments, applied to values of some shapes."""
        inputs, outputs = (
            [shape_words(written_shape(value)) for value in values] for values in (node.inputs, node.outputs)
        )
        key = "call", id(node.op), tuple(inputs), tuple(outputs), node.first is None
        return self._number(key, self.calls, lambda: self._call(node, inputs, outputs))

    def _step(self, step: Step, outer: int | None) -> int:
        """The number of a step behind another one; several steps may be the same."""
        self._kept.append(step)
        entry = {"text": clean(step.text), "place": self.place(step.span), "outer": outer}
        number = self._number(("step", *entry.values()), self.ways, lambda: entry)
        self._numbers["way", id(step)] = number
        return number

    # -- entries ------------------------------------------------------------------------------------

    def _number(self, key: Hashable, table: list[Any], entry: Callable[[], object]) -> int:
        number = self._numbers.get(key)
        if number is None:
            made = entry()
            number = self._numbers[key] = len(table)
            table.append(made)
        return number

    def _file(self, source: Source) -> dict[str, str]:
        self._kept.append(source)
        self._folder = os.path.dirname(source.name) if self._folder is None else self._folder
        return {"name": clean(self._near(source.name)), "text": shown(source.text)}

    def _near(self, name: str) -> str:
        """The name of a file as the first one would import it: where that lies is nobody's business."""
        return os.path.relpath(name, self._folder).replace(os.sep, "/") if self._folder else name

    def _place(self, span: Span) -> list[int]:
        start, end = (span.source.position(offset) for offset in (span.start, max(span.start, span.end)))
        return [self.file(span.source), *start, *end]

    def _call(self, node: Node, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
        self._kept.append(node.op)
        op = node.op
        given = [(each.name, getattr(op, each.name), each.default) for each in op.args]
        return {
            "op": op.name,
            "family": op.family,
            "about": _headline(op.__doc__ or ""),
            "label": clean(op.label(*node.open_shapes)),
            "weighty": op.is_weight_layer,
            "arguments": [[name, clean(written(value))] for name, value, usual in given if value != usual],
            "inputs": inputs,
            "outputs": outputs,
            "weights": [
                [clean(weight.name), shape_words(weight.shape), weight.is_parameter]
                for weight in op.weights(*node.shapes)
            ],
        }


def shape_words(shape: Shape) -> str:
    """`64 × 56 × 56`."""
    return clean(show(shape)).replace(" x ", " × ")


def per_axis(values: Iterable[object]) -> str:
    """`11 × 11`; empty where there are no axes."""
    return " × ".join(map(str, values))


def shown(text: str) -> str:
    """A text as it is, but for characters that would not show: each is one mark, so places stay right."""
    if text.isascii() and all(letter.isprintable() or letter in _SEEN_THROUGH for letter in set(text)):
        return text
    return "".join(map(_mark, text))


def _mark(letter: str) -> str:
    if letter in _SEEN_THROUGH or unicodedata.category(letter) not in _UNSAFE:
        return letter
    return chr(0x2400 + ord(letter)) if letter < " " else "\N{REPLACEMENT CHARACTER}"


def _headline(doc: str) -> str:
    return " ".join(doc.strip().partition("\n\n")[0].split())
