"""Axes in another order, and of other sizes, by a pattern: rearrange."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

from archdsl.ops.arguments import Kind, Unfit, arg
from archdsl.ops.contract import Op, Refused, Sample, Torch, operator
from archdsl.ops.problems import NotDivisible, Problem, WrongRank
from archdsl.sizes import Shape, axis_name, show

Groups = list[list[str]]
"""For each axis what it is made of: its own name, or what stands in brackets."""


def _groups(text: str) -> Groups:
    """The axes that one side of a pattern names. Raises ValueError if it is ill-formed."""
    groups: Groups = []
    inside = False
    for token in re.findall(r"\w+|\S", text):
        if token == "(" and not inside:
            groups.append([])
            inside = True
        elif token == ")" and inside and groups[-1]:
            inside = False
        elif not token.isidentifier() and not (token.isdigit() and int(token)):
            raise ValueError(text)
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    if inside or not groups:
        raise ValueError(text)
    return groups


def _sides_of(pattern: str) -> tuple[Groups, Groups]:
    """The axes before and after the arrow. Raises ValueError if they do not go together."""
    before, after = map(_groups, pattern.split("->"))
    names, behind = ([name for group in side for name in group] for side in (before, after))
    if len(set(names)) < len(names) or sorted(names) != sorted(behind):
        raise ValueError(pattern)
    for group in before:
        if group[0].isdigit() if len(group) == 1 else sum(map(str.isidentifier, group)) > 1:
            raise ValueError(pattern)
    return before, after


def _pattern(value: Any) -> str:
    try:
        _sides_of(value)
    except (AttributeError, ValueError):
        raise Unfit(_PATTERN.words) from None
    return str(value)


_PATTERN = Kind('a text such as `"c h w -> (h w) c"`, with the same names on both sides', _pattern)


@operator
class Rearrange(Op):
    """Put the axes in another order, and lay neighbours in brackets out as one.

    The pattern names the axes before and after: `rearrange("c h w -> (h w) c")` makes a sequence of
    the cells of a map. Brackets before the arrow take an axis apart, all parts but one with their size:
    `rearrange("(k 4) h w -> (h w k) 4")` gives four numbers to each of k things at each cell.
    """

    name = "rearrange"
    short = "rearrange"
    family = "shape"
    is_view = True
    dtypes = ("any", "same")

    pattern: str = arg(_PATTERN, 'the axes before and after, such as `"c h w -> (h w) c"`')

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        before, _ = _sides_of(self.pattern)
        if len(before) != len(x):
            wants = f"the {len(before)} axes that the pattern names"
            yield Problem(WrongRank, "pattern", op=self.name, wants=wants, shape=show(x))
            return
        for axis, (group, size) in enumerate(zip(before, x, strict=True)):
            parts = prod(int(name) for name in group if name.isdigit())
            whole = all(name.isdigit() for name in group)
            if size % parts or (whole and size != parts):
                what = axis_name(axis, len(x)) if axis == 0 else f"cells of {axis_name(axis, len(x))}"
                fields: dict[str, Any] = {"number": size, "what": what, "parts": parts}
                yield Problem(NotDivisible, "pattern", axis=axis, op=self.name, **fields)

    def shape(self, *inputs: Shape) -> Shape:
        before, after = _sides_of(self.pattern)
        sizes = {name: int(name) for group in before for name in group if name.isdigit()}
        for group, size in zip(before, inputs[0], strict=True):
            known = prod(sizes[name] for name in group if name.isdigit())
            sizes |= {name: size // known for name in group if not name.isdigit()}
        return tuple(prod(sizes[name] for name in group) for group in after)

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return None

    def torch(self, *inputs: Shape) -> Torch:
        before, after = _sides_of(self.pattern)
        names = [name for group in before for name in group]
        call = "{0}"
        for group in before:
            if len(group) > 1:
                sizes = ", ".join(name if name.isdigit() else "-1" for name in group)
                call += f".unflatten({names.index(group[0]) + 1}, ({sizes}))"
        order = [names.index(name) for group in after for name in group]
        if order != sorted(order):
            call += f".permute(0, {', '.join(str(axis + 1) for axis in order)})"
        for at, group in enumerate(after, start=1):
            if len(group) > 1:
                call += f".flatten({at}, {at + len(group) - 1})"
        return Torch(call=call)

    def label(self, *inputs: Shape) -> str:
        return self.pattern

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Rearrange(pattern="c h w -> h w c"), ((4, 5, 6),))
        yield Sample(Rearrange(pattern="c h w -> (h w) c"), ((4, 5, 6),))
        yield Sample(Rearrange(pattern="a b c d -> (c d) (b a)"), ((2, 3, 4, 5),))
        yield Sample(Rearrange(pattern="c t -> t c"), ((4, 5),))
        yield Sample(Rearrange(pattern="c h w -> c h w"), ((4, 5, 6),))
        yield Sample(Rearrange(pattern="(k 2) h w -> (h w k) 2"), ((6, 4, 5),))
        yield Sample(Rearrange(pattern="(2 k) (h 4) w -> (4 w 2) h k"), ((6, 8, 3),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Rearrange(pattern="c h w -> h w c"), ((4, 5),), "E303")
        yield Refused(Rearrange(pattern="(k 4) h w -> (h w k) 4"), ((6, 4, 5),), "E304")
