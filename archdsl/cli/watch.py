"""A spec as it is on disk now: what it says, and whether a file that it is read from has changed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archdsl.check.model import Checked
from archdsl.cli.calls import CallError, did_you_mean
from archdsl.diagnostics import Diagnostic, Report
from archdsl.files import read_spec, reader
from archdsl.graph.faults import Broken
from archdsl.pipeline import BadSetting, analyse
from archdsl.source import Source

Stamp = tuple[int, int, int] | None
"""What changes when a file is saved, even with the same text; None where there is no file."""


@dataclass(frozen=True)
class Look:
    """What there is to see of a spec."""

    networks: list[Checked] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    notice: str = ""
    """Why there is nothing, where no line of the spec is to blame."""
    broken: list[Broken] = field(default_factory=list)
    """Networks that are wrong."""


class Watched:
    """A spec and all that it imports."""

    def __init__(self, path: str, nets: Sequence[str], settings: Mapping[str, str]) -> None:
        self.path = path
        self.nets = nets
        self.settings = settings
        self._stamps: dict[str, Stamp] = {}

    def changed(self) -> bool:
        """Whether a file is another one than when it was last read; one that was missing may be there."""
        return any(_stamp(path) != stamp for path, stamp in self._stamps.items())

    def look(self) -> Look:
        """Read and analyse. Raises CallError where the call, not the spec, is wrong."""
        self._stamps = {self.path: _stamp(self.path)}
        try:
            source = read_spec(self.path)
        except OSError as problem:
            raise CallError(f"cannot read `{self.path}`: {problem.strerror or problem}") from None
        try:
            analysis = analyse(source, self._read, settings=self.settings)
        except BadSetting as problem:
            raise CallError(f"{self.path}: --set {problem}") from None
        self._refuse_unknown_nets(analysis.names, analysis.report)
        wanted = [each for each in analysis.networks if self._is_meant(each.name)]
        sound = {each.name for each in wanted}
        broken = [each for each in analysis.broken if self._is_meant(each.name) and each.name not in sound]
        diagnostics = [each for each in analysis.report if each.severity != "advice"]
        return Look(wanted, diagnostics, [source], broken=broken)

    def look_again(self) -> Look:
        """The same while the spec is being written, when anything may be wrong with it for a moment."""
        try:
            return self.look()
        except CallError as problem:
            return Look(notice=". ".join(filter(None, (problem.format_message(), problem.remedy))))

    def _is_meant(self, name: str) -> bool:
        return not self.nets or _is_one_of(name, self.nets)

    def _read(self, path: str) -> str:
        folder = os.path.dirname(self.path)
        file = os.path.join(folder, path)
        self._stamps[file] = _stamp(file)
        return reader(folder)(path)

    def _refuse_unknown_nets(self, names: Sequence[str], report: Report) -> None:
        if report.failed and not names:
            return
        for net in self.nets:
            if not any(_is_one_of(name, [net]) for name in names):
                families = dict.fromkeys(name.partition(".")[0] for name in names)
                raise CallError(f"no network is named `{net}`", did_you_mean(net, [*names, *families]))


def _is_one_of(name: str, nets: Sequence[str]) -> bool:
    return name in nets or name.partition(".")[0] in nets


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
