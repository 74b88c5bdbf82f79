"""Running Graphviz: the system's `dot`, or else the one that was installed with archdsl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PATIENCE = 120
"""Seconds that one drawing may take."""

BUNDLED = "graphviz-pure"
"""The distribution that holds a Graphviz for machines without one."""


class CannotDraw(Exception):
    """There is no picture; `remedy` says what the user can do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.args[0]}; {self.remedy}"


class EngineMissing(CannotDraw):
    """No Graphviz is found that writes this format."""


def find(name: str = "dot") -> str | None:
    """The program that lays out drawings, the system's first."""
    return shutil.which(name) or _bundled()


def _bundled() -> str | None:
    """The program that the bundled distribution installed, on the PATH or not."""
    from importlib.metadata import PackageNotFoundError, files

    try:
        for file in files(BUNDLED) or ():
            if file.stem == BUNDLED and file.suffix in ("", ".exe"):
                program = Path(str(file.locate()))
                if program.is_file():
                    return str(program.resolve())
    except PackageNotFoundError:
        pass
    return shutil.which(BUNDLED)


def run(source: str, format: str, *options: str) -> bytes:
    """Lay out and draw Graphviz source; raises CannotDraw."""
    program = find()
    if program is None:
        raise EngineMissing(
            "drawing needs Graphviz, which is not here", f"`pip install {BUNDLED}`, or install Graphviz"
        )
    command = [program, f"-T{format}", "-q1", *options]
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise CannotDraw(
            f"Graphviz took longer than {PATIENCE} seconds", "draw fewer levels of blocks, or write dot"
        ) from None
    except OSError as error:
        raise EngineMissing(f"{program} does not run: {error}", "install Graphviz") from error
    complaint = done.stderr.decode(errors="replace").strip()
    if "not recognized" in complaint and "Format" in complaint:
        raise EngineMissing(
            f"the Graphviz at {program} cannot write {format}", "write svg, or install Graphviz in full"
        )
    if done.returncode or not done.stdout:
        last = complaint.splitlines()[-1] if complaint else f"exit status {done.returncode}"
        raise CannotDraw(f"Graphviz failed: {last}", "draw fewer levels of blocks, or write dot")
    return done.stdout
