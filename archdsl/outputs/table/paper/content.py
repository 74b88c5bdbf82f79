"""What a line of a spec says in a cell: words for single layers, matrices for blocks that repeat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.graph.model import Node
from archdsl.outputs.fold import Chain, Group, Kept, Leaf, Part, sizes, unfolded
from archdsl.outputs.table.grid import Stack
from archdsl.outputs.table.paper.lines import is_within, spans_of
from archdsl.outputs.table.paper.words import Vocabulary, described
from archdsl.outputs.table.printed import common, is_printed
from archdsl.source import Span
from archdsl.syntax import tree

Words = list[str | Stack]


class Run(NamedTuple):
    """Blocks of one definition that follow each other, and what all of them have."""

    blocks: list[Group]
    labels: list[str]


class Content:
    """One network, read for the cells of a table."""

    def __init__(self, checked: Checked) -> None:
        self.nodes = checked.graph.nodes
        self.results = {value.node.index for value in checked.graph.outputs.values()}
        self.tree = unfolded(checked.graph, Kept(checked.graph, sizes))
        self.vocabulary = Vocabulary(checked.graph)

    def printed(self, start: int, end: int) -> list[Node]:
        """The layers of a range that a table has words for."""
        return [node for node in self.nodes[start:end] if is_printed(node, self.results)]

    # -- as the spec writes it --------------------------------------------------------------------

    def as_written(self, items: Sequence[tree.Item], start: int, end: int) -> Words:
        """What a row's items made: where an item is a name, that name, unless it stands for blocks."""
        words: Words = []
        for step in _steps(items):
            made = [node.index for node in self.nodes[start:end] if _comes_from(node, step.span)]
            if not made:
                continue
            first, last = made[0], made[-1] + 1
            if isinstance(step, tree.Name):
                words += self._named(step.name, first, last)
            else:
                words += self.described(first, last, step.span.text)
        return words

    def _named(self, name: str, start: int, end: int) -> Words:
        words = self.described(start, end, name)
        if any(isinstance(each, Stack) for each in words):
            return words
        # an activation and the like, which papers leave out; but a name that the spec defines is told
        alone = end - start == 1 and self.nodes[start].op.name == name
        if not words:
            return [] if alone else [name]
        return [name] if len(words) == 1 else words

    # -- described --------------------------------------------------------------------------------

    def described(self, start: int, end: int, written: str = "") -> Words:
        """Each layer in words, and blocks as matrices; what is no matrix is said as it is written."""
        words: Words = []
        for part in self._parts(start, end):
            if isinstance(part, Node):
                words.append(self.vocabulary.name(part) or described(part))
            else:
                words += self._matrix(part) or [_called(part, written)]
        return words

    def _parts(self, start: int, end: int) -> Iterator[Node | Run]:
        """Printed layers, and runs of blocks."""
        run: Run | None = None
        for part in self._within(start, end):
            if isinstance(part, Group):
                added = None if run is None else self._added(run, part)
                if run is not None and added is None:
                    yield run
                run = added or Run([part], self._labels(part))
                continue
            printed = self.printed(part.start, part.end)
            if printed and run is not None:
                yield run
                run = None
            yield from printed
        if run is not None:
            yield run

    def _within(self, start: int, end: int) -> Iterator[Leaf | Chain | Group]:
        """The blocks of a range, from the outside, and the layers beside them."""
        pending: list[Part] = list(reversed(self.tree.parts))
        while pending:
            part = pending.pop()
            if part.end <= start or end <= part.start:
                continue
            whole = start <= part.start and part.end <= end
            if isinstance(part, Group) and not (whole and _is_unit(part)):
                pending.extend(reversed(part.parts))
            elif isinstance(part, Chain) and not whole:
                pending.extend(reversed(part.leaves))
            else:
                assert isinstance(part, Leaf | Chain | Group)
                yield part

    def _labels(self, block: Group, *, plain: bool = True) -> list[str]:
        return [described(node, plain=plain) for node in self.printed(block.start, block.end)]

    def _added(self, run: Run, block: Group) -> Run | None:
        """The run with another block, if that is of the same kind and has the same layers."""
        if block.scope.definition != run.blocks[0].scope.definition:
            return None
        labels = self._labels(block)
        shared = common(run.labels, labels)
        fits = len(shared) == min(len(run.labels), len(labels))
        return Run([*run.blocks, block], shared) if fits else None

    # -- matrices ---------------------------------------------------------------------------------

    def _matrix(self, run: Run) -> Words | None:
        """The layers of a block below each other; None where they are no chain."""
        blocks = run.blocks
        chain = self._chain(blocks[-1])
        if chain is None:
            return None
        labels = [described(node, plain=len(blocks) > 1) for node in chain]
        if len(blocks) > 1:
            labels = common(run.labels, labels)
        if not labels:
            return []
        if all(node.op.name == "conv" for node in chain) and len(blocks) > 1:
            labels = [label.replace(" conv", "", 1) for label in labels]
        return [Stack(tuple(labels), len(blocks))] if len(blocks) > 1 else list(labels)

    def _chain(self, block: Group) -> list[Node] | None:
        """The layers of a block if each reads the one before; a projection beside them is left out."""
        before: dict[int, frozenset[int]] = {}
        chain, beside, adds = list[Node](), 0, False
        for node in self.nodes[block.start : block.end]:
            sources = [before.get(value.node.index, frozenset[int]()) for value in node.inputs]
            read = before[node.index] = frozenset[int]().union(*sources)
            adds |= node.op.name == "add"
            if not is_printed(node, self.results):
                continue
            before[node.index] = frozenset((node.index,))
            if not chain or chain[-1].index in read:
                chain.append(node)
            else:
                beside += 1
        single = len(block.scope.outputs) <= 1
        return chain if single and (beside == 0 or (beside == 1 and adds)) else None


def _is_unit(group: Group) -> bool:
    """A block that is more than a sequence of blocks."""
    if group.scope.kind != "block":
        return False
    return not all(isinstance(part, Group) and part.scope.kind == "block" for part in group.parts)


def _called(run: Run, written: str) -> str:
    """What is no matrix: the call as it is written, or the name of the block."""
    if written and "\n" not in written:
        return written.replace(" * ", " × ")
    count = len(run.blocks)
    return run.blocks[0].scope.definition + (f" × {count}" if count > 1 else "")


def _steps(items: Sequence[tree.Item]) -> Iterator[tree.Expression]:
    """The single steps of a row's items."""
    pending: list[object] = list(reversed(items))
    while pending:
        item = pending.pop()
        if isinstance(item, tree.Chain):
            pending.extend(step.value for step in reversed(item.steps))
        elif isinstance(item, tree.Body):
            pending.extend(reversed(item.items))
        else:
            yield item  # type: ignore[misc]


def _comes_from(node: Node, span: Span) -> bool:
    return any(is_within(each, span) for each in spans_of(node))
