"""Reading specs from disk; whoever calls the pipeline reads for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from archdsl.pipeline import Reader
from archdsl.source import Source


def read_spec(path: str | os.PathLike[str]) -> Source:
    """The spec at a path, under that name. Raises OSError, also for what is no text."""
    return Source(os.fspath(path), _text(Path(path)))


def reader(folder: str | os.PathLike[str]) -> Reader:
    """Reads imports relative to the folder of a spec."""
    return lambda path: _text(Path(folder, path))


class WrongProject(ValueError):
    """What a project says of archdsl in its `pyproject.toml` cannot be understood."""


def allowed(spec: str | os.PathLike[str]) -> list[str]:
    """The codes of the advice that the project of a spec does not want.

    They stand in the nearest `pyproject.toml` in the spec's folder or above it, as
    `[tool.archdsl] allow = ["A104"]`. Raises WrongProject where that is no list of such codes.
    """
    path = _project(Path(spec))
    if path is None:
        return []
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        project: Any = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise WrongProject(f"cannot read `{path}`: {problem}") from None
    table = project.get("tool", {}).get("archdsl", {})
    codes = table.get("allow", []) if isinstance(table, dict) else None
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise WrongProject(f'`{path}`: `allow` in `[tool.archdsl]` is a list of codes, such as ["A104"]')
    return codes


def _project(spec: Path) -> Path | None:
    """The nearest `pyproject.toml`; its text has to speak of archdsl, or it need not be understood."""
    for folder in Path(os.path.abspath(spec)).parents:
        path = folder / "pyproject.toml"
        if path.is_file():
            return path if b"archdsl" in path.read_bytes() else None
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise OSError(None, f"not UTF-8 text, at byte {problem.start}", str(path)) from None
