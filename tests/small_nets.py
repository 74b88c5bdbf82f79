"""Small networks that the tests of drawings share."""

from __future__ import annotations

from pathlib import Path

import archdsl
from archdsl.check.model import Checked

SPECS = Path(__file__).resolve().parent.parent / "specs"

BLOCKS = """
block residual(c) {
    add {
        conv(c, 3, padding = same) -> batchnorm -> relu -> conv(c, 3, padding = same) -> batchnorm
        identity
    }
    relu
}
block mixed(c) {
    concat { conv(c, 1) -> relu; conv(c, 3, padding = same) -> relu; maxpool(3, stride = 1, padding = 1) }
}
"""
RESIDUAL = BLOCKS + "net Residual { input image: 8 x 16 x 16; stage: { residual(8) * 3 }; conv(4, 1) }"
MIXED = BLOCKS + "net Mixed { input image: 8 x 16 x 16; stem: conv(8, 1); mixed(4); flatten; linear(5) }"
HEADS = """net Heads {
    input image: 3 x 8 x 8
    a: conv(4, 3)
    training output aux: { a -> avgpool(global) -> flatten -> linear(2) }
    output main: { a -> flatten -> linear(2) }
}"""
CHAIN = "net Chain { input x: 4 x 8 x 8; (conv(4, 3, padding = same) -> batchnorm -> relu) * 5; maxpool(2) }"
SHARED = """net Twins {
    input a: 3 x 8 x 8
    input b: 3 x 8 x 8
    share tower: { conv(4, 3) -> relu -> conv(4, 3) }
    output both: (a -> tower) + (b -> tower)
}"""
EVERY = [RESIDUAL, MIXED, HEADS, CHAIN, SHARED]


TWO_INPUTS = """net Two {
    input x: 4 x 8 x 8
    input y: 4 x 8 x 8
    x -> a: conv(4, 1)
    a -> s: conv(4, 3, padding = same)
    output o: s + y
    output p: { s -> flatten -> linear(3) }
}"""
CROSSED = """net Crossed {
    input x: 4 x 8 x 8
    x -> a: conv(4, 1)
    a -> b: conv(4, 3, padding = same)
    x -> c: conv(4, 1)
    d: a + b
    e: b + c
    output o: d + e
}"""
"""Lines cross over between its branches, so that Graphviz has to find their way."""


def network(source: str) -> Checked:
    """The only network of a spec."""
    (net,) = archdsl.loads(source).values()
    return net.checked


def of(file: str, name: str) -> Checked:
    """A network of a published spec."""
    return archdsl.load(SPECS / f"{file}.arch")[name].checked
