"""The networks of specs/ learn: each of their losses before and after some steps on a few painted images.

python benchmarks/training.py [SEED]

They are made small, Faster R-CNN and YOLO by their parameters and FCN by replacing its layers; a processor
does all of it within a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import archdsl
from archdsl.source import Source

SPECS = Path(__file__).resolve().parent.parent / "specs"
SIZE = 192

FCN = """
import "fcn.arch"

notation conv-{c} = conv(c, 3, padding = same) -> relu
notation pool     = maxpool(ceil = true)

net FCN-8s-small from FCN-8s {                         # an eighth as wide
    input image: 3 x 48 x 48
    replace features: {
        conv(8, 3, padding = 100) -> relu; conv-8; pool
        conv-16; conv-16; pool
        conv-32; conv-32; conv-32; pool
        conv-64; conv-64; conv-64; pool
        conv-64; conv-64; conv-64; pool
    }
    replace classifier.0: conv(512, 7)
    replace classifier.3: conv(512, 1)
    init features: he
    init classifier: he
}
"""


# --- networks ---------------------------------------------------------------------------------------


def faster_rcnn() -> archdsl.Network:
    small = {"trunk": "small", "height": SIZE, "width": SIZE, "areas": [96], "fc": 256}
    return archdsl.load(SPECS / "faster-rcnn.arch").net(
        "FasterRCNN", classes=2, regions=200, samples=16, **small
    )


def yolo() -> archdsl.Network:
    return archdsl.load(SPECS / "yolo.arch").net("YOLO", S=SIZE // 64, C=2, norm=True, slim=8)


def fcn() -> archdsl.Network:
    return archdsl.Spec(Source("fcn-small.arch", FCN), SPECS).net("FCN-8s-small", classes=3)


# --- what they learn --------------------------------------------------------------------------------


def painted(images: int, side: int = SIZE) -> tuple[Tensor, dict[str, Tensor]]:
    """Dim noise with two bright boxes in each image: of class 1 in the first channel, of 2 in the second."""
    image = 0.2 * torch.rand(images, 3, side, side)
    boxes = torch.zeros(images, 2, 4)
    for i in range(images):
        for j in range(2):
            size = torch.randint(side // 3, 3 * side // 4, (2,))
            start = (torch.rand(2) * (side - size)).long()
            boxes[i, j] = torch.cat([start, start + size])
            left, top, right, bottom = boxes[i, j].long().tolist()
            image[i, j, top:bottom, left:right] += 0.8
    return image, {"boxes": boxes, "labels": torch.tensor([1, 2]).expand(images, 2)}


def masked(images: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The same as the class of each pixel, 0 outside of the boxes; the second covers the first."""
    image, targets = painted(images, 48)
    pixels = torch.zeros(images, 48, 48, dtype=torch.long)
    for of_image, boxes in zip(pixels, targets["boxes"].long().tolist(), strict=True):
        for label, (left, top, right, bottom) in enumerate(boxes, 1):
            of_image[top:bottom, left:right] = label
    return image, {"labels": pixels}


def train(module: nn.Module, image: Tensor, targets: dict[str, Tensor], steps: int) -> None:
    optimizer = torch.optim.Adam([each for each in module.parameters() if each.requires_grad], lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        module.losses(module(image), targets)["total"].backward()
        optimizer.step()


@torch.no_grad()
def measured(module: nn.Module, image: Tensor, targets: dict[str, Tensor]) -> dict[str, float]:
    """Each loss without dropout: the mean of ten draws, since regions are drawn at random."""
    dropouts = [each.eval() for each in module.modules() if isinstance(each, nn.Dropout)]
    outputs = module(image)
    draws = [module.losses(outputs, targets) for _ in range(10)]
    for each in dropouts:
        each.train()
    return {name: sum(draw[name].item() for draw in draws) / len(draws) for name in draws[0]}


@torch.no_grad()
def overlaps(module: nn.Module, image: Tensor, truth: Tensor) -> list[float]:
    """In use: how much the surest box of each class and the true one have in common, of what both cover."""
    found = module.eval()(image)
    shares = []
    for boxes, labels, objects in zip(found.boxes, found.labels, truth, strict=True):
        for label, true in enumerate(objects, 1):
            surest = boxes[(labels == label).nonzero()[:1, 0]].reshape(-1, 4)  # they come best first
            common = (torch.minimum(surest, true)[:, 2:] - torch.maximum(surest, true)[:, :2]).clamp(min=0)
            areas = [(box[..., 2:] - box[..., :2]).prod(-1) for box in (surest, true)]
            shares.append(float((common.prod(-1) / (sum(areas) - common.prod(-1))).sum()))
    module.train()
    return shares


TASKS = (
    (faster_rcnn, painted, 2, 50),
    (yolo, painted, 4, 200),
    (fcn, masked, 2, 150),
)
"""Of each network: what it learns, of how many images, in how many steps."""


def main() -> None:
    for network, drawn, images, steps in TASKS:
        torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
        net = network()
        module, (image, targets) = net.module(), drawn(images)
        print(f"{net.name}, {net.params:,} parameters, {steps} steps on {images} images")
        before = measured(module, image, targets)
        train(module, image, targets, steps)
        for name, after in measured(module, image, targets).items():
            print(f"  {name:8} {before[name]:7.3f} -> {after:.3f}")
        if "scores" in net.outputs:
            shares = overlaps(module, image, targets["boxes"])
            print(f"  the boxes found overlap the true ones by {', '.join(f'{each:.2f}' for each in shares)}")


if __name__ == "__main__":
    main()
