"""The house keeps its rules: data flows one way, the start is quick, and everything is documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archdsl.outputs import reference

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "archdsl"

FLOOR = {
    name: floor
    for floor, names in enumerate(
        [
            ["source", "sizes", "grammar"],
            ["diagnostics"],
            ["syntax"],
            ["ops"],
            ["graph"],
            ["check"],
            ["weights"],
            ["outputs"],
            ["pipeline"],
            ["files"],
            ["spec"],
            ["cli"],
            ["__init__", "__main__"],
        ]
    )
    for name in names
}
"""Which stage stands on which floor; imports go down only."""

MOST_LINES = 450

MODULES = sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def floor_of(path: Path) -> int:
    return FLOOR[path.relative_to(PACKAGE).parts[0].removesuffix(".py")]


def imports(tree: ast.AST, package: str = "archdsl") -> Iterator[str]:
    """Dotted names under a package that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] == package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            yield from (f"{node.module}.{each.name}" for each in node.names)
        assert not isinstance(node, ast.ImportFrom) or node.level == 0, "imports say where from in full"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_down(path: Path) -> None:
    for name in imports(ast.parse(path.read_text("utf-8"))):
        if name == "archdsl.__version__":
            continue
        stage = name.split(".")[1]
        assert FLOOR[stage] <= floor_of(path), f"{named(path)} imports {name}, which stands above it"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_a_small_room_that_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= MOST_LINES
    assert ast.get_docstring(ast.parse(text)) or not text.strip()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_torch_is_imported_by_the_builder_alone(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    if path.is_relative_to(PACKAGE / "outputs" / "torch"):
        outside = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [name for node in outside for name in imports(node, "torch")]
    else:
        assert not list(imports(tree, "torch"))


def test_checking_imports_nothing_heavy() -> None:
    program = (
        "import sys; from archdsl.cli import main; code = main(['check', 'specs/vgg.arch']); "
        "heavy = {'torch', 'numpy', 'networkx', 'rich', 'graphviz', 'jinja2'} & set(sys.modules); "
        "assert not heavy, heavy; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def test_importing_the_package_imports_no_part_of_it() -> None:
    program = (
        "import sys, archdsl; loaded = [name for name in sys.modules if name.startswith('archdsl.')]; "
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_every_name_at_the_root_exists() -> None:
    import archdsl

    for name in archdsl.__all__:
        assert getattr(archdsl, name) is not None
    with pytest.raises(AttributeError):
        archdsl.nothing  # noqa: B018


def test_every_diagnostic_is_in_the_reference() -> None:
    page = reference.diagnostics_page()
    for code, kind in reference.diagnostics().items():
        assert re.fullmatch(r"[AEW]\d{3}", code)
        assert kind.code[0] == kind.severity[0].upper()
        assert f"## {code}\n" in page
        assert kind.explanation() in page


def test_every_operator_is_in_the_reference() -> None:
    page = reference.operators_page()
    for op in reference.operators():
        assert f"### `{reference.signature(op)}`\n" in page
        for argument in op.args:
            assert argument.doc, f"{op.name}: {argument.name} is not explained"
            assert argument.doc in page


def test_the_readme_and_ci_run_the_same_tests() -> None:
    commands = re.findall(r"```sh\n(.+?)\n```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert commands[1] in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
