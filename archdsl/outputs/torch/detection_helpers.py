"""What torch lacks for detectors: boxes, regions of a map, and the losses that are told by true boxes.

Boxes are `batch x number x 4`: left, top, right, bottom. Their number is fixed, so that a network can
be exported; a row of zeros is no box.
"""

from __future__ import annotations

_TAKE_ROWS = '''\
def take_rows(x, index):
    """The rows of x, batch x rows x columns, that each sample's index names."""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[2]))
'''

_BOX_IOU = '''\
def box_iou(a, b):
    """How far each box of a and each of b are the same: intersection over union."""
    start = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    end = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    common = (end - start).clamp(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    union = area_a[..., :, None] + area_b[..., None, :] - common
    return common / union.clamp(min=1e-9)
'''

_MOVE_BOXES = '''\
def move_boxes(boxes, offsets):
    """Boxes whose centres move by shares of their size, and whose sizes grow by exp."""
    size = boxes[..., 2:] - boxes[..., :2]
    centre = boxes[..., :2] + 0.5 * size + offsets[..., :2] * size
    half = 0.5 * size * offsets[..., 2:].clamp(max=4.135166556742356).exp()  # 1000 / 16
    return torch.cat([centre - half, centre + half], -1)
'''

_BOX_OFFSETS = '''\
def box_offsets(boxes, truth):
    """The offsets by which move_boxes gets from the one to the other."""
    size, true_size = boxes[..., 2:] - boxes[..., :2], truth[..., 2:] - truth[..., :2]
    way = truth[..., :2] + 0.5 * true_size - boxes[..., :2] - 0.5 * size
    return torch.cat([way / size, (true_size / size).log()], -1)
'''

_CLIP_BOXES = '''\
def clip_boxes(boxes, image):
    """What of the boxes lies within the image."""
    x = boxes[..., 0::2].clamp(0, image.shape[-1])
    y = boxes[..., 1::2].clamp(0, image.shape[-2])
    return torch.stack([x, y], -1).flatten(-2)
'''

_ANCHOR_BOXES = '''\
def anchor_boxes(x, sizes: list[int], ratios: list[float], stride: int):
    """Boxes of all sizes and shapes around every cell of a map, row by row."""
    size = torch.tensor(sizes, dtype=x.dtype, device=x.device)
    root = torch.tensor(ratios, dtype=x.dtype, device=x.device).sqrt()[:, None]
    height, width = (root * size).flatten(), (1 / root * size).flatten()
    around = (torch.stack([-width, -height, width, height], 1) / 2).round()
    rows = torch.arange(x.shape[-2], dtype=x.dtype, device=x.device) * stride
    columns = torch.arange(x.shape[-1], dtype=x.dtype, device=x.device) * stride
    down, across = torch.meshgrid(rows, columns, indexing="ij")
    cells = torch.stack([across, down, across, down], -1).reshape(-1, 1, 4)
    return (cells + around).reshape(1, -1, 4).expand(x.shape[0], -1, -1)
'''

_COVERED = '''\
def covered(best, boxes, group, groups, iou: float):
    """Which boxes go when the best are chosen: those of their groups too close to them."""
    overlap = box_iou(best, boxes)
    return (overlap > iou) & (group[..., :, None] == groups[..., None, :])
'''

_BEST_BOXES = '''\
def best_boxes(boxes, scores, groups, count: int, iou: float):
    """Which boxes are left when the best of each group take away what they cover.

    The best come first; a score of 0 says that there is no further box.
    """
    scores = scores.clamp(min=0)
    most = min(count, scores.shape[1])
    values, places = scores.topk(most, 1)
    if iou < 1:
        image = torch.arange(scores.shape[0], device=scores.device)
        at_once = scores.shape[1] <= 2 * most  # no more work than one after the other
        cover = covered(boxes, boxes, groups, groups, iou) if at_once else groups
        found, at = [], []
        for _ in range(most):
            score, best = scores.max(1)
            if at_once:
                gone = cover[image, best]
            else:
                one, group = boxes[image, best], groups[image, best]
                gone = covered(one[:, None], boxes, group[:, None], groups, iou)[:, 0]
            scores = scores.masked_fill(gone, 0.0).scatter(1, best[:, None], 0.0)
            found.append(score)
            at.append(best)
        values, places = torch.stack(found, 1), torch.stack(at, 1)
    more = [0, count - most]
    return F.pad(places, more), F.pad(values, more)
'''

