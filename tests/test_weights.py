"""Files of weights beside networks: headers, names, maps, conversion, PyTorch's own files."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import archdsl
from archdsl.cli import main
from archdsl.weights import (
    Comparison,
    Proposal,
    Stored,
    Unreadable,
    WeightsError,
    compare,
    named,
    propose,
    read,
)
from archdsl.weights.compare import Unlike
from archdsl.weights.model import BITS
from archdsl.weights.modules import spelling

ROOT = Path(__file__).resolve().parent.parent
VGG, RESNET = (str(ROOT / "specs" / f"{name}.arch") for name in ("vgg", "resnet"))

Captured = pytest.CaptureFixture[str]
Shapes = Mapping[str, tuple[int, ...]]

SMALL = """net Small(width = 4) {
    input x: 3 x 8 x 8
    features: { conv(width, 3); batchnorm; relu }
    flatten -> fc: linear(10)
}
"""

SMALL_SHAPES: Shapes = {
    "features.0.weight": (4, 3, 3, 3),
    "features.0.bias": (4,),
    "features.1.weight": (4,),
    "features.1.bias": (4,),
    "features.1.running_mean": (4,),
    "features.1.running_var": (4,),
    "features.1.num_batches_tracked": (),
    "fc.weight": (10, 144),
    "fc.bias": (10,),
}


def kind(name: str) -> str:
    return "I64" if name.endswith("num_batches_tracked") else "F32"


def header(entries: Mapping[str, Any]) -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text


def save(path: Path, shapes: Shapes, kinds: Mapping[str, str] | None = None) -> str:
    """A file with these tensors, sparse: its numbers are zero and take no room on the disk."""
    entries: dict[str, Any] = {}
    at = 0
    for name, shape in shapes.items():
        dtype = (kinds or {}).get(name, kind(name))
        size = math.prod(shape) * BITS[dtype] // 8
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    start = header(entries)
    with path.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + at)
    return str(path)


@cache
def network(text: str, name: str) -> archdsl.Network:
    return archdsl.load(text)[name] if text.endswith(".arch") else archdsl.loads(text)[name]


def small() -> archdsl.Network:
    return network(SMALL, "Small")


@cache
def torchvisions(name: str) -> Shapes:
    """Names and shapes of torchvision's network, in its order."""
    import torch
    from oracle import models

    with torch.device("meta"):
        state = getattr(models(), name)(weights=None).state_dict()
    return {key: tuple(each.shape) for key, each in state.items()}


def renamed(shapes: Shapes, change: Callable[[str], str | None]) -> dict[str, tuple[int, ...]]:
    """Other names; none leaves a tensor out."""
    return {new: shape for name, shape in shapes.items() if (new := change(name)) is not None}


