"""The window of an input that a value sees: its numbers, and a small picture of characters."""

from __future__ import annotations

from archdsl.check.field import Field as Sight
from archdsl.check.field import fields, stride
from archdsl.check.model import Checked
from archdsl.graph.model import Value
from archdsl.outputs.explain.model import Field, Seen
from archdsl.sizes import Shape

WIDEST, HIGHEST = 44, 16
"""Characters that a picture takes, at most."""


def field(checked: Checked, value: Value) -> Field | None:
    """What the cell in the middle of a value sees of the network's first input that it depends on."""
    sight = fields(checked.graph)[value.node.index]
    if sight is None:
        return None
    source = checked.graph.nodes[sight.source]
    seen = (source.outputs[0].shape or ())[1:]
    return Field(
        source.name, tuple(_seen(sight, axis, size, value.shape or ()) for axis, size in enumerate(seen))
    )


def _seen(sight: Sight, axis: int, size: int, shape: Shape) -> Seen:
    position = shape[axis + 1] // 2 if sight.moves else 0
    ends = [part.at(position) for part in sight.axes[axis]]
    ends = [each for each in ends if each[0] <= each[1]] or [(0, -1)]
    steps = stride(sight)
    return Seen(
        size,
        position,
        min(low for low, _ in ends),
        max(high for _, high in ends),
        steps[axis] if steps and steps[axis] else None,
    )


# -- the picture ----------------------------------------------------------------------------------


class _Scale:
    """One axis, drawn with so many characters: the input, the window, and what of it lies beyond."""

    def __init__(self, seen: Seen, most: int) -> None:
        self.seen = seen
        self.first, last = min(seen.low, 0), max(seen.high, seen.size - 1)
        self.cells = last - self.first + 1
        self.length = min(most, self.cells)
        self.window = self.at(seen.low), self.at(seen.high)
        self.input = self.at(0), self.at(seen.size - 1)

    def at(self, cell: int) -> int:
        """The character that a cell falls on."""
        return (cell - self.first) * self.length // self.cells

    def is_seen(self, at: int) -> bool:
        return self.window[0] <= at <= self.window[1]

    def is_input(self, at: int) -> bool:
        return self.input[0] <= at <= self.input[1]


def picture(field: Field) -> list[str]:
    """The input with the window in it: the input's ends to the left and above, the window's opposite.

    `#` is what is seen of the input, `:` what is seen of the padding around it, `.` the rest of the
    input. Of three axes the last two are drawn.
    """
    across = _Scale(field.axes[-1], WIDEST)
    columns = across.seen
    rows = [("", _across(across, None, 0), "")]
    if len(field.axes) > 1:
        seen = field.axes[-2]
        # a character is about twice as high as it is wide
        high = round(max(seen.extent, seen.size) * across.length / across.cells / 2)
        down = _Scale(seen, max(3, min(HIGHEST, high)))
        rows = [
            (
                _number(down.input, y, 0, seen.size - 1),
                _across(across, down, y),
                _number(down.window, y, seen.low, seen.high),
            )
            for y in range(down.length)
        ]
    edge = max(len(left) for left, _, _ in rows)
    room = " " * (edge + 1)
    above, below = _ends(across.input, 0, columns.size - 1), _ends(across.window, columns.low, columns.high)
    lines = (f"{left:>{edge}} {row} {right}".rstrip() for left, row, right in rows)
    return [room + above, *lines, room + below]


def _across(across: _Scale, down: _Scale | None, y: int) -> str:
    seen, inside = (True, True) if down is None else (down.is_seen(y), down.is_input(y))
    marks = []
    for x in range(across.length):
        is_input = inside and across.is_input(x)
        if seen and across.is_seen(x):
            marks.append("#" if is_input else ":")
        else:
            marks.append("." if is_input else " ")
    return "".join(marks)


def _number(ends: tuple[int, int], at: int, first: int, last: int) -> str:
    """The number of the row that begins or ends here."""
    if ends[0] == ends[1] == at and first != last:
        return f"{first} … {last}"
    return str(first) if at == ends[0] else str(last) if at == ends[1] else ""


def _ends(ends: tuple[int, int], first: int, last: int) -> str:
    """The first and the last number where they belong, side by side where there is no room."""
    left, right = str(first), str(last)
    if ends[1] + 1 - ends[0] < len(left) + len(right) + 1:
        both = f"{left} … {right}" if first != last else left
        return " " * max(0, (ends[0] + ends[1] + 1 - len(both)) // 2) + both
    return " " * ends[0] + left + right.rjust(ends[1] + 1 - ends[0] - len(left))
