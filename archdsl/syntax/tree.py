"""The syntax tree: what was written, and where.

A tree says nothing of what names mean. Every node knows its span; trees are never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from archdsl.source import Source, Span
from archdsl.syntax.node import node, parts

# --- expressions -------------------------------------------------------------------------------


@node
class Number:
    """`64`, `1e-4`, `61M`, `60_965_224`; `text` keeps the printed precision."""

    value: int | float
    text: str
    span: Span


@node
class Text:
    """`"blocks/resnet.arch"`."""

    value: str
    span: Span


@node
class Boolean:
    """`true` and `false`."""

    value: bool
    span: Span


@node
class Name:
    """`width`, `conv3-64`."""

    name: str
    span: Span


@node
class In:
    """`in`: the input of the enclosing block, notation or net."""

    span: Span


@node
class ListOf:
    """`[64, 128, 256]`."""

    items: tuple[Expression, ...]
    span: Span


@node
class Dims:
    """`3 x 224 x 224`, `1x7`."""

    parts: tuple[Expression, ...]
    span: Span


@node
class Attribute:
    """`in.channels`, `rpn.scores`, `classifier.6`."""

    value: Expression
    name: str
    span: Span


@node
class Index:
    """`parts[0]`."""

    value: Expression
    index: Expression
    span: Span


@node
class Unary:
    """`-x`, `not x`."""

    operator: str
    operand: Expression
    span: Span


@node
class Binary:
    """`a + b`, `f * 3`, `in.channels == c and stride == 1`."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@node
class Argument:
    """`64` or `stride = 2` within a call."""

    name: str | None
    value: Expression
    span: Span


@node
class Call:
    """`conv(64, 3)`, `concat { … }`, `residual(2) { … }`; `body` is the braces, if there are any."""

    function: Expression
    arguments: tuple[Argument, ...]
    body: Body | None
    span: Span


@node
class Step:
    """One element of a chain, with its label if it has one."""

    label: Name | None
    value: Expression
    span: Span


@node
class Chain:
    """`a -> name: b -> c`; a chain of one unlabelled element is that element itself."""

    steps: tuple[Step, ...]
    span: Span


@node
class Body:
    """`{ … }`: lines in order."""

    items: tuple[Item, ...]
    span: Span


@node
class If:
    """`if condition { … } else { … }`."""

    condition: Expression
    then: Body
    otherwise: Body | If | None
    span: Span


@node
class For:
    """`for c in [64, 128] { … }`."""

    variable: Name
    values: Expression
    body: Body
    span: Span


@node
class Table:
    """`table { … }` (columns as variants) or `table as BLOCK { … }` (rows as calls)."""

    block: Expression | None
    header: Row
    rows: tuple[TableRow, ...]
    span: Span


Expression = (
    Number | Text | Boolean | Name | In | ListOf | Dims | Attribute | Index | Unary | Binary | Call
    | Chain | Body | If | For | Table
)  # fmt: skip

# --- tables ------------------------------------------------------------------------------------


@node
class Cell:
    """What stands between two bars: the items of a body line, or nothing.

    In a header a cell may also be `layer:` (mark ":"), `= output` (mark "=") or `~ params` ("~").
    """

    items: tuple[Item, ...]
    mark: Literal["", ":", "=", "~"]
    span: Span


@node
class Row:
    """Cells with bars between them. One cell means: no bars, the row goes to every column."""

    cells: tuple[Cell, ...]
    span: Span


@node
class Group:
    """`features: { rows }`: the rows inside make one labelled sequence."""

    label: Name
    rows: tuple[TableRow, ...]
    span: Span


@node
class ExpectRow:
    """`expect weight_layers == | 11 | 11 | 13`: one printed value a variant, blank for none."""

    kind: Literal["expect", "claim"]
    target: Expression
    operator: str
    cells: tuple[Cell, ...]
    span: Span


TableRow = Row | Group | ExpectRow

# --- statements --------------------------------------------------------------------------------


