"""Detectors: boxes, regions and losses beside torchvision's and beside plain loops; whole ones at work."""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from oracle import models
from torch import Tensor, nn

import archdsl
from archdsl.outputs.torch import verify
from archdsl.outputs.torch.helpers import HELPERS, needed

ROOT = Path(__file__).resolve().parent.parent

ours: Any = ModuleType("ours")
"""The functions that emitted sources bring along."""
vars(ours).update(torch=torch, nn=nn, F=F)
for _name in needed(HELPERS):
    exec(HELPERS[_name], vars(ours))


def peer(name: str) -> Any:
    """A module of torchvision; what is read of it needs none of its compiled operators."""
    models()
    return import_module(f"torchvision.{name}")


def fallback() -> Any:
    """torchvision's RoI align in plain Python, without the compiler around it."""
    plain = peer("ops.roi_align")._roi_align
    return getattr(plain, "__wrapped__", plain)


def boxes_in(height: float, width: float, *shape: int, least: float = 0.0) -> Tensor:
    """Random boxes within an image, or a little larger than it where they would be too small."""
    corners = torch.rand(*shape, 2, 2) * torch.tensor([width, height])
    low, high = corners.amin(-2), corners.amax(-2)
    return torch.cat([low, torch.maximum(high, low + least)], -1)


def with_image(boxes: Tensor) -> Tensor:
    """Boxes as torchvision's operators take them: the number of the image in front."""
    image = torch.arange(len(boxes)).repeat_interleave(boxes.shape[1])[:, None]
    return torch.cat([image.to(boxes), boxes.flatten(0, 1)], 1)


def same_gradients(x: Tensor, found: Tensor, wanted: Tensor) -> None:
    weight = torch.randn_like(wanted)
    of_found, of_wanted = (torch.autograd.grad((each * weight).sum(), x)[0] for each in (found, wanted))
    assert of_wanted.any()
    torch.testing.assert_close(of_found, of_wanted, rtol=1e-4, atol=1e-5)


# --- regions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "sampling", "aligned"), [((7, 7), 2, False), ((7, 5), 1, True), ((2, 3), 3, False)]
)
def test_roi_align_is_torchvisions(size: tuple[int, int], sampling: int, aligned: bool) -> None:
    torch.manual_seed(0)
    x, boxes = torch.randn(2, 5, 38, 63, requires_grad=True), boxes_in(600, 1000, 2, 40)
    boxes[:, :10] += 100 * torch.randn(2, 10, 1)  # some of them leave the image
    wanted = fallback()(x, with_image(boxes), 1 / 16, *size, sampling, aligned)
    found = ours.roi_align([x], boxes, size, [16], sampling, aligned)
    assert found.shape == (2, 40, 5, *size)
    torch.testing.assert_close(found.flatten(0, 1), wanted, rtol=0, atol=1e-5)
    same_gradients(x, found.flatten(0, 1), wanted)


