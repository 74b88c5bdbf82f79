"""What PyTorch's constructors and functions take: the few facts that reading their calls needs."""

from __future__ import annotations

import re

from archdsl.outputs.torch.code import Call, Const, Expr

_KERNEL = object()
"""A pool's stride is its kernel unless something else is said."""

_CONV: dict[str, object] = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
_TRANSPOSED: dict[str, object] = {
    "stride": 1,
    "padding": 0,
    "output_padding": 0,
    "groups": 1,
    "bias": True,
    "dilation": 1,
}
_MAX = {"stride": _KERNEL, "padding": 0, "dilation": 1, "ceil_mode": False}
_MEAN = {"stride": _KERNEL, "padding": 0, "ceil_mode": False, "count_include_pad": True}

_DEFAULTS: dict[str, dict[str, object]] = {
    "Conv": _CONV,
    "PaddedConv": {name: value for name, value in _CONV.items() if name != "padding"},
    "ConvTranspose": _TRANSPOSED,
    "LocallyConnected": {"stride": 1, "bias": True},
    "Linear": {"bias": True},
    "BatchNorm": {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True},
    "FrozenBatchNorm": {"eps": 1e-5},
    "GroupNorm": {"eps": 1e-5, "affine": True},
    "LayerNorm": {"eps": 1e-5, "elementwise_affine": True},
    "MaxPool": _MAX,
    "max_pool": _MAX,
    "AvgPool": _MEAN,
    "avg_pool": _MEAN,
}
"""Keyword arguments that may be left out, in the order in which they are written."""

_CHANNELS: dict[str, tuple[str, ...]] = {
    "Conv": ("in", "out"),
    "PaddedConv": ("in", "out"),
    "ConvTranspose": ("in", "out"),
    "LocallyConnected": ("in", "out"),
    "Linear": ("in", "out"),
    "RadialBasis": ("in", "out"),
    "Bilinear": ("in", "in", "out"),
    "BatchNorm": ("channels",),
    "FrozenBatchNorm": ("channels",),
    "InstanceNorm": ("channels",),
    "LayerNorm": ("channels",),
    "ChannelLayerNorm": ("channels",),
    "PReLU": ("channels",),
    "GroupNorm": ("groups", "channels"),
    "Embedding": ("entries", "out"),
    "pad": ("input", "pad"),
    "chunk": ("input", "chunks"),
    "split": ("input", "sizes"),
    "interpolate": ("input",),
    "anchor_boxes": ("input", "sizes", "ratios", "stride"),
    "propose": ("scores", "offsets", "anchors", "image", "before", "after", "iou", "min_size"),
    "nms": ("boxes", "scores", "count", "iou"),
    "detect": ("scores", "offsets", "regions", "image", "count", "score", "iou", "stds"),
    "roi_pool": ("input", "boxes", "size", "stride"),
    "roi_align": ("input", "boxes", "size", "strides", "sampling"),
}
"""What the first positional arguments are; the next one is the extent of a window."""


_FLOATS = {
    "LocalResponseNorm": frozenset({"alpha", "beta", "k"}),
    "local_response_norm": frozenset({"alpha", "beta", "k"}),
    "LeakyReLU": frozenset({"negative_slope"}),
    "leaky_relu": frozenset({"negative_slope"}),
    "ELU": frozenset({"alpha"}),
    "elu": frozenset({"alpha"}),
    "interpolate": frozenset({"scale_factor"}),
    "pad": frozenset({"value"}),
}
"""Arguments for which TorchScript takes no whole numbers."""


def family(called: str) -> str:
    """`nn.Conv2d` → `Conv`, `F.max_pool2d` → `max_pool`."""
    return re.sub(r"\d+d$", "", called.rpartition(".")[2])


def position_name(called: str, position: int) -> str:
    """What a positional argument is."""
    names = _CHANNELS.get(family(called), ())
    return names[position] if position < len(names) else "kernel" if position < len(names) + 1 else "size"


def typed(call: Expr) -> Expr:
    """A call whose numbers are of the types that TorchScript asks for."""
    wanted = _FLOATS.get(family(call.called), frozenset()) if isinstance(call, Call) else frozenset()
    if not wanted or not isinstance(call, Call):
        return call
    kwargs = tuple([(name, _float(value) if name in wanted else value) for name, value in call.kwargs])
    return Call(call.function, call.args, kwargs)


def _float(expr: Expr) -> Expr:
    if not isinstance(expr, Const):
        return expr
    value = expr.value
    return Const(tuple(map(float, value)) if isinstance(value, tuple) else float(value))


def complete(call: Expr) -> Expr:
    """A call with every argument that may be left out, so that calls can be compared."""
    if not isinstance(call, Call):
        return call
    defaults = _DEFAULTS.get(family(call.called))
    if defaults is None:
        return call
    given = dict(call.kwargs)
    filled = {name: given.pop(name, _default(call, value)) for name, value in defaults.items()}
    return Call(call.function, call.args, (*filled.items(), *given.items()))


def trim(call: Expr) -> Expr:
    """The same without the arguments that have their default."""
    if not isinstance(call, Call):
        return call
    defaults = _DEFAULTS.get(family(call.called))
    if not defaults:
        return call
    kept = [(n, v) for n, v in call.kwargs if n not in defaults or v != _default(call, defaults[n])]
    return Call(call.function, call.args, tuple(kept))


def _default(call: Call, value: object) -> Expr:
    return call.args[-1] if value is _KERNEL else Const(value)
