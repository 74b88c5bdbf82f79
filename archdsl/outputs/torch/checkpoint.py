"""Checkpoints that only PyTorch reads, and weights brought into a module.

A file of PyTorch is a pickle, which could run anything: it is opened with `weights_only` alone, which
refuses whatever is not a tensor or plain data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archdsl.check.model import Checked
from archdsl.diagnostics.style import clean
from archdsl.outputs.torch.build import build
from archdsl.weights import Checkpoint, Mismatch, Stored, Unreadable, compare, is_torch, named
from archdsl.weights import read as read_safetensors
from archdsl.weights.header import size_of
from archdsl.weights.model import PIECE
from archdsl.weights.rename import Map

if TYPE_CHECKING:
    import torch
    from torch import nn

KINDS = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "float8_e5m2": "F8_E5M2",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e8m0fnu": "F8_E8M0",
    "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ",
    "int16": "I16",
    "uint16": "U16",
    "float16": "F16",
    "bfloat16": "BF16",
    "int32": "I32",
    "uint32": "U32",
    "float32": "F32",
    "complex64": "C64",
    "float64": "F64",
    "int64": "I64",
    "uint64": "U64",
}
"""What the safetensors format calls PyTorch's kinds of numbers."""


class TorchCheckpoint(Checkpoint):
    """The tensors of a file that PyTorch has opened; their numbers stay in the file, if it can be mapped."""

    numbers: dict[str, torch.Tensor]

    def pieces(self, stored: Stored) -> Iterator[bytes]:
        import torch

        flat = self.numbers[stored.name].reshape(-1).view(torch.uint8)
        for at in range(0, stored.size, PIECE):
            yield flat[at : at + PIECE].numpy().tobytes()


def read(path: str) -> Checkpoint:
    """What a file holds, be it PyTorch's or safetensors. Raises Unreadable."""
    return _read_torch(path) if is_torch(path) else read_safetensors(path)


def load(checked: Checked, path: str, rename: Map) -> nn.Module:
    """The network with the weights of a file, all of them and no others.

    Raises Unreadable and BadMap, and Mismatch where the file does not fit.
    """
    checkpoint = read(path)
    stored = named(checkpoint.tensors, rename)
    found = compare(checked, stored)
    if not found.complete or found.other_shape or found.extra:
        raise Mismatch(checkpoint, found)
    module = build(checked)
    state = module.state_dict()
    for name, each in found.matched.items():
        state[name].copy_(_tensor(checkpoint, each))
    filled = {state[name].data_ptr() for name in found.matched}
    unset = [
        name for name, each in state.items() if each.data_ptr() not in filled and name not in found.absent
    ]
    assert not unset, f"the module has weights that the spec does not know: {unset}"
    return module


def _tensor(checkpoint: Checkpoint, stored: Stored) -> torch.Tensor:
    """The numbers of one tensor."""
    import torch

    if isinstance(checkpoint, TorchCheckpoint):
        return checkpoint.numbers[stored.name]
    dtype = getattr(torch, next(name for name, kind in KINDS.items() if kind == stored.dtype))
    data = bytearray()
    for piece in checkpoint.pieces(stored):
        data += piece
    if not data:
        return torch.empty(stored.shape, dtype=dtype)
    return torch.frombuffer(data, dtype=dtype).reshape(stored.shape)


# --- PyTorch's own files ---------------------------------------------------------------------------


def _read_torch(path: str) -> TorchCheckpoint:
    held = _opened(path)
    import torch

    state, notes = _state(held)
    if not state:
        raise Unreadable(f"`{path}` holds no tensors by name")
    checkpoint = TorchCheckpoint(path, {}, {"format": "pt"}, [path], notes)
    checkpoint.numbers = {}
    for name, tensor in state.items():
        kind = KINDS.get(str(tensor.dtype).removeprefix("torch."))
        if kind is None or tensor.layout is not torch.strided or tensor.is_meta:
            raise Unreadable(f"`{path}`: `{clean(name)}` is quantized, sparse or without numbers")
        checkpoint.tensors[name] = Stored(name, kind, tuple(tensor.shape), path)
        checkpoint.numbers[name] = tensor.detach()
    return checkpoint


def _opened(path: str) -> object:
    """What the file holds. Numbers are mapped into memory where the file is not of the old format."""
    try:
        import torch
    except ImportError:
        remedy = "pip install 'archdsl[torch]', or save the weights as safetensors"
        raise Unreadable(f"only PyTorch reads `{path}`, and it is not installed", remedy) from None
    import pickle
    import warnings

    size_of(path)
    try:
        with open(path, "rb") as file:
            mapped = file.read(4) == b"PK\x03\x04"
        with warnings.catch_warnings():  # what is odd about a file shows in its error, if it has one
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except OSError as problem:
        raise Unreadable(f"cannot read `{path}`: {problem.strerror or problem}") from None
    except pickle.UnpicklingError:
        remedy = "where you trust it, save the `state_dict()` of its model alone, and read that"
        raise Unreadable(f"`{path}` holds more than tensors, or is damaged", remedy) from None
    except Exception as problem:  # whatever a damaged file makes PyTorch raise
        said = clean(str(problem).partition("\n")[0])
        raise Unreadable(f"`{path}` is damaged, or no file of weights: {said}") from None


def _state(held: object) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The tensors by name in what a file holds, and what is to be said of the rest.

    Beside them a training run keeps its optimizer's state, its number of steps and more; and several
    sets of them, which then keep their keys in front.
    """
    if state := _tensors(held):
        return state, []
    members = held if isinstance(held, Mapping) else {}
    states = {str(key): tensors for key, value in members.items() if (tensors := _tensors(value))}
    shown = ", ".join(f"`{clean(key)}`" for key in states)
    if len(states) == 1:
        rest = ", ".join(f"`{clean(str(key))}`" for key in members if str(key) not in states)
        return next(iter(states.values())), [f"these are {shown}; {rest} not read"] if rest else []
    prefixed = {f"{key}.{name}": each for key, state in states.items() for name, each in state.items()}
    return prefixed, [f"it holds several sets of tensors: {shown}"] if states else []


def _tensors(value: object) -> dict[str, Any]:
    """The tensors that a dictionary holds by name, itself and not in parts of it."""
    import torch

    if not isinstance(value, Mapping):
        return {}
    return {str(name): each for name, each in value.items() if isinstance(each, torch.Tensor)}
