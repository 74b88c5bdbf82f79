"""What is another thing now about two layers that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archdsl.graph.model import Node, Value
from archdsl.ops.contract import Window
from archdsl.outputs.diff.likeness import label
from archdsl.outputs.diff.model import Fact
from archdsl.outputs.diff.pairing import Pairing
from archdsl.outputs.diff.words import listed, operator
from archdsl.outputs.fold import walk
from archdsl.outputs.written import written
from archdsl.sizes import axis_name, show

WINDOW = frozenset(("kernel", "stride", "padding", "dilation", "ceil"))
"""Arguments that say how a layer moves over its input; the same can be said in several ways."""

MOST_SOURCES = 8
"""Of a layer without a counterpart, so many of the layers that it reads from are followed."""

Sources = frozenset[tuple[int, int]]
"""Outputs of layers that have counterparts: the index in the new network, and the port."""


class Facts:
    """What differs between layers of two networks."""

    def __init__(self, pairing: Pairing) -> None:
        self.twin = pairing.twin
        self.nodes = pairing.old.nodes
        # that something was moved is told of it alone, and not of what stands around it
        moved = {node.index for here, _ in pairing.moved for node in walk(here)}
        stayed = {index: node for index, node in pairing.twin.items() if index not in moved}
        self.before = _Origins(pairing.old.nodes, stayed)
        self.now = _Origins(pairing.new.nodes, {node.index: node for node in stayed.values()})

    def all(self) -> dict[int, tuple[Fact, ...]]:
        """What differs of each layer that has a counterpart, by its index in the old network.

        Layers of which nothing differs are left out, and so are inputs.
        """
        nodes = (node for node in self.nodes if node.index in self.twin and node.op.name != "input")
        pairs = ((node, self.twin[node.index]) for node in nodes)
        found = ((old.index, tuple(self.of(old, new))) for old, new in pairs)
        return {index: facts for index, facts in found if facts}

    def of(self, old: Node, new: Node) -> Iterator[Fact]:
        """What differs of two layers."""
        if old.name != new.name and (label(old) or label(new)):
            yield Fact("name", old.name, new.name, f"`{old.name}` is now `{new.name}`")
        arguments = list(_arguments(old, new))
        yield from arguments
        yield from self._reads(old, new)
        if (old.first is None) != (new.first is None):
            yield _shares(old, new)
        if old.training != new.training:
            was, now = ("in training alone" if each.training else "always" for each in (old, new))
            yield Fact("used", was, now, f"used {was} → {now}")
        if not arguments:
            yield from _weights(old, new)

    def _reads(self, old: Node, new: Node) -> Iterator[Fact]:
        """Inputs that come from somewhere else; what was put between, or taken out, is not that."""
        if len(old.inputs) == len(new.inputs) and all(
            self.twin.get(mine.node.index) is theirs.node and mine.port == theirs.port
            for mine, theirs in zip(old.inputs, new.inputs, strict=True)
        ):
            return
        before, now = list(map(self.before, old.inputs)), list(map(self.now, new.inputs))
        lost = [value for value, each in zip(old.inputs, before, strict=True) if _is_new(each, now)]
        gained = [value for value, each in zip(new.inputs, now, strict=True) if _is_new(each, before)]
        if lost or gained:
            was, is_ = _paths(lost), _paths(gained)
            text = f"reads `{was}` → `{is_}`" if lost and gained else f"no longer reads `{was}`"
            yield Fact("reads", was, is_, text if lost else f"also reads `{is_}`")
        elif len(old.inputs) != len(new.inputs):
            was, is_ = str(len(old.inputs)), str(len(new.inputs))
            yield Fact("inputs", was, is_, f"{was} → {is_} inputs")


class _Origins:
    """Where values come from, through layers without a counterpart."""

    def __init__(self, nodes: Sequence[Node], counterparts: Mapping[int, Node]) -> None:
        self.counterparts = counterparts
        self.known: dict[int, Sources] = {}
        for node in nodes:
            if node.index not in counterparts:
                every = sorted({source for value in node.inputs for source in self(value)})
                self.known[node.index] = frozenset(every[-MOST_SOURCES:])

    def __call__(self, value: Value) -> Sources:
        other = self.counterparts.get(value.node.index)
        return self.known[value.node.index] if other is None else frozenset([(other.index, value.port)])


def _is_new(sources: Sources, others: Sequence[Sources]) -> bool:
    return bool(sources) and all(map(sources.isdisjoint, others))


def _paths(values: Sequence[Value]) -> str:
    return listed(dict.fromkeys(value.node.path for value in values)) if values else ""


def _shares(old: Node, new: Node) -> Fact:
    if new.first is not None:
        return Fact("shared", "", new.first.path, f"now shared with `{new.first.path}`")
    assert old.first is not None
    return Fact("shared", old.first.path, "", f"no longer shared with `{old.first.path}`")


# -- arguments ------------------------------------------------------------------------------------


def _arguments(old: Node, new: Node) -> Iterator[Fact]:
    """The operator, or arguments of it."""
    if old.op is new.op:
        return
    if old.op.name != new.op.name:
        was, now = operator(old), operator(new)
        yield Fact("layer", was, now, f"`{was}` → `{now}`")
        return
    differ = [each.name for each in new.op.args if getattr(old.op, each.name) != getattr(new.op, each.name)]
    if not WINDOW.isdisjoint(differ):
        windows = old.op.window(*old.shapes), new.op.window(*new.shapes)
        if windows[0] and windows[1]:
            yield from _windows(new.op.name, windows[0], windows[1], differ)
            differ = [name for name in differ if name not in WINDOW]
        elif operator(old) != operator(new):
            was, now = operator(old), operator(new)
            yield Fact("window", was, now, f"`{was}` → `{now}`")
            differ = [name for name in differ if name not in (*WINDOW, "size")]
    for name in differ:
        was, now = (written(getattr(each.op, name)) for each in (old, new))
        text = f"{name} {was} → {now}"
        if name == "out":
            text = f"{was} → {now} {axis_name(0, len(new.outputs[0].shape or ()))}"
        yield Fact(name, was, now, text)


def _windows(
    name: str, old: tuple[Window, ...], new: tuple[Window, ...], differ: Sequence[str]
) -> Iterator[Fact]:
    """What is another thing about how a layer moves over its input, and is written otherwise."""
    for what in ("kernel", "stride", "padding", "dilation", "ceil"):
        was, now = ([_part(each, what) for each in windows] for windows in (old, new))
        if was == now or what not in differ:
            continue
        if what == "kernel":
            before, after = "x".join(was), "x".join(now)
            yield Fact(what, before, after, f"{name}{before} → {name}{after}")
        else:
            before, after = (each[0] if len(set(each)) == 1 else "x".join(each) for each in (was, now))
            yield Fact(what, before, after, f"{what} {before} → {after}")


def _part(window: Window, what: str) -> str:
    if what == "padding":
        sides = window.before, window.after
        return str(sides[0]) if sides[0] == sides[1] else f"[{sides[0]}, {sides[1]}]"
    return written(getattr(window, what))


# -- weights --------------------------------------------------------------------------------------


def _weights(old: Node, new: Node) -> Iterator[Fact]:
    """Weights of other shapes though the layer is written as before: what it reads is wider, or narrower.

    Of norms, which are as wide as what they read in any case, this is no news.
    """
    if new.op.family == "norm":
        return
    before, now = old.op.weights(*old.shapes), new.op.weights(*new.shapes)
    shapes = ((show(a.shape), show(b.shape)) for a, b in zip(before, now, strict=False) if a.shape != b.shape)
    was, is_ = next(shapes, ("", ""))
    if not was:
        return
    a, b = old.shapes[0], new.shapes[0]
    text = f"weights {was} → {is_}"
    if len(a) == len(b) and a[0] != b[0]:
        text = f"reads {a[0]} → {b[0]} {axis_name(0, len(b))}"
    yield Fact("weight", was, is_, text)
