"""`archdsl check` of chains of 10,000 to 1,000,000 layers: the cost grows linearly.

python benchmarks/chain.py [REPEAT]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import ARCHDSL, measure

SIZES = (10_000, 100_000, 1_000_000)

CONV = "conv(16, 3, padding = same)"
RESIDUAL = f"""
block residual {{
    add {{ identity; {{ {CONV}; batchnorm; relu; {CONV}; batchnorm }} }}
    relu
}}
"""

FORMS = {
    # name: (blocks, the repeated lines, the layers that they make)
    "conv * n": ("", CONV, 1),
    "conv, batchnorm, relu * n": ("", f"{{ {CONV}; batchnorm; relu }}", 3),
    "residual block of 7 * n": (RESIDUAL, "residual", 7),
}


def specs() -> list[tuple[str, int, str]]:
    """What each chain is made of, how many layers it has, and its text."""
    repeated = [
        (name, size, _net(blocks, f"{unit} * {size // layers}"))
        for name, (blocks, unit, layers) in FORMS.items()
        for size in SIZES
    ]
    # every line a text of its own, which is mostly the parser's work
    written = [("conv, line by line", size, _net("", f"{CONV}\n" * size)) for size in SIZES[:2]]
    return repeated + written


def _net(blocks: str, lines: str) -> str:
    return f"{blocks}\nnet Chain {{\n    input image: 16 x 32 x 32\n{lines}\n}}\n"


def main(repeat: int = 1) -> None:
    print(f"{'':28}{'layers':>12}{'seconds':>10}{'µs a layer':>12}{'peak':>11}{'bytes a layer':>15}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "chain.arch")
        path.write_text(_net("", CONV), "utf-8")
        empty = measure({"": (*ARCHDSL, "check", str(path))}, 5)[""]
        for name, size, text in specs():
            path.write_text(text, "utf-8")
            cost = measure({"": (*ARCHDSL, "check", str(path))}, repeat)[""]
            seconds, peak = (cost.best - empty.best) / size, (cost.peak - empty.peak) / size
            print(
                f"{name:28}{size:>12,}{cost.best:>10.2f}{1e6 * seconds:>12.1f}{cost.peak:>7,.0f} MiB"
                f"{2**20 * peak:>15,.0f}",
                flush=True,
            )
    print(
        f"\na layer: what its chain takes beyond a chain of one, {empty.best:.2f} s and {empty.peak:.0f} MiB"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