def alphabetical(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """As the safetensors library orders them."""
    return dict(sorted(shapes.items(), key=lambda each: (kind(each[0]) != "I64", each[0])))


def compared(net: archdsl.Network, shapes: Shapes) -> Comparison:
    return compare(net.checked, {name: Stored(name, kind(name), shape) for name, shape in shapes.items()})


def proposed(net: archdsl.Network, shapes: Shapes) -> Proposal:
    return propose(compared(net, shapes))


def names(proposal: Proposal) -> dict[str, str]:
    return {each.source: each.name for each in proposal.renames}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, in which the calls are made."""
    (tmp_path / "small.arch").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def weights(*arguments: str) -> int:
    return main(["weights", *arguments, "--spec", "small.arch"])


# --- headers ----------------------------------------------------------------------------------------


def test_a_header_is_read(tmp_path: Path) -> None:
    entries = {
        "b": {"shape": [2, 3], "dtype": "F16", "data_offsets": [8, 20]},
        "__metadata__": {"format": "pt", "said": 'a "word" \\ of é \n'},
        "a": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]},
        "none": {"dtype": "F32", "shape": [0, 7], "data_offsets": [20, 20]},
        '\u00e9 "x"': {"dtype": "F4", "shape": [4], "data_offsets": [20, 22], "more": 1},
    }
    (tmp_path / "x.safetensors").write_bytes(header(entries) + bytes(22))
    checkpoint = read(str(tmp_path / "x.safetensors"))
    assert list(checkpoint.tensors) == ["a", "b", "none", 'é "x"']
    assert [(each.dtype, each.shape, each.size) for each in checkpoint.tensors.values()] == [
        ("I64", (), 8),
        ("F16", (2, 3), 12),
        ("F32", (0, 7), 0),
        ("F4", (4,), 2),
    ]
    assert checkpoint.metadata == {"format": "pt", "said": 'a "word" \\ of é \n'}


def test_blanks_are_allowed_wherever_json_allows_them(tmp_path: Path) -> None:
    entries = {"__metadata__": {"a": " b "}, "t": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}
    text = json.dumps(entries, indent=3).encode() + b"  \n"
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + b"\7")
    checkpoint = read(str(tmp_path / "x.safetensors"))
    assert (list(checkpoint.tensors), checkpoint.metadata) == (["t"], {"a": " b "})
    assert b"".join(checkpoint.pieces(checkpoint.tensors["t"])) == b"\7"


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    dtypes = (torch.float64, torch.bfloat16, torch.float8_e4m3fn, torch.int8, torch.bool, torch.int64)
    tensors = {f"t{i}": torch.arange(6).reshape(2, 3).to(dtype) for i, dtype in enumerate(dtypes)}
    save_file(tensors, tmp_path / "x.safetensors", {"format": "pt"})
    checkpoint = read(str(tmp_path / "x.safetensors"))
    with safe_open(tmp_path / "x.safetensors", "pt") as theirs:
        assert checkpoint.metadata == theirs.metadata()
        assert checkpoint.tensors.keys() == set(theirs.keys())
        for name, each in checkpoint.tensors.items():
            part = theirs.get_slice(name)
            assert (each.dtype, each.shape) == (part.get_dtype(), tuple(part.get_shape()))
            expected = theirs.get_tensor(name).view(torch.uint8).numpy().tobytes()
            assert b"".join(checkpoint.pieces(each)) == expected


def entry(dtype: Any = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> str:
    return json.dumps({"dtype": dtype, "shape": shape, "data_offsets": offsets})


DAMAGED: dict[str, tuple[str | bytes, int, str]] = {
    "no object": ("[1]", 0, "no JSON object"),
    "not json": ('{"a": nothing}', 4, "no|not"),
    "cut json": ('{"a": {"dtype": "F32"', 4, "not described"),
    "text without end": ('{"a', 4, "does not end"),
    "more behind": (f'{{"a": {entry()}}} x', 4, "more behind"),
    "twice": (f'{{"a": {entry()}, "a": {entry()}}}', 4, "`a` twice"),
    "twice within": (
        '{"a": {"dtype": "F32", "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}',
        4,
        "twice",
    ),
    "metadata twice": ('{"__metadata__": {}, "__metadata__": {}}', 0, "`__metadata__` twice"),
    "metadata no text": ('{"__metadata__": {"a": 1}}', 0, "missing"),
    "not utf-8": (b'{"\xff": ' + entry().encode() + b"}", 4, "UTF-8"),
    "half a pair": (f'{{"\\ud800": {entry()}}}', 4, "surrogate"),
    "deep": ('{"a": ' + "[" * 100_000, 4, "not described"),
    "no entry": ('{"a": 4}', 4, "not described"),
    "no kind": ('{"a": {"shape": [1], "data_offsets": [0, 4]}}', 4, "`dtype`"),
    "other kind": (f'{{"a": {entry("F33")}}}', 4, "`dtype`"),
    "kind no text": (f'{{"a": {entry(["F32"])}}}', 4, "`dtype`"),
    "shape no list": (f'{{"a": {entry(shape=1)}}}', 4, "`shape`"),
    "shape with a truth": (f'{{"a": {entry(shape=[True])}}}', 4, "`shape`"),
    "negative shape": (f'{{"a": {entry(shape=[-1, -1])}}}', 4, "`shape`"),
    "fraction": (f'{{"a": {entry(shape=[1.0])}}}', 4, "`shape`"),
    "one offset": (f'{{"a": {entry(offsets=[4])}}}', 4, "`data_offsets`"),
    "backward offsets": (f'{{"a": {entry(offsets=[4, 0])}}}', 4, "`data_offsets`"),
    "negative offsets": (f'{{"a": {entry(offsets=[-4, 0])}}}', 4, "`data_offsets`"),
    "size and offsets": (f'{{"a": {entry(shape=[2])}}}', 4, "take 8 bytes, and its offsets say 4"),
    "huge shape": (f'{{"a": {entry(shape=[2**62, 2**62])}}}', 4, "take"),
    "huge offsets": (f'{{"a": {entry(shape=[2**60], offsets=[0, 2**62])}}}', 4, "cut off"),
    "half a byte": (f'{{"a": {entry("F4", [3], [0, 1])}}}', 1, "take 2 bytes"),
    "cut off": (f'{{"a": {entry()}}}', 3, "needs? 4 bytes, and it has 3"),
    "too long": (f'{{"a": {entry()}}}', 9, "5 bytes behind"),
    "overlap": (f'{{"a": {entry()}, "b": {entry(offsets=(2, 6))}}}', 6, "`a` and `b` overlap"),
    "same place": (f'{{"a": {entry()}, "b": {entry()}}}', 4, "overlap"),
    "gap": (f'{{"a": {entry()}, "b": {entry(offsets=(5, 9))}}}', 9, "1 bytes before tensor `b`"),
    "gap at the start": (f'{{"a": {entry(offsets=(4, 8))}}}', 8, "4 bytes before tensor `a`"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_header_is_told(case: str, folder: Path, capsys: Captured) -> None:
    from safetensors import SafetensorError, safe_open

    text, room, said = DAMAGED[case]
    data = text.encode() if isinstance(text, str) else text
    (folder / "x.safetensors").write_bytes(len(data).to_bytes(8, "little") + data + bytes(room))
    assert weights("x.safetensors") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(said, err), err
    assert "x.safetensors" in err
    if "twice" not in case:  # of what is there twice the library takes the last
        with pytest.raises(SafetensorError), safe_open("x.safetensors", "np"):
            pass


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "too few"),
        (b"\0\0", "too few"),
        ((2**63).to_bytes(8, "little") + b"{}", "9,223,372,036,854,775,808 bytes"),
        ((3).to_bytes(8, "little") + b"{}", "cut off"),
        (bytes(20), "no JSON object"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n", "git lfs pull"),
        (b"PK\x03\x04" + bytes(60), "as PyTorch saves them"),
    ],
)
def test_what_is_no_such_file_is_told(content: bytes, said: str, folder: Path, capsys: Captured) -> None:
    (folder / "x.safetensors").write_bytes(content)
    assert weights("x.safetensors") == 2
    assert said in capsys.readouterr().err


def test_a_header_over_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x.safetensors").open("wb") as file:
        file.write((100_000_001).to_bytes(8, "little") + b"{")
        file.truncate(1 << 40)
    with pytest.raises(Unreadable, match="may have 100,000,000"):
        read(str(tmp_path / "x.safetensors"))


def test_what_is_no_file_is_told(folder: Path, capsys: Captured) -> None:
    (folder / "folder.safetensors").mkdir()
    os.mkfifo(folder / "pipe.safetensors")
    for name in ("folder.safetensors", "pipe.safetensors", "none.safetensors", "none.pth", "none.index.json"):
        assert weights(name) == 2
        assert name in capsys.readouterr().err
    assert weights("small.arch") == 2
    assert ".safetensors.index.json" in capsys.readouterr().err


VALID = header(
    {"__metadata__": {"k": "v"}, "ab": json.loads(entry()), "c": json.loads(entry("U8", [2], [4, 6]))}
)


@settings(max_examples=400, derandomize=True, deadline=None)
@example(changes=[(0, 0)], cut=0)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, len(VALID) + 6),
)
def test_whatever_the_bytes_are_it_is_read_or_refused(
    changes: list[tuple[int, int]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from safetensors import safe_open

    data = bytearray(VALID + bytes(6))
    for at, value in changes:
        data[at] = value
    path = tmp_path_factory.getbasetemp() / "fuzz.safetensors"
    path.write_bytes(data[: len(data) - cut] if cut < 4 else data)
    try:
        tensors = read(str(path)).tensors
    except Unreadable:
        return
    with safe_open(path, "np") as theirs:  # what is read here, the library reads too
        assert set(theirs.keys()) == set(tensors)


# --- several files ------------------------------------------------------------------------------------


def shards(folder: Path, split: int = 3) -> dict[str, str]:
    every = list(SMALL_SHAPES)
    parts = {"a.safetensors": every[:split], "b.safetensors": every[split:]}
    for file, keys in parts.items():
        save(folder / file, {key: SMALL_SHAPES[key] for key in keys})
    return {key: file for file, keys in parts.items() for key in keys}


def index(folder: Path, places: Any) -> str:
    text = json.dumps({"metadata": {"total_size": 1}, "weight_map": places})
    (folder / "x.safetensors.index.json").write_text(text)
    return "x.safetensors.index.json"


def test_an_index_is_one_checkpoint(folder: Path, capsys: Captured) -> None:
    name = index(folder, shards(folder))
    assert weights(name) == 0
    assert "all 9 tensors match" in capsys.readouterr().out
    assert weights(name, "--convert", "one.safetensors") == 0
    assert weights("one.safetensors") == 0
    for file in (name, "a.safetensors", "one.safetensors"):
        assert weights(name, "--convert", "b.safetensors", "--force") == 2, file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fc.bias": "c.safetensors"}, "c.safetensors"),
        ({"fc.bias": "a.safetensors"}, "`fc.bias` in `a.safetensors`"),
        ({"fc.bias": "../b.safetensors"}, "its own folder"),
        ({"fc.bias": "/etc/passwd"}, "its own folder"),
        ({"fc.bias": "b.bin"}, "its own folder"),
        ({"fc.bias": 3}, "no index"),
    ],
)
def test_an_index_that_is_wrong(change: dict[str, Any], said: str, folder: Path, capsys: Captured) -> None:
    assert weights(index(folder, shards(folder) | change)) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"weight_map": []}', "[" * 5000, '{"a":1,"a":1}', "\xff", "NaN"]
)
def test_an_index_that_is_none(text: str, folder: Path, capsys: Captured) -> None:
    (folder / "x.index.json").write_text(text, "latin-1")
    assert weights("x.index.json") == 2
    assert "x.index.json" in capsys.readouterr().err


def test_what_an_index_leaves_out_is_told(folder: Path, capsys: Captured) -> None:
    places = shards(folder)
    del places["fc.bias"]
    assert weights(index(folder, places)) == 1
    out = capsys.readouterr().out
    assert "leaves out what its files hold too: fc.bias" in out
    assert "8 of 9 tensors match, 1 missing" in out


# --- names and shapes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "spec", "name"),
    [
        ("vgg11", VGG, "VGG.A"),
        ("vgg16", VGG, "VGG.D"),
        ("resnet18", RESNET, "ResNet.18"),
        ("resnet50", RESNET, "ResNet.50"),
    ],
)
def test_torchvisions_names_match(
    theirs: str, spec: str, name: str, tmp_path: Path, capsys: Captured
) -> None:
    shapes = torchvisions(theirs)
    path = save(tmp_path / "x.safetensors", alphabetical(shapes))
    assert main(["weights", path, "--spec", spec, "--net", name]) == 0
    assert f"all {len(shapes)} tensors match" in capsys.readouterr().out


def test_every_difference_has_its_place() -> None:
    shapes = dict(SMALL_SHAPES)
    del shapes["fc.bias"], shapes["features.1.num_batches_tracked"]
    shapes["fc.weight"] = (144, 10)
    shapes["head.bias"] = (11,)
    stored = {name: Stored(name, kind(name), shape) for name, shape in shapes.items()}
    stored["features.1.weight"] = stored["features.1.weight"]._replace(dtype="I8")
    found = compare(small().checked, stored)
    assert list(found.missing) == ["fc.bias"]
    assert list(found.extra) == ["head.bias"]
    assert [(each.name, each.wanted) for each in found.other_shape] == [("fc.weight", (10, 144))]
    assert found.other_shape[0].remark == "the same axes in another order"
    assert [each.name for each in found.other_kind] == ["features.1.weight"]
    assert found.absent == ["features.1.num_batches_tracked"]
    assert len(found.matched) == 5
    assert not found.agrees and not found.complete


def test_counts_of_batches_may_be_absent(folder: Path, capsys: Captured) -> None:
    save(folder / "x.safetensors", renamed(SMALL_SHAPES, lambda name: None if "num_b" in name else name))
    assert weights("x.safetensors") == 0
    out = capsys.readouterr().out
    assert "not needed: the file lacks features.1.num_batches_tracked, and may" in out
    assert "all 8 tensors match" in out


TIED = """net Tied {
    input x: 8
    a: linear(8, bias = false)
    b: linear(8, bias = false)
    tie b.weight = a.weight
}
"""


@pytest.mark.parametrize("there", [{"a.weight"}, {"b.weight"}, {"a.weight", "b.weight"}])
def test_a_tied_weight_goes_by_either_name(there: set[str], tmp_path: Path) -> None:
    net = network(TIED, "Tied")
    path = save(tmp_path / "x.safetensors", dict.fromkeys(sorted(there), (8, 8)))
    found = compare(net.checked, read(path).tensors)
    assert found.agrees
    assert not propose(found).renames
    module = net.load(path)
    assert not module.a.weight.any() and not module.b.weight.any()


@pytest.mark.parametrize("shape", [(8, 8), (8, 4)])
def test_two_names_of_a_tied_weight_are_compared_both(shape: tuple[int, ...]) -> None:
    found = compared(network(TIED, "Tied"), {"a.weight": (8, 8), "b.weight": shape})
    assert found.agrees == (shape == (8, 8))
    assert len(found.matched) + len(found.other_shape) == 2


@pytest.mark.parametrize(
    ("found", "wanted", "reshapes"),
    [
        ((10, 144), (10, 4, 6, 6), True),
        ((10, 4, 1, 1), (10, 4), True),
        ((20, 72), (10, 4, 6, 6), False),
        ((10, 143), (10, 4, 6, 6), False),
        ((10, 12, 12), (10, 4, 6, 6), False),
        ((144, 10), (10, 144), False),
    ],
)
def test_only_rows_become_kernels(found: tuple[int, ...], wanted: tuple[int, ...], reshapes: bool) -> None:
    assert Unlike("fc", wanted, Stored("fc", "F32", found)).reshapes == reshapes


# --- other names --------------------------------------------------------------------------------------


def unit(name: str) -> str:
    return re.sub(r"layer(\d)\.(\d+)", lambda at: f"stage{at[1]}.unit{int(at[2]) + 1}", name)


def backbone(name: str) -> str:
    return "backbone." + re.sub(r"layer(\d)\.", lambda at: f"stages.{int(at[1]) - 1}.blocks.", name)


def joined(name: str) -> str:
    path, _, last = name.rpartition(".")
    return f"{path.replace('.', '_')}.{last}"


def keras(name: str) -> str:
    path, _, last = name.rpartition(".")
    usual = {"running_mean": "moving_mean", "running_var": "moving_variance"}
    if "bn" in path or "downsample.1" in path:
        usual |= {"weight": "gamma", "bias": "beta"}
    return f"{path}.{usual.get(last, last)}"


RENAMINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "data parallel": "module.{}".format,
    "a prefix": "model.backbone.{}".format,
    "a wrapped part": lambda name: re.sub(r"^(layer\d)\.", r"\1.module.", name),
    "a renamed part": lambda name: name.replace("downsample", "shortcut"),
    "a renamed layer": lambda name: name.replace(".conv", ".c"),
    "a joined path": joined,
    "stages and units": unit,
    "stages counted from zero": backbone,
    "everything": lambda name: "module." + unit(name).replace("downsample", "proj").replace("fc", "head"),
    "synonyms": keras,
    "underscores": lambda name: re.sub(r"\.(weight|bias|running_\w+|num_\w+)$", r"_\1", name),
}


@pytest.mark.parametrize("count", [18, 50])
@pytest.mark.parametrize("renaming", RENAMINGS)
def test_a_renamed_file_is_understood(renaming: str, count: int) -> None:
    """Every name proposed is the right one, and none is left, in alphabetical order too."""
    shapes = torchvisions(f"resnet{count}")
    change = RENAMINGS[renaming]
    original = {change(name): name for name in shapes}
    for file in (renamed(shapes, change), alphabetical(renamed(shapes, change))):
        found = proposed(network(RESNET, f"ResNet.{count}"), file)
        assert names(found) == {new: name for new, name in original.items() if new != name}
        assert not found.ambiguous
        assert found.final.agrees


def test_layers_of_equal_shapes_are_told_by_the_order_of_their_numbers() -> None:
    """VGG as Caffe names it."""
    shapes = torchvisions("vgg16")
    convs = iter(["1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "4_1", "4_2", "4_3", "5_1", "5_2", "5_3"])
    layers = {f"features.{name.split('.')[1]}": None for name in shapes if name.startswith("features")}
    caffe = dict(zip(layers, map("conv{}".format, convs), strict=True))
    caffe |= {"classifier.0": "fc6", "classifier.3": "fc7", "classifier.6": "fc8"}
    original = {f"{caffe[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": name for name in shapes}
    found = proposed(
        network(VGG, "VGG.D"), alphabetical({new: shapes[name] for new, name in original.items()})
    )
    assert names(found) == original
    assert {each.reason for each in found.renames} == {"numbers", "shape"}


def test_layers_of_equal_shapes_are_told_by_the_order_of_a_file_that_keeps_one() -> None:
    shapes = torchvisions("vgg16")
    words: dict[str, str] = {}
    random = Random(1)

    def word(name: str) -> str:
        path, _, last = name.rpartition(".")
        return words.setdefault(path, "".join(random.choices("abcdefghij", k=8))) + "." + last

    file = renamed(shapes, word)
    found = proposed(network(VGG, "VGG.D"), file)
    assert names(found) == {word(name): name for name in shapes}
    assert {each.reason for each in found.renames} == {"order", "shape"}
    blind = proposed(network(VGG, "VGG.D"), alphabetical(file))
    assert {each.reason for each in blind.renames} == {"shape"}
    assert sorted(len(each.here) for each in blind.ambiguous) == [2, 5]


@settings(max_examples=25, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_nothing_is_guessed(seed: int) -> None:
    """Names that say nothing, in an order that says nothing: what is proposed is right all the same."""
    random = Random(seed)
    words: dict[str, str] = {}

    def word(part: str) -> str:
        return words.setdefault(part, "".join(random.choices("abcdefghijklmnop", k=6)))

    def opaque(name: str) -> str:
        *path, last = name.split(".")
        return ".".join([*(word(f"{'.'.join(path[:at])}/{part}") for at, part in enumerate(path)), last])

    shapes = torchvisions("resnet18")
    found = proposed(network(RESNET, "ResNet.18"), alphabetical(renamed(shapes, opaque)))
    wrong = {each for each in found.renames if opaque(each.name) != each.source}
    assert not wrong
    assert found.ambiguous


DENSE = """block dense_layer(growth) {
    concat {
        identity
        { norm1: batchnorm; relu1: relu; conv1: conv(4 * growth, 1, bias = false)
          norm2: batchnorm; relu2: relu; conv2: conv(growth, 3, padding = 1, bias = false) }
    }
}

net Dense {
    input x: 8 x 8 x 8
    features: {
        conv0: conv(16, 3, padding = 1, bias = false)
        denseblock1: { denselayer1: dense_layer(8); denselayer2: dense_layer(8); denselayer3: dense_layer(8) }
        norm5: batchnorm
    }
    avgpool(global) -> flatten -> classifier: linear(10)
}
"""


@pytest.mark.parametrize("prefix", ["", "module."])
def test_old_names_of_densenet(prefix: str) -> None:
    """`norm.1` and `conv.2`, as torchvision's first files had them."""
    net = network(DENSE, "Dense")

    def old(name: str) -> str:
        return prefix + re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name)

    assert any(old(name) != prefix + name for name in net.weights)
    found = proposed(net, alphabetical(renamed(net.weights, old)))
    assert names(found) == {old(name): name for name in net.weights if old(name) != name}
    assert found.final.agrees


