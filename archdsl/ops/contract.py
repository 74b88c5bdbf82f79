"""What an operator is: facts, from which everything else is derived.

An operator states its arguments, what it refuses, how its window moves or what shape it gives,
its weights, and its PyTorch call. Shapes, receptive fields, parameters, MACs, reference pages,
drawings and the comparison with torch follow. Nothing here imports torch.

Shapes are channels first, without the batch axis. Adding an operator is adding one class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

from archdsl.ops.arguments import REQUIRED, Arg, TensorKind
from archdsl.ops.problems import NothingLeft, Problem, WrongRank
from archdsl.sizes import Shape, axis_name, one_if, show

Takes = Literal["float", "int", "any"]
Gives = Literal["float", "int", "same"]
Family = Literal["learned", "pool", "norm", "activation", "merge", "shape", "boxes", "regular", "source"]
Role = Literal["weight", "bias", "scale", "shift", "statistic"]


class Window(NamedTuple):
    """How an operator reads one spatial axis: each output cell sees `kernel` cells.

    `dilation` is the distance between them, in cells, `before` and `after` the padding (negative
    where cells are cut off): output cell i sees the cells i * stride - before + j * dilation.

    A transposed window spreads each input cell over `kernel` output cells instead: input cell i
    reaches the output cells i * stride - before + j * dilation. `before` and `after` are then cut
    off the output, and `extra` cells added behind it.
    """

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil: bool = False
    transposed: bool = False
    extra: int = 0

    @property
    def extent(self) -> int:
        """Cells from the first to the last that one output cell sees."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def keeps(self) -> bool:
        """Whether the axis has the same size afterwards, whatever it was."""
        return self.stride == 1 and self.size(self.extent) == self.extent

    def size(self, n: int) -> int:
        """The size of the axis afterwards; zero or less where the window does not fit."""
        if self.transposed:
            return (n - 1) * self.stride - self.before - self.after + self.extent + self.extra
        room = n + self.before + self.after - self.extent
        if not self.ceil:
            return room // self.stride + 1
        size = -(-room // self.stride) + 1
        # a last window that would start in the padding behind the input is left out, as in torch
        return size - one_if((size - 1) * self.stride >= n + self.before)


class Weight(NamedTuple):
    """One tensor of numbers that a layer keeps: a parameter, or a buffer (role `statistic`)."""

    name: str
    shape: Shape
    role: Role = "weight"

    @property
    def is_parameter(self) -> bool:
        return self.role != "statistic"


class Port(NamedTuple):
    """One of several outputs that have names."""

    name: str
    holds: Literal["float", "int"] = "float"


@dataclass(frozen=True)
class Torch:
    """How an operator is written in PyTorch, as plain data.

    `module`, with its arguments, constructs a submodule (`nn.Conv2d`); None where torch has none.
    `call` is an expression over the inputs, each a name: `{0}`, `{1}`, …, or `{all}`, comma
    separated; None means that the submodule is called with them. Where both are given they compute
    the same, and the submodule keeps nothing. An operator with several outputs gives a sequence.
    `helper` names a class or function of `outputs.torch.helpers` that the source must bring along
    because torch lacks it.
    """

    module: str | None = None
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()
    call: str | None = None
    helper: str | None = None


class Sample(NamedTuple):
    """An operator and inputs on which all its facts are compared with torch."""

    op: Op
    inputs: tuple[Shape, ...]


class Refused(NamedTuple):
    """Arguments and inputs that an operator must refuse, and by which code."""

    op: Op
    inputs: tuple[Shape, ...]
    code: str


class Op:
    """The base of every operator. Instances are immutable: one call's arguments, checked.

    A tensor given as an argument (`crop(left, like = up)`) is one more input: it stands behind the
    ordinary ones, in the order in which the arguments are declared, and the attribute itself is
    True, or None where nothing was given. Every hook that takes `*inputs` gets those shapes too.
    """

    name: ClassVar[str] = ""
    """What it is called in a spec."""
    short: ClassVar[str] = ""
    """What an unlabelled one is called in a compiled net, before its number."""
    family: ClassVar[Family]
    """Its colour in a drawing."""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """Fewest and most input tensors, those given as arguments apart; None for any number."""
    hidden: ClassVar[bool] = False
    """Made by the language itself: a spec cannot call it."""
    spatial: ClassVar[tuple[int, int] | None] = None
    """Fewest and most spatial axes its input may have; None where it asks for nothing."""
    is_weight_layer: ClassVar[bool] = False
    """A convolution or a linear map: counted as a layer by papers, and the only source of MACs."""
    is_view: ClassVar[bool] = False
    """Gives numbers it got, unchanged (outside training): no activations of its own."""
    dtypes: ClassVar[tuple[Takes, Gives]] = ("float", "float")
    """What its tensors hold, those it takes (given as arguments apart) and those it gives."""

    args: ClassVar[tuple[Arg, ...]] = ()
    """The arguments declared, in order; positional ones bind in this order."""

    def __init_subclass__(cls) -> None:
        declared = {each.name: each for each in cls.args}
        for name, value in list(vars(cls).items()):
            if isinstance(value, Arg):
                if name in _FACTS:
                    raise TypeError(f"{cls.__name__}.{name}: an argument cannot have the name of a fact")
                declared[name] = replace(value, name=name)
                delattr(cls, name)
            elif not name.startswith("_") and name not in _FACTS:
                raise TypeError(f"{cls.__name__}.{name} is no fact of an operator")
        cls.args = tuple(declared.values())

    def __init__(self, **given: Any) -> None:
        """Arguments by name, as a spec gives them. Raises Unfit where one is not of its kind."""
        for each in self.args:
            value = given.pop(each.name, each.default)
            if value is REQUIRED:
                raise TypeError(f"{self.name}: `{each.name}` is missing")
            if each.variadic:
                value = tuple(map(each.kind.accept, value if isinstance(value, tuple | list) else (value,)))
            elif value is not each.default:
                value = each.kind.accept(value)
            setattr(self, each.name, value)
        if given:
            raise TypeError(f"{self.name} has no argument {', '.join(given)}")

    def __repr__(self) -> str:
        shown = (f"{each.name}={getattr(self, each.name)!r}" for each in self.args)
        return f"{self.name}({', '.join(shown)})"

    # -- facts that an operator states ----------------------------------------------------------

    def check(self, *inputs: Shape) -> Iterable[Problem]:
        """What is wrong with these inputs, beyond rank and window, which the base checks."""
        return ()

    def window(self, *inputs: Shape) -> tuple[Window, ...] | None:
        """One window for each spatial axis of the first input, or None."""
        return None

    @property
    def sees(self) -> Literal["point", "all"]:
        """What an output cell depends on where no window says it: the same cell, or all of them.

        A norm's statistics do not count.
        """
        return "point"

    def channels_out(self, x: Shape) -> int:
        """Channels given, for an operator with a window."""
        return x[0]

    def shape(self, *inputs: Shape) -> Shape:
        """The shape given."""
        x = inputs[0]
        windows = self.window(*inputs)
        if windows is None:
            return x
        return (self.channels_out(x), *(w.size(n) for w, n in zip(windows, x[1:], strict=True)))

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes given, for an operator that gives several tensors."""
        return (self.shape(*inputs),)

    @property
    def results(self) -> int:
        """How many tensors it gives, whatever it gets."""
        return 1

    @property
    def ports(self) -> tuple[Port, ...]:
        """Several outputs by name: the first flows on and is what a label means, `label.name` is any.

        Empty for one output, and for several that have numbers, of which one must be chosen.
        """
        return ()

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """Parameters and buffers, named and shaped as in a PyTorch checkpoint."""
        return ()

    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates for one sample; zero but for convolutions and linear maps."""
        return 0

    def torch(self, *inputs: Shape) -> Torch:
        """How PyTorch says it."""
        raise NotImplementedError

    def preserves(self, axis: int, *inputs: Shape) -> int | None:
        """Which input's size the output has on this axis because it passed through, if any."""
        windows = self.window(*inputs)
        if windows is None:
            return 0
        if axis:
            return 0 if windows[axis - 1].keeps else None
        return 0 if type(self).channels_out is Op.channels_out else None

    def label(self, *inputs: Shape) -> str:
        """A short description for a drawing or a table: `3x3 conv, 64`.

        Without inputs, two spatial axes are assumed.
        """
        return self.name

    @classmethod
    def samples(cls) -> Iterable[Sample]:
        """Inputs on which every derived fact is compared with torch."""
        return ()

    @classmethod
    def refused(cls) -> Iterable[Refused]:
        """Inputs that must be refused."""
        return ()

    # -- derived --------------------------------------------------------------------------------

    @cached_property
    def tensors(self) -> tuple[str, ...]:
        """The arguments for which tensors were given, in the order in which those follow the inputs."""
        return tuple(self._given())

    def takes(self, inputs: int) -> tuple[Takes, ...]:
        """What each of so many inputs has to hold, those given as arguments behind the ordinary ones."""
        given = self._given()
        return (self.dtypes[0],) * (inputs - len(given)) + tuple(given.values())

    def _given(self) -> dict[str, Takes]:
        """The arguments for which tensors were given, with what those have to hold."""
        kinds = {each.name: each.kind for each in self.args if getattr(self, each.name)}
        return {name: kind.holds for name, kind in kinds.items() if isinstance(kind, TensorKind)}

    def problems(self, *inputs: Shape) -> Iterator[Problem]:
        """Everything wrong with these inputs; the shape may be asked for only if there is nothing."""
        if self.spatial is not None:
            low, high = self.spatial
            for index, x in enumerate(inputs):
                if not low <= len(x) - 1 <= high:
                    axes = f"{low}" if low == high else f"{low} to {high}" if low else f"up to {high}"
                    wants = f"channels and {axes} spatial {'axis' if high == 1 else 'axes'}"
                    yield Problem(WrongRank, op=self.name, wants=wants, shape=show(x), operands=(index,))
                    return
        found = False
        for problem in self.check(*inputs):
            found = True
            yield problem
        if found:
            return
        windows = self.window(*inputs) or ()
        for axis, window in enumerate(windows, start=1):
            n = inputs[0][axis]
            if window.size(n) < 1:
                yield self._nothing_left(window, axis, n, len(inputs[0]))
                return

    def _nothing_left(self, window: Window, axis: int, n: int, rank: int) -> Problem:
        padding = window.before + window.after
        can_pad = any(each.name == "padding" for each in self.args)
        room = f"a {axis_name(axis, rank)} of {n}"
        return Problem(
            NothingLeft,
            axis=axis,
            sets={"padding": -(-(window.extent - n) // 2)} if can_pad else {},
            op=self.name,
            extent=window.extent,
            room=f"{room}, padded to {n + padding}" if padding > 0 else room,
        )


_FACTS = frozenset(name for name in (*vars(Op), *Op.__annotations__) if not name.startswith("_"))
"""What an operator's class may state; another name would be ignored, so it is refused."""

OPERATORS: dict[str, type[Op]] = {}
"""Every operator by the name it has in a spec."""


def operator(cls: type[Op]) -> type[Op]:
    """Register an operator under its name."""
    if not cls.name or not cls.short or not cls.__doc__ or cls.name in OPERATORS:
        raise TypeError(f"{cls.__name__}: an operator has a name of its own, a short name and a docstring")
    OPERATORS[cls.name] = cls
    return cls
