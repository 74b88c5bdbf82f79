"""From text to the syntax tree.

Assumes nothing of the text. Promises a File, or at least one diagnostic for each top-level
statement that does not parse.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from pkgutil import get_data
from typing import Any

from lark import Lark, Token, Transformer, Tree, v_args
from lark.exceptions import UnexpectedInput, UnexpectedToken

from archdsl.diagnostics import Report
from archdsl.source import Source, Span
from archdsl.syntax import tree
from archdsl.syntax.errors import syntax_error
from archdsl.syntax.layout import Layout, LayoutError, layout_diagnostic
from archdsl.syntax.operators import operation
from archdsl.syntax.recovery import without

_SUFFIX = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_SUFFIX = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_MOST_ERRORS = 20
LONGEST_NUMBER = 30
"""Digits in a number."""


class NumberTooLarge(ValueError):
    """A number beyond any count of a network."""


def number_value(text: str) -> int | float:
    """The value of a number as it is written: `61M`, `1.8G`, `1e-4`, `60_965_224`."""
    if text.isdigit() and len(text) <= LONGEST_NUMBER:
        return int(text)
    digits, factor = text.replace("_", ""), 1
    if len(digits) > LONGEST_NUMBER or ("e" in digits.lower() and float(digits.rstrip("KMGTi")) > 1e30):
        raise NumberTooLarge(text)
    for suffixes in (_BINARY_SUFFIX, _SUFFIX):
        for suffix, power in suffixes.items():
            if digits.endswith(suffix):
                digits, factor = digits.removesuffix(suffix), power
    if digits.isdigit():
        return int(digits) * factor
    from fractions import Fraction

    exact = Fraction(digits) * factor
    return exact.numerator if factor > 1 and exact.denominator == 1 else float(exact)


_KEPT = frozenset(
    """NAME WORD WHERE NUMBER STRING LONG_STRING PATTERN EXPECT OR AND NOT EQUALS COMPARE LESS PLUS
    MINUS TIMES X""".split()
)
"""The tokens that a rule's method is given; the others are punctuation and words."""


class _Arguments(tuple[tree.Argument, ...]):
    """The arguments of a call, with the place of their parentheses."""

    span: Span


class _Paths(tuple[tree.Expression, ...]):
    """Paths with commas between them, and their place."""

    span: Span


def _place(parts: Iterable[Any]) -> tuple[int, int]:
    """Start and end of the first of these parts that has a place: a blank cell has none yet."""
    for part in parts:
        if type(part) is Token:
            return part.start_pos, part.end_pos  # type: ignore[return-value]
        span = getattr(part, "span", None)
        if span and span.end:
            return span.start, span.end
    return 0, 0


def _with_span(wrapped: Any, data: str, children: list[Any], meta: Any) -> Any:
    """Call a rule's method with the span of all its tokens, and with its parts less the punctuation."""
    method = wrapped.base_func
    start, end = _place(children)[0], _place(reversed(children))[1]
    span = Span(method.__self__.source, start, end)
    return method(span, *[part for part in children if type(part) is not Token or part.type in _KEPT])


