"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from archdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")

SESSIONS = re.findall(r"```console\n(.+?)```", README, re.DOTALL)


def calls() -> list[tuple[str, str]]:
    """Each call that is shown, with the output shown below it."""
    found = []
    for session in SESSIONS:
        for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            call, _, output = part.partition("\n")
            found.append((call, output.rstrip("\n")))
    return found


@pytest.mark.parametrize(("call", "output"), calls(), ids=[call for call, _ in calls()])
def test_a_shown_call_prints_what_is_shown(
    call: str,
    output: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A line `…` stands for lines left out. `ARCHDSL_ACCEPT=1` shows what is printed now, in full."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    for name, text in re.findall(r"```(?:arch|text)\n# (\S+\.arch)\n(.+?)```", README, re.DOTALL):
        (tmp_path / name).write_text(f"# {name}\n{text}", "utf-8")
    program, *arguments = shlex.split(call)
    assert program == "archdsl"
    main(arguments)
    printed = "".join(capsys.readouterr()).rstrip("\n")
    if os.environ.get("ARCHDSL_ACCEPT"):
        shown = (ROOT / "README.md").read_text("utf-8")
        (ROOT / "README.md").write_text(
            shown.replace(f"$ {call}\n{output}\n", f"$ {call}\n{printed}\n"), "utf-8"
        )
        return
    pattern = r"\n(?:.*\n)*?".join(map(re.escape, output.split("\n…\n")))
    assert re.fullmatch(pattern, printed), printed


def test_python_that_is_shown_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    for program in re.findall(r"```python\n(.+?)```", README, re.DOTALL):
        names: dict[str, object] = {}
        exec(compile(program, "README.md", "exec"), names)
        for expression, value in re.findall(r"^(\S.*?)  +# (.+)$", program, re.MULTILINE):
            assert repr(eval(expression, names)) == value
