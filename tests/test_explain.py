"""What a named value is: where it is written, where its sizes come from, what it sees and costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.cli import main
from archdsl.outputs.explain import Explanation, UnknownName, explain, names, nearest
from archdsl.outputs.explain.data import document
from archdsl.outputs.explain.model import Axis, Field, Seen
from archdsl.outputs.explain.text import text
from archdsl.outputs.explain.window import picture

ROOT = Path(__file__).resolve().parent.parent
SPECS = {path.stem: archdsl.load(path) for path in sorted((ROOT / "specs").glob("*.arch"))}
EVERY = [(spec, name) for spec in SPECS for name in SPECS[spec] if "1202" not in name]
RESNET = str(ROOT / "specs" / "resnet.arch")
Captured = pytest.CaptureFixture[str]


def network(text: str) -> Checked:
    (net,) = archdsl.loads(text).values()
    return net.checked


def of(spec: str, net: str, name: str) -> Explanation:
    return explain(SPECS[spec][net].checked, name)


def axis(found: Explanation, name: str) -> Axis:
    return next(each for each in found.axes if each.name == name)


def steps(found: Explanation, name: str) -> list[tuple[int, str, str]]:
    return [(each.size, each.path, each.how) for each in axis(found, name).origins]


# --- every name ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "net"), EVERY[::2], ids=[net for _, net in EVERY[::2]])
def test_every_name_is_explained(spec: str, net: str) -> None:
    checked = SPECS[spec][net].checked
    known = names(checked.graph)
    for name in known[:: max(1, len(known) // 12)]:
        found = explain(checked, name)
        for each in found.axes:
            assert each.origins[-1].size == each.size
            assert each.origins[0].how != "changed"
            assert all(origin.how in ("changed", "like") for origin in each.origins[1:])
        for share in found.shares:
            assert 0 <= share.own <= share.total
        assert found.name in text(found)
        json.dumps(document(found))


@pytest.mark.parametrize(("spec", "net"), EVERY[1::3], ids=[net for _, net in EVERY[1::3]])
def test_the_window_is_the_receptive_field(spec: str, net: str) -> None:
    """That of the cell in the middle is the largest, unless cells differ; never is it larger."""
    checked = SPECS[spec][net].checked
    nodes = checked.graph.nodes
    for node in nodes[:: max(1, len(nodes) // 10)]:
        if node.first is not None:
            continue
        field = explain(checked, node.path).field
        wanted = checked.layers[node.index].receptive_field
        extents = tuple(each.extent for each in field.axes) if field else ()
        assert len(extents) == len(wanted)
        assert all(low <= high for low, high in zip(extents, wanted, strict=True))


# --- sizes -----------------------------------------------------------------------------------------


def test_where_a_size_comes_from() -> None:
    found = of("resnet", "ResNet.50", "layer3.2.conv1")
    assert steps(found, "channels") == [(256, "layer3.2.conv1", "set")]
    assert steps(found, "height") == [
        (224, "image", "given"),
        (112, "conv1", "changed"),
        (56, "maxpool", "changed"),
        (28, "layer2.0.conv2", "changed"),
        (14, "layer3.0.conv2", "changed"),
    ]
    places = [str(each.span).rpartition("/")[2] for each in axis(found, "height").origins]
    assert places[2].startswith("resnet.arch:45:")
    assert "width 14, in the same way" in text(found)


def test_a_sum_names_its_parts() -> None:
    (origin,) = axis(of("googlenet", "GoogLeNet", "inception_3a"), "channels").origins
    assert origin.how == "sum"
    assert origin.remark.startswith("64 + 128 + 32 + 32 of inception_3a.conv1, ")


def test_a_flattened_map_is_told() -> None:
    (origin,) = axis(of("vgg", "VGG.D", "flatten1"), "features").origins
    assert (origin.how, origin.remark) == ("made", "512 x 7 x 7 of features.30")


def test_a_size_that_comes_from_another_input_is_told() -> None:
    found = of("unet", "U-Net", "top.crop1")
    assert steps(found, "height")[-1] == (392, "top.crop1", "like")
    assert axis(found, "height").origins[-1].remark == "like top.up"
    assert [each.path for each in axis(found, "height").origins][-2] == "top.up"


def test_the_pool_that_sets_a_size_starts_its_story() -> None:
    assert steps(of("resnet", "ResNet.50", "avgpool"), "height") == [(1, "avgpool", "set")]


# --- the rest --------------------------------------------------------------------------------------

NET = """block unit(c) { conv(c, 3) -> relu }
net N {
    input image: 3 x 9 x 9
    share look: conv(4, 1)
    image -> look -> a: unit(8)
    b: { conv(8, 3); relu }
    freeze b
    sum: b + b
    image -> extra: conv(2, 1)
    training output side: extra
    output end: sum
}
"""


def test_a_block() -> None:
    found = explain(network(NET), "a")
    assert (found.kind, found.what, found.shape) == ("block", "unit(c = 8)", (8, 7, 7))
    assert [(each.name, each.what, each.params) for each in found.members] == [
        ("conv1", "3x3 conv, 8", 296),
        ("relu1", "relu", 0),
    ]
    assert found.reads == (("look", (4, 9, 9)),)
    assert found.read_by == ("b.0",)
    assert found.inside == (("", "N"),)
    assert [(each.name, each.own) for each in found.shares[:2]] == [("params", 296), ("macs", 14112)]


def test_remarks() -> None:
    checked = network(NET)
    assert "frozen: training leaves it alone" in explain(checked, "b").remarks
    assert "only training needs it" in explain(checked, "extra").remarks
    shared = network(
        "net S { input a: 1 x 4 x 4\ninput b: 1 x 4 x 4\nshare f: conv(2, 3)\nconcat(a -> f, b -> f) }"
    )
    assert "shared: it is used 2 times, and its weights count once" in explain(shared, "f").remarks


def test_a_layer_says_what_it_does_and_who_reads_it() -> None:
    found = explain(network(NET), "a.conv1")
    assert found.kind == "layer"
    assert found.what == "conv(out = 8, kernel = 3)"
    assert found.headline == "Slide a learned kernel over every spatial axis."
    assert found.read_by == ("a.relu1",)
    assert explain(network(NET), "sum").read_by == ("output end",)
    assert explain(network(NET), "image").kind == "input"


def test_the_net_itself() -> None:
    found = of("vgg", "VGG.D", "VGG.D")
    assert (found.kind, found.shape) == ("net", (1000,))
    assert all(share.part == 1 for share in found.shares)
    assert of("vgg", "VGG.D", "VGG.D.features.0").name == "features.0"


def test_the_way_leads_through_imports() -> None:
    found = of("transfer", "Caltech256", "features.0")
    shown = text(found)
    assert "`Caltech256`, from `VGG.D`" in shown
    assert "vgg.arch:8:" in shown.splitlines()[6]


def test_a_line_too_long_to_show_is_cut() -> None:
    branch = " -> ".join(["relu"] * 60)
    found = explain(network(f"net N {{ input x: 1 x 4 x 4\n{branch} -> last: conv(2, 3) }}"), "last")
    shown = text(found).splitlines()
    mark = next(index for index, line in enumerate(shown) if "^^^" in line)
    assert max(map(len, shown)) < 150
    assert shown[mark - 1][shown[mark].index("^") :].startswith("conv(2, 3)")


# --- pictures --------------------------------------------------------------------------------------


def test_a_window_is_drawn() -> None:
    rows, columns = Seen(10, 5, 4, 6, None), Seen(20, 10, 8, 12, None)
    assert picture(Field("x", (rows, columns))) == [
        "  0                 19",
        "0 ....................",
        "  ....................",
        "  ........#####....... 4",
        "  ........#####....... 6",
        "9 ....................",
        "          8  12",
    ]


def test_what_lies_in_the_padding_is_marked() -> None:
    assert picture(Field("x", (Seen(8, 0, -2, 3, None),))) == ["   0      7", " ::####....", " -2   3"]


@pytest.mark.parametrize("size", [1, 2, 7, 300])
@pytest.mark.parametrize("low", [-40, 0, 3])
@pytest.mark.parametrize("extent", [1, 2, 50, 400])
def test_any_window_can_be_drawn(size: int, low: int, extent: int) -> None:
    seen = Seen(size, 0, low, low + extent - 1, None)
    for axes in ((seen,), (seen, seen), (seen, seen, seen)):
        lines = picture(Field("x", axes))
        assert max(map(len, lines)) < 70
        assert any("#" in line or ":" in line for line in lines)


# --- the command -----------------------------------------------------------------------------------


def test_the_command_explains_a_value(capsys: Captured) -> None:
    assert main(["explain", RESNET, "layer3.2.conv1", "--net", "ResNet.50"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("layer3.2.conv1: conv(out = 256, kernel = 1, ")
    assert err == ""
    assert main(["explain", f"{RESNET}:ResNet.50", "layer3", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["kind"], found["shape"]) == (1, "sequence", [1024, 14, 14])


def test_the_command_still_explains_diagnostics(capsys: Captured) -> None:
    assert main(["explain", "e301"]) == 0
    assert capsys.readouterr().out.startswith("error[E301]")


@pytest.mark.parametrize(
    ("arguments", "error", "help"),
    [
        (["layer3.2.conv", "--net", "ResNet.50"], "ResNet.50 has nothing named", "`layer3.2.conv1`"),
        (["conv2", "--net", "ResNet.50"], "has nothing named `conv2`", "`layer1.0.conv2`"),
        (["layer1"], "several networks have `layer1`", "add `--net ResNet.18`"),
        (["qqqq"], "no network has anything named `qqqq`", "archdsl table"),
        ([], "say what of it is to be explained", f"archdsl explain {RESNET} NAME"),
    ],
)
def test_what_cannot_be_explained(capsys: Captured, arguments: list[str], error: str, help: str) -> None:
    assert main(["explain", RESNET, *arguments]) == 2
    err = capsys.readouterr().err
    assert error in err
    assert help in err


def test_one_network_that_has_the_name_is_enough(capsys: Captured) -> None:
    assert main(["explain", RESNET, "conv5_x.0.bn3", "--net", "Plain-34", "--net", "ResNet-v1.50"]) == 0
    assert "in ResNet-v1.50" in capsys.readouterr().out


def test_names_that_are_near() -> None:
    known = ["layer1.0.conv1", "layer1.0.conv2", "fc", "maxpool"]
    assert nearest("conv2", known)[0] == "layer1.0.conv2"
    assert nearest("maxpol", known) == ["maxpool"]
    with pytest.raises(UnknownName) as caught:
        of("vgg", "VGG.D", "nothing")
    assert "features.0" in caught.value.known
