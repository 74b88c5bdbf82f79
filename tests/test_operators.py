"""How tightly operators bind."""

from __future__ import annotations

import pytest

from archdsl.diagnostics import Report
from archdsl.source import Source
from archdsl.syntax import tree
from archdsl.syntax.parse import parse


def read(text: str) -> tree.Expression | None:
    file = parse(Source("x.arch", f"let x = {text}"), Report())
    if file is None:
        return None
    (statement,) = file.statements
    assert isinstance(statement, tree.Let)
    return statement.value


def shown(node: tree.Expression | None) -> str:
    """An expression with parentheses around everything."""
    match node:
        case tree.Binary(operator, left, right):
            return f"({shown(left)} {operator} {shown(right)})"
        case tree.Unary(operator, operand):
            return f"({operator} {shown(operand)})"
        case tree.Dims(parts):
            return f"({' x '.join(map(shown, parts))})"
        case None:
            return "refused"
        case _:
            return node.span.text


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("a - b - c", "((a - b) - c)"),
        ("a + b * c // d", "(a + ((b * c) // d))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("-a * b - -c", "(((- a) * b) - (- c))"),
        ("-2 x 3 * 4", "((- (2 x 3)) * 4)"),
        ("3 x h // 2 x w", "((3 x h) // (2 x w))"),
        ("3 x 4 x 5 + a", "((3 x 4 x 5) + a)"),
        ("a + 1 == b * 2", "((a + 1) == (b * 2))"),
        ("a or b and not c == d or e", "((a or (b and (not (c == d)))) or e)"),
        ("not not a and b", "((not (not a)) and b)"),
        ("f(a)[0].b + [1, 2][0]", "(f(a)[0].b + [1, 2][0])"),
        ("a < b < c", "refused"),
        ("a == not b", "refused"),
        ("3 x -4", "refused"),
        ("a + * b", "refused"),
        ("a b", "refused"),
    ],
)
def test_precedence(text: str, wanted: str) -> None:
    assert shown(read(text)) == wanted


@pytest.mark.parametrize("text", ["-a + b x 3", "(a) + (b)", "not a", "a -> b", "one: a -> b"])
def test_places(text: str) -> None:
    """An expression knows where it stands, down to its first and last word."""
    value = read(text)
    assert value is not None
    assert value.span.text == text.strip("()")
