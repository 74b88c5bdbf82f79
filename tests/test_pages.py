"""Drawings on pages: which there are, how small letters may be there, and what is closed so that it fits."""

from __future__ import annotations

import pytest
from small_nets import network, of

from archdsl.outputs.drawing import CannotDraw, scene
from archdsl.outputs.drawing.blocks.choice import chosen
from archdsl.outputs.drawing.pages import scale
from archdsl.outputs.drawing.scene import Group, Scene, Text
from archdsl.outputs.drawing.wanted import PAGES, SMALLEST, Page, Wanted, page

LATEX = {"column": (229.5, 548), "double": (469, 548)}
"""The room that `article` in two columns has, in points."""
CAPTION = 40


def keys(made: Scene) -> set[str]:
    return {part.key for part in made.parts if isinstance(part, Group)}


@pytest.mark.parametrize("name", LATEX)
def test_a_paper_has_room_for_the_page_and_a_caption(name: str) -> None:
    width, height = LATEX[name]
    assert PAGES[name].width <= width and PAGES[name].height <= height - CAPTION


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("slide", PAGES["slide"]),
        ("240x500", (240, 500)),
        ("84x127mm", (238.11, 360)),
        ("84mm x 127mm", (238.11, 360)),
        ("8.4CM×5in", (238.11, 360)),
        ("3in x 200pt", (216, 200)),
    ],
)
def test_a_page_by_name_or_size(text: str, size: tuple[float, float]) -> None:
    assert page(text)[:2] == pytest.approx(size[:2], abs=0.01)


@pytest.mark.parametrize("text", ["", "a5", "0x300", "84 mm", "-3x4", "1e9x3", "99999x3", "nanxinf"])
def test_no_page_is_told_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        page(text)
    message, remedy = caught.value.args
    assert text in message and remedy


def test_a_slide_is_filled_with_letters_that_are_seen_from_afar() -> None:
    slide = PAGES["slide"]
    assert slide.least > SMALLEST
    for file, name in (
        ("resnet", "ResNet.152"),
        ("googlenet", "GoogLeNet"),
        ("unet", "U-Net"),
        ("vgg", "VGG.D"),
    ):
        made = scene([of(file, name)], None, Wanted(page=slide))
        assert made.smallest_text() >= slide.least - 1e-6
        assert made.width > 0.9 * slide.width or made.height > 0.9 * slide.height


def test_a_drawing_grows_on_slides_only() -> None:
    small = Scene(100, 50, "t", "d", (Text(0, 8, "x", 8.0),))
    assert scale(small, Page(960, 540)) == 1.0
    assert scale(small, PAGES["slide"]) == 2.0


def test_smaller_letters_on_a_slide_are_told() -> None:
    large = Page(960, 540, least=11.0)
    checked, slide = of("frrn", "FRRN.A"), Wanted(page=large)
    made = scene([checked], None, slide)
    assert SMALLEST < made.smallest_text() < large.least
    assert any("its letters have" in each for each in made.folded)
    with pytest.raises(CannotDraw, match="letters of 11 points"):
        chosen(checked, slide)


@pytest.mark.parametrize("name", ["ResNet.50", "ResNet.152"])
@pytest.mark.parametrize("size", [PAGES["column"], Page(252, 660), PAGES["double"]])
def test_stages_that_are_alike_are_open_or_closed_together(name: str, size: Page) -> None:
    shown = keys(chosen(of("resnet", name), Wanted(page=size)))
    is_open = [any(key.startswith(f"layer{number}.") for key in shown) for number in range(1, 5)]
    assert len(set(is_open)) == 1


HEAD_AND_BODY = """
block unit(c) { add { identity; { conv(c, 3, padding = same); relu; conv(c, 3, padding = same) } }; relu }
net Two {
    input x: 8 x 32 x 32
    body: { unit(8) * 3; conv(16, 1); unit(16) * 3; conv(32, 1); unit(32) * 3 }
    avgpool(global) -> flatten
    head: { dropout(0.5); linear(10) }
}
"""


def test_what_holds_most_stays_open_longest() -> None:
    """A page that holds one of two blocks open shows what is in the larger one."""
    checked = network(HEAD_AND_BODY)
    told = [chosen(checked, Wanted(page=Page(150, high))).folded for high in range(200, 520, 20)]
    closed = ["".join(each) for each in told]
    assert any("`head`" in each and "`body`" not in each for each in closed)
    first = next(number for number, each in enumerate(closed) if "`body`" not in each and "all" not in each)
    assert all("`body`" not in each for each in closed[first:])


def test_no_column_is_left_over_where_something_is_closed() -> None:
    for file, name in (("resnet", "ResNet.50"), ("googlenet", "GoogLeNet"), ("densenet", "DenseNet.121")):
        made = chosen(of(file, name), Wanted(page=PAGES["column"]))
        ends = [
            part
            for part in made.parts
            if isinstance(part, Group) and part.key in ("fc", "output", "classifier")
        ]
        lowest = max(text.y for group in ends for text in group.parts if isinstance(text, Text))
        assert lowest > made.height / 3, name