_NMS = '''\
def nms(boxes, scores, count: int, iou: float):
    """Non-maximum suppression: so many boxes and scores, best first, then zeros."""
    boxes, scores = boxes.detach(), scores.detach()
    index, best = best_boxes(boxes, scores, torch.zeros_like(scores), count, iou)
    return take_rows(boxes, index) * (best > 0)[..., None], best
'''

_OBJECT_SCORE = '''\
def object_score(scores, boxes):
    """One number for each box, for a sigmoid, from one or from two of a softmax."""
    scores = scores.reshape(boxes.shape[0], boxes.shape[1], -1)
    return scores[..., 1] - scores[..., 0] if scores.shape[2] == 2 else scores[..., 0]
'''

_PROPOSE = '''\
def propose(
    scores,
    offsets,
    anchors,
    image,
    before: int,
    after: int,
    iou: float,
    min_size: float,
):
    """The best anchors, moved by their offsets, within the image: boxes and scores."""
    scores = object_score(scores.detach(), anchors)
    scores, best = scores.topk(min(before, scores.shape[1]), 1)
    boxes = move_boxes(take_rows(anchors, best), take_rows(offsets.detach(), best))
    boxes = clip_boxes(boxes, image)
    large = (boxes[..., 2:] - boxes[..., :2] >= min_size).all(-1)
    return nms(boxes, scores.sigmoid() * large, after, iou)
'''

_DETECT = '''\
def detect(
    scores,
    offsets,
    regions,
    image,
    count: int,
    score: float,
    iou: float,
    stds: list[float],
):
    """The objects in an image, best first: boxes, labels and scores, then zeros."""
    scores = scores.detach().softmax(-1)[..., 1:]  # without the background
    rows, classes = scores.shape[1], scores.shape[2]
    offsets = offsets.detach().reshape(scores.shape[0], rows, -1, 4)
    offsets = offsets[:, :, 1:] if offsets.shape[2] > 1 else offsets
    offsets = offsets * torch.tensor(stds, dtype=offsets.dtype, device=offsets.device)
    boxes = clip_boxes(move_boxes(regions.detach()[:, :, None], offsets), image)
    boxes = boxes.expand(-1, -1, classes, -1).flatten(1, 2)
    large = (boxes[..., 2:] - boxes[..., :2] >= 0.01).all(-1)
    scores = scores.flatten(1)
    labels = torch.arange(1, classes + 1, device=scores.device).repeat(rows)
    labels = labels.expand(scores.shape[0], -1)
    index, best = best_boxes(boxes, scores * (large & (scores > score)), labels, count, iou)
    found = best > 0
    return (
        take_rows(boxes, index) * found[..., None],
        labels.gather(1, index) * found,
        best,
    )
'''

_ROI_BINS = '''\
def roi_bins(first, last, bins: int, cells: int):
    """Where bins between two cells, both included, begin and end within a map."""
    extent = (last - first + 1).clamp(min=1)[..., None]
    number = torch.arange(bins, device=first.device)
    start = first[..., None] + number * extent // bins
    end = first[..., None] - (-(number + 1) * extent) // bins
    return start.clamp(0, cells), end.clamp(0, cells)
'''

