"""Layer tables: folded and side by side for people, complete for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs.fold import Chain, Group, Leaf, Part, Repeat, fold, walk
from archdsl.outputs.table import FORMATS, grid, html, latex, markdown, render, text
from archdsl.outputs.table.align import aligned
from archdsl.outputs.table.grid import Column, Grid, Line

SPECS = sorted((Path(__file__).resolve().parent.parent / "specs").glob("*.arch"))

RESNET = """
notation conv{k}x{k}(c, stride = 1) = conv(c, k, stride = stride, padding = same, bias = false)
notation shortcut(c, stride) =
    if in.channels == c and stride == 1 { identity } else { conv1x1(c, stride); batchnorm }

block basic(width, stride = 1) {
    add {
        conv3x3(width, stride) -> batchnorm -> relu -> conv3x3(width) -> batchnorm
        downsample: shortcut(width, stride)
    }
    relu
}

block bottleneck(width, stride = 1) {
    add {
        conv1x1(width) -> batchnorm -> relu -> conv3x3(width, stride) -> batchnorm -> relu
          -> conv1x1(4 * width) -> batchnorm
        downsample: shortcut(4 * width, stride)
    }
    relu
}

notation stage(unit, width, count, stride) = { unit(width, stride); unit(width) * (count - 1) }

net ResNet {
    input image: 3 x 64 x 64
    conv(64, 7, stride = 2, padding = 3, bias = false) -> batchnorm -> relu
    maxpool(3, stride = 2, padding = 1)
    table {
        layer:  | 18                      | 50
        conv2_x | stage(basic, 64, 2, 1)  | stage(bottleneck, 64, 3, 1)
        conv3_x | stage(basic, 128, 2, 2) | stage(bottleneck, 128, 4, 2)
        avgpool(global) -> flatten
        fc: linear(10)
    }
}
"""

VGG = """
notation conv{k}-{c} = conv(c, k, padding = same) -> relu

