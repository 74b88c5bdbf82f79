"""The text of a class: its constructor and its forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from archdsl.outputs.torch.classes import Class, Member
from archdsl.outputs.torch.code import Call, Const, Either, Expr, Items, Name, Noted, Repeat, flat
from archdsl.outputs.torch.columns import UNSET
from archdsl.outputs.torch.forward import INDENT, Forward
from archdsl.outputs.torch.layout import STEP, layout
from archdsl.outputs.torch.names import membership
from archdsl.outputs.torch.signatures import trim
from archdsl.outputs.torch.texts import sequential

FEWEST_FOLDED = 4
"""So many layers that are the same are written once; of blocks, two are."""


class Renderer:
    """Writes classes; knows those that it may be asked to call."""

    def __init__(self, classes: Mapping[str, Class]) -> None:
        self.classes = classes

    def constructor(self, subject: Class, last: Sequence[str] = ()) -> list[str]:
        """The method `__init__`, ended by `last`; nothing where it would do nothing."""
        body = [*self._attributes(subject), *self._submodules(subject), *last]
        if not body:
            return []
        start = [f"{INDENT}super().__init__()"]
        if subject.is_sequential:
            members = subject.members.values()
            modules = self._folded([self.present(each.module) for each in members])
            start = layout(INDENT, sequential("super().__init__", [each.name for each in members], modules))
            body = []
        parameters = []
        for each in subject.parameters:
            default = "" if each.default is UNSET else f" = {flat(Const(each.default))}"
            parameters.append(f"{each.name}: {each.annotation}{default}")
        return [*signature("__init__", parameters, "None"), *start, *body]

    def _attributes(self, subject: Class) -> list[str]:
        lines = [f"{INDENT}self.{name} = {name}" for name in subject.stored]
        if subject.flag and subject.goes_on is not None:
            lines += layout(f"{INDENT}self.{subject.flag} = ", subject.goes_on)
        return lines

    def _submodules(self, subject: Class) -> list[str]:
        if subject.count is not None:
            ((_, each),) = subject.members.items()
            name = Name(f'f"{each.name}{{i + 1}}"')
            added = Call(Name("self.add_module"), (name, self.present(each.module)))
            loop = Call(Name("range"), (subject.count,))
            return [*layout(f"{INDENT}for i in ", loop, ":"), *layout(INDENT + STEP, added)]
        end = subject.group.end
        members = sorted(subject.members.items())
        early = [each for index, each in members if end is None or index < end]
        late = [each for index, each in members if end is not None and index >= end]
        lines = self._holders(subject, [each.name for _, each in members])
        lines += [line for each in early for line in self._member(subject, each, INDENT)]
        if late and subject.goes_on is not None:
            before, after = membership(late[0].name, subject.is_mapping)
            lines.append(f"{INDENT}{before}None{after}")
            lines += layout(f"{INDENT}if ", subject.goes_on, ":")
            lines += [line for each in late for line in self._member(subject, each, INDENT + STEP)]
        return lines

    def _holders(self, subject: Class, names: Sequence[str]) -> list[str]:
        """The modules that only hold others, which a class applies itself."""
        paths = [name.split(".")[:count] for name in names for count in range(1, name.count(".") + 1)]
        holders = dict.fromkeys(".".join(path) for path in paths)
        missing = [path for path in holders if path not in names]
        texts = (membership(path, subject.is_mapping) for path in missing)
        return [f"{INDENT}{before}nn.Module(){after}" for before, after in texts]

    def _member(self, subject: Class, each: Member, indent: str) -> list[str]:
        before, after = membership(each.name, subject.is_mapping)
        module, otherwise = self.present(each.module), self.present(each.otherwise)
        if each.condition is None:
            return layout(f"{indent}{before}", module, after)
        lines = layout(f"{indent}{before}", Either(each.condition, module, otherwise), after)
        if len(lines) == 1:
            return lines
        return [
            *layout(f"{indent}if ", each.condition, ":"),
            *layout(f"{indent}{STEP}{before}", module, after),
            f"{indent}else:",
            *layout(f"{indent}{STEP}{before}", otherwise, after),
        ]

    def present(self, expr: Expr) -> Expr:
        """A constructor's call as one writes it: without defaults, repetitions folded."""
        match expr:
            case Call(Name(name), args, kwargs) if name in self.classes:
                return self._instance(self.classes[name], dict(kwargs))
            case Call(Name("nn.Sequential"), args):
                return Call(Name("nn.Sequential"), tuple(self._folded(list(map(self.present, args)))))
            case Call(function, args, kwargs):
                args = tuple(map(self.present, args))
                return trim(Call(function, args, tuple((name, self.present(each)) for name, each in kwargs)))
            case Items(items, brackets):
                return Items(tuple(map(self.present, items)), brackets)
            case Repeat(item, count):
                return self.present(item) if count == Const(1) else Repeat(self.present(item), count)
            case Noted(value, comment):
                return Noted(self.present(value), comment)
            case _:
                return expr

    def _instance(self, made: Class, values: dict[str, Expr]) -> Call:
        args: list[Expr] = []
        kwargs: list[tuple[str, Expr]] = []
        for each in made.parameters:
            value = values.pop(each.name)
            if value in (Const(UNSET), Const(each.default)) and each.default is not UNSET:
                continue
            if each.default is UNSET and each.annotation != "bool" and not kwargs:
                args.append(value)
            else:
                kwargs.append((each.name, value))
        return Call(Name(made.name), tuple(args), (*kwargs, *values.items()))

    def _folded(self, items: list[Expr]) -> list[Expr]:
        """Neighbours that are the same as one Repeat."""
        blocks = {each.name for each in self.classes.values()}
        found: list[Expr] = []
        for item, group in groupby(items, _bare):
            same = list(group)
            is_block = isinstance(item, Call) and item.called in blocks
            if len(same) < (2 if is_block else FEWEST_FOLDED):
                found += same
                continue
            comment = same[-1].comment if isinstance(same[-1], Noted) else ""
            found.append(Noted(Repeat(item, Const(len(same))), comment))
        return found


def method(forward: Forward, returns: str) -> list[str]:
    """The method `forward`."""
    inputs = [f"{name}: Tensor" for name in forward.inputs]
    return [*signature("forward", inputs, returns), *forward.lines()]


def signature(name: str, parameters: Sequence[str], returns: str) -> list[str]:
    """The line, or the lines, that begin a method."""
    call = Call(Name(f"def {name}"), tuple(map(Name, ("self", *parameters))))
    return layout(STEP, call, f" -> {returns}:")


def _bare(expr: Expr) -> Expr:
    return expr.value if isinstance(expr, Noted) else expr
