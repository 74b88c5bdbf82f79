"""Arguments spread over the spatial axes: what the operators with windows share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archdsl.ops.contract import Op, Window
from archdsl.ops.problems import ArgumentConflict, AxesDisagree, NotDivisible, Problem
from archdsl.sizes import Shape, show


def per_axis(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """A value for each spatial axis from one for all or one for each."""
    return (value,) * axes if isinstance(value, int) else value


def sides(value: Any, axes: int) -> tuple[tuple[int, int], ...]:
    """Cells before and after each axis from the forms that `Sides` accepts."""
    if isinstance(value, int):
        return ((value, value),) * axes
    if isinstance(value, tuple):
        return tuple((each, each) for each in value)
    return tuple(value) * axes if len(value) == 1 else tuple(value)


def padding_of(value: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Cells before and after each axis; `same` keeps the size at stride 1, the odd cell behind."""
    axes = len(kernel)
    if value == "valid":
        return ((0, 0),) * axes
    if value == "same":
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    return sides(value, axes)


def windows_of(
    x: Shape,
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...] = 1,
    padding: Any = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil: bool = False,
) -> tuple[Window, ...]:
    """One window for each spatial axis of `x` from arguments as a spec gives them."""
    axes = len(x) - 1
    kernel, stride, dilation = (per_axis(value, axes) for value in (kernel, stride, dilation))
    padding = padding_of(padding, kernel, dilation)
    return tuple(
        Window(k, s, before, after, d, ceil)
        for k, s, d, (before, after) in zip(kernel, stride, dilation, padding, strict=True)
    )


def axes_agree(op: Op, x: Shape, *names: str) -> Iterator[Problem]:
    """Refuse arguments that name another number of spatial axes than the input has."""
    axes = len(x) - 1
    for name in names:
        value = getattr(op, name)
        given = len(value) if isinstance(value, tuple | list) else axes
        if given != axes and not (isinstance(value, list) and given == 1):
            has = f"{axes} spatial {'axis' if axes == 1 else 'axes'}"
            yield Problem(AxesDisagree, name, op=op.name, given=given, has=has, parameter=name)


def axis_exists(op: Op, axis: int, x: Shape) -> Iterator[Problem]:
    """Refuse an `axis` that the input does not have; negative ones count from the end."""
    if not -len(x) <= axis < len(x):
        there = "only axis is 0" if len(x) == 1 else f"axes are 0 to {len(x) - 1}"
        why = f"there is no axis {axis} in {show(x)}, whose {there}"
        yield Problem(ArgumentConflict, "axis", op=op.name, why=why)


def groups_divide(
    op: Op, groups: int, channels: int, what: str = "channels", *, operands: tuple[int, ...] = (0,)
) -> Iterator[Problem]:
    """Refuse `groups` that do not divide the channels into equal parts."""
    if channels % groups:
        fields: dict[str, Any] = {"op": op.name, "number": channels, "what": what, "parts": groups}
        yield Problem(NotDivisible, "groups", operands=operands, axis=0, **fields)


def symmetric(windows: tuple[Window, ...]) -> bool:
    """Whether every axis is padded alike on both sides, which torch's layers can do themselves."""
    return all(window.before == window.after for window in windows)


def torch_pad(windows: tuple[Window, ...]) -> tuple[int, ...]:
    """The padding of each side in the order that `F.pad` takes: last axis first."""
    return tuple(side for window in reversed(windows) for side in (window.before, window.after))


def tidy(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number where all are equal, as PyTorch people write it."""
    return values[0] if len(set(values)) == 1 else values


def by(value: int | tuple[int, ...], axes: int = 2) -> str:
    """`3x3` for a label; a single number is meant for every axis."""
    return "x".join(map(str, per_axis(value, axes)))


def from_front(axis: int, x: Shape) -> int:
    """An axis counted from the front, whichever way it was given."""
    return axis % len(x)
