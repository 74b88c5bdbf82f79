"""What an operator may refuse, each kind with its code.

Operators know shapes and arguments, not places: they yield a Problem, and whoever applies the
operator turns it into a diagnostic that points at the argument and at where the sizes came from.
`short` is what a drawing writes at the line on which the tensor comes, where the tensor is at fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from archdsl.diagnostics import Error
from archdsl.sizes import Shape


class Problem:
    """A refusal: which diagnostic, its fields, and what it concerns."""

    __slots__ = ("argument", "axis", "fields", "fits", "here", "hints", "kind", "operands", "sets")

    def __init__(
        self,
        kind: type[Error],
        argument: str | None = None,
        *,
        operands: tuple[int, ...] = (0,),
        axis: int | None = None,
        fits: Shape | None = None,
        sets: Mapping[str, object] | None = None,
        here: str = "",
        hints: tuple[str, ...] = (),
        **fields: Any,
    ) -> None:
        self.kind = kind
        self.argument = argument
        """The argument at fault; None points at the whole call."""
        self.operands = operands
        """Inputs whose origin is the diagnostic's other end, the one at fault first."""
        self.axis = axis
        """The axis in question, channels being 0; its origin is where it was set."""
        self.fits = fits
        """A shape of the first operand that would do."""
        self.sets = sets or {}
        """Arguments of this operator, as a spec writes them, that would do."""
        self.here = here
        self.hints = hints
        self.fields = fields


class BranchesDisagree(Error):
    """The branches of a merge do not fit together.

    `add` and `mul` need branches of equal shape (an axis of size 1 stretches to fit); `concat`
    needs equal sizes on every axis but the one it joins. Either change the branch at fault, or pass
    it through a layer that gives the missing size, such as `conv(256, 1)`.
    """

    code: ClassVar[str] = "E301"
    message: ClassVar[str] = "{op}: branches disagree in {what}: {left} and {right}"
    short: ClassVar[str] = "got {left}, expected {right}"
    op: str
    what: str
    left: str
    right: str


class NothingLeft(Error):
    """A size becomes zero or negative.

    The window, with its dilation, is larger than the padded input, so there is no place to put it.
    Pad the layer, use a smaller window, or stop reducing the size earlier.
    """

    code: ClassVar[str] = "E302"
    message: ClassVar[str] = "{op}: a window of {extent} does not fit into {room}"
    short: ClassVar[str] = "got {room}, expected {extent} or more"
    op: str
    extent: int
    room: str


class WrongRank(Error):
    """The input has too few or too many axes for this operator.

    Shapes are written without the batch axis: `3 x 224 x 224` has one channel axis and two
    spatial axes, and a flattened tensor has one axis.
    """

    code: ClassVar[str] = "E303"
    message: ClassVar[str] = "{op} needs {wants}; its input is {shape}"
    short: ClassVar[str] = "got {shape}, expected {wants}"
    op: str
    wants: str
    shape: str


class NotDivisible(Error):
    """A number of channels or cells cannot be divided as asked.

    Groups and chunks are of equal size, so the one number has to be a multiple of the other.
    """

    code: ClassVar[str] = "E304"
    message: ClassVar[str] = "{op}: {number} {what} cannot be divided into {parts} equal parts"
    short: ClassVar[str] = "got {number} {what}, expected a multiple of {parts}"
    op: str
    number: int
    what: str
    parts: int


class AxesDisagree(Error):
    """An argument names another number of axes than the input has.

    A single number goes for every spatial axis; `1x7` is for exactly two of them.
    """

    code: ClassVar[str] = "E305"
    message: ClassVar[str] = "{op}: `{parameter}` names {given} axes, the input has {has}"
    short: ClassVar[str] = "got {has}, expected {given}"
    op: str
    parameter: str
    given: int
    has: str


class ElementsDisagree(Error):
    """A reshape must keep the number of elements."""

    code: ClassVar[str] = "E306"
    message: ClassVar[str] = "{op}: {before} has {count} elements, {after} {wanted}"
    short: ClassVar[str] = "got {count} elements, expected {wanted}"
    op: str
    before: str
    count: int
    after: str
    wanted: int


class CannotCrop(Error):
    """A crop can only make a map smaller."""

    code: ClassVar[str] = "E307"
    message: ClassVar[str] = "crop: cannot cut {shape} down to {wanted}"
    short: ClassVar[str] = "got {shape}, expected {wanted} or more"
    shape: str
    wanted: str


class WrongElements(Error):
    """The input holds the wrong type of numbers.

    An embedding looks up whole numbers, so its input is declared with `of int`; every other layer
    computes with real numbers.
    """

    code: ClassVar[str] = "E308"
    message: ClassVar[str] = "{op} needs {wants}; {what} holds {holds}"
    short: ClassVar[str] = "got {holds}, expected {wants}"
    op: str
    wants: str
    holds: str
    what: str = "its input"


class ArgumentConflict(Error):
    """An argument's value is impossible, by itself or beside the others or the input.

    The message says which rule it breaks.
    """

    code: ClassVar[str] = "E309"
    message: ClassVar[str] = "{op}: {why}"
    op: str
    why: str


class WeightsDependOnSize(Error):
    """A layer would need other weights for other sizes of the input.

    What a network has learned stays as it is, so its weights are of fixed sizes. Where an input's size
    is open, a linear layer behind a flattened map would grow with it: let a pool give the map a fixed
    size first, or fix the input's.
    """

    code: ClassVar[str] = "E313"
    message: ClassVar[str] = "{op}: the size of its {weight} depends on the input's, {size}{wanted}"
    op: str
    weight: str
    size: str
    wanted: str = ""


class NoSizeFits(Error):
    """No size of an open input is valid: what one line needs, another excludes.

    Each of the two accepts some sizes. Pad or crop on the way from one to the other, so that both can
    have theirs.
    """

    code: ClassVar[str] = "E314"
    message: ClassVar[str] = "{op}: no size is left; it needs {needs}, and line {line} needs {others}"
    op: str
    needs: str
    line: int
    others: str
