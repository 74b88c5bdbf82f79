"""Diagnostics as data.

Each kind of diagnostic is a frozen dataclass that stands beside the stage that raises it. Its
`code` is stable, its `message` is a template over its fields, and its docstring is what
`archdsl explain CODE` prints. Users' mistakes are collected in a Report; a bug raises.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from archdsl.source import Span

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Any:
        """Python 3.10 lacks it; when the program runs it does nothing anyway."""
        return lambda cls: cls


Severity = Literal["error", "warning", "advice"]


class Label(NamedTuple):
    """A second place that a diagnostic points to, and what stands there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way to a place: through a block, a repeat, a table's row and column."""

    text: str
    span: Span
    outer: Step | None = None

    def path(self) -> list[Step]:
        """The steps from the outermost to this one."""
        steps: list[Step] = []
        step: Step | None = self
        while step is not None:
            steps.append(step)
            step = step.outer
        return steps[::-1]


Trace = Step | None

_registry: dict[str, type[Diagnostic]] = {}


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _Record:
    """A frozen dataclass in all but the machinery, which for so many classes costs too much at start."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)
        missing = [name for name in self._fields() if not hasattr(self, name)]
        unknown = fields.keys() - self._fields()
        if missing or unknown:
            raise TypeError(f"{type(self).__name__}: missing {missing}, unknown {sorted(unknown)}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a diagnostic does not change")

    @classmethod
    def _fields(cls) -> set[str]:
        """The names of the fields: what is annotated and no ClassVar."""
        annotations = (item for each in cls.__mro__ for item in vars(each).get("__annotations__", {}).items())
        return {name for name, kind in annotations if not str(kind).startswith("ClassVar")}


class Diagnostic(_Record):
    """What every diagnostic has: a place, what to say there, and where else to look."""

    code: ClassVar[str] = ""
    severity: ClassVar[Severity]
    message: ClassVar[str]

    at: Span
    here: str = ""
    """What to write under the place itself."""
    labels: tuple[Label, ...] = ()
    """The other ends: where the offending fact was set."""
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    """Remedies, each of which can be pasted."""
    trace: Trace = None

    def __init_subclass__(cls) -> None:
        if not cls.code:
            return
        if not cls.__doc__ or cls.code in _registry:
            raise TypeError(f"{cls.__name__}: each code is used once and explained by a docstring")
        _registry[cls.code] = cls

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.at}: {self.text})"

    @property
    def text(self) -> str:
        """The message with the fields filled in."""
        return self.message.format_map(_Fields(self))

    @classmethod
    def explanation(cls) -> str:
        """What `archdsl explain` prints for this code."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def headline(cls) -> str:
        """The first paragraph of the explanation, on one line."""
        return " ".join(cls.explanation().partition("\n\n")[0].split())


class _Fields(dict[str, Any]):
    """A diagnostic's fields, defaults included, for its message."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__()
        self.diagnostic = diagnostic

    def __missing__(self, name: str) -> Any:
        return getattr(self.diagnostic, name)


class Error(Diagnostic):
    severity: ClassVar[Severity] = "error"


class Warning_(Diagnostic):
    severity: ClassVar[Severity] = "warning"


class Advice(Diagnostic):
    """What is sound and unwise all the same: a hint, which changes no verdict and can be silenced."""

    severity: ClassVar[Severity] = "advice"

    copies: int = 1
    """Of how many layers that one line makes it is true; the place is that of the first."""
    networks: tuple[str, ...] = ()
    """Of which networks, where there are several."""


def every_diagnostic() -> dict[str, type[Diagnostic]]:
    """Each code with its class, in order. Import the stages first: a class registers itself."""
    return dict(sorted(_registry.items()))


@dataclass
class Report:
    """The diagnostics of one run, each told once."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    _seen: set[tuple[str, Span, str]] = field(default_factory=set, repr=False)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless the same was said of the same place before.

        An advice is the same whatever its numbers, which are those of one network among several.
        """
        text = "" if diagnostic.severity == "advice" else diagnostic.text
        key = (diagnostic.code, diagnostic.at, text)
        if key not in self._seen:
            self._seen.add(key)
            self.diagnostics.append(diagnostic)

    @property
    def errors(self) -> list[Diagnostic]:
        return [each for each in self.diagnostics if each.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        return [each for each in self.diagnostics if each.severity == "warning"]

    @property
    def advice(self) -> list[Diagnostic]:
        return [each for each in self.diagnostics if each.severity == "advice"]

    @property
    def failed(self) -> bool:
        return any(each.severity == "error" for each in self.diagnostics)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    def __len__(self) -> int:
        return len(self.diagnostics)
