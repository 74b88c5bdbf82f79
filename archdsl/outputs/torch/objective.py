"""How a network trains, in its source: how weights start, what is frozen, and the method `losses`.

Assumes a sound graph. Promises lines that end the constructor of its class and say what the spec says,
in its order, and a method that gives each loss by its name and, as `total`, their weighted sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.graph.model import Elaborated, Loss, Node, Start
from archdsl.ops.losses import LOSSES
from archdsl.outputs.torch.code import Binary, Call, Const, Expr, Name, Subscript
from archdsl.outputs.torch.forward import INDENT
from archdsl.outputs.torch.layout import STEP, layout
from archdsl.outputs.torch.names import variable
from archdsl.outputs.torch.render import signature


def helpers(graph: Elaborated) -> set[str]:
    """The helpers that these lines call."""
    of_losses = {LOSSES[loss.function].helper for loss in graph.losses}
    of_starts = {"bilinear_" for start in graph.starts if start.scheme == "bilinear"}
    return {name for name in of_losses if name} | of_starts


def module(path: str) -> str:
    """A module by its path: `self.features`."""
    if not path:
        return "self"
    plain = all(part.isidentifier() for part in path.split("."))
    return f"self.{path}" if plain else f'self.get_submodule("{path}")'


# --- how weights start --------------------------------------------------------------------------


def starting(graph: Elaborated) -> Iterator[str]:
    """The lines that fill weights; what is said later holds."""
    for start in graph.starts:
        parameter = start.parameter or "weight"
        meant = [node for node in graph.nodes if start.means(node)]
        nodes = [node for node in meant if start.fills(node)]
        if len(nodes) == 1:
            yield from _filled(INDENT, f"{module(nodes[0].path)}.{parameter}", nodes[0], start)
        elif nodes:
            yield from _all_filled(nodes, parameter, start, whole=len(nodes) == len(meant))


def _all_filled(nodes: Sequence[Node], parameter: str, start: Start, *, whole: bool) -> Iterator[str]:
    """A loop over modules that fills those of these nodes' classes; `whole` if each has the parameter."""
    alike: dict[str, dict[str, Node]] = {}
    for node in nodes:
        alike.setdefault(node.op.name, {}).setdefault(node.op.torch(*node.shapes).module or "", node)
    owner = module("" if start.is_operator else start.target)
    yield f"{INDENT}for module in {owner}.modules():"
    for classes in alike.values():
        kinds = ", ".join(classes)
        condition = f"isinstance(module, {kinds if len(classes) == 1 else f'({kinds})'})"
        there = "" if whole else f" and module.{parameter} is not None"
        yield f"{INDENT}{STEP}if {condition}{there}:"
        node = next(iter(classes.values()))
        yield from _filled(INDENT + STEP * 2, f"module.{parameter}", node, start)


def _filled(indent: str, weight: str, node: Node, start: Start) -> list[str]:
    """The lines that fill one weight; kernels at each position of their own are filled one by one."""
    positions = len(node.outputs[0].shape or ()) - 1
    if node.op.name != "locally_connected" or not weight.endswith(".weight"):
        return layout(indent, _fill(weight, start, node.op.name == "conv_transpose"))
    kernels = f"{weight}.data.flatten(0, {positions - 1})" if positions > 1 else f"{weight}.data"
    return [f"{indent}for kernel in {kernels}:", *layout(indent + STEP, _fill("kernel", start, False))]


def _fill(weight: str, start: Start, transposed: bool) -> Call:
    """The call of `nn.init` that a scheme stands for. A transposed kernel has its fans exchanged."""
    given = start.arguments
    match start.scheme:
        case "he":
            fan_in = (given["mode"] == "fan_in") != transposed
            options: dict[str, object] = {} if fan_in else {"mode": "fan_out"}
            name, options = "kaiming_normal_", {**options, "nonlinearity": "relu"}
        case "glorot":
            name, options = "xavier_uniform_" if given["uniform"] else "xavier_normal_", {}
        case "orthogonal":
            name, options = "orthogonal_", {} if given["gain"] == 1 else given
        case "normal":
            name, options = "normal_", {"std": given["std"]} if given["mean"] == 0 else given
        case "uniform":
            name, options = "uniform_", {"a": given["low"], "b": given["high"]}
        case "constant" if given["value"] in (0, 1):
            name, options = "ones_" if given["value"] else "zeros_", {}
        case "constant":
            name, options = "constant_", {"val": given["value"]}
        case _:
            return Call(Name("bilinear_"), (Name(weight),))
    return Call(Name(f"nn.init.{name}"), (Name(weight),), tuple((n, Const(v)) for n, v in options.items()))


# --- what is frozen -----------------------------------------------------------------------------


def freezing(graph: Elaborated) -> Iterator[str]:
    """The lines that keep parameters from being trained, or allow it again."""
    for each in graph.frozen:
        inside = f"{each.path}." if each.path else ""
        nodes = (node for node in graph.nodes if f"{node.path}.".startswith(inside))
        if any(weight.is_parameter for node in nodes for weight in node.op.weights(*node.shapes)):
            yield f"{INDENT}{module(each.path)}.requires_grad_({not each.frozen})"


# --- losses -------------------------------------------------------------------------------------


def losses_method(graph: Elaborated, outputs: str) -> list[str]:
    """The method `losses`, of outputs of this type; nothing where the spec names none."""
    if not graph.losses:
        return []
    parameters = [f"outputs: {outputs}", "targets: dict[str, Tensor]"]
    weighted = [_weighted(loss) for loss in graph.losses]
    total = weighted[0]
    for each in weighted[1:]:
        total = Binary("+", total, each)
    return [
        *signature("losses", parameters, "dict[str, Tensor]"),
        f'{INDENT}"""Each loss by its name, and `total`, their weighted sum."""',
        f"{INDENT}losses = {{",
        *(line for loss in graph.losses for line in _term(loss, outputs == "Tensor")),
        f"{INDENT}}}",
        *layout(f'{INDENT}losses["total"] = ', total),
        f"{INDENT}return losses",
    ]


def _term(loss: Loss, alone: bool) -> list[str]:
    """One entry: what is called on which outputs and targets, options that are not their defaults."""
    function = LOSSES[loss.function]
    read: list[Expr] = [Name("outputs") if alone else Name(f"outputs.{variable(o)}") for o in loss.outputs]
    told: list[Expr] = [Subscript(Name("targets"), (Const(target),)) for target in loss.targets]
    defaults = {each.name: each.default for each in function.args}
    options = tuple((n, Const(v)) for n, v in loss.arguments.items() if v != defaults[n])
    call = Call(Name(function.function), (*read, *told), options)
    return layout(f'{INDENT}{STEP}"{loss.name}": ', call, ",")


def _weighted(loss: Loss) -> Expr:
    term = Subscript(Name("losses"), (Const(loss.name),))
    weight = int(loss.weight) if float(loss.weight).is_integer() else loss.weight
    return term if weight == 1 else Binary("*", Const(weight), term)