_ROI_POOL = '''\
def roi_pool(x, boxes, size: tuple[int, int], stride: int):
    """The maxima of each box in a grid of bins of whole cells; 0 without a cell."""
    x = x.movedim(1, -1).contiguous()
    height, width = x.shape[1], x.shape[2]
    corners = (boxes / stride + 0.5).floor().long()
    top, bottom = roi_bins(corners[..., 1], corners[..., 3], size[0], height)
    left, right = roi_bins(corners[..., 0], corners[..., 2], size[1], width)
    empty = (bottom <= top)[..., :, None] | (right <= left)[..., None, :]

    # the maxima of all windows whose sides are powers of two: four of them cover a bin
    maxima, tall, rows, heights = [], x, 1, 0
    while rows <= height:
        wide, columns = tall, 1
        while columns <= width:
            maxima.append(wide.flatten(1, 2))
            wide = torch.maximum(wide, wide.roll(-columns, 2))
            columns = 2 * columns
        tall = torch.maximum(tall, tall.roll(-rows, 1))
        rows, heights = 2 * rows, heights + 1
    table = torch.stack(maxima, 1).flatten(0, 2)
    i = ((bottom - top).clamp(min=1) + 0.5).log2().long()
    j = ((right - left).clamp(min=1) + 0.5).log2().long()
    image = torch.arange(x.shape[0], device=x.device)[:, None, None] * len(maxima)
    window = (image + i * (len(maxima) // heights))[..., :, None] + j[..., None, :]
    found = []
    for row in [top, bottom - 2**i]:
        for column in [left, right - 2**j]:
            place = (window * height + row[..., :, None]) * width + column[..., None, :]
            found.append(table[place.masked_fill(empty, 0)])
    pooled = torch.stack(found).amax(0).masked_fill(empty[..., None], 0.0)
    return pooled.movedim(-1, 2)
'''

_BETWEEN_CELLS = '''\
def between_cells(start, extent, cells, bins: int, sampling: int):
    """The cells around points in bins along an axis, and their shares in the mean."""
    width = (extent / bins)[..., None, None]
    number = torch.arange(bins, dtype=start.dtype, device=start.device)[:, None]
    point = torch.arange(sampling, dtype=start.dtype, device=start.device) + 0.5
    at = start[..., None, None] + number * width + point * (width / sampling)
    last = cells[..., None, None] - 1
    at = torch.minimum(at.clamp(min=0), last.to(at.dtype))
    before = at.long()
    share = at - before
    index = torch.stack([before, torch.minimum(before + 1, last)], -1)
    shares = torch.stack([1 - share, share], -1) / sampling
    return index.flatten(-2), shares.flatten(-2)
'''

_ROI_ALIGN = '''\
def roi_align(
    maps: list[torch.Tensor],
    boxes,
    size: tuple[int, int],
    strides: list[int],
    sampling: int,
    aligned: bool = False,
):
    """The means of points in a grid of bins, from the map that suits the box."""
    side = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1).sqrt()
    level = ((side / (14 * strides[0])).log2() + 1e-6).floor()
    level = level.clamp(0, len(maps) - 1).long()
    heights = torch.tensor([x.shape[2] for x in maps], device=boxes.device)
    widths = torch.tensor([x.shape[3] for x in maps], device=boxes.device)
    ends = (heights * widths).cumsum(0)
    table = torch.cat([x.flatten(2) for x in maps], 2).transpose(1, 2)

    stride = torch.tensor(strides, dtype=boxes.dtype, device=boxes.device)[level]
    corners = boxes / stride[..., None] - (0.5 if aligned else 0.0)
    extent = corners[..., 2:] - corners[..., :2]
    extent = extent if aligned else extent.clamp(min=1)
    height, width = heights[level], widths[level]
    y, share_y = between_cells(corners[..., 1], extent[..., 1], height, size[0], sampling)
    x, share_x = between_cells(corners[..., 0], extent[..., 0], width, size[1], sampling)
    image = torch.arange(boxes.shape[0], device=boxes.device)[:, None] * table.shape[1]
    start = (image + (ends - heights * widths)[level])[..., None, None]
    y = start + y * width[..., None, None]
    places = y[:, :, :, None, :, None] + x[:, :, None, :, None, :]
    shares = share_y[:, :, :, None, :, None] * share_x[:, :, None, :, None, :]
    means = F.embedding_bag(
        places.flatten(0, 3).flatten(1),
        table.flatten(0, 1),
        mode="sum",
        per_sample_weights=shares.flatten(0, 3).flatten(1).to(table.dtype),
    )
    rows = [boxes.shape[0], boxes.shape[1], size[0], size[1], table.shape[2]]
    return means.reshape(rows).permute(0, 1, 4, 2, 3)
'''

