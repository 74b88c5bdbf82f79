"""Expressions in lines of limited width, as ruff's formatter writes them."""

from __future__ import annotations

from archdsl.outputs.torch.code import Binary, Call, Either, Expr, Items, Name, Noted, Repeat, Subscript, flat

WIDTH = 100
STEP = "    "

_TALL = (Name("nn.Sequential"), Name("super().__init__"))
"""Calls with a line for each of their arguments."""


def layout(head: str, expr: Expr, tail: str = "", comment: str = "") -> list[str]:
    """`head` (with its indentation), the expression and `tail`, on one line if it fits.

    An nn.Sequential has a line for each of its modules, unless it is a short pair. A comment that finds
    no room beside its expression is left out.
    """
    if isinstance(expr, Noted):
        return layout(head, expr.value, tail, expr.comment)
    text = head + flat(expr) + tail
    if len(text) <= WIDTH and not _stands_tall(expr):
        return [remark(text, comment)]
    indent = head[: len(head) - len(head.lstrip())]
    match expr:
        case Call(function, args, kwargs) if args or kwargs:
            opening, closing = f"{flat(function)}(", ")"
            parts = [("", each) for each in args] + [(f"{name}=", value) for name, value in kwargs]
            body = _listed(indent + STEP, parts, "", function in _TALL)
        case Items(items, brackets) if items:
            opening, closing = brackets[0], brackets[1]
            body = _listed(indent + STEP, [("", each) for each in items], ",", True)
        case Subscript(value, index):
            opening, closing = f"{flat(value)}[", "]"
            body = _listed(indent + STEP, [("", each) for each in index], "")
        case Repeat(item, count):
            opening, closing = "*[", "]"
            body = _joined(indent + STEP, [("", item), ("for _ in ", Call(Name("range"), (count,)))])
        case Binary(operator):
            opening, closing = "(", ")"
            first, *others = _operands(expr, operator)
            body = _joined(indent + STEP, [("", first), *((f"{operator} ", each) for each in others)])
        case Either(condition, yes, no):
            opening, closing = "(", ")"
            body = _joined(indent + STEP, [("", yes), ("if ", condition), ("else ", no)])
        case _:
            return [remark(text, comment)]
    return [f"{head}{opening}", *body, remark(f"{indent}{closing}{tail}", comment)]


def remark(line: str, comment: str) -> str:
    """A line with a comment behind it, if there is one and it has room."""
    noted = f"{line}  # {comment}"
    return noted if comment and len(noted) <= WIDTH else line


def _stands_tall(expr: Expr) -> bool:
    """Whether the expression takes several lines even if it would fit on one."""
    match expr:
        case Noted(value):
            return _stands_tall(value)
        case Call(function, args) if function in _TALL and len(args) > 2:
            return True
        case Call(_, args, kwargs):
            return any(map(_stands_tall, args)) or any(_stands_tall(value) for _, value in kwargs)
        case Items(items):
            entries = sum(isinstance(item, Items) for item in items)
            return entries > 2 or any(map(_stands_tall, items))
        case Repeat(item):
            return _stands_tall(item)
        case Either(_, yes, no):
            return _stands_tall(yes) or _stands_tall(no)
    return False


def _listed(indent: str, parts: list[tuple[str, Expr]], alone: str, tall: bool = False) -> list[str]:
    """What stands between brackets: on one line if it fits, else each part on its own with a comma.

    `alone` is what follows a part that has no neighbour; `tall` asks for lines of their own.
    """
    one_line = indent + ", ".join(name + flat(part) for name, part in parts)
    sole = len(parts) == 1
    apart = (tall and not sole) or any(_stands_tall(part) or isinstance(part, Noted) for _, part in parts)
    if len(one_line) <= WIDTH and not apart:
        return [one_line]
    tail = alone if sole else ","
    return [line for name, part in parts for line in layout(indent + name, part, tail)]


def _joined(indent: str, parts: list[tuple[str, Expr]]) -> list[str]:
    """Parts with words between them: on one line if they fit, else each on its own."""
    one_line = indent + " ".join(word + flat(part) for word, part in parts)
    if len(one_line) <= WIDTH and not any(_stands_tall(part) for _, part in parts):
        return [one_line]
    return [line for word, part in parts for line in layout(indent + word, part)]


def _operands(expr: Expr, operator: str) -> list[Expr]:
    """The operands of `a + b + c`."""
    found: list[Expr] = []
    while isinstance(expr, Binary) and expr.operator == operator:
        found.append(expr.right)
        expr = expr.left
    return [expr, *reversed(found)]
