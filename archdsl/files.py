"""Reading specs from disk; whoever calls the pipeline reads for it."""

from __future__ import annotations

import os
from pathlib import Path

from archdsl.pipeline import Reader
from archdsl.source import Source


def read_spec(path: str | os.PathLike[str]) -> Source:
    """The spec at a path, under that name. Raises OSError, also for what is no text."""
    return Source(os.fspath(path), _text(Path(path)))


def reader(folder: str | os.PathLike[str]) -> Reader:
    """Reads imports relative to the folder of a spec."""
    return lambda path: _text(Path(folder, path))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise OSError(None, f"not UTF-8 text, at byte {problem.start}", str(path)) from None
