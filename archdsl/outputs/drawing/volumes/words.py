"""What is lettered on bodies and told of them: sizes, names, kernels, and a line for a pointer over them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Node
from archdsl.outputs.drawing.blocks.picture import sizes, spelt
from archdsl.outputs.drawing.blocks.words import operator
from archdsl.outputs.drawing.volumes.bodies import Body, Run, Stage, only_scales

_TAIL = re.compile(r"(.*?)(\d+[a-z]?)")


def size(body: Body) -> str:
    """`224² × 64`: a map of two axes before its channels, as papers letter it; all else as it is written."""
    if body.kind == "shape" and len(body.node.shapes[0]) != len(body.shape):
        return " × ".join(map(_term, written_shape(body.node.outputs[0])))
    return _both([body]) if len(body.shape) > 1 and not body.is_bar else channels(body)


def _both(bodies: Sequence[Body]) -> str:
    """The maps of bodies, and their channels; of a sequence the channels come first."""
    areas = list(dict.fromkeys(map(area, [each for body in bodies for each in body.each])))
    text = ", ".join(areas) if len(areas) <= 2 else f"{areas[0]} – {areas[-1]}"
    many = {channels(body) for body in bodies}
    if len(bodies[0].shape) == 2:
        return f"{_range(bodies)} × {text}"
    return f"{text} × {many.pop()}" if len(many) == 1 else text


def area(body: Body) -> str:
    """`224²`, `360 × 480`, the expressions of open sizes."""
    places = [_term(each) for each in written_shape(body.node.outputs[0])[1:]]
    if len(places) == 2 and places[0] == places[1] and re.fullmatch(r"[2-9]|\d\d+|[^\W\d]\w*", places[0]):
        return f"{places[0]}²"
    return " × ".join(places)


def channels(body: Body) -> str:
    """`64`; `64–256` for a body that stands for several."""
    return _range([body])


def _range(bodies: Sequence[Body]) -> str:
    """The fewest and the most channels of bodies."""
    every = sorted((each for body in bodies for each in body.each), key=lambda each: each.shape[0])
    ends = [_term(written_shape(each.node.outputs[0])[0]) for each in (every[0], every[-1])]
    return "–".join(dict.fromkeys(ends))


def times(run: Run) -> str:
    """`×3`; `3 blocks` where they are not the same."""
    if run.times == 1:
        return ""
    body = run.bodies[0]
    if not body.differs:
        return f"×{run.times}"
    return f"{run.times} {'blocks' if body.kind == 'block' else 'layers'}"


def _term(length: int) -> str:
    text = spelt(str(length))
    return f"({text})" if " " in text and not text.endswith(")") else text


def heading(stage: Stage) -> str:
    """What is lettered above a stage: the map once, and the channels where all have the same."""
    shown = [body for body in stage.bodies if body.kind in ("map", "block")] or list(stage.bodies[-1:])
    if len(shown) == 1:
        return size(shown[0])
    return _both(shown)


def differs_in_channels(stage: Stage) -> bool:
    """Whether each body of a stage needs its own letters."""
    return len({channels(body) for body in stage.bodies if body.kind in ("map", "block")}) > 1


# -- names ----------------------------------------------------------------------------------------


def names(stages: Sequence[Stage]) -> list[str]:
    """What each stage is called in the spec: its label, or that of its first and last layer."""
    paths = [[_path(body).split(".") for body in _named(stage)] for stage in stages]
    used = Counter(
        prefix
        for stage in paths
        for prefix in {tuple(path[:depth]) for path in stage for depth in range(1, len(path) + 1)}
    )
    found = [_name(stage, used) for stage in paths]
    if len(set(filter(None, found))) == len([*filter(None, found)]):
        return found
    # where levels of a recursion have the same names, only those of the net itself tell something
    return [
        name if all(used[path[0],] == 1 for path in stage) else ""
        for name, stage in zip(found, paths, strict=True)
    ]


def _named(stage: Stage) -> list[Body]:
    bodies = [body for body in stage.bodies if body.kind not in ("pool", "merge", "shape", "end")]
    return bodies or [body for body in stage.bodies if body.kind != "end"] or list(stage.bodies)


def _path(body: Body) -> str:
    return body.scope.path if body.scope is not None else body.node.path


def _name(paths: Sequence[Sequence[str]], used: Counter[tuple[str, ...]]) -> str:
    """The first part of the paths that no other stage has."""
    own = [
        next((path[depth] for depth in range(len(path)) if used[tuple(path[: depth + 1])] == 1), path[-1])
        for path in paths
    ]
    first, last = own[0], own[-1]
    if first.isdigit() or last.isdigit():
        return ""
    if first == last:
        return first
    one, other = _TAIL.fullmatch(first), _TAIL.fullmatch(last)
    if one and other and one[1] == other[1]:
        return f"{first}–{other[2]}"
    return f"{first} – {last}"


# -- layers ---------------------------------------------------------------------------------------


def kinds(stage: Stage) -> list[str]:
    """The kinds of its layers, a line each: `3×3 conv`, `2×2 maxpool, /2`."""
    lines: dict[str, list[str]] = {}
    for body in stage.bodies:
        for text in _kind(body):
            kernel, _, rest = text.partition(" ")
            kernel, rest = (kernel, rest) if kernel[:1].isdigit() else ("", text)
            kernels = lines.setdefault(rest, [])
            if kernel and kernel not in kernels:
                kernels.append(kernel)
    return [" ".join(filter(None, (", ".join(kernels), rest))) for rest, kernels in lines.items()]


def _kind(body: Body) -> Iterator[str]:
    if body.kind == "block":
        yield spelt(body.scope.definition if body.scope and body.scope.definition else body.node.op.name)
    elif body.kind == "map":
        layers = [node for node in body.nodes if node.op.family == "learned" and not only_scales(node)]
        yield from ("fully connected" if node.op.name == "linear" else label(node) for node in layers)
    elif body.kind != "input":
        yield label(body.node)


def label(node: Node) -> str:
    """What a layer does, without the channels that it gives, which are lettered: `3×3 conv, /2`."""
    text = operator(node)
    given = getattr(node.op, "out", None)
    return text if given is None else text.replace(f", {given}", "", 1)


def title(body: Body, checked: Checked) -> str:
    """What a pointer over a body shows: its path, shape, costs and line."""
    node, scope = body.node, body.scope
    params = sum(checked.layers[each.index].params for each in body.nodes)
    macs = sum(checked.layers[each.index].macs for each in body.nodes)
    span = scope.span if scope is not None else node.span
    first, last = body.each[0], body.each[-1]
    own = "" if body.kind == "input" else (scope.definition if scope is not None else operator(node))
    facts = [
        _path(first) if first is last else f"{_path(first)} – {_path(last)}",
        size(body) if body.differs else own,
        "" if body.differs else sizes(written_shape(node.outputs[0])),
        f"{params:,} parameters" if params else "",
        f"{macs:,} MACs" if macs else "",
        f"line {span.source.position(span.start)[0]}",
    ]
    return " · ".join(filter(None, facts))


def key(body: Body) -> str:
    """The path by which other tools know what a body is."""
    return _path(body)


# -- numbers --------------------------------------------------------------------------------------


def share(part: int, whole: int) -> str:
    """`89%`; `<1%` for what is there and rounds to nothing."""
    if not part or not whole:
        return ""
    percent = round(100 * part / whole)
    return f"{percent}%" if percent else "<1%"
