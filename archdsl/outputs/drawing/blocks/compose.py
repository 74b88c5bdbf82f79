"""From a network to a picture of it: what gets a box, what gets a frame.

Each layer is in exactly one box, or left out on purpose: an identity is only a line, and of what
repeats the first time stands for all. A weight layer shares its box with the norm and activation
around it. A block is a frame, or a single box once it is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Node, Scope
from archdsl.outputs.drawing.blocks.picture import Box, Frame, Picture, Text, sizes, spelt
from archdsl.outputs.drawing.blocks.wires import End, wires
from archdsl.outputs.drawing.marked import SIGNS as MARKS
from archdsl.outputs.drawing.marked import Mark, Marked, Note
from archdsl.outputs.fold import Group, Part, Repeat, fold, folded, walk

MOST_LINES = 5
"""Weight layers that the box of a closed block lists; of more it gives the number."""

SIGNS = {"add": "+", "mul": "×"}
"""Merges that are a sign in a circle; others are a bar with their name."""

_SHARED = " (shared)"


def compose(checked: Checked, depth: int | None = None) -> Picture:
    """The picture of a network. Blocks more than `depth` deep are closed."""
    plan = Plan(checked, depth)
    plan.place(fold(checked))
    arrows = tuple(wires(plan, _ends(plan)))  # first, for it adds the forks
    return Picture(checked.name, _description(checked), plan.finished(), arrows)


def compose_marked(shown: Marked, depth: int | None = None) -> Picture:
    """The picture of a comparison: both networks in one, and what became of each layer."""
    plan = Plan(shown, depth)
    plan.place(folded(shown.graph, shown.facts))
    arrows = tuple(wires(plan, _ends(plan), shown.gone))
    return Picture(shown.title, shown.description, plan.finished(), arrows, compares=True)


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

    def __init__(self, shown: Checked | Marked, depth: int | None) -> None:
        self.graph = shown.graph
        self.notes = shown.notes if isinstance(shown, Marked) else None
        self.depth = depth
        count = len(self.graph.nodes)
        self.first = list(range(count))
        """For a layer that is not drawn because it repeats: the one a time or more before it."""
        self.home: list[Box | None] = [None] * count
        """The box of each layer that is drawn."""
        self.root = Draft(None, 1, None)
        self.drafts = [self.root]
        self.around: dict[Box, Draft] = {}
        self._keys: dict[str, int] = {}

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
            elif isinstance(part, Group) and (self.depth is None or into.depth < self.depth):
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
        mark = _common(self._note(node).mark for node in nodes)
        if isinstance(part, Group):
            box = Box(self.key(part.scope.path), "layers", self._closed(part, mark), times, training, mark)
        elif head.op.family == "merge" and len(head.inputs) > 1:
            sign = SIGNS.get(head.op.name)
            line = Text(sign or head.op.name, "merge", mark)
            box = Box(self.key(head.path), "sign" if sign else "bar", (line,), times, training, mark)
        elif head.op.family == "source" and head.index in self._inputs():
            lines = Text(head.name, "source"), Text(sizes(written_shape(head.outputs[0])), "source")
            box = Box(self.key(head.path), "end", lines, mark=mark)
        else:
            box = Box(self.key(head.path), "layers", tuple(map(self._line, nodes)), times, training, mark)
        self.home[part.start : part.end] = [box] * (part.end - part.start)
        self.add(box, into)

    def _note(self, node: Node) -> Note:
        """What became of a layer; nothing where nothing is compared."""
        return Note("") if self.notes is None else self.notes.get(node.index, Note("same"))

    def _line(self, node: Node) -> Text:
        note, text = self._note(node), _text(node)
        was = f" ({note.was})" if note.was else ""
        return Text(f"{MARKS.get(note.mark, '')}{text}{was}", node.op.family, note.mark)

    def _closed(self, group: Group, mark: Mark) -> tuple[Text, ...]:
        """The name of a closed block, and its weight layers if they are few."""
        weighty = [node for node in walk(group) if node.op.is_weight_layer]
        words = " ".join(filter(None, _words(group.scope)))
        name = Text(f"{MARKS.get(mark, '')}{words}", "block", mark)
        if len(weighty) <= MOST_LINES:
            return (name, *map(self._line, weighty))
        return name, Text(f"{len(weighty)} weight layers", "learned", mark)

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
        if isinstance(only, Box) and all(line.family != "block" for line in only.lines):
            return parts
        training = all(part.training for part in parts)
        mark = _common(part.mark for part in parts if not isinstance(part, Box) or part.kind != "fork")
        if draft.group is None:
            return [Frame(self.key("repeat"), "", "", tuple(parts), draft.times, training, mark)]
        scope = draft.group.scope
        name, block = _words(scope)
        return [Frame(self.key(scope.path), name, block, tuple(parts), draft.times, training, mark)]


def _ends(plan: Plan) -> list[End]:
    """The outputs of the net, each with its box."""
    ends = []
    for outputs, training in ((plan.graph.outputs, False), (plan.graph.training_outputs, True)):
        for name, value in outputs.items():
            lines = Text(name or "output", "source"), Text(sizes(written_shape(value)), "source")
            box = Box(plan.key(f"output {name}"), "end", lines, training=training)
            plan.add(box, plan.root)
            ends.append((value, box))
    return ends


def _text(node: Node) -> str:
    # where a whole block is shared, its frame says so
    alone = node.first is not None and node.scope.first is None and bool(node.op.weights(*node.shapes))
    return spelt(node.op.label(*node.open_shapes)) + (_SHARED if alone else "")


def _common(marks: Iterable[Mark]) -> Mark:
    """What became of all; of parts that fared differently, that they changed."""
    found = set(marks)
    return found.pop() if len(found) == 1 else "changed"


def _words(scope: Scope) -> tuple[str, str]:
    """The scope's own name and its block's, each only where it tells something."""
    name, block = scope.name, scope.definition
    shared = _SHARED if scope.first is not None else ""
    if re.fullmatch(rf"({re.escape(block)})?[_-]?\d*", name):
        return "", block + shared
    return name, ("" if name.startswith(block) else block) + shared
