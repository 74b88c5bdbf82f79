"""What both kinds of tables share: their captions, the names of their lines, and their notes."""

from __future__ import annotations

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Node, Scope
from archdsl.outputs.table.paper.content import Content
from archdsl.outputs.table.paper.figures import Figure
from archdsl.outputs.table.paper.lines import Made, text_of
from archdsl.outputs.table.paper.words import sizes
from archdsl.syntax import tree

MARK = "†"


def caption(name: str, checked: Checked) -> str:
    """The net's name, and the first line of what the spec says of itself."""
    first = checked.graph.doc.strip().partition("\n")[0].strip()
    if not first or first.lower().startswith(name.lower()):
        return first or name
    return f"{name}: {first}"


def inputs(checked: Checked) -> str:
    """`input image (3 × 224 × 224)`."""
    named = (f"{name} ({sizes(written_shape(value))})" for name, value in checked.graph.inputs.items())
    return f"input {', '.join(named)}"


def name_of(made: Made, content: Content) -> str:
    """What a line is called: by its label, or as the only layer that it has."""
    label = made.line.cell(":")
    if label is not None:
        return text_of(label)
    labels = _labels(made.line.item)
    if len(labels) == 1:
        return labels[0]
    printed = content.printed(made.start, made.end)
    alone = len(printed) == 1 and printed[0].scope is container(made, content)
    return printed[0].name if alone and not printed[0].name.isdecimal() else ""


def container(made: Made, content: Content) -> Scope:
    """The module that a line stands in."""
    scope = content.nodes[made.start].scope
    while scope.parent is not None and made.start <= scope.start and scope.end <= made.end:
        scope = scope.parent
    return scope


def _labels(item: object) -> list[str]:
    """The labels in a chain, but for those within braces."""
    if isinstance(item, tree.Row):
        return [label for cell in item.cells for each in cell.items for label in _labels(each)]
    steps = item.steps if isinstance(item, tree.Chain) else (item,) if isinstance(item, tree.Step) else ()
    return [step.label.name for step in steps if step.label is not None]


def result(made: Made, content: Content) -> Node:
    """The node whose output a line gives: the last of a row, or the last that has words."""
    if made.line.cells:
        return content.nodes[made.end - 1]
    return next(iter(content.printed(made.start, made.end)[::-1]), content.nodes[made.end - 1])


class Notes:
    """Marks at what is computed otherwise than the source prints it, and what they mean."""

    def __init__(self) -> None:
        self._said: dict[str, list[str]] = {}

    def marked(self, figure: Figure, where: str) -> str:
        if not figure.said:
            return figure.text
        self._said.setdefault(where, []).append(figure.said)
        return figure.text + MARK

    def all(self) -> tuple[str, ...]:
        said = (
            f"{' and '.join(texts)} for {where}" if where else " and ".join(texts)
            for where, texts in self._said.items()
        )
        return (f"{MARK} The source prints {', '.join(said)}.",) if self._said else ()
