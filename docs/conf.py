"""How the documentation is built: `sphinx-build -W docs docs/_build/html`.

The pages in reference/ are written by `python -m archdsl.outputs.reference docs/reference`.
"""

from archdsl import __version__

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
