"""Receptive fields: how far each layer sees, drawn over the input, or over an image in its place.

`seen` says what is shown; `squares` and `bars` draw it over inputs of two axes and of one; `captions` names
it, `chart` shows its growth.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archdsl.check.model import Checked
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.pages import fitted
from archdsl.outputs.drawing.receptive.compose import FORMS, compose
from archdsl.outputs.drawing.receptive.seen import view
from archdsl.outputs.drawing.scene import Scene
from archdsl.outputs.drawing.wanted import Wanted

__all__ = ["scene"]

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def scene(networks: Sequence[Checked], wanted: Wanted) -> Scene:
    """The receptive fields of one network; raises CannotDraw."""
    if len(networks) != 1:
        raise CannotDraw(
            f"receptive fields are drawn of one network, not of {len(networks)}", "name one of them"
        )
    (network,) = networks
    seen = view(network)
    axes = len(seen.layers[-1].spans)
    if axes > 2:
        raise CannotDraw(
            f"the input of {network.name} has {axes} axes to see along, and paper has two",
            "draw its blocks, or list the fields with `archdsl table`",
        )
    if wanted.image is not None:
        _check(wanted.image, axes)
    if wanted.page is None:
        return compose(network, seen, wanted.title, wanted.image, FORMS[0])
    ways = (partial(compose, network, seen, wanted.title, wanted.image, form) for form in FORMS)
    return fitted(ways, wanted.page, f"the receptive fields of {network.name}")


def _check(image: bytes, axes: int) -> None:
    if axes != 2:
        raise CannotDraw("an image has two axes, and the input has one", "draw without an image")
    if not image.startswith((_PNG, _JPEG)):
        raise CannotDraw("the image is neither PNG nor JPEG", "convert it to PNG")
