"""What the rules of advice look at: one network, with who reads what, and what was said already.

A rule is a function of a layer and of the `Look`; `@on` says at which operators it is asked, and
`@whole` of rules that are asked once a network. A rule that finds something calls `Look.say`. Rules
never fail and never change what they see. Each looks a bounded number of layers around, so that
all of them together take time that is linear in the layers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any, NamedTuple

from archdsl.check.advice.allow import Silenced
from archdsl.check.model import Checked, Layer
from archdsl.diagnostics import Advice
from archdsl.graph.model import Node
from archdsl.graph.remedies import rewritten, written
from archdsl.sizes import Shape
from archdsl.source import Span

Rule = Callable[["Look", Node], None]
Condition = Callable[[Any, Shape], bool]
"""Of an operator and the shape it reads: whether the rule can have anything to say there."""

NetRule = Callable[["Look"], None]

Fields = Callable[[], dict[str, Any]]
"""Gives the fields of an advice; called only where it is said for the first time."""

RULES: dict[str, list[tuple[Rule, Condition | None]]] = {}
"""The rules by the name of the operator at which they are asked."""

NET_RULES: list[NetRule] = []

FARTHEST = 12
"""How many layers a rule walks to find what it is about."""

CHANNELWISE = frozenset(
    "identity dropout batchnorm lrn relu relu6 leaky_relu prelu elu selu gelu silu sigmoid tanh hardswish "
    "hardsigmoid softplus mish maxpool avgpool".split()
)
"""What keeps channels apart: each channel given depends on the same one alone (or hardly on others)."""


def on(*operators: str, when: Condition | None = None) -> Callable[[Rule], Rule]:
    """Ask this rule at each layer of these operators, where `when` holds."""

    def register(rule: Rule) -> Rule:
        for name in operators:
            RULES.setdefault(name, []).append((rule, when))
        return rule

    return register


def whole(rule: NetRule) -> NetRule:
    """Ask this rule once for each network."""
    NET_RULES.append(rule)
    return rule


class Place(NamedTuple):
    """Where something is said: one kind at one stretch of the text, whatever is made from it."""

    code: str
    span: Span


class Said:
    """What was said of the networks of one file: each kind once for a line, with how often it is so."""

    def __init__(self, silenced: Silenced) -> None:
        self.silenced = silenced
        self.first: dict[Place, Advice] = {}
        self.networks: dict[Place, list[str]] = {}
        self.copies: dict[Place, list[int]] = {}
        """How often it is so in the first network: a list of one number, which goes on counting."""

    def of_text(self, kind: type[Advice], span: Span, fields: dict[str, Any]) -> None:
        """Say something of the text itself, whatever is made from it."""
        place = Place(kind.code, span)
        if place not in self.first and not self.silenced.at(kind.code, span):
            self.first[place] = kind(**{"at": span, **fields})
            self.copies[place] = [1]
            self.networks[place] = []

    def advice(self, several: bool) -> Iterator[Advice]:
        """Everything that was said; where there are several networks, with those of which it is true."""
        for place, each in self.first.items():
            (copies,), networks = self.copies[place], tuple(self.networks[place]) * several
            notes = list(each.notes)
            if copies > 1:
                notes.append(f"so in {copies:,} layers that this line makes; shown is the first")
            if networks:
                notes.append(f"in {_listed(networks)}")
            fields = {"notes": tuple(notes), "copies": copies, "networks": networks}
            yield type(each)(**{**vars(each), **fields})


def _listed(networks: tuple[str, ...]) -> str:
    """`VGG.A, VGG.B, VGG.C, VGG.D and 2 more networks`."""
    more = len(networks) - 4
    others = f" and {more} more network{'s' * (more > 1)}" if more > 0 else ""
    return ", ".join(networks[:4]) + others


class Look:
    """One network as the rules see it."""

    def __init__(self, checked: Checked, said: Said) -> None:
        self.checked = checked
        self.graph = checked.graph
        self.nodes = checked.graph.nodes
        self.layers = checked.layers
        self.said = said
        self.kept: dict[str, Any] = {}
        """What rules have found out that more than one asks for."""
        self._here: dict[Place, list[int]] = {}
        self._counts: dict[tuple[type[Advice], int], list[int]] = {}
        """By kind and the identity of what was written: how often it was said."""
        self._only: list[Node | None] = []
        """By node: the one layer that reads it; None where that is not so."""
        self._readers: list[int] = []
        self._count_readers()

    def _count_readers(self) -> None:
        readers = self._readers = [0] * len(self.nodes)
        only: list[Node | None] = [None] * len(self.nodes)
        for node in self.nodes:
            for value in node.inputs:
                index = value.node.index
                readers[index] += 1
                only[index] = node if readers[index] == 1 else None
        for outputs in (self.graph.outputs, self.graph.training_outputs):
            for value in outputs.values():
                readers[value.node.index] += 1
                only[value.node.index] = None
        self._only = only

    # -- around a layer ---------------------------------------------------------------------------

    def layer(self, node: Node) -> Layer:
        return self.layers[node.index]

    def readers(self, node: Node) -> int:
        """How often what a layer gives is used; being an output of the net is a use."""
        return self._readers[node.index]

    def after(self, node: Node) -> Node | None:
        """The one layer that reads what a layer gives; None where there are several, or it is an output."""
        return self._only[node.index] if len(node.outputs) == 1 else None

    def before(self, node: Node) -> Node | None:
        """The layer that gave a layer its one input, if nothing else reads that."""
        if len(node.inputs) != 1:
            return None
        maker = node.inputs[0].node
        return maker if self._only[maker.index] is node and len(maker.outputs) == 1 else None

    def back(self, node: Node, through: Collection[str]) -> Node | None:
        """The first layer before this one that is none of these operators, on a way without branches."""
        found = self.before(node)
        for _ in range(FARTHEST):
            if found is None or found.op.name not in through:
                return found
            found = self.before(found)
        return None

    def on(self, node: Node, through: Collection[str]) -> Node | None:
        """The first layer behind this one that is none of these operators, on a way without branches."""
        found = self.after(node)
        for _ in range(FARTHEST):
            if found is None or found.op.name not in through:
                return found
            found = self.after(found)
        return None

    # -- saying -----------------------------------------------------------------------------------

    def say(self, kind: type[Advice], node: Node, fields: Fields) -> None:
        """Say something of a layer; of copies of it the first, and how many there are."""
        if self.said.silenced.anything and self.said.silenced(kind.code, node):
            return
        key = (kind, id(node.site))
        count = self._counts.get(key)
        if count is None:
            build = partial(_layer, kind, node, fields)
            count = self._counts[key] = self._count(Place(kind.code, node.span), build)
        count[0] += 1

    def say_at(self, kind: type[Advice], span: Span, fields: Fields) -> None:
        """Say something of a place in the text."""
        if not self.said.silenced.at(kind.code, span):
            self._count(Place(kind.code, span), lambda: kind(at=span, **fields()))[0] += 1

    def _count(self, place: Place, build: Callable[[], Advice]) -> list[int]:
        """The number of times that something is so at a place; it is put into words the first time."""
        if place not in self._here:
            self._here[place] = [0]
            if place not in self.said.first:
                self.said.first[place] = build()
                self.said.copies[place] = self._here[place]
            self.said.networks.setdefault(place, []).append(self.checked.name)
        return self._here[place]


def _layer(kind: type[Advice], node: Node, fields: Fields) -> Advice:
    return kind(at=node.span, trace=node.trace, **fields())


# --- what rules share ----------------------------------------------------------------------------------


def numbers(count: int) -> str:
    """`1,024 numbers`."""
    return f"{count:,} number{'' if count == 1 else 's'}"


def share(part: int, all_of_it: int) -> str:
    """`74 %`; never 100 % of what is not all."""
    percent = min(round(100 * part / all_of_it), 99 if part < all_of_it else 100)
    return f"{percent} %"


def literal(node: Node, name: str) -> bool:
    """Whether an argument is written as the number that it is."""
    span = written(node.site, node.op, name)
    return span is not None and span.text == str(getattr(node.op, name))


def pasted(node: Node, **values: object) -> tuple[str, ...]:
    """The call with other arguments, if it is written so plainly that it can be given; else nothing.

    What is written as anything but a number is a parameter's matter, and is left alone.
    """
    for name, value in values.items():
        span = written(node.site, node.op, name)
        plain = span is None or isinstance(value, str) or literal(node, name)
        if not plain:
            return ()
    text = rewritten(node.site, node.op, values)
    return (f"`{text}`",) if text else ()