def test_names_are_found_beside_what_is_wrong() -> None:
    """A prefix is seen although a kernel is transposed, a tensor is lacking and another is too much."""
    shapes = renamed(torchvisions("resnet18"), "module.{}".format)
    del shapes["module.layer3.1.bn1.bias"]
    shapes["module.layer2.0.conv1.weight"] = (3, 3, 64, 128)
    shapes["module.fc.weight"], shapes["module.fc.bias"] = (21, 512), (21,)
    shapes["module.more.bias"] = (5,)
    final = proposed(network(RESNET, "ResNet.18"), alphabetical(shapes)).final
    assert list(final.missing) == ["layer3.1.bn1.bias"]
    assert list(final.extra) == ["module.more.bias"]
    assert [each.name for each in final.other_shape] == ["layer2.0.conv1.weight", "fc.weight", "fc.bias"]


def test_two_sets_of_weights_are_ambiguous() -> None:
    shapes = torchvisions("resnet18")
    both = renamed(shapes, "model.{}".format) | renamed(shapes, "model_ema.{}".format)
    found = proposed(network(RESNET, "ResNet.18"), both)
    assert not found.renames
    assert [each.why for each in found.ambiguous] == [
        "`model.*` or `model_ema.*` could be `*`, and nothing tells which"
    ]


