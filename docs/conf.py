"""How the documentation is built: `sphinx-build -W docs docs/_build/html`."""

from pathlib import Path

from archdsl import __version__
from archdsl.outputs import reference

project = "archdsl"
author = "The archdsl authors"
copyright = "2026, the archdsl authors"
version = release = __version__

extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"archdsl {version}"
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]

# the reference is written anew from the classes that it describes
_folder = Path(__file__).parent / "reference"
_folder.mkdir(exist_ok=True)
(_folder / "operators.md").write_text(reference.operators_page(), "utf-8")
(_folder / "metrics.md").write_text(reference.metrics_page(), "utf-8")
(_folder / "diagnostics.md").write_text(reference.diagnostics_page(), "utf-8")
