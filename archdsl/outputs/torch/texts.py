"""What the constructor and the functions of a class say, with columns where its uses differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from archdsl.outputs.torch.classes import IDENTITY, Class
from archdsl.outputs.torch.code import (
    Binary,
    Call,
    Const,
    Expr,
    Items,
    Name,
    Noted,
    Repeat,
    Subscript,
)
from archdsl.outputs.torch.columns import Column, columns, unify
from archdsl.outputs.torch.merging import MISSING, Slot
from archdsl.outputs.torch.signatures import complete
from archdsl.outputs.torch.uses import Leaf, Part, Use, runs
from archdsl.sizes import alike, show

FEWEST_NOTED = 2
"""A chain that changes sizes less often needs no comments."""

Text = tuple[int, int]
"""One text of a class: the index of the part, and which kind of it, or FUNCTION.

A row of blocks has two texts: the block at place `i`, and under COUNT how many there are.
"""

FUNCTION = MISSING
COUNT = (1, 0)

ClassOf = Callable[[Use], Class]


def texts_of(subject: Class, class_of: ClassOf) -> dict[Text, Expr]:
    """Everything that the class says."""
    reader = _Reader(subject, class_of)
    if subject.group.stem:
        return reader.row()
    found: dict[Text, Expr] = {}
    for index, slot in enumerate(subject.group.slots):
        part = slot.exemplar
        if not part.again:
            found |= reader.texts(index, slot)
    return found


class _Reader:
    """Reads the uses of one class."""

    def __init__(self, subject: Class, class_of: ClassOf) -> None:
        self.subject = subject
        self.class_of = class_of
        self.is_alone = len(subject.uses) == 1

    def texts(self, index: int, slot: Slot) -> dict[Text, Expr]:
        """One part: as a function if it can be one, else each of its kinds as a submodule."""
        part = slot.exemplar
        kinds = sorted(set(slot.kinds) - {MISSING})
        is_function = isinstance(part, Leaf) and part.is_function and not self.subject.is_sequential
        if is_function and len(kinds) == 1:
            calls = [each.call() if isinstance(each, Leaf) else None for each in slot.parts]
            text = self._unified(calls)
            if not _has_module(part) or not _varies(text):
                return {(index, FUNCTION): text}
        found: dict[Text, Expr] = {}
        for kind in kinds:
            parts = [each if k == kind else None for each, k in zip(slot.parts, slot.kinds, strict=True)]
            found[index, kind] = self.constructor(parts) if any(parts) else IDENTITY
        return found

    def constructor(self, parts: Sequence[Part | None]) -> Expr:
        """The submodule that these parts are; chains of unlike lengths are folded."""
        exprs = [None if part is None else self._made(part, False) for part in parts]
        text = exprs[0] if self.is_alone else unify(exprs)
        if text is not None:
            return text
        return self._unified([None if part is None else self._made(part, True) for part in parts])

    def row(self) -> dict[Text, Expr]:
        """The block at place `i` of a row of blocks, and how many there are."""
        blocks = [[part for part in use.parts if isinstance(part, Use)] for use in self.subject.uses]
        rows = [[self._instance(part) for part in parts] for parts in blocks]
        first = rows[0][0]
        kwargs = []
        for position, (name, _) in enumerate(first.kwargs):
            values = [[_value(each.kwargs[position][1]) for each in row] for row in rows]
            kwargs.append((name, _along(values)))
        block = Call(first.function, (), tuple(kwargs))
        return {(0, 0): block, COUNT: _shared([len(row) for row in rows])}

    def _unified(self, exprs: Sequence[Expr | None]) -> Expr:
        if self.is_alone and exprs[0] is not None:
            return exprs[0]
        text = unify([None if expr is None else complete(expr) for expr in exprs])
        assert text is not None, "the uses of one class differ in more than numbers"
        return text

    def _made(self, part: Part, folded: bool) -> Expr:
        if isinstance(part, Leaf):
            return part.constructor() if self.is_alone else complete(part.constructor())
        return self._sequential(part, folded) if part.is_chain else self._instance(part)

    def _instance(self, part: Use) -> Call:
        made = self.class_of(part)
        row = made.row[id(part.scope.first or part.scope)]
        kwargs = [(each.name, Const(each.values[row])) for each in made.parameters]
        return Call(Name(made.name), (), tuple(kwargs))

    def _sequential(self, chain: Use, folded: bool) -> Call:
        if folded:
            same = runs(chain.parts)
            items = tuple([Repeat(self._made(run[0], folded), Const(len(run))) for run in same])
            return Call(Name("nn.Sequential"), items)
        modules = [self._made(part, folded) for part in chain.parts]
        return sequential("nn.Sequential", [part.name for part in chain.parts], self._noted(chain, modules))

    def _noted(self, chain: Use, modules: list[Expr]) -> list[Expr]:
        """In a net, which is there once, the sizes where a chain changes them several times."""
        if self.subject.uses[0].parent is not None:
            return modules
        ends = [(part.inputs[0], part.outputs[0]) for part in chain.parts]
        shapes = [(a.open or a.shape or (), b.open or b.shape or ()) for a, b in ends]
        changes = [not alike(before[1:], after[1:]) for before, after in shapes]
        if sum(changes) < FEWEST_NOTED:
            return modules
        return [
            Noted(module, show(after)) if changed else module
            for module, changed, (_, after) in zip(modules, changes, shapes, strict=True)
        ]


def sequential(called: str, names: Sequence[str], modules: Sequence[Expr]) -> Call:
    """A call that takes modules in order, by their names where these are not just numbers."""
    if list(names) == [str(index) for index in range(len(names))]:
        return Call(Name(called), tuple(modules))
    entries = [Items((Const(name), module), "()") for name, module in zip(names, modules, strict=True)]
    return Call(Name(called), (Call(Name("OrderedDict"), (Items(tuple(entries)),)),))


def _has_module(part: Part) -> bool:
    return isinstance(part, Leaf) and part.torch.module is not None


def _varies(text: Expr) -> bool:
    return any(not column.is_fixed for column in columns(text, "", lambda called, argument: None))


def _value(expr: Expr) -> Any:
    return expr.value if isinstance(expr, Const) else None


def _along(rows: Sequence[Sequence[Any]]) -> Expr:
    """The number at place `i` of each row: the same, or so much more at each place, or as listed."""
    if all(value == row[0] for row in rows for value in row):
        return _shared([row[0] for row in rows])
    if all(type(value) is int for row in rows for value in row):
        steps = {after - before for row in rows for before, after in pairwise(row)}
        if len(steps) == 1:
            first = _shared([row[0] for row in rows])
            return Binary("+", first, Binary("*", Const(steps.pop()), Name("i")))
    return Subscript(_shared([tuple(row) for row in rows]), (Name("i"),))


def _shared(values: Sequence[Any]) -> Expr:
    """One constant of each use."""
    column = Column(tuple(values))
    return Const(values[0]) if column.is_fixed else Const(column)
