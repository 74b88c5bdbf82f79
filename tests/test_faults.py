"""A network that is wrong is there as far as it goes, each mistake at its layer, and is drawn so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

import pytest
from click.exceptions import Exit
from test_cases import PATHS, named, read_case

from archdsl.cli.specs import drawable
from archdsl.graph.faults import Broken, Unmade
from archdsl.graph.model import Node
from archdsl.outputs.drawing.blocks import scene
from archdsl.outputs.drawing.blocks.compose import composed
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture
from archdsl.outputs.drawing.charts.dot import dot
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.faults import Faulty, faulty
from archdsl.outputs.drawing.lettering import width
from archdsl.outputs.drawing.remarks import MOST_REMARKS
from archdsl.outputs.drawing.render import render
from archdsl.outputs.drawing.scene import Group, Line, Scene, Text
from archdsl.outputs.drawing.themes import PAPER
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Wanted
from archdsl.pipeline import Analysis, analyse
from archdsl.source import Source

RESIDUAL = """
block basic(c) {
    add {
        { conv(c, 3, padding = same); relu; conv(c, 3, padding = same) }
        identity
    }
    relu
}

net Residual {
    input image: 3 x 32 x 32
    stem: conv(64, 3, padding = same) -> relu
    first: basic(64)
    second: basic(32)
    pool: maxpool(2)
    flatten
    linear(10)
}
"""


def analysed(text: str) -> Analysis:
    return analyse(Source("wrong.arch", text), lambda path: "")


def broken(text: str) -> Broken:
    (only,) = analysed(text).broken
    return only


def within(body: str, before: str = "") -> str:
    return f"{before}\nnet Small {{\n    input image: 3 x 32 x 32\n{body}\n}}\n"


def drawn(text: str) -> tuple[Faulty, Picture]:
    analysis = analysed(text)
    (wrong,) = analysis.broken
    sound = {each.name: each for each in analysis.networks}
    shown = faulty(wrong, sound.get(wrong.name))
    return shown, composed(shown)


def layers(wrong: Broken) -> list[str]:
    """Each layer, `?` behind it where what it gives is unknown."""
    return [f"{said(node)}{'?' * (node.outputs[0].shape is None)}" for node in wrong.graph.nodes]


def said(node: Node) -> str:
    return f"<{node.op.label()}>" if isinstance(node.op, Unmade) else node.op.name


def places(wrong: Broken) -> dict[str, list[str]]:
    """By code: the layers at which a fault is."""
    nodes = wrong.graph.nodes
    return {each.diagnostic.code: [said(nodes[spot.layer]) for spot in each.spots] for each in wrong.faults}


def at_fault(picture: Picture) -> list[Arrow]:
    return [arrow for arrow in picture.arrows if arrow.role == "fault"]


def boxes(picture: Picture, role: str) -> list[str]:
    return [box.lines[0].text for box in picture.boxes() if box.role == role]


def frames(picture: Picture) -> Iterator[Frame]:
    waiting: list[Box | Frame] = list(picture.parts)
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, Frame):
            yield part
            waiting = [*part.parts, *waiting]


# --- the graph ---------------------------------------------------------------------------------------------


def test_a_refused_layer_is_there_and_what_follows_is_unknown() -> None:
    wrong = broken(within("    conv(64, 3)\n    linear(10)\n    relu"))
    assert layers(wrong) == ["input", "conv", "linear?", "relu?"]
    assert places(wrong) == {"E303": ["linear"]}
    (spot,) = wrong.faults[0].spots
    assert spot.operands == (0,)
    assert spot.words == "got 64 x 30 x 30, expected a vector of features or a sequence of them"


def test_a_line_that_cannot_be_made_is_there_as_it_is_written() -> None:
    wrong = broken(within("    conv(64, 3)\n    lineer(10)\n    relu"))
    assert layers(wrong) == ["input", "conv", "<lineer(10)>?", "relu?"]
    assert [value.node.op.name for value in wrong.graph.nodes[2].inputs] == ["conv"]
    assert places(wrong) == {"E206": ["<lineer(10)>"]}
    assert wrong.graph.outputs["output"].node.op.name == "relu"


def test_a_lost_line_reads_what_it_names() -> None:
    body = "    left: conv(64, 3)\n    right: conv(64, 3)\n    concat(left, right, axs = 1)"
    lost = broken(within(body)).graph.nodes[-1]
    assert [value.node.name for value in lost.inputs] == ["left", "right"]


def test_a_lost_line_reads_what_was_made_for_it() -> None:
    lost = broken(within("    conv(8, 3)\n    add(relu(in), tanh(in), sum = 1)")).graph.nodes[-1]
    assert [value.node.op.name for value in lost.inputs] == ["relu", "tanh"]


def test_a_label_whose_layer_is_lost_still_carries_its_line_on() -> None:
    wrong = broken(within("    left: lineer(10)\n    conv(8, 3)\n    add(left, in)"))
    assert layers(wrong) == ["input", "<lineer(10)>?", "conv?", "add?"]
    assert [each.diagnostic.code for each in wrong.faults] == ["E206"]
    assert wrong.graph.nodes[3].inputs[0].node is wrong.graph.nodes[1]


def test_a_wrong_declaration_stands_beside_the_flow() -> None:
    wrong = broken(within("    conv(8, 3)\n    let depth = 3 / 0\n    conv(8, 3)\n    conv(depth, 3)"))
    assert layers(wrong) == ["input", "conv", "<let depth = 3 / 0>?", "conv", "<conv(depth, 3)>?"]
    assert places(wrong) == {"E209": ["<let depth = 3 / 0>"]}


def test_what_is_wrong_outside_of_the_net_is_marked_where_it_is_used() -> None:
    wrong = broken(within("    conv(width, 3)\n    relu\n    linear(width)", "let width = widht * 2"))
    assert places(wrong) == {"E206": ["<conv(width, 3)>", "<linear(width)>"]}


def test_a_wrong_parameter_spoils_what_uses_it_alone() -> None:
    text = "net Small(width, depth = 2) {\n input image: 3 x 8 x 8\n conv(4, 3) * depth\n conv(width, 3)\n}\n"
    wrong = broken(text)
    assert layers(wrong) == ["input", "conv", "conv", "<conv(width, 3)>?"]
    assert places(wrong) == {"E201": ["<conv(width, 3)>"]}


def test_a_wrong_input_begins_the_flow() -> None:
    wrong = broken("net Small {\n    input image: 3 x 2.5 x 8\n    conv(4, 3)\n    add(in, image)\n}\n")
    assert layers(wrong) == ["<input image: 3 x 2.5 x 8>?", "conv?", "add?"]


def test_two_faults_at_once() -> None:
    body = "    left: { conv(8, 3); linear(4) }\n    image -> conv(10, 3, groups = 4)"
    assert places(broken(within(body))) == {"E303": ["linear"], "E304": ["conv"]}


def test_a_fault_in_a_block_that_is_used_three_times_is_one_at_three_layers() -> None:
    before = "block unit(c) {\n    conv(c, 3, padding = same)\n    conv(c, 3, groups = 3)\n}"
    wrong = broken(within("    image -> unit(8)\n    image -> unit(8)\n    image -> unit(8)", before))
    (fault,) = wrong.faults
    assert [wrong.graph.nodes[spot.layer].path for spot in fault.spots] == [
        "unit1.conv2",
        "unit2.conv2",
        "unit3.conv2",
    ]


def test_what_comes_after_a_round_that_fails_is_there_as_one_layer() -> None:
    wrong = broken(within("    for c in [8, 16, 32] { conv(c, 3); linear(c) }\n    relu"))
    assert layers(wrong) == ["input", "conv", "linear?", "<2 more of these>?", "relu?"]


def test_a_network_without_end_is_there_up_to_where_it_never_ends() -> None:
    before = "block deep(c) { conv(c, 3, padding = same) -> deep(c) }"
    wrong = broken(within("    conv(8, 3)\n    deep(8)\n    relu", before))
    assert layers(wrong) == ["input", "conv", "<deep(8)>?"]
    assert places(wrong) == {"E401": ["<deep(8)>"]}


def test_a_line_without_end_reads_no_layer_that_is_left_out_again() -> None:
    before = "block deep(c) { conv(c, 3, padding = same) -> deep(c) }"
    wrong = broken(within("    a: conv(8, 3) -> b: relu -> add(a, b) -> deep(8)", before))
    assert layers(wrong) == ["input", "<a: conv(8, 3) -> b: relu -> add(a, b) -> deep(8)>?"]
    assert [value.node.op.name for value in wrong.graph.nodes[1].inputs] == ["input"]


def test_a_shared_module_that_does_not_fit_is_marked_at_its_use() -> None:
    body = "    share head: conv(8, 3)\n    image -> head\n    conv(4, 1)\n    head\n    relu"
    wrong = broken(within(body))
    assert layers(wrong) == ["input", "conv", "conv", "conv?", "relu?"]
    assert [spot.layer for spot in wrong.faults[0].spots] == [3]


def test_a_shared_module_of_other_layers_is_lost_where_it_has_none() -> None:
    before = "block narrow { if in.channels == 8 { conv(4, 1) } else { identity } }"
    body = "    share unit: narrow\n    conv(8, 3) -> unit -> unit\n    conv(5, 3, groups = 3)"
    wrong = broken(within(body, before))
    assert layers(wrong) == ["input", "conv", "conv", "<unit>?", "conv?"]
    assert places(wrong) == {"E312": ["<unit>"]}


def test_what_concerns_the_whole_network_is_at_no_layer() -> None:
    wrong = broken(within("    conv(8, 3)\n    tie conv1.weigth = conv1.bias"))
    assert layers(wrong) == ["input", "conv"]
    assert places(wrong) == {"E310": []}


def test_expectations_are_marked_on_what_they_speak_of() -> None:
    body = "    a: conv(8, 3)\n    b: { relu; conv(8, 3) }\n    expect a.shape == 8 x 2 x 2\n"
    body += "    expect b.params == 7\n    expect params == 5"
    analysis = analysed(within(body))
    (wrong,) = analysis.broken
    assert [each.name for each in analysis.networks] == ["Small"]
    spots = [
        [(wrong.graph.nodes[spot.layer].path, spot.words) for spot in each.spots] for each in wrong.faults
    ]
    assert spots == [
        [("a", "got 8 x 30 x 30, expected 8 x 2 x 2")],
        [("b.1", "got 584, expected 7")],
        [],
    ]


def test_an_expectation_is_marked_where_it_does_not_hold_alone() -> None:
    before = "block unit(c) {\n    a: conv(c, 3, padding = same)\n    expect a.shape == 8 x 32 x 32\n}"
    wrong = broken(within("    unit(8)\n    unit(9)\n    unit(7)\n    unit(9)", before))
    spots = [
        [(wrong.graph.nodes[spot.layer].path, spot.words) for spot in each.spots] for each in wrong.faults
    ]
    assert spots == [
        [(f"unit{number}.a", "got 9 x 32 x 32, expected 8 x 32 x 32") for number in (2, 4)],
        [("unit3.a", "got 7 x 32 x 32, expected 8 x 32 x 32")],
    ]


def test_a_wrong_row_of_expectations_is_not_in_the_flow() -> None:
    rows = "A | B\nconv(8, 3) | conv(9, 3)\nexpect params == | 3 | 4 | 5\nrelu | linear(3)"
    first, second = analysed(within(f"    table {{\n{rows}\n    }}")).broken
    assert layers(first) == ["input", "conv", "relu"]
    assert places(first) == {"E407": []}
    assert places(second) == {"E407": [], "E303": ["linear"]}


def test_a_mistake_outside_of_the_nets_is_one_of_each() -> None:
    wrong = analysed(
        "let width = 3 / 0\n" + within("    relu") + within("    tanh").replace("Small", "Other")
    )
    assert [each.name for each in wrong.networks] == ["Small", "Other"]
    assert [(each.name, places(each)) for each in wrong.broken] == [
        ("Small", {"E209": []}),
        ("Other", {"E209": []}),
    ]


def test_a_mistake_in_a_block_that_nothing_uses_is_one_of_its_net() -> None:
    body = "    relu\n    block unit { lineer(3) }"
    wrong = analysed(within(body) + within("    relu").replace("Small", "Other"))
    assert [(each.name, places(each)) for each in wrong.broken] == [("Small", {"E206": []})]


def test_a_net_made_from_one_that_is_wrong_is_broken_too() -> None:
    wrong = analysed("net Made from Base { remove fc }\nnet Base from Missing { remove fc }\n")
    assert [each.name for each in wrong.broken] == ["Made", "Base"]


def test_many_nets_and_many_mistakes_take_no_longer_than_both() -> None:
    wrong = "".join(f"let w{number} = 3 / 0\n" for number in range(400))
    nets = "".join(within("    relu").replace("Small", f"Small{number}") for number in range(400))
    start = perf_counter()
    assert len(analysed(wrong + nets).broken) == 400
    assert perf_counter() - start < 2


def test_open_sizes_are_shown_as_far_as_they_are_known() -> None:
    text = "net Small {\n    input image: 3 x H x W\n    conv(8, 3, padding = same)\n    linear(10)\n}\n"
    (wrong,) = analysed(text).broken
    assert str(wrong.graph.nodes[1].outputs[0].open) == "(8, H, W)"
    assert layers(wrong) == ["input", "conv", "linear?"]


def test_a_sound_network_is_not_broken() -> None:
    assert analysed(within("    conv(8, 3)")).broken == []


def test_only_the_wrong_networks_of_a_spec_are_broken() -> None:
    text = within("    conv(8, 3)") + within("    lineer(8)").replace("Small", "Other")
    analysis = analysed(text)
    assert [each.name for each in analysis.networks] == ["Small"]
    assert [each.name for each in analysis.broken] == ["Other"]


# --- the picture -------------------------------------------------------------------------------------------


def test_a_residual_add_shows_both_branches_and_the_edge_that_fails() -> None:
    shown, picture = drawn(RESIDUAL)
    (arrow,) = at_fault(picture)
    assert arrow.head.kind == "sign"
    assert arrow.head.role == "fault"
    assert arrow.text == "(1) got 64, expected 32"
    into = [each for each in picture.arrows if each.head is arrow.head]
    assert len(into) == 2
    (remark,) = shown.remarks
    assert remark[:3] == (1, "line 5", "identity")
    assert remark.way == "basic"
    assert remark.message == "add: branches disagree in channels: 64 × 32 × 32 and 32 × 32 × 32"
    assert remark.remedies == ("`-> conv(32, 1)` behind it gives 32 × 32 × 32",)
    assert boxes(picture, "unknown") == ["relu", "2×2 maxpool, /2", "flatten", "fc, 10", "output"]


def test_all_faults_are_numbered_as_they_come() -> None:
    body = "    left: { conv(8, 3); linear(4) }\n    image -> conv(10, 3, groups = 4)\n    expect params == 5"
    shown, picture = drawn(within(body + "\n    lineer(10)"))
    assert [remark.place for remark in shown.remarks] == ["line 4", "line 5", "line 7"]
    assert sorted(arrow.text.split()[0] for arrow in at_fault(picture)) == ["(1)", "(2)"]
    assert [box.note for box in picture.boxes() if box.note] == [("(3)",)]


def test_a_block_with_a_fault_is_open_whatever_the_depth() -> None:
    wrong = faulty(broken(RESIDUAL))
    assert [frame.name or frame.block for frame in frames(composed(wrong, 0))] == ["second"]


def test_a_fault_in_a_repeated_stage_is_shown_once() -> None:
    before = "block unit(c) {\n    conv(c, 3, padding = same)\n    image: relu\n    conv(c, 3, groups = 3)\n}"
    _, picture = drawn(within("    conv(8, 3)\n    unit(8) * 3", before))
    assert [arrow.text for arrow in at_fault(picture)] == [
        "(1) got 8 input channels, expected a multiple of 3"
    ]


def test_a_failing_expectation_is_marked_and_the_rest_is_as_ever() -> None:
    shown, picture = drawn(within("    a: conv(8, 3)\n    relu\n    expect a.shape == 8 x 2 x 2"))
    assert [box.note for box in picture.boxes() if box.role == "fault"] == [
        ("(1) got 8 × 30 × 30, expected 8 × 2 × 2",)
    ]
    assert boxes(picture, "unknown") == []
    assert shown.checked is not None


def test_nothing_can_be_drawn_of_a_net_without_a_layer() -> None:
    with pytest.raises(CannotDraw):
        faulty(broken("net Small from Missing {\n    remove fc\n}\n"))


# --- the scene ---------------------------------------------------------------------------------------------


def laid_out(text: str, wanted: Wanted | None = None) -> Scene:
    return scene(drawn(text)[0], wanted or Wanted())


def texts(shown: Scene) -> list[str]:
    return [part.text for part in shown.shapes() if isinstance(part, Text)]


def test_what_is_wrong_is_listed_with_its_line_and_its_remedy() -> None:
    said = texts(laid_out(RESIDUAL))
    assert "got 64, expected 32" in said
    assert said.count("1") == 2  # at the edge, and before what is said of it
    assert "line 5:  identity" in said
    assert "in basic" in said
    assert "help: `-> conv(32, 1)` behind it gives 32 × 32 × 32" in said


def test_the_words_stand_beside_the_line_that_fails() -> None:
    shown = laid_out(RESIDUAL)
    (line,) = (
        part for part in shown.shapes() if isinstance(part, Line) and part.role == "fault" and part.head
    )
    (words,) = (part for part in shown.shapes() if isinstance(part, Text) and part.text.startswith("got "))
    assert words.role == "fault"
    assert max(x for x, _ in line.points) < words.x
    assert min(y for _, y in line.points) < words.y < max(y for _, y in line.points)


@pytest.mark.parametrize("page", PAGES)
def test_the_list_fits_on_the_page_too(page: str) -> None:
    shown = laid_out(RESIDUAL, Wanted(page=PAGES[page]))
    assert shown.width <= PAGES[page].width + 0.01
    assert shown.height <= PAGES[page].height + 0.01
    assert shown.smallest_text() >= SMALLEST - 0.01
    for part in shown.shapes():
        if isinstance(part, Text) and part.anchor == "start" and not part.turned:
            assert part.x + width(part.text, part.size, part.bold) <= shown.width + 0.5


def test_every_remark_has_its_own_room() -> None:
    body = "    lineer(10)\n" * 12
    numbers = [str(number) for number in range(1, 13)]
    marks = [
        part for part in laid_out(within(body)).parts if isinstance(part, Group) and "remark" in part.key
    ]
    assert [part.key for part in marks] == [f"remark {number}" for number in numbers]
    lows = [max(each.y for each in part.parts if isinstance(each, Text)) for part in marks]
    highs = [min(each.y for each in part.parts if isinstance(each, Text)) for part in marks]
    assert all(low < high for low, high in zip(lows, highs[1:], strict=False))


def test_a_long_list_says_how_many_more_there_are() -> None:
    body = "    conv(8, 3)\n" + "    expect params == 5\n" * (MOST_REMARKS + 1234)
    shown = laid_out(within(body))
    assert sum(isinstance(part, Group) and "remark" in part.key for part in shown.parts) == MOST_REMARKS
    assert texts(shown)[-1] == "and 1,234 more"
    assert max(part.y for part in shown.shapes() if isinstance(part, Text)) < shown.height


HOSTILE = [
    '    conv("<script>alert(1)</script>", 3)',
    '    conv("\u202e & ]]> \\\\ %s {0} $", 3)',
    f"    {'long_' * 2000}(3)",
    '    relu -> "<!-- -->"',
]


@pytest.mark.parametrize("line", HOSTILE)
def test_hostile_texts_break_nothing(line: str) -> None:
    shown = laid_out(within(line))
    svg = render(shown, "svg", PAPER)
    root = ElementTree.fromstring(svg)
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    assert shown.width < 1500
    assert render(shown, "pdf", PAPER).startswith(b"%PDF")
    assert dot(drawn(within(line))[1])


# --- the command line --------------------------------------------------------------------------------------


def test_a_call_gets_what_there_is_and_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "wrong.arch"
    spec.write_text(within("    conv(8, 3)") + within("    lineer(8)").replace("Small", "Other"), "utf-8")
    shown, code = drawable([str(spec)], (), {})
    assert [each.name for each in shown] == ["Small", "Other"]
    assert [isinstance(each, Faulty) for each in shown] == [False, True]
    assert code == 1
    assert "nothing here is named `lineer`" in capsys.readouterr().err


def test_a_call_ends_where_nothing_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "wrong.arch"
    spec.write_text("net Small {", "utf-8")
    with pytest.raises(Exit) as end:
        drawable([str(spec)], (), {})
    assert end.value.exit_code == 1
    assert "error[E1" in capsys.readouterr().err


# --- every case --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_every_mistake_is_drawn_with_its_number(path: Path) -> None:
    analysis = read_case(path).run()
    said = {(each.code, each.at, each.text) for each in analysis.report.errors}
    faults = [each.diagnostic for wrong in analysis.broken for each in wrong.faults]
    assert not analysis.names or {(each.code, each.at, each.text) for each in faults} == said
    sound = {each.name: each for each in analysis.networks}
    for wrong in analysis.broken:
        if not wrong.graph.nodes:
            continue
        shown = faulty(wrong, sound.get(wrong.name))
        picture = composed(shown)
        marks = " ".join(line for box in picture.boxes() for line in box.note)
        marks += " ".join(arrow.text for arrow in at_fault(picture))
        marked = sum(bool(each.spots) for each in wrong.faults)
        assert all(f"({number})" in marks for number in range(1, marked + 1))
        assert len(shown.remarks) == len(wrong.faults)
        assert bool(marked) == any(box.role == "fault" for box in picture.boxes())
        listed = " ".join(texts(scene(shown, Wanted())))
        assert all(remark.place in listed for remark in shown.remarks)
