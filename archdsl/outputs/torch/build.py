"""The network in memory: the emitted source, executed."""

from __future__ import annotations

import linecache
import sys
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING

from archdsl.check.model import Checked
from archdsl.outputs.torch.emit import emit

if TYPE_CHECKING:
    from torch import nn

_numbers = count(1)


def build(checked: Checked) -> nn.Module:
    """An instance of the network, with fresh weights.

    What runs is the text that `emit` gives. It is kept where `inspect` and TorchScript look for
    sources, under a module of its own.
    """
    source = emit([checked])
    name = f"archdsl_network_{next(_numbers)}"
    file = f"<{checked.name} by archdsl, {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(source, file, "exec"), vars(module))
    net = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == name][-1]
    made: nn.Module = net()
    return made
