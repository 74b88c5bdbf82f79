"""A network with open sizes, expanded once for each way in which its sizes change it.

Each run finds, exactly, for which sizes the network is sound; what a run leaves aside because a decision
came out differently is another run. The certificate says what all of them found, and the graph is that
of one valid size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics import Report
from archdsl.graph.errors import TooManySizes
from archdsl.graph.faults import Broken, located
from archdsl.graph.model import Elaborated, Node, Scope, Value
from archdsl.graph.opening import Box, Opening
from archdsl.ops.contract import Op
from archdsl.sizes.affine import Affine, nonnegative
from archdsl.sizes.certificate import Case, Certificate, Reason
from archdsl.sizes.open import Open, Trail, Truth, fixed, opened, representative, walking
from archdsl.sizes.sets import EVERY, SizeSet

MOST_CASES = 64
"""Networks that differ by the size of their input, in one certificate."""

Run = Callable[[Opening, Report], Elaborated | Broken]
Begin = Callable[[Box], Opening]


@dataclass(slots=True, eq=False)
class _Found:
    graph: Elaborated | None
    opening: Opening
    report: Report
    broken: Broken | None = None
    """As far as it goes, for the first one if that is wrong."""


def certified(run: Run, begin: Begin, report: Report) -> Elaborated | Broken:
    """The network at a size for which it is sound, with its certificate; as far as it goes, if none is.

    The reasons are then in the report. Without open sizes this is one plain run.
    """
    found: list[_Found] = []
    pending: list[Box] = [{}]
    unexplored: list[Box] = []
    while pending:
        box = pending.pop(0)
        if len(found) >= MOST_CASES:
            unexplored.append(box)
            continue
        opening, own = begin(box), Report()
        with walking(None), walking(opening.trail):
            made = run(opening, own)
        if isinstance(made, Elaborated):
            found.append(_Found(made, opening, own))
        else:
            found.append(_Found(None, opening, own, None if found else made))
            if any(isinstance(each, TooManySizes) for each in own):
                _tell(found[-1], report)
                return _as_shown(made, opening)
        trail = opening.trail
        sides = [*trail.others(), *opening.forks]
        pending += [full for side in sides if all((full := _whole(side, box, trail.box)).values())]
    first, *_ = found
    sound = [each for each in found if each.graph is not None]
    if not first.opening.trail.box or not sound:
        _tell(first, report)
        if first.graph is not None:
            return first.graph
        assert first.broken is not None
        return _as_shown(first.broken, first.opening)
    chosen = sound[0]
    _tell(chosen, report)
    assert chosen.graph is not None
    refused = [each for each in found if each.graph is None]
    point = _shown_at(chosen)
    if point is None:
        refusals = [each.refusal() for each in chosen.opening.conditions if each.coupled and each.refusal]
        for refusal in refusals:
            report.add(refusal)
        return _as_shown(Broken(chosen.graph, located(chosen.graph, refusals)), chosen.opening)
    certificate = Certificate(
        cases=tuple(_case(each) for each in sound),
        point=point,
        reasons=tuple(_reasons(chosen, refused)),
        lossless=_lossless(chosen.graph, chosen.opening.trail),
        sized=frozenset(node.index for node in chosen.graph.nodes if _depends_on_size(node.op)),
        unexplored=tuple(unexplored),
    )
    settle(chosen.graph, chosen.opening.trail.box, point)
    chosen.graph.certificate = certificate
    return chosen.graph


def _whole(side: Box, given: Box, symbols: Mapping[str, Any]) -> Box:
    """A box with all open sizes, those that were declared later too."""
    return {symbol: side.get(symbol, given.get(symbol, EVERY)) for symbol in symbols}


def _tell(found: _Found, report: Report) -> None:
    for diagnostic in found.report:
        report.add(diagnostic)


def _shown_at(found: _Found) -> dict[str, int] | None:
    """A point at which a sound network is valid."""
    trail = found.opening.trail
    point = representative(trail.box, found.opening.declared)
    coupled = [each.coupled for each in found.opening.conditions if each.coupled]
    if all(each(point) for each in coupled):
        return point
    return found.opening.meeting()


def _as_shown(broken: Broken, opening: Opening) -> Broken:
    """A wrong network with the sizes of one point, as far as it has any."""
    box = opening.trail.box
    if box:
        settle(broken.graph, box, representative(box, opening.declared))
    return broken


def _case(found: _Found) -> Case:
    conditions = found.opening.conditions
    return Case(
        dict(found.opening.trail.box),
        tuple((each.coupled, each.formula) for each in conditions if each.coupled and each.refusal),
        tuple(each.coupled for each in conditions if each.coupled and not each.refusal),
    )


def _reasons(chosen: _Found, refused: list[_Found]) -> list[Reason]:
    """The lines that refuse sizes, those apart that others imply."""
    final = chosen.opening.trail.box
    reasons = []
    for symbol, sizes in final.items():
        mine = [each for each in chosen.opening.conditions if symbol in each.accepts]
        behind = [EVERY]  # what the conditions from the i-th on accept
        for each in reversed(mine):
            behind.append(behind[-1] & each.accepts[symbol])
        behind.reverse()
        kept = EVERY
        for index, each in enumerate(mine):
            if each.refusal and kept & behind[index + 1] != kept & behind[index]:
                kept = kept & each.accepts[symbol]
                reasons.append(Reason(symbol, each.accepts[symbol], each.refusal()))
        assert sizes <= kept or refused
    for each in chosen.opening.conditions:
        if each.coupled and each.refusal:
            reasons.append(Reason("", EVERY, each.refusal(), each.formula))
    for other in refused:
        error = next(iter(other.report.errors))
        reasons.append(Reason("", EVERY, error, None, dict(other.opening.trail.box)))
    return reasons


def _lossless(graph: Elaborated, trail: Trail) -> dict[str, SizeSet]:
    """Those of the valid sizes at which no window leaves the last cells of its input unread."""
    kept = dict(trail.box)
    with walking(Trail(trail.box, trail.point)):
        for node in graph.nodes:
            x = node.inputs[0].shape if node.inputs else None
            if x is None or not any(isinstance(n, Open) for n in x):
                continue
            shapes = tuple(value.shape or () for value in node.inputs)
            for window, n in zip(node.op.window(*shapes) or (), x[1:], strict=False):
                if window.transposed or window.ceil or window.after < 0:
                    continue
                if window.extent < window.stride or window.stride == 1:  # it skips cells anyway, or none
                    continue
                unread = (n + window.before + window.after - window.extent) % window.stride - window.after
                if isinstance(unread, Open) and isinstance(unread.form, Affine):
                    kept[unread.form.symbol] &= nonnegative(unread.form.times(-1))
    return kept


def _depends_on_size(op: Op) -> bool:
    return op.name != "input" and any(_is_open(getattr(op, each.name)) for each in op.args)


def settle(graph: Elaborated, box: Box, point: Mapping[str, int]) -> None:
    """Give a network with open sizes the sizes of one point; what they were stays in `Value.open`."""
    settle_nodes(graph.nodes, box, point)
    with walking(Trail(box, dict(point))):
        for scope in graph.scopes:
            _settle_scope(scope, point)
    for expectation in graph.expectations:
        expectation.wanted = _settled(expectation.wanted, point)


def settle_nodes(nodes: list[Node], box: Box, point: Mapping[str, int]) -> None:
    """Give layers the sizes of one point."""
    changed: dict[Op, Op] = {}
    with walking(Trail(box, dict(point))):
        for node in nodes:
            for value in node.outputs:
                _settle_value(value, box, point)
            op = changed.get(node.op)
            if op is None:
                op = changed[node.op] = _settled_op(node.op, point)
            node.op = op


def _settle_value(value: Value, box: Box, point: Mapping[str, int]) -> None:
    shape = value.shape
    if shape is not None and any(isinstance(n, Open) for n in shape):
        value.open = tuple(opened(n.form, point, box) if isinstance(n, Open) else n for n in shape)
        value.shape = tuple(fixed(n, point) for n in shape)


def _settled_op(op: Op, point: Mapping[str, int]) -> Op:
    given = {each.name: getattr(op, each.name) for each in op.args}
    if not any(map(_is_open, given.values())):
        return op
    made = object.__new__(type(op))
    made.__dict__.update({**op.__dict__, **{name: _settled(value, point) for name, value in given.items()}})
    return made


def _settle_scope(scope: Scope, point: Mapping[str, int]) -> None:
    if any(map(_is_open, scope.arguments.values())):
        scope.arguments = {name: _settled(value, point) for name, value in scope.arguments.items()}


def _is_open(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_open, value))
    return isinstance(value, Open | Truth)


def _settled(value: Any, point: Mapping[str, int]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_settled(each, point) for each in value)
    return fixed(value, point) if isinstance(value, Open) else value
