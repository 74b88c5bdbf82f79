"""One source text for one network or several.

Assumes sound networks. Promises Python that stands alone: it imports torch and what of its own
library it needs, every class is there once and before it is used, and what the classes compute, and
the names and shapes of their weights, are what the specs say.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from archdsl.check.model import Checked, written_shape
from archdsl.graph.model import Elaborated
from archdsl.outputs.torch import objective
from archdsl.outputs.torch.anysize import refuse_sizes
from archdsl.outputs.torch.classes import Class
from archdsl.outputs.torch.forward import INDENT
from archdsl.outputs.torch.grouping import groups
from archdsl.outputs.torch.helpers import HELPERS, needed
from archdsl.outputs.torch.layout import STEP, WIDTH
from archdsl.outputs.torch.merging import Group
from archdsl.outputs.torch.names import IMPORTED, Names, class_name, variable
from archdsl.outputs.torch.nesting import uses
from archdsl.outputs.torch.planning import plan
from archdsl.outputs.torch.render import Renderer, method
from archdsl.outputs.torch.steps import Wrappers, block_forward, net_forward
from archdsl.outputs.torch.uses import Leaf, Use, align_outputs
from archdsl.sizes import show


def emit(networks: Sequence[Checked]) -> str:
    """PyTorch source of the networks, whose blocks share their classes."""
    for checked in networks:
        refuse_sizes(checked.graph)
    found = [use for checked in networks for use in uses(checked.graph)]
    align_outputs(found)
    leaves = (part for use in found for part in use.parts if isinstance(part, Leaf))
    wanted = {part.torch.helper for part in leaves if part.torch.helper}
    helpers = needed(wanted.union(*(objective.helpers(checked.graph) for checked in networks)))
    classes = _declared(groups(found), helpers)
    plan(classes)
    parts = [HELPERS[name].rstrip() for name in helpers]
    parts += _Writer(networks, classes).texts()
    body = "\n\n\n".join(parts)
    return "\n".join([*_docstring(networks), "", *_imports(body), "", "", body, ""])


def _declared(found: Sequence[Group], helpers: Sequence[str]) -> list[Class]:
    """The classes, named after the blocks."""
    names = Names(IMPORTED | set(helpers))
    nets = [group for group in found if group.uses[0].parent is None]
    name = {id(group): names.new(class_name(group.uses[0].graph.name)) for group in nets}
    family: dict[str, list[Group]] = {}
    for group in found:
        if group not in nets:
            family.setdefault(_block_name(group), []).append(group)
    for base, members in family.items():
        for group in members:
            telling = _telling_name(base, group, members) if len(members) > 1 else base
            name[id(group)] = names.new(telling, f"{telling}Block")
    return [Class(name[id(group)], group) for group in found]


def _block_name(group: Group) -> str:
    scope = group.uses[0].scope
    return class_name((scope.definition or scope.name).replace(".", "_"))


def _telling_name(base: str, group: Group, members: Sequence[Group]) -> str:
    """A name that says in what these uses are unlike the other uses of the block."""
    if not _holds_itself(group) and any(map(_holds_itself, members)):
        return f"Innermost{base}"
    for argument in group.uses[0].scope.arguments:
        values = [{_shown(use.scope.arguments.get(argument)) for use in each.uses} for each in members]
        mine = values[members.index(group)]
        if any(len(each) > 1 or "" in each for each in values) or len(set.union(*values)) < len(members):
            continue
        (value,) = mine
        if value in ("True", "False"):
            return base if value == "False" else f"{base}With{class_name(argument)}"
        return f"{base}{class_name(argument)}{value}" if value.isdigit() else f"{base}{class_name(value)}"
    return base


def _holds_itself(group: Group) -> bool:
    blocks = (part for use in group.uses for part in use.parts if isinstance(part, Use))
    return any(block.definition == group.definition for block in blocks)


def _shown(value: object) -> str:
    """An argument that a name can hold; empty for others."""
    return str(value) if isinstance(value, bool | int | str) else ""


class _Writer:
    """Writes the classes in order, none of them twice."""

    def __init__(self, networks: Sequence[Checked], classes: Sequence[Class]) -> None:
        self.networks = {id(checked.graph): checked for checked in networks}
        self.classes = classes
        self.renderer = Renderer({each.name: each for each in classes})
        self.written: dict[str, str] = {}

    def texts(self) -> Iterator[str]:
        for each in self.classes:
            graph = each.uses[0].graph
            if each.uses[0].parent is None:
                yield from self._net(each, graph)
                continue
            methods = [self.renderer.constructor(each)]
            if not each.group.stem and not each.is_sequential:
                methods.append(method(*block_forward(each)))
            text = self._class(each.name, _base(each), methods)
            body = text.partition("\n")[2]
            if body in self.written:
                each.name = self.written[body]
                continue
            self.written[body] = each.name
            yield text

    def _net(self, each: Class, graph: Elaborated) -> Iterator[str]:
        ordinary, training = list(graph.outputs), list(graph.training_outputs)
        wrappers = Wrappers("", "")
        if len(ordinary) > 1:
            wrappers.always = f"{each.name}Outputs"
            yield _named_tuple(wrappers.always, ordinary)
        if training:
            wrappers.training = f"{each.name}{'Training' if wrappers.always else ''}Outputs"
            yield _named_tuple(wrappers.training, [*ordinary, *training])
        forward, returns = net_forward(each, wrappers)
        ties = [f"{INDENT}{_weight(tie.left)} = {_weight(tie.right)}" for tie in graph.ties]
        last = [*objective.starting(graph), *ties, *objective.freezing(graph)]
        losses = objective.losses_method(graph, wrappers.training or wrappers.always or "Tensor")
        methods = [self.renderer.constructor(each, last), method(forward, returns), losses]
        yield self._class(each.name, "nn.Module", methods, _about(self.networks[id(graph)], training))

    def _class(self, name: str, base: str, methods: Sequence[list[str]], doc: Sequence[str] = ()) -> str:
        blocks = [list(doc), *methods]
        body = "\n\n".join("\n".join(block) for block in blocks if block)
        return f"class {name}({base}):\n{body}"


def _base(each: Class) -> str:
    """The class that it extends."""
    if each.group.stem or each.is_sequential:
        return "nn.Sequential"
    return "nn.ModuleDict" if each.is_mapping and each.members else "nn.Module"


def _named_tuple(name: str, fields: Sequence[str]) -> str:
    lines = [f"{STEP}{variable(field)}: Tensor" for field in fields]
    return "\n".join([f"class {name}(NamedTuple):", *lines])


def _weight(path: str) -> str:
    """A parameter by its path: `self.decoder.weight`."""
    module, _, name = path.rpartition(".")
    if not module:
        return f"self.{name}"
    plain = all(part.isidentifier() for part in module.split("."))
    return f"self.{module}.{name}" if plain else f'self.get_submodule("{module}").{name}'


def _about(checked: Checked, training: Sequence[str]) -> list[str]:
    """The docstring of a net's class."""
    graph = checked.graph
    inputs = ", ".join(f"{name} {show(written_shape(value))}" for name, value in graph.inputs.items())
    outputs = ", ".join(f"{name} {show(written_shape(value))}" for name, value in graph.outputs.items())
    lines = textwrap.wrap(f"{graph.name}: {inputs} -> {outputs}.", WIDTH - len(STEP) - 6)
    if training:
        names = " and ".join(filter(None, (", ".join(training[:-1]), training[-1])))
        more = f"In training it returns {names} too."
        lines += ["", *textwrap.wrap(more, WIDTH - len(STEP))]
    return _quoted(lines, STEP)


