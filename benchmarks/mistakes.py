"""The same mistakes made in archdsl and in other tools: what each says, as Markdown.

Every mistake is made in a process of its own, and what a user would read last is printed: of the
other tools the type and the text of the exception, of archdsl all of the diagnostic. Tools that are not
installed are left out, and named at the end.

python benchmarks/mistakes.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent
from typing import NamedTuple

import archdsl


class Mistake(NamedTuple):
    """One mistake, in the words of each tool: a text for those that read one, Python for torch.

    `sizes` are the image's and the output's, which HNDL is told beside the text.
    """

    title: str
    sizes: tuple[tuple[int, ...], tuple[int, ...]]
    archdsl: str
    torch: str
    hndl: str
    nnef: str
    onnx: str


MISTAKES = [
    Mistake(
        title="Wrong channels",
        sizes=((3, 32, 32), (32, 32, 32)),
        archdsl="""
            net Channels {
                input image: 3 x 32 x 32
                stem: conv(16, 3, padding = same)
                relu
                expect stem.shape == 8 x 32 x 32
                conv(32, 3, padding = same)
            }
        """,
        torch="""
            net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 32, 3, padding=1))
            net(image)
        """,
        hndl="""
            conv(16, kernel_size=3, padding=1)
            relu()
            conv(32, kernel_size=3, padding=1, in_channels=8)
        """,
        nnef="""
            stem_weight = variable<scalar>(shape = [16, 3, 3, 3], label = "stem_weight");
            weight = variable<scalar>(shape = [32, 8, 3, 3], label = "weight");
            stem = relu(conv(image, stem_weight));
            out = conv(stem, weight);
        """,
        onnx="""
            (float[1,3,32,32] image, float[16,3,3,3] stem_weight, float[32,8,3,3] weight)
            => (float[N,C,H,W] out) {
                stem = Conv<pads = [1, 1, 1, 1]>(image, stem_weight)
                active = Relu(stem)
                [second] out = Conv<pads = [1, 1, 1, 1]>(active, weight)
            }
        """,
    ),
    Mistake(
        title="Too small an input",
        sizes=((3, 8, 8), (32, 1, 1)),
        archdsl="""
            net Small {
                input image: 3 x 8 x 8
                conv(16, 5)
                relu
                conv(32, 5)
            }
        """,
        torch="""
            net = nn.Sequential(nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 32, 5))
            net(image)
        """,
        hndl="""
            conv(16, kernel_size=5)
            relu()
            conv(32, kernel_size=5)
        """,
        nnef="""
            stem_weight = variable<scalar>(shape = [16, 3, 5, 5], label = "stem_weight");
            weight = variable<scalar>(shape = [32, 16, 5, 5], label = "weight");
            stem = relu(conv(image, stem_weight, padding = [(0, 0), (0, 0)]));
            out = conv(stem, weight, padding = [(0, 0), (0, 0)]);
        """,
        onnx="""
            (float[1,3,8,8] image, float[16,3,5,5] stem_weight, float[32,16,5,5] weight)
            => (float[N,C,H,W] out) {
                stem = Conv(image, stem_weight)
                active = Relu(stem)
                [second] out = Conv(active, weight)
            }
        """,
    ),
    Mistake(
        title="A mismatched skip",
        sizes=((16, 32, 32), (32, 16, 16)),
        archdsl="""
            net Skip {
                input image: 16 x 32 x 32
                add {
                    identity
                    { conv(32, 3, stride = 2, padding = 1); relu; conv(32, 3, padding = 1) }
                }
            }
        """,
        torch="""
            body = nn.Sequential(
                nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1)
            )
            image + body(image)
        """,
        hndl="""
            start = identity()
            conv(32, kernel_size=3, stride=2, padding=1)
            relu()
            end = conv(32, kernel_size=3, padding=1)
            add(start, end)
        """,
        nnef="""
            weight1 = variable<scalar>(shape = [32, 16, 3, 3], label = "weight1");
            weight2 = variable<scalar>(shape = [32, 32, 3, 3], label = "weight2");
            middle = relu(conv(image, weight1, stride = [2, 2], padding = [(1, 1), (1, 1)]));
            out = add(image, conv(middle, weight2));
        """,
        onnx="""
            (float[1,16,32,32] image, float[32,16,3,3] weight1, float[32,32,3,3] weight2)
            => (float[N,C,H,W] out) {
                middle = Conv<strides = [2, 2], pads = [1, 1, 1, 1]>(image, weight1)
                active = Relu(middle)
                end = Conv<pads = [1, 1, 1, 1]>(active, weight2)
                [skip] out = Add(image, end)
            }
        """,
    ),
    Mistake(
        title="A forgotten flatten",
        sizes=((3, 32, 32), (10,)),
        archdsl="""
            net Forgotten {
                input image: 3 x 32 x 32
                conv(16, 5)
                maxpool(2)
                linear(10)
            }
        """,
        torch="""
            net = nn.Sequential(nn.Conv2d(3, 16, 5), nn.MaxPool2d(2), nn.Linear(3136, 10))
            net(image)
        """,
        hndl="""
            conv(16, kernel_size=5)
            max_pool(kernel_size=2)
            linear(10)
        """,
        nnef="""
            stem_weight = variable<scalar>(shape = [16, 3, 5, 5], label = "stem_weight");
            weight = variable<scalar>(shape = [10, 3136], label = "weight");
            stem = conv(image, stem_weight, padding = [(0, 0), (0, 0)]);
            pooled = max_pool(stem, size = [1, 1, 2, 2], stride = [1, 1, 2, 2],
                              padding = [(0, 0), (0, 0), (0, 0), (0, 0)]);
            out = linear(pooled, weight);
        """,
        onnx="""
            (float[1,3,32,32] image, float[16,3,5,5] stem_weight, float[10,3136] weight)
            => (float[N,C] out) {
                stem = Conv(image, stem_weight)
                pooled = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(stem)
                [classifier] out = Gemm<transB = 1>(pooled, weight)
            }
        """,
    ),
    Mistake(
        title="A wrong flatten",
        sizes=((3, 32, 32), (10,)),
        archdsl="""
            net Flatten {
                input image: 3 x 32 x 32
                conv(16, 5)
                maxpool(2)
                features: flatten
                expect features.shape == 2304
                linear(10)
            }
        """,
        torch="""
            net = nn.Sequential(nn.Conv2d(3, 16, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2304, 10))
            net(image)
        """,
        hndl="""
            conv(16, kernel_size=5)
            max_pool(kernel_size=2)
            flatten()
            linear(10, in_features=2304)
        """,
        nnef="""
            stem_weight = variable<scalar>(shape = [16, 3, 5, 5], label = "stem_weight");
            weight = variable<scalar>(shape = [10, 2304], label = "weight");
            stem = conv(image, stem_weight, padding = [(0, 0), (0, 0)]);
            pooled = max_pool(stem, size = [1, 1, 2, 2], stride = [1, 1, 2, 2],
                              padding = [(0, 0), (0, 0), (0, 0), (0, 0)]);
            features = reshape(pooled, shape = [0, -1]);
            out = linear(features, weight);
        """,
        onnx="""
            (float[1,3,32,32] image, float[16,3,5,5] stem_weight, float[10,2304] weight)
            => (float[N,C] out) {
                stem = Conv(image, stem_weight)
                pooled = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(stem)
                features = Flatten(pooled)
                [classifier] out = Gemm<transB = 1>(features, weight)
            }
        """,
    ),
    Mistake(
        title="A typo",
        sizes=((3, 32, 32), (16, 32, 32)),
        archdsl="""
            net Typo {
                input image: 3 x 32 x 32
                conv(16, 3, padding = same)
                rellu
            }
        """,
        torch="""
            net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.Rellu())
            net(image)
        """,
        hndl="""
            conv(16, kernel_size=3, padding=1)
            rellu()
        """,
        nnef="""
            weight = variable<scalar>(shape = [16, 3, 3, 3], label = "weight");
            out = rellu(conv(image, weight));
        """,
        onnx="""
            (float[1,3,32,32] image, float[16,3,3,3] weight) => (float[N,C,H,W] out) {
                stem = Conv<pads = [1, 1, 1, 1]>(image, weight)
                [active] out = Rellu(stem)
            }
        """,
    ),
]

NAMES = {"torch": "PyTorch", "hndl": "HNDL", "nnef": "NNEF", "onnx": "ONNX"}

# how each tool is asked; what it is asked is read from standard input
ASKED = {
    "torch": "import torch; from torch import nn; image = torch.zeros(1, *{image}); exec(sys.stdin.read())",
    "hndl": "from hndl.torch import network; "
    "network(sys.stdin.read(), input_shape=('B', *{image}), output_shape=('B', *{out}), device='cpu')",
    "nnef": "import nnef; graph = nnef.parse_string(sys.stdin.read()); nnef.infer_shapes(graph); "
    "print('out is', graph.tensors['out'].shape)",
    "onnx": "import onnx; model = onnx.parser.parse_model(sys.stdin.read()); "
    "onnx.checker.check_model(model, full_check=True)",
}


def main() -> None:
    peers = [tool for tool in ASKED if find_spec(tool)]
    for mistake in MISTAKES:
        spec = dedent(mistake.archdsl).strip()
        print(f"## {mistake.title}\n\n```text\n{spec}\n```\n\n```text\n{by_archdsl(mistake)}\n```\n")
        print("| | says |\n| :-- | :-- |")
        for tool in peers:
            print(f"| {NAMES[tool]} | {by_peer(tool, mistake)} |")
        print()
    versions = {"archdsl": archdsl.__version__, **{tool: version(tool) for tool in peers}}
    print(", ".join(f"{tool} {number}" for tool, number in versions.items()))
    if missing := [tool for tool in ASKED if tool not in peers]:
        print("not installed, left out: " + ", ".join(missing))


def by_archdsl(mistake: Mistake) -> str:
    """The diagnostic in full, as `archdsl check` prints it, without the table of what is sound."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "mistake.arch")
        path.write_text(dedent(mistake.archdsl).strip() + "\n", encoding="utf-8")
        said = _run(["-m", "archdsl", "check", path.name, "--no-advice"], cwd=folder).stdout
    start = said.index("error[")
    return said[start : said.rindex("\n\n")].strip()


