"""`archdsl check specs/vgg.arch`, which is six networks, against torchinfo for one of them.

python benchmarks/cold.py [REPEAT]
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec

from measure import ARCHDSL, Command, Cost, measure, run

CHECK = (*ARCHDSL, "check", "specs/vgg.arch")

IMPORTS = """
import sys
from archdsl.cli import main

main(["check", "specs/vgg.arch"])
heavy = {"torch", "numpy", "networkx", "rich", "graphviz"} & set(sys.modules)
assert not heavy, f"check imports {heavy}"
"""

TORCHINFO = """
import torch
from oracle import models
from torchinfo import summary

with torch.device({device!r}):
    vgg16 = models().vgg16()
summary(vgg16, (1, 3, 224, 224), device={device!r})
"""


def main(repeat: int = 15) -> None:
    commands: dict[str, Command] = {"python -c pass": (sys.executable, "-c", "pass"), "archdsl": CHECK}
    measure(commands, 1)  # whatever is to be compiled is compiled
    costs = measure(commands, repeat)
    with tempfile.TemporaryDirectory() as empty:
        costs |= measure({"archdsl, no parser kept yet": CHECK}, 1, XDG_CACHE_HOME=empty)
    if all(map(find_spec, ("torch", "torchvision", "torchinfo"))):
        slow: dict[str, Command] = {"import torch": (sys.executable, "-c", "import torch")}
        for device in ("cpu", "meta"):
            slow[f"torchinfo, VGG-16 on {device}"] = (sys.executable, "-c", TORCHINFO.format(device=device))
        costs |= measure(slow, max(repeat // 5, 1))
    _show(costs, costs["python -c pass"], costs["archdsl"])
    run((sys.executable, "-c", IMPORTS))
    print("\narchdsl check imports no torch, numpy, networkx, rich or graphviz")


def _show(costs: dict[str, Cost], floor: Cost, check: Cost) -> None:
    print(f"{'':28}{'best':>9}{'median':>10}{'peak':>11}{'÷ pass':>9}{'÷ archdsl: time, memory':>27}")
    for name, cost in costs.items():
        print(
            f"{name:28}{1000 * cost.best:>6,.0f} ms{1000 * cost.median:>7,.0f} ms{cost.peak:>7,.0f} MiB"
            f"{cost.best / floor.best:>9.1f}{cost.best / check.best:>19.1f}{cost.peak / check.peak:>8.1f}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
