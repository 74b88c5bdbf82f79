"""From the main path to bodies: what is drawn as a volume, a slab or a bar, and how bodies form stages.

Each layer of the main path belongs to one body: a norm, an activation, a dropout or a flattening to
what it follows. A stage is a run of bodies of one resolution with the pool that ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from archdsl.check.model import Checked, shape_of
from archdsl.graph.model import Node, Scope
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.volumes.path import REMEDY, Step, cells, main_path
from archdsl.sizes import Shape

Kind = Literal["input", "map", "block", "pool", "merge", "shape", "end"]
"""What gives a body: an input, a learned layer, a closed block, a pool, a merge, a new shape, a softmax."""

LONGEST_PERIOD = 4
"""How many bodies in a row may make one repetition."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One thing that is drawn, and all layers that it stands for."""

    kind: Kind
    node: Node
    """The layer whose result is drawn."""
    nodes: tuple[Node, ...]
    scope: Scope | None = None
    lanes: int = 1
    skips: tuple[Node, ...] = ()
    members: tuple[Body, ...] = ()
    """The bodies for which it stands, where those are several in a row."""

    @property
    def each(self) -> tuple[Body, ...]:
        """The bodies in a row for which it stands; itself if it is the only one."""
        return self.members or (self,)

    @property
    def differs(self) -> bool:
        """Whether the bodies for which it stands are not all the same."""
        return len({body.likeness for body in self.each}) > 1

    @property
    def shape(self) -> Shape:
        return shape_of(self.node.outputs[0])

    @property
    def is_bar(self) -> bool:
        """Whether it is a list of features; a pool over the whole map gives one too."""
        return len(self.shape) == 1 or (self.kind == "pool" and cells(self.node) == 1)

    @property
    def is_thin(self) -> bool:
        """Whether its thickness says nothing of its channels."""
        return self.kind in ("pool", "merge", "shape", "end")

    @property
    def likeness(self) -> object:
        """What agrees where bodies are the same."""
        return self.kind, tuple(repr(node.op) for node in self.nodes), self.shape, self.lanes


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Bodies that follow each other `times` times; those of the first time, with the layers of all.

    A body alone may also stand for several that differ.
    """

    bodies: tuple[Body, ...]
    times: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What has one caption, and one place in the strip of costs."""

    runs: tuple[Run, ...]

    @property
    def bodies(self) -> tuple[Body, ...]:
        return tuple(body for run in self.runs for body in run.bodies)

    @property
    def nodes(self) -> Iterator[Node]:
        """Every layer that it stands for."""
        return (node for body in self.bodies for node in body.nodes)


def stages(checked: Checked) -> list[Stage]:
    """The stages of a network, closed blocks that give the same folded, nothing else; raises CannotDraw."""
    found: list[list[Body]] = []
    for body in bodies(checked):
        if found and not _opens(found[-1][-1], body):
            found[-1].append(body)
        else:
            found.append([body])
    return [Stage(tuple(_blocks(stage, alike=True))) for stage in found]


# -- bodies ---------------------------------------------------------------------------------------


def bodies(checked: Checked) -> list[Body]:
    """Every body of the main path in its order; raises CannotDraw."""
    steps = main_path(checked)
    last_drawn = max(at for at, step in enumerate(steps) if _kind(step) or step.node.op.family == "source")
    found: list[Body] = []
    for at, step in enumerate(steps):
        kind = _kind(step) or (_softmax(step) if at > last_drawn else None)
        if kind is None:
            found[-1] = replace(found[-1], nodes=(*found[-1].nodes, *step.nodes))
            continue
        body = Body(kind, step.node, step.nodes, step.scope, step.lanes, step.skips)
        if not 1 <= len(body.shape) <= 3:
            axes = len(body.shape) - 1
            raise CannotDraw(f"{body.node.path} gives maps of {axes} axes, and two can be drawn", REMEDY)
        found.append(body)
    return found


def _kind(step: Step) -> Kind | None:
    """What a step is drawn as; None where it belongs to the body before it."""
    node, op = step.node, step.node.op
    if step.scope is not None or step.closed:
        return "block"
    if op.family == "source":
        return "input"
    if op.family == "boxes" or op.name == "embedding":
        raise CannotDraw(f"{node.path} is no step from map to map", REMEDY)
    if op.family == "learned":
        return None if only_scales(node) else "map"
    if op.family == "pool":
        return None if _keeps(node) else "pool"
    if op.family == "merge":
        return "merge" if step.skips else None
    if op.family == "shape" and op.name not in ("pad", "flatten"):
        before, after = node.shapes[0], shape_of(node.outputs[0])
        return "shape" if len(before) != len(after) or before[1:] != after[1:] else None
    return None


def _softmax(step: Step) -> Kind | None:
    return "end" if step.node.op.name in ("softmax", "log_softmax") else None


def only_scales(node: Node) -> bool:
    """Whether a convolution gives each map a factor of its own, as a norm does."""
    op, x = node.op, node.shapes[0]
    one_to_one = getattr(op, "groups", 1) == x[0] == shape_of(node.outputs[0])[0]
    return one_to_one and len(x) > 1 and _sees_one_cell(node)


