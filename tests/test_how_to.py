"""The how-to pages, and the one on sizes, played from top to bottom: what they show is what happens."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from archdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted((ROOT / "docs" / "how-to").glob("*.md")), ROOT / "docs" / "sizes.md"]
BLOCK = re.compile(r"^```(arch|text|console|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
VALUE = re.compile(r"^(\S.*?)  +# (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_does_what_it_shows(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A spec that begins with its name is saved, a call is made, Python runs; all in one folder.

    A line `…` of an output stands for lines left out. `ARCHDSL_ACCEPT=1` shows what is printed now, in full.
    """
    pytest.importorskip("torch").manual_seed(0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    text = page.read_text("utf-8")
    names: dict[str, object] = {}
    for kind, block in BLOCK.findall(text):
        if kind == "console":
            text = text.replace(block, _played(block, capsys))
        elif kind == "python":
            exec(compile(block, page.name, "exec"), names)
            for expression, value in VALUE.findall(block):
                assert repr(eval(expression, names)) == value, expression
        elif name := re.match(r"# (\S+\.arch)\n", block):
            (tmp_path / name[1]).write_text(block, "utf-8")
    if os.environ.get("ARCHDSL_ACCEPT"):
        page.write_text(text, "utf-8")


def _played(session: str, capsys: pytest.CaptureFixture[str]) -> str:
    """A session with what is printed now in place of what differs from it."""
    played = []
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        call, _, output = part.rstrip("\n").partition("\n")
        program, *arguments = shlex.split(call)
        assert program == "archdsl"
        capsys.readouterr()
        main(arguments)
        printed = "".join(capsys.readouterr()).rstrip("\n")
        shown = r"\n(?:.*\n)*?".join(map(re.escape, output.split("\n…\n")))
        holds = re.fullmatch(shown, printed) is not None
        assert holds or os.environ.get("ARCHDSL_ACCEPT"), f"$ {call}\n{printed}"
        played.append(f"$ {call}\n{output if holds else printed}".rstrip("\n") + "\n")
    return "".join(played)
