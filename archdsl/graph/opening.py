"""Shapes with open sizes: which of them an operator accepts, and what it then gives.

The rules stay the operators' own. They are run on open sizes (`sizes.open`), once for each way in which
their decisions can come out, and the sizes of each way are known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from math import inf, prod

from archdsl.diagnostics import Error
from archdsl.ops.contract import Op
from archdsl.ops.problems import NoSizeFits, Problem, WeightsDependOnSize
from archdsl.sizes import Shape, formula
from archdsl.sizes.affine import Affine, agree
from archdsl.sizes.open import Coupled, Open, Trail, fixed, opened, representative, walking
from archdsl.sizes.sets import EVERY, SizeSet, TooComplex
from archdsl.sizes.words import describe

Box = dict[str, SizeSet]

MOST_WAYS = 64
"""Ways through the rules of one operator, for one use of it."""

_MOST_POINTS = 1024
"""Points at which a condition that couples several sizes is tried, to see both of its sides."""


@dataclass(slots=True, eq=False)
class Way:
    """One way through an operator's rules: its trail, what is refused, or else what is given."""

    trail: Trail
    problems: tuple[Problem, ...]
    given: tuple[Shape, ...]


@dataclass(slots=True, eq=False)
class Condition:
    """A line that refuses some sizes: those it accepts, and what it says of the others."""

    accepts: Box
    refusal: Callable[[], Error] | None
    """The diagnostic for a size that is refused; None for a condition that no point tried breaks."""
    coupled: Callable[[formula.Point], bool] | None = None
    """For a condition that sizes meet only together: whether a point meets it."""
    formula: Coupled | None = None
    """What has to hold then."""


