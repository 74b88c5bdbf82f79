"""A picture as a Mermaid flowchart, which GitHub and others draw where it stands in a text.

Promises the same text for the same picture, names of its own making for all that is drawn, and that
no text from a spec is anything but text: all that is not a letter, a digit or harmless is written as
an entity, which Mermaid decodes last. Colours are set for fills, lines and letters alike, so that the
chart can be read on light and on dark pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.check.model import Checked
from archdsl.outputs.drawing.blocks.compose import composed
from archdsl.outputs.drawing.blocks.opening import Opening, asked
from archdsl.outputs.drawing.blocks.picture import Arrow, Box, Frame, Picture
from archdsl.outputs.drawing.charts.entities import escaped
from archdsl.outputs.drawing.engine import CannotDraw
from archdsl.outputs.drawing.faults import Faulty, Remark
from archdsl.outputs.drawing.lettering import shortened, width
from archdsl.outputs.drawing.marked import Marked
from archdsl.outputs.drawing.themes import PAPER
from archdsl.outputs.drawing.wanted import Direction

MOST_BOXES = 60
"""As many can be read on a page that has more to show than the chart."""

MOST_ARROWS, MOST_LETTERS = 500, 50_000
"""What Mermaid draws unless whoever runs it allows more."""


def readable(
    shown: Checked | Marked | Faulty, depth: int | None = None, opened: tuple[str, ...] = ()
) -> Picture:
    """The picture of blocks down to a depth; by default as deep as MOST_BOXES allow.

    Blocks that are named in `opened` are open whatever the depth. Raises CannotDraw.
    """
    wanted = asked(shown.graph, opened)
    if depth is not None:
        return composed(shown, Opening(depth, asked=wanted))
    levels = max(scope.path.count(".") + 1 for scope in shown.graph.scopes)
    best = composed(shown, Opening(0, asked=wanted))
    for count in range(1, levels + 1):
        deeper = composed(shown, Opening(count, asked=wanted))
        if sum(box.kind != "fork" for box in deeper.boxes()) > MOST_BOXES:
            break
        best = deeper
    return best


def mermaid(picture: Picture, direction: Direction = "down") -> str:
    """The source of a chart that runs down the page, or to the right. Raises CannotDraw."""
    chart = _Chart(picture)
    if len(chart.arrows) > MOST_ARROWS:
        raise CannotDraw(
            f"the chart of {picture.title} would have {len(chart.arrows):,} arrows, and Mermaid draws at most"
            f" {MOST_ARROWS}",
            "draw fewer levels of blocks, as with `--depth 1`",
        )
    text = "\n".join(chart.lines(direction)) + "\n"
    if len(text) > MOST_LETTERS:
        raise CannotDraw(
            f"the chart of {picture.title} would have {len(text):,} letters, and Mermaid reads at most"
            f" {MOST_LETTERS:,}",
            "draw fewer levels of blocks, as with `--depth 1`",
        )
    return text


class _Link(NamedTuple):
    """An arrow between boxes that are drawn: Mermaid has no points at which lines fork."""

    tail: Box
    head: Box
    text: str
    dashed: bool
    role: str
    """Of its colour; empty for that of most lines."""


class _Chart:
    """The parts of a picture with the names that they have in the chart."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.names: dict[Box, str] = {}
        self.classes: dict[str, list[str]] = {}
        for box in picture.boxes():
            if box.kind != "fork":
                self.names[box] = f"n{len(self.names) + 1}"
        self.arrows = list(_links(picture.arrows))

    def lines(self, direction: Direction) -> Iterator[str]:
        yield f"%%{{init: {json.dumps(LOOKS)}}}%%"
        yield f"flowchart {'LR' if direction == 'right' else 'TB'}"
        yield f"  accTitle: {escaped(self.picture.title, None)}"
        yield f"  accDescr: {escaped(self.picture.description, None)}"
        yield from self._parts(direction)
        for number, remark in enumerate(self.picture.remarks, 1):
            yield f'  r{number}["{_remark(remark)}"]'
            self._paint(f"r{number}", ["fault"])
        for link in self.arrows:
            line = "-.->" if link.dashed else "-->"
            label = f'|"{escaped(link.text)}"|' if link.text else ""
            yield f"  {self.names[link.tail]} {line}{label} {self.names[link.head]}"
        yield from self._colours()

    def _parts(self, direction: Direction) -> Iterator[str]:
        # with a stack, for blocks may be nested deeper than Python may recurse
        pending: list[tuple[Box | Frame | None, tuple[Frame, ...]]]
        pending = [(part, ()) for part in reversed(self.picture.parts)]
        depth, frames = 0, 0
        while pending:
            part, outer = pending.pop()
            indent = "  " * (depth + 1)
            if part is None:
                depth -= 1
                yield f"{'  ' * (depth + 1)}end"
            elif isinstance(part, Frame):
                frames += 1
                first = next(
                    (each for each in part.parts if isinstance(each, Frame) or each.kind != "fork"), None
                )
                # a frame at the top of another covers the heading of that one, and so says it too
                covered = part if isinstance(first, Frame) else None
                words = " " if covered else self._heading(part, outer, direction)
                yield f'{indent}subgraph s{frames}["{words}"]'
                self._paint(f"s{frames}", _frame_classes(part, depth))
                pending.append((None, ()))
                inner = [(each, (*outer, part) if covered and each is first else ()) for each in part.parts]
                pending.extend(reversed(inner))
                depth += 1
            elif part.kind != "fork":
                yield f"{indent}{self.names[part]}{_box(part)}"
                self._paint(self.names[part], _box_classes(part))

    def _heading(self, frame: Frame, outer: Sequence[Frame], direction: Direction) -> str:
        """The words over a frame, and over those around it whose tops it covers."""
        if not outer:
            words = _words(frame.name, frame.block, frame.times)
        else:
            words = [
                word
                for each in (*outer, frame)
                if (said := _words(each.name or each.block, "", each.times))
                for word in (("›", False), *said)
            ][1:]
        passed, skipped = self._lines_through(frame) if direction == "down" else (False, False)
        words = _fitting(words, _width(frame) / (2 if passed else 1))
        text = " ".join(f"<b>{escaped(word)}</b>" if bold else escaped(word) for word, bold in words)
        # beside the line, if one runs down through the middle; with a skip, that is right of the middle
        blank = _wide(words) / width(" ", FONT_SIZE) + 3 if passed else 6 if skipped else 0
        return text + "#160;" * round(blank) if words else " "

    def _lines_through(self, frame: Frame) -> tuple[bool, bool]:
        """Whether one line enters a frame and one leaves it; and whether one enters that skips layers."""
        inside = set(Picture("", "", frame.parts, ()).boxes())
        enter = [link.head for link in self.arrows if link.head in inside and link.tail not in inside]
        leave = sum(link.tail in inside and link.head not in inside for link in self.arrows)
        return (len(enter), leave) == (1, 1), any(head.kind == "sign" for head in enter)

    def _paint(self, name: str, classes: Sequence[str]) -> None:
        for each in classes:
            self.classes.setdefault(each, []).append(name)

    def _colours(self) -> Iterator[str]:
        # what comes later holds, so that dashes are set behind colours
        for each in sorted(self.classes, key=lambda name: (name in DASHED, name)):
            yield f"  classDef {each} {_look(each)}"
            yield f"  class {','.join(self.classes[each])} {each}"
        for role in sorted({link.role for link in self.arrows} - {""}):
            numbers = ",".join(str(index) for index, link in enumerate(self.arrows) if link.role == role)
            yield f"  linkStyle {numbers} stroke:{PAPER[role].line}"


