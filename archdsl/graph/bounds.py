"""How many layers a body makes at least, read from the text alone.

So a few lines that would make billions of layers are refused at once, not when memory is full.
Whatever depends on a condition, a loop or an argument counts nothing.
"""

from __future__ import annotations

from archdsl.diagnostics import Error
from archdsl.graph.build import MOST_NODES, too_large
from archdsl.graph.values import BlockDefinition, Env, NotationDefinition
from archdsl.ops import OPERATORS
from archdsl.source import Span
from archdsl.syntax import tree


class _Counter:
    def __init__(self, env: Env) -> None:
        self.names = env.names
        self.known: dict[str, int] = {}
        self.at: Span | None = None
        """The first place that makes too many."""

    def least(self, node: object) -> int:
        """The fewest layers that a line or an element makes."""
        match node:
            case tree.Name(name=name):
                return self._named(name)
            case tree.Call(function=tree.Name(name=name), body=body):
                return self._named(name) + (self.least(body) if name in OPERATORS else 0)
            case tree.Chain(steps=steps):
                return self._sum([step.value for step in steps])
            case tree.Body(items=items):
                return self._sum(items)
            case tree.Output(value=value):
                return self.least(value)
            case tree.Binary(operator="*", left=layer, right=tree.Number(value=count)):
                return self._checked(self.least(layer) * int(count), node.span)
            case tree.Binary(operator="*", left=tree.Number(value=count), right=layer):
                return self._checked(self.least(layer) * int(count), node.span)
            case _:
                return 0

    def _sum(self, parts: object) -> int:
        total = 0
        for part in parts:  # type: ignore[attr-defined]
            total = self._checked(total + self.least(part), part.span)
        return total

    def _checked(self, count: int, span: Span) -> int:
        if count > MOST_NODES and self.at is None:
            self.at = span
        return count

    def _named(self, name: str) -> int:
        if name in OPERATORS:
            return int(name != "identity")
        if name not in self.known:
            definition = self.names.get(name)
            self.known[name] = 0  # of a recursion, only the first round is sure
            if isinstance(definition, BlockDefinition):
                self.known[name] = self.least(definition.tree.body)
            elif isinstance(definition, NotationDefinition):
                self.known[name] = self.least(definition.tree.value)
        return self.known[name]


def bomb(net: tree.Net, env: Env) -> Error | None:
    """What is said of a net that surely has too many layers."""
    counter = _Counter(env)
    if counter.least(net.body) <= MOST_NODES:
        return None
    assert counter.at is not None
    return too_large(counter.at, None)
