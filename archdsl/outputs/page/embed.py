"""A page's data, script and style in one file that asks nobody for anything.

Promises that no text of a spec can end the element that it is in, and that the browser runs no script,
applies no style sheet and opens no connection but those that are meant: the policy names them by hash.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from functools import cache
from importlib import resources
from typing import Any

from archdsl.outputs.drawing.themes import DARK, PAPER, Theme


def encoded(data: dict[str, Any]) -> str:
    """Data as JSON on one line, in which nothing can be taken for markup."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def embedded(data: dict[str, Any], title: str, *, live: int | None) -> str:
    """The whole page."""
    script, style = _built("page.js"), colours() + _built("page.css")
    parts = {
        "policy": _policy(script, style, live=live is not None),
        "title": html.escape(title),
        "style": style,
        "data": encoded({"title": title, "live": live, **data}),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _built("page.html"))


def colours() -> str:
    """The themes' paint as variables of a style sheet: light, and dark where that is asked for."""
    light, dark = _variables(PAPER), _variables(DARK)
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    )


def _variables(theme: Theme) -> str:
    return "".join(
        f"--{role.replace(' ', '-')}:{paint.fill};--{role.replace(' ', '-')}-line:{paint.line};"
        for role, paint in theme.paints.items()
    )


def _policy(script: str, style: str, *, live: bool) -> str:
    """What the page may do: run its own script, and with `live` be told of changes."""
    rules = [
        "default-src 'none'",
        f"script-src '{_hash(script)}' 'wasm-unsafe-eval'",
        f"style-src '{_hash(style)}'",
        "img-src data:",
        *(["connect-src 'self'"] if live else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _built(name: str) -> str:
    return (resources.files("archdsl.outputs.page") / "built" / name).read_text("utf-8")
