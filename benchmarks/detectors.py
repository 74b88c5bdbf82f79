"""Detectors learn: Faster R-CNN's four losses before and after 50 steps, and YOLO's, on painted boxes.

python benchmarks/detectors.py [SEED]

The networks are those of specs/, made small by their parameters; a processor does it within a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import archdsl

SPECS = Path(__file__).resolve().parent.parent / "specs"
SIZE = 192


def painted(images: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Dim noise with two bright boxes in each image: of class 1 in the first channel, of 2 in the second."""
    image = 0.2 * torch.rand(images, 3, SIZE, SIZE)
    boxes = torch.zeros(images, 2, 4)
    for i in range(images):
        for j in range(2):
            size = torch.randint(64, 144, (2,))
            start = (torch.rand(2) * (SIZE - size)).long()
            boxes[i, j] = torch.cat([start, start + size])
            left, top, right, bottom = boxes[i, j].long().tolist()
            image[i, j, top:bottom, left:right] += 0.8
    return image, {"boxes": boxes, "labels": torch.tensor([1, 2]).expand(images, 2)}


def train(module: nn.Module, image: Tensor, targets: dict[str, Tensor], steps: int) -> None:
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        module.losses(module(image), targets)["total"].backward()
        optimizer.step()


@torch.no_grad()
def measured(module: nn.Module, image: Tensor, targets: dict[str, Tensor]) -> dict[str, float]:
    """Each loss without dropout: the mean of ten draws, since regions are drawn at random."""
    dropouts = [each.eval() for each in module.modules() if isinstance(each, nn.Dropout)]
    draws = [module.losses(module(image), targets) for _ in range(10)]
    for each in dropouts:
        each.train()
    return {name: sum(draw[name].item() for draw in draws) / len(draws) for name in draws[0]}


def faster_rcnn() -> archdsl.Network:
    small = {"trunk": "small", "height": SIZE, "width": SIZE, "areas": [64, 128], "fc": 256}
    return archdsl.load(SPECS / "faster-rcnn.arch").net(
        "FasterRCNN", classes=2, regions=400, samples=16, **small
    )


def yolo() -> archdsl.Network:
    return archdsl.load(SPECS / "yolo.arch").net("YOLO", S=SIZE // 64, C=2, norm=True, slim=8)


def main() -> None:
    for network, images, steps in ((faster_rcnn(), 2, 50), (yolo(), 4, 200)):
        torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
        module, (image, targets) = network.module(), painted(images)
        print(f"{network.name}, {network.params:,} parameters, {steps} steps on {images} images")
        before = measured(module, image, targets)
        train(module, image, targets, steps)
        for name, after in measured(module, image, targets).items():
            print(f"  {name:8} {before[name]:7.3f} -> {after:.3f}")


if __name__ == "__main__":
    main()
