"""A scene as SVG, for a page or by itself: text stays text, and a pointer is told what is under it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from zlib import crc32

from archdsl.outputs.drawing.render.arrows import arrow
from archdsl.outputs.drawing.render.images import raster
from archdsl.outputs.drawing.render.letters import number, numbers, plain
from archdsl.outputs.drawing.render.looks import PAPER, Look, head, look, named
from archdsl.outputs.drawing.scene import Circle, Group, Image, Line, Part, Point, Polygon, Rect, Scene, Text
from archdsl.outputs.drawing.themes import FONTS, Theme

Names = Mapping[Look, str]


def svg(scene: Scene, theme: Theme, dark: Theme | None = None) -> bytes:
    """The drawing; with `dark`, it takes that theme where the reader's page is dark.

    Every rule of its style is about this drawing alone, so that several can stand in one page.
    """
    names = named(scene)
    body = "".join(_written(scene.parts, names))
    title, description = _text(scene.title), _text(scene.description)
    rules = [*_rules(names, theme)]
    if dark:
        rules += ["@media (prefers-color-scheme:dark){", *_rules(names, dark, only_colors=True), "}"]
    name = f"a{crc32((title + description + ''.join(rules) + body).encode()):08x}"
    size = f'width="{number(scene.width)}" height="{number(scene.height)}"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{number(scene.width)}pt" height="{number(scene.height)}pt" '
        f'viewBox="0 0 {numbers(scene.width, scene.height)}" '
        f'id="{name}" role="img" aria-labelledby="{name}t {name}d" font-family="{FONTS}" '
        'stroke-linejoin="round">\n'
        f'<title id="{name}t">{title}</title>\n'
        f'<desc id="{name}d">{description}</desc>\n'
        f"<style>\n{_scoped(rules, name)}</style>\n"
        f'<rect class="{names[PAPER]}" {size}/>\n'
        f"{body}</svg>\n"
    ).encode()


# -- the style ------------------------------------------------------------------------------------


def _rules(names: Names, theme: Theme, only_colors: bool = False) -> Iterator[str]:
    for each, name in names.items():
        colors = _colors(each, theme)
        yield f".{name}{{{';'.join(colors if only_colors else (*colors, *_manners(each)))}}}"


def _colors(each: Look, theme: Theme) -> Iterator[str]:
    yield f"fill:{each.fill(theme) or 'none'}"
    line = each.line(theme)
    if line:
        yield f"stroke:{line}"


def _manners(each: Look) -> Iterator[str]:
    if each.kind == "text":
        yield f"font-size:{number(each.size)}px"
        if each.anchor != "start":
            yield f"text-anchor:{each.anchor}"
        if each.bold:
            yield "font-weight:bold"
    if each.weight:
        yield f"stroke-width:{number(each.weight)}px"
        if each.dash != "solid":
            yield f"stroke-dasharray:{numbers(*each.dashes())}"


def _scoped(rules: Iterable[str], name: str) -> str:
    return "".join(f"#{name} {rule}\n" if rule.startswith(".") else f"{rule}\n" for rule in rules)


# -- the parts ------------------------------------------------------------------------------------


def _written(parts: Iterable[Part], names: Names) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Group):
            title = _text(part.title)
            yield f'<g data-path="{_text(part.key)}">' + (f"<title>{title}</title>" if title else "") + "\n"
            yield from _written(part.parts, names)
            yield "</g>\n"
        elif isinstance(part, Image):
            yield _image(part)
        else:
            yield _shape(part, names)


def _shape(part: Rect | Polygon | Circle | Line | Text, names: Names) -> str:
    named = f'class="{names[look(part)]}"'
    if isinstance(part, Text):
        turn = f' transform="rotate(-90 {numbers(part.x, part.y)})"' if part.turned else ""
        return f'<text {named} x="{number(part.x)}" y="{number(part.y)}"{turn}>{_text(part.text)}</text>\n'
    if isinstance(part, Rect):
        corners = f' rx="{number(part.radius)}"' if part.radius else ""
        return f"<rect {named} {_place(part)}{corners}/>\n"
    if isinstance(part, Circle):
        x, y, radius = number(part.x), number(part.y), number(part.radius)
        return f'<circle {named} cx="{x}" cy="{y}" r="{radius}"/>\n'
    if isinstance(part, Polygon):
        return f'<path {named} d="{_path(part.points)}z"/>\n'
    shorter, corners_of_head = arrow(part)
    line = f'<path {named} d="{_path(shorter, part.curved)}"/>'
    if corners_of_head:
        line += f'<path class="{names[head(part)]}" d="{_path(corners_of_head)}z"/>'
    return line + "\n"


def _image(part: Image) -> str:
    kind = raster(part.data).kind
    data = b64encode(part.data).decode()
    return f'<image {_place(part)} preserveAspectRatio="none" href="data:image/{kind};base64,{data}"/>\n'


def _place(part: Rect | Image) -> str:
    x, y, width, height = map(number, (part.x, part.y, part.width, part.height))
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'


def _path(points: Iterable[Point], curved: bool = False) -> str:
    """After the first point, each pair of numbers is a line to there; after a C, each three are a curve."""
    start, *others = (numbers(*point) for point in points)
    return f"M{start}{'C' if curved else ' '}{' '.join(others)}" if others else f"M{start}"


def _text(text: str) -> str:
    return escape(plain(text))
