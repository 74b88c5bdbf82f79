"""Do certificates of open sizes say what torch says? Random nets, each run at every size from 1 to 400.

    python benchmarks/certificates.py [NETS] [SEED]

A net is made at random, written down as a spec, and run by calls of torch on the meta device, which have
nothing to do with those that archdsl compiles to. A size is valid if no call raises. Where torch has
several ways to say a thing, the twin takes one that raises; that matters where torch's usual way is
silent, and archdsl's documented rule refuses:

- a crop is `narrow`, since a slice beyond the end of a map is cut short without a word;
- `split` into equal parts, and a `rearrange` that takes an axis apart, are `unflatten`, since `chunk`
  gives unequal parts;
- `upsample` is `nearest` in the twin whatever the spec says, since torch takes 5 ms for the shape of a
  bilinear one; shapes do not depend on the mode;
- a map without cells is invalid, though some calls would give one.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F

import archdsl

Shape = tuple[int, ...]
SIZES = range(1, 401)
PROBES = (*range(1, 41), 48, 50, 56, 61, 64, 72, 96, 100, 127, 128, 160, 199, 224, 225, 256, 317, 384, 400)


@dataclass(frozen=True)
class Step:
    """One line of a net: what it is in a spec, and the call that it is in torch."""

    text: str
    """With `{0}`, `{1}` for the values that it reads."""
    reads: tuple[int, ...]
    run: Callable[..., torch.Tensor]
    key: str
    """What the call depends on, apart from the shapes it is given."""


@dataclass
class Net:
    inputs: list[tuple[str, ...]]
    """The sizes of each input: numbers, or names of open sizes."""
    steps: list[Step] = field(default_factory=list)

    @property
    def symbols(self) -> list[str]:
        return sorted({size for each in self.inputs for size in each if size.isalpha()})

    @property
    def text(self) -> str:
        lines = [f"input i{n}: {' x '.join(sizes)}" for n, sizes in enumerate(self.inputs)]
        names = [f"i{n}" for n in range(len(self.inputs))]
        for number, step in enumerate(self.steps):
            lines.append(step.text.format(*(names[n] for n in step.reads), me=f"v{number}"))
            names.append(f"v{number}[0]" if "split" in step.text else f"v{number}")
        lines.append(f"{names[-1]} -> relu")
        return "\n".join(["net Random {", *(f"    {line}" for line in lines), "}"]) + "\n"

    def runs(self, sizes: dict[str, int]) -> bool:
        """Whether torch runs it at these sizes."""
        return self.values(sizes) is not None

    def values(self, sizes: dict[str, int]) -> list[Shape] | None:
        """The shapes of all values; None if torch raises."""
        values = [tuple(sizes.get(n) or int(n) for n in each) for each in self.inputs]
        for step in self.steps:
            made = after(step, tuple(values[n] for n in step.reads))
            if made is None:
                return None
            values.append(made)
        return values


_known: dict[tuple[str, tuple[Shape, ...]], Shape | None] = {}


def after(step: Step, shapes: tuple[Shape, ...]) -> Shape | None:
    """The shape that torch gives for these; None if it raises."""
    key = step.key, shapes
    if key not in _known:
        if len(_known) > 3_000_000:
            _known.clear()
        try:
            made = step.run(*(torch.empty(1, *shape, device="meta") for shape in shapes))
            _known[key] = None if 0 in made.shape else tuple(made.shape[1:])
        except (RuntimeError, ValueError):
            _known[key] = None
    return _known[key]


# --- making nets ----------------------------------------------------------------------------------------


def random_net(rng: random.Random) -> Net:
    """A net that some size is valid for, of up to twenty lines."""
    kind = rng.choice(["image"] * 6 + ["images", "turned", "signal", "sequence", "fixed width"])
    net = Net(
        {
            "image": [("2", "H", "W")],
            "images": [("2", "H", "W"), ("2", "H", "W")],
            "turned": [("2", "H", "W"), ("2", "W", "H")],
            "signal": [("2", "L")],
            "sequence": [("T", "2")],
            "fixed width": [("2", "H", "37")],
        }[kind]
    )
    if kind == "sequence":
        net.steps.append(_linear_rows())
        net.steps.append(Step('{0} -> {me}: rearrange("t c -> c t")', (1,), lambda x: x.mT, "turn"))
    alive = [dict.fromkeys(net.symbols, size) for size in PROBES]
    alive += [{symbol: rng.choice(SIZES) for symbol in net.symbols} for _ in range(20)]
    for _ in range(rng.randint(3, 18)):
        for _ in range(6):  # most ways to join two maps fit at no size
            states = [shapes for probe in alive if (shapes := net.values(probe))]
            made = _steps(rng, states[0], 2 if kind == "sequence" else 0)
            trial = Net(net.inputs, net.steps + made)
            kept = [probe for probe in alive if trial.runs(probe)]
            if len(kept) >= (1 if rng.random() < 0.1 else 3):
                net, alive = trial, kept
                break
    if rng.random() < 0.15:
        net.steps += _head(net, alive[0])
    return net


def _steps(rng: random.Random, shapes: list[Shape], rows: int) -> list[Step]:
    """What comes next: a layer behind the last value, or two values that meet.

    The first `rows` values hold vectors in rows, and no channels.
    """
    count = len(shapes)
    spatial = [n for n in range(rows, count) if len(shapes[n]) == len(shapes[-1])]
    last = count - 1
    if rng.random() < 0.3 and len(spatial) > 1:
        other = rng.choice([n for n in spatial if n != last] or spatial)
        same = [n for n in spatial if n != last and shapes[n][1:] == shapes[last][1:]]
        if same and rng.random() < 0.7:
            other = rng.choice(same)
        return _meeting(rng, shapes, last, other)
    return [_layer(rng, len(shapes[-1]) - 1, shapes[-1][0], last)]


def _meeting(rng: random.Random, shapes: list[Shape], last: int, other: int) -> list[Step]:
    """Two values are joined, or one takes the size of the other and is joined."""
    steps = []
    me = last
    how = rng.choice(["join", "crop", "crop", "upsample"])
    if how == "crop":
        at = rng.choice([None, None, 0, 1])
        rest = "" if at is None else f", offset = {at}"
        big, small = rng.choice([(other, last), (last, other)])
        steps.append(
            Step(
                f"{{0}} -> {{me}}: crop(like = {{1}}{rest})",
                (big, small),
                lambda x, y: _cropped(x, y.shape[2:], at),
                f"crop like {at}",
            )
        )
        me, other = last + 1, small
    elif how == "upsample":
        mode = rng.choice(["nearest", "bilinear"])
        steps.append(
            Step(
                f"{{0}} -> {{me}}: upsample(like = {{1}}, mode = {mode})",
                (last, other),
                lambda x, y: F.interpolate(x, y.shape[2:]),
                f"upsample like {mode}",
            )
        )
        me = last + 1
    channels = [shapes[last][0] if how != "crop" else shapes[big][0], shapes[other][0]]
    if channels[0] == channels[1] and rng.random() < 0.6:
        steps.append(Step("{me}: add({0}, {1})", (me, other), lambda x, y: x + y, "add"))
    elif sum(channels) <= 8:
        steps.append(Step("{me}: concat({0}, {1})", (me, other), lambda x, y: torch.cat([x, y], 1), "concat"))
    return steps


def _layer(rng: random.Random, axes: int, channels: int, last: int) -> Step:
    def step(text: str, run: Callable[[torch.Tensor], torch.Tensor]) -> Step:
        return Step(f"{{0}} -> {{me}}: {text}", (last,), run, text)

    def each(*choices: int) -> tuple[int, ...]:
        if rng.random() < 0.7:
            return (rng.choice(choices),) * axes
        return tuple(rng.choice(choices) for _ in range(axes))

    conv = (F.conv1d, F.conv2d)[axes - 1]
    kind = rng.choice(_LAYERS)
    kernel, stride, dilation = each(1, 2, 3, 3, 4, 5, 7), each(1, 1, 2, 3), each(1, 1, 1, 2, 3)
    if kind == "conv":
        how = rng.choice(["none", "equal", "sides", "same"])
        ends = [(0, 0)] * axes
        if how == "equal":
            ends = [(p, p) for p in each(1, 2, 3)]
        if how == "sides":
            ends = [(rng.randint(0, 3), rng.randint(0, 3)) for _ in range(axes)]
        stride = (1,) * axes if how == "same" else stride
        padding = "same" if how == "same" else _list(ends)
        text = f"conv(2, {by(kernel)}, stride = {by(stride)}, dilation = {by(dilation)}, padding = {padding})"

        def run(x: torch.Tensor) -> torch.Tensor:
            w = torch.empty(2, x.shape[1], *kernel, device="meta")
            if how == "same":
                return conv(x, w, padding="same", dilation=dilation)
            return conv(F.pad(x, _flat(ends)), w, stride=stride, dilation=dilation)

        return step(text, run)
    if kind == "pool":
        which = rng.choice(["max", "avg"])
        kernel, ceil = each(1, 2, 2, 3, 3, 4, 5), rng.random() < 0.5
        stride = each(1, 2, 2, 3, 4)
        padding = tuple(rng.choice([0, k // 2]) for k in kernel)
        pool = getattr(F, f"{which}_pool{axes}d")
        text = (
            f"{which}pool({by(kernel)}, stride = {by(stride)}, "
            f"padding = {_list([(p, p) for p in padding])}, ceil = {str(ceil).lower()})"
        )
        return step(text, lambda x: pool(x, kernel, stride=stride, padding=padding, ceil_mode=ceil))
    if kind == "transposed":
        kernel, stride = each(1, 2, 3, 4, 5), each(1, 2, 2, 3, 4)
        padding, dilation = each(0, 0, 1, 2), each(1, 1, 2)
        extra = tuple(rng.randrange(s) for s in stride)
        text = (
            f"conv_transpose(2, {by(kernel)}, stride = {by(stride)}, padding = {by(padding)}, "
            f"extra = {by(extra)}, dilation = {by(dilation)})"
        )
        call = (F.conv_transpose1d, F.conv_transpose2d)[axes - 1]

        def spread(x: torch.Tensor) -> torch.Tensor:
            w = torch.empty(x.shape[1], 2, *kernel, device="meta")
            return call(x, w, None, stride, padding, extra, 1, dilation)

        return step(text, spread)
    if kind == "upsample":
        scale, mode = each(2, 2, 3), rng.choice(["nearest", "bilinear"])
        return step(
            f"upsample({by(scale)}, mode = {mode})",
            lambda x: F.interpolate(x, scale_factor=tuple(map(float, scale))),
        )
    if kind == "size":
        size, mode = each(8, 13, 32), rng.choice(["nearest", "bilinear"])
        return step(
            f"upsample(size = {by(size)}, mode = {mode})",
            lambda x: F.interpolate(x, size),
        )
    if kind == "crop":
        size = each(1, 4, 9, 20)
        return step(f"crop(size = {by(size)})", lambda x: _cropped(x, size, None))
    if kind == "sides":
        ends = [(rng.randint(0, 4), rng.randint(0, 4)) for _ in range(axes)]

        def cut(x: torch.Tensor) -> torch.Tensor:
            for axis, (before, behind) in enumerate(ends, start=2):
                x = x.narrow(axis, before, x.shape[axis] - before - behind)
            return x

        return step(f"crop(sides = {_list(ends)})", cut)
    if kind == "pad":
        ends = [(rng.randint(0, 4), rng.randint(0, 4)) for _ in range(axes)]
        mode = rng.choice(["constant", "reflect", "replicate"])
        return step(f"pad({_list(ends)}, mode = {mode})", lambda x: F.pad(x, _flat(ends), mode=mode))
    if kind == "adaptive":
        size, which = each(1, 2, 3, 7), rng.choice(["max", "avg"])
        pool = getattr(F, f"adaptive_{which}_pool{axes}d")
        return step(f"{which}pool(size = {by(size)})", lambda x: pool(x, size))
    if kind == "split":
        parts, axis = rng.choice([2, 3]), rng.randint(1, axes)
        return Step(
            f"{{0}} -> {{me}}: split({parts}, axis = {axis})",
            (last,),
            lambda x: x.unflatten(axis + 1, (parts, -1)).select(axis + 1, 0),
            f"split {parts} {axis}",
        )
    if kind == "fold" and channels <= 4:
        tail = " w" if axes == 2 else ""
        return step(
            f'rearrange("c (h 2){tail} -> (c 2) h{tail}")',
            lambda x: x.unflatten(2, (-1, 2)).movedim(3, 2).flatten(1, 2),
        )
    return step("relu", torch.relu)


_LAYERS = (
    ["conv"] * 7 + ["pool"] * 5 + ["transposed"] * 4 + ["upsample"] * 2 + ["crop", "sides", "pad", "pad"]
) + ["split", "fold", "size", "adaptive", "relu"]


def _linear_rows() -> Step:
    return Step(
        "{0} -> {me}: linear(2)",
        (0,),
        lambda x: F.linear(x, torch.empty(2, x.shape[-1], device="meta")),
        "rows",
    )


def _head(net: Net, probe: dict[str, int]) -> list[Step]:
    """A pooling to a size, and a linear map of all that it gives."""
    shapes = net.values(probe)
    assert shapes is not None
    last, axes = len(shapes) - 1, len(shapes[-1]) - 1
    features = shapes[-1][0] * 3**axes
    pool = getattr(F, f"adaptive_avg_pool{axes}d")
    return [
        Step("{0} -> {me}: avgpool(size = 3)", (last,), lambda x: pool(x, 3), f"to 3 {axes}"),
        Step("{0} -> {me}: flatten", (last + 1,), lambda x: x.flatten(1), "flatten"),
        Step(
            "{0} -> {me}: linear(5)",
            (last + 2,),
            lambda x: F.linear(x, torch.empty(5, features, device="meta")),
            f"linear {features}",
        ),
    ]


def by(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes)) if len(set(sizes)) > 1 else str(sizes[0])


def _list(ends: list[tuple[int, int]]) -> str:
    return f"[{', '.join(f'[{a}, {b}]' for a, b in ends)}]"


def _flat(ends: list[tuple[int, int]]) -> list[int]:
    return [n for pair in reversed(ends) for n in pair]


def _cropped(x: torch.Tensor, sizes: Any, offset: int | None) -> torch.Tensor:
    for axis, size in enumerate(sizes, start=2):
        front = (x.shape[axis] - size) // 2 if offset is None else offset
        if front < 0:
            raise ValueError("a crop does not make maps larger")
        x = x.narrow(axis, front, size)
    return x


# --- comparing ------------------------------------------------------------------------------------------


@dataclass
class Count:
    nets: int = 0
    asked: int = 0
    accepted: int = 0
    given_up: int = 0
    longest: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)


def points(net: Net, rng: random.Random, each: int = 1) -> Iterator[dict[str, int]]:
    """Every size along each axis, through a point where the net runs, and some pairs."""
    wide = [{symbol: rng.choice(SIZES) for symbol in net.symbols} for _ in range(60)]
    usual = [dict.fromkeys(net.symbols, size) for size in PROBES]
    centre = next((p for p in wide + usual if net.runs(p)), usual[-1])
    for symbol in net.symbols:
        yield from ({**centre, symbol: size} for size in SIZES[::each])
    if len(net.symbols) > 1:
        yield from wide
        yield from ({symbol: rng.randint(1, 60) for symbol in net.symbols} for _ in range(60))


def compare(net: Net, rng: random.Random, count: Count) -> None:
    """Ask the certificate and torch the same of a net."""
    count.nets += 1
    asked = list(points(net, rng))
    try:
        certificate = archdsl.loads(net.text)["Random"].certificate
    except archdsl.SpecError as error:
        codes = {each.code for each in error.report.errors}
        if codes == {"E418"}:
            count.given_up += 1
        elif any(net.runs(point) for point in asked):
            count.wrong.append((net.text, f"refused: {error}"))
        return
    assert certificate is not None
    count.longest = max(
        count.longest, *(sizes.period for case in certificate.cases for sizes in case.box.values())
    )
    if certificate.unexplored:
        unknown = certificate.unexplored
        asked = [p for p in asked if not any(all(p[s] in z for s, z in box.items()) for box in unknown)]
    for point in asked:
        count.asked += 1
        runs = net.runs(point)
        count.accepted += runs
        if certificate.valid(**point) != runs:
            count.wrong.append(
                (net.text, f"{point}: torch {'runs' if runs else 'raises'}; {certificate.words}")
            )
            return


def main(nets: int = 2000, seed: int = 4) -> int:
    begin, count = time.perf_counter(), Count()
    for number in range(nets):
        rng = random.Random(f"{seed} {number}")
        compare(random_net(rng), rng, count)
    for text, why in count.wrong[:10]:
        print(text, why, sep="")
    print(f"{count.nets:,} nets, of which {count.given_up} need a longer period than is computed with (E418)")
    print(f"{count.asked:,} times both were asked for a size: {count.accepted:,} are valid")
    print(f"{len(count.wrong)} nets with a disagreement; longest period {count.longest:,}")
    print(f"{time.perf_counter() - begin:.0f} s")
    return 1 if count.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