def test_blocks_counted_from_one_are_not_shifted_by_one() -> None:
    """`layer1.1` is in both, and means another block; so the block that is left proves nothing."""

    def from_one(name: str) -> str:
        return re.sub(r"layer(\d)\.(\d)", lambda at: f"layer{at[1]}.{int(at[2]) + 1}", name)

    found = proposed(network(RESNET, "ResNet.18"), renamed(torchvisions("resnet18"), from_one))
    assert any(each.why == "their numbers do not rise together" for each in found.ambiguous)
    assert not found.final.complete
    assert all(from_one(each.name) == each.source for each in found.renames)


TWO = "net Two { input x: 8; a: linear(8, bias = false); b: linear(8, bias = false) }"
THREE = TWO.replace("Two", "Three").replace(" }", "; c: linear(4, bias = false) }")


@pytest.mark.parametrize(
    ("first", "second", "first_becomes"),
    [
        ("left", "right", ""),  # alphabetical, so by chance
        ("right", "left", "a"),  # an order that somebody chose
        ("x1", "x2", "a"),
        ("x2", "x1", ""),  # the numbers say this, the file says that
        ("one1", "two2", ""),
    ],
)
def test_when_an_order_is_believed(first: str, second: str, first_becomes: str) -> None:
    found = proposed(network(TWO, "Two"), {f"{first}.weight": (8, 8), f"{second}.weight": (8, 8)})
    assert names(found).get(f"{first}.weight", "") == (first_becomes and f"{first_becomes}.weight")
    assert len(found.ambiguous) == (not first_becomes)


