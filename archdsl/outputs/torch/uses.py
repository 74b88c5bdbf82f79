"""The network as a tree of modules in use: what each one takes in, holds and gives out.

Assumes a sound graph. Promises, for every scope, the values that it needs from outside and the
values that are needed outside of it, in an order that is the same for all uses of one block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.ops.contract import Torch
from archdsl.outputs.torch.code import Call, Const, Expr, Name, template
from archdsl.outputs.torch.names import Names, variable
from archdsl.outputs.torch.signatures import typed

Key = tuple[str, ...]

Way = tuple[tuple[str, int], ...]
"""Parts within parts, each by its name and which of that name it is, and at the end the port of the value."""


@dataclass(slots=True, eq=False)
class Leaf:
    """One application of an operator."""

    node: Node
    torch: Torch
    name: str
    """The module's, within the scope that applies it."""

    @property
    def inputs(self) -> tuple[Value, ...]:
        return self.node.inputs

    @property
    def outputs(self) -> tuple[Value, ...]:
        return self.node.outputs

    @property
    def again(self) -> bool:
        """Its module was applied before and is held under that application's name."""
        return self.node.first is not None

    @property
    def training(self) -> bool:
        return self.node.training

    @property
    def is_function(self) -> bool:
        """Written as a function, where no nn.Module is asked for."""
        return self.torch.call is not None

    @property
    def is_identity(self) -> bool:
        return self.node.op.name == "identity"

    def call(self) -> Expr:
        """The function, over Operands."""
        return typed(template(self.torch.call or "", len(self.node.inputs)))

    def constructor(self) -> Expr:
        """The submodule."""
        module, args, kwargs = self.torch.module or "", self.torch.args, self.torch.kwargs
        return typed(Call(Name(module), tuple(map(Const, args)), tuple((n, Const(v)) for n, v in kwargs)))


@dataclass(eq=False)
class Use:
    """One application of a scope: the net, a block or a labelled sequence."""

    graph: Elaborated
    scope: Scope
    name: str
    """The module's, within the scope that applies it; empty for the net."""
    labels: Mapping[int, str]
    """What values are called in the spec, by the id of the value."""
    parent: Use | None = None
    depth: int = 0
    parts: list[Part] = field(default_factory=list)
    wanted: dict[int, Value] = field(default_factory=dict)
    """Values from outside, by id, in the order in which they are first needed."""
    given: dict[int, Value] = field(default_factory=dict)
    """Values that are needed outside."""
    elsewhere: set[int] = field(default_factory=set)
    """Nodes that stand in the scope, but that a scope further out applies."""

    @property
    def again(self) -> bool:
        return self.scope.first is not None

    @cached_property
    def repeated(self) -> bool:
        """It is, or is within, a shared block that was applied before."""
        return self.again or (self.parent is not None and self.parent.repeated)

    @cached_property
    def training(self) -> bool:
        return all(part.training for part in self.parts)

    @cached_property
    def inputs(self) -> tuple[Value, ...]:
        """The main input first, then the tensors that are passed as arguments."""
        if self.parent is None:
            return tuple(self.graph.inputs.values())
        passed = {id(each) for each in self.scope.arguments.values() if isinstance(each, Value)}
        return tuple(sorted(self.wanted.values(), key=lambda value: id(value) in passed))

    @cached_property
    def input_names(self) -> list[str]:
        """What its class calls them: the main input x, others as they are passed or labelled."""
        if self.parent is None:
            names = list(self.graph.inputs)
            return ["x"] if len(names) == 1 else list(map(variable, names))
        passed = {id(v): name for name, v in self.scope.arguments.items() if isinstance(v, Value)}
        given = Names()
        found = []
        for index, value in enumerate(self.inputs):
            wish = passed.get(id(value)) or ("x" if index == 0 else self.labels.get(id(value), "x"))
            found.append(given.new(variable(wish) if not wish[0].isdigit() else "x"))
        return found

    @cached_property
    def declared(self) -> dict[str, Value]:
        """Outputs by the names the block gives them; the name is empty for a plain body."""
        start, end = self.scope.start, self.scope.end
        return {
            name: value
            for name, value in self.scope.outputs.items()
            if start <= value.node.index < end and value.node.index not in self.elsewhere
        }

    @cached_property
    def outputs(self) -> tuple[Value, ...]:
        """What is declared, then what else is used outside, in the order in which it is made."""
        declared = {id(value): value for value in self.declared.values()}
        others = [value for key, value in self.given.items() if key not in declared]
        others.sort(key=lambda value: (value.node.index, value.port))
        return (*declared.values(), *others)

    @cached_property
    def definition(self) -> Key:
        """What all uses of one block have in common, also the labelled sequences within it."""
        if self.parent is None:
            return ("net", self.graph.name)
        return (
            ("block", self.scope.definition)
            if self.scope.definition
            else (*self.parent.definition, self.name)
        )

    @property
    def is_chain(self) -> bool:
        """A labelled sequence that is written where it stands, as an nn.Sequential."""
        return not self.scope.definition and self.is_sequential

    @cached_property
    def is_sequential(self) -> bool:
        """Whether an nn.Sequential says it all: modules with numbers, one after the other."""
        if self.scope.kind != "sequence" or len(self.inputs) != 1:
            return False
        value = self.inputs[0]
        for part in self.parts:
            if part.again or "." in part.name or tuple(part.inputs) != (value,) or len(part.outputs) != 1:
                return False
            if isinstance(part, Leaf) and part.torch.module is None:
                return False
            value = part.outputs[0]
        return self.outputs == (value,)


