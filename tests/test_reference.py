"""The reference pages: complete, up to date, and true in their examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archdsl.ops.contract import Op
from archdsl.outputs import reference
from archdsl.pipeline import analyse
from archdsl.sizes import show
from archdsl.source import Source

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


@pytest.mark.parametrize("name", reference.pages())
def test_a_page_is_up_to_date(name: str) -> None:
    page = FOLDER / name
    assert page.exists() and page.read_text("utf-8") == reference.pages()[name], (
        "run `python -m archdsl.outputs.reference docs/reference`"
    )


def test_no_page_is_left_over() -> None:
    assert {page.name for page in FOLDER.iterdir()} == set(reference.pages())


def test_pages_are_written_to_a_folder(tmp_path: Path) -> None:
    reference.main(str(tmp_path / "new"))
    written = {page.name: page.read_text("utf-8") for page in (tmp_path / "new").iterdir()}
    assert written == reference.pages()


def test_an_operator_says_what_it_takes_makes_and_refuses() -> None:
    page = reference.operators_page()
    text = page[page.index("### `conv(") : page.index("### `conv_transpose(")]
    assert "### `conv(out, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true)`" in text
    assert "- `out`: channels produced; a whole number, at least 1\n" in text
    assert "Source: LeCun et al." in text
    assert "`conv(8, 3)` makes 8 x 7 x 9 of 3 x 9 x 11, with 224 parameters and 13,608 mul" in text
    assert "PyTorch: `nn.Conv1d`, `nn.Conv2d`, `nn.Conv3d`." in text
    assert "[E302](diagnostics.md#e302)" in text


@pytest.mark.parametrize("op", reference.operators(), ids=lambda op: op.name)
def test_every_refusal_leads_to_a_diagnostic(op: type[Op]) -> None:
    page, known = reference.operators_page(), reference.diagnostics()
    start = page.index(f"### `{reference.signature(op)}`\n")
    text = page[start : page.find("\n### ", start) if "\n### " in page[start:] else None]
    linked = re.findall(r"\[(E\d+)\]\(diagnostics\.md#(e\d+)\)", text)
    assert [code for code, _ in linked] == sorted({refusal.code for refusal in op.refused()})
    assert all(code.lower() == anchor and code in known for code, anchor in linked)


@pytest.mark.parametrize("op", reference.operators(), ids=lambda op: op.name)
def test_a_call_is_shown_as_a_spec_has_it(op: type[Op]) -> None:
    """Each sample's call, put into a spec, gives the shapes that the operator says."""
    for made, inputs in op.samples():
        if made.tensors or len(inputs) != 1 or len(made.outputs(*inputs)) != 1 or made.dtypes[0] == "int":
            continue
        text = f"net N {{ input x: {show(inputs[0])}\n x -> {reference.call(made)} -> relu }}"
        analysis = analyse(Source("call.arch", text), str)
        assert not analysis.report.errors, [text, *(each.text for each in analysis.report)]
        (network,) = analysis.networks
        assert network.graph.outputs["output"].shape == made.shape(*inputs)
