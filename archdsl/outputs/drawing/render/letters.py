"""Text from a user, made fit for any format."""

from __future__ import annotations

import unicodedata

UNKNOWN = "\ufffd"
"""What stands for a character that no format may hold."""


def plain(text: str) -> str:
    """One line of visible characters.

    Line ends and other blanks are a space; marks that only steer, such as those that turn the order of
    letters, are left out; controls and halves of characters show as unknown.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, unicodedata.normalize("NFC", text)))
    return " ".join(text.split())


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    category = unicodedata.category(letter)
    if category == "Cf":
        return ""
    return UNKNOWN if category in ("Cc", "Cs", "Cn", "Co") else letter


def number(value: float) -> str:
    """A number with at most two decimals, and no zeros that say nothing."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def numbers(*values: float) -> str:
    """Numbers with spaces between them."""
    return " ".join(map(number, values))
