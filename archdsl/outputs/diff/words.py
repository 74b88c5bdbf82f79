"""What a part is called, and where it stands, in the words of the spec."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from archdsl.diagnostics import Step, Trace
from archdsl.graph.model import Elaborated, Node, Scope
from archdsl.outputs.diff.likeness import head, label
from archdsl.outputs.fold import Chain, Group, Leaf, Sibling, walk
from archdsl.sizes import Shape

_WORD = re.compile(r"[\w-]+(\([\d.,x ]*\))?")
"""A use of a notation that says all by itself: `conv3-512`, `conv7x7(64, 2)`, but not `conv3x3(c)`."""


class Words:
    """The words for the parts of one network."""

    def __init__(self, graph: Elaborated) -> None:
        self.graph = graph

    def name(self, part: Sibling) -> str:
        """`bottleneck`, `conv3-512`, or where the spec has no word of its own, `3x3 conv, 512`."""
        if isinstance(part, Group):
            return part.scope.definition or part.scope.name
        return self.notation(part) or operator(head(part))

    def notation(self, part: Leaf | Chain) -> str:
        """The notation whose use gives these layers and no others, as it is written; empty if none does."""
        nodes = list(walk(part))
        outside = [*_steps(nodes[0].scope.trace)]
        for index in (part.start - 1, part.end):
            if 0 <= index < len(self.graph.nodes):
                outside += _steps(self.graph.nodes[index].trace)
        known = set(map(id, outside))
        for step in reversed(_steps(nodes[0].trace)):
            if all(any(step is each for each in _steps(node.trace)) for node in nodes[1:]):
                written = step.text == step.span.text and _WORD.fullmatch(step.text)
                return step.text if written and id(step) not in known else ""
        return ""

    # -- places -----------------------------------------------------------------------------------

    def place(self, part: Sibling) -> str:
        """`stage 4`, `layer3`: the innermost labelled module around, or in a long sequence the stage.

        Nothing for what stands in the net itself, or is known by its own label there.
        """
        own = part.scope if isinstance(part, Group) else head(part)
        scope = own.parent if isinstance(own, Scope) else own.scope
        if label(own) and scope is not None and scope.parent is None:
            return ""
        while scope is not None:
            if len(self._sizes.get(id(scope), ())) > 1:
                stage = self.stages.get(_map(self._last(part)))
                return f"stage {stage}" if stage else scope.path
            if label(scope):
                return scope.path
            scope = scope.parent
        return ""

    def _last(self, part: Sibling) -> Node:
        return self.graph.nodes[part.end - 1] if isinstance(part, Group) else head(part)

    @cached_property
    def stages(self) -> dict[Shape, int]:
        """The sizes of the maps that convolutions give, numbered from 1; none where they grow again."""
        found: dict[Shape, int] = {}
        last: Shape = ()
        for node in self.graph.nodes:
            size = _map(node)
            if not node.op.is_weight_layer or node.training or not size or size == last:
                continue
            if last and (len(size) != len(last) or any(n > m for n, m in zip(size, last, strict=True))):
                return {}
            found.setdefault(size, len(found) + 1)
            last = size
        return found

    @cached_property
    def _sizes(self) -> dict[int, set[Shape]]:
        """For the net and each sequence, the stages that its parts are in."""
        found: dict[int, set[Shape]] = {}
        for node in self.graph.nodes:
            if node.op.is_weight_layer:
                found.setdefault(id(node.scope), set()).add(_map(node))
        for scope in self.graph.scopes:
            if scope.parent is not None and scope.end > scope.start:
                found.setdefault(id(scope.parent), set()).add(_map(self.graph.nodes[scope.end - 1]))
        for scope in self.graph.scopes:
            if scope.kind == "block":
                found.pop(id(scope), None)
        return {scope: sizes & self.stages.keys() for scope, sizes in found.items()}


def layers(part: Leaf | Chain) -> str:
    """`3x3 conv, 512 → relu`."""
    return " → ".join(map(operator, walk(part)))


def operator(node: Node) -> str:
    """What a layer does, in short."""
    return node.op.label(*node.shapes) if node.inputs else node.op.name


def listed(texts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _map(node: Node) -> Shape:
    return (node.outputs[0].shape or ())[1:]


def _steps(trace: Trace) -> list[Step]:
    return trace.path() if trace is not None else []
