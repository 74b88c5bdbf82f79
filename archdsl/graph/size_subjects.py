"""What a spec expects of its open sizes: which sizes it speaks of, and the numbers it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archdsl.diagnostics import Error
from archdsl.graph.binding import nearest
from archdsl.graph.build import Place
from archdsl.graph.errors import Failed, Misplaced, WrongPrinted
from archdsl.graph.lookup import dotted
from archdsl.graph.model import SizeExpectation
from archdsl.graph.values import Env, describe
from archdsl.sizes.condition import SizeCondition
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.graph.lines import Lines


class NoOpenSize(Error):
    """An `expect` or `claim` about sizes names one that is not open.

    A size is open where an input names it and nothing gives it a value: `input image: 3 x H x W` has H
    and W. Only open sizes can be valid or not, and only of those a condition can be expected.
    """

    code: ClassVar[str] = "E508"
    message: ClassVar[str] = "`{name}` is no open size"
    name: str


def size_expectations(lines: Lines) -> list[SizeExpectation]:
    """All of them; a plain `expect H >= 63` is taken out of those that speak of metrics."""
    found = []
    for pending in lines.pending[:]:
        if isinstance(pending.target, tree.Name) and pending.target.name in _open_sizes(lines):
            lines.pending.remove(pending)
            test = tree.Binary(pending.operator, pending.target, pending.value, pending.span)
            found.append((tree.ExpectSizes(pending.kind, test, pending.span), pending.env, pending.place))
    found += lines.sized
    found.sort(key=lambda each: each[0].span.start)
    made = []
    for item, env, place in found:
        try:
            made.append(_resolved(lines, item, env, place))
        except Failed:
            continue
    return made


def _open_sizes(lines: Lines) -> list[str]:
    """Open sizes by their names, those that are set from outside too."""
    opening, root = lines.builder.opening, lines.builder.scopes[0]
    if opening is None:
        return []
    named = {
        part.name
        for level in lines.inputs.values()
        for part in _parts(level.node.site)
    }
    return [*opening.trail.box, *(name for name in opening.settings if name in named - {*root.arguments})]
