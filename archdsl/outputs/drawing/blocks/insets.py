"""Blocks that are drawn closed several times, opened once beside the flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archdsl.check.model import Checked
from archdsl.graph.model import Scope, Value
from archdsl.outputs.drawing.blocks import closed, words
from archdsl.outputs.drawing.blocks.compose import Plan
from archdsl.outputs.drawing.blocks.opening import Opening
from archdsl.outputs.drawing.blocks.picture import Box, Frame, Picture, Skip, Text
from archdsl.outputs.drawing.blocks.wires import wires
from archdsl.outputs.fold import Group

MOST = 4
"""More insets beside one drawing are too many."""
MOST_SUMMANDS = 6

_KINDS: dict[Skip, str] = {
    "identity": "with an identity shortcut",
    "projection": "with a projection shortcut",
    "": "without a shortcut",
}


def insets(checked: Checked, shut: Sequence[Group], opening: Opening) -> list[Picture]:
    """For every block that is closed in several places: the first one opened, of each kind of shortcut.

    None of a kind that is open elsewhere, because that is asked for.
    """
    found: list[Picture] = []
    is_open = set(_asked(checked, opening))
    pending = list(shut)
    known: set[str] = set()
    several = True
    while pending:
        kinds: dict[str, dict[Skip, list[Group]]] = {}
        for group in pending:
            if group.scope.kind == "block" and group.scope.definition not in known:
                way, _ = closed.skip(checked.graph.nodes, group.scope)
                kinds.setdefault(group.scope.definition, {}).setdefault(way, []).append(group)
        pending = []
        for definition, variants in kinds.items():
            known.add(definition)
            if several and sum(map(len, variants.values())) < 2:
                continue
            for way, groups in variants.items():
                if (definition, way) in is_open:
                    continue
                kind = _KINDS[way] if len(variants) > 1 else ""
                picture, inner = _inset(checked, groups[0], opening, kind)
                found.append(picture)
                pending.extend(inner)
        several = False  # what is closed within an inset is told once too
    return found[:MOST]


def _asked(checked: Checked, opening: Opening) -> Iterator[tuple[str, Skip]]:
    """The blocks that are open by name, each with the kind of its shortcut."""
    for scope in checked.graph.scopes:
        if id(scope) in opening.asked:
            yield scope.definition, closed.skip(checked.graph.nodes, scope)[0]


def _inset(checked: Checked, group: Group, opening: Opening, kind: str) -> tuple[Picture, list[Group]]:
    """One block opened, with what enters and leaves it; and the blocks that are closed in it."""
    scope = group.scope
    inner = replace(opening, depth=None, closed=opening.closed - {scope.definition})
    plan = Plan(checked, inner)
    plan.place(group)
    for value in _entering(checked, scope):
        box = Box(plan.key(f"into {scope.path}"), "loose", (Text(words.size(value), "shape"),))
        plan.home[value.node.index] = box
        plan.add(box, plan.root, 0)
    ends = []
    for value in dict.fromkeys(scope.outputs.values()):
        told = (Text(words.size(value), "shape"), *_sum(closed.branches(checked.graph.nodes, scope)))
        box = Box(plan.key(f"out of {scope.path}"), "loose", told, training=value.node.training)
        plan.add(box, plan.root)
        ends.append((value, box))
    arrows = tuple(
        arrow._replace(text="") if "loose" in (arrow.tail.kind, arrow.head.kind) else arrow
        for arrow in wires(plan, ends)
    )
    name = ", ".join(filter(None, (scope.definition, kind)))
    facts = f"as in {scope.path}", words.parameters(checked, scope)
    title = words.about_scope(scope, checked.graph.nodes, checked)
    small = " · ".join(filter(None, facts))
    frame = Frame(f"inset {scope.path}", name, "", plan.finished(), title=title, small=small)
    return Picture(name, small, (frame,), arrows), plan.shut


def _sum(channels: Sequence[int]) -> Iterator[Text]:
    """`64 + 128 + 32 + 32 = 256`: the channels of the branches that a block joins."""
    if 1 < len(channels) <= MOST_SUMMANDS:
        yield Text(f"{' + '.join(map(str, channels))} = {sum(channels)}", "shape")


def _entering(checked: Checked, scope: Scope) -> list[Value]:
    """The values that a block reads from outside, each once."""
    found: dict[tuple[int, int], Value] = {}
    for node in checked.graph.nodes[scope.start : scope.end]:
        for value in node.inputs:
            if value.node.index < scope.start:
                found.setdefault((value.node.index, value.port), value)
    return list(found.values())