def test_the_order_of_a_file_is_believed_only_as_a_whole() -> None:
    shapes = {"zeta.weight": (8, 8), "mid.weight": (4, 8), "alpha.weight": (8, 8)}
    found = proposed(network(THREE, "Three"), shapes)
    assert names(found) == {"mid.weight": "c.weight"}
    assert [each.here for each in found.ambiguous] == [("zeta", "alpha")]


def test_a_part_that_could_go_in_two_places_is_not_put_in_both() -> None:
    text = "net Nested { input x: 8; m: { a: linear(8, bias = false) }; a: { m: linear(8, bias = false) } }"
    assert not proposed(network(text, "Nested"), {"a.weight": (8, 8), "b.weight": (8, 8)}).renames


def test_a_number_alone_is_no_rule_for_other_layers() -> None:
    text = """net Counted {
        input x: 8
        a: { stem: { one: linear(7, bias = false); two: linear(6, bias = false) } }
        b: { stem: { three: linear(5, bias = false) } }
    }"""
    net = network(text.replace("stem", "p0"), "Counted")
    shapes = {"a.1.one.weight": (7, 8), "a.1.two.weight": (6, 7), "b.1.three.weight": (5, 9)}
    assert set(names(proposed(net, shapes))) == {"a.1.one.weight", "a.1.two.weight"}
    worded = {name.replace("1", "part"): shape for name, shape in shapes.items()}
    assert set(names(proposed(net, worded))) == set(worded)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("layer.norm.1", "layer.norm1", True),
        ("Layer_0.Conv-1", "layer0.conv1", True),
        ("layer1.1", "layer11", False),
        ("layer1.1", "layer1_1", True),
        ("layer.1.1", "layer.11", False),
    ],
)
def test_what_is_only_spelled_differently(one: str, other: str, same: bool) -> None:
    assert (spelling(tuple(one.split("."))) == spelling(tuple(other.split(".")))) == same


@pytest.mark.parametrize("words", [["one", "two", "three"], ["x1", "x2", "x3"]])
def test_layers_that_are_more_on_one_side_are_ambiguous(words: list[str]) -> None:
    shapes = {f"{word}.weight": (8, 8) for word in words}
    found = proposed(network(TWO, "Two"), shapes)
    assert not found.renames
    assert [each.why for each in found.ambiguous] == [
        "3 in the file and 2 in the network have the same shapes"
    ]


def test_a_name_goes_to_the_tensor_that_fits(folder: Path) -> None:
    """The classifier of another task keeps the name, and the one that fits has another."""
    shapes = SMALL_SHAPES | {
        "fc.weight": (3, 144),
        "fc.bias": (3,),
        "old.weight": (10, 144),
        "old.bias": (10,),
    }
    found = proposed(small(), shapes)
    assert names(found) == {"old.weight": "fc.weight", "old.bias": "fc.bias"}
    assert found.replaced == ["fc.weight", "fc.bias"]
    assert found.final.agrees
    save(folder / "x.safetensors", shapes)
    assert weights("x.safetensors", "--convert", "y.safetensors", "--write-map", "map.json") == 0
    assert weights("y.safetensors") == weights("x.safetensors", "--map", "map.json") == 0


def test_many_layers_of_one_shape_are_compared_in_time() -> None:
    text = "net Deep { input x: 4; body: linear(4) * 3000 }"
    net = network(text, "Deep")
    found = proposed(net, renamed(net.weights, "module.{}".format))
    assert found.final.agrees
    assert not proposed(net, renamed(net.weights, lambda name: name[::-1])).final.complete
    framed = "net Framed { input x: 5; trunk: { linear(4); linear(4) * 1000; linear(3) } }"
    net = network(framed, "Framed")
    found = proposed(net, renamed(net.weights, lambda name: name.replace("trunk", "module")))
    assert {each.reason for each in found.renames} == {"path"}
    assert found.final.agrees


# --- the command --------------------------------------------------------------------------------------


def test_the_call_says_what_fits(folder: Path, capsys: Captured) -> None:
    save(folder / "x.safetensors", renamed(SMALL_SHAPES, "module.{}".format))
    assert weights("x.safetensors") == 1
    out, err = capsys.readouterr()
    assert "module.*  →  *  9  the rest of the path agrees" in out
    assert "under the names of the file, 0 of 8 tensors match, 8 missing, 9 extra" in out
    assert out.endswith("under the proposed names, all 9 tensors match\n")
    assert "--convert" in err


