"""The page: its data is whole and safe, and it asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.check.model import Checked
from archdsl.diagnostics.style import clean
from archdsl.files import read_spec, reader
from archdsl.outputs.fold import Chain, Leaf, Repeat
from archdsl.outputs.page import news, page
from archdsl.outputs.page.data import document
from archdsl.outputs.page.tree import Copy, items
from archdsl.pipeline import analyse

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.arch"))
BUILT = ROOT / "archdsl" / "outputs" / "page" / "built"

HOSTILE = "</script><script>alert(1)</script><!--\"'\\\n\u202e\u2028 {{script}} &amp; ]]>"

TOWER = """block unit(c) { add { conv(c, 3, padding = same) -> batchnorm; identity }; relu }
net Tower {
    input image: 4 x 8 x 8
    stage: { unit(4) * 3; (conv(4, 1) -> relu -> maxpool(1)) * 2 }
    training output aux: { stage -> flatten -> linear(2) }
    output main: { stage -> conv(2, 1) }
}
"""


def networks(source: str) -> list[Checked]:
    return [each.checked for each in archdsl.loads(source).values()]


def networks_of(path: Path) -> list[Checked]:
    return analyse(read_spec(path), reader(path.parent)).networks


class Page(HTMLParser):
    """What a browser finds in a page: the text of each element that has any, and all attributes."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, dict(attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.append((*self.open[-1], data))

    def elements(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for name, attributes, text in self.texts if name == tag]

    @property
    def data(self) -> Any:
        (text,) = [text for attributes, text in self.elements("script") if attributes.get("id") == "data"]
        return json.loads(text)

    @property
    def policy(self) -> dict[str, str]:
        (content,) = [value for tag, name, value in self.attributes if (tag, name) == ("meta", "content")][:1]
        return {rule.split()[0]: rule for rule in content.split("; ")}


# -- the data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_layer_of_every_spec_is_there_once(path: Path) -> None:
    shown = networks_of(path)
    data = document(shown)
    assert [each["name"] for each in data["networks"]] == [checked.name for checked in shown]
    for checked, network in zip(shown, data["networks"], strict=True):
        found = [layer for item in network["items"] for layer in item.get("layers", ())]
        assert sorted(found) == list(range(len(checked.graph.nodes)))
        assert sum(layer.get("params", 0) for layer in network["layers"]) == checked.metrics.params
        for node, layer in zip(checked.graph.nodes, network["layers"], strict=True):
            assert layer["inputs"] == [[value.node.index, value.port] for value in node.inputs]
            assert data["calls"][layer["call"]]["op"] == node.op.name
            file, line, column, *_ = data["places"][layer["place"]]
            assert (line, column) == node.span.source.position(node.span.start)
            assert data["files"][file]["name"] == clean(Path(node.span.source.name).name)


def test_the_items_nest_and_repetitions_have_every_time() -> None:
    (checked,) = networks(TOWER)
    found = items(checked.graph)
    assert all(item.around < number for number, item in enumerate(found))
    repeats = [number for number, item in enumerate(found) if isinstance(item.part, Repeat)]
    assert len(repeats) == 2
    for number in repeats:
        part = found[number].part
        assert isinstance(part, Repeat)
        copies = [at for at, item in enumerate(found) if item.around == number]
        assert [found[at].part.number for at in copies if isinstance(found[at].part, Copy)] == [
            *range(part.times)
        ]
        inside = [[type(item.part) for item in found if item.around == copy] for copy in copies]
        assert inside[0] and all(each == inside[0] for each in inside)
    leaves = [item.part for item in found if isinstance(item.part, Leaf | Chain)]
    assert [leaf.start for leaf in leaves] == sorted(leaf.start for leaf in leaves)


def test_the_way_to_a_layer_goes_through_its_blocks() -> None:
    (checked,) = networks(TOWER)
    data = document([checked])
    (layer,) = [
        each for each in data["networks"][0]["layers"] if each["name"] == "conv1" and each["scope"] == 2
    ]
    texts, at = [], layer["way"]
    while at is not None:
        texts.append(data["ways"][at]["text"])
        at = data["ways"][at]["outer"]
    assert any(text == "unit" for text in texts)


