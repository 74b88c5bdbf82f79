"""What a comparison says in words: of layers, ends, closed blocks, and blocks that are of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from archdsl.graph.model import Node, Scope
from archdsl.ops.contract import Family
from archdsl.outputs.drawing.blocks import words
from archdsl.outputs.drawing.blocks.picture import Text
from archdsl.outputs.drawing.marked import SIGNS, Mark, Note
from archdsl.outputs.fold import Chain, Group, Leaf, Part, Repeat, walk

MOST_CHANGES = 3
"""Lines in the box of a closed block that say what changed in it."""

Notes = Callable[[Node], Note]
"""What became of a layer of the picture."""


def layer(node: Node, note: Note) -> Text:
    """`3×3 conv, 64`; of a layer that became another one, with what it was."""
    was = f" ({words.times(note.was)})" if note.was else ""
    return Text(f"{SIGNS.get(note.mark, '')}{words.operator(node)}{was}", node.op.family, note.mark)


def ending(name: str, size: str, note: Note) -> tuple[Text, ...]:
    """An input or output of the net, its size, and what that was."""
    was = (Text(f"({words.times(note.was)})", "source"),) if note.was else ()
    return Text(f"{SIGNS.get(note.mark, '')}{name}", "source", note.mark), Text(size, "source"), *was


def common(marks: Iterable[Mark]) -> Mark:
    """What became of all; of parts that fared differently, that they changed."""
    found = set(marks)
    return found.pop() if len(found) == 1 else "changed"


# -- in closed blocks -----------------------------------------------------------------------------


class _Change(NamedTuple):
    """One thing that is said of a closed block."""

    mark: Mark
    text: str
    family: Family
    aside: bool
    """Whether it is of no weight layer, and left out before others."""
    of_layers: bool = False
    """Whether it is what changed of layers, and not their name."""

    def said(self, times: int) -> Text:
        many = f" in {times} layers" if self.of_layers else f" ×{times}"
        return Text(f"{SIGNS[self.mark]}{self.text}{many if times > 1 else ''}", self.family, self.mark)


def changes(block: Group, note: Notes) -> tuple[Text, ...]:
    """What came, went and changed in a block that is closed, in a few lines."""
    counts: Counter[_Change] = Counter()
    for change, times in _changes(block, note):
        counts[change] += times
    found = sorted(counts.items(), key=lambda each: each[0].aside)
    if len(found) <= MOST_CHANGES:
        return tuple(change.said(times) for change, times in found)
    told, left = found[: MOST_CHANGES - 1], found[MOST_CHANGES - 1 :]
    more = Text(f"and {sum(times for _, times in left)} more changes", "block", "changed")
    return *(change.said(times) for change, times in told), more


def _changes(block: Group, note: Notes) -> Iterator[tuple[_Change, int]]:
    """Each change, the outermost parts that came or went as one, and how often it occurs."""
    pending: list[tuple[Part, int]] = [(part, 1) for part in reversed(block.parts)]
    while pending:
        part, times = pending.pop()
        mark = common(note(node).mark for node in walk(part))
        if mark == "same" or (isinstance(part, Leaf) and part.node.op.name == "identity"):
            continue
        if isinstance(part, Repeat):
            pending.extend((each, times * part.times) for each in reversed(part.parts))
        elif mark != "changed" or isinstance(part, Leaf):
            yield _change(part, mark, note), times
        else:
            inner: Sequence[Part] = part.leaves if isinstance(part, Chain) else part.parts
            pending.extend((each, times) for each in reversed(inner))


def _change(part: Leaf | Chain | Group, mark: Mark, note: Notes) -> _Change:
    nodes = list(walk(part))
    main = next((node for node in nodes if node.op.family == "learned"), nodes[0])
    aside = not any(node.op.is_weight_layer for node in nodes)
    if isinstance(part, Group):
        return _Change(mark, part.scope.definition or part.scope.name, main.op.family, aside)
    text, was = words.operator(main), words.times(note(main).was)
    if was.startswith("was "):
        text = f"{text} ({was})"
    elif was:
        return _Change(mark, was, main.op.family, aside, of_layers=True)
    return _Change(mark, text, main.op.family, aside)


# -- blocks of one kind ---------------------------------------------------------------------------


def units(scopes: Iterable[Scope], mark: Callable[[Scope], Mark]) -> dict[int, str]:
    """`36 × bottleneck (was 23)`, for each scope with several blocks of one kind and no others."""
    now: dict[int, Counter[str]] = {}
    before: dict[int, Counter[str]] = {}
    for scope in scopes:
        if scope.parent is not None:
            kind, became = scope.definition if scope.kind == "block" else "", mark(scope)
            for side, there in ((now, became != "removed"), (before, became != "added")):
                side.setdefault(id(scope.parent), Counter())[kind] += there
    return {key: text for key in now if (text := _of_one_kind(+now[key], +before[key]))}


def _of_one_kind(now: Counter[str], before: Counter[str]) -> str:
    """How many blocks there are; nothing where there is but one, or where they are of several kinds."""
    (kind, *others) = now | before
    count, number = (now or before)[kind], (before or now)[kind]
    if others or not kind or max(count, number) < 2:
        return ""
    return f"{count} × {kind}" + (f" (was {number})" if count != number else "")
