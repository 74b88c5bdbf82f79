"""Boxes: anchor_boxes, propose, nms, detect.

Boxes are `N x 4`, in image coordinates: left, top, right, bottom. Their number is fixed; where fewer
are found, the last rows are boxes of zeros with score 0. Offsets move a box and change its size:
Girshick et al., "Rich feature hierarchies", 2014, appendix C. No gradient goes through a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal

from archdsl.ops.arguments import Count, Fraction, Kind, Positive, Real, Tensor, Unfit, arg
from archdsl.ops.contract import Op, Port, Refused, Sample, Torch, operator
from archdsl.ops.problems import BranchesDisagree, Problem, WrongRank
from archdsl.ops.regions import BOXES, not_boxes
from archdsl.sizes import Shape, show


def _listed(kind: Kind, words: str, count: int | None = None) -> Kind:
    """A list of what a kind accepts, or one alone; of so many, if that is said."""

    def accept(value: Any) -> list[Any]:
        given = value if isinstance(value, list | tuple) else [value]
        if not given or (count is not None and len(given) != count):
            raise Unfit(words)
        try:
            return [kind.accept(each) for each in given]
        except Unfit:
            raise Unfit(words) from None

    return Kind(words, accept)


Counts = _listed(Count, "a list of whole numbers, at least 1")
Ratios = _listed(Kind("", lambda value: float(Positive.accept(value))), "a list of numbers above 0")
Stds = _listed(Positive, "a list of four numbers above 0", 4)
STDS = [0.1, 0.1, 0.2, 0.2]


class Boxes(Op):
    """What the operators on boxes share."""

    family = "boxes"
    _ports: ClassVar[tuple[Port, ...]] = ()

    @property
    def sees(self) -> Literal["point", "all"]:
        return "all"

    @property
    def ports(self) -> tuple[Port, ...]:
        return self._ports

    @property
    def results(self) -> int:
        return len(self._ports) or 1

    def shape(self, *inputs: Shape) -> Shape:
        return self.outputs(*inputs)[0]

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        return None

    def _rows(self, shape: Shape, wants: str, widths: set[int], operand: int = 0) -> Iterator[Problem]:
        """Refuse an input that is not `N x` one of these widths."""
        if len(shape) != 2 or shape[1] not in widths:
            yield Problem(WrongRank, operands=(operand,), op=self.name, wants=wants, shape=show(shape))

    def _as_many(self, *inputs: Shape) -> Iterator[Problem]:
        """Refuse an input that has not as many rows as the first."""
        for operand, shape in enumerate(inputs):
            if shape[0] != inputs[0][0]:
                yield Problem(
                    BranchesDisagree,
                    operands=(operand, 0),
                    axis=0,
                    op=self.name,
                    what="number of rows",
                    left=show(shape),
                    right=show(inputs[0]),
                )
                return


@operator
class AnchorBoxes(Boxes):
    """Boxes of several sizes and shapes around every cell of a map: `height * width * anchors x 4`.

    They stand row by row, cell by cell, first all sizes of the first ratio. Only the size of the map
    counts, not what is in it. The corners are rounded to whole pixels.
    Source: Ren, He, Girshick and Sun, "Faster R-CNN", 2015, section 3.1.1.
    """

    name = "anchor_boxes"
    short = "anchors"
    spatial = (2, 2)

    sizes: Any = arg(Counts, "side of a square box of each area, in image cells")
    ratios: Any = arg(Ratios, "height of the boxes for a width of 1, of equal area", [0.5, 1.0, 2.0])
    stride: int = arg(Count, "image cells from one cell of the map to the next", 1)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        _, height, width = inputs[0]
        return ((height * width * len(self.sizes) * len(self.ratios), 4),)

    def torch(self, *inputs: Shape) -> Torch:
        call = f"anchor_boxes({{0}}, {self.sizes}, {self.ratios}, {self.stride})"
        return Torch(call=call, helper="anchor_boxes")

    def label(self, *inputs: Shape) -> str:
        return f"{len(self.sizes) * len(self.ratios)} anchors a cell"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(sizes=[32, 64], stride=16), ((4, 5, 6),))
        yield Sample(cls(sizes=[8], ratios=[1]), ((1, 2, 3),))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(cls(sizes=[8]), ((4,),), "E303")


@operator
class Propose(Boxes):
    """The best boxes of a region proposal network, as `boxes` and `scores`.

    It reads, for each anchor, how sure the network is that there is an object (one number, for a
    sigmoid, or two for a softmax, the second for an object) and the offsets to its box. The best ones
    are moved by their offsets and clipped to the image; those smaller than `min_size` and those that
    overlap a better one are left out.
    Source: Ren, He, Girshick and Sun, "Faster R-CNN", 2015, section 3.3.
    """

    name = "propose"
    short = "propose"
    arity = (2, 2)
    _ports = (Port("boxes"), Port("scores"))

    anchors: bool = arg(Tensor, "the anchors, `N x 4`")
    image: bool = arg(Tensor, "the image, or another map of its height and width")
    before: int = arg(Count, "the best anchors, which are looked at", 6000)
    after: int = arg(Count, "the most boxes that are left", 300)
    iou: float = arg(Fraction, "the overlap above which the better box stays alone", 0.7)
    min_size: float = arg(Real, "the least width and height of a box", 1)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        scores, offsets, anchors, image = inputs
        found = (
            *not_boxes(self, anchors, 2, "anchors"),
            *self._rows(offsets, "offsets for each anchor, `N x 4`", {4}, 1),
            *(self._rows(scores, "one or two numbers for each anchor", {1, 2}) if len(scores) != 1 else ()),
            *not_an_image(self, image, 3),
        )
        yield from found or self._as_many(anchors, scores, offsets)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.after, 4), (self.after,)

    def torch(self, *inputs: Shape) -> Torch:
        options = f"{self.before}, {self.after}, {float(self.iou)}, {float(self.min_size)}"
        return Torch(call=f"propose({{0}}, {{1}}, {{2}}, {{3}}, {options})", helper="propose")

    def label(self, *inputs: Shape) -> str:
        return f"propose {self.after} boxes"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        given = {"anchors": True, "image": True, "before": 8, "after": 3}
        yield Sample(cls(**given), ((12, 2), (12, 4), (12, 4), (3, 8, 9)))
        yield Sample(cls(**given, iou=0.3, min_size=0), ((12, 1), (12, 4), (12, 4), (3, 8, 9)))
        yield Sample(cls(**given), ((5,), (5, 4), (5, 4), (3, 8, 9)))
        yield Sample(cls(**given), ((2,), (2, 4), (2, 4), (3, 8, 9)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        op = cls(anchors=True, image=True)
        yield Refused(op, ((12, 3), (12, 4), (12, 4), (3, 8, 9)), "E303")
        yield Refused(op, ((12, 2), (12, 5), (12, 4), (3, 8, 9)), "E303")
        yield Refused(op, ((12, 2), (12, 4), (48,), (3, 8, 9)), "E303")
        yield Refused(op, ((12, 2), (12, 4), (12, 4), (72,)), "E303")
        yield Refused(op, ((12, 2), (12, 4), (11, 4), (3, 8, 9)), "E301")


@operator
class NMS(Boxes):
    """Keep the best boxes, without those that overlap a better one: non-maximum suppression.

    Gives `boxes` and `scores`, best first. Scores of 0 and below count as no box; with `iou = 1`
    overlaps do not matter.
    Source: Dalal and Triggs, "Histograms of oriented gradients for human detection", 2005.
    """

    name = "nms"
    short = "nms"
    arity = (2, 2)
    _ports = (Port("boxes"), Port("scores"))

    count: int = arg(Count, "the most boxes that are kept")
    iou: float = arg(Fraction, "the overlap above which the better box stays alone", 0.5)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        boxes, scores = inputs
        found = tuple(not_boxes(self, boxes, 0))
        if not found and len(scores) != 1:
            wants = "one score for each box"
            found = (Problem(WrongRank, operands=(1,), op=self.name, wants=wants, shape=show(scores)),)
        yield from found or self._as_many(boxes, scores)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.count, 4), (self.count,)

    def torch(self, *inputs: Shape) -> Torch:
        return Torch(call=f"nms({{0}}, {{1}}, {self.count}, {float(self.iou)})", helper="nms")

    def label(self, *inputs: Shape) -> str:
        return f"keep {self.count} boxes"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        yield Sample(cls(count=3), ((8, 4), (8,)))
        yield Sample(cls(count=5, iou=1), ((2, 4), (2,)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        yield Refused(cls(count=3), ((8, 5), (8,)), "E303")
        yield Refused(cls(count=3), ((8, 4), (8, 2)), "E303")
        yield Refused(cls(count=3), ((8, 4), (7,)), "E301")


@operator
class Detect(Boxes):
    """What a detector sees: `boxes`, `labels` and `scores`, best first.

    It reads the scores of each region for the classes, of which the first is the background, and the
    offsets of its box, four for each class or four for all. Each class moves the boxes by its own
    offsets, clips them to the image and keeps those that no better one of the class overlaps. Labels
    count from 1; a row without a box has label 0.
    Source: Girshick, "Fast R-CNN", 2015, section 2.
    """

    name = "detect"
    short = "detect"
    arity = (2, 2)
    _ports = (Port("boxes"), Port("labels", "int"), Port("scores"))

    boxes: bool = arg(Tensor, f"the regions, as {BOXES}")
    image: bool = arg(Tensor, "the image, or another map of its height and width")
    count: int = arg(Count, "the most boxes that are kept", 100)
    score: float = arg(Fraction, "the least score of a box", 0.05)
    iou: float = arg(Fraction, "the overlap above which the better box of a class stays alone", 0.5)
    stds: Any = arg(Stds, "what offsets are multiplied by: `[x, y, width, height]`", STDS)

    def check(self, *inputs: Shape) -> Iterator[Problem]:
        scores, offsets, boxes, image = inputs
        found = (
            *not_boxes(self, boxes, 2, "boxes"),
            *(self._rows(scores, "scores of the background and the classes", set(range(2, scores[-1] + 1)))),
            *not_an_image(self, image, 3),
        )
        wants = f"four offsets for each class, `N x {4 * scores[-1]}`, or `N x 4`"
        found = found or tuple(self._rows(offsets, wants, {4, 4 * scores[-1]}, 1))
        yield from found or self._as_many(boxes, scores, offsets)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.count, 4), (self.count,), (self.count,)

    def torch(self, *inputs: Shape) -> Torch:
        options = f"{self.count}, {float(self.score)}, {float(self.iou)}, {self.stds}"
        return Torch(call=f"detect({{0}}, {{1}}, {{2}}, {{3}}, {options})", helper="detect")

    def label(self, *inputs: Shape) -> str:
        return f"detect {self.count} boxes"

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        given = {"boxes": True, "image": True, "count": 3}
        yield Sample(cls(**given), ((6, 3), (6, 12), (6, 4), (3, 8, 9)))
        yield Sample(cls(**given, score=0.5, stds=[1, 1, 1, 1]), ((6, 3), (6, 4), (6, 4), (3, 8, 9)))

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        op = cls(boxes=True, image=True)
        yield Refused(op, ((6, 1), (6, 4), (6, 4), (3, 8, 9)), "E303")
        yield Refused(op, ((6, 3), (6, 8), (6, 4), (3, 8, 9)), "E303")
        yield Refused(op, ((6, 3), (6, 12), (6, 5), (3, 8, 9)), "E303")
        yield Refused(op, ((6, 3), (6, 12), (6, 4), (3,)), "E303")
        yield Refused(op, ((6, 3), (6, 12), (5, 4), (3, 8, 9)), "E301")


def not_an_image(op: Op, shape: Shape, operand: int) -> Iterator[Problem]:
    """Refuse an input without height and width."""
    if len(shape) != 3:
        wants = "an image with height and width"
        yield Problem(WrongRank, "image", operands=(operand,), op=op.name, wants=wants, shape=show(shape))
