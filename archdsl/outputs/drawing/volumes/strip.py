"""The strip below the bodies: where the parameters and the multiply-accumulates of a network are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.model import Node
from archdsl.outputs.drawing.blocks.words import amount
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.scene import Group, Line, Part, Rect, Text
from archdsl.outputs.drawing.themes import SMALL
from archdsl.outputs.drawing.volumes.words import share

HIGH = 24.0
"""The longest bar."""
WIDE = 13.0
NUMBERS = 1.9 * SMALL
"""For the numbers below the bars, and some air."""
SHARES = 1.3 * SMALL
"""For the shares above them."""


class Costs(NamedTuple):
    """Parameters and multiply-accumulates, each number once."""

    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Bill:
    """The costs of a whole network and of the columns under which they are told."""

    whole: Costs
    parts: Sequence[Costs]

    @property
    def most(self) -> Costs:
        """The largest of each kind."""
        return Costs(max(part.params for part in self.parts), max(part.macs for part in self.parts))

    @property
    def share(self) -> float:
        """The largest share of either kind, which has the longest bar."""
        pairs = zip(self.most, self.whole, strict=True)
        return max((part / whole for part, whole in pairs if whole), default=1.0)


def costs(checked: Checked, nodes: Iterable[Node]) -> Costs:
    """What layers cost; multiply-accumulates of training alone do not count, as in a network's totals."""
    params = macs = 0
    for node in nodes:
        layer = checked.layers[node.index]
        params += layer.params
        macs += 0 if node.training else layer.macs
    return Costs(params, macs)


def total(checked: Checked) -> Costs:
    """What the whole network costs."""
    return costs(checked, checked.graph.nodes)


def needs(part: Costs) -> float:
    """How wide the letters below and above the bars of a stage are."""
    return max(width(amount(number), SMALL) for number in part)


HEADS = ("parameters", "MACs")


def gutter(whole: Costs) -> float:
    """How wide the words in front of the rows are."""
    texts = (*HEADS, amount(whole.params), amount(whole.macs))
    return max(width(text, SMALL, bold=True) for text in texts)


def bars(
    places: Sequence[tuple[float, Costs, str]], right: float, y: float, bill: Bill
) -> tuple[list[Part], float]:
    """The two rows of bars, and where they end.

    `places` says for each column where its middle is, what it costs and what it is called.
    """
    parts: list[Part] = []
    for row, head in enumerate(HEADS):
        whole, most = bill.whole[row], bill.most[row]
        longest = max((cost[row] for _, cost, _ in places), default=0)
        base = y + SHARES + max(_length(longest, whole, bill), SMALL * 0.4)
        parts.append(Line(((0.0, base), (right, base)), "frame", weight=0.6))
        parts.append(Text(0.0, base - 3, head, SMALL, "start", "faint"))
        parts.append(Text(0.0, base + SMALL * 1.1, amount(whole), SMALL, "start", bold=True))
        for middle, cost, key in places:
            number = cost[row]
            if number:
                high = _length(number, whole, bill)
                shown = (
                    Rect(middle - WIDE / 2, base - high, WIDE, high, "arrow", weight=0),
                    Text(middle, base - high - 2.5, share(number, whole), SMALL, bold=number == most),
                    Text(middle, base + SMALL * 1.1, amount(number), SMALL, role="faint"),
                )
                parts.append(Group(f"{key} {head}", f"{number:,} {head}", shown))
        y = base + NUMBERS
    return parts, y


def _length(number: int, whole: int, bill: Bill) -> float:
    return max(0.5, HIGH * number / whole / bill.share) if number else 0.0
