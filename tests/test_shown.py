"""What the documents show is what happens: their pages, played from top to bottom."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from archdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ACCEPT = bool(os.environ.get("ARCHDSL_ACCEPT"))
"""Whether the pages are to show what happens now."""

BLOCK = re.compile(r"^```(arch|text|console|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
VALUE = re.compile(r"^(\S.*?)  +# (.+)$", re.MULTILINE)
IMAGE = re.compile(r"\]\((?:docs/)?images/(\S+?)\)")
PICTURE = re.compile(r"^\*`archdsl (draw .* -o (docs/images/\S+))`\*$", re.MULTILINE)

PAGES = [
    page
    for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted((DOCS / "how-to").glob("*.md")))
    if "```console" in page.read_text("utf-8") and page.stem != "page"  # which has an address in it
]


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
    for name in IMAGE.findall(text):
        if (drawn := tmp_path / name).exists():
            _compare(drawn.read_bytes(), DOCS / "images" / name)
    if ACCEPT:
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
        assert holds or ACCEPT, f"$ {call}\n{printed}"
        played.append(f"$ {call}\n{output if holds else printed}".rstrip("\n") + "\n")
    return "".join(played)


PICTURES = sorted({found for page in PAGES for found in PICTURE.findall(page.read_text("utf-8"))})


@pytest.mark.parametrize(("call", "file"), PICTURES, ids=[file for _, file in PICTURES])
def test_a_picture_is_what_its_call_draws(
    call: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main([*shlex.split(call)[:-1], str(tmp_path / "drawn.svg")]) == 0
    _compare((tmp_path / "drawn.svg").read_bytes(), ROOT / file)


def _compare(drawn: bytes, shown: Path) -> None:
    if ACCEPT:
        shown.write_bytes(drawn)
    assert shown.read_bytes() == drawn


def test_no_picture_is_left_over() -> None:
    shown = {name for page in PAGES for name in IMAGE.findall(page.read_text("utf-8"))}
    assert {path.name for path in (DOCS / "images").iterdir()} == shown


def test_every_field_of_the_json_is_described() -> None:
    """What a program gets is in the guide."""
    from archdsl.outputs.diff import Differences, compare
    from archdsl.outputs.diff import data as diff_data
    from archdsl.outputs.explain import data as explain_data
    from archdsl.outputs.explain import explain
    from archdsl.spec import load

    spec = load(ROOT / "specs" / "vgg.arch")
    old, new = spec["VGG.C"].checked, spec["VGG.E"].checked
    diff = diff_data.document(Differences((compare(old, new),)))
    documents = {"diff.md": diff, "explain.md": explain_data.document(explain(old, "features.2"))}
    for name, document in documents.items():
        described = set(re.findall(r"\w+", (DOCS / name).read_text("utf-8").rpartition("```text\n")[2]))
        assert _fields(document) <= described


def _fields(value: object) -> set[str]:
    """The keys of a document, but for those that are names of tensors."""
    if isinstance(value, list):
        return set().union(*map(_fields, value))
    if not isinstance(value, dict):
        return set()
    inner = (_fields(each) for key, each in value.items() if key != "rename")
    return {key for key in value if key.isidentifier()}.union(*inner)
