"""Drawings of well-known networks beside those of torchview, where it is installed.

python benchmarks/pictures.py [REPEAT]

Both as SVG; the seconds are those of the whole process. The letters are the smallest ones once the drawing
is made as small as the text of a page of A4 asks (18 by 26.8 cm), never larger than they are.
"""

from __future__ import annotations

import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from measure import ARCHDSL, Command, measure

NETS = {
    # the network of torchvision: the spec, and the network in it
    "vgg16": ("vgg", "VGG.D"),
    "googlenet": ("googlenet", "GoogLeNet"),
    "resnet18": ("resnet", "ResNet.18"),
    "resnet152": ("resnet", "ResNet.152"),
    "densenet121": ("densenet", "DenseNet.121"),
}

A4 = (510, 760)

TORCHVIEW = """
import sys
from pathlib import Path
import torch
from oracle import models
from torchview import draw_graph
from archdsl.outputs.drawing.engine import run

name, path = sys.argv[1:]
options = {"init_weights": False} if name == "googlenet" else {}
model = getattr(models(), name)(**options).eval()
graph = draw_graph(model, input_size=(1, 3, 224, 224), device="meta")
Path(path).write_bytes(run(graph.visual_graph.source, "svg"))
"""

_SIZE = re.compile(r'<svg[^>]*?width="([\d.]+)(?:pt)?"[^>]*?height="([\d.]+)', re.DOTALL)
_LETTERS = re.compile(r'font-size[=:]"?([\d.]+)')


def main(repeat: int = 3) -> None:
    print(f"{'':13}{'':12}{'seconds':>9}{'SVG':>9}{'width x height':>20}{'letters on A4':>15}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (spec, net) in NETS.items():
            for tool, command in _commands(name, spec, net, Path(folder)).items():
                cost = measure({tool: command}, repeat)[tool]
                text = Path(command[-1]).read_text("utf-8")
                told = f"{name:13}{tool:12}{cost.best:>9.2f}{len(text) / 1000:>6.0f} kB"
                print(f"{told}{_looks(text)}", flush=True)


def _commands(name: str, spec: str, net: str, folder: Path) -> dict[str, Command]:
    ours = str(folder / f"{name}.svg")
    found: dict[str, Command] = {
        "archdsl": (*ARCHDSL, "draw", f"specs/{spec}.arch", "--net", net, "-o", ours),
    }
    if all(map(find_spec, ("torch", "torchvision", "torchview"))):
        theirs = str(folder / f"{name}-torchview.svg")
        found["torchview"] = (sys.executable, "-c", TORCHVIEW, name, theirs)
    return found


def _looks(svg: str) -> str:
    """How large it is, in centimetres, and how small its letters are on a page, in points."""
    found = _SIZE.search(svg)
    assert found is not None
    width, height = map(float, found.groups())
    letters = min(map(float, _LETTERS.findall(svg))) * min(1, A4[0] / width, A4[1] / height)
    return f"{width / 72 * 2.54:>10.0f} x {height / 72 * 2.54:.0f} cm{letters:>12.1f} pt"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
