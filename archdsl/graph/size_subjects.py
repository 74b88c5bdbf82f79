"""What a spec expects of its open sizes: which sizes it speaks of, and the numbers it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archdsl.diagnostics import Error
from archdsl.graph.binding import nearest
from archdsl.graph.build import Place
from archdsl.graph.errors import Failed, WrongPrinted
from archdsl.graph.lookup import dotted
from archdsl.graph.model import SizeExpectation
from archdsl.graph.values import Env, describe
from archdsl.sizes.condition import SizeCondition
from archdsl.sizes.open import Open
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


class UnknownTest(Error):
    """An `expect` asks something of sizes that is neither a comparison nor `valid(…)`."""

    code: ClassVar[str] = "E509"
    message: ClassVar[str] = "sizes are expected to be `valid(…)`, not `{name}(…)`"
    name: str


def size_expectations(lines: Lines) -> list[SizeExpectation]:
    """All of them; a plain `expect H >= 63` is taken out of those that speak of metrics."""
    known = _open_sizes(lines)
    found = lines.sized[:]
    for pending in lines.pending[:]:
        if isinstance(pending.target, tree.Name) and pending.target.name in known:
            lines.pending.remove(pending)
            at = pending.target.span.to(pending.value.span)
            condition = tree.Binary(pending.operator, pending.target, pending.value, at)
            item = tree.ExpectSizes(pending.kind, condition, pending.span)
            found.append((item, pending.env, pending.place))
    made = []
    for item, env, place in sorted(found, key=lambda each: each[0].span.start):
        try:
            made.append(_Resolver(lines, known, item, env, place).expectation())
        except Failed:
            continue
    return made


def _open_sizes(lines: Lines) -> dict[str, int]:
    """What the inputs name as open sizes: each as it is, or as the number that it is set to."""
    opening, given = lines.builder.opening, lines.builder.scopes[0].arguments
    found = {}
    for value in lines.inputs.values():
        site = value.node.site
        shape = site.shape if isinstance(site, tree.Input) else None
        parts = shape.parts if isinstance(shape, tree.Dims) else (shape,)
        for part, size in zip(parts, value.shape or (), strict=False):
            if not isinstance(part, tree.Name) or part.name in given:
                continue
            if isinstance(size, Open) or (opening is not None and part.name in opening.settings):
                found[part.name] = size
    return found


@dataclass(frozen=True)
class _Resolver:
    lines: Lines
    known: dict[str, int]
    item: tree.ExpectSizes
    env: Env
    place: Place

    def expectation(self) -> SizeExpectation:
        condition, holds = self.item.condition, True
        if isinstance(condition, tree.Unary):
            condition, holds = condition.operand, False
        fixed = {name: size for name, size in self.known.items() if not isinstance(size, Open)}
        words = self.item.span.text.removeprefix(self.item.kind).strip()
        kind, span, trace = self.item.kind, self.item.span, self.place.trace
        if isinstance(condition, tree.Call):
            sizes = self._sizes(condition)
            return SizeExpectation(kind, words, span, trace, fixed, None, sizes, holds)
        assert isinstance(condition, tree.Binary)
        left, divisor = condition.left, None
        size = left.left if isinstance(left, tree.Binary) else left
        name = self._known(".".join(dotted(size)), size.span)
        if isinstance(left, tree.Binary):
            divisor = self._number(left.right, f"{name} %", 1)
        wanted = self._number(condition.right, left.span.text, 0)
        made = SizeCondition(name, divisor, condition.operator, wanted)
        return SizeExpectation(kind, words, span, trace, fixed, made)

    def _sizes(self, call: tree.Call) -> dict[str, int]:
        """The sizes that are to be valid."""
        name = ".".join(dotted(call.function))
        if name != "valid":
            at, meant = call.function.span, ("`valid(H = 224)`",)
            self.lines.fail(UnknownTest(at=at, name=name, hints=meant, trace=self.place.trace))
        sizes = {}
        for each in call.arguments:
            if each.name is None:
                text, trace = each.span.text, self.place.trace
                hints = tuple(f"`{known} = {text}`" for known in self.known)
                self.lines.fail(NoOpenSize(at=each.span, name=text, hints=hints, trace=trace))
            at = Span(each.span.source, each.span.start, each.span.start + len(each.name))
            sizes[self._known(each.name, at)] = self._number(each.value, each.name, 1)
        return sizes

    def _known(self, name: str, at: Span) -> str:
        if name not in self.known:
            hints = nearest(name, self.known) or tuple(f"`{each}` is open" for each in self.known)
            self.lines.fail(NoOpenSize(at=at, name=name, hints=hints, trace=self.place.trace))
        return name

    def _number(self, node: tree.Expression, what: str, least: int) -> int:
        value = self.lines.static(node, self.env, self.place)
        if type(value) is not int or value < least:
            wants = f"a whole number, at least {least}"
            got = describe(value)
            self.lines.fail(
                WrongPrinted(at=node.span, metric=what, wants=wants, got=got, trace=self.place.trace)
            )
        return value
