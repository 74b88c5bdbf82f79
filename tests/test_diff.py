"""What differs between networks: alignment, facts, checkpoints, and every way of telling it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archdsl
from archdsl.check.model import Checked
from archdsl.cli import main
from archdsl.outputs.diff import Difference, Differences, compare, render
from archdsl.outputs.diff.data import difference
from archdsl.outputs.diff.pairing import pair_up
from archdsl.outputs.diff.picture import marked
from archdsl.outputs.diff.sentence import sentence
from archdsl.outputs.diff.sequences import line_up
from archdsl.outputs.drawing import Marked, draw, scene
from archdsl.outputs.drawing.blocks.compose import compose_marked
from archdsl.outputs.drawing.blocks.picture import Box, Frame
from archdsl.outputs.drawing.scene import Text
from archdsl.outputs.drawing.themes import PAPER
from archdsl.weights import compare as compare_weights
from archdsl.weights import named
from archdsl.weights.compare import COUNTER
from archdsl.weights.model import Stored

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
SPECS = {path.stem: archdsl.load(path) for path in sorted((ROOT / "specs").glob("*.arch"))}
Captured = pytest.CaptureFixture[str]

HEAD = "net N { input image: 3 x 32 x 32\n"
TAIL = "avgpool(global) -> flatten\nfc: linear(10) }"
PLAIN = "conv(16, 3, padding = same) -> relu\nmaxpool(2)\nconv(32, 3, padding = same) -> relu\n"


def network(text: str) -> Checked:
    (net,) = archdsl.loads(text).values()
    return net.checked


def of(spec: str, name: str) -> Checked:
    return SPECS[spec][name].checked


def body(lines: str) -> Checked:
    return network(HEAD + lines + TAIL)


def between(old: str, new: str) -> Difference:
    """What differs between two nets that have these lines."""
    return compare(body(old), body(new))


def told(found: Difference) -> list[tuple[str, str, list[str]]]:
    """Every entry: its kind, its path, and its facts."""
    pending, seen = list(reversed(found.entries)), []
    while pending:
        entry = pending.pop()
        seen.append((entry.kind, entry.path, [fact.text for fact in entry.facts]))
        pending.extend(reversed(entry.parts))
    return seen


# --- the data --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "old", "new"),
    [
        ("vgg", "VGG.D", "VGG.E"),
        ("resnet", "ResNet.34", "ResNet.50"),
        ("resnet", "ResNet.50", "ResNet-v1.50"),
        ("unet", "U-Net", "U-Net-padded"),
    ],
)
def test_the_alignment_is_as_it_was(spec: str, old: str, new: str) -> None:
    """`ARCHDSL_ACCEPT=1` writes what is found now."""
    found = difference(compare(of(spec, old), of(spec, new)))
    for side in ("old", "new"):
        found[side]["file"] = Path(found[side]["file"]).name
    path = GOLDEN / f"diff-{old}-{new}.json"
    if os.environ.get("ARCHDSL_ACCEPT"):
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            ("vgg", "VGG.D"),
            ("vgg", "VGG.E"),
            "+1 conv3-512 in stages 4 and 5, +1 conv3-256 in stage 3; +5.3M params, +4.2G MACs; "
            "checkpoint: 20 of 32 tensors carry over, all 32 under new names",
        ),
        (
            ("vgg", "VGG.C"),
            ("vgg", "VGG.D"),
            "conv1x1 → conv3x3 in 3 layers of stages 3 to 5; +4.7M params, +3.7G MACs; "
            "checkpoint: 29 of 32 tensors carry over",
        ),
        (
            ("resnet", "ResNet.50"),
            ("resnet", "ResNet.152"),
            "+4 bottleneck in `layer2`, +30 bottleneck in `layer3`; +34.6M params, +7.4G MACs; "
            "checkpoint: all 320 tensors carry over, 612 are new",
        ),
        (
            ("cifar-resnet", "CIFAR-ResNet.20"),
            ("cifar-resnet", "CIFAR-ResNet.32"),
            "+2 basic in each of `stage1`, `stage2` and `stage3`; +194K params, +28.3M MACs; "
            "checkpoint: all 116 tensors carry over, 72 are new",
        ),
        (("vgg", "VGG.D"), ("vgg", "VGG.D"), "no difference"),
    ],
)
def test_the_sentence(old: tuple[str, str], new: tuple[str, str], said: str) -> None:
    assert sentence(compare(of(*old), of(*new))) == said


EVERY = [(spec, name) for spec in SPECS for name in SPECS[spec] if "1202" not in name]
PAIRS = [
    *pairwise(EVERY),
    *random.Random(1).sample(list(zip(EVERY, EVERY[9:], strict=False)), 20),
]


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=[f"{old[1]}-{new[1]}" for old, new in PAIRS])
def test_whatever_is_compared_adds_up(old: tuple[str, str], new: tuple[str, str]) -> None:
    before, now = of(*old), of(*new)
    found = compare(before, now)
    assert sum(entry.params for entry in found.entries) == now.metrics.params - before.metrics.params
    assert not found.none
    for form in ("text", "markdown", "json"):
        assert now.name in render(Differences((found,)), form)
    # the map does what is said of it
    stored = {
        name: Stored(name, "I64" if weight.name == COUNTER else "F32", weight.shape)
        for name, weight in before.weights()
    }
    fitting = compare_weights(now, named(stored, found.carry.rename))
    assert len(fitting.matched) == found.carry.kept
    assert len(found.carry.fresh) + found.carry.kept + len(found.carry.reshaped) == found.carry.wanted


@pytest.mark.parametrize(("spec", "name"), EVERY[::3], ids=[name for _, name in EVERY[::3]])
def test_a_network_is_equal_to_itself(spec: str, name: str) -> None:
    again = archdsl.load(ROOT / "specs" / f"{spec}.arch")[name].checked
    found = compare(of(spec, name), again)
    assert found.none
    assert len(found.carry.by_name) == found.carry.stored == found.carry.wanted
    assert not found.carry.rename
    assert render(Differences((found,))) == f"{name} → {name}: no difference\n"


# --- lining up -------------------------------------------------------------------------------------


def pairs(old: str, new: str) -> str:
    """Items that are the same but for their case go together; `-` stands for none."""
    rows = line_up(old, new, lambda each: each, lambda one, other: float(one.lower() == other.lower()))
    return " ".join(f"{one or '-'}{other or '-'}" for one, other in rows)


@pytest.mark.parametrize(
    ("old", "new", "rows"),
    [
        ("aab", "aaab", "aa aa -a bb"),
        ("aabbb", "aab", "aa aa bb b- b-"),
        ("PaaPaaP", "PaaaPaaaP", "PP aa aa -a PP aa aa -a PP"),
        ("abc", "aXc", "aa b- -X cc"),
        ("abc", "aBc", "aa bB cc"),
        ("ab", "ba", "a- bb -a"),
        ("", "ab", "-a -b"),
    ],
)
def test_lining_up(old: str, new: str, rows: str) -> None:
    assert pairs(old, new) == rows


@given(st.text("abcA", max_size=12), st.text("abcA", max_size=12), st.booleans())
def test_lining_up_keeps_both_orders(old: str, new: str, small: bool) -> None:
    from archdsl.outputs.diff import sequences

    largest = sequences.LARGEST
    sequences.LARGEST = 0 if small else largest
    try:
        rows = line_up(old, new, lambda each: each, lambda one, other: float(one.lower() == other.lower()))
    finally:
        sequences.LARGEST = largest
    assert "".join(one for one, _ in rows if one) == old
    assert "".join(other for _, other in rows if other) == new
    assert all(one.lower() == other.lower() for one, other in rows if one and other)


@given(st.lists(st.integers(0, 5), max_size=30), st.data())
def test_what_was_taken_out_is_what_is_missing(items: list[int], data: st.DataObject) -> None:
    left = [each for each in items if data.draw(st.booleans())]
    rows = line_up(items, left, lambda each: each, lambda one, other: 0.0)
    assert len(rows) == len(items)
    assert all(one == other for one, other in rows if other is not None)


# --- what belongs together -------------------------------------------------------------------------


def test_padding_is_the_same_however_it_is_written() -> None:
    assert between("conv(8, 3, padding = same)\n", "conv(8, 3, padding = 1)\n").none


@pytest.mark.parametrize(
    ("new", "entries"),
    [
        (PLAIN.replace("conv(16, 3", "conv(16, 5"), [("changed", "conv1", ["conv3x3 → conv5x5"])]),
        (
            PLAIN.replace("conv(16", "conv(24"),
            [
                ("changed", "conv1", ["16 → 24 channels"]),
                ("follows", "conv2", ["reads 16 → 24 channels"]),
            ],
        ),
        (
            PLAIN.replace("maxpool(2)", "maxpool(2, ceil = true)"),
            [("changed", "maxpool1", ["ceil false → true"])],
        ),
        (
            PLAIN.replace("maxpool(2)", "avgpool(2)"),
            [("changed", "avgpool1", ["`2x2 maxpool, /2` → `2x2 avgpool, /2`"])],
        ),
        (PLAIN.replace("maxpool(2)", "p: maxpool(2)"), [("renamed", "p", ["`maxpool1` is now `p`"])]),
        (PLAIN.replace("-> relu\nmaxpool", "-> batchnorm -> relu\nmaxpool"), [("added", "bn1", [])]),
        (PLAIN.replace("maxpool(2)\n", ""), [("removed", "maxpool1", [])]),
        (PLAIN.replace("relu\nmaxpool", "gelu\nmaxpool"), [("changed", "gelu1", ["`relu` → `gelu`"])]),
    ],
)
def test_one_edit_is_told_as_one(new: str, entries: list[Any]) -> None:
    assert told(between(PLAIN, new)) == entries


def test_a_line_put_into_a_block_is_the_same_line() -> None:
    block = "block stem() { conv(16, 3, padding = same) -> relu\nmaxpool(2) }\n"
    old = body(PLAIN)
    new = network(block + HEAD + "stem()\nconv(32, 3, padding = same) -> relu\n" + TAIL)
    found = compare(old, new)
    assert [(kind, path) for kind, path, _ in told(found)] == [
        ("moved", "stem1.conv1"),
        ("moved", "stem1.maxpool1"),
    ]
    assert found.carry.kept == found.carry.stored
    assert found.carry.rename == {"conv1.": "stem1.conv1.", "conv2.": "conv1."}
    back = compare(new, old)
    assert [(kind, path) for kind, path, _ in told(back)] == [("moved", "conv1"), ("moved", "maxpool1")]


def test_a_part_that_went_elsewhere_was_moved() -> None:
    far = "a: { conv(8, 3, padding = same); conv(8, 5, padding = same) }\n"
    rest = "b: { conv(8, 1); conv(8, 7, padding = same) }\n"
    start = "conv(8, 1)\n"
    found = between(start + far + rest, start + rest + far)
    assert told(found) == [("moved", "a", ["at another place"])]
    assert sentence(found).startswith("`a` stands elsewhere; params and MACs as before")
    assert found.carry.kept == found.carry.stored


def test_a_skip_that_reads_another_layer_is_told() -> None:
    lines = "a: conv(8, 3, padding = same)\nb: conv(8, 3, padding = same)\nc: conv(8, 1)\n{} + c\n"
    assert told(between(lines.format("a"), lines.format("b"))) == [("changed", "add1", ["reads `a` → `b`"])]


def test_a_branch_more_is_told() -> None:
    lines = "concat {{ conv(8, 1); conv(8, 3, padding = same){} }}\n"
    found = told(between(lines.format(""), lines.format("; conv(8, 5, padding = same)")))
    assert found[:2] == [("added", "conv3", []), ("changed", "concat1", ["also reads `conv3`"])]


def test_what_comes_between_is_not_told_of_what_reads_it() -> None:
    found = between(PLAIN, PLAIN.replace("maxpool(2)\n", "maxpool(2)\nconv(16, 1)\n"))
    assert told(found) == [("added", "conv2", [])]


def test_sharing_is_told() -> None:
    old = network(HEAD + "conv(3, 3, padding = same)\nconv(3, 3, padding = same)\n" + TAIL)
    new = network(HEAD + "share t: conv(3, 3, padding = same)\nt -> t\n" + TAIL)
    facts = [text for _, _, texts in told(compare(old, new)) for text in texts]
    assert "now shared with `t`" in facts


def test_another_input_is_no_change_of_the_layers() -> None:
    old = body(PLAIN)
    new = network((HEAD + PLAIN + TAIL).replace("32 x 32", "64 x 48"))
    found = compare(old, new)
    assert not found.entries
    assert found.resized > 0
    assert [(each.name, each.old, each.new) for each in found.ports] == [("image", (3, 32, 32), (3, 64, 48))]
    assert sentence(found).startswith("`image` 3 x 32 x 32 → 3 x 64 x 48; +")


def test_training_is_compared() -> None:
    found = between(PLAIN, PLAIN + "freeze conv1\ninit conv: he\n")
    assert [(each.kind, each.text) for each in found.lines] == [
        ("added", "init conv: he(mode = fan_in)"),
        ("added", "freeze conv1"),
    ]
    assert "trainable_params" in [each.name for each in found.metrics]


def test_what_repeats_is_told_once() -> None:
    found = compare(of("resnet", "ResNet.50"), of("resnet", "ResNet.152"))
    (second, third) = found.entries
    assert [(entry.path, entry.new_last, entry.times) for entry in (*second.parts, *third.parts)] == [
        ("layer2.4", "layer2.7", 4),
        ("layer3.6", "layer3.35", 30),
    ]


def test_a_tensor_that_fits_elsewhere_is_told() -> None:
    carry = compare(of("vgg", "VGG.D"), of("vgg", "VGG.E")).carry
    assert set(carry.astray) == {
        "features.19.bias",
        "features.21.weight",
        "features.21.bias",
        "features.28.weight",
        "features.28.bias",
    }


def test_a_linear_layer_that_becomes_a_convolution_keeps_its_numbers() -> None:
    carry = compare(of("vgg", "VGG.D"), of("fcn", "FCN-32s")).carry
    assert [each.new for each in carry.reshaped] == ["classifier.0.weight", "classifier.3.weight"]


def test_it_is_quick() -> None:
    old, new = of("resnet", "ResNet.50"), of("resnet", "ResNet.152")
    start = time.perf_counter()
    compare(old, new)
    assert time.perf_counter() - start < 1


def test_long_networks_take_time_that_grows_with_them() -> None:
    chain = "net Long(n = {}) {{ input x: 4 x 8 x 8\n(conv(4, 3, padding = same) -> {}) * n\nconv(2, 1) }}"
    old, new = network(chain.format(2500, "relu")), network(chain.format(2600, "gelu"))
    start = time.perf_counter()
    found = compare(old, new)
    assert time.perf_counter() - start < 5
    assert found.metrics[0].new - found.metrics[0].old == 100 * (4 * 4 * 9 + 4)


def test_a_block_that_repeated_and_stands_alone_now_lost_the_others() -> None:
    unit = "block unit(c) { conv(c, 3, padding = same); conv(c, 1) }\n"
    old, new = (network(unit + HEAD + f"s: unit(8){times}\n" + TAIL) for times in (" * 3", ""))
    for before, now, paths in ((old, new, ["s.1", "s.2"]), (new, old, ["s.1", "s.2"])):
        found = compare(before, now)
        (entry,) = found.entries
        assert [(part.old, part.new) for part in entry.parts if part.kind == "renamed"] == [
            (("s.0", "s") if before is old else ("s", "s.0"))
        ]
        alone = [part for part in entry.parts if part.kind in ("added", "removed")]
        assert [part.path for part in alone] == [paths[0]]
        assert alone[0].times == 2
    assert compare(old, new).carry.rename["s.0."] == "s."


def test_what_follows_a_layer_is_the_same_though_another_one_reads_that_too() -> None:
    lines = "input x: 3 x 16 x 16; a: conv(8, 3) -> batchnorm -> relu; b: conv(8, 3)"
    side = "output side: a -> avgpool(global)"
    old = network(f"net N {{ {lines}; {side}; output main: b }}")
    new = network(f"net N {{ {lines}; output main: b }}")
    assert told(compare(old, new)) == [("removed", "side", [])]
    assert told(compare(new, old)) == [("added", "side", [])]


# --- drawn -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), PAIRS[::9], ids=[f"{old[1]}-{new[1]}" for old, new in PAIRS[::9]])
def test_one_graph_has_the_layers_of_both(old: tuple[str, str], new: tuple[str, str]) -> None:
    before, now = of(*old), of(*new)
    shown = marked(before, now)
    gone = [index for index, note in shown.notes.items() if note.mark == "removed"]
    assert len(shown.graph.nodes) == len(now.graph.nodes) + len(gone)
    assert len(gone) == len(before.graph.nodes) - len(pair_up(before.graph, now.graph).twin)
    assert [node.index for node in shown.graph.nodes] == list(range(len(shown.graph.nodes)))
    picture = compose_marked(shown)
    keys = [box.key for box in picture.boxes()]
    assert len(set(keys)) == len(keys)


def test_marks_are_told_without_colour() -> None:
    shown = marked(
        body(PLAIN), body(PLAIN.replace("conv(16, 3", "conv(16, 5").replace("maxpool(2)\n", "lrn(5)\n"))
    )
    source = draw(shown, "dot").data.decode()
    assert "~ 5×5 conv, 16 (was 3×3 conv, 16)" in source
    assert "+ lrn" in source
    assert "– 2×2 maxpool, /2" in source
    assert 'STYLE="dashed"' in source
    assert 'STYLE="dotted"' in source
    assert "+ added" in source
    assert len({PAPER[mark].line for mark in ("added", "removed", "changed")}) == 3


def test_a_drawing_without_a_comparison_has_no_marks() -> None:
    assert "removed" not in draw(body(PLAIN), "dot").data.decode()


def test_the_parts_of_what_was_removed_stand_where_they_were() -> None:
    shown = marked(of("resnet", "ResNet.34"), of("resnet", "ResNet.50"))
    layer1 = next(scope for scope in shown.graph.scopes if scope.path == "layer1")
    inside = {shown.notes[index].mark for index in range(layer1.start, layer1.end)}
    assert inside == {"added", "removed"}


# --- the command -----------------------------------------------------------------------------------

OLD = HEAD + PLAIN + TAIL
NEW = OLD.replace("conv(16, 3", "conv(16, 5")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.arch").write_text(OLD)
    (tmp_path / "new.arch").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def git(*arguments: str) -> None:
    user = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *user, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    """`specs/net.arch`, which imports another spec, in a second version; both are changed in it."""
    specs = folder / "specs"
    specs.mkdir()
    (specs / "parts.arch").write_text("notation unit(c) = conv(c, 3, padding = same) -> relu\n")
    net = 'import "parts.arch"\n' + HEAD + "unit(8)\nunit(16)\n" + TAIL
    (specs / "net.arch").write_text(net)
    git("init", "-q")
    git("add", "specs")
    git("commit", "-qm", "first")
    (specs / "parts.arch").write_text("notation unit(c) = conv(c, 5, padding = same) -> relu\n")
    (specs / "net.arch").write_text(net.replace("unit(16)\n", "unit(16)\nunit(32)\n"))
    git("commit", "-qam", "second")
    return folder


def test_two_files(folder: Path, capsys: Captured) -> None:
    assert main(["diff", "old.arch", "new.arch"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("N: old.arch → new.arch: conv3x3 → conv5x5 at `conv1`;")
    assert err == ""


def test_exit_codes(folder: Path) -> None:
    assert main(["diff", "old.arch", "new.arch", "--exit-code"]) == 1
    assert main(["diff", "old.arch", "old.arch", "--exit-code"]) == 0


def test_networks_of_one_file(capsys: Captured) -> None:
    vgg = str(ROOT / "specs" / "vgg.arch")
    assert main(["diff", f"{vgg}:VGG.D", ":VGG.E", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["differences"]
    assert (found["old"]["name"], found["new"]["name"]) == ("VGG.D", "VGG.E")


def test_networks_go_together_by_name(folder: Path, capsys: Captured) -> None:
    other = OLD.replace("net N", "net Other")
    (folder / "old.arch").write_text(OLD + "\n" + other + "\n" + OLD.replace("net N", "net Gone"))
    (folder / "new.arch").write_text(
        OLD + "\n" + other.replace("same", "0") + "\n" + OLD.replace("net N", "net Come")
    )
    assert main(["diff", "old.arch", "new.arch"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Other: old.arch → new.arch: padding 1 → 0 in 2 layers")
    assert out.endswith("− gone: Gone\n+ new: Come\nno difference: N\n")
    assert main(["diff", "old.arch", "new.arch", "--format", "markdown"]) == 0
    assert "- no difference: N" in capsys.readouterr().out


def test_a_map_for_the_weights(folder: Path) -> None:
    (folder / "new.arch").write_text(OLD.replace("fc:", "head:"))
    assert main(["diff", "old.arch", "new.arch", "--write-map", "map.json", "-o", "diff.txt"]) == 0
    assert json.loads((folder / "map.json").read_text()) == {"fc.": "head."}
    assert "`fc` is now `head`" in (folder / "diff.txt").read_text("utf-8")


def test_markdown_takes_names_as_they_are(folder: Path, capsys: Captured) -> None:
    (folder / "new.arch").write_text(OLD.replace("fc:", "a_b_c:"))
    assert main(["diff", "old.arch", "new.arch", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "`fc` is now `a_b_c`" in out
    assert "| = fc → a\\_b\\_c |" in out
    assert out.count("<details>") == out.count("</details>") == 1


def test_a_version_in_git(repository: Path, capsys: Captured) -> None:
    assert main(["diff", "specs/net.arch", "--git", "HEAD~1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("N: HEAD~1:specs/net.arch → specs/net.arch: + `conv3` (")
    assert "conv3x3 → conv5x5" in out
    assert main(["diff", "specs/net.arch", "--git", "HEAD:"]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["diff", "specs/net.arch:N", "--git", "HEAD..HEAD~1"]) == 0
    assert "conv5x5 → conv3x3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error", "help"),
    [
        (["specs/net.arch", "--git", "nowhere"], "git has no revision `nowhere` here", "shallow clone"),
        (["specs/net.arch", "--git", "--output=x"], "git has no revision `--output=x` here", ""),
        (["new.arch", "--git", "HEAD"], "`new.arch` is not in HEAD", "git log --oneline -- new.arch"),
        (["specs/net.arch:M", "--git", "HEAD"], "no network is named `M`", ""),
        (["specs/net.arch", "new.arch", "--git", "HEAD"], "its own past", ""),
        (["specs/net.arch"], "nothing to compare `specs/net.arch` with", "--git HEAD"),
        (["old.arch", "none.arch"], "there is no file or folder `none.arch`", ""),
    ],
)
def test_what_cannot_be_compared(
    repository: Path, capsys: Captured, arguments: list[str], error: str, help: str
) -> None:
    assert main(["diff", *arguments]) == 2
    err = capsys.readouterr().err
    assert error in err
    assert help in err
    assert not (repository / "x").exists()


def test_without_a_repository(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    assert main(["diff", "old.arch", "--git", "HEAD"]) == 2
    assert "is in no git repository" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "old.arch", "--git", "HEAD"]) == 2
    assert "git is not here" in capsys.readouterr().err


def test_an_old_version_that_is_wrong_is_told(repository: Path, capsys: Captured) -> None:
    (repository / "specs" / "net.arch").write_text(HEAD + "conv(8, 99)\n" + TAIL)
    git("commit", "-qam", "third")
    (repository / "specs" / "net.arch").write_text(OLD)
    assert main(["diff", "specs/net.arch", "--git", "HEAD"]) == 1
    assert "--> HEAD:specs/net.arch:2:1" in capsys.readouterr().err


def test_draw_shows_a_difference(folder: Path, capsys: Captured) -> None:
    assert main(["draw", "old.arch", "--diff", "new.arch", "-o", "both.svg"]) == 0
    svg = (folder / "both.svg").read_text("utf-8")
    assert "(was 3×3 conv, 16)" in svg
    assert ">N: old.arch → new.arch</title>" in svg
    assert main(["draw", "old.arch:N", "--diff", "new.arch:N", "--format", "dot"]) == 0
    assert "digraph" in capsys.readouterr().out


def test_one_picture_shows_one_pair(folder: Path, capsys: Captured) -> None:
    vgg = str(ROOT / "specs" / "vgg.arch")
    assert main(["draw", vgg, "--diff", vgg, "-o", "x.svg"]) == 2
    assert "one picture shows one pair of networks" in capsys.readouterr().err
    assert main(["draw", vgg, "--net", "VGG.D", "--diff", ":VGG.E", "-o", "x.svg"]) == 0


def test_outputs_that_come_and_go_are_drawn() -> None:
    def net(name: str, size: str) -> Checked:
        ends = f"output main: {{ b -> flatten -> linear(4) }}; output {name}: b -> avgpool({size})"
        return network(f"net N {{ input image: 3 x 16 x 16; b: conv(8, 3); {ends} }}")

    old, new = net("side", "global"), net("extra", "2")
    boxes = [box for box in compose_marked(marked(old, new)).boxes() if box.kind == "end"]
    ends = {box.title.partition(",")[0]: box for box in boxes}
    assert {name: box.mark for name, box in ends.items()} == {
        "image": "same",
        "main": "",
        "side": "removed",
        "extra": "added",
    }
    assert ends["side"].lines[0].text == "– side"
    assert marked(old, net("other", "global")).ends == {}  # it has another name, and is no other output


def boxes(shown: Marked, depth: int | None = None) -> dict[str, Box]:
    """The boxes of a comparison, by their keys."""
    return {box.key: box for box in compose_marked(shown, depth).boxes()}


def texts(box: Box) -> list[str]:
    return [line.text for line in box.lines]


def test_ends_of_other_sizes_are_marked() -> None:
    old, text = body(PLAIN), HEAD + PLAIN + TAIL
    new = network(text.replace("32 x 32", "64 x 48").replace("(10)", "(20)"))
    found = boxes(marked(old, new))
    assert texts(found["image"]) == ["~ image", "3 × 64 × 48", "(was 3 × 32 × 32)"]
    assert texts(found["output output"]) == ["~ output", "20", "(was 10)"]
    assert {found["image"].mark, found["output output"].mark} == {"changed"}
    unmarked = boxes(marked(old, body(PLAIN + "conv(8, 1)\n")))
    assert texts(unmarked["image"]) == ["image", "3 × 32 × 32"]


def test_lines_that_are_still_there_have_the_shapes_of_now() -> None:
    head = "net N { input image: 3 x 16 x 16; "
    old = network(head + "avgpool(global) -> flatten -> dropout(0.5) -> linear(4) }")
    new = network(head + "conv(8, 3) -> flatten -> linear(64) -> linear(16) -> linear(4) }")
    arrows = compose_marked(marked(old, new)).arrows
    (flat,) = [each for each in arrows if each.tail.lines and each.tail.lines[0].text == "flatten"]
    assert flat.text == "1568"
    assert "3" not in {each.text for each in arrows if "removed" not in (each.tail.mark, each.head.mark)}


BLOCK = "block unit(c) {{ conv(c, 3, padding = same) -> relu; conv(c, 3, padding = same){} }}\n"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (BLOCK.format(" -> dropout(0.1)"), ["+ dropout"]),
        (BLOCK.format("").replace("3, padding = same", "1"), ["~ 1×1 conv, 8 (was 3×3 conv, 8) ×2"]),
        (BLOCK.format("").replace("padding = same", "padding = 2"), ["~ padding 1 to 2 in 2 layers"]),
        (BLOCK.format("").replace(" -> relu; ", "; "), ["– relu"]),
        (
            BLOCK.format(" -> gelu; lrn(5); maxpool(2); dropout(0.1)"),
            ["+ gelu", "+ lrn", "and 2 more changes"],
        ),
    ],
)
def test_a_closed_block_says_what_changed_in_it(new: str, said: list[str]) -> None:
    old, now = (network(block + HEAD + "unit(8)\n" + TAIL) for block in (BLOCK.format(""), new))
    (closed,) = [box for box in boxes(marked(old, now), 0).values() if box.is_block]
    assert texts(closed) == ["~ unit", *said]


def test_blocks_of_one_kind_are_counted_as_they_are_and_were() -> None:
    def net(times: int, block: str = "unit") -> Checked:
        other = "block other(c) { maxpool(3, 1, padding = same) }\n"
        return network(BLOCK.format("") + other + HEAD + f"s: {block}(8) * {times}\n" + TAIL)

    def small(old: Checked, new: Checked) -> str:
        (frame,) = [part for part in compose_marked(marked(old, new), 1).parts if isinstance(part, Frame)]
        return frame.small

    assert small(net(3), net(5)) == "5 × unit (was 3)"
    assert small(net(5), net(3)) == "3 × unit (was 5)"
    assert small(net(3), net(3)) == "3 × unit"
    assert small(net(3, "other"), net(2)) == ""  # both are in the frame, and say what they are


def test_a_picture_says_what_it_compares() -> None:
    def legend(shown: Marked) -> list[str]:
        return [each.text for each in scene(shown).shapes() if isinstance(each, Text)]

    assert "N → N: no difference" in legend(marked(body(PLAIN), body(PLAIN)))
    assert "ResNet.50 → ResNet.152" in legend(marked(of("resnet", "ResNet.50"), of("resnet", "ResNet.152")))


def test_a_line_from_what_has_gone_ends_before_the_block_that_it_led_into() -> None:
    lines = "conv(8, 1)\n{}s: {{ conv(8, 3); conv(8, 3) }}\n"
    shown = marked(body(lines.format("conv(8, 5)\n")), body(lines.format("")))
    arrows = compose_marked(shown).arrows
    (join,) = {each.head for each in arrows if each.tail.mark == "removed"}
    assert join.kind == "fork"
    assert [each.head.key for each in arrows if each.tail is join] == ["s.0"]
    assert sum(each.head is join for each in arrows) == 2
    chart = draw(shown, "mermaid").data.decode()
    numbers = {name: chart.partition(f'["{name}')[0].rpartition(" ")[2] for name in ("– 5×5", "3×3 conv, 8")}
    assert f"{numbers['– 5×5']} -.->" in chart
    assert chart.count(f" {numbers['3×3 conv, 8']}\n") == 2


def test_one_line_stands_for_what_a_block_gives_and_gave() -> None:
    old, now = (
        network(block + HEAD + "unit(8)\n" + TAIL) for block in (BLOCK.format(" -> relu"), BLOCK.format(""))
    )
    arrows = compose_marked(marked(old, now), 0).arrows
    (given,) = [each for each in arrows if each.tail.is_block]
    assert given.text == "8 × 32 × 32"
