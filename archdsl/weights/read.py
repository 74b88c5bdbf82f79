"""From a path to a checkpoint: one safetensors file, or the index of several."""

from __future__ import annotations

import os

from archdsl.diagnostics.style import clean
from archdsl.weights.documents import read_object
from archdsl.weights.header import read_header
from archdsl.weights.model import Checkpoint, Stored, Unreadable

SAFETENSORS = ".safetensors"
INDEX = ".index.json"
TORCH = (".pth", ".pt", ".bin", ".ckpt", ".pth.tar")
"""What files end in that PyTorch writes; they are pickles, and read through PyTorch alone."""

_SHOWN = 5


def is_torch(path: str) -> bool:
    """Whether a path names a file that only PyTorch reads."""
    return path.lower().endswith(TORCH)


def read(path: str) -> Checkpoint:
    """What a safetensors file, or the index of several, holds; reads headers only.

    Raises Unreadable.
    """
    if path.lower().endswith(INDEX):
        return _sharded(path)
    if path.lower().endswith(SAFETENSORS):
        tensors, metadata = read_header(path)
        return Checkpoint(path, {each.name: each for each in tensors}, metadata, [path])
    endings = ", ".join([SAFETENSORS, SAFETENSORS + INDEX, *TORCH])
    raise Unreadable(f"`{path}` does not say what it is", f"its name must end in one of {endings}")


def _sharded(path: str) -> Checkpoint:
    """The files of an index as one: it says in which of them each tensor is."""
    places = read_object(path).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(each, str) for each in places.values()):
        raise Unreadable(f"`{path}` is no index: it lacks a `weight_map` from tensors to files")
    shards: dict[str, dict[str, Stored]] = {}
    metadata: dict[str, str] = {}
    for shard in dict.fromkeys(places.values()):
        tensors, said = read_header(_beside(path, shard))
        shards[shard] = {each.name: each for each in tensors}
        metadata = said | metadata
    lost = [f"`{clean(name)}` in `{shard}`" for name, shard in places.items() if name not in shards[shard]]
    if lost:
        raise Unreadable(f"`{path}` names tensors that are not there: {_some(lost)}")
    tensors_by_name = {name: shards[shard][name] for name, shard in places.items()}
    notes = []
    if left := [name for shard, held in shards.items() for name in held if places.get(name) != shard]:
        notes.append(f"the index leaves out what its files hold too: {_some(list(map(clean, left)))}")
    files = [path, *(_beside(path, shard) for shard in shards)]
    return Checkpoint(path, tensors_by_name, metadata, files, notes)


def _beside(path: str, shard: str) -> str:
    """A shard lies in the folder of its index, and nowhere else."""
    if not shard.lower().endswith(SAFETENSORS) or any(mark in shard for mark in "/\\\0:"):
        raise Unreadable(f"`{path}` names `{clean(shard)}`, which is no safetensors file of its own folder")
    return os.path.join(os.path.dirname(path), shard)


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