# --- losses -----------------------------------------------------------------------------------------

_DRAW = '''\
def draw(rows, most):
    """At most so many of the rows that are true, in each sample, at random."""
    lots = torch.rand(rows.shape, device=rows.device).masked_fill(~rows, 2.0)
    return rows & (lots.argsort(1).argsort(1) < most)
'''

_DRAW_ANCHORS = '''\
def draw_anchors(anchors, boxes, positive, negative, samples, share):
    """A sample of the anchors: the objects, the background, the true boxes of all."""
    boxes = F.pad(boxes, (0, 0, 0, 1))  # at least one, perhaps of zeros
    overlap = box_iou(anchors, boxes)
    most, nearest = overlap.max(2)
    closest = ((overlap == overlap.amax(1, keepdim=True)) & (overlap > 0)).any(2)
    objects = draw((most >= positive) | closest, int(samples * share))
    background = (most < negative) & ~closest
    background = draw(background, samples - objects.sum(1, keepdim=True))
    return objects, background, take_rows(boxes, nearest)
'''

_RPN_OBJECTNESS = '''\
def rpn_objectness(scores, anchors, boxes, positive=0.7, negative=0.3, samples=256, share=0.5):
    """Cross entropy of whether an anchor is an object, over a sample of the anchors."""
    objects, background, _ = draw_anchors(anchors, boxes, positive, negative, samples, share)
    loss = F.binary_cross_entropy_with_logits(
        object_score(scores, anchors), objects.to(scores.dtype), reduction="none"
    )
    drawn = objects | background
    return (loss * drawn).sum() / drawn.sum().clamp(min=1)
'''

_RPN_BOXES = '''\
def rpn_boxes(
    offsets,
    anchors,
    boxes,
    positive=0.7,
    negative=0.3,
    samples=256,
    share=0.5,
    beta=1 / 9,
):
    """Smooth L1 of the offsets of the anchors that are objects, over a sample."""
    objects, background, truth = draw_anchors(anchors, boxes, positive, negative, samples, share)
    wanted = box_offsets(anchors[objects], truth[objects])
    loss = F.smooth_l1_loss(offsets[objects], wanted, beta=beta, reduction="sum")
    return loss / (objects | background).sum().clamp(min=1)
'''

_DRAW_REGIONS = '''\
def draw_regions(regions, boxes, labels, positive, samples, share):
    """A sample of the regions: objects, background, labels and true boxes of all."""
    boxes, labels = F.pad(boxes, (0, 0, 0, 1)), F.pad(labels, (0, 1))
    most, nearest = box_iou(regions, boxes).max(2)
    real = (regions[..., 2:] > regions[..., :2]).all(-1)
    objects = draw(real & (most >= positive), int(samples * share))
    background = real & (most < positive)
    background = draw(background, samples - objects.sum(1, keepdim=True))
    return objects, background, labels.gather(1, nearest), take_rows(boxes, nearest)
'''

_ROI_CLASSES = '''\
def roi_classes(scores, regions, boxes, labels, positive=0.5, samples=128, share=0.25):
    """Cross entropy of the class of a region, over a sample of the regions."""
    objects, background, labels, _ = draw_regions(regions, boxes, labels, positive, samples, share)
    drawn = objects | background
    loss = F.cross_entropy(scores[drawn], (labels * objects)[drawn], reduction="sum")
    return loss / drawn.sum().clamp(min=1)
'''

