"""From a network to a picture of it: what gets a box, what gets a frame.

Each layer is in exactly one box, or left out on purpose: an identity is only a line, and of what
repeats the first time stands for all. A weight layer shares its box with the norm and activation
around it. A block is a frame, or a single box once it is closed.
"""

from __future__ import annotations

from dataclasses import replace

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Node, Scope
from archdsl.outputs.drawing.blocks import closed, compared, words
from archdsl.outputs.drawing.blocks.opening import Opening
from archdsl.outputs.drawing.blocks.picture import Box, Frame, Picture, Text, sizes
from archdsl.outputs.drawing.blocks.placing.parallel import gathered
from archdsl.outputs.drawing.blocks.wires import End, wires
from archdsl.outputs.drawing.faults import Faulty, Role
from archdsl.outputs.drawing.marked import SIGNS as MARKS
from archdsl.outputs.drawing.marked import Mark, Marked, Note
from archdsl.outputs.fold import Group, Part, Repeat, folded, walk
from archdsl.outputs.fold import sizes as all_sizes

SIGNS = {"add": "+", "mul": "×"}
"""Merges that are a sign in a circle; others are a bar with their name."""


def compose(checked: Checked, opening: Opening | int | None = None) -> Picture:
    """The picture of a network, its blocks open to a depth, or as an opening says."""
    return composed(checked, opening)


def compose_marked(shown: Marked, opening: Opening | int | None = None) -> Picture:
    """The picture of a comparison: both networks in one, and what became of each layer."""
    return composed(shown, opening)


def compose_faulty(shown: Faulty, opening: Opening | int | None = None) -> Picture:
    """The picture of a network that is wrong, open where it is."""
    return composed(shown, opening)


def composed(shown: Checked | Marked | Faulty, opening: Opening | int | None = None) -> Picture:
    """The picture of whichever it is."""
    return described(shown, planned(shown, opening))


def described(shown: Checked | Marked | Faulty, plan: Plan) -> Picture:
    """The picture of a plan, with its arrows, and what stands beside each other alike as one."""
    return gathered(_described(shown, plan))


def _described(shown: Checked | Marked | Faulty, plan: Plan) -> Picture:
    if isinstance(shown, Marked):
        arrows = tuple(wires(plan, _ends(plan), shown.gone))
        title, description, caption = shown.title, shown.description, shown.caption
        return Picture(title, description, plan.finished(), arrows, compares=True, caption=caption)
    arrows = tuple(wires(plan, _ends(plan)))  # before the parts, for it adds the forks
    if isinstance(shown, Faulty):
        return Picture(shown.graph.name, shown.description, plan.finished(), arrows, remarks=shown.remarks)
    return Picture(shown.name, _description(shown), plan.finished(), arrows)


def planned(
    shown: Checked | Marked | Faulty, opening: Opening | int | None = None, net: Group | None = None
) -> Plan:
    """Every part of a network in its box or frame, before there are arrows; `net` is its tree, if known."""
    if not isinstance(opening, Opening):
        opening = Opening(depth=opening)
    if isinstance(shown, Faulty):
        opening = replace(opening, asked=opening.asked | shown.around())
    plan = Plan(shown, opening)
    plan.place(net or tree(shown))
    return plan


def tree(shown: Checked | Marked | Faulty) -> Group:
    """The network as a tree, folded as a drawing folds it."""
    if isinstance(shown, Faulty):
        return folded(shown.graph, lambda part: (_facts(part), shown.facts(part)))
    return folded(shown.graph, shown.facts if isinstance(shown, Marked) else _facts)


def _facts(part: Node | Scope) -> object:
    """What must agree where parts fold: within a block not the channels, which may grow as it repeats."""
    if isinstance(part, Scope) or part.scope.kind != "block":
        return all_sizes(part)
    values = (*part.inputs, *part.outputs)
    return tuple((value.shape or ())[1:] for value in values)


def _description(checked: Checked) -> str:
    graph, metrics = checked.graph, checked.metrics
    inputs, outputs = (
        ", ".join(f"{name or 'output'} {sizes(written_shape(value))}" for name, value in values.items())
        for values in (graph.inputs, graph.outputs)
    )
    return (
        f"{checked.name}, from {inputs} to {outputs}: {metrics.weight_layers:,} weight layers, "
        f"{metrics.params:,} parameters, {metrics.macs:,} multiply-accumulates."
    )


class Draft:
    """A frame whose parts are still being collected."""

    def __init__(self, group: Group | None, times: int, outer: Draft | None) -> None:
        self.group = group
        self.times = times
        self.outer = outer
        self.parts: list[Box | Draft] = []
        scoped = group is not None
        self.depth: int = outer.depth + scoped if outer else 0
        if outer is not None:
            outer.parts.append(self)

    def path(self) -> list[Draft]:
        """The frames around, from the outermost to this one."""
        path: list[Draft] = []
        draft: Draft | None = self
        while draft is not None:
            path.append(draft)
            draft = draft.outer
        return path[::-1]


