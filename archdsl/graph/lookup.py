"""What names mean, where they stand."""

from __future__ import annotations

import re
from abc import abstractmethod
from functools import lru_cache
from typing import Any, NoReturn

from archdsl.diagnostics import Error, Label
from archdsl.graph import foreign
from archdsl.graph.binding import nearest
from archdsl.graph.build import Builder, Place
from archdsl.graph.errors import HoleMismatch, UnknownName, UsedBeforeMade
from archdsl.graph.functions import FUNCTIONS, words
from archdsl.graph.values import BlockDefinition, Env, Lost, NotationDefinition, NotationLayer
from archdsl.ops import OPERATORS
from archdsl.ops.arguments import REQUIRED
from archdsl.syntax import tree


class Lookup:
    """Finds the meaning of names, and remembers which were used."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.used: set[tuple[int, str]] = set()
        """Names that were looked up: the id of the tree node that declares them, and the name."""

    def fail(self, error: Error) -> NoReturn:
        """Report an error; the expression has no value."""
        raise self.builder.fail(error)

    def lookup(self, name: str, env: Env) -> Any:
        """What a name means, or REQUIRED where it means nothing. Built-in layers cannot be hidden."""
        op = OPERATORS.get(name)
        if op is not None and not op.hidden:
            return op
        inner: Env | None = env
        while inner is not None:
            if name in inner.names:
                self.used.add((id(inner.owner), name))
                return inner.names[name]
            inner = inner.outer
        return FUNCTIONS.get(name, REQUIRED)

    @abstractmethod
    def module(self, name: str) -> Any:
        """What a module of the net that this one is made from gives, or REQUIRED where there is none."""

    def visible(self, env: Env) -> list[str]:
        """Every name that could have been meant."""
        names = [name for name, op in OPERATORS.items() if not op.hidden] + list(FUNCTIONS)
        inner: Env | None = env
        while inner is not None:
            names += [name for name in inner.names if name != "in"]
            inner = inner.outer
        return names

    def named(self, node: tree.Name, env: Env, place: Place) -> Any:
        """The value of a name; layers without arguments are complete here."""
        value = self.lookup(node.name, env)
        if value is REQUIRED:
            value = self._notation(node, env, place)
        if value is REQUIRED:
            value = self.module(node.name)
        if value is REQUIRED and node.name in words():
            return node.name
        if value is REQUIRED:
            self._unknown(node, env, place)
        if type(value) is Lost:
            raise self.builder.give_up(value.mistake)
        return value

    def _unknown(self, node: tree.Name, env: Env, place: Place) -> NoReturn:
        name = node.name
        later = _label_behind(node, env)
        if later is not None:
            self.fail(
                UsedBeforeMade(
                    at=node.span, name=name, labels=(Label(later.span, "it is made here"),), trace=place.trace
                )
            )
        known = [*self.visible(env), *words(), "true", "false"]
        label, hints = _within_a_block(node, env)
        hints = hints or _no_name(node, known) or foreign.layer(node.span)
        hints = hints or nearest(name, known) or self._near_notation(name, env)
        labels = (label,) if label else ()
        self.fail(UnknownName(at=node.span, name=name, labels=labels, hints=hints, trace=place.trace))

    def _notation(self, node: tree.Name, env: Env, place: Place) -> Any:
        """A notation with holes whose pattern the name matches."""
        inner: Env | None = env
        near: Error | None = None
        while inner is not None:
            for definition in inner.names.values():
                if not isinstance(definition, NotationDefinition) or not definition.tree.name.holes:
                    continue
                holes, why = match_pattern(definition.tree.name, node.name)
                if holes is not None:
                    self.used.add((id(inner.owner), definition.name))
                    return NotationLayer(definition, holes, node)
                if why:
                    near = near or HoleMismatch(
                        at=node.span, name=node.name, pattern=definition.name, why=why, trace=place.trace
                    )
            inner = inner.outer
        if near is not None and not nearest(node.name, self.visible(env), 0.85):
            self.fail(near)
        return REQUIRED

    def _near_notation(self, name: str, env: Env) -> tuple[str, ...]:
        """A notation's word that differs from this one in its letters alone."""
        patterns = [each for each in self.visible(env) if "{" in each]
        bare = {re.sub(r"\{\w+\}", "0", each): each for each in patterns}
        numbers = re.findall(r"\d+", name)
        for said in nearest(re.sub(r"\d+", "0", name), bare):
            parts = said.split("0")
            if len(parts) == len(numbers) + 1:
                return ("".join(a + b for a, b in zip(parts, [*numbers, ""], strict=True)),)
        return ()