def _docstring(networks: Sequence[Checked]) -> list[str]:
    """What the spec says of itself, and where the source comes from."""
    docs = dict.fromkeys(checked.graph.doc for checked in networks if checked.graph.doc)
    names = ", ".join(checked.name for checked in networks)
    files = ", ".join(dict.fromkeys(checked.graph.file for checked in networks))
    lines = [line for doc in docs for line in (*_wrapped(doc), "")]
    origin = f"{names}, written by archdsl from {files}."
    return _quoted([*lines, *textwrap.wrap(origin, WIDTH - 6)], "")


def _wrapped(text: str) -> list[str]:
    """The paragraphs of a text, filled anew where a line is too long."""
    lines: list[str] = []
    for paragraph in textwrap.dedent(text).strip().split("\n\n"):
        own = [line.rstrip() for line in paragraph.split("\n")]
        fits = all(len(line) <= WIDTH - 6 for line in own)
        lines += [*(own if fits else textwrap.wrap(paragraph, WIDTH - 6)), ""]
    return lines[:-1]


def _quoted(lines: Sequence[str], indent: str) -> list[str]:
    """Lines as a docstring."""
    text = "\n".join(line.rstrip() for line in lines).replace("\\", "\\\\").replace('"""', "'''").strip()
    if "\n" not in text:
        closing = ' """' if text.endswith('"') else '"""'
        return [f'{indent}"""{text}{closing}']
    first, *others = text.split("\n")
    return [f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in others), f'{indent}"""']


def _imports(body: str) -> list[str]:
    """The imports that a source needs, sorted."""
    code = re.sub(r'""".*?"""|"[^"\n]*"|#[^\n]*', "", body, flags=re.DOTALL)
    names = set(re.findall(rf"(?<![.\w])({'|'.join(IMPORTED)})\b", code))
    library = [line for name, line in _LIBRARY.items() if name in names]
    torch = [line for name, line in _TORCH.items() if name in names]
    from_torch = [name for name in ("Tensor", "nn") if name in names]
    torch.append(f"from torch import {', '.join(from_torch)}")
    return [*library, "", *torch] if library else torch


_LIBRARY = {
    "math": "import math",
    "OrderedDict": "from collections import OrderedDict",
    "NamedTuple": "from typing import NamedTuple",
}
_TORCH = {"torch": "import torch", "F": "import torch.nn.functional as F"}