def by_peer(tool: str, mistake: Mistake) -> str:
    """The exception in one line, as a table's cell; or that there is none."""
    image, out = mistake.sizes
    text = dedent(getattr(mistake, tool)).strip()
    if tool == "nnef":
        shape = [1, *image]
        text = (
            f"version 1.0;\ngraph net(image) -> (out)\n{{\n    image = external<scalar>(shape = {shape});\n"
            f"{indent(text, '    ')}\n}}\n"
        )
    if tool == "onnx":
        text = f'<ir_version: 10, opset_import: ["" : 21]>\nnet {text}'
    asked = ["-c", "import sys; " + ASKED[tool].format(image=image, out=out)]
    answer = _run(asked, given=text)
    if not answer.returncode:
        return f"nothing, accepted; {answer.stdout.strip()}".removesuffix("; ")
    return f"`{last_exception(answer.stderr)}`"


def last_exception(trace: str) -> str:
    """The type and the text of the exception a traceback ends with, its lines joined."""
    lines = trace.rstrip().splitlines()
    last_frame = max(number for number, line in enumerate(lines) if line.startswith("  File "))
    first = next(n for n in range(last_frame + 1, len(lines)) if not lines[n].startswith(" "))
    return re.sub(r"\s+", " ", " ".join(lines[first:])).strip()


def _run(arguments: list[str], given: str = "", cwd: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, input=given, cwd=cwd, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