_ROI_BOXES = '''\
def roi_boxes(
    offsets,
    regions,
    boxes,
    labels,
    positive=0.5,
    samples=128,
    share=0.25,
    stds=(0.1, 0.1, 0.2, 0.2),
    beta=1.0,
):
    """Smooth L1 of the offsets of the regions that are objects, over a sample."""
    objects, background, labels, truth = draw_regions(
        regions, boxes, labels, positive, samples, share
    )
    offsets = offsets[objects].unflatten(1, (-1, 4))
    own = labels[objects].clamp(max=offsets.shape[1] - 1)  # or those of all classes
    wanted = box_offsets(regions[objects], truth[objects]) / offsets.new_tensor(stds)
    own_offsets = offsets[torch.arange(len(own), device=own.device), own]
    loss = F.smooth_l1_loss(own_offsets, wanted, beta=beta, reduction="sum")
    return loss / (objects | background).sum().clamp(min=1)
'''

_YOLO_LOSS = '''\
def yolo_loss(cells, boxes, labels, stride, predictors=2, coord=5.0, noobj=0.5):
    """Sum of squares of what the cells of a grid get wrong, the mean of the batch."""
    grid = cells.shape[1]
    given, classes = cells.flatten(1, 2).split([5 * predictors, cells.shape[3] - 5 * predictors], 2)
    given = given.unflatten(2, (predictors, 5))

    # the objects, of several in one cell the first: their image, cell and box
    size = (boxes[..., 2:] - boxes[..., :2]) / (stride * grid)
    centre = (boxes[..., :2] + boxes[..., 2:]) / (2 * stride)
    corner = centre.floor().clamp(0, grid - 1)
    cell = (corner[..., 1] * grid + corner[..., 0]).long()
    real = (size > 0).all(-1)
    again = (cell[:, :, None] == cell[:, None, :]) & real[:, None, :]
    real = real & ~again.tril(-1).any(2)
    image, cell, corner = real.nonzero()[:, 0], cell[real], corner[real]
    truth = torch.cat([centre[real] - corner, size[real].sqrt()], 1)

    # of the boxes in an object's cell, the one that overlaps it most
    there = given[image, cell]
    shown = torch.cat([there[..., :4], truth[:, None]], 1).detach()
    middle = (shown[..., :2] + corner[:, None]) / grid
    half = shown[..., 2:].clamp(min=0).square() / 2
    shown = torch.cat([middle - half, middle + half], -1)
    overlap, best = box_iou(shown[:, :-1], shown[:, -1:])[..., 0].max(1)
    responsible = there[torch.arange(len(best), device=best.device), best]

    empty = torch.ones_like(given[..., 0], dtype=torch.bool)
    empty[image, cell, best] = False
    wanted = F.one_hot(labels[real] - 1, classes.shape[2])
    loss = (
        coord * (responsible[:, :4] - truth).square().sum()
        + (responsible[:, 4] - overlap).square().sum()
        + noobj * given[..., 4][empty].square().sum()
        + (classes[image, cell] - wanted).square().sum()
    )
    return loss / cells.shape[0]
'''

HELPERS: dict[str, str] = {
    "anchor_boxes": _ANCHOR_BOXES,
    "best_boxes": _BEST_BOXES,
    "between_cells": _BETWEEN_CELLS,
    "box_iou": _BOX_IOU,
    "box_offsets": _BOX_OFFSETS,
    "clip_boxes": _CLIP_BOXES,
    "covered": _COVERED,
    "detect": _DETECT,
    "draw": _DRAW,
    "draw_anchors": _DRAW_ANCHORS,
    "draw_regions": _DRAW_REGIONS,
    "move_boxes": _MOVE_BOXES,
    "nms": _NMS,
    "object_score": _OBJECT_SCORE,
    "propose": _PROPOSE,
    "roi_align": _ROI_ALIGN,
    "roi_bins": _ROI_BINS,
    "roi_boxes": _ROI_BOXES,
    "roi_classes": _ROI_CLASSES,
    "roi_pool": _ROI_POOL,
    "rpn_boxes": _RPN_BOXES,
    "rpn_objectness": _RPN_OBJECTNESS,
    "take_rows": _TAKE_ROWS,
    "yolo_loss": _YOLO_LOSS,
}
"""The source of each by its name."""