@node
class Let:
    """`let k = 3`, or with parameters `let double(x) = 2 * x`."""

    name: Name
    parameters: tuple[Parameter, ...] | None
    value: Expression
    span: Span


@node
class Share:
    """`share head: conv(9, 1)`: one module, used wherever its name stands."""

    name: Name
    value: Expression
    span: Span


@node
class Input:
    """`input image: 3 x 224 x 224`, `input tokens: 35 of int`."""

    name: Name
    shape: Expression
    dtype: Name | None
    span: Span


@node
class Output:
    """`output logits: …`, `training output aux1: …`."""

    name: Name
    value: Expression
    training: bool
    span: Span


@node
class Tie:
    """`tie decoder.weight = embed.weight`: one parameter under two names."""

    left: Expression
    right: Expression
    span: Span


@node
class Expect:
    """`expect params == 138_357_544`, `claim neurons ~ 650K`."""

    kind: Literal["expect", "claim"]
    target: Expression
    operator: str
    value: Expression
    span: Span


@node
class ExpectSizes:
    """`expect H % 32 == 0`, `expect not valid(H = 225)`: what is to be true of the open sizes."""

    kind: Literal["expect", "claim"]
    condition: Expression
    span: Span


@node
class Variant:
    """`variant B4(width = 1.4)`: a named choice of the net's parameters."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span


@node
class Edit:
    """`replace classifier.6: linear(257)`, `remove aux1`: a change to the net that this one is made from."""

    kind: Literal["replace", "after", "before", "remove", "until", "convolve"]
    path: Expression
    value: Expression | None
    span: Span


@node
class Freeze:
    """`freeze features`, `unfreeze features.28`; without a path the whole net."""

    path: Expression | None
    frozen: bool
    span: Span


@node
class Init:
    """`init conv: he`, `init classifier.6.bias: constant(0)`: how weights start."""

    target: Expression
    scheme: Expression
    span: Span


@node
class Loss:
    """`loss classify: cross_entropy(scores, label) weight 0.3`."""

    name: Name
    function: Name
    arguments: tuple[Argument, ...]
    weight: Expression | None
    span: Span


@node
class Parameter:
    """`c`, or with a default `stride = 1`."""

    name: Name
    default: Expression | None
    span: Span


@node
class Pattern:
    """`conv{k}-{c}`: `parts` alternates text and holes, text first and last (perhaps empty)."""

    parts: tuple[str, ...]
    span: Span

    @property
    def holes(self) -> tuple[str, ...]:
        return self.parts[1::2]

    @property
    def text(self) -> str:
        return "".join(f"{{{p}}}" if i % 2 else p for i, p in enumerate(self.parts))


@node
class Notation:
    """`notation conv{k}x{k}(c, stride = 1) = …`."""

    name: Pattern
    parameters: tuple[Parameter, ...]
    value: Expression
    span: Span


@node
class Block:
    """`block bottleneck(width, stride = 1) { … }`, or `sequence`, which numbers its parts."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    span: Span
    numbered: bool = False


@node
class Base:
    """`VGG.D`, `VGG.D(classes = 10)`: the net that another one is made from."""

    path: Expression
    arguments: tuple[Argument, ...]
    span: Span


@node
class Net:
    """`net VGG(classes = 1000) { … }`, `net Caltech256 from VGG.D { … }`."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    span: Span
    base: Base | None = None


@node
class Import:
    """`import "blocks/resnet.arch"`."""

    path: Text
    span: Span


Item = (
    Expression | Let | Share | Input | Output | Tie | Expect | Variant | Edit | Freeze | Init | Loss
    | Notation | Block | ExpectSizes
)  # fmt: skip
Statement = Import | Let | Notation | Block | Net


@node
class File:
    """One parsed `.arch` file; `doc` is the string that opens it."""

    source: Source
    doc: Text | None
    statements: tuple[Statement, ...]


def children(parent: Any) -> Iterator[object]:
    """The tree nodes directly below a node, in order."""
    for name in parts(parent.__class__):
        value = getattr(parent, name)
        if isinstance(value, tuple):
            yield from value
        elif value is not None:
            yield value