@dataclass(slots=True, eq=False)
class Opening:
    """The open sizes of one run of a network: those for which it is sound so far, and why."""

    given: Box
    """The sizes to look at, for each open size that is not to be looked at as a whole."""
    free: bool = False
    """The sizes that a spec gives its inputs are open too; its weights stay as large as they make them."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What open sizes are set to, as expressions of the language."""
    declared: dict[str, int] = field(default_factory=dict)
    """The sizes that a spec gives its inputs, where they are open all the same."""
    trail: Trail = field(default_factory=lambda: Trail({}))
    conditions: list[Condition] = field(default_factory=list)
    forks: list[Box] = field(default_factory=list)
    """Sizes for which the network is another one."""

    def anew(self) -> Opening:
        """The same sizes, of which nothing is known yet."""
        return Opening(self.given, self.free, self.settings, self.declared)

    def size(self, symbol: str) -> int:
        """An open size, by its name."""
        if symbol not in self.trail.box:
            self.trail.box[symbol] = self.given.get(symbol, EVERY)
            self.trail.wanted = self.declared
            self.trail.point = representative(self.trail.box, self.declared)
        return opened(Affine(symbol, 1, (0,)), self.trail.point)

    def infer(
        self, op: Op, shapes: tuple[Shape, ...], refuse: Callable[[Problem], Error]
    ) -> tuple[Shape, ...] | list[Problem]:
        """The shapes an operator gives for those of the sizes that it accepts; problems if there are none."""
        touched = frozenset().union(
            *(formula.symbols(n.form) for x in shapes for n in x if isinstance(n, Open))
        )
        box = {symbol: self.trail.box[symbol] for symbol in sorted(touched)}
        ways = list(self._ways(op, shapes, box))
        if all(way.problems for way in ways) and any(way.trail.coupled for way in ways):
            ways = self._elsewhere(op, shapes, box) or ways
        good = [way for way in ways if not way.problems]
        if not good:
            return self._exhausted(op, shapes, box) or list(ways[0].problems)
        if any(way.trail.coupled for way in ways):
            return self._coupled(op, shapes, ways, good, refuse)
        given = next((g.given for g in good if all(_same(g.given, w.given, w.trail.box) for w in good)), None)
        if given is None:  # the network is another one for other sizes
            given = good[0].given
            apart = [way.trail.box for way in good if not _same(given, way.given, way.trail.box)]
            self.forks += [{**self.trail.box, **other} for other in apart]
        boxes = [way.trail.box for way in good if _same(given, way.given, way.trail.box)]
        merged, *others = _joined(boxes)
        self.forks += [{**self.trail.box, **other} for other in others]
        if merged != box:
            self._narrow(merged, box, ways, good, refuse)
        return given

    def _elsewhere(self, op: Op, shapes: tuple[Shape, ...], box: Box) -> list[Way]:
        """The ways from a point at which sizes that are coupled go together, if one is found."""
        with walking(None):
            point = next((p for p in points(box) if not any(op.problems(*_at(shapes, p)))), None)
        if point is None:
            return []
        self.trail.point = {**self.trail.point, **point}
        return list(self._ways(op, shapes, box))

    def _exhausted(self, op: Op, shapes: tuple[Shape, ...], box: Box) -> list[Problem]:
        """What to say of an operator that would accept sizes that lines before it refuse."""
        for symbol in box:
            earlier = next((each for each in reversed(self.conditions) if symbol in each.accepts), None)
            if earlier is None or earlier.refusal is None:
                continue
            whole = {**box, symbol: self.given.get(symbol, EVERY)}
            good = [way.trail.box[symbol] for way in self._ways(op, shapes, whole) if not way.problems]
            if good:
                needs = good[0]
                for each in good[1:]:
                    needs = needs | each
                line, _ = (at := earlier.refusal().at).source.position(at.start)
                others = describe(symbol, earlier.accepts[symbol])
                return [
                    Problem(NoSizeFits, op=op.name, needs=describe(symbol, needs), line=line, others=others)
                ]
        return []

    def _narrow(
        self, kept: Box, box: Box, ways: list[Way], good: list[Way], refuse: Callable[[Problem], Error]
    ) -> None:
        bad = next((way for way in ways if way.problems), None)
        for symbol, sizes in kept.items():
            self.trail.narrow(symbol, sizes)
        if bad is None:  # a fork, no refusal
            return
        accepts = {}
        for symbol, sizes in kept.items():
            if sizes != box[symbol]:
                whole = sizes | ~box[symbol]
                if len(good) == 1:
                    whole = EVERY
                    for guard in good[0].trail.guards:
                        whole = whole & guard.same if guard.symbol == symbol else whole
                accepts[symbol] = whole
        self.conditions.append(Condition(accepts, _refusal(bad, refuse)))

    def _coupled(
        self,
        op: Op,
        shapes: tuple[Shape, ...],
        ways: list[Way],
        good: list[Way],
        refuse: Callable[[Problem], Error],
    ) -> tuple[Shape, ...]:
        given = good[0].given
        whole = good[0].trail.box.keys() <= self.declared.keys()
        wanted = _weights(op, shapes, self.declared) if whole else None

        def accepted(point: formula.Point) -> bool:
            here = _at(shapes, point)
            with walking(None):
                refused = any(op.problems(*here))
            return not refused and (wanted is None or _weights(op, shapes, point) == wanted)

        tried = [point for point in points(self.trail.box) if accepted(point)]
        other = any(_at(given, point) != op.outputs(*_at(shapes, point)) for point in tried)
        if other or any(not _same(given, way.given, way.trail.box) for way in good):
            raise TooComplex(f"what `{op.name}` gives takes another form for different sizes")
        bad = next((way for way in ways if way.problems), None)
        if bad is None:
            if len(tried) != _count(self.trail.box):  # there are points that it was not tried at
                self.conditions.append(Condition({}, None, accepted))
            return given
        for symbol in good[0].trail.box:
            sizes = good[0].trail.box[symbol]
            for way in good[1:]:
                sizes = sizes | way.trail.box[symbol]
            if all(point[symbol] in sizes for point in tried):  # other ways may be hidden
                self.trail.narrow(symbol, sizes)

        forms = {(each.form, each.relation) for way in ways for each in way.trail.coupled}
        meets = good[0].trail.coupled[-1] if len(forms) == 1 and good[0].trail.coupled else None
        self.conditions.append(Condition({}, _refusal(bad, refuse), accepted, meets))
        if not all(each.coupled is None or each.coupled(self.trail.point) for each in self.conditions):
            self.trail.point = self.meeting() or self.trail.point
        return given

    def meeting(self) -> dict[str, int] | None:
        """A point that meets all coupled conditions so far."""
        coupled = [each.coupled for each in self.conditions if each.coupled]
        return next((p for p in points(self.trail.box) if all(each(p) for each in coupled)), None)

    def _ways(self, op: Op, shapes: tuple[Shape, ...], box: Box) -> Iterator[Way]:
        """Every way through an operator's rules that some sizes of the box take."""
        here = {symbol: self.trail.point[symbol] for symbol in box}
        pending: list[tuple[Box, dict[str, int] | None]] = [(box, here)]
        seen: set[frozenset[Coupled]] = set()
        count = 0
        while pending:
            part, point = pending.pop()
            if not all(part.values()):
                continue
            count += 1
            if count > MOST_WAYS:
                raise TooComplex(f"`{op.name}` decides in more than {MOST_WAYS} ways")
            trail = Trail(part, point)
            with walking(trail):
                problems = tuple(op.problems(*shapes))
                given = () if problems else op.outputs(*shapes)
                problems = problems or tuple(self._open_weights(op, shapes))
            yield Way(trail, problems, given)
            pending += [(other, None) for other in trail.others()]
            for each in trail.coupled:
                key = frozenset(
                    (each.form, each.relation) for each in trail.coupled[: trail.coupled.index(each) + 1]
                )
                if key in seen:  # type: ignore[comparison-overlap]
                    continue
                seen.add(key)  # type: ignore[arg-type]
                other = next((p for p in points(each.before) if not each.at(p)), None)
                if other is not None:
                    pending.append((each.before, other))

    def _open_weights(self, op: Op, shapes: tuple[Shape, ...]) -> Iterator[Problem]:
        """Refuse weights whose size is open: a network keeps its weights whatever it is given."""
        for weight in op.weights(*shapes):
            for n in weight.shape:
                if not isinstance(n, Open):
                    continue
                known = formula.symbols(n.form) <= self.declared.keys()
                wanted = fixed(n, self.declared) if known else None
                if wanted is None or n != wanted:
                    yield Problem(
                        WeightsDependOnSize,
                        hints=_fix(wanted),
                        op=op.name,
                        weight=weight.name,
                        size=str(n),
                        wanted=f", where it has {wanted:,}" if wanted is not None else "",
                    )
                    return


