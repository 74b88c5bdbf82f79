"""Receptive fields over the input: that what is drawn is what is computed, and can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.lettering import ASCENT, DESCENT, width
from archdsl.outputs.drawing.receptive import scene
from archdsl.outputs.drawing.receptive.captions import HIGH, spread
from archdsl.outputs.drawing.receptive.chart import _ticks
from archdsl.outputs.drawing.receptive.picture import pieces
from archdsl.outputs.drawing.receptive.seen import MOST_LABELS, view
from archdsl.outputs.drawing.scene import Group, Image, Line, Rect, Scene, Text
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Wanted

HERE = Path(__file__).resolve().parent
SPECS = sorted((HERE.parent / "specs").glob("*.arch"))
GOLDEN = HERE / "golden" / "receptive-Toy.json"

TOY = """net Toy {
    input image: 3 x 16 x 16
    first: conv(8, 3, padding = same) -> relu -> maxpool(2)
    second: conv(8, 3, padding = same) -> relu
    flatten -> linear(5)
}"""
SOUND = """net Sound {
    input wave: 1 x 400
    one: conv(8, 9, stride = 4) -> relu
    two: conv(8, 9, stride = 4, padding = 4) -> relu
    three: conv(8, 9, padding = 4) -> relu
    flatten -> linear(5)
}"""
VOLUME = "net Volume { input scan: 1 x 8 x 8 x 8; conv(4, 3) }"
FLAT = "net Flat { input x: 8; linear(4) }"
LOPSIDED = "net Lopsided { input x: 1 x 9 x 9; conv(1, 5, padding = [[4, 0], [2, 2]]) }"

WELL_KNOWN = [
    ("lenet", "LeNet-5"),
    ("alexnet", "AlexNet"),
    ("vgg", "VGG.D"),
    ("resnet", "ResNet.50"),
    ("resnet", "ResNet.152"),
    ("googlenet", "GoogLeNet"),
    ("unet", "U-Net"),
    ("frrn", "FRRN.A"),
]


@cache
def published() -> dict[str, Checked]:
    return {name: net.checked for path in SPECS for name, net in archdsl.load(path).items()}


def network(source: str) -> Checked:
    (net,) = archdsl.loads(source).values()
    return net.checked


def fields(drawn: Scene) -> Iterator[tuple[str, list[Line]]]:
    """The lines of each named field, without its leader and its halo."""
    for group in drawn.parts:
        if isinstance(group, Group) and any(isinstance(part, Text) for part in group.parts):
            yield (
                group.key,
                [
                    part
                    for part in group.parts
                    if isinstance(part, Line) and part.role not in ("paper", "faint")
                ],
            )


def texts(drawn: Scene) -> list[str]:
    return [part.text for part in drawn.shapes() if isinstance(part, Text)]


def picture(wide: int = 8, high: int = 8, form: str = "PNG") -> bytes:
    image = pytest.importorskip("PIL.Image")
    out = BytesIO()
    image.new("RGB", (wide, high), "#88aacc").save(out, form)
    return out.getvalue()


# -- what is drawn is what is computed ----------------------------------------------------------------


@pytest.mark.parametrize(("file", "name"), WELL_KNOWN)
def test_squares_are_as_large_as_the_fields(file: str, name: str) -> None:
    checked = published()[name]
    shown = view(checked)
    by_path = {node.path: layer for node, layer in zip(checked.graph.nodes, checked.layers, strict=True)}
    drawn = scene([checked], Wanted())
    input_ = next(part for part in drawn.shapes() if isinstance(part, Rect) and part.role == "frame")
    scale = input_.height / (shown.source.shape or ())[1]
    sides = 0
    for path, lines in fields(drawn):
        if not lines:
            continue
        xs, ys = zip(*[point for line in lines for point in line.points], strict=True)
        high, wide = by_path[path].receptive_field
        assert max(xs) - min(xs) == pytest.approx(wide * scale)
        assert max(ys) - min(ys) == pytest.approx(high * scale)
        sides += 1
    assert sides >= 3


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_number_is_that_of_its_layer(path: Path) -> None:
    for net in archdsl.load(path).values():
        checked = net.checked
        try:
            shown = view(checked)
        except CannotDraw:
            assert not any(layer.stride for layer in checked.layers[1:])
            continue
        for layer in shown.layers:
            known = checked.layers[layer.node.index]
            assert (layer.size, layer.stride) == (known.receptive_field, known.stride)
            assert [end - start for start, end in layer.spans] == list(layer.size)
        assert shown.layers[-1].size == checked.receptive_field
        assert shown.layers[-1].stride == checked.stride
        assert 1 <= len(shown.labelled) <= MOST_LABELS
        sizes = [max(shown.layers[i].size) for i in shown.labelled]
        assert sizes == sorted(sizes)


def test_all_of_vgg_is_named_at_the_ends_of_its_stages() -> None:
    shown = view(published()["VGG.D"])
    assert [shown.layers[i].size[0] for i in shown.labelled] == [3, 5, 14, 40, 92, 196, 212]
    assert shown.beyond is not None and shown.beyond.op.name == "flatten"
    drawn = scene([published()["VGG.D"]], Wanted())
    assert "features.14: 40 × 40" in texts(drawn)
    assert "3×3 conv, 256, stride 4" in texts(drawn)


def test_the_field_in_the_middle_is_centred_where_padding_is_even() -> None:
    for layer in view(network(TOY)).layers:
        assert [start + end for start, end in layer.spans] == [16, 16]


def test_uneven_padding_shifts_the_field() -> None:
    (layer,) = view(network(LOPSIDED)).layers
    assert layer.spans == ((0.0, 5.0), (2.0, 7.0))


def test_the_way_that_sees_most_is_followed() -> None:
    shown = view(published()["U-Net"])
    assert [layer.node.op.name for layer in shown.layers].count("conv_transpose") == 4
    assert max(layer.stride for layer in shown.layers) == (16, 16)


def test_what_lies_over_padding_is_dashed() -> None:
    drawn = scene([published()["ResNet.50"]], Wanted())
    dashes = {path: {line.dash for line in lines} for path, lines in fields(drawn)}
    assert dashes["layer4.2.conv2"] == {"dashed"}
    assert dashes["layer2.3.conv2"] == {"solid"}
    assert "layer4.2.conv2: 427 × 427 > input" in texts(drawn)
    assert any("beyond its border" in text for text in texts(drawn))


def test_a_side_is_cut_at_the_borders() -> None:
    assert list(pieces(-3.0, 12.0, 10)) == [(-3.0, 0.0, False), (0.0, 10, True), (10, 12.0, False)]
    assert list(pieces(2.0, 5.0, 10)) == [(2.0, 5.0, True)]
    assert list(pieces(-5.0, -2.0, 10)) == [(-5.0, -2.0, False)]


def test_fields_too_large_to_draw_are_named_all_the_same() -> None:
    drawn = scene([published()["ResNet.152"]], Wanted())
    assert dict(fields(drawn))["layer4.2.conv2"] == []
    assert "layer4.2.conv2: 1451 × 1451 > input" in texts(drawn)
    assert any("larger than what is drawn" in text for text in texts(drawn))


def test_one_axis_is_drawn_as_bars() -> None:
    drawn = scene([network(SOUND)], Wanted())
    shown = view(network(SOUND))
    bars = [
        (group.key, [part for part in group.parts if isinstance(part, Rect)])
        for group in drawn.parts
        if isinstance(group, Group) and any(isinstance(part, Rect) for part in group.parts)
    ]
    assert [key for key, _ in reversed(bars)] == ["one", "two", "three"]
    input_ = next(part for part in drawn.shapes() if isinstance(part, Rect) and part.role == "frame")
    for layer, (_, parts) in zip(shown.layers, reversed(bars), strict=True):
        assert sum(part.width for part in parts) == pytest.approx(layer.size[0] * input_.width / 400)


def test_an_open_input_says_at_what_size_it_is_drawn() -> None:
    drawn = scene([network("net Open { input x: 3 x H x W; conv(8, 3) -> conv(8, 3) }")], Wanted())
    assert any(text.startswith("Input: 3 × H × W, drawn as 3 × ") for text in texts(drawn))


# -- an image -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_an_image_takes_the_place_of_the_input(form: str) -> None:
    data = picture(form=form)
    drawn = scene([published()["LeNet-5"]], Wanted(image=data))
    (image,) = [part for part in drawn.shapes() if isinstance(part, Image)]
    border = next(part for part in drawn.shapes() if isinstance(part, Rect) and part.role == "source")
    assert (image.x, image.y, image.width, image.height) == (border.x, border.y, border.width, border.height)
    assert image.data == data
    assert not border.filled


@pytest.mark.parametrize(
    ("source", "data", "message"),
    [(TOY, b"GIF89a", "neither PNG nor JPEG"), (SOUND, b"\x89PNG\r\n\x1a\n", "an image has two axes")],
)
def test_an_image_that_does_not_go_is_refused(source: str, data: bytes, message: str) -> None:
    with pytest.raises(CannotDraw, match=message):
        scene([network(source)], Wanted(image=data))


# -- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "message", "remedy"),
    [
        ([TOY, TOY], "of one network, not of 2", "name one"),
        ([], "of one network, not of 0", "name one"),
        ([VOLUME], "has 3 axes", "archdsl table"),
        ([FLAT], "no layer of Flat moves over its input", "blocks"),
    ],
)
def test_what_cannot_be_drawn_is_refused(sources: list[str], message: str, remedy: str) -> None:
    with pytest.raises(CannotDraw, match=message) as refusal:
        scene([network(source) for source in sources], Wanted())
    assert remedy in refusal.value.remedy


# -- that it can be read ------------------------------------------------------------------------------


def test_labels_keep_apart_in_their_order() -> None:
    found = spread([10, 11, 12, 90], 0, 100)
    assert found == [10, 10 + HIGH, 10 + 2 * HIGH, 90]
    assert spread([90, 95, 99], 0, 100) == [100 - 2 * HIGH, 100 - HIGH, 100]


@pytest.mark.parametrize("page", [None, "column", "double", "slide"])
@pytest.mark.parametrize(("file", "name"), WELL_KNOWN)
def test_no_text_covers_another_or_leaves_the_drawing(file: str, name: str, page: str | None) -> None:
    drawn = scene([published()[name]], Wanted(page=PAGES[page] if page else None))
    places = [reach(part) for part in drawn.shapes() if isinstance(part, Text)]
    for left, top, right, bottom in places:
        assert left >= -0.01 and right <= drawn.width + 0.01
        assert top >= -0.01 and bottom <= drawn.height + 0.01
    for i, one in enumerate(places):
        for other in places[:i]:
            apart = one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
            assert apart, (one, other)
    if page:
        assert drawn.width <= PAGES[page].width + 1e-6 and drawn.height <= PAGES[page].height + 1e-6
        assert drawn.smallest_text() >= SMALLEST - 1e-6


def reach(text: Text) -> tuple[float, float, float, float]:
    wide = width(text.text, text.size, text.bold)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, text.y - text.size * ASCENT, left + wide, text.y + text.size * DESCENT


@pytest.mark.parametrize("count", [8, 15, 60, 300])
def test_the_curve_keeps_off_the_word_for_the_input(count: int) -> None:
    lines = "conv(4, 3, padding = same); " * count
    drawn = scene([network(f"net Deep {{ input x: 3 x 32 x 32; {lines} }}")], Wanted())
    (word,) = (part for part in drawn.shapes() if isinstance(part, Text) and part.text == "input")
    (curve,) = (part for part in drawn.shapes() if isinstance(part, Line) and part.role == "ink")
    left, top, right, bottom = reach(word)
    for (x, y), (to, end) in pairwise(curve.points):
        for step in range(21):
            across, down = x + (to - x) * step / 20, y + (end - y) * step / 20
            assert not (left <= across <= right and top <= down <= bottom)


def test_an_axis_says_that_it_is_logarithmic() -> None:
    deep = "net Deep { input x: 1 x 64 x 64; conv(4, 9, stride = 2); conv(4, 9) }"
    shallow = "net Shallow { input x: 1 x 9 x 9; conv(4, 3); conv(4, 3) }"
    told = [
        [part.text for part in scene([network(each)], Wanted()).shapes() if isinstance(part, Text)]
        for each in (deep, shallow)
    ]
    assert "receptive field, in cells, log scale" in told[0]
    assert "receptive field, in cells" in told[1]


def test_ticks_are_few_and_round() -> None:
    assert _ticks(212, logarithmic=True) == [1, 4, 16, 64]
    assert _ticks(40, logarithmic=True) == [1, 2, 4, 8, 16, 32]
    assert _ticks(7, logarithmic=False) == [0, 2, 4, 6]


# -- that it stays the same ---------------------------------------------------------------------------


def test_a_toy_is_drawn_as_it_was() -> None:
    """`ARCHDSL_ACCEPT=1` writes what is drawn now."""
    drawn = scene([network(TOY)], Wanted(title="Toy"))
    assert drawn == scene([network(TOY)], Wanted(title="Toy"))
    found = json.loads(json.dumps(asdict(drawn)), parse_float=lambda text: round(float(text), 2))
    if os.environ.get("ARCHDSL_ACCEPT"):
        parts = ",\n".join(f"  {json.dumps(part, ensure_ascii=False)}" for part in found["parts"])
        head = json.dumps({**found, "parts": []}, indent=1, ensure_ascii=False).replace(
            "[]", f"[\n{parts}\n ]", 1
        )
        GOLDEN.write_text(head + "\n", "utf-8")
    assert found == json.loads(GOLDEN.read_text("utf-8"))