def test_roi_align_reads_each_box_from_its_level() -> None:
    torch.manual_seed(0)
    levels = peer("ops.poolers").initLevelMapper(2, 5, canonical_scale=224, canonical_level=4)
    maps = [torch.randn(1, 3, 1024 // stride, 1024 // stride) for stride in (4, 8, 16, 32)]
    boxes = torch.cat([boxes_in(side, side, 1, 20) for side in (64, 300, 1024)], 1)
    found = ours.roi_align(maps, boxes, (7, 7), [4, 8, 16, 32], 2)
    of_level = levels([boxes[0]])
    assert set(of_level.tolist()) == {0, 1, 2, 3}
    for level, x in enumerate(maps):
        mine = of_level == level
        wanted = fallback()(x, with_image(boxes[:, mine]), 1 / 2 ** (level + 2), 7, 7, 2, False)
        torch.testing.assert_close(found[0, mine], wanted, rtol=0, atol=1e-5)


def pooled(x: Tensor, boxes: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    """Max pooling of regions as a loop, bin by bin."""
    rows = []
    for image, each in zip(x, boxes, strict=True):
        for box in each.tolist():
            left, top, right, bottom = (math.floor(corner / stride + 0.5) for corner in box)
            down, across = bins(top, bottom, size[0]), bins(left, right, size[1])
            of_bins = [image[:, rows, columns].flatten(1) for rows, columns in product(down, across)]
            maxima = [cells.amax(1) if cells.shape[1] else cells.new_zeros(len(cells)) for cells in of_bins]
            rows.append(torch.stack(maxima, 1).unflatten(1, size))
    return torch.stack(rows).unflatten(0, (len(x), -1))


def bins(first: int, last: int, count: int) -> list[slice]:
    """The cells of each bin between two cells, both included; bins may share one."""
    extent = max(last - first + 1, 1)
    starts = [first + math.floor(i * extent / count) for i in range(count)]
    ends = [first + math.ceil((i + 1) * extent / count) for i in range(count)]
    return [slice(max(start, 0), max(end, 0)) for start, end in zip(starts, ends, strict=True)]


@pytest.mark.parametrize("size", [(7, 7), (2, 3)])
def test_roi_pool_is_a_loop_over_bins(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 19, 32, requires_grad=True)
    boxes = boxes_in(300, 500, 2, 12)
    boxes[:, :4] += 100 * torch.randn(2, 4, 1)
    wanted, found = pooled(x, boxes, size, 16), ours.roi_pool(x, boxes, size, 16)
    assert torch.equal(found, wanted)
    same_gradients(x, found, wanted)


# --- boxes ------------------------------------------------------------------------------------------


def test_anchors_are_torchvisions() -> None:
    generator = peer("models.detection.anchor_utils").AnchorGenerator(((32, 100),), ((0.5, 1.0, 2.0),))
    images = peer("models.detection.image_list").ImageList(torch.zeros(2, 3, 96, 160), [(96, 160)] * 2)
    x = torch.zeros(2, 8, 6, 10)
    assert torch.equal(
        ours.anchor_boxes(x, [32, 100], [0.5, 1.0, 2.0], 16), torch.stack(generator(images, [x]))
    )


def test_offsets_are_torchvisions_and_lead_back() -> None:
    torch.manual_seed(0)
    coder = peer("models.detection._utils").BoxCoder((1.0, 1.0, 1.0, 1.0))
    boxes, truth = boxes_in(100, 100, 50, least=5), boxes_in(100, 100, 50, least=5)
    offsets = ours.box_offsets(boxes, truth)
    torch.testing.assert_close(offsets, coder.encode_single(truth, boxes))
    torch.testing.assert_close(ours.move_boxes(boxes, offsets), truth, rtol=1e-4, atol=1e-3)
    far = 5 * torch.randn(50, 4)  # some of them beyond the size to which a box may grow
    torch.testing.assert_close(ours.move_boxes(boxes, far), coder.decode_single(far, boxes))


def test_overlaps_are_torchvisions() -> None:
    torch.manual_seed(0)
    a, b = boxes_in(9, 9, 30), boxes_in(9, 9, 20)
    torch.testing.assert_close(ours.box_iou(a, b), peer("ops.boxes").box_iou(a, b))
    assert ours.box_iou(torch.zeros(1, 4), torch.zeros(1, 4)).item() == 0


def kept(boxes: Tensor, scores: Tensor, iou: float) -> Tensor:
    """Non-maximum suppression as a loop: the places of the boxes that are left, best first."""
    overlap = peer("ops.boxes").box_iou(boxes, boxes)
    found: list[int] = []
    for index in scores.argsort(descending=True, stable=True).tolist():
        if all(overlap[index, other] <= iou for other in found):
            found.append(index)
    return torch.tensor(found, dtype=torch.long)


@pytest.mark.parametrize("count", [5, 40, 300])  # one after the other, all at once, more than there are
@pytest.mark.parametrize("iou", [0.3, 0.7, 1.0])
def test_nms_keeps_the_best(count: int, iou: float) -> None:
    torch.manual_seed(0)
    boxes, scores = boxes_in(50, 50, 2, 60, least=5), torch.rand(2, 60)
    scores[:, 50:55], scores[:, 55:] = 0, -1  # these are no boxes
    found, best = ours.nms(boxes.requires_grad_(), scores.requires_grad_(), count, iou)
    assert found.shape == (2, count, 4) and best.shape == (2, count)
    assert not found.requires_grad and not best.requires_grad
    for image in range(2):
        index = kept(boxes[image, :50], scores[image, :50], iou)[:count]
        assert torch.equal(found[image, : len(index)], boxes[image, index])
        assert torch.equal(best[image, : len(index)], scores[image, index])
        assert not found[image, len(index) :].any() and not best[image, len(index) :].any()


def test_a_box_covers_those_that_overlap_it_more_than_that_and_itself() -> None:
    boxes = torch.tensor([[[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 6], [3, 3, 3, 3]]])  # one without area
    for count in (3, 1):
        found, best = ours.nms(boxes, torch.tensor([[0.8, 0.7, 0.6, 0.9]]), count, 0.5)
        assert found[0].tolist() == [[3, 3, 3, 3], [0, 0, 10, 10], [0, 0, 10, 5]][:count]
        torch.testing.assert_close(best[0], torch.tensor([0.9, 0.8, 0.7])[:count])


@pytest.fixture
def plain_nms(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision with the loop above in place of its compiled operator."""
    monkeypatch.setattr(peer("ops.boxes"), "nms", kept)


def test_proposals_are_the_best_anchors_within_the_image() -> None:
    anchors = torch.tensor(
        [[[-4.0, -4, 4, 4], [0, 0, 10, 10], [1, 0, 11, 10], [8, 8, 9, 9], [20, 0, 30, 10]]]
    )
    offsets = torch.zeros(1, 5, 4)
    offsets[0, 4, 0] = -0.5
    scores = torch.tensor([[3.0, 2.0, 1.0, 9.0, 0.0]], requires_grad=True)
    image = torch.zeros(1, 3, 9, 26)
    boxes, best = ours.propose(scores, offsets, anchors, image, 5, 4, 0.5, 2.0)
    # the fourth is too small, the third covered by the second
    assert boxes[0].tolist() == [[0, 0, 4, 4], [0, 0, 10, 9], [15, 0, 25, 9], [0, 0, 0, 0]]
    torch.testing.assert_close(best[0], torch.tensor([3.0, 2.0, 0.0, -math.inf]).sigmoid())
    assert not boxes.requires_grad and not best.requires_grad
    for_softmax = torch.stack([torch.ones(1, 5), scores + 1], -1)
    found = ours.propose(for_softmax, offsets, anchors, image, 5, 4, 0.5, 2.0)
    torch.testing.assert_close(found, (boxes, best))
    assert ours.propose(scores, offsets, anchors, image, 1, 2, 0.5, 2.0)[1].tolist() == [[0, 0]]


def test_proposals_are_torchvisions(plain_nms: None) -> None:
    torch.manual_seed(0)
    most = {"testing": 150}, {"testing": 40}
    theirs = (
        peer("models.detection.rpn").RegionProposalNetwork(None, None, 0.7, 0.3, 256, 0.5, *most, 0.6).eval()
    )
    anchors, offsets, scores = boxes_in(96, 96, 200, least=4), torch.randn(2, 200, 4) / 4, torch.randn(2, 200)
    moved = theirs.box_coder.decode(offsets.flatten(0, 1), [anchors] * 2).reshape(2, 200, 4)
    wanted_boxes, wanted_scores = theirs.filter_proposals(moved, scores, [(80, 96)] * 2, [200])
    image = torch.zeros(2, 3, 80, 96)
    boxes, best = ours.propose(scores, offsets, anchors.expand(2, -1, -1), image, 150, 40, 0.6, 1e-3)
    assert [len(each) for each in wanted_boxes] == [40, 40]
    torch.testing.assert_close(boxes, torch.stack(wanted_boxes))
    torch.testing.assert_close(best, torch.stack(wanted_scores))


IMAGE = torch.zeros(1, 3, 20, 20)
REGIONS = torch.tensor([[[0.0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 0, 0]]])
"""Two that overlap, and the row of zeros that stands for none."""
SCORES = torch.tensor([[[0.0, 4.0, 3.0], [0.0, 3.0, -9.0], [0.0, 9.0, 0.0]]])


def test_classes_do_not_cover_each_other() -> None:
    offsets = torch.zeros(1, 3, 3, 4, requires_grad=True)
    offsets.data[0, 0, 2, 0] = 2.0  # the second class alone moves the first box, by 0.2 of its width
    stds = [0.1, 0.1, 0.2, 0.2]
    boxes, labels, best = ours.detect(SCORES, offsets.flatten(2), REGIONS, IMAGE, 4, 0.05, 0.5, stds)
    first, second = SCORES.softmax(-1)[0, :2].unbind()
    assert labels.tolist() == [[1, 2, 0, 0]]  # in the second box both are covered
    assert boxes[0].tolist() == [[1, 0, 11, 10], [2, 0, 12, 10], [0, 0, 0, 0], [0, 0, 0, 0]]
    torch.testing.assert_close(best[0], torch.stack([second[1], first[2], *torch.zeros(2)]))
    assert not boxes.requires_grad


def test_all_classes_may_move_a_box_alike() -> None:
    offsets = torch.zeros(1, 3, 4)
    offsets[0, 0, 3] = math.log(2)
    boxes, labels, best = ours.detect(SCORES, offsets, REGIONS, IMAGE, 3, 0.5, 1.0, [1.0, 1.0, 1.0, 1.0])
    assert labels.tolist() == [[1, 1, 0]]  # the score of label 2 is too low
    assert boxes[0, :2].tolist() == [[1, 0, 11, 10], [0, 0, 10, 15]]
    torch.testing.assert_close(best[0], torch.stack([*SCORES.softmax(-1)[0, [1, 0], 1], torch.tensor(0.0)]))


def test_what_is_detected_is_torchvisions(plain_nms: None) -> None:
    torch.manual_seed(0)
    heads = peer("models.detection.roi_heads")
    theirs = heads.RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, 0.3, 0.4, 50)
    regions, offsets, scores = (
        boxes_in(96, 96, 2, 60, least=4),
        torch.randn(2, 60, 16),
        2 * torch.randn(2, 60, 4),
    )
    wanted = theirs.postprocess_detections(
        scores.flatten(0, 1), offsets.flatten(0, 1), [*regions], [(80, 96)] * 2
    )
    image = torch.zeros(2, 3, 80, 96)
    found = ours.detect(scores, offsets, regions, image, 50, 0.3, 0.4, [0.1, 0.1, 0.2, 0.2])
    for number, (boxes, best, labels) in enumerate(zip(*wanted, strict=True)):
        count = len(labels)
        assert 10 < count < 50 or number
        for of_batch, expected in zip(found, (boxes, labels, best), strict=True):
            torch.testing.assert_close(of_batch[number, :count], expected)
            assert not of_batch[number, count:].any()


# --- losses -----------------------------------------------------------------------------------------


def padded(boxes: list[Tensor]) -> Tensor:
    return nn.utils.rnn.pad_sequence(boxes, batch_first=True)


def test_the_losses_of_proposals_are_torchvisions() -> None:
    """With a sample as large as there are anchors, so that nothing is left to chance."""
    torch.manual_seed(0)
    rpn = peer("models.detection.rpn")
    anchors = torch.cat([boxes_in(96, 96, 300, least=8), 40 * torch.ones(1, 4)])
    truth = [boxes_in(96, 96, 3, least=20), boxes_in(96, 96, 1, least=20)]
    theirs = rpn.RegionProposalNetwork(None, None, 0.7, 0.3, 10_000, 0.5, {}, {}, 0.7)
    labels, matched = theirs.assign_targets_to_anchors([anchors] * 2, [{"boxes": each} for each in truth])
    assert sum(int((label == 1).sum()) for label in labels) > 4
    scores, offsets = torch.randn(2, 301), torch.randn(2, 301, 4)
    wanted_offsets = theirs.box_coder.encode(matched, [anchors] * 2)
    wanted = theirs.compute_loss(scores.reshape(-1, 1), offsets.flatten(0, 1), labels, wanted_offsets)
    both = anchors.expand(2, -1, -1)
    found = (
        ours.rpn_objectness(scores, both, padded(truth), samples=10_000),
        ours.rpn_boxes(offsets, both, padded(truth), samples=10_000),
    )
    torch.testing.assert_close(found, wanted)
    for_softmax = torch.stack([-scores, torch.zeros_like(scores)], -1)
    found_of_two = ours.rpn_objectness(for_softmax, both, padded(truth), samples=10_000)
    torch.testing.assert_close(found_of_two, wanted[0])


@pytest.mark.parametrize("agnostic", [False, True])
def test_the_losses_of_regions_are_torchvisions(agnostic: bool) -> None:
    """The same; ours has rows without a region besides, which do not count."""
    torch.manual_seed(0)
    heads = peer("models.detection.roi_heads")
    truth = padded([boxes_in(96, 96, 3, least=20), boxes_in(96, 96, 1, least=20)])
    labels = torch.tensor([[1, 2, 3], [2, 0, 0]])
    regions = boxes_in(96, 96, 2, 60, least=8)
    regions[:, :8] = truth[:, :1] + torch.rand(2, 8, 4)
    regions[:, 50:] = 0
    scores, offsets = torch.randn(2, 60, 4), torch.randn(2, 60, 4, 4)
    if agnostic:
        offsets[:] = offsets[:, :, :1]

    theirs = heads.RoIHeads(None, None, None, 0.5, 0.5, 10_000, 1.0, (10.0, 10.0, 5.0, 5.0), 0.05, 0.5, 100)
    proposals, real = [*regions[:, :50]], [truth[0], truth[1, :1]]
    index, of_regions = theirs.assign_targets_to_proposals(proposals, real, [labels[0], labels[1, :1]])
    assert sum(int((each > 0).sum()) for each in of_regions) >= 16
    nearest = [boxes[each] for boxes, each in zip(real, index, strict=True)]
    wanted = heads.fastrcnn_loss(
        scores[:, :50].flatten(0, 1),
        offsets[:, :50].flatten(2).flatten(0, 1),
        of_regions,
        theirs.box_coder.encode(nearest, proposals),
    )
    given = offsets[:, :, 0] if agnostic else offsets.flatten(2)
    found = (
        ours.roi_classes(scores, regions, truth, labels, samples=10_000, share=1.0),
        ours.roi_boxes(given, regions, truth, labels, samples=10_000, share=1.0, beta=1 / 9),
    )
    torch.testing.assert_close(found, wanted)


def test_a_sample_is_drawn_at_random_and_comes_again() -> None:
    torch.manual_seed(0)
    rows = torch.rand(3, 100) < 0.5
    torch.manual_seed(0)
    first, second = ours.draw(rows, 10), ours.draw(rows, 10)
    torch.manual_seed(0)
    assert torch.equal(ours.draw(rows, 10), first) and not torch.equal(first, second)
    assert first.sum(1).tolist() == [10, 10, 10] and not (first & ~rows).any()
    assert torch.equal(ours.draw(rows, 1000), rows)


@pytest.mark.parametrize(("share", "objects"), [(0.25, 4), (0.5, 8), (1.0, 16)])
def test_background_fills_a_sample_up(share: float, objects: int) -> None:
    anchors = torch.cat([torch.full((20, 4), 5.0), torch.full((20, 4), 50.0)]) + torch.tensor([0.0, 0, 9, 9])
    truth, labels = anchors[None, :1], torch.tensor([[3]])
    found, background, _ = ours.draw_anchors(anchors[None], truth, 0.7, 0.3, 16, share)
    assert (int(found[0, :20].sum()), int(background[0, 20:].sum())) == (objects, 16 - objects)
    assert int(found.sum() + background.sum()) == 16
    found, background, kinds, _ = ours.draw_regions(anchors[None], truth, labels, 0.5, 16, share)
    assert (int(found[0, :20].sum()), int(background[0, 20:].sum())) == (objects, 16 - objects)
    assert kinds[0, :20].unique().tolist() == [3]


def test_the_anchor_closest_to_an_object_is_one() -> None:
    """Also where it overlaps it as little as the background."""
    anchors = torch.tensor([[[0.0, 0, 10, 10], [20, 20, 30, 30], [22, 22, 32, 32]]])
    truth = torch.tensor([[[8.0, 8, 24, 24], [0, 0, 0, 0]]])
    objects, background, nearest = ours.draw_anchors(anchors, truth, 0.7, 0.3, 100, 0.5)
    assert objects.tolist() == [[False, True, False]] and background.tolist() == [[True, False, True]]
    assert nearest[0, 1].tolist() == [8, 8, 24, 24]


def test_an_image_without_objects_is_all_background() -> None:
    torch.manual_seed(0)
    anchors = boxes_in(9, 9, 1, 8, least=1)
    for count in (0, 2):
        none, labels = torch.zeros(1, count, 4), torch.zeros(1, count, dtype=torch.long)
        scores = torch.full((1, 8), -2.0)
        objectness = ours.rpn_objectness(scores, anchors, none).item()
        assert objectness == pytest.approx(math.log1p(math.exp(-2)))
        assert ours.rpn_boxes(torch.ones(1, 8, 4), anchors, none).item() == 0
        assert ours.roi_boxes(torch.ones(1, 8, 12), anchors, none, labels).item() == 0
        sure = torch.tensor([30.0, 0, 0]).expand(1, 8, 3)
        assert ours.roi_classes(sure, anchors, none, labels).item() == pytest.approx(0, abs=1e-6)


def squares(cells: Tensor, boxes: Tensor, labels: Tensor, stride: float) -> float:
    """YOLO's loss as a loop over objects and predictors."""
    total, responsible = 0.0, set()
    batch, grid = cells.shape[:2]
    for image, number in product(range(batch), range(boxes.shape[1])):
        box, label = boxes[image, number], int(labels[image, number])
        x, y = ((box[:2] + box[2:]) / 2 / stride).tolist()
        row, column = int(y), int(x)
        if not label or any(key[:3] == (image, row, column) for key in responsible):
            continue
        given = cells[image, row, column]
        shown = []
        for predictor in given[:10].reshape(2, 5):
            middle = (predictor[:2] + torch.tensor([column, row])) / grid
            half = predictor[2:4].clamp(min=0) ** 2 / 2
            shown.append(torch.cat([middle - half, middle + half]))
        overlap = ours.box_iou(torch.stack(shown), box[None] / (stride * grid))[:, 0]
        best = int(overlap.argmax())
        responsible.add((image, row, column, best))
        predictor = given[5 * best : 5 * best + 5]
        shares = (box[2:] - box[:2]) / (stride * grid)
        wanted = torch.tensor([x - column, y - row, *shares.sqrt().tolist()])
        total += 5 * float(((predictor[:4] - wanted) ** 2).sum())
        total += float((predictor[4] - overlap[best]) ** 2)
        total += float(((given[10:] - F.one_hot(torch.tensor(label - 1), 3)) ** 2).sum())
    for image, row, column, each in product(range(batch), range(grid), range(grid), range(2)):
        if (image, row, column, each) not in responsible:
            total += 0.5 * float(cells[image, row, column, 5 * each + 4] ** 2)
    return total / batch


def test_yolos_loss_is_a_loop_over_objects() -> None:
    torch.manual_seed(0)
    cells, boxes = torch.randn(2, 3, 3, 13), boxes_in(96, 96, 2, 4, least=10)
    labels = torch.tensor([[1, 2, 3, 1], [3, 0, 0, 0]])
    boxes[0, 3] = boxes[0, 0] + 1  # in the cell of the first, which comes first
    boxes[1, 1:] = 0
    found = ours.yolo_loss(cells, boxes, labels, 32)
    assert found.item() == pytest.approx(squares(cells, boxes, labels, 32), rel=1e-5)
    nothing = ours.yolo_loss(cells, torch.zeros(2, 1, 4), torch.zeros(2, 1, dtype=torch.long), 32)
    assert nothing.item() == pytest.approx(0.5 * (cells[..., [4, 9]] ** 2).sum().item() / 2)


# --- losses in a spec -------------------------------------------------------------------------------

HEADS = """
net Heads {
    input features: 4 x 6 x 6
    conv(6, 1) -> sure: rearrange("k h w -> (h w k)")
    features -> conv(24, 1) -> offsets: rearrange("(k 4) h w -> (h w k) 4")
    features -> conv(9, 1) -> cells: rearrange("c h w -> h w c")
    anchors: anchor_boxes(features, [8, 16], stride = 8)
    output kept: sure
    loss a: LOSS
}
"""


def test_a_loss_reads_several_outputs_by_name_or_label() -> None:
    text = HEADS.replace("LOSS", "rpn_objectness(sure, anchors, truth, samples = 8)")
    net = archdsl.loads(text)["Heads"]
    graph = net.checked.graph
    assert list(graph.outputs) == ["kept"] and list(graph.training_outputs) == ["anchors"]
    (loss,) = graph.losses
    assert (loss.outputs, loss.targets) == (("kept", "anchors"), ("truth",))  # `sure` is an output already
    assert 'rpn_objectness(outputs.kept, outputs.anchors, targets["truth"], samples=8)' in net.source()


@pytest.mark.parametrize(
    ("loss", "error"),
    [
        ("rpn_boxes(sure, anchors, truth)", "216 anchors need four offsets each, not 216"),
        ("rpn_objectness(offsets, anchors, truth)", "need a number each, or two, not 216 x 4"),
        ("rpn_objectness(sure, sure, truth)", "anchors are boxes, `N x 4`, not 216"),
        ("roi_boxes(sure, anchors, truth, kinds)", "need four offsets for each class"),
        ("roi_classes(offsets, sure, truth, kinds)", "regions are boxes, `N x 4`, not 216"),
        ("yolo(cells, truth, kinds, stride = 8)", "`S x S x (10 + classes)`, not 6 x 6 x 9"),
        ("rpn_boxes(offsets, truth)", "takes the outputs `offsets`, `anchors`, then the target `boxes`"),
        ("rpn_boxes(offsets, ankers, truth)", "no output `ankers`"),
        ("yolo(cells, truth, kinds)", "needs `stride`"),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(loss: str, error: str) -> None:
    (told,) = archdsl.loads(HEADS.replace("LOSS", loss)).report.errors
    assert error in told.text


def test_the_method_gives_each_loss_and_their_weighted_sum() -> None:
    torch.manual_seed(0)
    module = archdsl.loads("""
        net A {
            input x: 8
            seen: linear(6) -> relu
            output y: linear(3)
            output z: seen -> linear(1)
            loss kind: cross_entropy(y, label) weight 0.5
            loss size: smooth_l1(z, size, beta = 2)
            loss seen: l1(seen, z)
        }
    """)["A"].module()
    outputs = module(torch.randn(5, 8))
    label, size, z = torch.randint(0, 3, (5,)), torch.randn(5, 1), torch.randn(5, 6)
    losses = module.losses(outputs, {"label": label, "size": size, "z": z})
    wanted = {
        "kind": F.cross_entropy(outputs.y, label),
        "size": F.smooth_l1_loss(outputs.z, size, beta=2),
        "seen": F.l1_loss(outputs.seen, z),
    }
    wanted["total"] = 0.5 * wanted["kind"] + wanted["size"] + wanted["seen"]
    torch.testing.assert_close(losses, wanted)


# --- whole networks at work ---------------------------------------------------------------------------


def documented(most: int = 100) -> archdsl.Network:
    """The example of the page on detectors, with so many regions."""
    text = re.findall(r"```arch\n(.*?)```", (ROOT / "docs" / "detection.md").read_text("utf-8"), re.S)[0]
    assert "after = 100" in text
    return archdsl.loads(text.replace("after = 100", f"after = {most}"))["Detector"]


def test_what_is_documented_is_the_network() -> None:
    net = documented()
    assert net.outputs == {"boxes": (100, 4), "labels": (100,), "scores": (100,)}
    assert verify(net.checked) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("way", ["script", "compile", "export"])
def test_what_is_documented_runs_in_every_way(way: str) -> None:
    torch.manual_seed(0)
    module, image = documented(8).module().eval(), torch.rand(2, 3, 192, 192)
    with torch.no_grad():
        boxes, labels, scores = module(image)
        assert boxes.shape == (2, 100, 4) and labels.dtype == torch.long and scores.any()
        match way:
            case "script":
                changed: Any = torch.jit.script(module)
            case "compile":
                changed = torch.compile(module, backend="eager", fullgraph=True)
            case "export":
                changed = torch.export.export(module, (image,)).module()
        torch.testing.assert_close(tuple(changed(image)), (boxes, labels, scores))


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    """benchmarks/training.py, as a module; one thread, so that sums are the same on every processor."""
    found = importlib.util.spec_from_file_location("training", ROOT / "benchmarks" / "training.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield module
    torch.set_num_threads(threads)


def test_a_training_step_reaches_all_that_is_not_frozen(benchmark: ModuleType) -> None:
    torch.manual_seed(0)
    path, small = ROOT / "specs" / "faster-rcnn.arch", {"size": 128, "before": 100, "regions": 50}
    module = archdsl.load(path).net("FasterRCNN-FPN", classes=2, **small).module()
    image, targets = benchmark.painted(2, 128)
    outputs = module(image)
    assert outputs.cls.shape == (2, 50, 3)
    losses = module.losses(outputs, targets)
    assert list(losses) == ["rpn_cls", "rpn_reg", "cls", "bbox", "total"]
    torch.testing.assert_close(losses.pop("total"), sum(losses.values()))
    sum(losses.values()).backward()
    for name, parameter in module.named_parameters():
        frozen = name.startswith(("body.conv1.", "body.layer1."))
        assert (parameter.grad is None) == frozen == (not parameter.requires_grad), name
        assert frozen or parameter.grad.isfinite().all(), name


def test_faster_rcnn_learns_and_then_finds(benchmark: ModuleType) -> None:
    torch.manual_seed(0)
    module, (image, targets) = benchmark.faster_rcnn().module(), benchmark.painted(2)
    before = benchmark.measured(module, image, targets)
    benchmark.train(module, image, targets, 20)
    after = benchmark.measured(module, image, targets)
    assert list(after) == ["rpn_cls", "rpn_reg", "cls", "bbox", "total"]
    assert all(after[name] < before[name] for name in before) and after["total"] < 0.5 * before["total"]
    with torch.no_grad():
        found = module.eval()(image)
    assert found._fields == ("boxes", "labels", "scores")
    assert found.scores[:, 0].all() and (found.scores.diff(dim=1) <= 0).all()
    assert torch.equal(found.scores > 0, found.labels > 0) and found.labels.max() <= 2
    assert found.boxes.min() >= 0 and found.boxes.max() <= 192


@pytest.mark.parametrize(
    ("name", "painted", "images", "steps", "fall"),
    [("yolo", "painted", 4, 60, 5), ("fcn", "masked", 2, 25, 2)],
)
def test_the_loss_falls(
    benchmark: ModuleType, name: str, painted: str, images: int, steps: int, fall: float
) -> None:
    """In fewer steps than the benchmark's, which make it fall to less than a tenth."""
    torch.manual_seed(0)
    module = getattr(benchmark, name)().module()
    image, targets = getattr(benchmark, painted)(images)
    before = benchmark.measured(module, image, targets)["total"]
    benchmark.train(module, image, targets, steps)
    assert benchmark.measured(module, image, targets)["total"] < before / fall
