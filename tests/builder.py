"""Elaborated graphs by hand, for tests of what comes behind elaboration.

net = Builder()
x = net.input(3, 224, 224)
x = net(Conv(out=64, kernel=3), x)
graph = net.graph(x)
"""

from __future__ import annotations

from typing import Any

from archdsl.graph.model import Elaborated, Expectation, Named, Node, Scope, Tied, Value
from archdsl.ops.contract import Op
from archdsl.ops.source import Input
from archdsl.source import Source, Span
from archdsl.syntax import tree


class Builder:
    """A net under construction. Node i stands on line i + 1 of its source."""

    def __init__(self, name: str = "Net") -> None:
        self.source = Source("net.arch", "".join(f"line {i + 1}\n" for i in range(2000)))
        self.nodes: list[Node] = []
        self.inputs: dict[str, Value] = {}
        self.named: dict[str, Named] = {}
        self.expectations: list[Expectation] = []
        self.ties: list[Tied] = []
        name_of_net = tree.Name(name, self.line(0))
        self.net = tree.Net(name_of_net, (), tree.Body((), self.line(0)), self.line(0))
        self.root = Scope("net", "", None, name, {}, self.line(0), None, 0)

    def line(self, index: int) -> Span:
        start = self.source.line_starts[index % 2000]
        return Span(self.source, start, start + len(self.source.line(index % 2000 + 1)))

    def input(self, *shape: int, name: str = "image", dtype: str = "float") -> Value:
        self.inputs[name] = self._node(Input(size=shape, dtype=dtype), (), (shape,), name).outputs[0]
        return self.inputs[name]

    def __call__(self, op: Op, *inputs: Value, **facts: Any) -> Value:
        """Apply an operator; its first output."""
        return self.apply(op, *inputs, **facts).outputs[0]

    def chain(self, x: Value, *ops: Op) -> Value:
        for op in ops:
            x = self(op, x)
        return x

    def apply(
        self,
        op: Op,
        *inputs: Value,
        name: str | None = None,
        first: Node | None = None,
        training: bool = False,
    ) -> Node:
        shapes = tuple(value.shape or () for value in inputs)
        assert not list(op.problems(*shapes)), [vars(problem) for problem in op.problems(*shapes)]
        name = first.name if first else name or f"{op.short}{len(self.nodes)}"
        node = self._node(op, inputs, op.outputs(*shapes), name)
        node.first, node.training = first, training
        return node

    def _node(self, op: Op, inputs: tuple[Value, ...], shapes: tuple[Any, ...], name: str) -> Node:
        index = len(self.nodes)
        site = tree.Name(name, self.line(index))
        node = Node(index, op, inputs, (), self.root, name, site, None)
        node.outputs = tuple(Value(node, port, shape) for port, shape in enumerate(shapes))
        self.nodes.append(node)
        return node

    def label(self, name: str, value: Value, start: int | None = None) -> None:
        start = value.node.index if start is None else start
        self.named[name] = Named(name, value, start, value.node.index + 1, value.node.span)

    def expect(self, target: str, operator: str, printed: str, *, kind: Any = "expect") -> Expectation:
        """An expectation as written, `conv1.macs ~ 61M`; a label's range or the whole net so far."""
        subject, _, metric = target.rpartition(".")
        text = f"{kind} {target} {operator} {printed}"
        source = Source("expect.arch", text)
        span = Span(source, len(text) - len(printed), len(text))
        named = self.named.get(subject)
        expectation = Expectation(
            kind, subject, metric, operator, literal(printed, span), wanted(printed),
            named.value if named else None, named.start if named else 0,
            named.end if named else len(self.nodes), Span(source, 0, len(text)), None,
        )  # fmt: skip
        self.expectations.append(expectation)
        return expectation

    def tie(self, left: str, right: str) -> None:
        text = f"tie {left} = {right}"
        self.ties.append(Tied(left, right, Span(Source("tie.arch", text), 0, len(text))))

    def graph(self, *outputs: Value, training: tuple[Value, ...] = ()) -> Elaborated:
        self.root.end = len(self.nodes)
        return Elaborated(
            "Net", "net.arch", "", self.net, self.nodes, [self.root], self.inputs,
            {f"output{i}" if i else "output": value for i, value in enumerate(outputs)},
            {f"training{i}": value for i, value in enumerate(training)},
            self.named, self.expectations, self.ties,
        )  # fmt: skip


_SUFFIXES = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def wanted(printed: str) -> Any:
    """The value of a printed literal, a tuple for `28 x 28`."""
    if "x" in printed:
        return tuple(int(part) for part in printed.split("x"))
    digits = printed.rstrip("KMGTi")
    value = float(digits) * _SUFFIXES.get(printed[len(digits) :], 1)
    return int(value) if value.is_integer() else value


def literal(printed: str, span: Span) -> tree.Expression:
    if isinstance(wanted(printed), tuple):
        return tree.Dims((), span)
    return tree.Number(wanted(printed), printed, span)
