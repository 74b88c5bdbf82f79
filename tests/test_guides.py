"""The guides' examples: what they show is what happens."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from archdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [ROOT / "docs" / name for name in ("diff.md", "explain.md")]


def calls() -> list[tuple[Path, str, str]]:
    """Each call that is shown, with the output shown below it."""
    found = []
    for guide in GUIDES:
        for session in re.findall(
            r"^```console\n(.+?)^```", guide.read_text("utf-8"), re.DOTALL | re.MULTILINE
        ):
            for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
                call, _, output = part.partition("\n")
                found.append((guide, call, output.rstrip("\n")))
    return found


@pytest.mark.parametrize(("guide", "call", "output"), calls(), ids=[call for _, call, _ in calls()])
def test_a_shown_call_prints_what_is_shown(
    guide: Path,
    call: str,
    output: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`ARCHDSL_ACCEPT=1` shows what is printed now."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    text = guide.read_text("utf-8")
    for name, spec in re.findall(r"```arch\n# (\S+\.arch)\n(.+?)```", text, re.DOTALL):
        (tmp_path / name).write_text(f"# {name}\n{spec}", "utf-8")
    program, *arguments = shlex.split(call)
    assert program == "archdsl"
    main(arguments)
    printed = "".join(capsys.readouterr()).rstrip("\n")
    if os.environ.get("ARCHDSL_ACCEPT"):
        shown = f"$ {call}\n{output}\n" if output else f"$ {call}\n"
        guide.write_text(text.replace(shown, f"$ {call}\n{printed}\n"), "utf-8")
        return
    assert printed == output


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
    for guide in GUIDES:
        described = set(re.findall(r"\w+", guide.read_text("utf-8").rpartition("```text\n")[2]))
        assert _fields(documents[guide.name]) <= described


def _fields(value: object) -> set[str]:
    """The keys of a document, but for those that are names of tensors."""
    if isinstance(value, list):
        return set().union(*map(_fields, value))
    if not isinstance(value, dict):
        return set()
    inner = (_fields(each) for key, each in value.items() if key != "rename")
    return {key for key in value if key.isidentifier()}.union(*inner)
