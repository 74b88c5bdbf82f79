"""How tightly operators bind: a row of operands and operators becomes a tree.

    or  <  and  <  not  <  == != < <= > >=  <  + -  <  * / // %  <  -a  <  3 x 224 x 224

Those that bind alike go from left to right; comparisons do not follow each other.
"""

from __future__ import annotations

from typing import Any, NoReturn

from lark import Token
from lark.exceptions import UnexpectedToken

from archdsl.source import Source, Span
from archdsl.syntax import tree

_LEVELS = {"OR": 1, "AND": 2, "EQUALS": 4, "LESS": 4, "COMPARE": 4, "PLUS": 5, "MINUS": 5, "TIMES": 6, "X": 8}
_SIGNS = {"NOT": 3, "MINUS": 7}
_COMPARISON = _LEVELS["EQUALS"]


def operation(source: Source, parts: tuple[Any, ...]) -> tree.Expression:
    """The expression that operands and tokens in a row are; refuses a token where it cannot stand."""
    return _Row(source, parts).expression(0)


class _Row:
    def __init__(self, source: Source, parts: tuple[Any, ...]) -> None:
        self.source = source
        self.parts = parts
        self.at = 0

    def expression(self, least: int) -> tree.Expression:
        """What goes on as long as operators bind at least so tightly."""
        left = self._operand(least)
        while self.at < len(self.parts):
            token = self.parts[self.at]
            level = _LEVELS[token.type]
            if level < least:
                break
            self.at += 1
            if token.type == "X":
                left = self._sizes(left)
                continue
            right = self.expression(level + 1)
            left = tree.Binary(str(token), left, right, left.span.to(right.span))
            if level == _COMPARISON and self._level() == _COMPARISON:
                _refuse(self.parts[self.at])
        return left

    def _operand(self, least: int) -> tree.Expression:
        """What stands behind an operator of this level, with its sign."""
        part = self.parts[self.at]
        self.at += 1
        if not isinstance(part, Token):
            return part  # type: ignore[no-any-return]
        level = _SIGNS[part.type]
        if level < least:
            _refuse(part)
        operand = self.expression(level)
        start = part.start_pos or 0
        return tree.Unary(str(part), operand, Span(self.source, start, operand.span.end))

    def _sizes(self, first: tree.Expression) -> tree.Expression:
        """A shape, behind its first `x`."""
        sizes = [first, self._operand(_LEVELS["X"])]
        while self._level() == _LEVELS["X"]:
            self.at += 1
            sizes.append(self._operand(_LEVELS["X"]))
        return tree.Dims(tuple(sizes), first.span.to(sizes[-1].span))

    def _level(self) -> int:
        """How tightly the operator that comes next binds; 0 where none does."""
        return _LEVELS[self.parts[self.at].type] if self.at < len(self.parts) else 0


def _refuse(token: Token) -> NoReturn:
    raise UnexpectedToken(token, set())  # type: ignore[no-untyped-call]
