"""Feature maps as volumes, to scale: the figure of the papers on LeNet, AlexNet and VGG.

`path` finds the main path through the network, `bodies` what is drawn of it, `columns` how wide that is,
and `rows` and `figure` put it on the page. `solids` draws bodies, `strip` costs, and `words` letters them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archdsl.check.model import Checked
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.wanted import Wanted

if TYPE_CHECKING:
    from archdsl.outputs.drawing.volumes.bodies import Body

__all__ = ["scene", "suits"]


def scene(networks: Sequence[Checked], wanted: Wanted) -> Scene:
    """One network as volumes; raises CannotDraw where it has no main path, or there are several."""
    from archdsl.outputs.drawing.volumes.figure import figure

    if len(networks) != 1:
        raise CannotDraw(
            f"a drawing of volumes shows one network, not {len(networks)}",
            "name it with --net, or use --style columns",
        )
    return figure(networks[0], wanted)


def suits(checked: Checked) -> bool:
    """Whether volumes show the network best: maps of two axes, one after the other, by convolutions.

    One after the other: of branches there may be twins side by side, a way down in resolution and up
    again, and convolutions that each see some of the channels and together are one layer.
    """
    from archdsl.outputs.drawing.volumes.bodies import bodies

    try:
        found = bodies(checked)
    except CannotDraw:
        return False
    maps = [body for body in found if not body.is_bar]
    convolutions = sum(body.kind == "map" for body in maps)
    blocks = [body for body in found if body.kind == "block"]
    branched = any(body.kind == "merge" for body in found) or not all(map(_is_one_layer, blocks))
    flat = all(len(body.shape) == 3 for body in maps if body.kind != "shape")
    return flat and not branched and convolutions >= 2


def _is_one_layer(block: Body) -> bool:
    """Whether a block only divides its input, convolves the parts beside each other and joins them."""
    behind: set[int] = set()
    for node in block.nodes:
        follows = any(value.node.index in behind for value in node.inputs)
        learned = node.op.family == "learned"
        if (learned and follows) or (
            node.op.family in ("merge", "shape", "pool") and node.op.name not in ("split", "concat")
        ):
            return False
        if learned or follows:
            behind.add(node.index)
    return True
