"""Text that stays text in Mermaid: all that could be syntax as an entity, which Mermaid decodes last."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80
"""Letters of one line."""

_SPECIAL = re.compile(r"[^\w ,×·…–—-]|(?<!\w)[_-]|[_-](?!\w)|--|ﬂ")
"""What could be syntax, of Mermaid, of HTML or of the Markdown that labels may have.

A hyphen or an underscore within a word is none, and names are easier to read with them.
"""

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Kinds of characters that steer what stands around them, or are none."""


def escaped(text: str, longest: int | None = LONGEST) -> str:
    """One line of text, and if it is longer than wanted, its beginning."""
    seen = "".join(letter for letter in " ".join(text.split()) if unicodedata.category(letter) not in _UNSEEN)
    text = seen.strip()
    if longest is not None and len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return _SPECIAL.sub(lambda found: "".join(f"#{ord(letter)};" for letter in found[0]), text)
