"""Regions of a map, each brought to one size: roi_pool, roi_align."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import log2
from typing import Any, Literal

from archdsl.ops.arguments import Count, Flag, Kind, PerAxis, Tensor, Unfit, arg
from archdsl.ops.axes import axes_agree, by, per_axis
from archdsl.ops.contract import Op, Refused, Sample, Torch, operator
from archdsl.ops.problems import ArgumentConflict, BranchesDisagree, Problem, WrongRank
from archdsl.sizes import Shape, show

BOXES = "boxes in image coordinates, `N x 4`: left, top, right, bottom"
"""What an argument that takes boxes says of itself."""


def not_boxes(op: Op, shape: Shape, operand: int, argument: str | None = None) -> Iterator[Problem]:
    """Refuse an input that should be boxes and is not `N x 4`."""
    if len(shape) != 2 or shape[1] != 4:
        wants = "boxes, `N x 4`"
        yield Problem(WrongRank, argument, operands=(operand,), op=op.name, wants=wants, shape=show(shape))


def _strides(value: Any) -> int | list[int]:
    try:
        return [Count.accept(each) for each in value] if isinstance(value, list) else Count.accept(value)
    except Unfit:
        raise Unfit(Strides.words) from None


Strides = Kind("a whole number, at least 1, or a list of one for each map", _strides)


class Regions(Op):
    """What roi_pool and roi_align share: a small map of every box, `N x C x h x w`."""

    family = "pool"
    spatial = None

    size: int | tuple[int, ...] = arg(PerAxis, "size of the map of each box")
    boxes: bool = arg(Tensor, BOXES)
    stride: int | list[int] = arg(Strides, "image cells from one cell of the map to the next", 1)

    @property
    def sees(self) -> Literal["point", "all"]:
        return "all"

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        *maps, boxes = inputs
        for operand, x in enumerate(maps):
            if len(x) != 3:
                wants = "channels and two spatial axes"
                yield Problem(WrongRank, operands=(operand,), op=self.name, wants=wants, shape=show(x))
                return
        yield from axes_agree(self, maps[0], "size")
        yield from not_boxes(self, boxes, len(maps), "boxes")
        given = len(self._strides())
        if given != len(maps):
            maps_read = f"{len(maps)} map{'s' * (len(maps) > 1)}"
            why = f"there {'is' if len(maps) == 1 else 'are'} {maps_read}, and `stride` has {given}"
            yield Problem(ArgumentConflict, "stride", operands=(), op=self.name, why=why)

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[-1][0], inputs[0][0], *per_axis(self.size, 2))

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return None

    def _strides(self) -> list[int]:
        return self.stride if isinstance(self.stride, list) else [self.stride]


@operator
class RoIPool(Regions):
    """Cut each box out of the map, whole cells of it, and take maxima over a grid of bins.

    A box that lies between cells is moved to whole ones; bins without a cell give 0.
    Source: Girshick, "Fast R-CNN", 2015, section 2.1.
    """

    name = "roi_pool"
    short = "roi_pool"

    def torch(self, *inputs: Shape) -> Torch:
        call = f"roi_pool({{0}}, {{1}}, {per_axis(self.size, 2)}, {self._strides()[0]})"
        return Torch(call=call, helper="roi_pool")

    def label(self, *inputs: Shape) -> str:
        return f"RoI max pool to {by(self.size)}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(size=3, boxes=True), ((4, 7, 9), (5, 4)))
        yield Sample(cls(size=(2, 3), boxes=True, stride=16), ((4, 5, 6), (3, 4)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(cls(size=3, boxes=True), ((4, 7, 9), (5, 3)), "E303")
        yield Refused(cls(size=3, boxes=True), ((4,), (5, 4)), "E303")
        yield Refused(cls(size=(3, 3, 3), boxes=True), ((4, 7, 9), (5, 4)), "E305")
        yield Refused(cls(size=3, boxes=True, stride=[4, 8]), ((4, 7, 9), (5, 4)), "E309")


@operator
class RoIAlign(Regions):
    """Read each box from the map without moving it: the mean of points in a grid of bins.

    A point between cells takes its share of the four around it, one outside of the map that of the
    nearest. Of several maps, the levels of a pyramid, a box is read from the one in which it has 14 to
    28 cells to a side, or from the first or last.
    Source: He, Gkioxari, Dollár and Girshick, "Mask R-CNN", 2017; the levels are those of Lin et al.,
    "Feature pyramid networks for object detection", 2017, equation 1.
    """

    name = "roi_align"
    short = "roi_align"
    arity = (1, None)

    sampling: int = arg(Count, "points along each side of a bin", 2)
    aligned: bool = arg(Flag, "coordinates speak of the corners of cells; if not, of their centres", False)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        found = tuple(super().check(*inputs))
        yield from found
        if found:
            return
        maps = inputs[:-1]
        for operand, x in enumerate(maps):
            if x[0] != maps[0][0]:
                yield Problem(
                    BranchesDisagree,
                    operands=(operand, 0),
                    axis=0,
                    op=self.name,
                    what="channels",
                    left=show(x),
                    right=show(maps[0]),
                )
                return
        levels = [log2(stride) for stride in self._strides()]
        if len(levels) > 1 and levels != [levels[0] + i for i in range(len(levels))]:
            why = f"each level of a pyramid has twice the stride of the one before, not {self.stride}"
            yield Problem(ArgumentConflict, "stride", operands=(), op=self.name, why=why)

    def torch(self, *inputs: Shape) -> Torch:
        last = len(inputs) - 1
        maps = ", ".join(f"{{{index}}}" for index in range(last))
        aligned = ", aligned=True" if self.aligned else ""
        rest = f"{per_axis(self.size, 2)}, {self._strides()}, {self.sampling}{aligned}"
        return Torch(call=f"roi_align([{maps}], {{{last}}}, {rest})", helper="roi_align")

    def label(self, *inputs: Shape) -> str:
        return f"RoI align to {by(self.size)}"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(size=3, boxes=True), ((4, 7, 9), (5, 4)))
        yield Sample(cls(size=(2, 3), boxes=True, stride=16, sampling=1), ((4, 5, 6), (3, 4)))
        yield Sample(cls(size=2, boxes=True, aligned=True), ((4, 5, 6), (3, 4)))
        yield Sample(cls(size=2, boxes=True, stride=[4, 8]), ((4, 8, 8), (4, 4, 4), (3, 4)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(cls(size=3, boxes=True), ((4, 7, 9), (5,)), "E303")
        yield Refused(cls(size=3, boxes=True, stride=[4, 8]), ((4, 8, 8), (6, 4, 4), (3, 4)), "E301")
        yield Refused(cls(size=3, boxes=True, stride=[4, 4]), ((4, 8, 8), (4, 4, 4), (3, 4)), "E309")
        yield Refused(cls(size=3, boxes=True), ((4, 8, 8), (4, 4, 4), (3, 4)), "E309")
