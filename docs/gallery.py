"""Makes the gallery: every spec in every style that suits it.

python docs/gallery.py [SPEC…]

Writes `docs/gallery/`, a page for each spec, on which each picture stands below the call that made it.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import archdsl
from archdsl.cli import main as archdsl_main
from archdsl.cli.calls import SOUND, WRONG_CALL
from archdsl.outputs.drawing import style_of

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "docs" / "gallery"


class Picture(NamedTuple):
    """One picture to be made: what it shows, and the call that makes it, without its file."""

    file: str
    heading: str
    call: tuple[str, ...]


def pictures(path: Path) -> Iterator[Picture]:
    """What is worth drawing of a spec: all its networks beside each other, then each in its styles."""
    spec = path.relative_to(ROOT).as_posix()
    networks = archdsl.load(path)
    if len(networks) > 1:
        yield Picture(f"{path.stem}-columns", "Side by side", (spec, "--style", "columns"))
    for name, network in networks.items():
        only = (spec, "--net", name) if len(networks) > 1 else (spec,)
        if style_of([network.checked]) == "volumes":
            yield Picture(f"{name}-volumes", name, (*only, "--style", "volumes"))
        yield Picture(f"{name}-blocks", name, (*only, "--style", "blocks"))
    first = next(iter(networks))
    only = (spec, "--net", first) if len(networks) > 1 else (spec,)
    yield Picture(f"{first}-receptive", "What each layer sees", (*only, "--style", "receptive"))


def page(path: Path) -> str | None:
    """Draw a spec and write its page; None for a spec that holds no network."""
    lines = [f"# {path.stem}", ""]
    heading = ""
    for picture in pictures(path):
        file = f"{picture.file}.svg"
        said = StringIO()
        with redirect_stderr(said):
            code = archdsl_main(["draw", *picture.call, "-o", str(GALLERY / file), "--theme", "auto"])
        if code == WRONG_CALL:  # the style does not suit, and says why
            print(f"{' '.join(picture.call)}: {said.getvalue().splitlines()[0]}")
            continue
        if code != SOUND:
            raise SystemExit(f"{' '.join(picture.call)}\n{said.getvalue()}")
        if picture.heading != heading:
            heading = picture.heading
            lines += [f"## {heading}", ""]
        call = " ".join(("archdsl draw", *picture.call, "-o", file))
        lines += [f"`{call}`", "", f"![{heading}]({file})", ""]
    return "\n".join(lines) if heading else None


def main(*names: str) -> None:
    start = time.perf_counter()
    shutil.rmtree(GALLERY, ignore_errors=True)
    GALLERY.mkdir()
    found = sorted((ROOT / "specs").glob("*.arch"))
    made = []
    for path in found:
        if names and path.stem not in names:
            continue
        text = page(path)
        if text is not None:
            (GALLERY / f"{path.stem}.md").write_text(text, "utf-8")
            made.append(path.stem)
    listing = "\n".join(made)
    text = (
        "# Gallery\n\nEvery network of the folder `specs`, in every style that suits it; "
        "`python docs/gallery.py` makes these pages.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{listing}\n```\n"
    )
    (GALLERY / "index.md").write_text(text, "utf-8")
    count = len(list(GALLERY.glob("*.svg")))
    print(f"{count} pictures of {len(made)} specs in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
