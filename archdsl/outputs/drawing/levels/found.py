"""Whether a network goes down and up in resolution, and how: decided from its graph alone.

Promises of what it gives: every layer but identities is in one unit or on one link; the units of a
stage stand on one row, each reading the one before it; rows go from the finest map to the coarsest.
A network in which the steps do not line up so has no levels, and is drawn like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from archdsl.check.model import Checked
from archdsl.graph.model import Node
from archdsl.outputs.drawing.levels.units import Link, Scale, Unit, contracted


@dataclass(slots=True, eq=False)
class Stage:
    """What follows on each other in one resolution."""

    units: list[Unit]

    @property
    def scale(self) -> Scale:
        return self.units[0].scale


@dataclass(frozen=True, slots=True)
class Dip:
    """A stage in lower resolution that reads a stream and is added to it; once, or as often as it repeats."""

    every: tuple[tuple[Stage, Unit], ...]
    """Each time: the stage, and the unit that adds it."""

    @property
    def stage(self) -> Stage:
        return self.every[0][0]

    @property
    def join(self) -> Unit:
        return self.every[0][1]

    @property
    def times(self) -> int:
        return len(self.every)


@dataclass(frozen=True, slots=True)
class Streams:
    """A stream that keeps its resolution, and what dips from it, in order."""

    head: Stage
    """What comes before; its last unit is where the stream begins."""
    dips: tuple[Dip, ...]
    tail: tuple[Unit, ...]
    """What follows the last join."""

    def stream(self) -> set[Unit]:
        """The units whose maps are the stream."""
        return {self.head.units[-1], *(join for dip in self.dips for _, join in dip.every)}


@dataclass(frozen=True)
class Levels:
    """A network by its resolutions."""

    checked: Checked
    rows: tuple[Scale, ...]
    stages: tuple[Stage, ...]
    links: tuple[Link, ...]
    """Those between stages; within a stage, each unit reads the one before it."""
    streams: Streams | None = None

    def into(self, unit: Unit) -> list[Link]:
        """The links that end at a unit."""
        return self._into.get(unit, [])

    def out_of(self, unit: Unit) -> list[Link]:
        """The links that begin at a unit."""
        return self._out_of.get(unit, [])

    @cached_property
    def _into(self) -> dict[Unit, list[Link]]:
        found: dict[Unit, list[Link]] = {}
        for link in self.links:
            found.setdefault(link.head, []).append(link)
        return found

    @cached_property
    def _out_of(self) -> dict[Unit, list[Link]]:
        found: dict[Unit, list[Link]] = {}
        for link in self.links:
            found.setdefault(link.tail, []).append(link)
        return found

    def steps_into(self, units: Sequence[Unit], streams: Streams) -> list[Link]:
        """The links into units that do not come from the stream."""
        stream = streams.stream()
        return [link for unit in units for link in self.into(unit) if link.tail not in stream]

    def dip_links(self, stage: Stage, join: Unit) -> tuple[Link, Link]:
        """The links from the stream into a dip, and from the dip back to it."""
        up = next(link for link in self.into(join) if link.drop < 0)
        stream = next(link.tail for link in self.into(join) if link is not up)
        down = next(link for unit in stage.units for link in self.into(unit) if link.tail is stream)
        return down, up


def levels(checked: Checked) -> Levels | None:
    """The network by its resolutions; None where they do not call for it."""
    nodes = checked.graph.nodes
    if any(node.op.family == "boxes" or not node.outputs[0].shape for node in nodes):
        return None
    parts = contracted(checked.graph)
    if parts is None:
        return None
    units, every = parts
    stages = _stages(units, every)
    if stages is None:
        return None
    home = {unit: stage for stage in stages for unit in stage.units}
    links = tuple(link for link in every if home[link.tail] is not home[link.head])
    if not _goes_down_and_up(links, units):
        return None
    rows = tuple(sorted({stage.scale for stage in stages}))
    found = Levels(checked, rows, tuple(stages), links)
    streams = _streams(found, home)
    if streams is not None:
        return Levels(checked, rows, tuple(stages), links, streams)
    return found if _is_orderly(found) else None


def _stages(units: Sequence[Unit], links: Sequence[Link]) -> list[Stage] | None:
    """Units of one resolution that follow on each other; None where ways meet there."""
    before: dict[Unit, list[Unit]] = {unit: [] for unit in units}
    for link in links:
        if not link.via and not link.drop and link.tail.dips == link.head.dips and not link.indices:
            before[link.head].append(link.tail)
    stages: list[Stage] = []
    home: dict[Unit, Stage] = {}
    for unit in units:
        if not before[unit]:
            home[unit] = Stage([unit])
            stages.append(home[unit])
            continue
        stage = home[before[unit][0]]
        if len(before[unit]) > 1:
            return None
        if stage.units[-1] is not before[unit][0]:  # a way aside
            stage = Stage([])
            stages.append(stage)
        stage.units.append(unit)
        home[unit] = stage
    return stages


def _goes_down_and_up(links: Sequence[Link], units: Sequence[Unit]) -> bool:
    """Whether it does so with connections across, or else step by step.

    Layers without blocks may also come up in one step; where there are blocks, those tell more. That a
    vector gets axes is no step up.
    """
    downs = sum(link.drop > 0 for link in links)
    ups = sum(link.drop < 0 and len(link.tail.value.shape or ()) > 1 for link in links)
    across = any(not link.drop and link.tail.dips != link.head.dips for link in links)
    plain = all(unit.scope is None for unit in units)
    return downs > 0 and ups > 0 and (across or (downs > 1 and (ups > 1 or plain)))


def _is_orderly(found: Levels) -> bool:
    """Whether it is one way down and up: a place for each stage, and one step at most into each."""
    trunk = [stage for stage in found.stages if not _is_aside(stage, found)]
    if len({(stage.scale, stage.units[0].dips) for stage in trunk}) < len(trunk):
        return False
    for stage in found.stages:
        steps = [link for unit in stage.units for link in found.into(unit) if link.drop]
        if len(steps) > 1 or any(link.head is not stage.units[0] for link in steps):
            return False
    return True


def _is_aside(stage: Stage, found: Levels) -> bool:
    """Whether a stage is one more way from a map to an output."""
    first = stage.units[0]
    enters = any(not link.drop and link.tail.dips == first.dips for link in found.into(first))
    return enters and not any(found.out_of(unit) for unit in stage.units)


# -- streams --------------------------------------------------------------------------------------


def _streams(found: Levels, home: dict[Unit, Stage]) -> Streams | None:
    """The network as a stream with what dips from it, if it is one and nothing else."""
    head = last = found.stages[0]
    dips: list[tuple[Stage, Unit]] = []
    while (dip := _dip(found, home, dips[-1][1] if dips else head.units[-1])) is not None:
        dips.append(dip)
        last = home[dip[1]]
    if len(dips) < 2 or len(head.units) < 2 or len(last.units) < 2:
        return None
    if {head, *(stage for stage, join in dips for stage in (stage, home[join]))} != set(found.stages):
        return None
    if any(len(home[join].units) > 1 for _, join in dips[:-1]):
        return None
    streams = Streams(head, _folded(dips, found), tuple(last.units[1:]))
    return streams if _is_plain(streams, dips, found) else None


def _dip(found: Levels, home: dict[Unit, Stage], stream: Unit) -> tuple[Stage, Unit] | None:
    """What reads the stream in lower resolution, and the unit that adds it to the stream next."""
    for link in found.out_of(stream):
        join = link.head
        into = found.into(join)
        if link.drop or link.via or not join.is_merge or join.head.op.name != "add" or len(into) != 2:
            continue
        other = next(each for each in into if each is not link)
        stage = home[other.tail]
        reads = [each for unit in stage.units for each in found.into(unit) if each.tail is stream]
        if other.drop < 0 and home[join].units[0] is join and len(reads) == 1:
            return stage, join
    return None


def _is_plain(streams: Streams, dips: Sequence[tuple[Stage, Unit]], found: Levels) -> bool:
    """Whether each dip reads no more than the stream and the dip before it, and the net ends at the end."""
    before = streams.head
    for stage, _ in dips:
        steps = found.steps_into(stage.units, streams)
        if len(steps) > 1 or any(step.tail not in before.units for step in steps):
            return False
        before = stage
    steps = found.steps_into(streams.tail, streams)
    if len(steps) > 1 or any(step.tail not in before.units for step in steps):
        return False
    graph = found.checked.graph
    ends = (*graph.outputs.values(), *graph.training_outputs.values())
    return len(ends) == 1 and ends[0].node in streams.tail[-1].nodes


def _folded(dips: Sequence[tuple[Stage, Unit]], found: Levels) -> tuple[Dip, ...]:
    """The dips, where equal ones that follow on each other are one."""
    alike = groupby(dips, lambda dip: _labels(dip, found))
    return tuple(Dip(tuple(every)) for _, every in alike)


def _labels(dip: tuple[Stage, Unit], found: Levels) -> tuple[object, ...]:
    """What a dip does, whatever it is given."""
    stage, join = dip
    down, up = found.dip_links(stage, join)
    nodes = [each for unit in stage.units for each in unit.nodes]
    labels = (each.op.label(*each.shapes) for each in (*nodes, *down.via, *up.via))
    return stage.scale, len(nodes), *labels


def nodes_of(found: Levels) -> list[Node]:
    """Every layer that has its place, in their order."""
    nodes = [node for stage in found.stages for unit in stage.units for node in unit.nodes]
    nodes += [node for link in found.links for node in link.via]
    return sorted(nodes, key=lambda node: node.index)