class Plan:
    """Boxes and frames as they are found, and in which of them each layer is."""

    def __init__(self, shown: Checked | Marked | Faulty, opening: Opening | None = None) -> None:
        self.graph = shown.graph
        self.notes = shown.notes if isinstance(shown, Marked) else None
        self.ends = shown.ends if isinstance(shown, Marked) else {}
        self.faulty = shown if isinstance(shown, Faulty) else None
        self.checked: Checked | None = shown if isinstance(shown, Checked) else None
        if isinstance(shown, Faulty):
            self.checked = shown.checked
        self.opening = opening or Opening()
        count = len(self.graph.nodes)
        self.first = list(range(count))
        """For a layer that is not drawn because it repeats: the one a time or more before it."""
        self.home: list[Box | None] = [None] * count
        """The box of each layer that is drawn."""
        self.shut: list[Group] = []
        """The closed blocks, in order."""
        self.root = Draft(None, 1, None)
        self.drafts = [self.root]
        self.around: dict[Box, Draft] = {}
        self._keys: dict[str, int] = {}
        self._units = compared.units(self.graph.scopes, self._fate)

    def key(self, path: str) -> str:
        """A key of its own for each use of a path: a shared layer is drawn wherever it is used."""
        count = self._keys[path] = self._keys.get(path, 0) + 1
        return path if count == 1 else f"{path} ({count})"

    def add(self, box: Box, into: Draft, at: int | None = None) -> None:
        """Put a box into a frame, behind what is there or at a place."""
        into.parts.insert(len(into.parts) if at is None else at, box)
        self.around[box] = into

    # -- from the tree to drafts ------------------------------------------------------------------

    def place(self, net: Group) -> None:
        """Give every part of the net its box or its frame."""
        pending: list[tuple[Part, int, Draft]] = [(part, 1, self.root) for part in reversed(net.parts)]
        while pending:
            part, times, into = pending.pop()
            if isinstance(part, Repeat):
                self._fold(part)
                if len(part.parts) == 1:
                    pending.append((part.parts[0], part.times, into))
                    continue
                inner = self._draft(None, part.times, into)
            elif isinstance(part, Group) and (_is_single(part) or self.opening.opens(part.scope, into.depth)):
                inner = self._draft(part, times, into)
            else:
                self._box(part, times, into)
                continue
            pending.extend((each, 1, inner) for each in reversed(part.parts))

    def _draft(self, group: Group | None, times: int, into: Draft) -> Draft:
        draft = Draft(group, times, into)
        self.drafts.append(draft)
        return draft

    def _fold(self, repeat: Repeat) -> None:
        start, stride = repeat.start, repeat.stride
        for index in range(start + stride, repeat.end):
            self.first[index] = start + (index - start) % stride

    def _box(self, part: Part, times: int, into: Draft) -> None:
        """The box of a layer, a chain or a closed block; an identity has none."""
        nodes = list(walk(part))
        head = nodes[0]
        if len(nodes) == 1 and head.op.name == "identity":
            return
        training = all(node.training for node in nodes)
        mark = compared.common(self._note(node).mark for node in nodes)
        title = words.about_layers(nodes, self.checked)
        if isinstance(part, Group):
            box = self._closed(part, times, training, mark)
        elif head.op.family == "merge" and len(head.inputs) > 1:
            sign = SIGNS.get(head.op.name)
            line = Text(sign or head.op.name, "merge", mark)
            kind = "sign" if sign else "bar"
            box = Box(self.key(head.path), kind, (line,), times, training, mark, title)  # type: ignore[arg-type]
        elif head.op.family == "source" and head.index in self._inputs():
            ends = compared.ending(head.name, words.size(head.outputs[0]), self._note(head))
            box = Box(self.key(head.path), "end", ends, mark=mark, title=title)
        else:
            lines = tuple(map(self._line, nodes))
            box = Box(self.key(head.path), "layers", lines, times, training, mark, title)
        if self.faulty is not None:
            box = replace(box, role=self.faulty.role(nodes), note=self.faulty.note(nodes))
        self.home[part.start : part.end] = [box] * (part.end - part.start)
        self.add(box, into)

    def _note(self, node: Node) -> Note:
        """What became of a layer; nothing where nothing is compared."""
        return Note("") if self.notes is None else self.notes.get(node.index, Note("same"))

    def is_gone(self, node: Node) -> bool:
        """Whether only the old one of two networks that are compared has a layer."""
        return self._note(node).mark == "removed"

    def _fate(self, scope: Scope) -> Mark:
        """What became of a block."""
        if self.notes is None:
            return ""
        return compared.common(self._note(node).mark for node in self.graph.nodes[scope.start : scope.end])

    def _line(self, node: Node) -> Text:
        return compared.layer(node, self._note(node))

    def _closed(self, group: Group, times: int, training: bool, mark: Mark) -> Box:
        """The box of a closed block: its name, what is in it, and its parameters."""
        self.shut.append(group)
        scope, nodes = group.scope, self.graph.nodes
        plain = self.opening.plain
        bars = () if plain else closed.branches(nodes, scope)
        skip, on_skip = closed.skip(nodes, scope)
        bare = self.opening.bare
        own, block = words.name_and_block(scope)
        called = own or block if bare else " ".join(filter(None, (own, block)))
        name = Text(f"{MARKS.get(mark, '')}{called}", "block", mark)
        return Box(
            self.key(scope.path),
            "layers",
            (name, *(() if plain else self._contents(group, on_skip, bool(bars), mark))),
            times,
            training,
            mark,
            words.about_scope(scope, nodes, self.checked),
            "" if bare else words.parameters(self.checked, scope, times),
            bars,
            skip,
            resolution="" if plain else words.resolution(nodes, scope),
        )

    def _contents(self, group: Group, on_skip: frozenset[int], told: bool, mark: Mark) -> tuple[Text, ...]:
        """What is in a closed block: blocks of one kind, or few weight layers; where it changed, how."""
        units = self._units.get(id(group.scope), "")
        kinds = (Text(units, "learned", mark),) if units else ()
        if mark == "changed":
            return *kinds, *compared.changes(group, self._note)
        if units:
            return kinds
        if told and self.notes is None:
            return ()
        weighty = [node for node in self.graph.nodes[group.start : group.end] if node.op.is_weight_layer]
        lines = [self._line(node) for node in weighty if node.index not in on_skip]
        if len(lines) > closed.MOST_LINES:
            lines = closed.counted(lines)
        if len(lines) <= closed.MOST_LINES:
            return tuple(lines)
        return (Text(f"{len(weighty)} weight layers", "learned", mark),)

    def _inputs(self) -> set[int]:
        return {value.node.index for value in self.graph.inputs.values()}

    # -- from drafts to frames --------------------------------------------------------------------

    def finished(self) -> tuple[Box | Frame, ...]:
        """The parts of the picture; inner frames are made before those around them."""
        made: dict[Draft, list[Box | Frame]] = {}
        for draft in reversed(self.drafts):
            parts: list[Box | Frame] = []
            for part in draft.parts:
                parts += [part] if isinstance(part, Box) else made.pop(part)
            made[draft] = self._framed(draft, parts)
        return tuple(made[self.root])

    def _framed(self, draft: Draft, parts: list[Box | Frame]) -> list[Box | Frame]:
        """A frame around the parts; none around nothing, around one box of layers, or around the net."""
        if not parts or draft.outer is None:
            return parts
        only = parts[0] if len(parts) == 1 and draft.times == 1 else None
        if isinstance(only, Box) and not only.is_block:
            return parts
        training = all(part.training for part in parts)
        known = (part for part in parts if not isinstance(part, Box) or part.kind != "fork")
        mark = compared.common(part.mark for part in known)
        if draft.group is None:
            return [Frame(self.key("repeat"), "", "", tuple(parts), draft.times, training, mark)]
        scope = draft.group.scope
        name, block = words.name_and_block(scope)
        facts = self._units.get(id(scope), ""), words.parameters(self.checked, scope, draft.times)
        small = " · ".join(filter(None, facts))
        title = words.about_scope(scope, self.graph.nodes, self.checked)
        return [
            Frame(
                self.key(scope.path),
                name,
                block,
                tuple(parts),
                draft.times,
                training,
                mark,
                title,
                small,
                words.even_resolution(self.graph.nodes, scope),
            )
        ]


def _is_single(group: Group) -> bool:
    """Whether there is but one box in a block, which is as small open as closed."""
    part: Part = group
    while isinstance(part, Group):
        if len(part.parts) != 1:
            return False
        part = part.parts[0]
    return not isinstance(part, Repeat)


def _ends(plan: Plan) -> list[End]:
    """The outputs of the net, each with its box."""
    ends = []
    for outputs, training in ((plan.graph.outputs, False), (plan.graph.training_outputs, True)):
        for name, value in outputs.items():
            note, title = plan.ends.get(name, Note("")), name or "output"
            role: Role = "unknown" if value.shape is None else ""
            lines = compared.ending(title, words.size(value), note)
            key = plan.key(f"output {name}")
            box = Box(key, "end", lines, training=training, mark=note.mark, title=title, role=role)
            plan.add(box, plan.root)
            ends.append((value, box))
    return ends
