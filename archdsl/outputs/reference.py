"""The reference pages: every operator and every diagnostic, from what their classes say.

Needs no network; promises a page that leaves none out.
"""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from itertools import groupby

from archdsl.diagnostics import Diagnostic, every_diagnostic
from archdsl.ops.contract import OPERATORS, Op

_STAGES = ("syntax", "ops", "graph", "check")
"""Where diagnostics and operators stand."""


def diagnostics() -> dict[str, type[Diagnostic]]:
    """Every kind of diagnostic by its code."""
    _import_stages()
    return every_diagnostic()


def operators() -> list[type[Op]]:
    """Every operator, by family and name."""
    _import_stages()
    return sorted(OPERATORS.values(), key=lambda op: (op.family, op.name))


def diagnostics_page() -> str:
    """All diagnostics as Markdown."""
    lines = ["# Diagnostics", "", "`archdsl explain CODE` prints the same text.", ""]
    for code, kind in diagnostics().items():
        said = f"*{kind.severity}:* `{message(kind)}`"
        lines += [f"({code})=", f"## {code}", "", said, "", kind.explanation(), ""]
    return "\n".join(lines)


def operators_page() -> str:
    """All operators as Markdown."""
    lines = ["# Operators", "", "Arguments without a default are given in this order, or by name.", ""]
    for family, members in groupby(operators(), key=lambda op: op.family):
        lines += [f"## {family.capitalize()}", ""]
        for op in members:
            lines += [f"### `{signature(op)}`", "", inspect.cleandoc(op.__doc__ or ""), ""]
            lines += [f"- `{each.name}`: {each.doc}; {each.kind.words}" for each in op.args]
            lines += [""] if op.args else []
    return "\n".join(lines)


def metrics_page() -> str:
    """All metrics as Markdown."""
    from archdsl.check.metrics import METRICS

    lines = ["# Metrics", "", "What `expect` and `claim` can ask of a network, a block or a named value.", ""]
    return "\n".join([*lines, *(f"- `{name}`: {metric.doc}" for name, metric in METRICS.items()), ""])


def message(kind: type[Diagnostic]) -> str:
    """What a diagnostic says, its fields by name: `<op>: branches disagree in <what>`."""
    return kind.message.format_map(_Fields())


class _Fields(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"<{name}>"


def signature(op: type[Op]) -> str:
    """How an operator is called: `conv(out, kernel, stride = 1)`."""
    shown = []
    for each in op.args:
        name = f"{each.name}…" if each.variadic else each.name
        shown.append(name if each.required else f"{name} = {_literal(each.default)}")
    return f"{op.name}({', '.join(shown)})" if shown else op.name


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


def _import_stages() -> None:
    """Import every module that defines one; a class registers itself."""
    for stage in _STAGES:
        package = import_module(f"archdsl.{stage}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