def _links(arrows: Sequence[Arrow]) -> Iterator[_Link]:
    """The arrows from box to box; what is written where a line enters a fork, its first branch says."""
    into: dict[Box, list[Arrow]] = {}
    for arrow in arrows:
        if arrow.head.kind == "fork":
            into.setdefault(arrow.head, []).append(arrow)
    told = {fork: before[0].text for fork, before in into.items()}
    for arrow in arrows:
        if arrow.head.kind == "fork":
            continue
        pending = [(arrow.tail, arrow.text)]
        while pending:
            tail, text = pending.pop()
            if tail.kind == "fork":
                text = text or told.pop(tail, "")
                pending.extend((before.tail, text) for before in reversed(into[tail]))
                continue
            role = arrow.role or ("removed" if "removed" in (tail.mark, arrow.head.mark) else "")
            yield _Link(tail, arrow.head, text, arrow.training or role in ("removed", "unknown"), role)


# -- boxes and frames -----------------------------------------------------------------------------

SHAPES = {"sign": ("((", "))"), "bar": ("([", "])"), "end": ("([", "])")}
"""Brackets around the text by the kind of a box: a circle, rounded ends; a rectangle for all others."""


def _box(box: Box) -> str:
    opening, closing = SHAPES.get(box.kind, ("[", "]"))
    return f'{opening}"{_label(box)}"{closing}'


Row = tuple[str, str]
"""A line of a box, and the element that it is in: `b`, `small`, or none."""


