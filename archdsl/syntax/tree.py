"""The syntax tree: what was written, and where.

A tree says nothing of what names mean. Every node knows its span; trees are never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from archdsl.source import Source, Span

# --- expressions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """`64`, `1e-4`, `61M`, `60_965_224`; `text` keeps the printed precision."""

    value: int | float
    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """`"blocks/resnet.arch"`."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Boolean:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class In:
    """`in`: the input of the enclosing block, notation or net."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """`[64, 128, 256]`."""

    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Dims:
    """`3 x 224 x 224`, `1x7`."""

    parts: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """`in.channels`, `rpn.scores`, `classifier.6`."""

    value: Expression
    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """`parts[0]`."""

    value: Expression
    index: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """`-x`, `not x`."""

    operator: str
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """`a + b`, `f * 3`, `in.channels == c and stride == 1`."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """`64` or `stride = 2` within a call."""

    name: str | None
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """`conv(64, 3)`, `concat { … }`, `residual(2) { … }`; `body` is the braces, if there are any."""

    function: Expression
    arguments: tuple[Argument, ...]
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One element of a chain, with its label if it has one."""

    label: Name | None
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """`a -> name: b -> c`; a chain of one unlabelled element is that element itself."""

    steps: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """`{ … }`: lines in order."""

    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class If:
    condition: Expression
    then: Body
    otherwise: Body | If | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class For:
    variable: Name
    values: Expression
    body: Body
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`table { … }` (columns as variants) or `table as BLOCK { … }` (rows as calls)."""

    block: Expression | None
    header: Row
    rows: tuple[TableRow, ...]
    span: Span


Expression = (
    Number
    | Text
    | Boolean
    | Name
    | In
    | ListOf
    | Dims
    | Attribute
    | Index
    | Unary
    | Binary
    | Call
    | Chain
    | Body
    | If
    | For
    | Table
)

# --- tables ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What stands between two bars: the items of a body line, or nothing.

    In a header a cell may also be `layer:` (mark ":"), `= output` (mark "=") or `~ params` ("~").
    """

    items: tuple[Item, ...]
    mark: Literal["", ":", "=", "~"]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Cells with bars between them. One cell means: no bars, the row goes to every column."""

    cells: tuple[Cell, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """`features: { rows }`: the rows inside make one labelled sequence."""

    label: Name
    rows: tuple[TableRow, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ExpectRow:
    """`expect weight_layers == | 11 | 11 | 13`: one printed value a variant, blank for none."""

    kind: Literal["expect", "claim"]
    target: Expression
    operator: str
    cells: tuple[Cell, ...]
    span: Span


TableRow = Row | Group | ExpectRow

# --- statements --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    """`let k = 3`, or with parameters `let double(x) = 2 * x`."""

    name: Name
    parameters: tuple[Parameter, ...] | None
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """`share head: conv(9, 1)`: one module, used wherever its name stands."""

    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """`input image: 3 x 224 x 224`, `input tokens: 35 of int`."""

    name: Name
    shape: Expression
    dtype: Name | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """`output logits: …`, `training output aux1: …`."""

    name: Name
    value: Expression
    training: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Tie:
    """`tie decoder.weight = embed.weight`: one parameter under two names."""

    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Expect:
    """`expect params == 138_357_544`, `claim neurons ~ 650K`."""

    kind: Literal["expect", "claim"]
    target: Expression
    operator: str
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """`variant B4(width = 1.4)`: a named choice of the net's parameters."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """`replace classifier.6: linear(257)`, `remove aux1`: a change to the net that this one is made from."""

    kind: Literal["replace", "after", "before", "remove", "until", "convolve"]
    path: Expression
    value: Expression | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Freeze:
    """`freeze features`, `unfreeze features.28`; without a path the whole net."""

    path: Expression | None
    frozen: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Init:
    """`init conv: he`, `init classifier.6.bias: constant(0)`: how weights start."""

    target: Expression
    scheme: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """`loss classify: cross_entropy(scores, label) weight 0.3`."""

    name: Name
    function: Name
    arguments: tuple[Argument, ...]
    weight: Expression | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """`c`, or with a default `stride = 1`."""

    name: Name
    default: Expression | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True, slots=True, eq=False)
class Notation:
    """`notation conv{k}x{k}(c, stride = 1) = …`."""

    name: Pattern
    parameters: tuple[Parameter, ...]
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """`VGG.D`, `VGG.D(classes = 10)`: the net that another one is made from."""

    path: Expression
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    span: Span
    base: Base | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    path: Text
    span: Span


Item = (
    Expression
    | Let
    | Share
    | Input
    | Output
    | Tie
    | Expect
    | Variant
    | Edit
    | Freeze
    | Init
    | Loss
    | Notation
    | Block
)
Statement = Import | Let | Notation | Block | Net


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """One parsed `.arch` file; `doc` is the string that opens it."""

    source: Source
    doc: Text | None
    statements: tuple[Statement, ...]


def children(node: object) -> Iterator[object]:
    """The tree nodes directly below a node, in order."""
    for each in fields(node):  # type: ignore[arg-type]
        value = getattr(node, each.name)
        for item in value if isinstance(value, tuple) and not isinstance(value, Span) else (value,):
            if hasattr(item, "span"):
                yield item