def _keeps(node: Node) -> bool:
    """Whether a pool leaves everything as it is, at this size of the input."""
    return node.shapes[0] == shape_of(node.outputs[0]) and _sees_one_cell(node)


def _sees_one_cell(node: Node) -> bool:
    windows = node.op.window(*node.shapes)
    return windows is not None and all(window.kernel == window.stride == 1 for window in windows)


# -- stages ---------------------------------------------------------------------------------------


def _opens(before: Body, body: Body) -> bool:
    """Whether a new stage begins between two bodies."""
    if before.kind == "input" or before.is_bar != body.is_bar:
        return True
    if body.is_bar:
        return False
    was, now = cells(before.node), cells(body.node)
    if body.kind == "pool":
        return now > was
    shrunk = before.kind == "pool" and was < _read(before)
    return shrunk or now > was or 2 * now < was


def _read(body: Body) -> int:
    """The places of the map that a body reads."""
    places = 1
    for size in body.node.shapes[0][1:]:
        places *= size
    return places


def condensed(stage: Stage, fold: int) -> Stage:
    """The same with fewer bodies.

    1 folds what repeats, 2 also closed blocks of one kind that give more and more channels, 3 takes
    everything of one kind in a row for one body.
    """
    if fold == 0:
        return stage
    if fold == 1:
        return Stage(tuple(_repeats(stage.runs)))
    runs = list(_blocks([body for run in stage.runs for body in run.bodies], alike=False))
    return Stage(tuple(_repeats(runs) if fold == 2 else _kinds(runs)))


def _blocks(row: Sequence[Body], alike: bool) -> Iterator[Run]:
    """Fold closed blocks of one definition that follow each other; with `alike`, of one shape too."""
    pending: list[Body] = []

    def same(body: Body) -> bool:
        if not pending or body.kind != "block" or body.scope is None or pending[0].scope is None:
            return False
        if alike:
            return _one_definition(body, pending[0]) and _siblings(body.scope, pending[0].scope)
        return body.scope.definition == pending[0].scope.definition and body.scope.definition != ""

    for body in row:
        if not same(body):
            yield from _joined(pending)
            pending = []
        pending.append(body)
    yield from _joined(pending)


def _one_definition(one: Body, other: Body) -> bool:
    """Whether closed blocks are of one definition and give the same; the first may come down to it."""
    looks = [
        (body.scope and (body.scope.kind, body.scope.definition), body.shape, body.lanes)
        for body in (one, other)
    ]
    return looks[0] == looks[1]


def _siblings(one: Scope, other: Scope) -> bool:
    """Whether scopes are parts of one, or of one repetition; what the net itself names stands alone."""
    nameless = one.parent is not None and one.parent.parent is not None
    return one.parent is other.parent and (nameless or (one.repeat is not None and other.repeat is not None))


def _kinds(runs: Sequence[Run]) -> Iterator[Run]:
    """Fold all learned layers in a row, whatever their kernels and channels, but for bars."""
    pending: list[Run] = []
    for run in [*runs, None]:
        body = run.bodies[0] if run else None
        if pending and (
            body is None or body.kind != "map" or body.is_bar or pending[0].bodies[0].kind != "map"
        ):
            yield from _joined([body for run in pending for body in run.bodies])
            pending = []
        if run:
            pending.append(run)


def _joined(row: Sequence[Body]) -> Iterator[Run]:
    """One body for several in a row: the last one, with the layers of all."""
    members = tuple(each for body in row for each in body.each)
    if len(members) == 1:
        yield Run(members)
    elif row:
        nodes = tuple(node for body in row for node in body.nodes)
        skips = tuple(node for body in row for node in body.skips)
        yield Run((replace(row[-1], nodes=nodes, skips=skips, members=members),), len(members))


def _repeats(runs: Sequence[Run]) -> Iterator[Run]:
    """Fold what repeats, from the front, the shortest period first."""
    at = 0
    while at < len(runs):
        for period in range(1, LONGEST_PERIOD + 1):
            times = _times(runs, at, period)
            if times > 1:
                columns = [runs[at + step : at + times * period : period] for step in range(period)]
                yield Run(tuple(_merged(column) for column in columns), times)
                at += times * period
                break
        else:
            yield runs[at]
            at += 1


def _times(runs: Sequence[Run], at: int, period: int) -> int:
    """How often the bodies from a place on are repeated; what is lettered or folded already is not."""
    first = runs[at : at + period]
    if any(run.times > 1 or len(run.bodies) > 1 or run.bodies[0].is_bar for run in first):
        return 1
    looks = [run.bodies[0].likeness for run in first]
    times = 1
    while True:
        following = runs[at + times * period : at + (times + 1) * period]
        if len(following) < period or any(run.times > 1 for run in following):
            return times
        if [run.bodies[0].likeness for run in following] != looks:
            return times
        times += 1


def _merged(column: Sequence[Run]) -> Body:
    """The body of several runs with one body each."""
    first = column[0].bodies[0]
    return replace(first, nodes=tuple(node for run in column for node in run.bodies[0].nodes))
