"""Which tensor of a file is which of the network, where their names differ and their shapes agree.

Layers are told by what is stored of them: the same last parts in the same shapes. Among layers alike
in this the names decide, by what most of them have in common; then the numbers in the names; then the
order in the file. What none of these decides is told as ambiguous, and nothing is proposed for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

from archdsl.sizes import Shape
from archdsl.weights.compare import Comparison, compare
from archdsl.weights.model import Stored
from archdsl.weights.modules import (
    Module,
    Path,
    difference,
    in_order,
    modules,
    numbers,
    rises,
    spelling,
    template,
)
from archdsl.weights.rename import named

Reason = Literal["spelling", "path", "numbers", "order", "shape"]

REASONS: dict[Reason, str] = {
    "spelling": "spelled differently",
    "path": "the rest of the path agrees",
    "numbers": "in the order of their numbers",
    "order": "in the order of the file",
    "shape": "the only one left of its shapes",
}
"""Why two names are taken for one tensor, from the strongest evidence to the weakest."""

_MOST_PAIRS = 300_000
"""More pairs of layers are not compared name by name; of the others, names that end alike are."""

Rule = tuple[Path, Path]
"""A part of a path in the file, and what the network has in its place."""

Pairs = list[tuple[Path, Path]]
"""Layers of the file, each with one of the network."""

T = TypeVar("T")


class Rename(NamedTuple):
    """A tensor of the file, and the name that the network has for it."""

    source: str
    name: str
    reason: Reason


class Ambiguity(NamedTuple):
    """Layers of the file, and layers of the network that they could be, and why that is not decided."""

    here: tuple[str, ...]
    there: tuple[str, ...]
    why: str


@dataclass(eq=False)
class Proposal:
    """Names for what a plain comparison by name does not find."""

    found: Comparison
    """The plain comparison."""
    renames: list[Rename] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    """Tensors that do not fit, and whose names go to others that do."""
    ambiguous: list[Ambiguity] = field(default_factory=list)

    @cached_property
    def final(self) -> Comparison:
        """The comparison under the names that are proposed."""
        new: dict[str, str | None] = {each.source: each.name for each in self.renames}
        new |= dict.fromkeys(self.replaced)
        return compare(self.found.checked, named(self.found.stored, new)) if new else self.found


def propose(found: Comparison) -> Proposal:
    """Find the tensors that a network wants under other names."""
    stored = found.stored
    # a tied weight is served where its other name is there
    wanted = {
        name: weight.shape
        for name, weight in found.checked.weights()
        if name in stored or name not in found.matched
    }
    here = {name: each.shape for name, each in stored.items() if name in wanted or name in found.extra}
    matching = _Matching(here, wanted, _tells(stored))
    matching.by_name("spelling")
    matching.by_spelling()
    matching.by_rules()
    matching.by_shape()
    matching.doubt_what_crosses()
    return matching.proposal(found)


def _tells(stored: Mapping[str, Stored]) -> bool:
    """Whether the order of the file says anything: the safetensors library sorts by kind and name."""
    by_kind = _grouped(stored, lambda name: stored[name].dtype).values()
    return any(names != sorted(names) for names in by_kind)


class _Matching:
    """Layers of a file and of a network that are still to be brought together."""

    def __init__(self, stored: Mapping[str, Shape], wanted: Mapping[str, Shape], ordered: bool) -> None:
        self.all_here, self.all_there = modules(stored), modules(wanted)
        exact = {name for name, shape in stored.items() if wanted.get(name) == shape}
        self.exact = [path for path, each in self.all_there.items() if exact & set(each.tensors.values())]
        # a layer of which one tensor fits by name is that layer, whatever the others are
        self.here = _without(self.all_here, exact)
        self.there = _without(self.all_there, exact)
        self.origin = {path: path for path in self.here}
        """Where a layer of the file comes from; its key in `here` follows the rules found so far."""
        self.matched: dict[Path, tuple[Path, Reason]] = {}
        """By the path in the file: the path in the network, and why."""
        self.ambiguous: list[Ambiguity] = []
        self.ordered = ordered
        """Whether the order in the file says anything."""

    # -- names ----------------------------------------------------------------------------------

    def by_name(self, reason: Reason) -> None:
        """Equal paths, once rules have changed them, or synonyms their tensors."""
        for path in [path for path in self.here if path in self.there]:
            if self.alike(path, path):
                self.match(path, path, reason)

    def by_spelling(self) -> None:
        """Paths that differ in dots, hyphens, underscores and case alone: `norm.1` and `norm1`."""
        here, there = _grouped(self.here, spelling), _grouped(self.there, spelling)
        for text, paths in here.items():
            others = there.get(text, [])
            if len(paths) == len(others) == 1 and self.alike(paths[0], others[0]):
                self.match(paths[0], others[0], "spelling")

    def by_rules(self) -> None:
        """One part of a path that is called otherwise throughout, or is there on one side alone.

        The rule that explains most layers goes first; rules that explain equally many, and exclude
        each other, are brought into the order of their numbers or given up.
        """
        while rules := self.rules():
            most = max(map(len, rules.values()))
            best = {rule: pairs for rule, pairs in rules.items() if len(pairs) == most}
            believed: dict[Rule, Pairs] = {}
            for rivals in _rivals(best):
                chosen = list(rivals) if len(rivals) == 1 else _by_numbers(list(rivals))
                for rule in chosen:
                    believed[rule] = rivals[rule]
                    for here, there in rivals[rule]:
                        self.match(here, there, "path" if len(rivals) == 1 else "numbers")
                if not chosen:
                    self.give_up(rivals)
            for rule, pairs in believed.items():
                self.rewrite(rule, pairs)
            self.by_name("path")
            self.by_spelling()

    def rules(self) -> dict[Rule, Pairs]:
        """Every rule that explains two layers or more, each of them in one way only."""
        rules: dict[Rule, Pairs] = {}
        for here, there in self.pairs():
            found = difference(here, there)
            rules.setdefault((found.here, found.there), []).append((here, there))
        for pairs in rules.values():
            counts = [Counter(pair[side] for pair in pairs) for side in (0, 1)]
            pairs[:] = [pair for pair in pairs if counts[0][pair[0]] == counts[1][pair[1]] == 1]
        return {rule: pairs for rule, pairs in rules.items() if len(pairs) > 1}

    def pairs(self) -> Iterator[tuple[Path, Path]]:
        """Layers of the file with each layer of the network that has the same signature."""
        left = _MOST_PAIRS
        for here, there in self.groups():
            if len(here) * len(there) <= left:
                left -= len(here) * len(there)
                yield from ((each, other) for each in here for other in there)
                continue
            known = set(there)
            yield from ((each, each[at:]) for each in here for at in range(len(each)) if each[at:] in known)

    def rewrite(self, rule: Rule, pairs: Pairs) -> None:
        """Let a rule that explains some layers change the others' paths, where it can mean one thing only."""
        old, new = rule
        leading = all(not difference(*pair).before for pair in pairs)
        if not old or not (leading or any(not part.isdigit() for part in old)):
            return
        renamed: dict[Path, Module] = {}
        for path, layer in self.here.items():
            places = [at for at in range(len(path)) if path[at : at + len(old)] == old]
            changed = path
            if len(places) == 1 and (not leading or places == [0]):
                changed = path[: places[0]] + new + path[places[0] + len(old) :]
            if changed in self.here or changed in renamed:
                changed = path
            renamed[changed] = layer
            self.origin[changed] = self.origin[path]
        self.here = renamed

    def give_up(self, rivals: dict[Rule, Pairs]) -> None:
        """Take out all that rival rules explain: none of it can be known."""
        old, new = ({".".join((*rule[side], "*")) for rule in rivals} for side in (0, 1))
        why = f"{_listed(old)} could be {_listed(new)}, and nothing tells which"
        pairs = [pair for each in rivals.values() for pair in each]
        self.doubt(dict.fromkeys(here for here, _ in pairs), dict.fromkeys(there for _, there in pairs), why)

    # -- shapes ---------------------------------------------------------------------------------

    def by_shape(self) -> None:
        """Layers whose names have nothing in common: by signature, and by order among equal ones."""
        here, there = ([layer.signature for layer in side.values()] for side in (self.here, self.there))
        in_step = self.ordered and here == there
        for mine, theirs in list(self.groups()):
            if len(mine) == len(theirs) == 1:
                self.match(mine[0], theirs[0], "shape")
                continue
            orders: dict[Reason, list[Path]] = {}
            if in_order(self.origin[path] for path in mine):
                orders["numbers"] = sorted(mine, key=lambda path: numbers(self.origin[path]))
            if in_step:
                orders["order"] = mine
            # two orders that contradict each other are as good as none
            if len(mine) != len(theirs) or len(set(map(tuple, orders.values()))) != 1:
                why = f"{len(mine)} in the file and {len(theirs)} in the network have the same shapes"
                self.doubt(mine, theirs, why)
                continue
            reason, order = next(iter(orders.items()))
            for each, other in zip(order, theirs, strict=True):
                self.match(each, other, reason)

    def groups(self) -> Iterator[tuple[list[Path], list[Path]]]:
        """Layers of equal signature, of the file and of the network, where both have some."""
        grouped: dict[object, tuple[list[Path], list[Path]]] = {}
        for side, layers in enumerate((self.here, self.there)):
            for path, each in layers.items():
                if each.signature:
                    grouped.setdefault(each.signature, ([], []))[side].append(path)
        return ((here, there) for here, there in grouped.values() if here and there)

    # -- bookkeeping ----------------------------------------------------------------------------

    def alike(self, here: Path, there: Path) -> bool:
        return bool(self.here[here].signature) and self.here[here].signature == self.there[there].signature

    def match(self, here: Path, there: Path, reason: Reason) -> None:
        del self.here[here], self.there[there]
        self.matched[self.origin[here]] = there, reason

    def doubt(self, here: Iterable[Path], there: Iterable[Path], why: str) -> None:
        here, there = list(here), list(there)
        names = tuple(".".join(self.origin[path]) for path in here)
        self.ambiguous.append(Ambiguity(names, tuple(map(".".join, there)), why))
        for path in here:
            del self.here[path]
        for path in there:
            del self.there[path]

    def doubt_what_crosses(self) -> None:
        """Take back what would bring numbered layers out of order: one side may count from another start.

        What has its shapes for itself in the whole file and the whole network stays.
        """
        sides = (self.all_here, self.all_there)
        seen = [Counter(layer.signature for layer in side.values()) for side in sides]
        pairs = [(path, path) for path in self.exact]
        pairs += [(here, there) for here, (there, _) in self.matched.items()]
        for group in _grouped(pairs, lambda pair: (template(pair[0]), template(pair[1]))).values():
            if rises(group):
                continue
            doubtful = [
                (here, there)
                for here, there in group
                if here in self.matched and any(each[self.all_there[there].signature] > 1 for each in seen)
            ]
            for here, _ in doubtful:
                del self.matched[here]
            if doubtful:
                mine, theirs = (tuple(map(".".join, side)) for side in zip(*doubtful, strict=True))
                self.ambiguous.append(Ambiguity(mine, theirs, "their numbers do not rise together"))

    def proposal(self, plain: Comparison) -> Proposal:
        """What has been found, tensor by tensor."""
        found = Proposal(plain, ambiguous=self.ambiguous)
        pairs: dict[Path, tuple[Path, Reason]] = dict(self.matched)
        pairs |= {path: (path, "spelling") for path in self.exact if path in self.all_here}
        # rules also name layers that have other shapes, which is then what is wrong with those
        pairs |= {self.origin[path]: (path, "path") for path in self.here if path in self.there}
        for here, (there, reason) in pairs.items():
            mine, theirs = self.all_here[here], self.all_there[there]
            for last, source in mine.tensors.items():
                name = theirs.tensors.get(last, source)
                if name != source:
                    found.renames.append(Rename(source, name, reason))
        given = {each.name for each in found.renames} - {each.source for each in found.renames}
        every = (name for layer in self.all_here.values() for name in layer.tensors.values())
        found.replaced = [name for name in every if name in given]
        return found


