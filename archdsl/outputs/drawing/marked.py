"""What is drawn of two networks at once: one graph with the layers of both, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.outputs.fold import sizes

Mark = Literal["", "same", "added", "removed", "changed"]
"""Empty where nothing is compared."""

SIGNS: dict[Mark, str] = {"added": "+ ", "removed": "– ", "changed": "~ "}
"""What stands before the text of a marked layer, for those who see no colours."""


class Note(NamedTuple):
    """What became of a layer, an input or an output, and if it is another one now, what it was."""

    mark: Mark
    was: str = ""
    """`was 3x3 conv, 16`, or where its text is the same, what else is: `padding 0 to 1`."""


@dataclass(frozen=True)
class Marked:
    """The graph of a comparison. Its order is that of the new network; a gone layer may be read by none."""

    graph: Elaborated
    notes: Mapping[int, Note]
    """By index, for every layer that is not the same."""
    gone: tuple[tuple[Value, int], ...]
    """What gone layers gave, and the index of a layer that read it."""
    ends: Mapping[str, Note]
    """What became of the outputs, by name, of those that are not what they were."""
    title: str
    description: str
    caption: str = ""
    """What is compared, as a reader is told beside the picture: `old → new`, and if nothing differs, that."""

    def facts(self, part: Node | Scope) -> object:
        """What must agree where parts fold: their sizes, and what became of them."""
        return sizes(part), self.notes.get(part.index) if isinstance(part, Node) else None
