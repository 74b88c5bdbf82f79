"""Names in the emitted source: of classes, of variables, and of the modules that they hold."""

from __future__ import annotations

import builtins
import keyword
import re

from archdsl.outputs.torch.helpers import HELPERS

IMPORTED = frozenset({"F", "NamedTuple", "OrderedDict", "Tensor", "math", "nn", "torch"})
"""What an emitted source may import, so that nothing else there takes these names."""

_AVOIDED = IMPORTED | frozenset({"self", "super", *HELPERS, *dir(builtins)})


def class_name(name: str) -> str:
    """`bottleneck` → `Bottleneck`, `double_conv` → `DoubleConv`; capitals stay as they are.

    A variant follows its net: `ResNet.50` → `ResNet50`, `VGG.D` → `VGG_D`, `VGG.A-LRN` → `VGG_A_LRN`.
    """
    net, _, variant = name.partition(".")
    words = [word[:1].upper() + word[1:] for word in re.split(r"\W+|_", net) if word]
    camel = "".join(words) or "Net"
    camel = f"Net{camel}" if camel[0].isdigit() else camel
    tail = re.sub(r"\W+", "_", variant).strip("_")
    if not tail:
        return camel
    return f"{camel}{tail}" if tail[0].isdigit() and not camel[-1].isdigit() else f"{camel}_{tail}"


def variable(label: str) -> str:
    """A label as a local variable or a parameter: `conv3-64` → `conv3_64`, `input` → `input_`."""
    name = re.sub(r"\W", "_", label)
    name = f"_{name}" if not name or name[0].isdigit() else name
    return f"{name}_" if name in _AVOIDED or keyword.iskeyword(name) else name


class Names:
    """Gives out names that are not taken yet."""

    def __init__(self, taken: frozenset[str] | set[str] = frozenset()) -> None:
        self.taken = set(taken)

    def new(self, *wishes: str) -> str:
        """The first wish that is free, else the last one with a number."""
        free = next((wish for wish in wishes if wish not in self.taken), None)
        number = 2
        while free is None:
            wish = wishes[-1]
            numbered = f"{wish}_{number}" if wish[-1].isdigit() else f"{wish}{number}"
            free = numbered if numbered not in self.taken else None
            number += 1
        self.taken.add(free)
        return free


def member(path: str, mapping: bool) -> str:
    """How a class reaches a module within it; `mapping` for a class that is a ModuleDict."""
    first, *inner = path.split(".")
    text = f'self["{first}"]' if mapping else _attribute("self", first)
    for name in inner:
        text = _attribute(text, name)
    return text


def membership(path: str, mapping: bool) -> tuple[str, str]:
    """What stands before and behind a module where a class takes it in."""
    around, _, name = path.rpartition(".")
    if name.isidentifier() or (mapping and not around):
        return f"{member(path, mapping)} = ", ""
    return f'{member(around, mapping) if around else "self"}.add_module("{name}", ', ")"


def _attribute(owner: str, name: str) -> str:
    return f"{owner}.{name}" if name.isidentifier() else f'getattr({owner}, "{name}")'
