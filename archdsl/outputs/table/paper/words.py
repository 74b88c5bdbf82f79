"""The words for layers: those of the spec, which are the paper's, or else a description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archdsl.graph.model import Elaborated, Node
from archdsl.ops.arguments import is_int
from archdsl.outputs.table.printed import label
from archdsl.sizes import Shape
from archdsl.syntax import tree


def described(node: Node, *, plain: bool = False) -> str:
    """`3×3 conv, 64, stride 2`; a plain one says nothing of strides."""
    text = re.sub(r", /(\d+(?:x\d+)*)$", r", stride \1", label(node, plain=plain))
    groups = getattr(node.op, "groups", 1)
    if groups > 1:
        whole = groups == node.shapes[0][0]
        text += ", depthwise" if whole else f", {groups} groups"
    return times(text)


def times(text: str) -> str:
    """Sizes with a sign between them, `3×3`."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", text)


def sizes(shape: Shape) -> str:
    """`56 × 56 × 256`; a scalar is `1`."""
    return " × ".join(map(str, shape)) or "1"


class Vocabulary:
    """The notations that a layer could have been written with: `FC-{n} = linear(n)` reads FC-1000."""

    def __init__(self, graph: Elaborated) -> None:
        self._notations: list[tuple[tree.Pattern, tree.Call]] = []
        for file in graph.files:
            for statement in file.statements:
                inner = statement.body.items if isinstance(statement, tree.Net) else ()
                for each in (statement, *inner):
                    if not isinstance(each, tree.Notation) or each.parameters or not each.name.holes:
                        continue
                    if isinstance(each.value, tree.Call):
                        self._notations.append((each.name, each.value))

    def name(self, node: Node) -> str | None:
        """What a notation calls a layer that is just what it stands for."""
        for pattern, call in self._notations:
            holes = _holes(call, node, frozenset(pattern.holes))
            if holes is not None and len(holes) == len(pattern.holes):
                return "".join(str(holes[part]) if at % 2 else part for at, part in enumerate(pattern.parts))
        return None


def _holes(call: tree.Call, node: Node, names: frozenset[str]) -> dict[str, int] | None:
    """The numbers with which a call would make a layer; None where it would not."""
    if not isinstance(call.function, tree.Name) or call.function.name != node.op.name or call.body:
        return None
    holes: dict[str, int] = {}
    given = set()
    for name, value in _arguments(call, node):
        given.add(name)
        actual = getattr(node.op, name, None)
        if isinstance(value, tree.Name) and value.name in names:
            number = _number(actual)
            if number is None or holes.setdefault(value.name, number) != number:
                return None
        elif isinstance(value, tree.Number) and value.value == _number(actual):
            continue
        elif not isinstance(value, tree.Name) or value.name != actual:
            return None
    rest = (each for each in node.op.args if each.name not in given)
    return holes if all(getattr(node.op, each.name) == each.default for each in rest) else None


def _arguments(call: tree.Call, node: Node) -> Iterator[tuple[str, tree.Expression]]:
    for argument, declared in zip(call.arguments, node.op.args, strict=False):
        yield argument.name or declared.name, argument.value


def _number(value: Any) -> int | None:
    """A number, or the one that all axes have."""
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return value if is_int(value) else None
