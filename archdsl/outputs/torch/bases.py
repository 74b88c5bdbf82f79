"""What the parameters of a class may be, before anything new is made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archdsl.outputs.torch.names import variable
from archdsl.outputs.torch.uses import Use


def sources(uses: Sequence[Use]) -> dict[str, list[Any]]:
    """The channels of each input, by name, with their number in each use."""
    found = {}
    for index, name in enumerate(uses[0].input_names):
        shapes = [use.inputs[index].shape or () for use in uses]
        if all(shapes):
            what = "channels" if any(len(shape) > 1 for shape in shapes) else "features"
            found[f"{name if index else 'in'}_{what}"] = [shape[0] for shape in shapes]
    return found


def arguments(uses: Sequence[Use]) -> dict[str, list[Any]]:
    """The static arguments of the block, by name, with their value in each use."""
    rows = [_visible(use) for use in uses]
    shared = [name for name in rows[0] if all(name in row for row in rows)]
    return {variable(name): [row[name] for row in rows] for name in shared}


def _visible(use: Use) -> dict[str, Any]:
    """The arguments of the block that a use is, or stands in as a labelled sequence."""
    block: Use | None = use
    while block is not None and block.scope.kind == "sequence" and not block.scope.definition:
        block = block.parent
    given = block.scope.arguments if block is not None else {}
    return {name: _whole(value) for name, value in given.items() if _is_static(value)}


def _is_static(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_static, value))
    return isinstance(value, bool | int | float | str)


def _whole(value: Any) -> Any:
    """Whole numbers as such, however they were computed."""
    if isinstance(value, tuple | list):
        return tuple(map(_whole, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value
