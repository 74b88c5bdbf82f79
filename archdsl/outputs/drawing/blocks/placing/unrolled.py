"""A series as one line of pieces: branches that only begin, or only end, are put beside what they meet."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.outputs.drawing.blocks.picture import Arrow, Box
from archdsl.outputs.drawing.blocks.placing.structure import Branch, Fan, Knot, Piece, Series


@dataclass(slots=True, eq=False)
class Joint:
    """A piece with the arrow into it."""

    piece: Piece
    link: Arrow | None = None
    begin: list[Branch] = field(default_factory=list)
    """Branches that leave from here and end by themselves."""
    end: list[Branch] = field(default_factory=list)
    """Branches that begin by themselves and end here."""


def unrolled(series: Series) -> list[Joint]:
    """The pieces of a series in one line."""
    joints: list[Joint] = []
    _append(joints, series, None)
    while joints and isinstance(fan := joints[-1].piece, Fan) and len(joints) > 1:
        main = _going_on(fan, joints[-2].piece)
        if main is None:
            break
        joints.pop()
        joints[-1].begin = [branch for branch in fan.branches if branch is not main]
        _append(joints, main.series, main.first)
    while len(joints) > 1 and isinstance(fan := joints[0].piece, Fan):
        main = _coming_far(fan, joints[1].piece)
        if main is None:
            break
        joints[1].end = [branch for branch in fan.branches if branch is not main]
        joints[1].link = main.last
        before: list[Joint] = []
        _append(before, main.series, None)
        joints[:1] = before
    return joints


def is_loose(branch: Branch) -> bool:
    """Whether a branch is but words."""
    pieces = branch.series.pieces
    return len(pieces) == 1 and isinstance(pieces[0], Box) and pieces[0].kind == "loose"


def _append(joints: list[Joint], series: Series, link: Arrow | None) -> None:
    joints.extend(
        Joint(piece, arrow) for piece, arrow in zip(series.pieces, [link, *series.links], strict=True)
    )


def _going_on(fan: Fan, before: Piece) -> Branch | None:
    """The branch that goes on behind a fork, where the others only end; None where none is the main one."""
    if not isinstance(before, Box) or before.kind != "fork":
        return None
    if any(branch.first is None or branch.last is not None for branch in fan.branches):
        return None
    return _main(fan)


def _coming_far(fan: Fan, behind: Piece) -> Branch | None:
    """The branch that comes from far, where the others begin by themselves; None where none does."""
    if not isinstance(behind, Box):
        return None
    if any(branch.first is not None or branch.last is None for branch in fan.branches):
        return None
    others = [branch for branch in fan.branches if not is_loose(branch)]
    if behind.kind == "layers" and len(fan.branches) == 2 and len(others) == 1:
        return others[0]
    return _main(fan) if behind.kind == "sign" else None


def _main(fan: Fan) -> Branch | None:
    """The branch that is at least twice as long as any other."""
    sizes = [_size(branch.series) for branch in fan.branches]
    main = sizes.index(max(sizes))
    alike = any(2 * size > sizes[main] for number, size in enumerate(sizes) if number != main)
    return None if alike else fan.branches[main]


def _size(series: Series) -> int:
    """How many boxes and frames are in a series."""
    count = 0
    for piece in series.pieces:
        if isinstance(piece, Fan):
            count += sum(_size(branch.series) for branch in piece.branches)
        else:
            count += len(piece.items) if isinstance(piece, Knot) else 1
    return count
