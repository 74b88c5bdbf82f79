"""What other frameworks call a layer, and how archdsl writes the same call.

Reads the text of a call that means nothing here, and knows nothing of what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from archdsl.ops import OPERATORS
from archdsl.source import Span


class _Layer(NamedTuple):
    """A layer of archdsl, and how much of the arguments elsewhere is taken over."""

    name: str
    most: int = 0
    """So many of the arguments without a name."""
    inputs: int = 0
    """So many come first that say what comes in, where it is a class of PyTorch."""
    always: str = ""
    """Arguments that make it what is meant."""


_LAYERS: dict[str, _Layer] = {
    **dict.fromkeys(("linear", "fc", "dense", "fullyconnected"), _Layer("linear", 1, 1)),
    **dict.fromkeys(("conv", "convolution"), _Layer("conv", 7, 1)),
    **dict.fromkeys(
        ("convtranspose", "transposeconv", "transposedconv", "deconv", "deconvolution", "upconv"),
        _Layer("conv_transpose", 4, 1),
    ),
    **dict.fromkeys(("bn", "batchnorm", "batchnormalization"), _Layer("batchnorm")),
    **dict.fromkeys(("ln", "layernorm", "layernormalization"), _Layer("layernorm")),
    **dict.fromkeys(("gn", "groupnorm", "groupnormalization"), _Layer("groupnorm", 1)),
    **dict.fromkeys(("localresponsenorm", "localresponsenormalization"), _Layer("lrn", 4)),
    **dict.fromkeys(("maxpool", "maxpooling"), _Layer("maxpool", 3)),
    **dict.fromkeys(("avgpool", "averagepool", "averagepooling", "meanpool"), _Layer("avgpool", 4)),
    **dict.fromkeys(
        ("globalavgpool", "globalaveragepool", "globalaveragepooling", "gap"),
        _Layer("avgpool", always="global"),
    ),
    **dict.fromkeys(("globalmaxpool", "globalmaxpooling", "gmp"), _Layer("maxpool", always="global")),
    **dict.fromkeys(("swish", "silu"), _Layer("silu")),
    **dict.fromkeys(("hswish", "hardswish"), _Layer("hardswish")),
    **dict.fromkeys(("lrelu", "leakyrelu"), _Layer("leaky_relu", 1)),
    **dict.fromkeys(("cat", "concatenate"), _Layer("concat", 99)),
    **dict.fromkeys(("upsample", "upsampling", "interpolate", "resize"), _Layer("upsample", 1)),
    "logsoftmax": _Layer("log_softmax"),
    "logistic": _Layer("sigmoid"),
    "flatten": _Layer("flatten"),
    "embedding": _Layer("embedding", 2),
    "dropout": _Layer("dropout", 1),
    **{name: _Layer(name) for name in ("relu", "relu6", "sigmoid", "tanh", "gelu", "elu", "softmax")},
    **{name: _Layer(name) for name in ("selu", "mish", "prelu", "identity", "hardsigmoid", "softplus")},
}
"""By their names in small letters, without `_` and without the number of axes."""

_SAID = {
    **dict.fromkeys(("lstm", "gru", "rnn"), "archdsl has no recurrent layers"),
    **dict.fromkeys(("attention", "multiheadattention", "transformer"), "archdsl has no attention"),
    **dict.fromkeys(("depthwise", "depthwiseconv", "dwconv"), "of c channels it is `conv(c, 3, groups = c)`"),
    "sequential": "a body says it: `{ … }`, or with a name `features: { … }`",
}

_ARGUMENTS = {
    **dict.fromkeys(("kernel_size", "pool_size"), "kernel"),
    **dict.fromkeys(("out_channels", "out_features", "filters", "units"), "out"),
    **dict.fromkeys(("dim", "embedding_dim", "output_dim"), "dim"),
    **dict.fromkeys(("num_embeddings", "input_dim"), "entries"),
    **dict.fromkeys(("p", "rate"), "p"),
    "strides": "stride",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "ceil_mode": "ceil",
    "return_indices": "indices",
    "count_include_pad": "count_padding",
    "negative_slope": "slope",
    "num_groups": "groups",
    "scale_factor": "scale",
}
_NOT_NEEDED = frozenset(
    "in_channels in_features num_features num_channels input_shape inplace dim start_dim".split()
)
_VALUES = {"True": "true", "False": "false"}

_CALL = (
    r"(?P<library>((torch|tf|keras|nn|layers|functional|F)\.)*)(?P<name>[A-Za-z_]\w*)"
    r"(\((?P<arguments>([^()\n]|\([^()\n]*\))*)\))?"
)
_RESHAPED = r"[A-Za-z_]\w*\.(view|reshape|flatten)\("
_BEFORE = frozenset(("x", "out", "input", "inputs"))
"""What programs call the tensor that came before, which a layer here reads anyway."""


def layer(at: Span) -> tuple[str, ...]:
    """What archdsl calls a layer of another framework, whose name begins here; nothing for other names."""
    text = at.source.text
    if re.compile(_RESHAPED).match(text, at.start):
        return ("archdsl calls it `flatten`",)
    found = re.compile(_CALL).match(text, at.start)
    if found is None:
        return ()
    name = re.sub(r"[123][dD]|_", "", found["name"]).lower()
    if name in _SAID:
        return (_SAID[name],)
    adaptive = name.removeprefix("adaptive")
    known = _LAYERS.get(adaptive if adaptive in ("avgpool", "maxpool") else name)
    if known is None or (not found["library"] and found["name"] in OPERATORS):
        return ()
    given = list(_split(found["arguments"] or ""))
    if adaptive != name:
        known, given = known._replace(always=_adaptive(given)), []
    written = _written(found, known, given)
    what = f"`{known.name}`" if written is None else f"`{written}`"
    dropped = written is not None and _inputs(found["name"], known, given)
    return (f"archdsl calls it {what}{', without the channels that come in' * bool(dropped)}",)


def argument(name: str, names: list[str]) -> tuple[str, ...]:
    """What archdsl calls an argument of another framework, where the layer has that argument."""
    if _ARGUMENTS.get(name) in names and name not in names:
        return (f"archdsl calls it `{_ARGUMENTS[name]}`",)
    return ("leave it out",) if name in _NOT_NEEDED else ()


def method(name: str, tensor: str, at: Span) -> tuple[str, ...]:
    """The layer that a method of a tensor stands for, where it is called."""
    if not at.source.text.startswith("(", at.end):
        return ()
    if name in ("view", "flatten"):
        return (f"archdsl calls it `flatten`: `{tensor} -> flatten`",)
    return (f"`{tensor} -> {name}`",) if name in OPERATORS else ()


def _written(found: re.Match[str], known: _Layer, given: list[str]) -> str | None:
    """The call as archdsl writes it; None where its arguments mean something else."""
    taken = {each.name for each in OPERATORS[known.name].args}
    plain = [each for each in given if not _named(each)]
    start = _inputs(found["name"], known, given)
    tensors = []
    if found["library"] and found["name"][0].islower() and plain:
        tensors = [] if plain[0] in _BEFORE else [plain[0].strip("[]")]
        plain = plain[1:]
    arguments = [*tensors, *filter(None, [known.always]), *map(_value, plain[start : start + known.most])]
    if known.name == "concat":
        arguments = tensors or [each.strip("[]") for each in given[:1]]
    for each in filter(_named, given):
        name, value = (part.strip() for part in each.split("=", 1))
        meant = _ARGUMENTS.get(name, name)
        if meant in taken:
            arguments.append(f"{meant} = {_value(value)}")
        elif name not in _NOT_NEEDED:
            return None
    if re.match(r"[A-Za-z]+[123][dD]", found["name"]) and known.name == "dropout":
        arguments.append("channels = true")
    if not arguments and any(each.required for each in OPERATORS[known.name].args):
        arguments = ["…"]
    return f"{known.name}({', '.join(arguments)})" if arguments else known.name


def _inputs(name: str, known: _Layer, given: list[str]) -> int:
    """How many arguments come first that say what comes in: PyTorch's classes are told so."""
    if not re.fullmatch(r"Conv\dd|ConvTranspose\dd|Linear", name):
        return 0
    needed = sum(each.required for each in OPERATORS[known.name].args)
    return known.inputs if len(given) >= needed + known.inputs and not _named(given[0]) else 0


def _adaptive(given: list[str]) -> str:
    size = _value(given[0].rpartition("=")[2].strip()) if given else "1"
    return "global" if set(size) <= set("1x") else f"size = {size}"


def _split(arguments: str) -> Iterator[str]:
    """Arguments one by one; commas in brackets separate none."""
    depth, each = 0, ""
    for character in arguments:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            yield each.strip()
            each = ""
        else:
            each += character
    if each.strip():
        yield each.strip()


def _named(argument: str) -> bool:
    return re.match(r"\w+\s*=", argument) is not None


def _value(text: str) -> str:
    """A value as archdsl writes it: `(3, 3)` is the shape `3x3`."""
    if re.fullmatch(r"\(\s*\d+(\s*,\s*\d+)*\s*,?\s*\)", text):
        return "x".join(re.findall(r"\d+", text))
    return _VALUES.get(text, text)
