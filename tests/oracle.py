"""torchvision, as it is to be imported: the models are its authors' word on the published networks.

Installed without its dependencies it lacks its compiled operators; the two that its import asks for
are declared here, and no classification model calls them.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType


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
