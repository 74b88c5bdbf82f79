"""A spec with everything it imports: which blocks, notations and nets there are."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

from archdsl.diagnostics import Report
from archdsl.graph.errors import ImportFailed, ImportLoop, ImportOutside
from archdsl.source import Source
from archdsl.syntax import tree
from archdsl.syntax.parse import parse


@dataclass
class Program:
    """The files of one spec, what is imported before what imports it; the spec itself is last."""

    files: list[tree.File] = field(default_factory=list)

    @property
    def main(self) -> tree.File:
        return self.files[-1]


def load(source: Source, read: Callable[[str], str], report: Report) -> Program | None:
    """Parse a spec and its imports; None where one of them does not parse or cannot be read.

    `read` takes a path relative to the spec's folder, with `/`. A file that is imported twice is
    read once.
    """
    program = Program()
    done: set[str] = set()
    failed = False

    def visit(file: tree.File, path: str, open_paths: tuple[str, ...]) -> None:
        nonlocal failed
        for statement in file.statements:
            if not isinstance(statement, tree.Import):
                continue
            written = statement.path
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), written.value))
            if posixpath.isabs(target) or "\\" in target or ":" in target or target.split("/")[0] == "..":
                report.add(ImportOutside(at=written.span, path=written.value))
                failed = True
            elif target in open_paths:
                loop = " → ".join((*open_paths[open_paths.index(target) :], target))
                report.add(ImportLoop(at=written.span, path=written.value, loop=loop))
                failed = True
            elif target not in done:
                done.add(target)
                imported = fetch(written, target)
                if imported is None:
                    failed = True
                else:
                    visit(imported, target, (*open_paths, target))
        program.files.append(file)

    def fetch(written: tree.Text, target: str) -> tree.File | None:
        try:
            text = read(target)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            hints = () if target.endswith(".arch") else (f'`"{written.value}.arch"`',)
            why = why or "it cannot be read"
            report.add(ImportFailed(at=written.span, path=written.value, why=why, hints=hints))
            return None
        folder = posixpath.dirname(source.name)
        return parse(Source(posixpath.join(folder, target) if folder else target, text), report)

    main = parse(source, report)
    if main is None:
        return None
    visit(main, posixpath.basename(source.name), (posixpath.basename(source.name),))
    return None if failed else program
