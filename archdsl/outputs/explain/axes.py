"""Where the sizes of a value come from: for each axis, the layers that made it what it is."""

from __future__ import annotations

from archdsl.graph.model import Node, Value
from archdsl.outputs.explain.model import Axis, How, Origin
from archdsl.sizes import axis_name, show


def axes(value: Value) -> tuple[Axis, ...]:
    """Every axis of a value."""
    shape = value.shape or ()
    return tuple(
        Axis(axis_name(axis, len(shape)), size, _origins(value, axis)) for axis, size in enumerate(shape)
    )


def _origins(value: Value, axis: int) -> tuple[Origin, ...]:
    """Back from a value to what first gave the axis its size."""
    found: list[Origin] = []
    here: Value | None = value
    while here is not None:
        origin, here = _step(here, axis)
        if origin is not None:
            found.append(origin)
    return tuple(reversed(found))


def _step(value: Value, axis: int) -> tuple[Origin | None, Value | None]:
    """What a layer does to an axis, if anything, and where the axis came in, if it did."""
    node, size = value.node, (value.shape or ())[axis]
    if not node.inputs:
        return _origin(value, axis, "given" if node.op.name == "input" else "set"), None
    kept = node.op.preserves(axis, *node.shapes)
    if kept is not None and len(node.shapes[kept]) > axis and node.shapes[kept][axis] == size:
        other = node.inputs[kept]
        # that the first input passes through is nothing to tell; that another one sets the size is
        return (_origin(value, axis, "like", f"like {other.node.path}") if kept else None), other
    first = node.inputs[0]
    before = first.shape or ()
    sizes = [shape[axis] for shape in node.shapes if len(shape) > axis]
    if len(node.inputs) == len(sizes) > 1 and sum(sizes) == size:
        parts = ", ".join(_setter(each, axis).path for each in node.inputs)
        remark = f"{' + '.join(map(str, sizes))} of {parts}"
        return _origin(value, axis, "sum", remark), None
    if len(before) != len(value.shape or ()):
        return _origin(value, axis, "made", f"{show(before)} of {first.node.path}"), None
    if _depends(node, axis):
        return _origin(value, axis, "changed"), first
    return _origin(value, axis, "set"), None


def _depends(node: Node, axis: int) -> bool:
    """Whether the size of an axis depends on that of the first input's."""
    if axis and node.op.window(*node.shapes) is not None:
        return True
    return not node.op.is_weight_layer and node.op.family != "pool"


def _setter(value: Value, axis: int) -> Node:
    """The layer that gave an axis its size."""
    here = value
    while here.node.inputs:
        kept = here.node.op.preserves(axis, *here.node.shapes)
        if kept is None or len(here.node.shapes[kept]) <= axis:
            break
        here = here.node.inputs[kept]
    return here.node


def _origin(value: Value, axis: int, how: How, remark: str = "") -> Origin:
    node = value.node
    label = node.op.label(*node.shapes) if node.inputs else node.op.name
    return Origin((value.shape or ())[axis], node.path, label, how, remark, node.span, node.trace)
