"""How well two parts of different networks go together.

A part is known by its label first, by the block that it is a use of, and by its layers. Names that
are only numbers, or a kind and a number, say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from archdsl.graph.model import Node, Scope
from archdsl.graph.names import module_name
from archdsl.ops.contract import Op
from archdsl.outputs.fold import Chain, Group, Leaf, Part, Sibling, walk
from archdsl.weights.modules import spelling

Identity = Callable[[Sibling], int]
"""The same number for parts that are equal, whichever network they are of."""

SAME_LABEL = 2.5
SAME_BLOCK = 0.5
LIKE_ENOUGH = 0.5
"""Of blocks without a label or a definition in common, this share must agree; also of layers that
go together whatever stands around them."""
RENAMED = 0.75
"""The same share for blocks that have different labels; single layers must agree altogether."""


def label(part: Node | Scope) -> str:
    """The name that a person gave to a part; nothing for one that was named by kind and number."""
    kind = part.op.short if isinstance(part, Node) else module_name(part.definition)
    return "" if part.name.rstrip("0123456789") in ("", kind) else part.name


def head(part: Leaf | Chain) -> Node:
    """The layer that a chain is about."""
    if isinstance(part, Leaf):
        return part.node
    return next(leaf.node for leaf in part.leaves if leaf.node.op.family == "learned")


def core(part: Sibling) -> Leaf | Chain | None:
    """The chain or layer that a part is, or that a block is made for; None for a block of more."""
    inner: Part = part
    while isinstance(inner, Group) and len(inner.parts) == 1:
        inner = inner.parts[0]
    return inner if isinstance(inner, Leaf | Chain) else None


def label_of(part: Sibling) -> str:
    """The label of any part; of a chain, that of its weight layer."""
    return label(part.scope if isinstance(part, Group) else head(part))


class Likeness:
    """Scores for parts of two networks."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._known: dict[tuple[int, int], float] = {}
        self._bags: dict[int, tuple[Counter[object], Counter[object]]] = {}

    def score(self, old: Sibling, new: Sibling) -> float:
        """How well two parts go together that are not equal; 0 where they have nothing in common."""
        pair = self.identity(old), self.identity(new)
        if pair not in self._known:
            self._known[pair] = self._score(old, new)
        return self._known[pair]

    def firm(self, old: Sibling, new: Sibling) -> float:
        """The same, of parts of which much agrees."""
        score = self.score(old, new)
        return score if score >= LIKE_ENOUGH else 0.0

    def _score(self, old: Sibling, new: Sibling) -> float:
        labels, alike = (label_of(old), label_of(new)), self._alike(old, new)
        if all(labels) and spelling((labels[0],)) == spelling((labels[1],)):
            return SAME_LABEL + alike
        # a part with another label is another part, unless nearly all of it agrees
        return alike if not all(labels) or alike >= self._wanted(old, new) else 0.0

    def _wanted(self, old: Sibling, new: Sibling) -> float:
        return RENAMED if isinstance(old, Group) and isinstance(new, Group) else 1.0

    def _alike(self, old: Sibling, new: Sibling) -> float:
        """From 0 to 1, whatever the labels."""
        if isinstance(old, Group) and isinstance(new, Group):
            return self._blocks(old, new)
        here, there = core(old), core(new)
        if here is None or there is None:
            return 0.0
        return layers(head(here).op, head(there).op)

    def _blocks(self, old: Group, new: Group) -> float:
        bags = zip(self._bag(old), self._bag(new), strict=True)
        alike = sum(_overlap(mine, theirs) for mine, theirs in bags) / 2
        if old.scope.definition and old.scope.definition == new.scope.definition:
            return SAME_BLOCK + (1 - SAME_BLOCK) * alike
        return alike if alike >= LIKE_ENOUGH else 0.0

    def _bag(self, group: Group) -> tuple[Counter[object], Counter[object]]:
        """The weight layers of a block, or else all layers: as they are, and what they do in general."""
        known = self._bags.get(id(group))
        if known is None:
            ops = [node.op for node in walk(group)]
            ops = [op for op in ops if op.is_weight_layer] or ops
            known = self._bags[id(group)] = Counter(map(repr, ops)), Counter(map(_broadly, ops))
        return known


def layers(old: Op, new: Op) -> float:
    """How alike two layers are, from 0 for layers of different families to 1."""
    if old.name == new.name:
        same = [getattr(old, each.name) == getattr(new, each.name) for each in old.args]
        return 0.5 + 0.5 * (sum(same) / len(same) if same else 1)
    return 0.25 if old.family == new.family else 0.0


def _broadly(op: Op) -> object:
    """What a layer does, whatever its width and whether it has a bias."""
    return op.name, getattr(op, "kernel", None), getattr(op, "stride", None)


def _overlap(old: Counter[object], new: Counter[object]) -> float:
    both = sum((old & new).values())
    return 2 * both / max(sum(old.values()) + sum(new.values()), 1)
