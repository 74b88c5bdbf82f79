"""Which blocks are open, and which are closed boxes."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.graph.model import Elaborated, Scope, is_within
from archdsl.outputs.drawing.engine import CannotDraw

DEEPEST = 40
"""No drawing is readable that shows more blocks within each other."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A block is open if it is asked for by name, or if it is neither too deep nor of those to close."""

    depth: int | None = None
    closed: frozenset[str] = frozenset()
    """Blocks, by their definitions, that are closed wherever they stand."""
    shut: frozenset[int] = frozenset()
    """Identities of scopes that are closed."""
    plain: bool = False
    """Whether closed blocks say no more than their names and parameters."""
    bare: bool = False
    """Whether they say no more than their names, or where they have none, whose uses they are."""
    asked: frozenset[int] = frozenset()
    """Identities of scopes that are open whatever else is said."""

    def opens(self, scope: Scope, depth: int) -> bool:
        """Whether a scope is open that stands in `depth` others."""
        if id(scope) in self.asked:
            return True
        if id(scope) in self.shut or (scope.kind == "block" and scope.definition in self.closed):
            return False
        return depth < (DEEPEST if self.depth is None else self.depth)


def asked(graph: Elaborated, names: tuple[str, ...]) -> frozenset[int]:
    """The scopes that have one of the names or paths, and those around them; raises CannotDraw."""
    found: set[int] = set()
    for name in names:
        meant = [scope for scope in graph.scopes if name in (scope.path, scope.definition) and scope.parent]
        if not meant:
            raise _unknown(graph, name)
        paths = {scope.path for scope in meant}
        found.update(
            id(scope) for scope in graph.scopes if any(is_within(path, scope.path) for path in paths)
        )
    return frozenset(found)


def _unknown(graph: Elaborated, name: str) -> CannotDraw:
    from difflib import get_close_matches

    known = [
        each for scope in graph.scopes for each in (scope.definition, scope.path) if scope.parent and each
    ]
    names = list(dict.fromkeys(known))
    near = get_close_matches(name, names, n=1)
    remedy = f"did you mean `{near[0]}`?" if near else f"open one of {', '.join(names[:8])}"
    if not names:
        remedy = "leave out what is to be opened"
    return CannotDraw(f"{graph.name} has no block `{name}`", remedy)
