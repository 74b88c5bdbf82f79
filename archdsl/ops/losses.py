"""What a network is trained to make small: losses, each a function of outputs and of targets.

A net names a loss, `loss classify: cross_entropy(scores, label)`: the outputs that it reads first,
then the targets, by the names under which whoever trains hands them over, then its options. This
says what each one reads, and what PyTorch or a helper that is brought along calls it.

The targets of a detector are `boxes`, the true boxes of each image in image coordinates, and
`labels`, their classes counted from 1. Images with fewer boxes are filled up with rows of zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.ops.arguments import Arg, Count, Fraction, Positive
from archdsl.ops.detection import STDS, Stds
from archdsl.sizes import Shape, show

Refusal = Callable[..., str]
"""Of the options, then the shapes of the outputs: why they do not fit, or nothing."""


def _takes_any(_: Mapping[str, Any], *outputs: Shape) -> str:
    return ""


@dataclass(frozen=True)
class LossFunction:
    """A loss: what it reads, its options, and how PyTorch says it."""

    doc: str
    function: str
    """`F.cross_entropy`, or a helper; called with outputs and targets, and the options by name."""
    outputs: tuple[str, ...]
    targets: tuple[str, ...]
    args: tuple[Arg, ...] = ()
    refuses: Refusal = _takes_any

    @property
    def helper(self) -> str | None:
        """The helper that it needs, where it is none of torch's own functions."""
        return None if "." in self.function else self.function

    @property
    def operands(self) -> tuple[str, ...]:
        return (*self.outputs, *self.targets)


# --- what does not fit ------------------------------------------------------------------------------


def _rpn(widths: set[int], shown: str) -> Refusal:
    """Refuse anchors that are not `N x 4`, and outputs that do not have such a row for each."""

    def refuses(_: Mapping[str, Any], rows: Shape, anchors: Shape) -> str:
        if len(anchors) != 2 or anchors[1] != 4:
            return f"anchors are boxes, `N x 4`, not {show(anchors)}"
        matrix = (*rows, 1) if len(rows) == 1 else rows
        if len(matrix) != 2 or matrix[0] != anchors[0] or matrix[1] not in widths:
            return f"{anchors[0]} anchors need {shown}, not {show(rows)}"
        return ""

    return refuses


def _roi(per_region: Callable[[int], bool], shown: str) -> Refusal:
    """Refuse regions that are not `N x 4`, and outputs that do not have such a row for each."""

    def refuses(_: Mapping[str, Any], rows: Shape, regions: Shape) -> str:
        if len(regions) != 2 or regions[1] != 4:
            return f"regions are boxes, `N x 4`, not {show(regions)}"
        if len(rows) != 2 or rows[0] != regions[0] or not per_region(rows[1]):
            return f"{regions[0]} regions need {shown}, not {show(rows)}"
        return ""

    return refuses


def _yolo(options: Mapping[str, Any], cells: Shape) -> str:
    boxes = 5 * options["predictors"]
    if len(cells) != 3 or cells[0] != cells[1] or cells[2] <= boxes:
        wants = f"`S x S x ({boxes} + classes)`"
        return f"with {options['predictors']} boxes a cell the output is {wants}, not {show(cells)}"
    return ""


# --- options that several have ----------------------------------------------------------------------

_BETA = Arg("beta", Positive, "where it changes from squared to absolute", 1.0)
_RPN = (
    Arg("positive", Fraction, "the overlap from which an anchor is an object", 0.7),
    Arg("negative", Fraction, "the overlap below which it is background", 0.3),
    Arg("samples", Count, "anchors of each image that count, drawn at random", 256),
    Arg("share", Fraction, "of these the most that are objects", 0.5),
)
_ROI = (
    Arg("positive", Fraction, "the overlap from which a region is an object", 0.5),
    Arg("samples", Count, "regions of each image that count, drawn at random", 128),
    Arg("share", Fraction, "of these the most that are objects", 0.25),
)

LOSSES: dict[str, LossFunction] = {
    "cross_entropy": LossFunction(
        "Softmax and negative log-likelihood; the target holds classes counted from 0, -100 for none.",
        "F.cross_entropy",
        ("scores",),
        ("classes",),
    ),
    "binary_cross_entropy": LossFunction(
        "Sigmoid and negative log-likelihood of each number.",
        "F.binary_cross_entropy_with_logits",
        ("scores",),
        ("truth",),
    ),
    "mse": LossFunction("Mean squared difference.", "F.mse_loss", ("values",), ("truth",)),
    "l1": LossFunction("Mean absolute difference.", "F.l1_loss", ("values",), ("truth",)),
    "smooth_l1": LossFunction(
        "Squared difference near zero, absolute beyond. Source: Girshick, 2015.",
        "F.smooth_l1_loss",
        ("values",),
        ("truth",),
        (_BETA,),
    ),
    "rpn_objectness": LossFunction(
        "Whether there is an object at an anchor: cross entropy over a sample of the anchors. An anchor "
        "is an object if it overlaps a true box enough, or if none overlaps that box more. "
        "Source: Ren et al., 2015, section 3.1.2.",
        "rpn_objectness",
        ("scores", "anchors"),
        ("boxes",),
        _RPN,
        _rpn({1, 2}, "a number each, or two"),
    ),
    "rpn_boxes": LossFunction(
        "How far the anchors that are objects, moved by their offsets, are from the true boxes: smooth L1, "
        "over the number of anchors drawn.",
        "rpn_boxes",
        ("offsets", "anchors"),
        ("boxes",),
        (*_RPN, Arg("beta", Positive, _BETA.doc, 1 / 9)),
        _rpn({4}, "four offsets each"),
    ),
    "roi_classes": LossFunction(
        "The class of each region, 0 for the background: cross entropy over a sample of the regions. "
        "Source: Girshick, 2015, section 2.3.",
        "roi_classes",
        ("scores", "regions"),
        ("boxes", "labels"),
        _ROI,
        _roi(lambda width: width > 1, "scores of the background and the classes"),
    ),
    "roi_boxes": LossFunction(
        "How far the regions that are objects, moved by the offsets of their class, are from the true boxes: "
        "smooth L1, over the number of regions drawn.",
        "roi_boxes",
        ("offsets", "regions"),
        ("boxes", "labels"),
        (*_ROI, Arg("stds", Stds, "what the true offsets are divided by", STDS), _BETA),
        _roi(lambda width: width % 4 == 0, "four offsets for each class, or four"),
    ),
    "yolo": LossFunction(
        "Sum of squares over the cells of a grid, each with several boxes (x and y within the cell, square "
        "roots of width and height of the image's, confidence) and then the classes. Of the boxes in the "
        "cell of an object's centre, the one that overlaps it most is responsible for it. "
        "Source: Redmon et al., 2016, equation 3.",
        "yolo_loss",
        ("cells",),
        ("boxes", "labels"),
        (
            Arg("stride", Positive, "image cells from one cell to the next"),
            Arg("predictors", Count, "boxes that each cell gives", 2),
            Arg("coord", Positive, "weight of the boxes that are responsible for an object", 5.0),
            Arg("noobj", Positive, "weight of the confidence of those that are not", 0.5),
        ),
        _yolo,
    ),
}
"""Every loss by the name it has in a spec."""