def match_pattern(pattern: tree.Pattern, name: str) -> tuple[dict[str, int] | None, str]:
    """The holes' numbers if the name matches; else None, and why if it nearly does."""
    text = "".join("([^-]*?)" if i % 2 else re.escape(part) for i, part in enumerate(pattern.parts))
    found = re.fullmatch(text, name)
    if not found or not any(pattern.parts[::2]):
        return None, ""
    holes: dict[str, int] = {}
    for hole, digits in zip(pattern.holes, found.groups(), strict=True):
        if not digits.isdigit():
            what = f"`{digits}`" if digits else "nothing"
            return None, f"{what} stands for {{{hole}}}, which is a whole number"
        if holes.setdefault(hole, int(digits)) != int(digits):
            return None, f"{{{hole}}} cannot be {holes[hole]} and {int(digits)}"
    return holes, ""


def _label_behind(node: tree.Name, env: Env) -> tree.Name | None:
    """The label of this name that a later line of the same body has, or the very line, if one has."""
    inner: Env | None = env
    while inner is not None:
        body = getattr(inner.owner, "body", None)
        if isinstance(body, tree.Body) and body.span.source is node.span.source:
            for label, end in _labelled(body):
                if label.name == node.name and node.span.start < max(label.span.start, end):
                    return label
        inner = inner.outer
    return None


def _no_name(node: tree.Name, known: list[str]) -> tuple[str, ...]:
    """What is written like a name and meant otherwise."""
    first, hyphen, rest = node.name.partition("-")
    if hyphen and first not in OPERATORS and (first in known or first == "in" or first.isdigit()):
        return (f"a subtraction has blanks: `{first} - {rest}`",)
    if node.span.source.text[: node.span.start].rstrip(" ").endswith("//"):
        return ("a comment begins with `#`",)
    return ()


def _within_a_block(node: tree.Name, env: Env) -> tuple[Label | None, tuple[str, ...]]:
    """A name that a block has for itself."""
    inner: Env | None = env
    while inner is not None:
        for block in inner.names.values():
            if not isinstance(block, BlockDefinition):
                continue
            body = block.tree.body
            inside = [label for label in labels_in(body) if label.name == node.name]
            if inside:
                said = f"a label within the block `{block.name}`"
                hint = f"label the use of the block too, and write `label.{node.name}`"
                return Label(inside[0].span, said), (hint,)
            for item in body.items:
                if isinstance(item, tree.Block) and item.name.name == node.name:
                    said = f"a block within the block `{block.name}`"
                    return Label(item.name.span, said), (f"declare it outside of `{block.name}`",)
        inner = inner.outer
    return None, ()


def dotted(path: tree.Expression) -> list[str]:
    """The names of `conv5_3.receptive_field`."""
    names: list[str] = []
    while isinstance(path, tree.Attribute):
        names.append(path.name)
        path = path.value
    assert isinstance(path, tree.Name)
    return [path.name, *reversed(names)]


def labels_in(body: tree.Body) -> list[tree.Name]:
    """Every label written in a body, at any depth."""
    return [label for label, _ in _labelled(body)]


@lru_cache(maxsize=64)  # every unknown name of a body asks again
def _labelled(body: tree.Body) -> tuple[tuple[tree.Name, int], ...]:
    """Every label written in a body, at any depth, each with the end of what it labels."""
    found: list[tuple[tree.Name, int]] = []
    waiting: list[object] = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Step) and node.label is not None:
            found.append((node.label, node.span.end))
        elif isinstance(node, tree.Output | tree.Share | tree.Group):
            found.append((node.label if isinstance(node, tree.Group) else node.name, node.span.end))
        elif isinstance(node, tree.Block):
            continue
        waiting.extend(tree.children(node))
    return tuple(found)
