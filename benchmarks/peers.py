"""Counts that are easy to get wrong: archdsl beside torch's own counter and beside other tools.

Every tool gets the module that archdsl compiles; archdsl itself looks at the spec alone. Those of
the tools that are not installed are left out.

python benchmarks/peers.py
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import archdsl

if TYPE_CHECKING:
    import torch

CASES = {
    "tied embedding, linear": """
        input tokens: 35 of int
        embed: embedding(1000, 64)
        decoder: linear(1000, bias = false)
        tie decoder.weight = embed.weight
    """,
    "shared convolution": """
        input image: 16 x 32 x 32
        share head: conv(16, 3, padding = same, bias = false)
        head; head
    """,
    "transposed convolution": """
        input image: 16 x 32 x 32
        conv_transpose(8, 2, stride = 2, bias = false)
    """,
    "depthwise convolution": """
        input image: 32 x 32 x 32
        conv(32, 3, padding = same, groups = 32, bias = false)
    """,
    "grouped convolution": """
        input image: 32 x 32 x 32
        conv(64, 3, padding = same, groups = 4, bias = false)
    """,
    "locally connected": """
        input image: 4 x 16 x 16
        locally_connected(8, 3, bias = false)
    """,
}


class Counts(NamedTuple):
    params: int
    macs: int


Count = Callable[["torch.nn.Module", "torch.Tensor"], Counts]


def by_torch(module: torch.nn.Module, x: torch.Tensor) -> Counts:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        module(x)
    return Counts(sum(each.numel() for each in module.parameters()), counter.get_total_flops() // 2)


def by_torchinfo(module: torch.nn.Module, x: torch.Tensor) -> Counts:
    from torchinfo import summary

    found = summary(module, input_data=x, verbose=0)
    return Counts(found.total_params, found.total_mult_adds)


def by_thop(module: torch.nn.Module, x: torch.Tensor) -> Counts:
    from thop import profile

    macs, params = profile(module, inputs=(x,), verbose=False)
    return Counts(int(params), int(macs))


def by_fvcore(module: torch.nn.Module, x: torch.Tensor) -> Counts:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    # what it calls a flop is a multiply-accumulate
    return Counts(parameter_count(module)[""], int(FlopCountAnalysis(module, x).total()))


def by_ptflops(module: torch.nn.Module, x: torch.Tensor) -> Counts:
    sys.path.append(str(Path(__file__).parent.parent / "tests"))
    from oracle import models

    models()  # ptflops imports torchvision, which may lack its compiled operators
    from ptflops import get_model_complexity_info

    macs, params = get_model_complexity_info(
        module, (1,), input_constructor=lambda _: x, as_strings=False, print_per_layer_stat=False
    )
    return Counts(params, macs)


PEERS: dict[str, Count] = {
    "torchinfo": by_torchinfo,
    "thop": by_thop,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops,
}


def main() -> None:
    tools = {"torch": by_torch, **{name: count for name, count in PEERS.items() if find_spec(name)}}
    found = {case: _counts(lines, tools) for case, lines in CASES.items()}
    for metric in Counts._fields:
        print(f"{metric:24}" + "".join(f"{tool:>13}" for tool in ["archdsl", *tools]))
        for case, counts in found.items():
            truth = getattr(counts["torch"], metric)
            print(f"{case:24}" + "".join(_cell(getattr(each, metric), truth) for each in counts.values()))
            assert getattr(counts["archdsl"], metric) == truth, f"{case}: archdsl's {metric} are not torch's"
        print()
    print("× differs from torch. " + ", ".join(f"{tool} {version(tool)}" for tool in tools))


def _counts(lines: str, tools: dict[str, Count]) -> dict[str, Counts]:
    """What each tool counts, each of a module of its own: some leave something behind."""
    net = archdsl.loads(f"net Case {{ {lines} }}")["Case"]
    found = {"archdsl": Counts(net.params, net.macs)}
    for tool, count in tools.items():
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            logging.disable()
            found[tool] = count(net.module().eval(), _input(net))
    return found


def _input(net: archdsl.Network) -> Any:
    import torch

    (value,) = net.checked.graph.inputs.values()
    shape = (1, *net.inputs["tokens" if "tokens" in net.inputs else "image"])
    whole = value.node.op.dtype == "int"
    return torch.zeros(shape, dtype=torch.long) if whole else torch.zeros(shape)


def _cell(count: int, truth: int) -> str:
    return f"{count:>11,}" + ("  " if count == truth else " ×")


if __name__ == "__main__":
    main()
