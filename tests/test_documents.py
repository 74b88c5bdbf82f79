"""The documents' examples: every spec in them is sound, without a warning."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from archdsl.pipeline import analyse
from archdsl.source import Source

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted((DOCS / "how-to").glob("*.md"))]
BLOCKS = [
    pytest.param(page, text, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, text in enumerate(re.findall(r"^```arch\n(.*?)^```", page.read_text("utf-8"), re.M | re.S), 1)
]


@pytest.mark.parametrize(("page", "text"), BLOCKS)
def test_an_example_is_sound(page: Path, text: str) -> None:
    analysis = analyse(Source(page.name, text), partial(_named, page))
    told = [f"{each.at}: {each.text}" for each in analysis.report]
    assert not told
    assert len(analysis.networks) == len(analysis.names)
    assert "net " not in text or analysis.networks


def _named(page: Path, path: str) -> str:
    """What an example imports: the example of the page that begins with this name."""
    for each, text in (block.values for block in BLOCKS):
        if each == page and text.startswith(f"# {path}\n"):
            return text
    raise FileNotFoundError(path)
