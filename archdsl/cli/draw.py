"""`archdsl draw`: pictures of networks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from archdsl.check.model import Checked
from archdsl.cli.calls import SOUND, CallError, net_options, output_option, put, put_bytes, save, tell
from archdsl.outputs.drawing.themes import THEMES
from archdsl.outputs.drawing.wanted import DIRECTIONS, ENDINGS, FORMATS, PAGES, STYLES, Style, Wanted
from archdsl.outputs.drawing.wanted import page as page_of

if TYPE_CHECKING:
    from archdsl.outputs.drawing import Faulty, Marked, Shown

TEXT = ("svg", "tikz", "dot", "mermaid", "html")


@click.command(short_help="Draw networks.")
@click.argument("path", required=False, metavar="PATH")
@net_options
@output_option("Where to draw to; its ending says as what. `{net}` in it stands for the network's name.")
@click.option("form", "--format", type=click.Choice(FORMATS), help="By default, what FILE ends in, or svg.")
@click.option("--style", type=click.Choice(STYLES), help="By default, what suits the networks.")
@click.option("--depth", type=click.IntRange(min=0), help="Show blocks this deep; deeper ones stay closed.")
@click.option(
    "opened", "--open", multiple=True, metavar="NAME", help="A block to open all the same; may be repeated."
)
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Where the flow of blocks runs.")
@click.option("--page", metavar="PAGE", help=f"Fit it there: {', '.join(PAGES)}, or a size as in 84x120mm.")
@click.option("--theme", type=click.Choice((*THEMES, "auto")), default="paper", show_default=True)
@click.option("--title", metavar="TEXT", help="A heading above the picture.")
@click.option("--scale", type=click.FloatRange(0.1, 10), default=1.0, help="How many times as large.")
@click.option("--image", metavar="FILE", help="What `receptive` draws over: PNG or JPEG.")
@click.option("other", "--diff", metavar="OTHER", help="Show what differs in OTHER: a spec, or `PATH:NET`.")
def draw(
    path: str | None,
    nets: tuple[str, ...],
    settings: dict[str, str],
    output: str | None,
    form: str | None,
    style: Style | None,
    theme: str,
    scale: float,
    other: str | None,
    **wanted: Any,
) -> int:
    """Draw networks in one of four styles.

    \b
    blocks     layers as boxes, blocks as frames, repeats folded
    volumes    feature maps as bodies, to scale; suits a plain chain of layers
    columns    networks side by side, with what differs marked; suits several
    receptive  how much of the input each layer sees

    Without -o the picture goes to standard output. `-o "{net}.svg"` draws each network of the spec.
    A network that is wrong is drawn as far as it goes, with what is wrong marked and listed. With --diff,
    one picture shows two networks, and which layers OTHER adds, removes and changes.
    """
    from archdsl.cli.specs import drawable

    pen = _Pen(form or _form(output), style, _wanted(**wanted), theme, scale, output)
    if other is not None:
        pen.draw(*_difference(path, other, nets, settings))
        return SOUND
    shown, code = drawable([path] if path else [], nets, settings)
    if output is not None and "{net}" in output:
        for each in shown:
            pen.draw(*_one(each))
    elif len(shown) == 1:
        pen.draw(*_one(shown[0]))
    else:
        pen.draw(*_several(shown))
    return code


def _wanted(page: str | None, image: str | None, **others: Any) -> Wanted:
    """The options that the styles read."""
    data = None
    if image is not None:
        try:
            data = Path(image).read_bytes()
        except OSError as problem:
            raise CallError(f"cannot read `{image}`: {problem.strerror or problem}") from None
    try:
        room = page_of(page) if page else None
    except ValueError as problem:
        raise CallError(*problem.args) from None
    return Wanted(page=room, image=data, **others)


def _one(shown: Checked | Faulty) -> tuple[Shown, str]:
    """One network, sound or not, and its name."""
    return ([shown] if isinstance(shown, Checked) else shown), shown.graph.name


def _several(shown: Sequence[Checked | Faulty]) -> tuple[Shown, str]:
    """Networks for one picture, and a name for it; of wrong ones a picture shows one."""
    for each in shown:
        if not isinstance(each, Checked):
            raise CallError(
                f"{each.graph.name} is wrong, and a picture shows one such network",
                f"add `--net {each.graph.name}`",
            )
    return [each for each in shown if isinstance(each, Checked)], shown[0].graph.name.partition(".")[0]


@dataclass(frozen=True)
class _Pen:
    """How pictures are drawn, and where to."""

    form: str
    style: Style | None
    wanted: Wanted
    theme: str
    scale: float
    output: str | None

    def draw(self, shown: Shown, name: str) -> None:
        """Draw one picture, and say what was folded for it."""
        from archdsl.cli.progress import progress
        from archdsl.outputs.drawing import CannotDraw, draw

        if self.output is None and self.form not in TEXT and sys.stdout.isatty():
            raise CallError(f"a terminal cannot show {self.form}", f"add `-o {name}.{self.form}`")
        try:
            with progress(f"drawing {name}"):
                drawing = draw(shown, self.form, self.style, self.wanted, theme=self.theme, scale=self.scale)
        except CannotDraw as problem:
            raise CallError(str(problem.args[0]), problem.remedy) from None
        for note in drawing.folded:
            tell(f"note: {note}")
        if self.output is not None:
            save(self.output.replace("{net}", name), drawing.data)
        elif self.form in TEXT:
            put(drawing.data.decode())
        else:
            put_bytes(drawing.data)


def _difference(
    path: str | None, other: str, nets: tuple[str, ...], settings: dict[str, str]
) -> tuple[Marked, str]:
    """The one pair of networks that is meant, and what to call a file with its picture."""
    from archdsl.cli.sides import networks, operand, paired
    from archdsl.outputs.diff.picture import marked

    if path is None:
        raise CallError("no spec is named", f"name one, as in `archdsl draw OLD --diff {other}`")
    old, new = operand(path), operand(other, operand(path).path)
    if nets and new.net:
        # --net says which network of the first is meant, the second has its own
        (before, *more), (now, *others) = networks(old, nets, settings), networks(new, (), settings)
        pairs = [(before, now), *zip(more, others, strict=False)]
    else:
        pairs = paired(old, new, nets, settings).pairs
    if len(pairs) != 1:
        names = ", ".join(each.name for each, _ in pairs)
        raise CallError(f"one picture shows one pair of networks, and here are {names}", "add `--net NAME`")
    (pair,) = pairs
    return marked(*pair), f"{pair[0].name}-{pair[1].name}"


def _form(output: str | None) -> str:
    """The format that a file's ending names."""
    if output is None:
        return "svg"
    ending = PurePath(output).suffix.lower().lstrip(".")
    if ending not in ENDINGS:
        raise CallError(
            f"`{output}` does not say which format to draw",
            f"let it end in {', '.join('.' + each for each in ENDINGS)}, or add `--format svg`",
        )
    return ENDINGS[ending]