net VGG {
    input image: 3 x 16 x 16
    features: {
        table {
            A        | A-LRN    | C        | D
            conv3-8  | conv3-8  | conv3-8  | conv3-8
                     | lrn      | conv3-8  | conv3-8
            maxpool(2)
            conv3-16 | conv3-16 | conv3-16 | conv3-16
                     |          | conv1-16 | conv3-16
            maxpool(2)
        }
    }
    flatten -> linear(10) -> softmax
}
"""
PLAIN_VGG = VGG.replace("    features: {\n", "").replace("        }\n    }\n", "        }\n")


def networks(source: str) -> dict[str, Checked]:
    spec = archdsl.loads(source)
    return {name: net.checked for name, net in spec.items()}


def network(body: str) -> Checked:
    (found,) = networks(body).values()
    return found


@pytest.fixture(scope="module")
def resnets() -> dict[str, Checked]:
    return networks(RESNET)


@pytest.fixture(scope="module")
def vggs() -> dict[str, Checked]:
    return networks(PLAIN_VGG)


# -- folding --------------------------------------------------------------------------------------


def repeats(part: Part) -> Iterator[Repeat]:
    pending = [part]
    while pending:
        each = pending.pop()
        if isinstance(each, Repeat):
            yield each
        if isinstance(each, (Group, Repeat)):
            pending.extend(reversed(each.parts))


def times(body: str) -> list[int]:
    return [each.times for each in repeats(fold(network(body)))]


def test_equal_blocks_in_a_row_fold() -> None:
    block = "block unit(c) { conv(c, 3, padding = same); relu }\n"
    assert times(block + "net N { input x: 4 x 8 x 8; unit(4) * 3 }") == [3]
    assert times(block + "net N { input x: 4 x 8 x 8; unit(8) * 3 }") == [2]  # the first reads 4 channels
    assert times(block + "net N { input x: 4 x 8 x 8; unit(4); unit(5); unit(4) }") == []


def test_a_weight_layer_folds_with_what_follows_it() -> None:
    (chain,) = repeats(
        fold(network("net N { input x: 3 x 8 x 8; (conv(4, 3, padding = same) -> relu) * 4 }"))
    )
    assert chain.times == 3
    assert [node.op.name for node in walk(chain)] == ["conv", "relu"]
    assert isinstance(chain.parts[0], Chain)


def test_layers_that_alternate_fold_together() -> None:
    body = "net N { input x: 4 x 9 x 9; (conv(4, 3, padding = same) -> conv(4, 1)) * 5 }"
    (found,) = repeats(fold(network(body)))
    assert (found.times, len(found.parts), found.stride) == (5, 2, 2)


def test_branches_side_by_side_do_not_fold() -> None:
    assert times("net N { input x: 4 x 8 x 8; add { conv(4, 1); conv(4, 1); conv(4, 1) } }") == []


def test_what_is_read_in_between_is_not_folded_away() -> None:
    chain = "conv(4, 1) -> a: conv(4, 1) -> b: conv(4, 1) -> conv(4, 1)"
    assert times(f"net N {{ input x: 4 x 8 x 8; {chain} }}") == [4]
    # the second convolution's output is read later too
    assert times(f"net N {{ input x: 4 x 8 x 8; {chain} -> c: avgpool(1); c + a }}") == [2, 2]


def test_a_shared_layer_does_not_fold_with_its_first_use() -> None:
    body = "net N { input x: 4 x 8 x 8; share f: conv(4, 1); x -> f -> f -> f }"
    (found,) = repeats(fold(network(body)))
    assert found.times == 2
    assert found.start == 2


def test_every_layer_is_in_the_tree_once(resnets: dict[str, Checked]) -> None:
    for checked in resnets.values():
        seen: list[int] = []
        pending: list[tuple[Part, int]] = [(fold(checked), 0)]
        while pending:
            part, shift = pending.pop()
            if isinstance(part, Leaf):
                seen.append(part.node.index + shift)
            elif isinstance(part, Repeat):
                for k in range(part.times):
                    pending.extend((each, shift + k * part.stride) for each in part.parts)
            else:
                inner = part.leaves if isinstance(part, Chain) else part.parts
                pending.extend((each, shift) for each in inner)
        assert sorted(seen) == list(range(len(checked.graph.nodes)))


def test_long_chains_fold_and_print() -> None:
    checked = network(
        "net N { input x: 4 x 4 x 4; (conv(4, 3, padding = same) -> relu) * 5000; flatten; linear(3) }"
    )
    assert [each.times for each in repeats(fold(checked))] == [5000]
    assert len(render([checked], "text").splitlines()) < 15
    assert len(render([checked], "csv").splitlines()) == 10_003


# -- one network ----------------------------------------------------------------------------------


def cells(checked: Checked) -> list[dict[str, str]]:
    table = grid([checked])
    titles = [column.title for column in table.columns]
    return [dict(zip(titles, line.cells, strict=True)) | {"kind": line.kind} for line in table.lines]


def number(cell: str) -> int:
    return int(cell.replace(",", "")) if cell else 0


def test_columns_add_up(resnets: dict[str, Checked]) -> None:
    for checked in resnets.values():
        *rows, total = cells(checked)
        for column, wanted in (("params", checked.metrics.params), ("MACs", checked.metrics.macs)):
            assert number(total[column]) == wanted
            assert sum(number(row[column]) for row in rows if row["kind"] == "layer") == wanted


def test_blocks_have_subtotals(resnets: dict[str, Checked]) -> None:
    checked = resnets["ResNet.50"]
    stage = next(scope for scope in checked.graph.scopes if scope.path == "conv3_x")
    (row,) = [row for row in cells(checked) if row["layer"] == "conv3_x"]
    part = checked.part(stage.start, stage.end)
    assert (number(row["params"]), number(row["MACs"])) == (part.params, part.macs)
    assert row["output"] == "512 x 8 x 8"


def test_a_folded_row_counts_all_and_shows_what_is_behind_the_last(resnets: dict[str, Checked]) -> None:
    checked = resnets["ResNet.50"]
    rows = cells(checked)
    at = next(i for i, row in enumerate(rows) if row["layer"] == "1 … 3")
    block, first = rows[at], rows[at + 1]
    assert (block["operator"], block["×"]) == ("bottleneck", "×3")
    assert (first["layer"], first["×"]) == ("conv1", "×3")
    last = next(node for node in checked.graph.nodes if node.path == "conv3_x.3.conv1")
    layer = checked.layers[last.index]
    assert number(first["params"]) == 3 * layer.params
    assert first["receptive field"] == str(layer.receptive_field[0])
    assert first["stride"] == str(layer.stride[0])


def test_names_of_a_repetition_within_a_repetition() -> None:
    inner = "block inner { body: { conv(4, 1) * 2 } }\nblock outer { parts: { inner * 3 }; relu }\n"
    rows = cells(network(inner + "net N { input x: 4 x 8 x 8; outer * 2 }"))
    names = [(row["layer"], row.get("×")) for row in rows]
    assert ("outer1 … outer2", "×2") in names
    assert ("0 … 2", "×6") in names
    assert ("0 … 1", "×12") in names


def test_what_only_training_needs_costs_nothing() -> None:
    body = "net N { input x: 4 x 8 x 8; a: conv(4, 1); training output aux: { a -> conv(9, 1) }; a -> relu }"
    rows = cells(network(body))
    (row,) = [row for row in rows if "(training)" in row["operator"]]
    assert number(row["params"]) == 45
    assert row["MACs"] == ""


def test_text_is_aligned(resnets: dict[str, Checked]) -> None:
    lines = render([resnets["ResNet.18"]], "text").splitlines()
    assert lines[0] == "ResNet.18"
    rule = lines[1]
    assert set(rule) == {"─"}
    assert all(len(line) <= len(rule) for line in lines)
    ends = {line.rindex("3 x 64 x 64") + len("3 x 64 x 64") for line in lines if "3 x 64 x 64" in line}
    ends |= {line.index("64 x 16 x 16") + len("64 x 16 x 16") for line in lines if "64 x 16 x 16" in line}
    assert len(ends) == 1


# -- several networks -----------------------------------------------------------------------------


def test_variants_line_up_as_in_the_paper(vggs: dict[str, Checked]) -> None:
    table = grid(list(vggs.values()))
    assert [column.title for column in table.columns][-4:] == ["VGG.A", "VGG.A-LRN", "VGG.C", "VGG.D"]
    three, six, pool = "3x3 conv, 8", "3x3 conv, 16", "2x2 maxpool, /2"
    assert [line.cells[-4:] for line in table.lines if line.kind != "total"] == [
        (three, three, three, three),
        ("", "lrn", "", ""),
        ("", "", three, three),
        (pool, pool, pool, pool),
        (six, six, six, six),
        ("", "", "1x1 conv, 16", six),
        (pool, pool, pool, pool),
        ("fc, 10", "fc, 10", "fc, 10", "fc, 10"),
        ("softmax", "softmax", "softmax", "softmax"),
    ]


def test_stages_of_blocks_are_one_entry(resnets: dict[str, Checked]) -> None:
    lines = [tuple(map(str, line.cells)) for line in grid(list(resnets.values())).lines]
    rows = {cells[0]: cells[1:] for cells in lines}
    assert rows["conv2_x"] == (
        "16 x 16",
        "[3x3 conv, 64; 3x3 conv, 64] × 2",
        "[1x1 conv, 64; 3x3 conv, 64; 1x1 conv, 256] × 3",
    )
    # the first block's stride and projection are not what makes a stage
    assert rows["conv3_x"][2] == "[1x1 conv, 128; 3x3 conv, 128; 1x1 conv, 512] × 4"
    assert rows["params"][1:] == tuple(f"{each.metrics.params:,}" for each in resnets.values())
    assert list(rows)[-3:] == ["weight layers", "params", "MACs"]


def test_many_equal_layers_of_a_block_are_a_number_of_them() -> None:
    branches = "; ".join(["conv(2, 3)"] * 5)
    block = f"block wide {{ concat {{ {branches} }}; conv(4, 1) }}\n"
    found = networks(block + "net N { input x: 4 x 8 x 8; wide }\nnet M { input x: 4 x 8 x 8; conv(4, 3) }")
    cells = [str(cell) for line in grid(list(found.values())).lines for cell in line.cells]
    assert "[5 of 3x3 conv, 2; 1x1 conv, 4]" in cells


class Item(NamedTuple):
    key: str
    kind: str
    shape: tuple[int, ...]


ITEMS = st.builds(Item, st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from([(1,), (2,)]))


@given(st.lists(st.lists(ITEMS, max_size=6), min_size=1, max_size=4))
def test_alignment_keeps_every_column(columns: list[list[Item]]) -> None:
    rows = aligned(columns)
    for index, column in enumerate(columns):
        assert [row[index] for row in rows if row[index] is not None] == column
    for row in rows:
        assert len({entry.kind for entry in row if entry}) == 1


@given(st.lists(ITEMS, max_size=8))
def test_equal_columns_share_all_lines(column: list[Item]) -> None:
    assert aligned([column, column, column]) == [[item] * 3 for item in column]


# -- formats --------------------------------------------------------------------------------------

EVIL = r'a<b>&"c" | x_1 $5% #{2} ~^ \d *e* `f` [g]'
AWKWARD = Grid(
    "T & <t>",
    (Column("layer"), Column("n|m", "right")),
    (Line((EVIL, "3 x 4")), Line(("[1x1; 3x3] × 2", ""), 1), Line(("total", "7"), kind="total")),
)


def test_latex_is_escaped() -> None:
    written = latex.latex(AWKWARD)
    row = next(line for line in written.splitlines() if line.startswith("a"))
    assert row == (
        r"a\textless{}b\textgreater{}\&\char34{}c\char34{} \textbar{} x\_1 \$5\% \#\{2\} "
        r"\textasciitilde{}\textasciicircum{} \textbackslash{}d *e* `f` [g] & 3$\times$4 \\"
    )
    assert r"{[1$\times$1; 3$\times$3] $\times$ 2}" in written  # in braces: \\[ would be a distance
    assert written.count("{") - written.count(r"\{") == written.count("}") - written.count(r"\}")
    assert all(line.count(" & ") == 1 for line in written.splitlines() if line.endswith(r"\\"))
    assert [line for line in written.splitlines() if line.endswith("rule")] == [
        r"\toprule",
        r"\midrule",
        r"\midrule",
        r"\bottomrule",
    ]


def test_html_is_escaped() -> None:
    table = ElementTree.fromstring(html.html(AWKWARD))
    assert table.tag == "table"
    assert table.findtext("caption") == "T & <t>"
    assert table.findtext("tbody/tr/td") == EVIL
    assert table.findtext("tfoot/tr/td") == "total"


def test_markdown_is_escaped() -> None:
    lines = markdown.markdown(AWKWARD).splitlines()
    assert lines[0] == r"**T \& \<t\>**"
    assert lines[2:4] == [r"| layer | n\|m |", "| :-- | --: |"]
    assert r"\| x\_1" in lines[4]
    assert lines[5].startswith(r"| &emsp;\[1x1")


def test_wide_letters_take_two_columns() -> None:
    table = Grid("t", (Column("a"), Column("b")), (Line(("層", "1")), Line(("ab", "2"))))
    assert text.text(table).splitlines()[-2:] == ["層  1", "ab  2"]


def test_programs_get_every_layer(resnets: dict[str, Checked]) -> None:
    both = list(resnets.values())
    document = json.loads(render(both, "json"))
    assert document == yaml.safe_load(render(both, "yaml"))
    assert [each["name"] for each in document["networks"]] == ["ResNet.18", "ResNet.50"]
    rows = list(csv.DictReader(io.StringIO(render(both, "csv"))))
    for checked, found in zip(both, document["networks"], strict=True):
        nodes = [node for node in checked.graph.nodes if node.op.name != "input"]
        assert [layer["path"] for layer in found["layers"]] == [node.path for node in nodes]
        assert sum(layer["params"] for layer in found["layers"]) == found["params"]
        assert sum(layer["macs"] for layer in found["layers"]) == found["macs"]
        mine = [row for row in rows if row["network"] == checked.name]
        assert [row["path"] for row in mine] == [node.path for node in nodes]
        assert sum(int(row["params"]) for row in mine) == found["params"]
    conv = document["networks"][0]["layers"][0]
    assert (conv["path"], conv["op"], conv["label"]) == ("conv1", "conv", "7x7 conv, 64, /2")
    assert (conv["in"], conv["out"], conv["stride"]) == ([3, 64, 64], [64, 32, 32], [2, 2])
    assert (rows[0]["in"], rows[0]["stride"]) == ("3 x 64 x 64", "2 x 2")
    add = next(row for row in rows if row["op"] == "add")
    assert add["in"] == "64 x 16 x 16, 64 x 16 x 16"


def test_an_unknown_format_is_refused(resnets: dict[str, Checked]) -> None:
    with pytest.raises(ValueError, match="no table format is named docx; there are text, markdown"):
        render(list(resnets.values()), "docx")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_prints_in_every_format(path: Path) -> None:
    found = [net.checked for net in archdsl.load(path).values()]
    for form in FORMATS:
        assert render(found, form).endswith("\n")
        assert render(found[:1], form).endswith("\n")
    *rows, total = cells(found[0])
    assert number(total["params"]) == found[0].metrics.params
    assert sum(number(row["params"]) for row in rows if row["kind"] == "layer") == found[0].metrics.params
    assert sum(number(row["MACs"]) for row in rows if row["kind"] == "layer") == found[0].metrics.macs
