"""What stands side by side and does the same with different values: one stands for all.

Two are alike where they have the same words, and what they read and what reads them is alike too. So
nothing is lost but shapes that differ: the lines between them stand for several tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture, Text
from archdsl.outputs.drawing.blocks.words import SHARED

FEWEST = 3
"""Two closed blocks are drawn as two."""
FEWEST_LAYERS = 6
"""Of layers more are drawn, for they are smaller."""


def gathered(picture: Picture) -> Picture:
    """The picture in which alike closed blocks are one, with how many times it is there."""
    boxes = list(picture.boxes())
    if len(boxes) < FEWEST:
        return picture
    classes = _classes(picture, boxes)
    stands: dict[Box, Box] = {}
    for members in classes:
        first = members[0]
        enough = FEWEST if first.is_block else FEWEST_LAYERS if first.kind == "layers" else len(boxes)
        if len(members) >= enough:
            lines = *members[1].lines, Text("side by side", "block" if first.is_block else "shape")
            stands.update(dict.fromkeys(members, replace(first, times=len(members), lines=lines)))
    if not stands:
        return picture
    for members in classes:
        # and what is beside them: forks and words
        if members[0].kind in ("fork", "loose") and len(members) >= FEWEST:
            stands.update(dict.fromkeys(members, members[0]))
    return replace(picture, parts=_parts(picture.parts, stands), arrows=_arrows(picture.arrows, stands))


def _classes(picture: Picture, boxes: Sequence[Box]) -> list[list[Box]]:
    """The boxes that are alike, by refining what their words tell with what their neighbours are."""
    within = {part: frame for frame, parts in _levels(picture) for part in parts}
    number: dict[Box, int] = {}
    known: dict[object, int] = {}
    for box in boxes:
        number[box] = known.setdefault((within[box], _words(box)), len(known))
    tails: dict[Box, list[Box]] = {box: [] for box in boxes}
    heads: dict[Box, list[Box]] = {box: [] for box in boxes}
    for arrow in picture.arrows:
        heads[arrow.tail].append(arrow.head)
        tails[arrow.head].append(arrow.tail)
    while True:
        known = {}
        finer = {}
        for box in boxes:
            around = (frozenset(number[each] for each in side) for side in (tails[box], heads[box]))
            finer[box] = known.setdefault((number[box], *around), len(known))
        if len(known) == len(set(number.values())):
            break
        number = finer
    found: dict[int, list[Box]] = {}
    for box in boxes:
        found.setdefault(number[box], []).append(box)
    return list(found.values())


def _words(box: Box) -> object:
    """What must agree; an end and a merge are like no other box."""
    if box.is_block and box.times == 1 and not box.role:
        name = box.lines[0].text.removesuffix(SHARED)
        return box.kind, box.training, box.mark, name, tuple(line.text for line in box.lines[1:])
    if box.kind in ("layers", "fork", "loose") and box.times == 1 and not box.role:
        return box.kind, box.training, box.mark, tuple(line.text for line in box.lines)
    return box


def _levels(picture: Picture) -> list[tuple[Frame | None, Sequence[Box | Frame]]]:
    found: list[tuple[Frame | None, Sequence[Box | Frame]]] = [(None, picture.parts)]
    for _, parts in found:
        found.extend((part, part.parts) for part in parts if isinstance(part, Frame))
    return found


def _parts(parts: Sequence[Box | Frame], stands: dict[Box, Box]) -> tuple[Box | Frame, ...]:
    found: dict[Box | Frame, None] = {}
    for part in parts:
        if isinstance(part, Frame):
            found[replace(part, parts=_parts(part.parts, stands))] = None
        else:
            found[stands.get(part, part)] = None
    return tuple(found)


def _arrows(arrows: Sequence[Arrow], stands: dict[Box, Box]) -> tuple[Arrow, ...]:
    """Those between two boxes that stay as one, with how many tensors they stand for."""
    between: dict[tuple[Box, Box], list[Arrow]] = {}
    for arrow in arrows:
        tail, head = stands.get(arrow.tail, arrow.tail), stands.get(arrow.head, arrow.head)
        between.setdefault((tail, head), []).append(arrow._replace(tail=tail, head=head))
    found = []
    for (tail, head), several in between.items():
        gathered = len(several) > 1 and (tail in stands.values() or head in stands.values())
        texts = {arrow.text for arrow in several}
        if not gathered:
            found.extend(several)
        elif len(texts) == 1 or tail.kind in ("fork", "loose"):
            found.append(several[0]._replace(text=several[0].text if len(texts) == 1 else ""))
        else:
            found.append(several[0]._replace(text=f"{len(several)} tensors"))
    return tuple(found)
