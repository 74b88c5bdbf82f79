"""What a line that failed leaves in the graph: a layer of which only the text is known.

So that what comes after it goes on from something, and a drawing can show where it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archdsl.graph.build import Place
from archdsl.graph.errors import Abandoned, Failed
from archdsl.graph.model import Value
from archdsl.graph.values import Env, Flow, Lost, Outputs, Part
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.graph.lines import Lines

_LONGEST = 60
"""Letters of a line that are kept."""

_ASIDE = tree.Let | tree.Share | tree.Notation | tree.Block | tree.Output
"""Lines that give nothing to the next one, and are layers or stand for some."""

_EXPECTATIONS = tree.Expect | tree.ExpectRow | tree.ExpectSizes
_SAYINGS = _EXPECTATIONS | tree.Tie | tree.Edit | tree.Freeze | tree.Init | tree.Loss | tree.Variant
"""Lines that speak of the network."""


def gone_on(
    lines: Lines,
    item: tree.Item | tree.TableRow,
    x: Flow,
    place: Place,
    env: Env,
    why: Failed,
    start: int,
) -> Flow:
    """What comes next after a line that failed."""
    if isinstance(item, _SAYINGS) or (x is None and isinstance(item, tree.Let | tree.Notation | tree.Block)):
        return x
    value = lost(lines, item, x, place, env, why, start)
    if not isinstance(item, _ASIDE):
        if isinstance(item, tree.Input):
            stands_for("in", value, env)
            stands_for(item.name.name, value, env)
        return value
    if isinstance(item, tree.Output) and place.scope.kind == "net":
        outputs = lines.training_outputs if item.training else lines.outputs
        outputs.setdefault(item.name.name, value)
    return x


def stands_for(name: str, x: Flow, env: Env) -> None:
    """Let a name whose making failed stand for a tensor of which nothing is known."""
    if isinstance(env.names.get(name), Lost):
        env.names[name] = x


def lost(
    lines: Lines, item: Any, x: Flow, place: Place, env: Env, why: Failed | Abandoned | None, start: int
) -> Value:
    """A layer in place of one line, or of one element of it, which failed after node `start` was made.

    It reads what was made for it, and the tensors that it names; else what came before it.
    """
    builder = lines.builder
    made = builder.nodes[start:]
    read = {id(value) for node in made for value in node.inputs}
    given = (*(node.outputs[0] for node in made), *filter(builder.has, _named(item, env)))
    inputs = tuple(dict.fromkeys(value for value in given if id(value) not in read))
    before = _tensor(x)
    if not inputs and before is not None:
        inputs = (before,)
    return builder.lost(words(item.span), inputs, item, place, why)


def words(span: Span) -> str:
    """The first line of a text, as much of it as has room."""
    first, *more = span.text.strip().split("\n")
    short = first.strip()[:_LONGEST]
    return f"{short} …" if more or len(first.strip()) > _LONGEST else short


def _named(item: Any, env: Env) -> list[Value]:
    """The tensors whose names stand in a line, outside of its braces."""
    found = []
    waiting: list[Any] = [item.value if isinstance(item, tree.Output | tree.Let | tree.Share) else item]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Name | tree.In):
            value = _meaning(node.name if isinstance(node, tree.Name) else "in", env)
            found += [value] if value is not None else []
        elif not isinstance(node, tree.Body | tree.Table | tree.Notation | tree.Block):
            waiting.extend(reversed(list(tree.children(node))))
    return found


def _meaning(name: str, env: Env | None) -> Value | None:
    while env is not None:
        if name in env.names:
            return _tensor(env.names[name])
        env = env.outer
    return None


def _tensor(meaning: Any) -> Value | None:
    value = meaning.value if isinstance(meaning, Part) else meaning
    if isinstance(value, Outputs):
        value = value.main or next(iter(value.values.values()), None)
    return value if isinstance(value, Value) else None
