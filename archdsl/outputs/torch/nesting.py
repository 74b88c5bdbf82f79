"""The tree of uses: which scope applies what.

A shared module is applied by the scope that declares it and by no other, for a module that several hold
has several names in a checkpoint. Where a block within applies one, the scope around does it before the
block, or after it; a block that has work to do both before and after is written out in the scope around.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.outputs.torch.uses import Leaf, Part, Use

Owners = dict[int, Use]
"""For a part, by its id, that is a shared module of a scope further out: the use of that scope."""


def uses(graph: Elaborated) -> list[Use]:
    """Every scope in use, the net first, each before the scopes within it."""
    root, owners = _nest(graph)
    if owners:
        _handed_out(root, owners)
    found, places = _arrange(root)
    _pass_values(graph, root, found, places)
    return found


def _nest(graph: Elaborated) -> tuple[Use, Owners]:
    """The scopes and nodes as they stand in the spec, and which of them others own."""
    labels = {
        id(named.value): name.rpartition(".")[2]
        for name, named in graph.named.items()
        # a module that hands on what it gets does not name it
        if named.value.node.index >= named.start or named.start == named.end
    }
    root = Use(graph, graph.root, "", labels)
    stack, owners = [root], Owners()
    scopes = [scope for scope in graph.scopes[1:] if scope.end > scope.start]
    arriving = 0

    def put(part: Part, home: Scope | None) -> None:
        stack[-1].parts.append(part)
        if home is not stack[-1].scope:
            owners[id(part)], part.name = _owner(stack, home, part.name)

    for node in graph.nodes:
        while len(stack) > 1 and stack[-1].scope.end <= node.index:
            stack.pop()
        while arriving < len(scopes) and scopes[arriving].start <= node.index:
            scope = scopes[arriving]
            use = Use(graph, scope, scope.name, labels)
            put(use, scope.parent)
            stack.append(use)
            arriving += 1
        if node.op.name != "input":
            put(Leaf(node, node.op.torch(*node.open_shapes), node.name), node.scope)
    return root, owners


def _owner(stack: Sequence[Use], home: Scope | None, name: str) -> tuple[Use, str]:
    """The innermost use that stands around a module's home, and what it calls the module."""
    around = {id(use.scope): use for use in stack}
    while home is not None and id(home) not in around:
        name = f"{home.name}.{name}"
        home = home.parent
    return around[id(home)], name


def _handed_out(use: Use, owners: Owners) -> list[Part]:
    """Leave a use what is its own; what the scope around it has to apply, that use included."""
    parts: list[Part] = []
    for part in use.parts:
        parts += _handed_out(part, owners) if isinstance(part, Use) else [part]
    others = [part for part in parts if owners.get(id(part), use) is not use]
    own = [part for part in parts if owners.get(id(part), use) is use]
    use.parts = own
    if not others:
        return [use] if own else []
    made = set(_made(own))
    gives = any(value.node.index in made for value in use.scope.outputs.values())
    before: list[Part] = []
    after: list[Part] = []
    for part in others:
        if made.isdisjoint(_read([part])):
            before.append(part)
        else:
            after.append(part)
            made.update(_made([part]))
    if own and (gives or after) and set(_made(after)).isdisjoint(_read(own)):
        use.elsewhere.update(_made(others))
        return [*before, use, *after]
    for part in own:
        part.name = f"{use.name}.{part.name}"
    return parts


def _nodes(parts: Sequence[Part]) -> Iterator[Node]:
    for part in parts:
        if isinstance(part, Use):
            yield from _nodes(part.parts)
        else:
            yield part.node


def _made(parts: Sequence[Part]) -> Iterator[int]:
    """The nodes that are computed."""
    return (node.index for node in _nodes(parts))


def _read(parts: Sequence[Part]) -> Iterator[int]:
    """The nodes whose values are needed."""
    return (value.node.index for node in _nodes(parts) for value in node.inputs)


def _arrange(root: Use) -> tuple[list[Use], dict[int, Use]]:
    """Every use, each before those within it, and for each node the use that applies it."""
    found: list[Use] = []
    places: dict[int, Use] = {}
    waiting = [root]
    while waiting:
        use = waiting.pop()
        found.append(use)
        inner = [part for part in use.parts if isinstance(part, Use)]
        places.update((part.node.index, use) for part in use.parts if isinstance(part, Leaf))
        for each in inner:
            each.parent, each.depth = use, use.depth + 1
        waiting += reversed(inner)
    return found, places


def _pass_values(graph: Elaborated, root: Use, uses: list[Use], places: dict[int, Use]) -> None:
    """Note at every border which values cross it, outputs of a block that nobody reads among them."""
    for use in uses:
        for value in use.declared.values():
            _cross(value, places.get(value.node.index, root), use)
    for node in graph.nodes:
        for value in node.inputs:
            _cross(value, places.get(value.node.index, root), places[node.index])
    for results in (graph.outputs, graph.training_outputs):
        for value in results.values():
            _cross(value, places.get(value.node.index, root), root)
            root.given[id(value)] = value


def _cross(value: Value, maker: Use | None, taker: Use | None) -> None:
    while maker is not taker and maker is not None and taker is not None:
        upwards = maker.depth - taker.depth
        if upwards >= 0:
            maker.given[id(value)] = value
            maker = maker.parent
        if upwards <= 0:
            taker.wanted[id(value)] = value
            taker = taker.parent
