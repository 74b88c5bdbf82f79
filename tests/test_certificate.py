"""Certificates of open sizes: they say what torch says, and their sets are exact."""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import archdsl
from archdsl.outputs.json import document
from archdsl.outputs.summary import closing
from archdsl.pipeline import analyse
from archdsl.sizes.certificate import Certificate
from archdsl.source import Source

ROOT = Path(__file__).parent.parent
_spec = importlib.util.spec_from_file_location("certificates", ROOT / "benchmarks" / "certificates.py")
assert _spec is not None and _spec.loader is not None
certificates = importlib.util.module_from_spec(_spec)
sys.modules["certificates"] = certificates
_spec.loader.exec_module(certificates)


def certificate(*lines: str, before: str = "") -> Certificate:
    text = "\n".join([before, "net N {", *lines, "}"]) + "\n"
    found = archdsl.loads(text)["N"].certificate
    assert found is not None
    return found


def accepted(found: Certificate, symbol: str = "H", **others: int) -> list[int]:
    return [n for n in range(1, 401) if found.valid(**{symbol: n}, **others)]


def codes(*lines: str) -> set[str]:
    with pytest.raises(archdsl.SpecError) as caught:
        certificate(*lines)
    return {each.code for each in caught.value.report.errors}


@pytest.mark.parametrize("seed", range(10))
def test_random_nets_are_valid_where_torch_runs(seed: int) -> None:
    count = certificates.Count()
    for number in range(3):
        rng = random.Random(f"test {seed} {number}")
        certificates.compare(certificates.random_net(rng), rng, count)
    assert not count.wrong
    assert count.asked > 400


def test_u_net_of_the_paper() -> None:
    text = (ROOT / "specs" / "unet.arch").read_text().replace("1 x size x size", "1 x H x W", 1)
    text = "\n".join(line for line in text.splitlines() if "claim" not in line and "expect" not in line)
    found = archdsl.loads(text)["U-Net"].certificate
    assert found is not None
    # crops keep the centre of any larger map; that no row is lost needs 188 + 16 k
    assert accepted(found, "H", W=188) == accepted(found, "W", H=188) == list(range(188, 401))
    kept = [n for n in range(1, 401) if n >= 188 and (n - 188) % 16 == 0]
    assert [n for n in range(1, 401) if n in found.lossless["H"]] == kept


def _googlenet(n: int) -> bool:
    n = (n + 6 - 7) // 2 + 1
    for _ in range(4):  # pools of 3, whose last window may begin inside and end outside
        n = -(-(n - 3) // 2) + 1
    return n == 7


EXACTLY: dict[str, Callable[[int], bool]] = {
    "fcn.arch:FCN-32s": lambda n: True,  # the first layer adds 100 cells on each side
    "fcn.arch:FCN-16s": lambda n: True,
    "fcn.arch:FCN-8s": lambda n: True,
    "segnet.arch:SegNet": lambda n: True,  # it unpools to the sizes that it pooled
    "resnet.arch:ResNet.18": lambda n: True,
    "resnet.arch:ResNet.50": lambda n: True,
    "resnet.arch:ResNet.152": lambda n: True,
    "frrn.arch:FRRN.A": lambda n: n % 16 == 0,
    "frrn.arch:FRRN.B": lambda n: n % 32 == 0,
    "googlenet.arch:GoogLeNet-inference": _googlenet,
    "vgg.arch:VGG.D": lambda n: n // 32 == 7,
}


@pytest.mark.parametrize("which", EXACTLY)
def test_networks_of_papers_accept_exactly_these(which: str) -> None:
    path, name = which.split(":")
    specs = ROOT / "specs"
    source = Source(path, (specs / path).read_text())
    (found,) = analyse(source, lambda other: (specs / other).read_text(), only=name, free=True).networks
    sizes = found.graph.certificate
    assert sizes is not None
    shown = dict(sizes.point)
    for symbol in shown:
        for n in range(1, 601):
            wanted = EXACTLY[which](n)
            assert sizes.valid(**{**shown, symbol: n}) == wanted, f"{symbol} = {n}"


def test_condition_that_couples_sizes() -> None:
    found = certificate("input image: 512 x H x W", "maxpool(32)", "reshape(25_088)", "linear(10)")
    for h in range(1, 401, 7):
        for w in range(1, 401, 5):
            assert found.valid(H=h, W=w) == ((h // 32) * (w // 32) == 49)


def test_static_branch_on_a_size() -> None:
    found = certificate(
        "input image: 3 x H x W",
        "x: conv(8, 3, padding = same)",
        "if x.height % 2 == 1 { pad([[0, 1], [0, 0]]) }",
        "same: relu",
        "maxpool(2) -> up: upsample(2)",
        "add(up, same)",
    )
    assert accepted(found, W=8) == list(range(1, 401))
    assert accepted(found, "W", H=7) == list(range(2, 401, 2))


def test_odd_sizes() -> None:
    found = certificate(
        "input image: 3 x H x W",
        "x: conv(3, 1)",
        "conv(3, 3, stride = 2)",
        "y: conv_transpose(3, 3, stride = 2)",
        "add(x, y)",
    )
    assert accepted(found, W=5) == list(range(3, 401, 2))
    assert found.words == "H and W: odd, at least 3"


def test_weights_may_not_depend_on_sizes() -> None:
    assert codes("input image: 3 x H x W", "flatten", "linear(10)") == {"E313"}


def test_no_size_fits() -> None:
    assert codes("input image: 3 x H x W", "x: conv(3, 1)", "y: conv(3, 3)", "concat(x, y)") <= {
        "E417",
        "E301",
    }


def test_period_that_is_too_long() -> None:
    assert codes("input image: 3 x H x W", "maxpool(97)", "upsample(2)", "maxpool(89)", "relu") == {"E418"}


def test_many_layers_take_little_time() -> None:
    block = "block unit { add { conv(4, 3, padding = same, bias = false) -> batchnorm; identity }; relu }"
    begin = time.perf_counter()
    found = certificate("input image: 4 x H x W", "unit * 2_500", "maxpool(2)", before=block)
    assert time.perf_counter() - begin < 10
    assert accepted(found, W=2) == list(range(2, 401))


def test_expectations_about_sizes_are_counted_and_told_to_programs() -> None:
    text = "net N { input x: 3 x H x W; maxpool(4); expect H >= 4; claim W >= 5 }"
    checked = archdsl.loads(text)["N"].checked
    told = closing([checked], broken=0, errors=0, warnings=0)
    assert told == "1 network, 1 expectation holds, 1 claim differs"
    first, second = document([checked], [])["networks"][0]["size_expectations"]
    assert first == {"kind": "expect", "text": "H >= 4", "holds": True, "why": None}
    assert (second["holds"], second["why"]) == (False, "W = 4 is valid; the certificate is W >= 4")
