"""Versions of specs that git keeps."""

from __future__ import annotations

import os
import posixpath
import subprocess

from archdsl.cli.calls import CallError
from archdsl.pipeline import Reader
from archdsl.source import Source


def version(path: str, revision: str) -> tuple[Source, Reader]:
    """A spec as it is in a revision, and what reads its imports there. Refuses what git does not have."""
    folder, name = os.path.split(path)
    revision = revision.rstrip(":")
    _refuse_unknown(path, folder, revision)
    try:
        text = _blob(folder, revision, name)
    except OSError:
        remedy = f"`git log --oneline -- {path}` lists the revisions that change it"
        raise CallError(f"`{path}` is not in {revision}", remedy) from None
    return Source(f"{revision}:{path}", text), lambda relative: _blob(folder, revision, relative)


def _refuse_unknown(path: str, folder: str, revision: str) -> None:
    if not _git(folder, "rev-parse", "--is-inside-work-tree"):
        raise CallError(f"`{path}` is in no git repository", "name two files, as in `archdsl diff OLD NEW`")
    # what begins with a dash would be an option of git's
    if revision.startswith("-") or not _git(
        folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"
    ):
        remedy = "`git log --oneline` lists those there are; a shallow clone has only the last"
        raise CallError(f"git has no revision `{revision}` here", remedy)


def _blob(folder: str, revision: str, path: str) -> str:
    """A file's text in a revision. Raises OSError."""
    place = posixpath.normpath(path.replace(os.sep, "/"))
    data = _git(folder, "show", "--no-textconv", f"{revision}:./{place}")
    if data is None:
        raise FileNotFoundError(2, f"not in {revision}", path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise OSError(None, f"not UTF-8 text, at byte {problem.start}", path) from None


def _git(folder: str, *arguments: str) -> bytes | None:
    """What git prints; None where it fails."""
    try:
        done = subprocess.run(["git", "-C", folder or ".", *arguments], capture_output=True, check=False)
    except OSError:
        raise CallError("git is not here", "name two files, as in `archdsl diff OLD NEW`") from None
    return done.stdout if done.returncode == 0 else None
