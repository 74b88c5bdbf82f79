"""Maps made smaller or larger: crop, pad, upsample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from archdsl.ops.arguments import Flag, PerAxis, PerAxisOrZero, Real, Sides, Tensor, arg, choice, optional
from archdsl.ops.axes import axes_agree, by, per_axis, sides, tidy, torch_pad
from archdsl.ops.contract import Op, Refused, Sample, Torch, Window, operator
from archdsl.ops.problems import ArgumentConflict, CannotCrop, Problem, WrongRank
from archdsl.sizes import Shape, alike, show

PerAxes = int | tuple[int, ...]


@operator
class Crop(Op):
    """Cut a map down: to a size, to the size of another map, or by some cells on each side.

    What is kept is the centre, unless `offset` says where it begins.
    """

    name = "crop"
    short = "crop"
    family = "shape"
    spatial = (1, 3)
    is_view = True
    dtypes = ("any", "same")

    size: PerAxes | None = arg(optional(PerAxis), "cells to keep", None)
    like: bool | None = arg(Tensor, "a map whose size to cut down to", None)
    sides: object = arg(optional(Sides), "cells to cut off each side", None)
    offset: PerAxes | None = arg(
        optional(PerAxisOrZero), "cells to cut off in front, with `size` or `like`; half if not given", None
    )

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        x = inputs[0]
        if conflict := _exactly_one(self, "size", "like", "sides"):
            yield conflict
            return
        if self.sides is not None and self.offset is not None:
            why = "`offset` has no meaning where `sides` is given"
            yield Problem(ArgumentConflict, "offset", operands=(), op=self.name, why=why)
            return
        problems = (*axes_agree(self, x, "size", "sides", "offset"), *_same_rank(self, inputs))
        yield from problems
        if problems:
            return
        ends = self._ends(*inputs)
        if any(min(cut) < 0 or sum(cut) >= n for n, cut in zip(x[1:], ends, strict=True)):
            argument = next(name for name in ("size", "like", "sides") if getattr(self, name) is not None)
            wanted = " x ".join(str(n - sum(cut)) for n, cut in zip(x[1:], ends, strict=True))
            offset = "" if self.offset is None else f" from {show(per_axis(self.offset, len(ends)))} on"
            yield Problem(
                CannotCrop,
                argument,
                operands=tuple(range(len(inputs))),
                shape=show(x[1:]),
                wanted=wanted + offset,
            )

    def _ends(self, *inputs: Shape) -> tuple[tuple[int, int], ...]:
        """Cells cut off before and after each axis."""
        x = inputs[0][1:]
        if self.sides is not None:
            return sides(self.sides, len(x))
        wanted = inputs[-1][1:] if self.like else per_axis(self.size or (), len(x))
        if self.offset is None:
            fronts = tuple((n - size) // 2 for n, size in zip(x, wanted, strict=True))
        else:
            fronts = per_axis(self.offset, len(x))
        return tuple((front, n - size - front) for n, size, front in zip(x, wanted, fronts, strict=True))

    def window(self, *inputs: Shape) -> tuple[Window, ...]:
        return tuple(Window(1, 1, -before, -after) for before, after in self._ends(*inputs))

    def torch(self, *inputs: Shape) -> Torch:
        if self.like and self.offset is None and not alike(inputs[0][1:], inputs[1][1:]):
            return Torch(call="center_crop({0}, {1})", helper="center_crop")
        if self.like and self.offset is not None:
            fronts = enumerate(per_axis(self.offset, len(inputs[0]) - 1), start=2)
            begin = ((axis, f"{front}:{front} + " if front else ":") for axis, front in fronts)
            cells = (f"{until}{{1}}.shape[{axis}]" for axis, until in begin)
            return Torch(call=f"{{0}}[:, :, {', '.join(cells)}]")
        if self.sides is not None:
            ends = sides(self.sides, len(inputs[0]) - 1)
            cuts = [f"{before or ''}:{-after or ''}" for before, after in ends]
            return Torch(call="{0}" if set(cuts) == {":"} else f"{{0}}[:, :, {', '.join(cuts)}]")
        cuts = [
            f"{before or ''}:{n - after if after else ''}"
            for n, (before, after) in zip(inputs[0][1:], self._ends(*inputs), strict=True)
        ]
        return Torch(call="{0}" if set(cuts) == {":"} else f"{{0}}[:, :, {', '.join(cuts)}]")

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return len(inputs) - 1 if axis and self.like else super().preserves(axis, *inputs)

    def label(self, *inputs: Shape) -> str:
        if not inputs:
            return "crop"
        return f"crop to {show(self.shape(*inputs)[1:])}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Crop(size=4), ((3, 8, 9),))
        yield Sample(Crop(size=(8, 3)), ((3, 8, 9),))
        yield Sample(Crop(size=4, offset=(0, 2)), ((3, 8, 9),))
        yield Sample(Crop(like=True), ((3, 8, 9), (5, 4, 6)))
        yield Sample(Crop(like=True, offset=1), ((3, 8, 9), (5, 4, 6)))
        yield Sample(Crop(like=True, offset=(0, 2)), ((3, 8, 9), (5, 4, 6)))
        yield Sample(Crop(like=True), ((3, 8, 9), (5, 8, 9)))
        yield Sample(Crop(sides=1), ((3, 8, 9),))
        yield Sample(Crop(sides=[(0, 1), (2, 0)]), ((3, 8, 9),))
        yield Sample(Crop(size=5), ((3, 8),))
        yield Sample(Crop(size=(4, 5, 6)), ((3, 5, 6, 7),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Crop(), ((3, 8, 8),), "E309")
        yield Refused(Crop(size=4, sides=2), ((3, 8, 8),), "E309")
        yield Refused(Crop(sides=2, offset=1), ((3, 8, 8),), "E309")
        yield Refused(Crop(size=9), ((3, 8, 8),), "E307")
        yield Refused(Crop(size=4, offset=5), ((3, 8, 8),), "E307")
        yield Refused(Crop(sides=4), ((3, 8, 8),), "E307")
        yield Refused(Crop(like=True), ((3, 8, 8), (3, 9, 8)), "E307")
        yield Refused(Crop(like=True), ((3, 8, 8), (3, 8)), "E303")
        yield Refused(Crop(size=(4, 4)), ((3, 8),), "E305")
        yield Refused(Crop(size=4), ((3,),), "E303")


@operator
class Pad(Op):
    """Add cells around a map: a constant, the map's mirror image, or its border repeated.

    `channels = [[0, 64]]` adds channels, here 64 behind the others.
    """

    name = "pad"
    short = "pad"
    family = "shape"
    spatial = (1, 3)

    sides: object = arg(optional(Sides), "cells to add on each side", None)
    channels: object = arg(optional(Sides), "channels to add in front and behind", None)
    value: float = arg(Real, "what the new cells hold", 0)
    mode: str = arg(choice("constant", "reflect", "replicate"), "where the new cells come from", "constant")

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        (x,) = inputs
        if conflict := self._conflict():
            argument, why = conflict
            yield Problem(ArgumentConflict, argument, operands=(), op=self.name, why=why)
        disagreements = tuple(axes_agree(self, x, "sides"))
        yield from disagreements
        if disagreements or self.mode != "reflect":
            return
        for axis, (n, ends) in enumerate(zip(x[1:], self._sides(x), strict=True), start=1):
            if max(ends) >= n:
                why = f"a map of {n} cells has a mirror image of {n - 1}, not of {max(ends)}"
                yield Problem(ArgumentConflict, "sides", axis=axis, op=self.name, why=why)

    def _conflict(self) -> tuple[str | None, str] | None:
        if self.sides is None and self.channels is None:
            return None, "give the cells to add: `pad(1)`, or `channels = [[0, 64]]`"
        if self.channels is not None and len(sides(self.channels, 1)) != 1:
            return "channels", "there is one axis of channels: `[[before, after]]`"
        if self.mode == "constant":
            return None
        if self.channels is not None:
            return "channels", f"`mode = {self.mode}` adds cells, not channels"
        return ("value", f"`value` has no meaning with `mode = {self.mode}`") if self.value else None

    def _sides(self, x: Shape) -> tuple[tuple[int, int], ...]:
        return sides(self.sides or 0, len(x) - 1)

    def window(self, *inputs: Shape) -> tuple[Window, ...]:
        return tuple(Window(1, 1, before, after) for before, after in self._sides(inputs[0]))

    def channels_out(self, x: Shape) -> int:
        return x[0] + sum(*sides(self.channels or 0, 1))

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        if axis == 0:
            return None if self.channels else 0
        return super().preserves(axis, *inputs)

    def torch(self, *inputs: Shape) -> Torch:
        windows = self.window(*inputs)
        pad, axes = torch_pad(windows), len(windows)
        if self.channels:  # to torch they are one axis more
            pad, axes = (*pad, *sides(self.channels, 1)[0]), axes + 1
        if self.mode != "constant":
            layer = {"reflect": "ReflectionPad", "replicate": "ReplicationPad"}[self.mode]
            return Torch(f"nn.{layer}{axes}d", (tidy(pad),), call=f'F.pad({{0}}, {pad}, mode="{self.mode}")')
        value = f", value={self.value}" if self.value else ""
        call = f"F.pad({{0}}, {pad}{value})"
        if axes > 3:
            return Torch(call=call)
        if self.value:
            return Torch(f"nn.ConstantPad{axes}d", (tidy(pad), self.value), call=call)
        return Torch(f"nn.ZeroPad{axes}d", (tidy(pad),), call=call)

    def label(self, *inputs: Shape) -> str:
        if self.channels:
            return f"pad, {sum(*sides(self.channels, 1))} channels"
        return f"pad, {self.sides}" if isinstance(self.sides, int) else "pad"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Pad(sides=1), ((3, 5, 6),))
        yield Sample(Pad(sides=(0, 2), value=0.5), ((3, 5, 6),))
        yield Sample(Pad(sides=[(0, 1), (2, 3)], value=-1), ((3, 5, 6),))
        yield Sample(Pad(sides=[(0, 1)], mode="reflect"), ((3, 5, 6),))
        yield Sample(Pad(sides=2, mode="replicate"), ((3, 5, 6),))
        yield Sample(Pad(sides=[(0, 1)], mode="reflect"), ((3, 5),))
        yield Sample(Pad(sides=1, mode="replicate"), ((3, 4, 5, 6),))
        yield Sample(Pad(sides=1), ((3, 4, 5, 6),))
        yield Sample(Pad(channels=[(0, 3)]), ((3, 5, 6),))
        yield Sample(Pad(channels=[(0, 3)]), ((3, 5),))
        yield Sample(Pad(channels=[(0, 3)]), ((3, 4, 5, 6),))
        yield Sample(Pad(sides=[(0, 1), (2, 3)], channels=2, value=0.5), ((3, 5, 6),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Pad(sides=1), ((3,),), "E303")
        yield Refused(Pad(sides=(1, 1)), ((3, 5),), "E305")
        yield Refused(Pad(sides=5, mode="reflect"), ((3, 5, 6),), "E309")
        yield Refused(Pad(sides=1, value=1, mode="replicate"), ((3, 5, 6),), "E309")
        yield Refused(Pad(channels=1, mode="replicate"), ((3, 5, 6),), "E309")
        yield Refused(Pad(channels=(1, 1)), ((3, 5, 6),), "E309")
        yield Refused(Pad(), ((3, 5, 6),), "E309")


@operator
class Upsample(Op):
    """Make a map larger without learned numbers: by a factor, to a size, or to that of another map."""

    name = "upsample"
    short = "upsample"
    family = "shape"
    spatial = (1, 3)

    scale: PerAxes | None = arg(optional(PerAxis), "how many times larger", None)
    size: PerAxes | None = arg(optional(PerAxis), "cells to end with", None)
    like: bool | None = arg(Tensor, "a map whose size to end with", None)
    mode: str = arg(
        choice("nearest", "bilinear"), "repeat each cell, or go straight from one to the next", "nearest"
    )
    align_corners: bool = arg(Flag, "the corners keep their values; needs `mode = bilinear`", False)

    @property
    def sees(self) -> Literal["point", "all"]:
        return "all"  # where the cells read do not move evenly, so that no window says it

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        if conflict := _exactly_one(self, "scale", "size", "like"):
            yield conflict
            return
        if self.align_corners and self.mode == "nearest":
            why = "`align_corners` needs `mode = bilinear`"
            yield Problem(ArgumentConflict, "align_corners", operands=(), op=self.name, why=why)
        yield from axes_agree(self, inputs[0], "scale", "size")
        yield from _same_rank(self, inputs)

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        if self.like:
            return (x[0], *inputs[-1][1:])
        if self.size is not None:
            return (x[0], *per_axis(self.size, len(x) - 1))
        return (x[0], *(n * s for n, s in zip(x[1:], per_axis(self.scale or 1, len(x) - 1), strict=True)))

    def window(self, *inputs: Shape) -> tuple[Window, ...] | None:
        sizes = tuple(zip(inputs[0][1:], self.shape(*inputs)[1:], strict=True))
        if self.align_corners or any(after % before for before, after in sizes):
            return None
        scales = (after // before for before, after in sizes)
        if self.mode == "nearest":
            return tuple(Window(s, s, transposed=True) for s in scales)
        # a cell counts up to the next one's centre on either side
        return tuple(Window(2 * s - s % 2, s, s // 2, s // 2, transposed=True) for s in scales)

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        if axis == 0:
            return 0
        return len(inputs) - 1 if self.like else None

    def torch(self, *inputs: Shape) -> Torch:
        axes = len(inputs[0]) - 1
        how: dict[str, object] = {}
        rest = ""
        if self.mode == "bilinear":
            how["mode"] = {1: "linear", 2: "bilinear", 3: "trilinear"}[axes]
            rest += f', mode="{how["mode"]}"'
        if self.align_corners:
            how["align_corners"] = True
            rest += ", align_corners=True"
        if self.like:
            last = f"{{{len(inputs) - 1}}}"
            return Torch(call=f"F.interpolate({{0}}, size={last}.shape[2:]{rest})")
        name, value = ("size", self.size) if self.size is not None else ("scale_factor", self.scale)
        amount = tidy(per_axis(value or 1, axes))
        call = f"F.interpolate({{0}}, {name}={amount}{rest})"
        return Torch("nn.Upsample", (), ((name, amount), *how.items()), call)

    def label(self, *inputs: Shape) -> str:
        if self.scale is not None:
            return f"upsample, x{by(tidy(per_axis(self.scale, 1)), 1)}"
        return f"upsample to {show(self.shape(*inputs)[1:])}" if inputs else "upsample"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(Upsample(scale=2), ((3, 4, 5),))
        yield Sample(Upsample(scale=(1, 3)), ((3, 4, 5),))
        yield Sample(Upsample(scale=2, mode="bilinear"), ((3, 4, 5),))
        yield Sample(Upsample(scale=3, mode="bilinear"), ((3, 4, 5),))
        yield Sample(Upsample(scale=2, mode="bilinear", align_corners=True), ((3, 4, 5),))
        yield Sample(Upsample(size=7), ((3, 4, 5),))
        yield Sample(Upsample(size=(8, 5), mode="bilinear"), ((3, 4, 5),))
        yield Sample(Upsample(like=True), ((3, 4, 5), (2, 8, 11)))
        yield Sample(Upsample(like=True, mode="bilinear"), ((3, 4, 5), (2, 8, 10)))
        yield Sample(Upsample(scale=2, mode="bilinear"), ((3, 5),))
        yield Sample(Upsample(scale=2), ((3, 2, 3, 4),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(Upsample(), ((3, 4, 5),), "E309")
        yield Refused(Upsample(scale=2, size=7), ((3, 4, 5),), "E309")
        yield Refused(Upsample(scale=2, align_corners=True), ((3, 4, 5),), "E309")
        yield Refused(Upsample(scale=(2, 2)), ((3, 4),), "E305")
        yield Refused(Upsample(like=True), ((3, 4, 5), (3, 8)), "E303")
        yield Refused(Upsample(scale=2), ((3,),), "E303")


def _exactly_one(op: Op, *names: str) -> Problem | None:
    """Refuse none, or more than one, of arguments that say the same in different ways."""
    given = [name for name in names if getattr(op, name) is not None]
    if len(given) == 1:
        return None
    ways = ", ".join(f"`{name}`" for name in names[:-1]) + f" or `{names[-1]}`"
    if not given:
        return Problem(ArgumentConflict, operands=(), op=op.name, why=f"say how far: {ways}")
    return Problem(ArgumentConflict, given[1], operands=(), op=op.name, why=f"give only one of {ways}")


def _same_rank(op: Op, inputs: tuple[Shape, ...]) -> Iterator[Problem]:
    """Refuse a tensor given as `like` that has other axes than the input."""
    x, like = inputs[0], inputs[-1]
    if len(x) != len(like):
        wants = f"a map of {show(like)} to have the axes of {show(x)}"
        operands = (len(inputs) - 1, 0)
        yield Problem(WrongRank, "like", operands=operands, op=op.name, wants=wants, shape=show(like))
