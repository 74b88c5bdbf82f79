"""Colours that can be read, and told apart with any kind of colour vision."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import dist

import pytest

from archdsl.outputs.drawing.render.looks import channels, mixed
from archdsl.outputs.drawing.themes import PAPER, THEMES, Theme

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

PRINT = ("ink", "faint", "arrow")
"""Roles of text and lines, on which nothing is written."""

FAMILIES = ("learned", "pool", "norm", "activation", "merge", "boxes")
MARKS = ("same", "added", "removed", "changed")

_LIGHT = (0.2126, 0.7152, 0.0722)
EYES: dict[str, Matrix] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    # Machado, Oliveira and Fernandes 2009, each deficiency in full
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
    "greyscale": (_LIGHT, _LIGHT, _LIGHT),
}

every_theme = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)


def linear(color: str) -> Vector:
    red, green, blue = (each / 255 for each in channels(color))
    return _opened(red), _opened(green), _opened(blue)


def _opened(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def times(matrix: Matrix, color: Vector) -> Vector:
    red, green, blue = (sum(a * b for a, b in zip(row, color, strict=True)) for row in matrix)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """As WCAG has it, from 1 to 21."""
    dark, light = sorted(times(EYES["greyscale"], linear(color))[0] for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(color: str, eyes: str) -> Vector:
    """The colour as these eyes see it, where steps of one length look about equally large."""
    seen = [min(1.0, max(0.0, channel)) for channel in times(EYES[eyes], linear(color))]
    x, y, z = times(
        ((0.4339, 0.3762, 0.1899), (0.2127, 0.7152, 0.0722), (0.0178, 0.1095, 0.8727)),
        (seen[0], seen[1], seen[2]),
    )
    a, b, c = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def difference(theme: Theme, one: str, other: str, eyes: str) -> float:
    """Of the fills or of the outlines of two roles, whichever is larger."""
    pairs = zip(theme[one], theme[other], strict=True)
    return max(dist(lab(a, eyes), lab(b, eyes)) for a, b in pairs)


def pairs(theme: Theme) -> Iterator[tuple[str, str]]:
    yield from combinations(FAMILIES, 2)
    yield from combinations(MARKS, 2)


@every_theme
def test_every_theme_has_every_role(theme: Theme) -> None:
    assert theme.paints.keys() == PAPER.paints.keys()


@every_theme
def test_text_can_be_read_on_every_fill(theme: Theme) -> None:
    for text in ("ink", "faint"):
        for role, paint in theme.paints.items():
            if role not in PRINT:
                assert contrast(theme[text].line, paint.fill) >= 4.5, f"{text} on {role}"


@every_theme
def test_what_is_wrong_or_differs_can_be_written_in_its_colour(theme: Theme) -> None:
    for role in ("fault", "added", "removed", "changed"):
        assert contrast(theme[role].line, theme["paper"].fill) >= 4.5, role


@every_theme
def test_outlines_can_be_seen(theme: Theme) -> None:
    for role in (*FAMILIES, "shape", "regular", "source", "block", "arrow", "fault"):
        assert contrast(theme[role].line, theme["paper"].fill) >= 3, role


@every_theme
@pytest.mark.parametrize("eyes", EYES)
def test_what_is_different_looks_different(theme: Theme, eyes: str) -> None:
    least = 4 if eyes == "greyscale" else 10
    for one, other in pairs(theme):
        assert difference(theme, one, other, eyes) >= least, f"{one} and {other} with {eyes}"


def test_colours_are_mixed() -> None:
    assert mixed("#000000", "#ff8000", 0.5) == "#804000"
    assert mixed("#123456", "#ffffff", 0) == "#123456"
    assert mixed("#123456", "#abcdef", 1) == "#abcdef"
