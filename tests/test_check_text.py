"""Checked networks from their text."""

from __future__ import annotations

from archdsl.check import Checked
from archdsl.pipeline import Analysis, analyse
from archdsl.source import Source


def analysed(text: str) -> Analysis:
    return analyse(Source("spec.arch", text), lambda path: "")


def codes(analysis: Analysis) -> list[str]:
    return [each.code for each in analysis.report]


def sound(text: str) -> Checked:
    analysis = analysed(text)
    assert not codes(analysis), [each.text for each in analysis.report]
    return analysis.networks[0]


def test_expectations_of_nets_blocks_labels_and_rows() -> None:
    found = sound("""
        notation conv{k}-{c} = conv(c, k, padding = same) -> relu

        block unit(width) {
            add { conv(width, 3, padding = 1); identity }
            expect params == 36_928
            expect shape == 64 x 14 x 14
            expect receptive_field == 8
        }

        block row(width) { conv(width, 3, padding = 1) }

        net Sum(classes = 10) {
            input image: 3 x 28 x 28
            stem: { conv3-64; maxpool(2) }
            unit: unit(64)
            table as row {
                layer: | width | = output     | ~ params
                wide   | 128   | 14 x 14 x 128 | 74K
            }
            flatten
            fc: linear(classes)
            expect stem.neurons == 50_176
            expect wide.stride == 2
            expect stride == 2
            claim  macs ~ 23M
            expect fc.receptive_field == 38 x 38
        }
    """)
    assert [each.remark for each in found.verdicts].count("exact") == 8
    assert [each.remark for each in found.verdicts].count("rounds") == 2


def test_failures_of_variants_are_told_for_each() -> None:
    analysis = analysed("""
        net Two {
            input image: 3 x 8 x 8
            table {
                A          | B
                conv(4, 3) | conv(8, 3)
                expect params == | 112 | 225
                claim  params ~  | 1K  | 0.2K
            }
        }
    """)
    found = [(each.code, each.at.text, each.hints) for each in analysis.report]
    assert found == [("W502", "1K", ()), ("E501", "225", ("`224` in this cell",))]
    assert [network.name for network in analysis.networks] == ["Two.A", "Two.B"]
    assert [each.holds for network in analysis.networks for each in network.verdicts] == [
        True,
        False,
        False,
        True,
    ]


def test_a_shared_head_and_a_tie() -> None:
    found = sound("""
        net Language(words = 1000) {
            input left: 35 of int
            input right: 35 of int
            share embed: embedding(words, 64)
            add(left -> embed, right -> embed)
            decoder: linear(words)
            tie decoder.weight = embed.weight
            expect params == 65_000
            expect weights == 64_000
            expect macs == 2_240_000
        }
    """)
    assert [name for name, _ in found.weights()] == ["embed.weight", "decoder.bias"]
    assert [layer.params for layer in found.layers] == [0, 0, 64_000, 0, 0, 1000]


def test_training_outputs_cost_only_parameters() -> None:
    found = sound("""
        net Aux {
            input image: 3 x 8 x 8
            body: conv(4, 1, bias = false)
            training output aux: body -> conv(2, 1, bias = false)
            output scores: body -> conv(5, 1, bias = false)
            expect params == 40
            expect macs == 2048
            expect depth == 2
            expect weight_layers == 2
        }
    """)
    assert found.metrics.activations == 9 * 64


def test_a_net_whose_branch_is_dropped() -> None:
    analysis = analysed("""
        net Dropped {
            input image: 3 x 8 x 8
            stem: conv(4, 1)
            side: { conv(4, 3); relu }
            stem -> conv(2, 1)
        }
    """)
    (found,) = [each for each in analysis.report if each.code == "W401"]
    assert (found.at.text, found.labels[0].span.text) == ("relu", "conv(2, 1)")


def test_a_recursive_net_that_enlarges_again() -> None:
    found = sound("""
        block level(depth, c) {
            left: conv(c, 3, padding = 1)
            if depth > 0 {
                maxpool(2) -> level(depth - 1, 2 * c) -> up: conv_transpose(c, 2, stride = 2)
                concat(left, up) -> conv(c, 3, padding = 1)
            }
        }

        net UNet { input image: 1 x 32 x 32; level(2, 4); conv(1, 1) }
    """)
    # of four phases the one that sees most: three cells of the lowest map, 4 apart, of 18 each
    assert (found.stride, found.receptive_field) == ((1, 1), (26, 26))