Part = Leaf | Use


def align_outputs(every: Iterable[Use]) -> None:
    """Let every use of a block give out what any of its uses has to.

    Call it once, before anybody asks for `outputs`.
    """
    found = list(every)
    same: dict[Key, dict[Way, None]] = {}
    for use in found:
        declared = {id(value) for value in use.declared.values()}
        for key, value in use.given.items():
            way = _way(use, value) if key not in declared else None
            if way is not None:
                same.setdefault(use.definition, {})[way] = None
    if not same:
        return
    for use in reversed(found):
        for way in same.get(use.definition, ()):
            found_value = _follow(use, way)
            if found_value is not None:
                use.given[id(found_value)] = found_value


def _way(use: Use, value: Value) -> Way | None:
    """How to get from a use to a value that is made in it."""
    counts: Counter[str] = Counter()
    for part in use.parts:
        place = part.name, counts[part.name]
        counts[part.name] += 1
        if isinstance(part, Leaf):
            if part.node is value.node:
                return (place, ("", value.port))
        elif part.scope.start <= value.node.index < part.scope.end:
            inner = _way(part, value)
            if inner is not None:
                return (place, *inner)
    return None


def _follow(use: Use, way: Way) -> Value | None:
    """The value at the end of a way, if there is one and it comes out that far."""
    (name, number), *rest = way
    parts = [part for part in use.parts if part.name == name]
    part = parts[number] if number < len(parts) else None
    if isinstance(part, Use) and len(rest) > 1:
        value = _follow(part, tuple(rest))
        outside = [*part.given.values(), *part.declared.values()]
        return value if value in outside else None
    if isinstance(part, Leaf) and len(rest) == 1 and rest[0][1] < len(part.outputs):
        return part.outputs[rest[0][1]]
    return None


def runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Neighbours that are the same but for their weights, together."""
    return [list(same) for _, same in groupby(parts, _nature)]


def _nature(part: Part) -> Any:
    shapes = [value.shape for value in part.inputs]
    if isinstance(part, Leaf):
        return part.node.op.name, part.torch, shapes
    static = {n: v for n, v in part.scope.arguments.items() if not isinstance(v, Value)}
    return part.scope.definition or part.name, static, shapes
