"""The reference pages: every operator, loss, metric and diagnostic, from what they say of themselves.

`python -m archdsl.outputs.reference docs/reference` writes them. They leave nothing out.
"""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path
from textwrap import wrap

from archdsl.diagnostics import Diagnostic, every_diagnostic
from archdsl.ops.contract import OPERATORS, Op, Sample
from archdsl.outputs.write import write
from archdsl.sizes import elements, show

_STAGES = ("syntax", "ops", "graph", "check")
"""Where diagnostics and operators stand."""

# --- what there is ---------------------------------------------------------------------------------


def diagnostics() -> dict[str, type[Diagnostic]]:
    """Every kind of diagnostic by its code."""
    _import_stages()
    return every_diagnostic()


def operators() -> list[type[Op]]:
    """Every operator, by family and name."""
    _import_stages()
    return sorted(OPERATORS.values(), key=lambda op: (op.family, op.name))


def _import_stages() -> None:
    """Import every module that defines one; a class registers itself."""
    for stage in _STAGES:
        package = import_module(f"archdsl.{stage}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)


# --- pages -----------------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    return {
        "operators.md": operators_page(),
        "losses.md": losses_page(),
        "metrics.md": metrics_page(),
        "diagnostics.md": diagnostics_page(),
    }


def operators_page() -> str:
    """All operators as Markdown."""
    lines = [
        "# Operators",
        "",
        "Arguments are given in this order, or by name; one with a default may be left out. Shapes are",
        "channels first, without the batch.",
        "",
    ]
    for family, members in groupby(operators(), key=lambda op: op.family):
        lines += [f"## {family.capitalize()}", ""]
        for op in members:
            lines += _operator(op)
    return "\n".join(lines)


def losses_page() -> str:
    """All losses as Markdown."""
    from archdsl.ops.losses import LOSSES

    lines = [
        "# Losses",
        "",
        "What `loss name: …` can name. A loss reads outputs first, then targets, which whoever trains hands",
        "over by their names; options follow. Each is called here with what its operands are usually called.",
        "",
    ]
    for name, loss in LOSSES.items():
        options = (f"{each.name} = {_literal(each.default)}" for each in loss.args if not each.required)
        needed = (f"{each.name} = …" for each in loss.args if each.required)
        call = f"{name}({', '.join([*loss.operands, *needed, *options])})"
        outputs, targets = ("one", "two")[len(loss.outputs) - 1], ("one", "two")[len(loss.targets) - 1]
        reads = f"It reads {outputs} of the outputs and {targets} of the targets."
        lines += [f"## `{call}`", "", *wrap(f"{loss.doc} {reads}", 100), ""]
        lines += [f"- `{each.name}`: {each.doc}; {each.kind.words}" for each in loss.args]
        lines += [""] * bool(loss.args)
    return "\n".join(lines)


def metrics_page() -> str:
    """All metrics as Markdown."""
    from archdsl.check.metrics import METRICS

    lines = [
        "# Metrics",
        "",
        "What `expect` and `claim` can ask of a network, a block or a named value. Asked of the whole",
        "network, `shape` and `bytes` speak of its first output, `stride` and `receptive_field` of the",
        "last feature map before it.",
        "",
        "| metric | what it is |",
        "| :-- | :-- |",
    ]
    return "\n".join([*lines, *(f"| `{name}` | {metric.doc} |" for name, metric in METRICS.items()), ""])


def diagnostics_page() -> str:
    """All diagnostics as Markdown."""
    lines = ["# Diagnostics", "", "`archdsl explain CODE` prints the same text.", ""]
    for code, kind in diagnostics().items():
        lines += [f"## {code}", "", f"*{kind.severity}:* `{message(kind)}`", "", kind.explanation(), ""]
    return "\n".join(lines)


# --- one diagnostic, one operator ------------------------------------------------------------------


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
    return f"{op.name}({', '.join(shown)})" if shown and not op.hidden else op.name


def _operator(op: type[Op]) -> Iterator[str]:
    """What an operator does and takes, an example of it, what PyTorch calls it, what it refuses."""
    samples = [*op.samples()]
    yield from (f"### `{signature(op)}`", "", inspect.cleandoc(op.__doc__ or ""), "")
    for each in op.args:
        yield f"- `{each.name}`: {each.doc}; {each.kind.words}{'; given by its name' * each.named}"
    yield from [""] * bool(op.args)
    for paragraph in (_example(samples[0]), _torch(samples), _refusals(op)):
        yield from (paragraph, "") if paragraph else ()


def _example(sample: Sample) -> str:
    """What an operator makes of one input, in numbers; nothing if it only passes numbers through."""
    op, inputs = sample
    params = sum(elements(weight.shape) for weight in op.weights(*inputs) if weight.is_parameter)
    macs, outputs = op.macs(*inputs), op.outputs(*inputs)
    if not inputs or (set(outputs) == set(inputs) and not params):
        return ""
    costs = [f"{params:,} parameter{'s' * (params != 1)}"] if params else []
    costs += [f"{macs:,} multiply-accumulates"] if macs else []
    given, taken = (_joined(map(show, shapes), "and") for shapes in (outputs, inputs))
    return f"`{call(op)}` makes {given} of {taken}{', with ' * bool(costs)}{_joined(costs, 'and')}."


def _torch(samples: list[Sample]) -> str:
    """PyTorch's own modules for an operator, and those that the source brings along."""
    written = [op.torch(*inputs) for op, inputs in samples]
    helpers = {each.helper for each in written if each.helper}
    modules = {each.module for each in written if each.module} - helpers
    paragraph = f"PyTorch: {_code(modules)}." if modules else ""
    if helpers:
        paragraph += f"{' ' * bool(modules)}The source brings along what PyTorch lacks: {_code(helpers)}."
    return paragraph


def _refusals(op: type[Op]) -> str:
    codes = sorted({refusal.code for refusal in op.refused()})
    linked = [f"[{code}](diagnostics.md#{code.lower()})" for code in codes]
    return f"Refusals: {_joined(linked)}." if codes else ""


def call(op: Op) -> str:
    """An operator as a spec calls it, without what is as the default; `…` for a tensor."""
    given: list[str] = []
    by_order = True
    for each in op.args:
        value = getattr(op, each.name)
        is_tensor = each.name in op.tensors
        by_order = by_order and each.required and not is_tensor
        if each.variadic:
            given += map(_literal, value)
        elif each.required or value != each.default:
            shown = "…" if is_tensor else _literal(value)
            given.append(shown if by_order else f"{each.name} = {shown}")
    return f"{op.name}({', '.join(given)})" if given else op.name


def _literal(value: object) -> str:
    """A value as a spec has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{_joined(_literal([*each] if isinstance(each, tuple) else each) for each in value)}]"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, float) and len(str(value)) > 12:
        return f"{value:.4g}"
    if isinstance(value, str) and not value.isidentifier():
        return f'"{value}"'
    return "none" if value is None else str(value)


def _code(names: Iterable[str]) -> str:
    return _joined(f"`{name}`" for name in sorted(names))


def _joined(items: Iterable[str], last: str = "") -> str:
    """`a, b, c`, or `a, b and c`."""
    *first, end = [*items] or [""]
    joint = f" {last} " if last else ", "
    return f"{', '.join(first)}{joint}{end}" if first else end


def main(folder: str) -> None:
    """Write every page to a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        write(Path(folder, name), text)


if __name__ == "__main__":
    main(*sys.argv[1:])
