"""What a file holds beside what a network wants: by name, by shape, and by kind of number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.ops.contract import Weight
from archdsl.sizes import Shape, elements
from archdsl.weights.model import FLOATS, INTEGERS, Stored

COUNTER = "num_batches_tracked"
"""A norm's count of batches, which nothing computes with: files before PyTorch 0.4.1 lack it."""


class Unlike(NamedTuple):
    """A tensor that has the right name, and another shape or kind."""

    name: str
    wanted: Shape
    stored: Stored

    @property
    def reshapes(self) -> bool:
        """Whether the same numbers in the same order make the wanted kernel.

        So it is between a fully connected layer and the convolution that it becomes: one of them has
        a row for each output, the other the same row as channels and cells.
        """
        found, wanted = self.stored.shape, self.wanted
        return (
            len(found) != len(wanted)
            and min(len(found), len(wanted)) == 2
            and found[0] == wanted[0]
            and elements(found) == elements(wanted)
        )

    @property
    def remark(self) -> str:
        """How the shapes are related, if they are."""
        if self.reshapes:
            return "the same numbers in the same order"
        if sorted(self.stored.shape) == sorted(self.wanted):
            return "the same axes in another order"
        return ""


@dataclass(eq=False)
class Comparison:
    """Every tensor of the file and every one of the network, each in one of the lists."""

    checked: Checked
    stored: Mapping[str, Stored]
    """What there is, by the names that are taken for the network's."""
    matched: dict[str, Stored] = field(default_factory=dict)
    """By the name that the network has for it."""
    missing: dict[str, Weight] = field(default_factory=dict)
    """In the network, not in the file."""
    absent: list[str] = field(default_factory=list)
    """Not in the file either, and not needed: counts of batches, and tied weights by a second name."""
    extra: dict[str, Stored] = field(default_factory=dict)
    """In the file, not in the network."""
    other_shape: list[Unlike] = field(default_factory=list)
    other_kind: list[Unlike] = field(default_factory=list)
    """Right in name and shape, and no floating point numbers where those are wanted, or none at all."""

    @property
    def agrees(self) -> bool:
        """Whether the file is the network's, name by name and shape by shape."""
        return self.complete and not self.extra and not self.other_shape

    @property
    def complete(self) -> bool:
        """Whether the file has all that the network wants, if kernels may be reshaped."""
        return not self.missing and not self.other_kind and all(each.reshapes for each in self.other_shape)

    @property
    def wanted(self) -> int:
        """Tensors that the network cannot do without."""
        unlike = len(self.other_shape) + len(self.other_kind)
        return len(self.matched) + len(self.missing) + unlike


def compare(checked: Checked, stored: Mapping[str, Stored]) -> Comparison:
    """Compare a network with tensors under the names that are to be taken for theirs."""
    found = Comparison(checked, stored)
    wanted = dict(checked.weights())
    second = {tie.left: tie.right for tie in checked.graph.ties if tie.right in wanted}
    first = {right: left for left, right in second.items()}
    for name, weight in wanted.items():
        # either name of a tied weight will do
        here = stored.get(name) or stored.get(first.get(name, name))
        if here is not None:
            _sort(found, name, weight, here)
        elif weight.name == COUNTER:
            found.absent.append(name)
        else:
            found.missing[name] = weight
    for left, right in second.items():
        if left not in stored:
            found.absent.append(left)
        elif right in stored:
            _sort(found, left, wanted[right], stored[left])
    known = wanted.keys() | second.keys()
    found.extra = {name: each for name, each in stored.items() if name not in known}
    return found


def _sort(found: Comparison, name: str, weight: Weight, here: Stored) -> None:
    """Put a tensor of the right name where it belongs."""
    unlike = Unlike(name, weight.shape, here)
    if here.shape != weight.shape:
        found.other_shape.append(unlike)
    elif here.dtype not in (INTEGERS if weight.name == COUNTER else FLOATS):
        found.other_kind.append(unlike)
    else:
        found.matched[name] = here
