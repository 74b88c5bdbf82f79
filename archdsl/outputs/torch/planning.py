"""The parameters of every class, and everything that the class says in terms of them.

Assumes groups of uses. Promises classes whose constructors, called for a use with the values that
their parameters have there, make exactly that use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archdsl.outputs.torch.bases import arguments, sources
from archdsl.outputs.torch.classes import IDENTITY, Class, Member
from archdsl.outputs.torch.code import Atom, Const, Expr, Items, Name, flat, leaves, rebuild
from archdsl.outputs.torch.columns import Column, Counts, columns
from archdsl.outputs.torch.conditions import Truths, condition
from archdsl.outputs.torch.merging import MISSING, Slot
from archdsl.outputs.torch.names import Names, variable
from archdsl.outputs.torch.parameters import Parameters, ordered
from archdsl.outputs.torch.signatures import trim
from archdsl.outputs.torch.stated import CHANNELS, stated
from archdsl.outputs.torch.texts import COUNT, FUNCTION, Text, texts_of
from archdsl.outputs.torch.uses import Leaf, Use

LONGEST_CONDITION = 60
"""A condition of the spec that is longer than this is no easier to read than another one."""


def plan(classes: Sequence[Class]) -> None:
    """Plan every class, and again where one that it makes has changed since: blocks may hold themselves."""
    planner = _Planner(classes)
    seen: dict[int, dict[int, tuple[Class, Any]]] = {}
    stale = classes
    while stale:
        for each in stale:
            seen[id(each)] = planner.plan(each)
        stale = [
            each for each in classes if any(_interface(made) != was for made, was in seen[id(each)].values())
        ]


def _interface(made: Class) -> dict[str, list[Any]]:
    return {each.name: each.values for each in made.parameters}


class _Planner:
    def __init__(self, classes: Sequence[Class]) -> None:
        self._by_name = {each.name: each for each in classes}
        self._by_scope = {scope: each for each in classes for scope in each.row}

    def plan(self, subject: Class) -> dict[int, tuple[Class, Any]]:
        """Plan one class; the classes that it makes instances of, as they were."""
        made: dict[int, tuple[Class, Any]] = {}

        def class_of(use: Use) -> Class:
            found = self._by_scope[id(use.scope.first or use.scope)]
            made[id(found)] = found, _interface(found)
            return found

        _Plan(subject, texts_of(subject, class_of), self._counts_channels).write()
        return made

    def _counts_channels(self, called: str, argument: str) -> bool | None:
        made = self._by_name.get(called)
        if made is None:
            return None
        return any(each.name == argument and each.counts_channels for each in made.parameters)


class _Plan:
    """The plan of one class in the making."""

    def __init__(self, subject: Class, texts: dict[Text, Expr], counts: Counts) -> None:
        self.subject = subject
        self.group = subject.group
        self.texts = texts
        self.expressed: dict[Column, Expr] = {}
        if len(subject.uses) == 1:
            self.parameters = Parameters({}, {}, Names())
            return
        names = Names({"self", *(["i"] if subject.group.stem else [])})
        before = subject.parameters
        self.parameters = Parameters(sources(subject.uses), arguments(subject.uses), names, before)
        self._express([column for key, text in texts.items() for column in self._columns(key, text, counts)])

    def _columns(self, key: Text, text: Expr, counts: Counts) -> Iterator[Column]:
        """The columns of a text, told who they are for."""
        index = key[0]
        if self.group.stem:
            yield from columns(text, variable(self.group.stem), counts, "count" if key == COUNT else "")
            return
        part = self.group.slots[index].exemplar
        numbered = part.name.isdigit() and isinstance(part, Leaf)
        owner = part.node.op.name if numbered and isinstance(part, Leaf) else part.name
        yield from columns(text, variable(owner), counts)

    # -- numbers --------------------------------------------------------------------------------

    def _express(self, found: Sequence[Column]) -> None:
        """Say every column in terms of parameters, what is one itself before what is a function of one."""
        varying = [column for column in found if not column.is_fixed]
        for column in varying:
            expr = self.parameters.exact(column)
            if expr is not None:
                self.expressed[column] = expr
        for column in varying:
            if column not in self.expressed:
                self.expressed[column] = self._expressed(column)
        for column in found:
            if column.is_fixed:
                self.expressed[column] = self._likely(column)

    def _expressed(self, column: Column) -> Expr:
        elements = column.elements()
        if elements is None:
            return self.parameters.express(column)
        exprs = [Const(e.first) if e.is_fixed else self.parameters.express(e) for e in elements]
        return Items(tuple(exprs), "()")

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

    # -- the class ------------------------------------------------------------------------------

    def write(self) -> None:
        """Tell the class what it holds and computes."""
        subject, group = self.subject, self.group
        subject.members, subject.functions, subject.stored = {}, {}, []
        choices = {index: self._choice(index) for index, kind in self.texts if kind == 1}
        if group.end is not None:
            self._find_end(group.end)
        for key, text in self.texts.items():
            index, kind = key
            filled = self._filled(text)
            if group.stem and key == COUNT:
                subject.count = filled
            elif group.stem:
                subject.members[0] = Member(group.stem, filled)
            elif kind == FUNCTION:
                subject.functions[index] = trim(self._kept(filled))
            elif index not in choices:
                subject.members[index] = Member(group.slots[index].name, filled)
        for index, (kind, test) in choices.items():
            module, otherwise = (self._filled(self.texts[index, each]) for each in (kind, 1 - kind))
            subject.members[index] = Member(group.slots[index].name, module, test, otherwise)
        subject.parameters = ordered(self.parameters.needed)

    def _choice(self, index: int) -> tuple[int, Expr]:
        """Which kind of a part is the one to speak of, and when it is that one."""
        kind = 1 if self.texts[index, 0] == IDENTITY else 0
        slot = self.group.slots[index]
        wanted = [None if each == MISSING else each == kind for each in slot.kinds]
        return kind, self._condition(slot, wanted, variable(slot.name))

    def _find_end(self, end: int) -> None:
        """When uses go on behind the place where some end."""
        slot = self.group.slots[end]
        part = slot.exemplar
        name = variable(part.node.op.name if isinstance(part, Leaf) else part.name)
        wanted = [kind != MISSING for kind in slot.kinds]
        test = self._condition(slot, wanted, name)
        has_module = any(index >= end and kind != FUNCTION for index, kind in self.texts)
        self.subject.goes_on = test
        self.subject.flag = "" if has_module else test.text if isinstance(test, Name) else name

    def _condition(self, slot: Slot, wanted: Truths, name: str) -> Expr:
        """When uses have a part that others lack: as the spec states it, else what tells them apart."""
        row = wanted.index(True)
        part = slot.parts[row]
        test = stated(part, self.subject.uses[row], self._askable()) if part is not None else None
        if test is not None and len(flat(test)) <= LONGEST_CONDITION:
            truths = self.parameters.evaluate(test)
            if all(want is None or want is truth for want, truth in zip(wanted, truths, strict=True)):
                self.parameters.need_all(test)
                return test
        return condition(wanted, self.parameters, self._terms(), name)

    def _askable(self) -> dict[str, Expr]:
        """What a condition of the spec may ask for: what the class is told anyway, what is either true or
        false, and what never varies."""
        found: dict[str, Expr] = {}
        channels = [(CHANNELS, each) for each in self.parameters.inputs[:1]]
        for name, each in (*channels, *self.parameters.given.items()):
            if all(value == each.values[0] for value in each.values):
                found[name] = Const(each.values[0])
            elif each.needed or all(isinstance(value, bool) for value in each.values):
                found[name] = Name(each.name)
        return found

    def _terms(self) -> list[tuple[Expr, list[Any]]]:
        """The numbers of channels that the class speaks of, in all uses."""
        exprs = dict.fromkeys(expr for column, expr in self.expressed.items() if column.counts_channels)
        return [(expr, self.parameters.evaluate(expr)) for expr in exprs]

    def _filled(self, text: Expr) -> Expr:
        """A text with the columns told in terms of parameters."""
        if not self.expressed:
            return text

        def fill(leaf: Atom) -> Expr:
            column = leaf.value if isinstance(leaf, Const) else None
            return self.expressed[column] if isinstance(column, Column) else leaf

        return rebuild(text, fill)

    def _kept(self, function: Expr) -> Expr:
        """A function as the forward pass says it: parameters are attributes there."""
        known = {each.name for each in self.parameters.needed}
        used = dict.fromkeys(x.text for x in leaves(function) if isinstance(x, Name) and x.text in known)
        if not used:
            return function
        self.subject.stored += [name for name in used if name not in self.subject.stored]

        def keep(leaf: Atom) -> Expr:
            return Name(f"self.{leaf.text}") if isinstance(leaf, Name) and leaf.text in used else leaf

        return rebuild(function, keep)
