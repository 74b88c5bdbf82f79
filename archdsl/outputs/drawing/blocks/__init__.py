"""The block diagram: layers as boxes, blocks as frames around them, what repeats once.

`compose` makes a `picture`: what is shown, with its `wires`. `placing` finds chains and branches in it
and gives everything its place, and `paint` draws it. `versions` are ever more closed, until `choice`
finds one whose `sheet` fits the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks.choice import chosen
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.wanted import Wanted

if TYPE_CHECKING:
    from archdsl.outputs.drawing.faults import Faulty
    from archdsl.outputs.drawing.marked import Marked


def scene(shown: Checked | Marked | Faulty, wanted: Wanted) -> Scene:
    """The block diagram of a network, of a comparison, or of a network that is wrong; raises CannotDraw.

    As open as it stays readable on a page, A4 where none is wanted, or as open as it is asked to be. A
    network that goes down and up in resolution is drawn by its levels, unless a direction or what is to
    be open is asked for.
    """
    if isinstance(shown, Checked) and not (wanted.direction or wanted.opened or wanted.depth is not None):
        from archdsl.outputs.drawing.levels import layout
        from archdsl.outputs.drawing.levels.found import levels

        if levels(shown) is not None:
            try:
                return layout.scene(shown, wanted)
            except CannotDraw:
                pass  # then as any other network, with its blocks closed until it fits
    return chosen(shown, wanted)
