"""From Graphviz's SVG to one that stands in a page or a paper."""

from __future__ import annotations

import re
from html import escape, unescape

from archdsl.outputs.drawing import style
from archdsl.outputs.drawing.blocks.picture import Picture

_HEAD = re.compile(r'^.*?<svg (width="[^"]*" height="[^"]*")\s+(viewBox="[^"]*")[^>]*>', re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_GROUP = re.compile(r'<g id="[^"]*" class="(\w+)">\n<title>(.*?)</title>\n', re.DOTALL)
_FONT = re.compile(r' font-family="[^"]*"')
_TEXT = re.compile(
    r'<text(?: xml:space="preserve")?([^>]*?) x="([^"]*)"([^>]*?) font-size="([^"]*)"([^>]*)>(.*?)</text>\n'
)
_SPACE = 0.278
"""Width of a space of size 1."""
_ROOT = re.compile(r'<g id="[^"]*" class="graph"')


def finished(drawn: bytes, picture: Picture) -> bytes:
    """The drawing with a title, a description and fonts that every machine has.

    The title of each layer is its path, which a pointer over it shows. Nothing in the text depends
    on the version of Graphviz or on the date; the paper is white, also on a dark page.
    """
    text = _COMMENT.sub("", drawn.decode())
    text = _FONT.sub("", text).replace('"transparent"', '"none"')  # as older ones say it
    text = _ROOT.sub('<g class="graph"', text, count=1)
    text = _GROUP.sub(_group, text)
    text = _TEXT.sub(_text, text)
    head = (
        rf'<svg xmlns="http://www.w3.org/2000/svg" \1 \2 role="img" font-family="{style.FONTS}">'
        "\n<TITLE>"
    )
    text = _HEAD.sub(head, text, count=1)
    opening = f"<title>{escape(picture.title)}</title>\n<desc>{escape(picture.description)}</desc>"
    text = text.replace("<TITLE>", opening, 1)
    text = re.sub(r'(<g class="graph"[^>]*>\n)<title>.*?</title>\n', r"\1", text, count=1)
    return text.encode()


def _text(found: re.Match[str]) -> str:
    """A line of text without the spaces that kept room for it: what is selected is what was meant."""
    start, x, middle, size, end, content = found.groups()
    words = content.replace("&#160;", " ")
    if not words.strip():
        return ""
    if 'anchor="start"' in start + middle:
        x = f"{float(x) + _SPACE * float(size) * (len(words) - len(words.lstrip())):.2f}"
    return f'<text{start} x="{x}"{middle} font-size="{float(size):g}"{end}>{words.strip()}</text>\n'


def _group(found: re.Match[str]) -> str:
    """The opening of a node, a frame or an arrow: with its path, or for an arrow without a title."""
    kind, title = found[1], unescape(found[2])
    if kind == "edge":
        return '<g class="edge">\n'
    path = escape(title.removeprefix("cluster ") if kind == "cluster" else title)
    return f'<g class="{kind}">\n<title>{path}</title>\n'
