"""A picture as Graphviz source.

Promises the same text for the same picture; every text from a spec is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from archdsl.outputs.drawing.blocks.boxes import main_line
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture, Text
from archdsl.outputs.drawing.marked import SIGNS
from archdsl.outputs.drawing.themes import DASHES, PAPER, Paint
from archdsl.outputs.drawing.wanted import Direction

FONT = "Helvetica"
"""Whose metrics the layout uses; Arial and the free Arimo and Liberation Sans share them."""
SIZE, SMALL = 11, 9
WIDTHS = {"same": 1, "added": 2, "removed": 1, "changed": 2}

INK, FAINT, ARROW, WHITE = (PAPER[role].line for role in ("ink", "faint", "arrow", "paper"))


def dot(picture: Picture, direction: Direction = "down") -> str:
    """The source of a drawing that runs down the page, or to the right."""
    return "\n".join(_lines(picture, direction)) + "\n"


def _lines(picture: Picture, direction: Direction) -> Iterator[str]:
    across = direction == "right"
    yield f"digraph {_quoted(picture.title)} {{"
    yield "  graph " + _attributes(
        rankdir="LR" if across else "TB",
        bgcolor=WHITE,
        pad="0.12",
        nodesep="0.22",
        ranksep="0.2",
        fontname=FONT,
        fontsize=SMALL,
        fontcolor=FAINT,
        labeljust="l" if across else "r",
        outputorder="edgesfirst",
        **(_legend(picture) if picture.compares else {}),
        **(_remarks(picture) if picture.remarks else {}),
    )
    yield "  node " + _attributes(shape="plain", fontname=FONT, fontsize=SIZE, fontcolor=INK, margin="0")
    yield "  edge " + _attributes(
        color=ARROW,
        penwidth="0.9",
        arrowsize="0.5",
        fontname=FONT,
        fontsize=SMALL - 1,
        fontcolor=FAINT,
    )
    # with a stack, for blocks may be nested deeper than Python may recurse
    pending: list[Box | Frame | str] = list(reversed(picture.parts))
    frames = 0
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield part
            frames -= 1
        elif isinstance(part, Box):
            yield f"{'  ' * (frames + 1)}{_quoted(part.key)} {_box(part, across)}"
        else:
            indent = "  " * (frames + 1)
            yield f"{indent}subgraph {_quoted('cluster ' + part.key)} {{"
            yield f"{indent}  graph {_frame(part, frames, across)}"
            pending.append(indent + "}")
            pending.extend(reversed(part.parts))
            frames += 1
    for arrow in picture.arrows:
        yield f"  {_arrow(arrow)}"
    yield "}"


def _arrow(arrow: Arrow) -> str:
    """Lines into a merge are light, so the first layer of a branch stays near to where it forks."""
    gone = "removed" in (arrow.tail.mark, arrow.head.mark)
    main = arrow.head.kind not in ("sign", "bar") and not arrow.training and not gone
    attributes = _attributes(
        **({"label": f" {arrow.text} "} if arrow.text else {}),
        **({"style": "dashed"} if arrow.training or gone or arrow.role == "unknown" else {}),
        **({"fontcolor": PAPER["fault"].line, "penwidth": "1.6"} if arrow.role == "fault" else {}),
        **({"color": PAPER["removed" if gone else arrow.role].line} if gone or arrow.role else {}),
        **({"arrowhead": "none"} if arrow.head.kind == "fork" else {}),
        **({"weight": "8"} if main else {}),
    )
    return f"{_quoted(arrow.tail.key)} -> {_quoted(arrow.head.key)} {attributes}".rstrip()


_TIGHT = 'CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'

# -- boxes ----------------------------------------------------------------------------------------


def _box(box: Box, across: bool) -> str:
    if box.kind == "sign":
        return _shape(box, shape="circle", width="0.24", height="0.24", fixedsize="true", fontsize="13")
    if box.kind == "bar":
        return _shape(box, shape="box", width="0.9", height="0.18", margin="0.1,0.02", fontsize=SMALL)
    if box.kind == "fork":
        return _attributes(shape="point", width="0.04", height="0.04", color=ARROW, label="")
    if box.kind == "loose":
        look = {"fontsize": SMALL - 1, "fontcolor": FAINT, "margin": "0.02"}
        return _attributes(shape="plaintext", label=box.lines[0].text, **look)
    if box.kind == "end":
        return _end(box)
    return _stack(box, across)


def _shape(box: Box, **attributes: object) -> str:
    """A merge: one short text in a shape of its own."""
    paint = _paint(box.lines[0], box.role)
    return _attributes(
        label=box.lines[0].text,
        style=_style(box, "filled"),
        fillcolor=paint.fill,
        color=paint.line,
        penwidth="1.8" if _width(box) > 1 else "0.9",
        **attributes,
    )


def _end(box: Box) -> str:
    """An input or an output: its name, and its shape in small print."""
    name, shape = (_escaped(line.text) for line in box.lines)
    dashed = box.training or box.mark == "removed"
    border = 'STYLE="rounded,dashed"' if dashed else 'STYLE="rounded"'
    paint = PAPER[box.role or box.mark or "source"]
    colors = f'COLOR="{paint.line}" BGCOLOR="{WHITE}"'
    small = f'<FONT POINT-SIZE="{SMALL - 1}" COLOR="{FAINT}">  {shape}  </FONT>'
    return (
        f'[label=<<TABLE BORDER="1" {_TIGHT} {border} {colors}>'
        f'<TR><TD CELLPADDING="3">  <B>{name}</B>  </TD></TR>'
        f'<TR><TD>{small}</TD></TR><TR><TD HEIGHT="4"></TD></TR></TABLE>>]'
    )


def _stack(box: Box, across: bool) -> str:
    """Layers on top of each other: one large, its followers small; a badge where it repeats."""
    rows = "".join(_row(line, _is_main(line, box), box.role) for line in box.lines)
    rows += "".join(_note(note, box.role or "block") for note in (*filter(None, (box.small,)), *box.note))
    color = PAPER[box.role or box.mark or main_line(box).family].line
    line = "dashed" if box.training else DASHES.get(box.mark, "solid")
    drawn = f' STYLE="{line}"' if line != "solid" else ""
    border = f'BORDER="{_width(box)}"'
    stack = f'<TABLE {border} {_TIGHT} COLOR="{color}"{drawn}>{rows}</TABLE>'
    if box.times == 1:
        return f"[label=<{stack}>]"
    # beside the line of arrows, with as much room on the other side, so that they meet the middle
    badge = f'<TD FIXEDSIZE="TRUE" WIDTH="24" HEIGHT="16"><B>×{box.times}</B></TD>'
    room = '<TD FIXEDSIZE="TRUE" WIDTH="24" HEIGHT="16"></TD>'
    cells = (room, f"<TD>{stack}</TD>", badge)
    lines = "".join(f"<TR>{cell}</TR>" for cell in cells) if across else f"<TR>{''.join(cells)}</TR>"
    return f'[label=<<TABLE BORDER="0" {_TIGHT}>{lines}</TABLE>>]'


def _row(line: Text, main: bool, role: str) -> str:
    size, padding = (SIZE, 5) if main else (SMALL, 2)
    color = INK if main else FAINT
    text = _escaped(line.text)
    text = f"<B>{text}</B>" if line.family == "block" else text
    return (
        f'<TR><TD BGCOLOR="{_paint(line, role).fill}" CELLPADDING="{padding}">'
        f'<FONT POINT-SIZE="{size}" COLOR="{color}">  {text}  </FONT></TD></TR>'
    )


def _note(text: str, role: str) -> str:
    """Small print below."""
    color = PAPER[role].line if role == "fault" else FAINT
    return (
        f'<TR><TD BGCOLOR="{PAPER[role].fill}" CELLPADDING="2">'
        f'<FONT POINT-SIZE="{SMALL}" COLOR="{color}">  {_escaped(text)}  </FONT></TD></TR>'
    )


def _is_main(line: Text, box: Box) -> bool:
    return line is main_line(box) or (line.family == "learned" and main_line(box).family == "learned")


def _style(box: Box, base: str) -> str:
    line = "dashed" if box.training else DASHES.get(box.mark, "solid")
    return base if line == "solid" else f"{base},{line}"


def _width(box: Box) -> int:
    return 2 if box.role == "fault" else WIDTHS.get(box.mark, 1)


def _paint(line: Text, role: str) -> Paint:
    """By whether it is wrong, by what became of it, or else by its family."""
    return PAPER[role or line.mark or line.family]


def _remarks(picture: Picture) -> dict[str, str]:
    """Under the picture, what is wrong."""
    lines = (f"({each.number}) {each.place}: {each.message}" for each in picture.remarks)
    return {"label": f"<{'<BR/>'.join(map(_escaped, lines))}>", "labelloc": "b"}


def _legend(picture: Picture) -> dict[str, str]:
    """Under the picture, what is compared, and what the signs mean."""
    words = (f"{sign}{mark}" for mark, sign in SIGNS.items())
    text = "      ".join(filter(None, (picture.caption, *words)))
    return {"label": text, "labelloc": "b"}


# -- frames ---------------------------------------------------------------------------------------


def _frame(frame: Frame, depth: int, across: bool) -> str:
    paint = PAPER["inner frame" if depth % 2 else "frame"]
    alone = frame.mark in ("added", "removed")
    line = PAPER[frame.mark].line if alone else paint.line
    dashed = frame.training or frame.mark == "removed"
    times = f'<FONT COLOR="{INK}"><B>×{frame.times}</B></FONT>' if frame.times > 1 else ""
    words = [f"<B>{_escaped(frame.name)}</B>" if frame.name else "", _escaped(frame.block), times]
    length = sum(map(len, (frame.name, frame.block, str(frame.times))))
    # as much room before the words as they take, for the arrow that comes in through the middle
    room = "" if across else " " * (2 * length + 4)
    return _attributes(
        label=f"<{room}{'  '.join(filter(None, words))}>" if any(words) else "",
        style="rounded,filled,dashed" if dashed else "rounded,filled",
        fillcolor=paint.fill,
        color=line,
        penwidth="1.6" if alone else "0.8",
        margin="9",
    )


# -- text -----------------------------------------------------------------------------------------


def _attributes(**attributes: object) -> str:
    if not attributes:
        return ""
    return f"[{', '.join(f'{key}={_value(value)}' for key, value in attributes.items())}]"


def _value(value: object) -> str:
    """An attribute's value: markup in angle brackets as it is, all else quoted."""
    text = str(value)
    return text if text.startswith("<") else _quoted(text)


def _escaped(text: str) -> str:
    """For markup, in which Graphviz replaces `\\N` and the like as it does elsewhere."""
    return html.escape(text).replace("\\", "\\\\")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