def test_json_tells_all(folder: Path, capsys: Captured) -> None:
    shapes = renamed(SMALL_SHAPES, "module.{}".format) | {"module.fc.weight": (144, 10), "more": (2,)}
    save(folder / "x.safetensors", shapes)
    assert weights("x.safetensors", "--format", "json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["version"], said["file"], said["network"], said["agrees"]) == (
        1,
        "x.safetensors",
        "Small",
        False,
    )
    assert len(said["missing"]) == 8 and len(said["extra"]) == 10 and said["matched"] == []
    assert said["not_needed"] == ["features.1.num_batches_tracked"]
    new = said["proposed"]
    assert {"from": "module.fc.bias", "to": "fc.bias", "reason": "path"} in new["renames"]
    assert new["other_shape"] == [
        {
            "name": "fc.weight",
            "stored": "module.fc.weight",
            "shape": [144, 10],
            "dtype": "F32",
            "wanted": [10, 144],
            "reshapes": False,
        }
    ]
    assert [each["name"] for each in new["extra"]] == ["more"]
    assert new["missing"] == new["ambiguous"] == new["replaced"] == said["notes"] == []


def test_calls_that_are_wrong(folder: Path, capsys: Captured) -> None:
    save(folder / "x.safetensors", SMALL_SHAPES)
    (folder / "two.arch").write_text(SMALL + SMALL.replace("Small", "Other"))
    (folder / "wrong.arch").write_text(SMALL.replace("conv(width, 3)", "conv(width, 30)"))
    assert main(["weights", "x.safetensors"]) == 2
    assert main(["weights", "--spec", "small.arch"]) == 2
    assert main(["weights", "x.safetensors", "--spec", "none.arch"]) == 2
    assert main(["weights", "x.safetensors", "--spec", "small.arch", "--net", "Smal"]) == 2
    capsys.readouterr()
    assert main(["weights", "x.safetensors", "--spec", "two.arch"]) == 2
    assert "here are Small, Other" in capsys.readouterr().err
    assert main(["weights", "x.safetensors", "--spec", "two.arch", "--net", "Other"]) == 0
    assert main(["weights", "x.safetensors", "--spec", "wrong.arch"]) == 1
    assert "error[E302]" in capsys.readouterr().err
    assert main(["weights", "x.safetensors", "--spec", "small.arch", "--set", "width=5"]) == 1


def test_names_that_would_command_the_terminal_are_shown_as_marks(folder: Path, capsys: Captured) -> None:
    save(folder / "x.safetensors", SMALL_SHAPES | {"\x1b[31mred\n.weight": (1,)})
    assert weights("x.safetensors") == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "␛[31mred␊.weight" in out


# --- maps ---------------------------------------------------------------------------------------------


def put_map(folder: Path, content: object) -> str:
    (folder / "map.json").write_text(json.dumps(content))
    return "map.json"


def test_a_map_renames_names_and_beginnings(folder: Path, capsys: Captured) -> None:
    shapes = renamed(SMALL_SHAPES, lambda name: "net." + name.replace("fc.weight", "head")) | {"aux.a": (1,)}
    save(folder / "x.safetensors", shapes)
    name = put_map(folder, {"net.": "", "net.head": "fc.weight", "aux.": None})
    assert weights("x.safetensors", "--map", name) == 0
    assert "all 9 tensors match" in capsys.readouterr().out
    save(folder / "y.safetensors", renamed(SMALL_SHAPES, lambda name: name.removeprefix("features.")))
    added = {"": "features.", "fc.weight": "fc.weight", "fc.bias": "fc.bias"}
    assert weights("y.safetensors", "--map", put_map(folder, added)) == 0


def test_a_longer_beginning_goes_first() -> None:
    stored = {name: Stored(name, "F32", (1,)) for name in ("net.a.b", "net.a.c", "net.d")}
    new = named(stored, {"net.": "x.", "net.a.": "y.", "net.a.c": "z"})
    assert {name: each.name for name, each in new.items()} == {
        "y.b": "net.a.b",
        "z": "net.a.c",
        "x.d": "net.d",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"fc.wieght": "x"}, "did you mean `fc.weight`"),
        ({"module.": ""}, "begin with `module.`, and the file has none"),
        ({"fc.bias": "fc.weight"}, "would both be `fc.weight`"),
        ({"fc.bias": 3}, "must become a name"),
        ([], "no JSON object"),
    ],
)
def test_a_map_that_does_not_fit(content: object, said: str, folder: Path, capsys: Captured) -> None:
    save(folder / "x.safetensors", SMALL_SHAPES)
    assert weights("x.safetensors", "--map", put_map(folder, content)) == 2
    assert said in capsys.readouterr().err


def test_a_written_map_can_be_used(folder: Path) -> None:
    save(folder / "x.safetensors", renamed(SMALL_SHAPES, "a.module.{}".format) | {"aux": (3,)})
    first = put_map(folder, {"aux": None, "a.module.fc.bias": "a.module.out.bias"})
    assert weights("x.safetensors", "--map", first, "--write-map", "new.json") == 1
    written = json.loads((folder / "new.json").read_text())
    assert written["aux"] is None
    assert written["a.module.features.0.weight"] == "features.0.weight"
    assert written["a.module.fc.bias"] == "a.module.out.bias"
    written["a.module.fc.bias"] = "fc.bias"
    (folder / "new.json").write_text(json.dumps(written))
    assert weights("x.safetensors", "--map", "new.json") == 0


# --- conversion ---------------------------------------------------------------------------------------