def _fix(wanted: int | None) -> tuple[str, ...]:
    if wanted is not None:
        return ()
    return (
        "`avgpool(global)` or `avgpool(size = 7)` before it gives a fixed size, and so does `--set H=224`",
    )


def _refusal(bad: Way, refuse: Callable[[Problem], Error]) -> Callable[[], Error]:
    """What is said of the sizes that take this way, once it is asked for."""

    def refusal() -> Error:
        with walking(bad.trail):
            return refuse(bad.problems[0])

    return refusal


def _at(shapes: tuple[Shape, ...], point: formula.Point) -> tuple[Shape, ...]:
    """Shapes at a point."""
    return tuple(tuple(fixed(n, point) for n in x) for x in shapes)


def _weights(op: Op, shapes: tuple[Shape, ...], point: formula.Point) -> list[Shape]:
    """The shapes of an operator's weights at a point."""
    with walking(None):
        return [weight.shape for weight in op.weights(*_at(shapes, point))]


def points(box: Box) -> Iterator[dict[str, int]]:
    """Some points of a box: all combinations of each size's members, small and usual ones first."""
    names = list(box)
    each = max(2, round(_MOST_POINTS ** (1 / max(1, len(names)))))
    starts, some = (1, 64, 224, 4096), -(-each // 4)  # far ones too, where what grows has grown
    members = [
        list(dict.fromkeys(size for start in starts for size in sizes.first(some, start)))
        for sizes in box.values()
    ]
    yield from (dict(zip(names, point, strict=True)) for point in islice(product(*members), _MOST_POINTS))


def _count(box: Box) -> float:
    """How many points a box has."""
    return prod(sizes.early.bit_count() if sizes.is_finite else inf for sizes in box.values())


def _same(one: tuple[Shape, ...], other: tuple[Shape, ...], box: Box) -> bool:
    """Whether shapes are the same for all sizes of a box."""
    if len(one) != len(other) or any(len(a) != len(b) for a, b in zip(one, other, strict=True)):
        return False
    pairs = ((n, m) for a, b in zip(one, other, strict=True) for n, m in zip(a, b, strict=True))
    return all(_equal(n, m, box) for n, m in pairs)


def _equal(n: int, m: int, box: Box) -> bool:
    one, other = (size.form if isinstance(size, Open) else int(size) for size in (n, m))
    if one == other:
        return True
    difference = formula.add(one, formula.multiply(-1, other))
    if not isinstance(difference, Affine):
        return difference == 0
    return box[difference.symbol] <= agree(difference, Affine(difference.symbol, 0, (0,)))


def _joined(boxes: list[Box]) -> list[Box]:
    """The same points in fewer boxes: two that differ in one size become one."""
    found: list[Box] = []
    for box in boxes:
        made = dict(box)
        again = True
        while again:
            again = False
            for other in found:
                differ = [symbol for symbol in made if made[symbol] != other[symbol]]
                if len(differ) <= 1:
                    made = {symbol: made[symbol] | other[symbol] for symbol in made}
                    found.remove(other)
                    again = True
                    break
        found.append(made)
    return found