def _rows(box: Box) -> list[Row]:
    """What a box is about on lines of their own, and what goes with it on one line."""
    main, rows, joins = _main(box), list[Row](), False
    small = [text for text in (box.small, *box.note) if text]
    for line in box.lines:
        if line.family == main and not (box.kind == "end" and rows):
            rows.append((line.text, "b" if len(box.lines) > 1 or small else ""))
            joins = False
        elif joins:
            rows[-1] = f"{rows[-1][0]} · {line.text}", ""
        else:
            rows.append((line.text, ""))
            joins = True
    if box.times > 1:
        rows.append((f"×{box.times}", "b"))
    return rows + [(text, "small") for text in small]


def _label(box: Box) -> str:
    rows = ((escaped(text), tag) for text, tag in _rows(box))
    return "<br>".join(f"<{tag}>{text}</{tag}>" if tag else text for text, tag in rows)


def _remark(remark: Remark) -> str:
    """What is wrong, in a box of its own; the boxes that it is about have its number."""
    head = f"<b>#40;{remark.number}#41;</b> {escaped(remark.place)}#58; {escaped(remark.message, None)}"
    return "<br>".join(
        [head, *(f"<small>help#58; {escaped(each, None)}</small>" for each in remark.remedies)]
    )


def _main(box: Box) -> str:
    """The family of what a box is about: its block, its weight layers, or its first line."""
    families = [line.family for line in box.lines]
    return next((each for each in ("block", "learned") if each in families), families[0])


Word = tuple[str, bool]
"""A word of a heading, and whether it is bold."""


def _words(name: str, block: str, times: int) -> list[Word]:
    words = [(name, True), (block, False), (f"×{times}" if times > 1 else "", True)]
    return [(word, bold) for word, bold in words if word]


def _fitting(words: list[Word], room: float) -> list[Word]:
    """As many words, from the first, as have room: one that has none would break its frame."""
    while len(words) > 1 and (_wide(words) > room or words[-1][0] == "›"):
        words = words[:-1]
    return [(shortened(word, room, FONT_SIZE, bold), bold) for word, bold in words[:1]] + words[1:]


def _wide(words: Sequence[Word]) -> float:
    return sum(width(word + " ", FONT_SIZE, bold) for word, bold in words)


def _width(frame: Frame) -> float:
    """How wide a frame is at least: as the widest line in it."""
    boxes = Picture("", "", frame.parts, ()).boxes()
    lines = (width(text, FONT_SIZE, tag == "b") for box in boxes if box.lines for text, tag in _rows(box))
    return max(lines, default=0.0) + MARGIN


# -- colours --------------------------------------------------------------------------------------

FONT_SIZE = 14
MARGIN = 70
"""Pixels between a line of text in a box and the sides of a frame around the box, both together."""

LOOKS = {
    "theme": "base",
    "themeVariables": {
        "fontFamily": "Helvetica, Arial",
        "fontSize": f"{FONT_SIZE}px",
        "lineColor": PAPER["arrow"].line,
        "textColor": PAPER["ink"].line,
        "titleColor": PAPER["ink"].line,
        "edgeLabelBackground": PAPER["frame"].fill,
    },
    "flowchart": {
        "nodeSpacing": 24,
        "rankSpacing": 28,
        "padding": 8,
        "wrappingWidth": 600,
        "subGraphTitleMargin": {"top": 2, "bottom": 10},
    },
}
"""For all readers the same, whatever theme their page has; lines are seen on white and on black."""

DASHED = {"training", "gone"}


def _box_classes(box: Box) -> list[str]:
    role = (
        box.role
        or box.mark
        or (box.kind if box.kind == "loose" else "source" if box.kind == "end" else _main(box))
    )
    return [role, *_dashes(box)]


def _frame_classes(frame: Frame, depth: int) -> list[str]:
    role = frame.mark if frame.mark in ("added", "removed") else ""
    return ["inner" if depth % 2 else "frame", *([f"{role}-frame"] if role else []), *_dashes(frame)]


def _dashes(part: Box | Frame) -> list[str]:
    return ["training"] if part.training else ["gone"] if part.mark == "removed" else []


def _look(name: str) -> str:
    """The style of a class."""
    if name in DASHED:
        return "stroke-dasharray:4 3"
    if name == "loose":
        return f"fill:{PAPER['frame'].fill},stroke:{PAPER['frame'].fill},color:{PAPER['faint'].line}"
    if name.endswith("-frame"):
        return f"stroke:{PAPER[name.removesuffix('-frame')].line},stroke-width:2px"
    paint = PAPER["inner frame" if name == "inner" else name]
    width = ",stroke-width:2px" if name in ("added", "changed", "fault") else ""
    return f"fill:{paint.fill},stroke:{paint.line},color:{PAPER['ink'].line}{width}"