def test_the_same_networks_give_the_same_bytes_in_another_process() -> None:
    program = (
        "import sys, hashlib, archdsl; from archdsl.outputs.page import page;"
        "nets = archdsl.load('specs/googlenet.arch');"
        "print(hashlib.sha256(page([each.checked for each in nets.values()])).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_a_page_is_small() -> None:
    whole = networks_of(ROOT / "specs" / "resnet.arch")
    (deep,) = [each for each in whole if each.name == "ResNet.152"]
    assert len(page([])) < 1_000_000
    assert len(page([deep])) - len(page([])) < 300_000


# -- what cannot happen -----------------------------------------------------------------------------


def hostile() -> Checked:
    """A network in which every text that can be is hostile."""
    (checked,) = networks(TOWER)
    graph = checked.graph
    graph.name = graph.doc = HOSTILE
    for node in graph.nodes:
        node.name = HOSTILE
    for scope in graph.scopes:
        scope.name = scope.definition = HOSTILE
        scope.arguments = {HOSTILE: HOSTILE}
    graph.outputs = dict.fromkeys([HOSTILE], *graph.outputs.values())
    return checked


def test_hostile_names_end_no_element_and_arrive_as_they_are() -> None:
    checked = hostile()
    made = Page(page([checked], HOSTILE))
    plain = Page(page(networks(TOWER), "Tower"))
    assert [tag for tag, *_ in made.texts] == [tag for tag, *_ in plain.texts]
    assert len(made.attributes) == len(plain.attributes)
    ((_, title),) = made.elements("title")
    assert title == clean(HOSTILE)
    network = made.data["networks"][0]
    assert network["name"] == clean(HOSTILE)
    assert {layer["name"] for layer in network["layers"]} == {clean(HOSTILE)}
    assert "alert(1)" in network["about"] and "\u202e" not in network["about"]


def test_the_hostile_text_of_a_spec_is_shown_with_marks_that_keep_places_right() -> None:
    source = f'"""{HOSTILE.replace(chr(92), "")}"""\n{TOWER}'
    (checked,) = networks(source)
    data = Page(page([checked])).data
    (file,) = data["files"]
    assert len(file["text"]) == len(source) and "\u202e" not in file["text"]
    line = data["places"][data["networks"][0]["place"]][1]
    assert file["text"].splitlines()[line - 1].startswith("net Tower")


def test_the_policy_allows_this_script_and_this_style_and_no_connection() -> None:
    made = Page(page(networks(TOWER)))
    ((_, script),) = [each for each in made.elements("script") if each[0].get("id") is None]
    ((_, style),) = made.elements("style")
    for rule, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in made.policy[rule]
    assert made.policy["default-src"] == "default-src 'none'"
    assert not {"connect-src", "font-src", "frame-src"} & made.policy.keys()
    assert "unsafe-inline" not in str(made.policy) and "'unsafe-eval'" not in str(made.policy)
    live = Page(page(networks(TOWER), live=1))
    assert live.policy["connect-src"] == "connect-src 'self'"


def test_nothing_in_the_page_points_elsewhere() -> None:
    made = Page(page(networks(TOWER)))
    links = [value for _, name, value in made.attributes if name in ("src", "href", "action", "srcset")]
    assert links == ["data:,"]
    assert not [name for _, name, _ in made.attributes if name.startswith("on") or name == "style"]
    style = "".join(text for _, text in made.elements("style"))
    assert "url(" not in style.replace("url(#head)", "") and "@import" not in style
    names = set(re.findall(rb"https?://[^\"'`<> )]*", page(networks(TOWER))))
    assert all(name.startswith(b"http://www.w3.org/") for name in names)


def test_news_are_one_line_that_says_what_a_page_would() -> None:
    (checked,) = networks(TOWER)
    text = news([checked], notice="gone")
    assert "\n" not in text
    told, shown = json.loads(text), Page(page([checked], notice="gone")).data
    assert told == {key: value for key, value in shown.items() if key not in ("title", "live")}


def test_diagnostics_have_their_places_and_remedies() -> None:
    path = ROOT / "wrong.arch"
    analysis = analyse(
        archdsl.source.Source(str(path), "net N {\n    input x: 3 x 8 x 8\n    conv(4, 11)\n}\n"), reader(".")
    )
    data = Page(page([], "N", analysis.report, [analysis.source])).data
    (told,) = data["diagnostics"]
    (expected,) = analysis.report.errors
    assert told["message"] == clean(expected.text) and told["code"] == expected.code
    assert data["places"][told["place"]][1] == 3
    assert told["hints"] == list(expected.hints)
    assert data["files"][0]["text"].splitlines()[2].strip() == "conv(4, 11)"


# -- the bundle -------------------------------------------------------------------------------------


def test_the_bundle_comes_with_its_licences() -> None:
    text = (BUILT / "LICENSES.txt").read_text("utf-8")
    for name in ("@hpcc-js/wasm-graphviz", "d3-zoom", "d3-selection", "Graphviz (EPL-2.0)", "Expat", "fzstd"):
        assert name in text
    assert "Eclipse Public License - v 2.0" in text and "gitlab.com/graphviz" in text


def test_the_bundle_is_what_its_sources_make() -> None:
    folder = ROOT / "page"
    if not shutil.which("node"):
        pytest.skip("there is no node to build the page with")
    if not (folder / "node_modules").is_dir():
        pytest.skip("the page's tools are not installed: npm ci in the folder `page`")
    done = subprocess.run(
        ["node", "build.mjs", "--check"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_where_a_spec_lies_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "blocks.arch").write_text("block twice(c) { conv(c, 1); conv(c, 1) }\n")
    (tmp_path / "net.arch").write_text('import "parts/blocks.arch"\nnet N { input x: 3 x 8 x 8; twice(4) }\n')
    made = page([net.checked for net in archdsl.load(tmp_path / "net.arch").values()]).decode()
    assert str(tmp_path) not in made
    assert "parts/blocks.arch" in made
