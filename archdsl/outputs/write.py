"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write(path: str | os.PathLike[str], content: str | bytes | Iterable[bytes]) -> None:
    """Put `content` at `path`: all of it, or, whatever interrupts, nothing.

    It is written beside its place and then renamed, which keeps a file that was there before until
    the new one is complete. Text becomes UTF-8, its newlines untouched; pieces are taken one by one.
    Raises OSError, and whatever the pieces raise.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    pieces = [data] if isinstance(data, bytes) else data
    if target.exists() and not target.is_file():
        with target.open("wb") as file:  # a pipe or a device, which a rename would replace
            file.writelines(pieces)
        return
    target = target.resolve()  # a link keeps pointing to the file that gets the content
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.writelines(pieces)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