def _without(layers: dict[Path, Module], exact: set[str]) -> dict[Path, Module]:
    return {path: each for path, each in layers.items() if exact.isdisjoint(each.tensors.values())}


def _grouped(items: Iterable[T], key: Callable[[T], object]) -> dict[object, list[T]]:
    groups: dict[object, list[T]] = {}
    for each in items:
        groups.setdefault(key(each), []).append(each)
    return groups


def _rivals(rules: dict[Rule, Pairs]) -> list[dict[Rule, Pairs]]:
    """Rules in groups: two that explain one layer differently are in the same group."""
    groups: list[tuple[set[tuple[int, Path]], dict[Rule, Pairs]]] = []
    for rule, pairs in rules.items():
        layers = {(side, pair[side]) for pair in pairs for side in (0, 1)}
        group = {rule: pairs}
        apart = []
        for others, members in groups:
            if layers.isdisjoint(others):
                apart.append((others, members))
            else:
                layers |= others
                group = members | group
        groups = [*apart, (layers, group)]
    return [group for _, group in groups]


def _by_numbers(rules: list[Rule]) -> list[Rule]:
    """One rule for each part, in the order of the numbers in them; nothing where that is no answer."""
    old, new = in_order({old for old, _ in rules}), in_order({new for _, new in rules})
    if old is None or new is None or len(old) != len(new):
        return []
    chosen = list(zip(old, new, strict=True))
    return chosen if all(rule in rules for rule in chosen) else []


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(f"`{text}`" for text in sorted(texts))
