"""What can be wrong between the syntax tree and the graph: names, arguments, structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archdsl.diagnostics import Error, Warning_

if TYPE_CHECKING:
    from archdsl.graph.faults import Mistake


class _Stopped(Exception):
    def __init__(self, mistake: Mistake | None = None) -> None:
        super().__init__()
        self.mistake = mistake
        """The reason; None where what is missing failed before."""


class Failed(_Stopped):
    """An expression has no value; the reason is in the report already."""


class Abandoned(_Stopped):
    """The network would never end; the reason is in the report already, and going on is no use."""


# --- names and arguments -------------------------------------------------------------------------


class MissingArgument(Error):
    """A call leaves out an argument that has no default."""

    code: ClassVar[str] = "E201"
    message: ClassVar[str] = "{callee} needs `{parameter}`"
    callee: str
    parameter: str


class TooManyArguments(Error):
    """A call gives more arguments than the callee has parameters."""

    code: ClassVar[str] = "E202"
    message: ClassVar[str] = "{callee} takes {most}, this is one more"
    callee: str
    most: str


class UnknownArgument(Error):
    """A call names an argument that the callee does not have."""

    code: ClassVar[str] = "E203"
    message: ClassVar[str] = "{callee} has no argument `{parameter}`"
    callee: str
    parameter: str


class WrongArgument(Error):
    """An argument is of the wrong type, or out of its range."""

    code: ClassVar[str] = "E204"
    message: ClassVar[str] = "{callee}: `{parameter}` takes {wants}, not {got}"
    callee: str
    parameter: str
    wants: str
    got: str


class GivenTwice(Error):
    """One argument is given by position and by name, or by name twice."""

    code: ClassVar[str] = "E205"
    message: ClassVar[str] = "{callee}: `{parameter}` is given twice"
    callee: str
    parameter: str


class UnknownName(Error):
    """A name that nothing here has: no layer, block, notation, label, parameter or `let`.

    Names may contain inner hyphens, so `width-1` is one name; a subtraction has blanks,
    `width - 1`.
    """

    code: ClassVar[str] = "E206"
    message: ClassVar[str] = "nothing here is named `{name}`"
    name: str


class UsedBeforeMade(Error):
    """A tensor is used before the line that makes it: the network would be a cycle.

    A network flows one way. Move the line that makes the tensor up, or use another tensor. A
    recurrent connection is written out over its steps, with `share` for the common module.
    """

    code: ClassVar[str] = "E207"
    message: ClassVar[str] = "`{name}` is used before it is made; a network has no cycles"
    name: str


class NotALayer(Error):
    """A line is neither a layer nor a tensor.

    A line that is a layer is applied to what came before; a line that is a tensor becomes what
    comes next. A number, a text or a function is neither.
    """

    code: ClassVar[str] = "E208"
    message: ClassVar[str] = "this is {what}, and a line is a layer or a tensor"
    what: str


class WrongOperands(Error):
    """An operator such as `+` or `<` does not work on these values."""

    code: ClassVar[str] = "E209"
    message: ClassVar[str] = "{why}"
    why: str


class DuplicateName(Error):
    """Two things of one kind have one name in one place.

    Labels name modules of the compiled net, so two in one block cannot be the same; nor can two
    parameters, two blocks of a file, two inputs or two outputs.
    """

    code: ClassVar[str] = "E210"
    message: ClassVar[str] = "the name `{name}` is taken"
    name: str


class HoleMismatch(Error):
    """A word is written like a notation, but a hole of it does not match.

    A hole, `{k}` in `conv{k}-{c}`, stands for a whole number; a hole that occurs twice stands
    for the same number both times.
    """

    code: ClassVar[str] = "E211"
    message: ClassVar[str] = "`{name}` looks like the notation {pattern}, but {why}"
    name: str
    pattern: str
    why: str


class NothingBefore(Error):
    """A layer has no input: nothing comes before it.

    The first line of a net is its `input`. With several inputs a line says which one it reads:
    `image -> conv(64, 3)`.
    """

    code: ClassVar[str] = "E212"
    message: ClassVar[str] = "{what} has no input: {why}"
    what: str
    why: str


class SeveralOutputs(Error):
    """Something with several outputs is used as if it were one tensor."""

    code: ClassVar[str] = "E213"
    message: ClassVar[str] = "{what} has several outputs: {names}; say which"
    what: str
    names: str


class NoAttribute(Error):
    """A value does not have what stands behind the dot."""

    code: ClassVar[str] = "E214"
    message: ClassVar[str] = "{what} has no `{name}`"
    what: str
    name: str


class NotCallable(Error):
    """Only layers, blocks, notations and functions take arguments."""

    code: ClassVar[str] = "E215"
    message: ClassVar[str] = "{what} takes no {given}"
    what: str
    given: str = "arguments"


class ReservedName(Error):
    """A word of the language, or the name of a built-in layer, cannot be given to something else."""

    code: ClassVar[str] = "E216"
    message: ClassVar[str] = "`{name}` is {what}; choose another name"
    name: str
    what: str


class WrongShape(Error):
    """What is written as a shape is none: `3 x 224 x 224`, each size a whole number of at least 1."""

    code: ClassVar[str] = "E217"
    message: ClassVar[str] = "{what} takes a shape such as `3 x 224 x 224`, not {got}"
    what: str
    got: str


class WrongInputs(Error):
    """An operator got too few or too many tensors."""

    code: ClassVar[str] = "E218"
    message: ClassVar[str] = "{callee} takes {wants}, not {got}"
    callee: str
    wants: str
    got: str


class SharedDiffers(Error):
    """A shared module is used on inputs for which it would need other weights.

    One module has one set of weights. Give it inputs of the same number of channels, or use two
    modules.
    """

    code: ClassVar[str] = "E312"
    message: ClassVar[str] = "the shared `{name}` would need {second} here and {first} at its first use"
    name: str
    first: str
    second: str


# --- structure -----------------------------------------------------------------------------------


class EndlessRecursion(Error):
    """A block, notation or function uses itself and no condition ends it.

    Recursion ends on a static condition: `if depth > 0 { … level(depth - 1) … }`.
    """

    code: ClassVar[str] = "E401"
    message: ClassVar[str] = "{what} uses itself without end: {limit}"
    what: str
    limit: str


class TooLarge(Error):
    """A repetition, a loop or a recursion would go on beyond the size of any network."""

    code: ClassVar[str] = "E402"
    message: ClassVar[str] = "this would make more than {limit} {what}"
    limit: str
    what: str = "layers"


class ImportFailed(Error):
    """An imported file cannot be read."""

    code: ClassVar[str] = "E404"
    message: ClassVar[str] = "cannot import `{path}`: {why}"
    path: str
    why: str


class ImportLoop(Error):
    """Files import each other in a circle. Move what both need into a third file."""

    code: ClassVar[str] = "E405"
    message: ClassVar[str] = "`{path}` is imported in a circle: {loop}"
    path: str
    loop: str


class ImportOutside(Error):
    """An import leaves the project's folder.

    A spec may read the folder of the file that is checked, and the folders below it; nothing above,
    and no absolute path. So a spec from somebody else cannot read your files.
    """

    code: ClassVar[str] = "E406"
    message: ClassVar[str] = "`{path}` is outside the project's folder"
    path: str


class RowCells(Error):
    """A table row has too few or too many cells.

    A row has one cell for each column of the header, blank where there is nothing; a row without
    bars goes to every column. An `expect` row has one value for each variant.
    """

    code: ClassVar[str] = "E407"
    message: ClassVar[str] = "this row has {cells}, the table {columns}"
    cells: str
    columns: str


class WrongHeader(Error):
    """A table's header is not one.

    It names the variants (or, in `table as BLOCK`, the block's parameters), perhaps with `layer:`
    for labels and `= metric` or `~ metric` for printed values.
    """

    code: ClassVar[str] = "E408"
    message: ClassVar[str] = "{why}"
    why: str


class ColumnsDiffer(Error):
    """Two tables of one net have different columns, so its variants are not clear."""

    code: ClassVar[str] = "E409"
    message: ClassVar[str] = "this table's columns are {these}, the net's other table has {those}"
    these: str
    those: str


class WrongCount(Error):
    """A repetition needs a whole number of at least 0 behind `*`, a loop needs a list."""

    code: ClassVar[str] = "E410"
    message: ClassVar[str] = "{what}, not {got}"
    what: str
    got: str


class Misplaced(Error):
    """A statement stands where it means nothing, such as an `input` within a block."""

    code: ClassVar[str] = "E411"
    message: ClassVar[str] = "{what} {where}"
    what: str
    where: str


class UnknownModule(Error):
    """A change, or a `freeze`, names a module that the net does not have.

    Modules are named as in the compiled net: `features.28`, `classifier.6`, `layer1.0.conv1`.
    `archdsl table` lists them all.
    """

    code: ClassVar[str] = "E412"
    message: ClassVar[str] = "no module is named `{name}`"
    name: str


class UnknownBase(Error):
    """A net is made from a net that there is not, or in a circle."""

    code: ClassVar[str] = "E413"
    message: ClassVar[str] = "cannot make a net from `{name}`: {why}"
    name: str
    why: str


class NoConvolution(Error):
    """`convolve` names a part without linear layers."""

    code: ClassVar[str] = "E414"
    message: ClassVar[str] = "there is nothing to convolve: {why}"
    why: str


class UnknownOutput(Error):
    """A loss speaks of an output that the net does not have."""

    code: ClassVar[str] = "E415"
    message: ClassVar[str] = "the net has no output `{name}`"
    name: str


class UnfitStart(Error):
    """An `init` cannot fill what it names.

    A layer without parameters has nothing to start, and a frozen batch norm keeps the numbers of its
    checkpoint. `he`, `glorot` and `orthogonal` are for kernels and matrices, `bilinear` for the kernels
    of transposed convolutions; `normal`, `uniform` and `constant` are for any parameter.
    """

    code: ClassVar[str] = "E416"
    message: ClassVar[str] = "{why}"
    why: str


class TooManySizes(Error):
    """Which sizes are valid is beyond what is computed.

    Sizes that repeat with a very long period, or an operator that decides in very many ways, are given
    up rather than guessed. With fixed sizes (`--set H=224`) the network can be checked as ever.
    """

    code: ClassVar[str] = "E418"
    message: ClassVar[str] = "which sizes are valid cannot be told: {why}"
    why: str


class UnknownMetric(Error):
    """An `expect` or `claim` asks for a metric that there is not."""

    code: ClassVar[str] = "E504"
    message: ClassVar[str] = "there is no metric `{name}`"
    name: str


class UnknownSubject(Error):
    """An `expect` or `claim` speaks of a label that there is not."""

    code: ClassVar[str] = "E505"
    message: ClassVar[str] = "nothing is labelled `{name}`"
    name: str


class WrongPrinted(Error):
    """The value of an `expect` or `claim` is not one that its metric can have."""

    code: ClassVar[str] = "E506"
    message: ClassVar[str] = "`{metric}` is compared with {wants}, not with {got}"
    metric: str
    wants: str
    got: str


class UnusedLabel(Warning_):
    """A label on an existing tensor is never used; it names no module, so it does nothing."""

    code: ClassVar[str] = "W403"
    message: ClassVar[str] = "the label `{name}` is never used"
    name: str


class UnusedName(Warning_):
    """A parameter or a `let` is never used."""

    code: ClassVar[str] = "W404"
    message: ClassVar[str] = "{what} `{name}` is never used"
    what: str
    name: str
