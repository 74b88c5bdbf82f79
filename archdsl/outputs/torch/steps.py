"""What each class computes, as the steps of its forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.outputs.torch.classes import Class
from archdsl.outputs.torch.code import Call, Name, Operand
from archdsl.outputs.torch.forward import Forward, Step
from archdsl.outputs.torch.names import member, variable
from archdsl.outputs.torch.statements import Style
from archdsl.outputs.torch.uses import Part, Use
from archdsl.sizes import show

_STARTS = frozenset({"learned", "pool", "source"})
"""Families of operators that begin a line; norms, activations and the like go on with it."""


def block_forward(subject: Class) -> tuple[Forward, str]:
    """The method of a block's class, and its type."""
    group = subject.group
    steps = _steps(subject, False)
    inputs = subject.uses[0].input_names
    returns = "Tensor" if len(group.results) == 1 else f"tuple[{', '.join(['Tensor'] * len(group.results))}]"
    if group.end is None or group.early is None:
        return Forward(inputs, steps, group.results), returns
    late = [index for index in subject.members if index >= group.end]
    attribute = member(subject.members[min(late)].name, subject.is_mapping) if late else ""
    condition = Name(f"{attribute} is not None" if late else f"self.{subject.flag}")
    forward = Forward(
        inputs,
        steps[: group.end],
        [group.early],
        condition=condition,
        more=steps[group.end :],
        more_results=group.results,
        chooses=not late,
    )
    return forward, returns


@dataclass(slots=True)
class Wrappers:
    """The named tuples that a net returns: always, and in training; empty for a plain tensor."""

    always: str
    training: str


def net_forward(subject: Class, wrappers: Wrappers) -> tuple[Forward, str]:
    """The method of a net's class, and its type. What only training needs is computed last, if at all."""
    use = subject.uses[0]
    graph = use.graph
    steps = _steps(subject, True)
    known = {id(value): ref for value, ref in zip(use.outputs, subject.group.results, strict=True)}
    results = [known[id(value)] for value in graph.outputs.values()]
    returns = wrappers.always or "Tensor"
    if not graph.training_outputs:
        return Forward(use.input_names, steps, results, wrappers.always), returns
    only = [part.training for part in use.parts]
    forward = Forward(
        use.input_names,
        [step for step, training in zip(steps, only, strict=True) if not training],
        results,
        wrappers.always,
        Name("self.training"),
        [step for step, training in zip(steps, only, strict=True) if training],
        [*results, *(known[id(value)] for value in graph.training_outputs.values())],
        wrappers.training,
    )
    return forward, f"{returns} | {wrappers.training}"


def _steps(subject: Class, with_shapes: bool) -> list[Step]:
    group, labels = subject.group, subject.uses[0].labels
    steps = []
    for index, slot in enumerate(group.slots):
        part = slot.exemplar
        function = subject.functions.get(index)
        name = member(slot.name, subject.is_mapping)
        expr = function or Call(Name(name), tuple(map(Operand, range(len(slot.refs)))))
        outputs = tuple([(index, port) for port in range(len(part.outputs))])
        comment = (
            show(part.outputs[0].open or part.outputs[0].shape or ())
            if with_shapes and len(outputs) == 1
            else ""
        )
        steps.append(
            Step(expr, slot.refs, outputs, _style(part), _names(part, labels), comment, function is None)
        )
    return steps


def _style(part: Part) -> Style:
    if isinstance(part, Use) or part.node.op.family in _STARTS or len(part.outputs) > 1:
        return "starts"
    return "merges" if part.node.op.family == "merge" and len(part.inputs) > 1 else "follows"


def _names(part: Part, labels: Mapping[int, str]) -> tuple[str, ...]:
    """What the results of a part may be called."""
    declared = {id(value): name for name, value in part.declared.items()} if isinstance(part, Use) else {}
    wishes = []
    for value in part.outputs:
        wish = declared.get(id(value)) or labels.get(id(value), "")
        usable = wish and not wish[0].isdigit()
        wishes.append(variable(wish) if usable else f"part{value.port + 1}" if len(part.outputs) > 1 else "")
    return tuple(wishes)