def filled(path: Path, shapes: Shapes) -> dict[str, Any]:
    """A file of random numbers, written by the library."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    tensors = {
        name: torch.tensor(7) if name.endswith("tracked") else torch.randn(shape)
        for name, shape in shapes.items()
    }
    save_file(tensors, path, {"format": "pt", "by": "me"})
    return tensors


def loaded(path: str) -> dict[str, Any]:
    from safetensors.torch import load_file

    state: dict[str, Any] = load_file(path)
    return state


def same(tensors: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    import torch

    return tensors.keys() == others.keys() and all(
        each.dtype == others[name].dtype and torch.equal(each, others[name]) for name, each in tensors.items()
    )


def test_a_converted_file_has_the_numbers_under_the_new_names(folder: Path, capsys: Captured) -> None:
    from safetensors import safe_open

    tensors = filled(folder / "x.safetensors", renamed(SMALL_SHAPES, "module.{}".format) | {"aux": (3,)})
    before = (folder / "x.safetensors").read_bytes()
    assert weights("x.safetensors", "--convert", "y.safetensors") == 0
    assert capsys.readouterr().err == "y.safetensors: 9 tensors, 9 renamed, 1 left out\n"
    del tensors["aux"]
    assert same(
        loaded("y.safetensors"), {name.removeprefix("module."): each for name, each in tensors.items()}
    )
    assert (folder / "x.safetensors").read_bytes() == before
    with safe_open("y.safetensors", "pt") as written:
        assert written.metadata() == {"format": "pt", "by": "me"}
    assert weights("y.safetensors") == 0


def test_a_converted_file_is_aligned(folder: Path) -> None:
    """Each tensor begins at a multiple of its numbers' width, even where it did not."""
    save(folder / "x.safetensors", SMALL_SHAPES, {"features.0.bias": "F8_E4M3"})
    assert read("x.safetensors").tensors["features.1.num_batches_tracked"].start % 8
    assert weights("x.safetensors", "--convert", "y.safetensors") == 0
    for each in read("y.safetensors").tensors.values():
        assert each.start % (BITS[each.dtype] // 8) == 0


def test_a_file_that_lacks_something_is_not_converted(folder: Path, capsys: Captured) -> None:
    save(folder / "x.safetensors", renamed(SMALL_SHAPES, lambda name: None if name == "fc.bias" else name))
    assert weights("x.safetensors", "--convert", "y.safetensors") == 1
    assert "`y.safetensors` is not written: 8 of 9 tensors match, 1 missing" in capsys.readouterr().err
    assert not (folder / "y.safetensors").exists()


def test_nothing_is_overwritten_unasked_and_the_source_never(folder: Path, capsys: Captured) -> None:
    source = folder / "x.safetensors"
    save(source, SMALL_SHAPES)
    before = source.read_bytes()
    (folder / "link.safetensors").symlink_to(source)
    os.link(source, folder / "hard.safetensors")
    for output in ("x.safetensors", "./x.safetensors", "link.safetensors", "hard.safetensors"):
        for force in ([], ["--force"]):
            assert weights("x.safetensors", "--convert", output, *force) == 2
            assert "is a file that is read" in capsys.readouterr().err
    (folder / "y.safetensors").write_text("mine")
    (folder / "map.json").write_text("mine")
    assert weights("x.safetensors", "--convert", "y.safetensors") == 2
    assert weights("x.safetensors", "--write-map", "map.json") == 2
    assert "--force" in capsys.readouterr().err
    assert [(folder / name).read_text() for name in ("y.safetensors", "map.json")] == ["mine", "mine"]
    assert weights("x.safetensors", "--convert", "y.safetensors", "--write-map", "map.json", "--force") == 0
    assert json.loads((folder / "map.json").read_text()) == {}
    assert weights("y.safetensors") == 0
    assert source.read_bytes() == before
    assert weights("x.safetensors", "--write-map", "small.arch", "--force") == 2
    assert weights("x.safetensors", "--write-map", "z.safetensors", "--convert", "z.safetensors") == 2
    assert weights("x.safetensors", "--convert", "y.pth") == 2
    assert weights("x.safetensors", "--convert", "no/y.safetensors") == 2


def test_half_a_file_is_never_left(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    from archdsl.weights import model

    path = save(folder / "x.safetensors", SMALL_SHAPES)
    checkpoint = read(path)
    os.truncate(path, os.path.getsize(path) - 8)
    with pytest.raises(Unreadable, match="became shorter"):
        list(checkpoint.pieces(checkpoint.tensors["fc.bias"]))
    save(folder / "x.safetensors", SMALL_SHAPES)
    pieces = model.Checkpoint.pieces

    def failing(self: model.Checkpoint, stored: Stored) -> Iterable[bytes]:
        if stored.name == "fc.bias":
            raise Unreadable("the disk is gone")
        yield from pieces(self, stored)

    monkeypatch.setattr(model.Checkpoint, "pieces", failing)
    there = sorted(os.listdir(folder))
    assert weights("x.safetensors", "--convert", "y.safetensors") == 2
    assert "the disk is gone" in capsys.readouterr().err
    assert sorted(os.listdir(folder)) == there


CONVOLVED = """net Convolved {
    input x: 3 x 8 x 8
    features: { conv(4, 3); batchnorm; relu }
    fc: conv(10, 6)
}
"""


def test_a_fully_connected_layer_can_become_a_convolution(folder: Path, capsys: Captured) -> None:
    tensors = filled(folder / "x.safetensors", SMALL_SHAPES)
    (folder / "small.arch").write_text(CONVOLVED)
    assert weights("x.safetensors") == 1
    assert "10 x 144  10 x 4 x 6 x 6  the same numbers in the same order" in capsys.readouterr().out
    assert weights("x.safetensors", "--convert", "y.safetensors") == 0
    assert "1 reshaped" in capsys.readouterr().err
    tensors["fc.weight"] = tensors["fc.weight"].reshape(10, 4, 6, 6)
    assert same(loaded("y.safetensors"), tensors)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
from archdsl.cli import main
code = main(["weights", *sys.argv[2:]])
assert not {"torch", "numpy", "safetensors", "rich", "networkx"} & set(sys.modules)
sys.exit(code)
"""


def limited(megabytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the program with so much memory and no more; it must import nothing heavy."""
    call = [sys.executable, "-c", LIMITED, str(megabytes << 20), *arguments]
    return subprocess.run(call, capture_output=True, text=True, encoding="utf-8", check=False, cwd=ROOT)


def test_a_file_larger_than_memory_is_read_and_converted(tmp_path: Path) -> None:
    """A layer of 512 MiB in 192 MiB of address space; and 4 TiB, of which the header is read."""
    text = "net Wide { input x: 16384; fc: linear(OUT, bias = false) }"
    spec = tmp_path / "wide.arch"
    spec.write_text(text.replace("OUT", "8192"))
    path = save(tmp_path / "x.safetensors", {"module.fc.weight": (8192, 16384)})
    out = tmp_path / "y.safetensors"
    done = limited(192, path, "--spec", str(spec), "--convert", str(out))
    assert done.returncode == 0, done.stderr
    assert limited(192, str(out), "--spec", str(spec)).returncode == 0
    out.unlink()
    spec.write_text(text.replace("OUT", str(1 << 26)))
    save(tmp_path / "x.safetensors", {"fc.weight": (1 << 26, 16384)})
    done = limited(192, path, "--spec", str(spec))
    assert done.returncode == 0, done.stderr


# --- PyTorch's own files ------------------------------------------------------------------------------


class Evil:
    """Unpickled freely, it makes a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("evil",)


def test_pytorchs_files_are_read_and_converted(folder: Path, capsys: Captured) -> None:
    import torch

    tensors = filled(folder / "x.safetensors", SMALL_SHAPES)
    tensors["fc.weight"] = torch.randn(144, 10).T  # not contiguous
    tensors["fc.bias"] = torch.randn(10).to(torch.bfloat16)
    torch.save(tensors, "new.pth")
    torch.save(tensors, "old.pt", _use_new_zipfile_serialization=False)
    run = {
        "state_dict": {f"module.{name}": each for name, each in tensors.items()},
        "epoch": 3,
        "opt": {"state": {}},
    }
    torch.save(run, "run.bin")
    for number, (name, code) in enumerate({"new.pth": 0, "old.pt": 0, "run.bin": 1}.items()):
        assert weights(name) == code
        assert weights(name, "--convert", f"{number}.safetensors") == 0
        assert same(loaded(f"{number}.safetensors"), tensors)
    assert "these are `state_dict`; `epoch`, `opt` not read" in capsys.readouterr().out


def test_several_sets_in_a_file_are_told(folder: Path, capsys: Captured) -> None:
    import torch

    tensors = filled(folder / "x.safetensors", SMALL_SHAPES)
    ema = {name: each + 1 for name, each in tensors.items()}
    torch.save({"model": tensors, "model_ema": ema}, "x.pth")
    assert weights("x.pth") == 1
    out, err = capsys.readouterr()
    assert "it holds several sets of tensors: `model`, `model_ema`" in out
    assert "`model.*` or `model_ema.*` could be `*`" in out
    assert "--map" in err
    name = put_map(folder, {"model_ema.": "", "model.": None})
    assert weights("x.pth", "--map", name, "--convert", "y.safetensors") == 0
    assert same(loaded("y.safetensors"), ema)


def test_nothing_in_a_file_is_run(folder: Path, capsys: Captured) -> None:
    import torch

    torch.save({"a": torch.zeros(1), "b": Evil()}, "new.pth")
    torch.save({"a": torch.zeros(1), "b": Evil()}, "old.pth", _use_new_zipfile_serialization=False)
    (folder / "plain.pt").write_bytes(pickle.dumps(Evil()))
    for name in ("new.pth", "old.pth", "plain.pt"):
        assert weights(name) == 2
        assert name in capsys.readouterr().err
    assert not (folder / "evil").exists()


def test_a_damaged_file_of_pytorch_is_told(folder: Path, capsys: Captured) -> None:
    import torch

    torch.save({"a": torch.zeros(100)}, "whole.pth")
    whole = (folder / "whole.pth").read_bytes()
    torch.save([1, 2], "list.pth")
    torch.save({"a": torch.zeros(2, 2).to_sparse()}, "sparse.pth")
    for name, data in {
        "empty": b"",
        "cut": whole[:700],
        "zip": whole[:4] + bytes(99),
        "text": b"hello\n",
    }.items():
        (folder / f"{name}.pth").write_bytes(data)
    os.mkfifo(folder / "pipe.pth")
    for name in ("list", "sparse", "empty", "cut", "zip", "text", "pipe"):
        assert weights(f"{name}.pth") == 2
        err = capsys.readouterr().err
        assert f"{name}.pth" in err
        assert err.count("\n") <= 2


def test_without_pytorch_only_its_own_files_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (folder / "x.pth").write_bytes(b"PK")
    save(folder / "x.safetensors", SMALL_SHAPES)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert weights("x.pth") == 2
    err = capsys.readouterr().err
    assert "only PyTorch reads `x.pth`, and it is not installed" in err
    assert "pip install 'archdsl[torch]'" in err
    assert weights("x.safetensors") == 0


# --- in Python ----------------------------------------------------------------------------------------


def test_a_loaded_network_computes_what_torchvisions_does(tmp_path: Path) -> None:
    import torch
    from oracle import models
    from safetensors.torch import save_file

    torch.manual_seed(0)
    theirs = models().resnet18(weights=None).eval()
    save_file(theirs.state_dict(), tmp_path / "x.safetensors")
    image = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        expected = theirs(image)
        for path, rename in ((tmp_path / "x.safetensors", None), (str(tmp_path / "y.pth"), {"m.": ""})):
            if rename:
                torch.save({f"m.{name}": each for name, each in theirs.state_dict().items()}, path)
            ours = network(RESNET, "ResNet.18").load(path, rename).eval()
            assert torch.equal(ours(image), expected)


def test_a_network_is_loaded_whole_or_not_at_all(tmp_path: Path) -> None:
    path = save(tmp_path / "x.safetensors", renamed(SMALL_SHAPES, "module.{}".format))
    with pytest.raises(WeightsError) as caught:
        small().load(path)
    assert "0 of 8 tensors match, 8 missing, 9 extra" in str(caught.value)
    assert "module.*  →  *" in str(caught.value)
    save(tmp_path / "x.safetensors", SMALL_SHAPES | {"more": (1,)})
    with pytest.raises(WeightsError, match="9 of 9 tensors match, 1 extra"):
        small().load(path)
    with pytest.raises(WeightsError, match=r"none\.safetensors"):
        small().load(tmp_path / "none.safetensors")


SHARED = """block level(head) { relu -> head }

net Shared {
    input x: 8
    share head: { linear(8); relu }
    level1: level(head)
    level2: level(head)
    out: linear(3)
}
"""


def test_a_shared_module_is_saved_and_loaded_once(tmp_path: Path) -> None:
    import torch

    net = network(SHARED, "Shared")
    state = net.module().state_dict()
    assert list(state) == ["head.0.weight", "head.0.bias", "out.weight", "out.bias"]
    torch.save(state, tmp_path / "once.pth")
    assert same(net.load(tmp_path / "once.pth").state_dict(), state)
    torch.save(state | {"level1.head.0.bias": state["head.0.bias"]}, tmp_path / "more.pth")
    with pytest.raises(WeightsError, match="1 extra"):
        net.load(tmp_path / "more.pth")


def test_half_precision_is_loaded_into_whole_numbers(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = filled(tmp_path / "x.safetensors", SMALL_SHAPES)
    half = {name: each.half() if each.is_floating_point() else each for name, each in tensors.items()}
    save_file(half, tmp_path / "half.safetensors")
    module = small().load(tmp_path / "half.safetensors")
    assert module.fc.weight.dtype == torch.float32
    assert torch.equal(module.fc.weight, half["fc.weight"].float())
    assert module.features[1].num_batches_tracked == 7
