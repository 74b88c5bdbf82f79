"""A scene as TikZ: a file that pdflatex compiles by itself, and that a paper takes in with \\input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.render.arrows import arrow
from archdsl.outputs.drawing.render.latex import SYMBOL, latex
from archdsl.outputs.drawing.render.letters import number, plain
from archdsl.outputs.drawing.render.looks import PAPER, Look, head, look, named
from archdsl.outputs.drawing.scene import Circle, Group, Image, Line, Part, Point, Polygon, Rect, Scene, Text
from archdsl.outputs.drawing.themes import Theme

LARGEST = 16000.0
"""Points: TeX counts no further than 16,383 of its own."""

Names = Mapping[Look, str]

_ALONE = r"""\expandafter\ifx\csname @nodocument\endcsname\relax
  \let\archdslend\relax
\else
  \documentclass{article}
  \usepackage[paperwidth=WIDTHbp, paperheight=HEIGHTbp, margin=0bp]{geometry}
  \usepackage{tikz}
  \pagestyle{empty}
  \setlength{\parindent}{0pt}
  \setlength{\topskip}{0pt}
  \def\archdslend{\end{document}}
  \begin{document}
\fi
"""
"""What makes a document of the picture, unless it is within one already."""

_LETTERS = r"""  x=1bp, y=-1bp, line join=round, every node/.style={inner sep=0, outer sep=0},
  archdsl/letters/.style 2 args={
    font=\fontencoding{T1}\fontfamily{phv}\fontseries{#1}\fontshape{n}\fontsize{#2}{#2}\selectfont},
"""
"""Places count downwards in big points; the font is Helvetica, whatever the paper is set in."""


def tikz(scene: Scene, theme: Theme) -> bytes:
    """The drawing, with colours and letters as in the other formats; raises CannotDraw."""
    if max(scene.width, scene.height) > LARGEST:
        raise CannotDraw("the drawing is larger than TeX can count", "give it a page, or write svg or pdf")
    names = named(scene)
    width, height = number(scene.width), number(scene.height)
    alone = _ALONE.replace("WIDTH", width).replace("HEIGHT", height)
    body = "".join(_written(scene.parts, names))
    return (
        f"% {plain(scene.title)}\n"
        f"% {plain(scene.description)}\n"
        "% pdflatex makes a page of this file; a paper needs \\usepackage{tikz} and \\input of this file.\n"
        f"{alone}"
        f"\\begin{{tikzpicture}}[\n{_LETTERS}{''.join(_styles(names, theme))}]\n{SYMBOL}\n"
        f"{''.join(_colors(names, theme))}"
        f"\\path[use as bounding box, archdsl/{names[PAPER]}] (0,0) rectangle ({width},{height});\n"
        f"{body}"
        "\\end{tikzpicture}%\n"
        "\\archdslend\n"
    ).encode()


# -- styles ---------------------------------------------------------------------------------------


def _colors(names: Names, theme: Theme) -> Iterator[str]:
    for each, name in names.items():
        for kind, color in (("fill", each.fill(theme)), ("line", each.line(theme))):
            if color:
                yield f"\\definecolor{{archdsl-{name}-{kind}}}{{HTML}}{{{color[1:].upper()}}}\n"


def _styles(names: Names, theme: Theme) -> Iterator[str]:
    for each, name in names.items():
        yield f"  archdsl/{name}/.style={{{', '.join(_manners(each, name, theme))}}},\n"


def _manners(each: Look, name: str, theme: Theme) -> Iterator[str]:
    if each.kind == "text":
        yield f"archdsl/letters={{{'b' if each.bold else 'm'}}}{{{number(each.size)}bp}}"
        yield f"text=archdsl-{name}-fill"
        yield {"start": "anchor=base west", "middle": "anchor=base", "end": "anchor=base east"}[each.anchor]
        return
    if each.fill(theme):
        yield f"fill=archdsl-{name}-fill"
    if each.line(theme):
        yield f"draw=archdsl-{name}-line"
        yield f"line width={number(each.weight)}bp"
    if each.dashes():
        on, off = map(number, each.dashes())
        yield f"dash pattern=on {on}bp off {off}bp"


# -- parts ----------------------------------------------------------------------------------------


def _written(parts: Iterable[Part], names: Names) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Group):
            yield f"% {plain(part.key)}\n"
            yield from _written(part.parts, names)
        elif isinstance(part, Image):
            raise CannotDraw("a TikZ picture holds no image", "draw it without, or write svg, pdf or png")
        elif isinstance(part, Text):
            turn = ", rotate=90" if part.turned else ""
            style = names[look(part)]
            yield f"\\node[archdsl/{style}{turn}] at {_place(part.x, part.y)} {{{latex(part.text)}}};\n"
        elif isinstance(part, Line):
            shorter, corners = arrow(part)
            yield _path(names[look(part)], _curves(shorter) if part.curved else _straight(shorter))
            if corners:
                yield _path(names[head(part)], f"{_straight(corners)} -- cycle")
        else:
            yield _outline(part, names[look(part)])


def _outline(part: Rect | Polygon | Circle, style: str) -> str:
    if isinstance(part, Polygon):
        return _path(style, f"{_straight(part.points)} -- cycle")
    if isinstance(part, Circle):
        return _path(style, f"{_place(part.x, part.y)} circle[radius={number(part.radius)}bp]")
    opposite = _place(part.x + part.width, part.y + part.height)
    radius = min(part.radius, part.width / 2, part.height / 2)
    corners = f", rounded corners={number(radius)}bp" if radius > 0 else ""
    return _path(f"{style}{corners}", f"{_place(part.x, part.y)} rectangle {opposite}")


def _path(style: str, places: str) -> str:
    return f"\\path[archdsl/{style}] {places};\n"


def _straight(points: tuple[Point, ...]) -> str:
    return " -- ".join(_place(*point) for point in points)


def _curves(points: tuple[Point, ...]) -> str:
    places = [_place(*point) for point in points]
    pieces = (places[at : at + 3] for at in range(1, len(places), 3))
    return places[0] + "".join(f" .. controls {a} and {b} .. {end}" for a, b, end in pieces)


def _place(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"
