"""The command line, called as its users call it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archdsl import __version__
from archdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
VGG = str(ROOT / "specs" / "vgg.arch")

SMALL = """net Small(width = 4) {
    input x: 3 x 8 x 8
    conv(width, 3) -> relu
}
"""

WRONG = """net Wrong {
    input x: 3 x 8 x 8
    conv(4, 11)
}
"""

PAIR = """net Pair {
    input x: 3 x 8 x 8
    variant Thin(width = 2)
    variant Wide(width = 8)
    conv(width, 3)
}
""".replace("net Pair", "net Pair(width = 4)")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with specs, in which the calls are made."""
    (tmp_path / "more").mkdir()
    (tmp_path / "small.arch").write_text(SMALL)
    (tmp_path / "more" / "pair.arch").write_text(PAIR)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def wrong(folder: Path) -> Path:
    """The same with a spec that is wrong."""
    (folder / "wrong.arch").write_text(WRONG)
    return folder


Captured = pytest.CaptureFixture[str]


# --- check -----------------------------------------------------------------------------------------


def test_a_sound_spec(folder: Path, capsys: Captured) -> None:
    assert main(["check", "small.arch"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    network = next(line for line in out.splitlines() if line.startswith("Small"))
    assert network.split() == ["Small", "112", "3,888", "1", "1", "4", "x", "6", "x", "6", "3", "x", "3"]
    assert out.splitlines()[-1] == "1 network"


def test_a_wrong_spec_is_told_with_its_place(wrong: Path, capsys: Captured) -> None:
    assert main(["check", "wrong.arch"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("error[E302]: ")
    assert "--> wrong.arch:3:" in out
    assert out.splitlines()[-1] == "0 of 1 network sound, 1 error"


def test_a_folder_means_all_specs_below_it(folder: Path, capsys: Captured) -> None:
    hidden = folder / ".hidden"
    hidden.mkdir()
    (hidden / "bad.arch").write_text("net {")
    assert main(["check", "."]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "3 networks"
    assert (
        out.index("small.arch")
        < out.index("more/pair.arch")
        < out.index("Pair.Thin")
        < out.index("Pair.Wide")
    )


def test_one_network_of_several_files(wrong: Path, capsys: Captured) -> None:
    assert main(["check", ".", "--net", "Small", "--net", "Pair.Wide"]) == 0
    out = capsys.readouterr().out
    assert "Pair.Thin" not in out
    assert out.splitlines()[-1] == "2 networks"


def test_a_family_means_its_variants(folder: Path, capsys: Captured) -> None:
    assert main(["check", ".", "--net", "Pair", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [network["name"] for network in found["networks"]] == ["Pair.Thin", "Pair.Wide"]


def test_a_parameter_can_be_set(folder: Path, capsys: Captured) -> None:
    assert main(["check", "small.arch", "--set", "width=2 * 8", "--format", "json"]) == 0
    (network,) = json.loads(capsys.readouterr().out)["networks"]
    assert network["params"] == 16 * (3 * 9 + 1)


def test_printed_stands_beside_computed(folder: Path, capsys: Captured) -> None:
    printed = ("expect params == 112", "claim macs ~ 3.9K", "claim depth == 2", "claim neurons ~ 144")
    (folder / "small.arch").write_text(SMALL.replace("relu\n", "\n    ".join(("relu", *printed, ""))))
    assert main(["check", "small.arch"]) == 0
    out = capsys.readouterr().out
    network = next(line for line in out.splitlines() if line.startswith("Small"))
    assert "112 ✓" in network
    assert "3,888 ≈ 3.9K" in network
    assert "1 ≠ 2 (-50.0%)" in network
    assert network.endswith("144 ✓")
    assert "warning[W502]" in out
    assert out.splitlines()[-1] == "1 network, 1 expectation holds, 2 claims hold, 1 claim differs, 1 warning"


# --- the other formats -----------------------------------------------------------------------------

LAYER = {"path", "op", "in", "out", "params", "macs", "stride", "receptive_field"}
NETWORK = {
    "name",
    "file",
    "params",
    "trainable_params",
    "macs",
    "flops",
    "weight_layers",
    "depth",
    "neurons",
    "activations",
    "stride",
    "receptive_field",
    "inputs",
    "outputs",
    "layers",
    "weights",
    "expectations",
}
DIAGNOSTIC = {"code", "severity", "message", "file", "span", "labels", "notes", "hints", "trace"}


def test_json_is_version_1(wrong: Path, capsys: Captured) -> None:
    (wrong / "small.arch").write_text(SMALL.replace("relu\n", "relu\n    claim macs ~ 3.9K\n"))
    assert main(["check", "small.arch", "wrong.arch", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    (network,) = found["networks"]
    assert set(network) >= NETWORK
    assert network["inputs"] == [{"name": "x", "shape": [3, 8, 8]}]
    assert [output["shape"] for output in network["outputs"]] == [[4, 6, 6]]
    assert network["receptive_field"] == [3, 3]
    conv, relu = network["layers"]
    assert set(conv) >= LAYER
    assert (conv["op"], conv["in"], conv["out"], conv["params"]) == ("conv", [3, 8, 8], [4, 6, 6], 112)
    assert relu["inputs"] == [{"from": conv["path"], "shape": [4, 6, 6]}]
    assert [weight["shape"] for weight in network["weights"]] == [[4, 3, 3, 3], [4]]
    (expectation,) = network["expectations"]
    assert (expectation["printed"], expectation["computed"], expectation["holds"]) == ("3.9K", 3888, True)
    (diagnostic,) = found["diagnostics"]
    assert set(diagnostic) >= DIAGNOSTIC
    assert (diagnostic["code"], diagnostic["file"], diagnostic["span"]["line"]) == ("E302", "wrong.arch", 3)


def test_github_marks_the_line(wrong: Path, capsys: Captured) -> None:
    assert main(["check", ".", "--format", "github"]) == 1
    (command,) = capsys.readouterr().out.splitlines()
    assert command.startswith("::error file=wrong.arch,line=3,")


def test_sarif_is_sarif(wrong: Path, capsys: Captured) -> None:
    assert main(["check", ".", "--format", "sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["E302"]


# --- wrong calls -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message", "remedy"),
    [
        (["check"], "no spec is named", "archdsl check specs/"),
        (["check", "smal.arch"], "no file or folder `smal.arch`", "did you mean `small.arch`?"),
        (["check", "empty"], "no spec in the folder `empty`", "`.arch`"),
        (["check", "picture.arch"], "not UTF-8 text", ""),
        (["check", "small.arch", "--net", "small"], "no network is named `small`", "did you mean `Small`?"),
        (["check", "more", "--net", "Pair.Wied"], "no network is named `Pair.Wied`", "`Pair.Wide`"),
        (["check", "small.arch", "--set", "width"], "`--set width` sets nothing", "--set classes=10"),
        (["check", "small.arch", "--set", "wdth=3"], "wdth", ""),
        (["check", "small.arch", "--set", "width=(3"], "width", ""),
        (["check", "small.arch", "--frmat", "json"], "--frmat", "archdsl check --help"),
        (["chek"], "chek", "archdsl --help"),
        (["explain", "E999"], "no diagnostic has the code `E999`", ""),
        (["draw", "more/pair.arch", "--format", "dot"], "Pair.Thin, Pair.Wide", "--net Pair.Thin"),
        (["draw", "more/pair.arch", "--style", "volumes"], "shows one network, not 2", "--"),
        (["draw", "small.arch", "--image", "no.png"], "cannot read `no.png`", ""),
        (["draw", "small.arch", "-o", "small.gif"], "`small.gif` does not say", ".svg"),
        (["compile", "small.arch", "-o", "no/where.py"], "there is no folder `no`", "mkdir -p no"),
        (["compile", "small.arch", "-o", "more"], "`more` is a folder", "name a file in it"),
        (["compile", "small.arch", "-o", "small.arch"], "`small.arch` is a spec", "another name"),
        (["draw", "small.arch", "-o", "new.arch", "--format", "svg"], "`new.arch` is a spec", "another name"),
        (["compile", "library.arch"], "no network in library.arch", "net NAME"),
    ],
)
def test_a_wrong_call_is_refused_with_a_remedy(
    folder: Path, capsys: Captured, call: list[str], message: str, remedy: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "picture.arch").write_bytes(b"\x89PNG\xff\xfe")
    (folder / "library.arch").write_text("block twice(c) { conv(c, 3) * 2 }\n")
    assert main(call) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    assert remedy in "".join(lines[1:])


def test_no_command_shows_the_help(capsys: Captured) -> None:
    assert main([]) == 2
    assert "compile" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag: str, capsys: Captured) -> None:
    assert main([flag]) == 0
    assert "check" in capsys.readouterr().out
    for command in ("check", "table", "draw", "compile", "explain", "weights"):
        assert main([command, flag]) == 0


def test_version(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"archdsl {__version__}\n"


# --- table, draw, compile, explain -----------------------------------------------------------------


def test_a_network_that_is_not_as_expected_is_shown_all_the_same(folder: Path, capsys: Captured) -> None:
    spec = "net N {\n    input x: 3 x 8 x 8\n    conv(4, 3)\n    expect params == 1\n}\n"
    (folder / "unexpected.arch").write_text(spec)
    assert main(["table", "unexpected.arch"]) == 1
    out, err = capsys.readouterr()
    assert "3x3 conv, 4" in out
    assert "E501" in err
    assert main(["compile", "unexpected.arch", "-o", "{net}.py"]) == 1
    assert "nn.Conv2d(3, 4, 3)" in (folder / "N.py").read_text()


def test_a_table_goes_to_standard_output_or_to_a_file(folder: Path, capsys: Captured) -> None:
    assert main(["table", "small.arch", "--format", "csv"]) == 0
    printed = capsys.readouterr().out
    assert main(["table", "small.arch", "--format", "csv", "-o", "small.csv"]) == 0
    assert capsys.readouterr().out == ""
    assert (folder / "small.csv").read_text() == printed
    assert "conv" in printed


def test_a_wrong_spec_gives_no_output(wrong: Path, capsys: Captured) -> None:
    (wrong / "net.py").write_text("# precious\n")
    for call in (["table", "wrong.arch"], ["compile", "wrong.arch", "-o", "net.py"]):
        assert main(call) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("error[E302]")
    assert (wrong / "net.py").read_text() == "# precious\n"


def test_a_wrong_spec_is_drawn_as_far_as_it_goes(wrong: Path, capsys: Captured) -> None:
    assert main(["draw", "wrong.arch"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("<svg")
    assert err.startswith("error[E302]")


def test_several_networks_are_drawn_side_by_side(folder: Path, capsys: Captured) -> None:
    assert main(["draw", "more/pair.arch"]) == 0
    out = capsys.readouterr().out
    assert "Pair.Thin" in out
    assert "Pair.Wide" in out


@pytest.mark.parametrize("ending", ["svg", "pdf", "png", "tex", "dot", "mmd", "html"])
def test_a_drawing_in_every_format(folder: Path, ending: str) -> None:
    begins = {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG", "tex": b"%", "dot": b"digraph"}
    assert main(["draw", "small.arch", "-o", f"small.{ending}"]) == 0
    assert (folder / f"small.{ending}").read_bytes().startswith(begins.get(ending, b""))


def test_a_drawing(folder: Path, capsys: Captured) -> None:
    assert main(["draw", "small.arch", "-o", "small.dot"]) == 0
    assert (folder / "small.dot").read_text().startswith("digraph")
    assert main(["draw", "small.arch", "--format", "dot"]) == 0
    assert capsys.readouterr().out == (folder / "small.dot").read_text()
    assert main(["draw", "more/pair.arch", "-o", "{net}.dot"]) == 0
    assert sorted(path.name for path in folder.glob("Pair*")) == ["Pair.Thin.dot", "Pair.Wide.dot"]


def test_compiled_source_is_python(folder: Path, capsys: Captured) -> None:
    assert main(["compile", "small.arch"]) == 0
    printed = capsys.readouterr().out
    compile(printed, "small.py", "exec")
    assert main(["compile", "small.arch", "-o", "small.py"]) == 0
    assert (folder / "small.py").read_text() == printed
    assert not list(folder.glob(".*.part"))


def test_compiled_source_is_compared_with_torch(folder: Path, capsys: Captured) -> None:
    assert main(["compile", "small.arch", "--check", "-o", "small.py"]) == 0
    assert "Small: PyTorch agrees: 112 params" in capsys.readouterr().err


def test_explain(capsys: Captured) -> None:
    assert main(["explain", "e301"]) == 0
    assert "The branches of a merge do not fit together." in capsys.readouterr().out
    assert main(["explain"]) == 0
    assert any(line.startswith("E302  A size becomes zero") for line in capsys.readouterr().out.splitlines())


# --- terminals, pipes, signals ---------------------------------------------------------------------


def run(*call: str, **more: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(
        [sys.executable, "-m", "archdsl", *call],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **more,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour(wrong: Path, environment: dict[str, str], coloured: bool) -> None:
    done = run("check", "wrong.arch", cwd=wrong, env=environment)
    assert done.returncode == 1
    assert ("\x1b[" in done.stdout) == coloured


def test_a_terminal_without_the_marks_is_no_reason_to_fail(wrong: Path) -> None:
    (wrong / "wrong.arch").write_text(WRONG.replace("conv", "# 卷积 ✓\n    conv"))
    done = run("check", "wrong.arch", cwd=wrong, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_reader_that_leaves_ends_the_call_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "archdsl", "check", VGG, "--format", "json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no full device")
def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archdsl", "check", VGG],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: cannot write")
    assert done.stderr.count(b"\n") == 1


def test_an_interrupt_leaves_no_half_written_file(folder: Path) -> None:
    lines = "    conv(3, 3, padding = same)\n" * 100_000
    os.mkfifo(folder / "long.arch")
    (folder / "long.csv").write_text("precious")
    with subprocess.Popen(
        [sys.executable, "-m", "archdsl", "table", "long.arch", "--format", "csv", "-o", "long.csv"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    ) as process:
        # the pipe opens when the call has come to reading its spec, which then keeps it busy
        (folder / "long.arch").write_text(f"net Long {{\n    input x: 3 x 8 x 8\n{lines}}}\n")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
    assert process.returncode == 130
    assert "Traceback" not in complaint
    assert (folder / "long.csv").read_text() == "precious"
    assert not list(folder.glob(".*.part"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--style", "volumes", "--depth", "1"], "`depth` means nothing to volumes"),
        (["--style", "columns", "--direction", "right"], "`direction` means nothing to columns"),
        (["--style", "blocks", "--open", "nothing"], "no block `nothing`"),
        (["--format", "mermaid", "--theme", "dark"], "`theme` means nothing to mermaid"),
        (["--format", "html", "--style", "columns"], "`style` means nothing to html"),
        (["--format", "dot", "--page", "a4"], "`page` means nothing to dot"),
        (["--format", "tikz", "--theme", "auto"], "which tikz cannot"),
        (["--page", "a4", "--scale", "2"], "cannot be scaled"),
        (["--page", "huge"], "huge"),
    ],
)
def test_no_option_is_ignored_without_a_word(
    folder: Path, capsys: Captured, options: list[str], says: str
) -> None:
    assert main(["draw", "small.arch", *options]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert "help: " in err


def test_a_wrong_spec_has_a_page_too(wrong: Path) -> None:
    assert main(["draw", "wrong.arch", "-o", "wrong.html"]) == 1
    assert '"wrong":[{"name":"Wrong"' in (wrong / "wrong.html").read_text("utf-8")
