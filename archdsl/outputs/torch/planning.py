"""The parameters of every class, and everything that the class says in terms of them.

Assumes groups of uses. Promises classes whose constructors, called for a use with the values that
their parameters have there, make exactly that use.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from archdsl.graph.model import Value
from archdsl.outputs.torch.classes import IDENTITY, Class, Member
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
    leaves,
    rebuild,
)
from archdsl.outputs.torch.columns import Column, columns, unify
from archdsl.outputs.torch.conditions import condition
from archdsl.outputs.torch.merging import MISSING, Slot
from archdsl.outputs.torch.names import Names, variable
from archdsl.outputs.torch.parameters import Parameters, ordered
from archdsl.outputs.torch.signatures import complete, trim
from archdsl.outputs.torch.uses import Leaf, Part, Use, runs
from archdsl.sizes import show

FEWEST_NOTED = 2
"""A chain that changes sizes less often needs no comments."""

COUNT = 1
"""In the class of a row: the index of the text that says how many."""

Text = tuple[int, int]
"""One of the texts of a class: the index of a part, and which kind of it."""


class Planner:
    """All classes of one source."""

    def __init__(self, classes: Sequence[Class]) -> None:
        self.classes = classes
        self._by_name = {each.name: each for each in classes}
        self._by_scope = {scope: each for each in classes for scope in each.row}

    def class_of(self, use: Use) -> Class:
        """The class that a use is an instance of."""
        return self._by_scope[id(use.scope.first or use.scope)]

    def counts_channels(self, called: str, argument: str) -> bool | None:
        """What an argument of a class counts; None for other calls."""
        made = self._by_name.get(called)
        if made is None:
            return None
        return next((bool(each.counts_channels) for each in made.parameters if each.name == argument), False)

    def plan(self) -> None:
        """Plan every class, again where one that it makes has changed since: blocks may hold themselves."""
        seen: dict[int, dict[int, Any]] = {}
        stale: Sequence[Class] = self.classes
        while stale:
            for each in stale:
                plan = _Plan(self, each)
                plan.run()
                seen[id(each)] = plan.made
            stale = [
                each
                for each in self.classes
                if any(_signature(made) != was for made, was in seen[id(each)].values())
            ]


def _signature(made: Class) -> Any:
    return {each.name: each.values for each in made.parameters}


class _Plan:
    """The plan of one class in the making."""

    def __init__(self, planner: Planner, subject: Class) -> None:
        self.planner = planner
        self.subject = subject
        self.group = subject.group
        self.made: dict[int, tuple[Class, Any]] = {}
        """The classes that it makes instances of, as they were."""
        sources, arguments = _bases(subject.uses)
        names = Names({"self", "i", *subject.lent} if self.group.stem else {"self", *subject.lent})
        self.parameters = Parameters(sources, arguments, names, subject.parameters)
        self.texts: dict[Text, Expr] = {}
        self.expressed: dict[Column, Expr] = {}

    def run(self) -> None:
        if self.group.stem:
            self._read_row()
        for index, slot in enumerate(self.group.slots):
            self._read(index, slot)
        for index, slot in enumerate(self._held()):
            self._read(-1 - index, slot)
        found = [column for (index, _), text in self.texts.items() for column in self._columns(index, text)]
        for column in found:
            expr = None if column.is_fixed else self.parameters.exact(column)
            if expr is not None:
                self.expressed[column] = expr
        for column in found:
            if not column.is_fixed and column not in self.expressed:
                self.expressed[column] = self._expressed(column)
        for column in found:
            if column.is_fixed:
                self.expressed[column] = self._likely(column)
        self._write()

    def _expressed(self, column: Column) -> Expr:
        elements = column.elements()
        if elements is None:
            return self.parameters.express(column)
        return Items(
            tuple([Const(e.first) if e.is_fixed else self.parameters.express(e) for e in elements]), "()"
        )

    def _likely(self, column: Column) -> Expr:
        """A number of a part that some uses lack: what it would follow, if they had it, is likely
        what the same number follows elsewhere in the class."""
        value = column.first
        own = self.parameters.neighbour(column) if column.called == self.subject.name else None
        if own is not None:
            return own
        if not column.counts_channels and (column.role != "stride" or value == 1):
            return Const(value)
        known = [each for each in self.expressed if not each.is_fixed]
        known.sort(key=lambda each: each.role != column.role)
        for each in known:
            alike = each.role == column.role or (each.counts_channels and column.counts_channels)
            expr = self.expressed[each]
            if alike and column.is_given_by(self.parameters.evaluate(expr)):
                return expr
        return Const(value)

    # -- what the uses say ----------------------------------------------------------------------

    def _held(self) -> list[Slot]:
        uses = self.subject.uses
        return [
            Slot(part.name, (), [use.held[index] for use in uses], [0] * len(uses))
            for index, part in enumerate(uses[0].held)
        ]

    def _read(self, index: int, slot: Slot) -> None:
        """The texts of one part, with columns where the uses differ."""
        part = next(part for part in slot.parts if part is not None)
        if part.borrowed and index >= 0 or part.again:
            return
        kinds = sorted(set(slot.kinds) - {MISSING})
        if len(kinds) == 1 and isinstance(part, Leaf) and part.is_function and index >= 0:
            text = self._unified([each.call() if isinstance(each, Leaf) else None for each in slot.parts])
            varies = any(not column.is_fixed for column in self._columns(index, text))
            if part.torch.module is None or not varies:
                self.texts[index, MISSING] = text
                return
        for kind in kinds:
            parts = [each if k == kind else None for each, k in zip(slot.parts, slot.kinds, strict=True)]
            self.texts[index, kind] = self._constructor(parts) if any(parts) else IDENTITY

    def _read_row(self) -> None:
        """The block at place `i` of a row, and how many there are."""
        rows = [[self._made(part, False) for part in use.parts] for use in self.subject.uses]
        first = rows[0][0]
        assert isinstance(first, Call)
        kwargs = []
        for position, (name, _) in enumerate(first.kwargs):
            columns = [[each.kwargs[position][1].value for each in row] for row in rows]
            kwargs.append((name, _along(columns)))
        self.texts[0, 0] = Call(first.function, (), tuple(kwargs))
        self.texts[COUNT, 0] = _shared([len(row) for row in rows])

    def _constructor(self, parts: Sequence[Part | None]) -> Expr:
        for folded in (False, True):
            exprs = [None if part is None else self._made(part, folded) for part in parts]
            text = exprs[0] if len(exprs) == 1 else unify(exprs)
            if text is not None:
                return text
        raise AssertionError("uses of one class differ in more than numbers")

    def _unified(self, exprs: Sequence[Expr | None]) -> Expr:
        if len(exprs) == 1 and exprs[0] is not None:
            return exprs[0]
        text = unify([None if expr is None else complete(expr) for expr in exprs])
        assert text is not None, "uses of one class differ in more than numbers"
        return text

    def _made(self, part: Part, folded: bool) -> Expr:
        """The constructor's call for one part; chains fold neighbours that are the same."""
        if isinstance(part, Leaf):
            return complete(part.constructor()) if len(self.subject.uses) > 1 else part.constructor()
        if part.is_chain:
            return self._sequential(part, folded)
        made = self.planner.class_of(part)
        self.made[id(made)] = made, _signature(made)
        row = made.row[id((part.scope.first or part.scope))]
        kwargs = [(each.name, Const(each.values[row])) for each in made.parameters]
        inner = self.subject.lent
        lent = [(name, Name(name if name in inner else f"self.{name}")) for name in part.lent]
        return Call(Name(made.name), (), (*kwargs, *lent))

    def _sequential(self, chain: Use, folded: bool) -> Expr:
        items: list[Expr] = []
        if folded:
            for same in runs(chain.parts):
                item = self._made(same[0], folded)
                items.append(Repeat(item, Const(len(same))))
            return Call(Name("nn.Sequential"), tuple(items))
        items = [self._made(part, folded) for part in chain.parts]
        if all(part.name == str(index) for index, part in enumerate(chain.parts)):
            return Call(Name("nn.Sequential"), tuple(self._noted(chain, items)))
        named = [
            Items((Const(part.name), item), "()") for part, item in zip(chain.parts, items, strict=True)
        ]
        return Call(Name("nn.Sequential"), (Call(Name("OrderedDict"), (Items(tuple(named)),)),))

    def _noted(self, chain: Use, items: list[Expr]) -> list[Expr]:
        """In a net that speaks for itself, the sizes where a chain changes them several times."""
        if self.subject.uses[0].parent is not None:
            return items
        sizes = [((part.inputs[0].shape or ())[1:], part.outputs[0].shape or ()) for part in chain.parts]
        changes = [before != after[1:] for before, after in sizes]
        if sum(changes) < FEWEST_NOTED:
            return items
        return [
            Noted(item, show(after)) if changed else item
            for item, changed, (_, after) in zip(items, changes, sizes, strict=True)
        ]

    # -- what the class says --------------------------------------------------------------------

    def _columns(self, index: int, text: Expr) -> list[Column]:
        if len(self.subject.uses) == 1:
            return []
        if self.group.stem:
            role = "count" if index == COUNT else ""
            return list(columns(text, variable(self.group.stem), self.planner.counts_channels, role))
        slot = self.group.slots[index] if index >= 0 else self._held()[-1 - index]
        part = next(part for part in slot.parts if part is not None)
        numbered = slot.name.isdigit() and isinstance(part, Leaf)
        owner = variable(part.node.op.name if numbered else slot.name)
        return list(columns(text, owner, self.planner.counts_channels))

    def _write(self) -> None:
        subject, group = self.subject, self.group
        subject.members, subject.functions, subject.held, subject.stored = {}, {}, [], []
        if self.group.stem:
            subject.count = self._filled(self.texts.pop((COUNT, 0)))
            subject.members[0] = Member(self.group.stem, self._filled(self.texts.pop((0, 0))))
        conditions = {index: self._choice(index) for index, kind in self.texts if kind == 1}
        self._find_end()
        for (index, kind), text in self.texts.items():
            if kind == MISSING:
                subject.functions[index] = trim(self._kept(self._filled(text)))
            elif index < 0:
                name = subject.uses[0].held[-1 - index].name
                subject.held.append(Member(name, self._filled(text)))
            elif index not in conditions:
                subject.members[index] = Member(group.slots[index].name, self._filled(text))
        for index, (kind, test) in conditions.items():
            module, otherwise = self._filled(self.texts[index, kind]), self._filled(self.texts[index, 1 - kind])
            subject.members[index] = Member(group.slots[index].name, module, test, otherwise)
        subject.parameters = ordered(self.parameters.needed)

    def _choice(self, index: int) -> tuple[int, Expr]:
        """Which kind of a part is the one to speak of, and when it is that one."""
        kind = 1 if self.texts[index, 0] == IDENTITY else 0
        slot = self.group.slots[index]
        wanted = [None if each == MISSING else each == kind for each in slot.kinds]
        return kind, condition(wanted, self.parameters, self._terms(), variable(slot.name))

    def _find_end(self) -> None:
        group = self.group
        self.subject.goes_on, self.subject.flag = None, ""
        if group.end is None:
            return
        slot = group.slots[group.end]
        part = next(part for part in slot.parts if part is not None)
        name = variable(part.node.op.name if isinstance(part, Leaf) else part.name)
        wanted = [kind != MISSING for kind in slot.kinds]
        self.subject.goes_on = condition(wanted, self.parameters, self._terms(), name)
        modules = [i for i, kind in self.texts if i >= group.end and kind != MISSING]
        if isinstance(self.subject.goes_on, Name):
            name = self.subject.goes_on.text
        self.subject.flag = "" if modules else name

    def _terms(self) -> list[tuple[Expr, list[Any]]]:
        """The numbers of channels that the class speaks of, in all uses."""
        exprs = dict.fromkeys(expr for column, expr in self.expressed.items() if column.counts_channels)
        return [(expr, self.parameters.evaluate(expr)) for expr in exprs]

    def _filled(self, text: Expr) -> Expr:
        if not self.expressed:
            return text
        return rebuild(
            text,
            lambda leaf: self.expressed[leaf.value]
            if isinstance(leaf, Const) and isinstance(leaf.value, Column)
            else leaf,
        )

    def _kept(self, function: Expr) -> Expr:
        """A function as the forward pass says it: parameters are attributes there."""
        known = {each.name for each in self.parameters.needed}
        used = dict.fromkeys(x.text for x in leaves(function) if isinstance(x, Name) and x.text in known)
        if not used:
            return function
        self.subject.stored += [name for name in used if name not in self.subject.stored]
        return rebuild(
            function,
            lambda leaf: Name(f"self.{leaf.text}") if isinstance(leaf, Name) and leaf.text in used else leaf,
        )


