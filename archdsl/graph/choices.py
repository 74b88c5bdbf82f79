"""Which networks a program has: its nets, their variants, and what each is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.diagnostics import Label, Report
from archdsl.graph.binding import nearest
from archdsl.graph.errors import (
    ColumnsDiffer,
    DuplicateName,
    UnknownBase,
)
from archdsl.graph.lookup import dotted
from archdsl.graph.program import Program
from archdsl.graph.tables import columns_of, variant_tables
from archdsl.syntax import tree


@dataclass
class Choice:
    """One network to elaborate: a net, a column of its table, and a `variant` of its parameters."""

    net: tree.Net
    column: str | None
    variant: tree.Variant | None
    base: Choice | None = None
    """The network that it is made from."""

    @property
    def name(self) -> str:
        """`LeNet`, `VGG.D`, `EfficientNet.B4`."""
        variant = self.variant.name.name if self.variant else None
        return ".".join(part for part in (self.net.name.name, self.column, variant) if part)

    @property
    def lineage(self) -> list[Choice]:
        """The networks that it is made from, the first one first, and itself."""
        return [*(self.base.lineage if self.base else []), self]

    @property
    def parameters(self) -> set[str]:
        """The names of its parameters and open sizes, and of those of the networks that it is made from."""
        given = {each.name.name for choice in self.lineage for each in choice.net.parameters}
        return given | {name for choice in self.lineage for name in _open_sizes(choice.net)}


def _open_sizes(net: tree.Net) -> Iterator[str]:
    """The names that stand for sizes in the inputs of a net."""
    for item in net.body.items:
        if isinstance(item, tree.Input):
            parts = item.shape.parts if isinstance(item.shape, tree.Dims) else (item.shape,)
            yield from (part.name for part in parts if isinstance(part, tree.Name))


def choices(program: Program, report: Report) -> list[Choice]:
    """Every network of the spec: its nets, each with its variants where it has some."""
    nets: dict[str, tree.Net] = {}
    for file in program.files:
        for net in file.statements:
            if not isinstance(net, tree.Net):
                continue
            if net.name.name in nets:
                first = Label(nets[net.name.name].name.span, "it is taken here")
                report.add(DuplicateName(at=net.name.span, name=net.name.name, labels=(first,)))
                continue
            nets[net.name.name] = net
    every = {choice.name: choice for net in nets.values() for choice in _of_net(net, report)}
    for choice in every.values():
        if choice.net.base is not None:
            choice.base = _base(choice.net.base, every, report)
    for choice in every.values():
        _refuse_circle(choice, report)
    main = {net.name.name for net in program.main.statements if isinstance(net, tree.Net)}
    return [choice for choice in every.values() if choice.net.name.name in main]


def _of_net(net: tree.Net, report: Report) -> list[Choice]:
    """A net, or each of its variants."""
    variants = [item for item in net.body.items if isinstance(item, tree.Variant)]
    tables = variant_tables(net.body.items)
    columns: list[str | None] = list(columns_of(tables[0]).named) if tables else []
    columns = columns or [None]  # a header that names nothing is refused where the table is run
    _refuse_twins(variants, report)
    for other in tables[1:]:
        if (names := list(columns_of(other).named)) != columns:
            these, those = ", ".join(names), ", ".join(map(str, columns))
            at = other.header.span
            label = Label(tables[0].header.span, "the other table")
            report.add(ColumnsDiffer(at=at, these=these, those=those, labels=(label,)))
    found = []
    for column in columns:
        alone = [None] if column or not variants else []
        found += [Choice(net, column, variant) for variant in [*alone, *variants]]
    return found


def _refuse_twins(variants: list[tree.Variant], report: Report) -> None:
    seen: dict[str, Label] = {}
    for variant in variants:
        name = variant.name
        if name.name in seen:
            report.add(DuplicateName(at=name.span, name=name.name, labels=(seen[name.name],)))
        seen.setdefault(name.name, Label(name.span, "it is taken here"))


def _base(base: tree.Base, every: Mapping[str, Choice], report: Report) -> Choice | None:
    name = ".".join(dotted(base.path))
    if name in every:
        return every[name]
    variants = [each for each in every if each.startswith(f"{name}.")]
    which = ", ".join(f"`{each}`" for each in variants)
    why = "it has variants, say which" if variants else "there is no such net"
    hints = (which,) if variants else nearest(name, every)
    report.add(UnknownBase(at=base.path.span, name=name, why=why, hints=hints))
    return None


def _refuse_circle(choice: Choice, report: Report) -> None:
    seen: list[Choice] = [choice]
    while (base := seen[-1].base) is not None:
        if base in seen:
            assert choice.net.base is not None
            why = "it is made from this net itself"
            report.add(UnknownBase(at=choice.net.base.span, name=base.name, why=why))
            choice.base = None
            return
        seen.append(base)
