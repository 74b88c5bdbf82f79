"""torchvision, as it is to be imported: the models are its authors' word on the published networks.

Installed without its dependencies it lacks its compiled operators; the two that its import asks for
are declared here, and no classification model calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    from archdsl import Network


@cache
def models() -> ModuleType:
    """`torchvision.models`."""
    import torch

    for schema in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        try:
            torch.library.define(f"torchvision::{schema.partition('(')[0]}", schema[schema.index("(") :])
        except RuntimeError:  # the compiled operators are there after all
            break
    from torchvision import models

    return models


def network(name: str) -> nn.Module:
    """torchvision's network of this name in tests/networks.json, as it was measured, not in training.

    Its weights are random, and such that every layer tells in the output.
    """
    import torch

    torch.manual_seed(0)
    if name.startswith("fasterrcnn"):
        return _pyramid().eval()
    model = _made(name)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.weight.data *= 6**0.5  # torch starts with a sixth of He's variance, which fades away
        elif isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0.0, 0.1)
            module.momentum = 1.0  # takes the statistics of these images
    with torch.no_grad():
        model.train()(images(name))
    return model.eval()


def images(name: str) -> Tensor:
    """Two random images, small where a network takes any size."""
    import torch

    size = (224, 224) if name.startswith(("alexnet", "vgg")) else (96, 128)
    return torch.randn(2, 3, *size)


def _made(name: str) -> nn.Module:
    without_weights: dict[str, Any] = {"weights": None}
    if name.startswith("fcn"):
        without_weights |= {"weights_backbone": None, "num_classes": 21, "aux_loss": name.endswith("_aux")}
        return models().segmentation.fcn_resnet50(**without_weights)
    if name.startswith("googlenet"):
        without_weights |= {"init_weights": False, "aux_logits": not name.endswith("_noaux")}
        return models().googlenet(**without_weights)
    if name.startswith("vgg"):
        without_weights["init_weights"] = False
    return getattr(models(), name)(**without_weights)


def _pyramid() -> nn.Module:
    """Faster R-CNN as it is published, for images of 128 x 128 that are taken as they are.

    Its classes, scores and offsets are made to differ from one region to the next.
    """
    import torch

    models()
    resnet = import_module("torchvision.models.resnet")
    frozen = import_module("torchvision.ops.misc").FrozenBatchNorm2d
    backbone_of = import_module("torchvision.models.detection.backbone_utils")._resnet_fpn_extractor
    backbone = backbone_of(resnet.resnet50(norm_layer=frozen), 3)
    plain = {"min_size": 128, "max_size": 128, "image_mean": [0.0] * 3, "image_std": [1.0] * 3}
    model = models().detection.FasterRCNN(backbone, 91, **plain)
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, frozen) and name.endswith(("bn3", "downsample.1")):
                module.weight.fill_(0.5)
        for head, factor in (
            (model.rpn.head, 20),
            (model.roi_heads.box_predictor.cls_score, 40),
            (model.roi_heads.box_predictor.bbox_pred, 5),
        ):
            for parameter in head.parameters():
                parameter *= factor  # noqa: PLW2901
    return model


def detections(model: nn.Module, image: Tensor) -> list[Tensor]:
    """Boxes, labels and scores in an image, with torchvision's own Python in place of compiled operators."""
    from unittest.mock import patch

    roi_align, boxes = import_module("torchvision.ops.roi_align"), import_module("torchvision.ops.boxes")
    plain = getattr(roi_align._roi_align, "__wrapped__", roi_align._roi_align)
    with patch.object(roi_align, "_roi_align", plain), patch.object(boxes, "nms", _nms):
        found = model([image])[0]
    return [found["boxes"], found["labels"], found["scores"]]


def _nms(boxes: Tensor, scores: Tensor, iou: float) -> Tensor:
    """Non-maximum suppression as it is defined, one box after the other."""
    import torch
    from torchvision.ops.boxes import box_iou

    overlap, kept = box_iou(boxes, boxes), []
    left = torch.ones(len(boxes), dtype=torch.bool)
    for index in scores.argsort(descending=True, stable=True).tolist():
        if left[index]:
            kept.append(index)
            left &= overlap[index] <= iou
    return torch.tensor(kept, dtype=torch.long)


def compare(
    name: str, net: Network, named: Callable[[str], str], *, softmax: bool, trains: bool
) -> Iterator[str]:
    """Load all of torchvision's weights by name into a network, and say in what the two differ.

    `named` tells from torchvision's name of a weight ours; with `softmax` ours goes on to probabilities.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other where the processors have other work
    theirs = network(name)
    weights = {named(key): tensor for key, tensor in theirs.state_dict().items()}
    if {key: tuple(tensor.shape) for key, tensor in weights.items()} == net.weights:
        with torch.device("meta"):  # its own weights would be thrown away
            ours = net.module().eval()
        ours.load_state_dict(weights, strict=True, assign=True)
        yield from _other_outputs(name, ours, theirs, softmax=softmax, trains=trains)
    else:
        yield "the weights have other names or shapes"
    torch.set_num_threads(threads)


def _other_outputs(
    name: str, ours: nn.Module, theirs: nn.Module, *, softmax: bool, trains: bool
) -> Iterator[str]:
    import torch

    if name.startswith("fasterrcnn"):
        yield from _other_boxes(ours, theirs)
        return
    for model in (ours, theirs) if trains else ():
        _train_without_chance(model)
    seen = images(name)
    with torch.inference_mode():
        given, expected = _tensors(ours(seen)), _tensors(theirs(seen))
    if softmax:
        expected = [each.softmax(1) for each in expected]
    if len(given) != len(expected) or not all(map(torch.equal, given, expected)):
        yield "the outputs are others"
    if any(torch.allclose(*output) for output in expected):
        yield "the outputs do not tell one image from another"


def _train_without_chance(model: nn.Module) -> None:
    """Batch norms and dropouts as in use, all else as in training."""
    import torch

    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.Dropout):
            module.eval()


def _tensors(outputs: Any) -> list[Tensor]:
    """In our order; torchvision's second auxiliary output comes before the first."""
    import torch

    if isinstance(outputs, torch.Tensor):
        return [outputs]
    if isinstance(outputs, dict):
        return list(outputs.values())
    if "logits" in outputs._fields:
        return [outputs.logits, outputs.aux_logits1, outputs.aux_logits2]
    return list(outputs)


def _other_boxes(ours: nn.Module, theirs: nn.Module) -> Iterator[str]:
    """Whether each box is found by both, up to rounding, which also decides among equally good ones."""
    import torch

    image = 2 * torch.rand(3, 128, 128) - 1
    with torch.inference_mode():
        expected, given = detections(theirs, image), ours(image[None])
    count = len(expected[0])
    boxes, labels, scores = (each[0][:count, None] for each in given)
    same = (labels == expected[1]) & ((scores - expected[2]).abs() < 1e-5)
    same &= (boxes - expected[0]).abs().amax(2) < 1e-3
    if count < 20 or not (same.any(0).all() and same.any(1).all()):
        yield f"the boxes are others, of {count}"