def _along(rows: Sequence[Sequence[Any]]) -> Expr:
    """The number at place `i` of each row: the same, or so much more at each place, or as listed."""
    steps = {after - before for row in rows for before, after in pairwise(row) if _are_ints(before, after)}
    if all(value == row[0] for row in rows for value in row):
        return _shared([row[0] for row in rows])
    if len(steps) == 1 and all(_are_ints(*row) for row in rows):
        return Binary("+", _shared([row[0] for row in rows]), Binary("*", Const(steps.pop()), Name("i")))
    return Subscript(_shared([tuple(row) for row in rows]), (Name("i"),))


def _shared(values: Sequence[Any]) -> Expr:
    """One value of each use."""
    column = Column(tuple(values))
    return Const(values[0]) if column.is_fixed else Const(column)


def _are_ints(*values: Any) -> bool:
    return all(type(value) is int for value in values)


def _bases(uses: Sequence[Use]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """What could be a parameter: the channels of the inputs, and the static arguments of the block."""
    if len(uses) == 1:
        return {}, {}
    sources = {}
    for index in range(len(uses[0].inputs)):
        shapes = [use.inputs[index].shape or () for use in uses]
        if all(shapes):
            what = "channels" if any(len(shape) > 1 for shape in shapes) else "features"
            name = uses[0].input_names[index] if index else "in"
            sources[f"{name}_{what}"] = [shape[0] for shape in shapes]
    rows = [_arguments(use) for use in uses]
    shared = [name for name in rows[0] if all(name in row for row in rows)]
    return sources, {variable(name): [row[name] for row in rows] for name in shared}


def _arguments(use: Use) -> dict[str, Any]:
    """The static arguments that a use can see, its block's own."""
    block: Use | None = use
    while block is not None and block.scope.kind == "sequence":
        block = block.parent
    given = block.scope.arguments if block is not None else {}
    return {name: _static(value) for name, value in given.items() if _is_static(value)}


def _static(value: Any) -> Any:
    """Whole numbers as such, however they were computed."""
    if isinstance(value, tuple | list):
        return tuple(map(_static, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_static(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_static, value))
    return isinstance(value, bool | int | float | str) and not isinstance(value, Value)
