"""What a checkpoint of the old network is worth to the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archdsl.check.model import Checked
from archdsl.graph.model import Node
from archdsl.ops.contract import Weight
from archdsl.outputs.diff.model import Carry, Renamed
from archdsl.outputs.diff.pairing import Pairing
from archdsl.weights.compare import COUNTER, Unlike
from archdsl.weights.model import Stored

Tensors = dict[str, tuple[Node, Weight]]
"""By its full name: the layer that has a weight, and the weight."""

Homes = Mapping[str, str | None]
"""For the path of each layer of the old network its path in the new one, None where it has no place."""


def carry(pairing: Pairing, old: Checked, new: Checked) -> Carry:
    """Where the tensors of the old network go: by their names, and by the layers that they belong to."""
    stored, wanted = _tensors(old), _tensors(new)
    homes = _homes(pairing, stored, wanted)
    kept, reshaped, astray = list[Renamed](), list[Renamed](), list[str]()
    for name, (node, weight) in stored.items():
        home = homes[node.path]
        target = f"{home}.{weight.name}" if home is not None else ""
        if target in wanted:
            unlike = Unlike(target, wanted[target][1].shape, Stored(name, "F32", weight.shape))
            if unlike.wanted == weight.shape:
                kept.append(Renamed(name, target))
            elif unlike.reshapes:
                reshaped.append(Renamed(name, target))
        same = name in wanted and wanted[name][1].shape == weight.shape and weight.name != COUNTER
        if same and target != name:
            astray.append(name)
    filled = {each.new for each in (*kept, *reshaped)}
    return Carry(
        stored=len(stored),
        wanted=len(wanted),
        by_name=tuple(each.old for each in kept if each.old == each.new),
        astray=tuple(astray),
        renamed=tuple(each for each in kept if each.old != each.new),
        reshaped=tuple(reshaped),
        fresh=tuple(name for name in wanted if name not in filled),
        rename=_rules(homes),
    )


def _tensors(checked: Checked) -> Tensors:
    known = {name for name, _ in checked.weights()}
    return {
        name: (node, weight)
        for node, layer in zip(checked.graph.nodes, checked.layers, strict=True)
        for weight in layer.weights
        if (name := f"{node.path}.{weight.name}") in known
    }


def _homes(pairing: Pairing, stored: Tensors, wanted: Tensors) -> Homes:
    """A layer that has gone has no place, and must not take the one that has its name now."""
    taken = {node.path for node, _ in wanted.values()}
    homes: dict[str, str | None] = {}
    for node, _ in stored.values():
        twin = pairing.twin.get(node.index)
        if twin is not None:
            homes[node.path] = twin.path
        else:
            homes[node.path] = None if node.path in taken else node.path
    return homes


# -- the map of names -----------------------------------------------------------------------------


def _rules(homes: Homes) -> dict[str, str | None]:
    """The fewest beginnings of names that say where every layer goes; what stays needs none."""
    below: dict[str, list[str]] = {}
    for path in homes:
        for beginning in _beginnings(path):
            below.setdefault(beginning, []).append(path)
    rules: dict[str, str | None] = {}
    done: set[str] = set()
    for path, home in homes.items():
        if path in done or home == path:
            continue
        old, new = _shortest(path, home, below, homes)
        rules[f"{old}."] = None if new is None else f"{new}."
        done.update(below[old])
    return rules


def _shortest(
    path: str, home: str | None, below: Mapping[str, list[str]], homes: Homes
) -> tuple[str, str | None]:
    """The shortest beginning of a path for which all layers go where this one goes."""
    found = path, home
    for old in _beginnings(path):
        rest = path.removeprefix(old)
        new = None if home is None else home.removesuffix(rest)
        if home is not None and (new == home or not new):
            continue
        if all(homes[each] == (None if new is None else new + each.removeprefix(old)) for each in below[old]):
            return old, new
    return found


def _beginnings(path: str) -> Iterator[str]:
    """`a`, `a.b`, `a.b.c`."""
    parts = path.split(".")
    return (".".join(parts[: count + 1]) for count in range(len(parts)))