@v_args(wrapper=_with_span)
class _Builder(Transformer[Token, Any]):
    """Builds tree nodes while the parser reduces; a rule without a method is a bug and raises."""

    source: Source

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        if data.startswith("_"):  # lark unpacks it again: its own rule for a repetition, or one of ours
            return Tree(data, children)
        raise AssertionError(f"no tree node for the rule {data}")

    def _at(self, token: Token) -> Span:
        start, end = token.start_pos, token.end_pos
        assert start is not None and end is not None
        return Span(self.source, start, end)

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(str(token), self._at(token))

    # -- statements -----------------------------------------------------------------------------

    def file(self, span: Span, *parts: Any) -> tree.File:
        doc = parts[0] if parts and isinstance(parts[0], tree.Text) else None
        return tree.File(self.source, doc, tuple(p for p in parts if not isinstance(p, tree.Text)))

    def doc(self, span: Span, token: Token) -> tree.Text:
        return tree.Text(str(token).strip('"').strip(), self._at(token))

    def import_(self, span: Span, token: Token) -> tree.Import:
        return tree.Import(tree.Text(token[1:-1], self._at(token)), span)

    def let(self, span: Span, name: Token, *rest: Any) -> tree.Let:
        parameters = rest[0] if len(rest) == 2 else None
        return tree.Let(self._name(name), parameters, rest[-1], span)

    def notation(self, span: Span, name: Token, *rest: Any) -> tree.Notation:
        parameters = rest[0] if len(rest) == 2 else ()
        pieces = re.split(r"[{}]", name)
        return tree.Notation(tree.Pattern(tuple(pieces), self._at(name)), parameters, rest[-1], span)

    def block(self, span: Span, name: Token, *rest: Any) -> tree.Block:
        return tree.Block(self._name(name), rest[0] if len(rest) == 2 else (), rest[-1], span)

    def sequence(self, span: Span, name: Token, *rest: Any) -> tree.Block:
        parameters = rest[0] if len(rest) == 2 else ()
        return tree.Block(self._name(name), parameters, rest[-1], span, numbered=True)

    def net(self, span: Span, name: Token, *rest: Any) -> tree.Net:
        parameters = next((each for each in rest if isinstance(each, tuple)), ())
        base = next((each for each in rest if isinstance(each, tree.Base)), None)
        return tree.Net(self._name(name), parameters, rest[-1], span, base)

    def base(self, span: Span, path: tree.Expression, arguments: Any = ()) -> tree.Base:
        return tree.Base(path, tuple(arguments), span)

    def parameters(self, span: Span, *parameters: tree.Parameter) -> tuple[tree.Parameter, ...]:
        return parameters

    def parameter(self, span: Span, name: Token, default: Any = None) -> tree.Parameter:
        return tree.Parameter(self._name(name), default, span)

    # -- bodies ---------------------------------------------------------------------------------

    def body(self, span: Span, items: tuple[tree.Item, ...]) -> tree.Body:
        return tree.Body(items, span)

    def items(self, span: Span, *items: Any) -> tuple[tree.Item, ...]:
        return tuple(chain.from_iterable(item if isinstance(item, tuple) else (item,) for item in items))

    def share(self, span: Span, name: Token, value: tree.Expression) -> tree.Share:
        return tree.Share(self._name(name), value, span)

    def input(
        self, span: Span, name: Token, shape: tree.Expression, dtype: Token | None = None
    ) -> tree.Input:
        return tree.Input(self._name(name), shape, self._name(dtype) if dtype else None, span)

    def output(self, span: Span, name: Token, value: tree.Expression) -> tree.Output:
        return tree.Output(self._name(name), value, False, span)

    def training_output(self, span: Span, name: Token, value: tree.Expression) -> tree.Output:
        return tree.Output(self._name(name), value, True, span)

    def tie(self, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Tie:
        return tree.Tie(left, right, span)

    def variant(self, span: Span, name: Token, arguments: tuple[tree.Argument, ...] = ()) -> tree.Variant:
        return tree.Variant(self._name(name), tuple(arguments), span)

    def replace(self, span: Span, paths: Any, value: Any) -> tuple[tree.Edit, ...]:
        return tuple(tree.Edit("replace", path, value, span) for path in paths)

    def insert(self, span: Span, where: Any, paths: Any, value: Any) -> tuple[tree.Edit, ...]:
        return tuple(tree.Edit(where.value, path, value, span) for path in paths)

    def edit(self, span: Span, paths: Any) -> tuple[tree.Edit, ...]:
        word: Any = re.match(r"\w+", span.text)
        several = paths if isinstance(paths, _Paths) else (paths,)
        return tuple(tree.Edit(word.group(), path, None, span) for path in several)

    def init(self, span: Span, target: Any, scheme: Any) -> tree.Init:
        return tree.Init(target, scheme, span)

    def loss(self, span: Span, name: Token, function: Token, arguments: Any, weight: Any = None) -> tree.Loss:
        return tree.Loss(self._name(name), self._name(function), tuple(arguments), weight, span)

    def freeze(self, span: Span, paths: Any = (None,)) -> tuple[tree.Freeze, ...]:
        return tuple(tree.Freeze(path, True, span) for path in paths)

    def unfreeze(self, span: Span, paths: Any = (None,)) -> tuple[tree.Freeze, ...]:
        return tuple(tree.Freeze(path, False, span) for path in paths)

    def expect(self, span: Span, kind: Any, target: Any, operator: str, value: Any) -> tree.Expect:
        return tree.Expect(kind.value, target, operator, value, span)

    def expect_rest(self, span: Span, kind: Any, size: Any, *row: Any) -> tree.ExpectSizes:
        percent, divisor, operator, value = row
        if percent != "%":
            raise UnexpectedToken(percent, set())  # type: ignore[no-untyped-call]
        rest = tree.Binary("%", size, divisor, size.span.to(divisor.span))
        condition = tree.Binary(operator, rest, value, size.span.to(value.span))
        return tree.ExpectSizes(kind.value, condition, span)

    def expect_valid(self, span: Span, kind: Any, *row: Any) -> tree.ExpectSizes:
        *negation, name, arguments = row
        call: tree.Expression = tree.Call(name, tuple(arguments), None, name.span.to(span))
        return tree.ExpectSizes(kind.value, tree.Unary("not", call, span) if negation else call, span)

    def path(self, span: Span, first: Token, *rest: Token) -> tree.Expression:
        value: tree.Expression = self._name(first)
        for token in rest:
            value = self._attribute(value, token)
        return value

    def paths(self, span: Span, *paths: tree.Expression) -> _Paths:
        made = _Paths(paths)
        made.span = span
        return made

    def relation(self, span: Span, *kept: Token) -> str:
        return span.text

    # -- chains and expressions -----------------------------------------------------------------

    def chain(self, span: Span, *steps: Any) -> tree.Chain:
        known = [step if isinstance(step, tree.Step) else tree.Step(None, step, step.span) for step in steps]
        return tree.Chain(tuple(known), span)

    def labelled(self, span: Span, label: Token, value: tree.Expression) -> tree.Step:
        return tree.Step(self._name(label), value, span)

    def operation(self, span: Span, *parts: Any) -> tree.Expression:
        return operation(self.source, parts)

    def _attribute(self, value: tree.Expression, token: Token) -> tree.Expression:
        at = self._at(token)
        for name in str(token).split("."):  # `features.0.1`: the lexer takes 0.1 for one number
            value = tree.Attribute(value, name, value.span.to(at))
        return value

    def attribute(self, span: Span, value: tree.Expression, token: Token) -> tree.Expression:
        return self._attribute(value, token)

    def index(self, span: Span, value: tree.Expression, index: tree.Expression) -> tree.Index:
        return tree.Index(value, index, span)

    def call(self, span: Span, function: Any, *rest: Any) -> tree.Call:
        if isinstance(function, Token):
            function = self._name(function)
        arguments = tuple(rest[0]) if isinstance(rest[0], _Arguments) else ()
        body = rest[-1] if isinstance(rest[-1], tree.Body) else None
        return tree.Call(function, arguments, body, span)

    def arguments(self, span: Span, *arguments: tree.Argument) -> _Arguments:
        made = _Arguments(arguments)
        made.span = span
        return made

    def argument(self, span: Span, value: tree.Expression) -> tree.Argument:
        return tree.Argument(None, value, span)

    def keyword(self, span: Span, name: Token, value: tree.Expression) -> tree.Argument:
        return tree.Argument(str(name), value, span)

    def name(self, span: Span, token: Token) -> tree.Name:
        return tree.Name(str(token), span)

    def number(self, span: Span, token: Token) -> tree.Number:
        return tree.Number(self._value(token), str(token), span)

    def _value(self, token: Token) -> int | float:
        try:
            return number_value(token)
        except NumberTooLarge:
            raise LayoutError("number", token) from None

    def text(self, span: Span, token: Token) -> tree.Text:
        return tree.Text(token[1:-1], self._at(token))

    def true(self, span: Span) -> tree.Boolean:
        return tree.Boolean(True, span)

    def false(self, span: Span) -> tree.Boolean:
        return tree.Boolean(False, span)

    def in_(self, span: Span) -> tree.In:
        return tree.In(span)

    def parenthesised(self, span: Span, value: tree.Expression) -> tree.Expression:
        return value

    def list_of(self, span: Span, *items: tree.Expression) -> tree.ListOf:
        return tree.ListOf(items, span)

    def if_(self, span: Span, condition: Any, then: Any, otherwise: Any = None) -> tree.If:
        brace = Span(self.source, condition.span.end, span.end)
        return tree.If(condition, tree.Body(then, brace), otherwise, span)

    def for_(self, span: Span, variable: Token, values: Any, items: Any) -> tree.For:
        body = tree.Body(items, Span(self.source, values.span.end, span.end))
        return tree.For(self._name(variable), values, body, span)

    # -- tables ---------------------------------------------------------------------------------

    def table(self, span: Span, *parts: Any) -> tree.Table:
        parts = tuple(p for p in parts if p is not _NOTHING)
        block = None if isinstance(parts[0], tree.Row) else parts[0]
        header, *rows = parts[block is not None :]
        if not header.span.end:  # an empty table has its header where its braces close
            place = Span(self.source, span.end - 1, span.end)
            header = tree.Row((tree.Cell((), "", place),), place)
        return tree.Table(block, header, tuple(rows), span)

    def as_block(self, span: Span, name: Token, *rest: Any) -> tree.Expression:
        return tree.Call(self._name(name), tuple(rest[0]), None, span) if rest else self._name(name)

    def header(self, span: Span, *cells: tree.Cell) -> tree.Row:
        return tree.Row(_placed(cells, span), span)

    def plain_heading(self, span: Span, token: Token) -> tree.Cell:
        return tree.Cell((self._name(token),), "", span)

    def label_heading(self, span: Span, token: Token) -> tree.Cell:
        return tree.Cell((self._name(token),), ":", span)

    def exact_heading(self, span: Span, token: Token) -> tree.Cell:
        return tree.Cell((self._name(token),), "=", span)

    def rounded_heading(self, span: Span, token: Token) -> tree.Cell:
        return tree.Cell((self._name(token),), "~", span)

    def rule(self, span: Span) -> object:
        return _NOTHING

    def cells(self, span: Span, *cells: tree.Cell) -> tree.Row:
        return tree.Row(_placed(cells, span), span)

    def cell(self, span: Span, *items: tree.Expression) -> tree.Cell:
        return tree.Cell(items, "", span)

    def blank(self, span: Span) -> tree.Cell:
        return tree.Cell((), "", Span(self.source, 0, 0))  # its row gives it a place

    def group(self, span: Span, label: Token, *rows: Any) -> tree.Group:
        kept = tuple(r for r in rows if r is not _NOTHING)
        return tree.Group(self._name(label), kept, span)

    def expect_row(self, span: Span, kind: Any, target: Any, operator: str, *cells: Any) -> tree.ExpectRow:
        return tree.ExpectRow(kind.value, target, operator, _placed(cells, span), span)


_NOTHING = object()


def _placed(cells: tuple[tree.Cell, ...], row: Span) -> tuple[tree.Cell, ...]:
    """The cells, each blank one placed at the bar before it (or at the row's start)."""
    placed, position = [], row.start
    for cell in cells:
        blank = not cell.items and not cell.mark
        placed.append(tree.Cell((), "", Span(row.source, position, position + 1)) if blank else cell)
        after = position + (position > row.start) if blank else cell.span.end
        bar = row.source.text.find("|", after)
        position = max(bar, row.start)
    return tuple(placed)


@cache
def _parser() -> tuple[Lark, _Builder, threading.Lock]:
    """The parser, its tables kept in the user's cache between runs."""
    grammar = get_data("archdsl.grammar", "archdsl.lark")
    assert grammar is not None
    builder = _Builder()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "archdsl"
    kept: bool | str = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = str(folder / "grammar.lark-cache") if os.access(folder, os.W_OK) else False
    except (OSError, RuntimeError):
        pass
    parser = Lark(
        grammar.decode(),
        parser="lalr",
        start="file",
        keep_all_tokens=True,
        maybe_placeholders=False,
        postlex=Layout(),
        transformer=builder,
        cache=kept,
    )
    return parser, builder, threading.Lock()


def parse(source: Source, report: Report) -> tree.File | None:
    """Parse a text; None if it is not in the language, with the reasons in the report.

    After an error the line at fault, or the statement around it, is left out and the rest looked at, so
    several errors are told at once.
    """
    parser, builder, lock = _parser()
    text: str | None = source.text
    errors = 0
    with lock:
        builder.source = source
        while text is not None and errors < _MOST_ERRORS:
            try:
                parsed = parser.parse(text)
                return None if errors else parsed  # type: ignore[return-value]
            except LayoutError as error:
                at = _token_span(source, error.token)
                opener = _token_span(source, error.opener) if error.opener else None
                report.add(layout_diagnostic(error, at, opener))
                offset = at.start
            except UnexpectedInput as error:
                diagnostic = syntax_error(error, source)
                report.add(diagnostic)
                offset = diagnostic.at.start
            errors += 1
            text = without(text, offset)
    return None


def _token_span(source: Source, token: Token) -> Span:
    start = token.start_pos or 0
    return Span(source, start, token.end_pos or start + 1)
