"""Text for LaTeX: whatever it is, it is set as letters and never as commands."""

from __future__ import annotations

import re

from archdsl.outputs.drawing.render.letters import UNKNOWN, plain

SYMBOL = r"\def\archdslsymbol#1{{\usefont{U}{psy}{m}{n}\symbol{#1}}}"
"""What texts need: a letter of Adobe's font Symbol, which goes with Helvetica, by its number."""

_SYMBOLS: dict[str, int] = {
    **dict(zip("αβχδεφγηικλμνπθρστυωξψζςΓΔΘΛΞΠΣΥΦΨΩ", b"abcdefghiklmnpqrstuwxyzVGDQLXPSUFYW", strict=True)),
    **dict(zip("←↑→↓≤≥≠≈≡∞", (172, 173, 174, 175, 163, 179, 185, 187, 186, 165), strict=True)),
    **dict(zip("∂∏∑√−∗∝∈⊗⊕", (182, 213, 229, 214, 45, 42, 181, 206, 196, 197), strict=True)),
}

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\`{}",
    "'": r"\textquotesingle{}",
    "×": r"\texttimes{}",
    "÷": r"\textdiv{}",
    "±": r"\textpm{}",
    "·": r"\textperiodcentered{}",
    "•": r"\textbullet{}",
    "°": r"\textdegree{}",
    "µ": r"\textmu{}",
    "¹": r"\textonesuperior{}",
    "²": r"\texttwosuperior{}",
    "³": r"\textthreesuperior{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": "...",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    **{letter: rf"\textsuperscript{{{digit}}}" for digit, letter in zip("0456789", "⁰⁴⁵⁶⁷⁸⁹", strict=True)},
    **{letter: rf"\textsubscript{{{digit}}}" for digit, letter in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{letter: rf"\archdslsymbol{{{code}}}" for letter, code in _SYMBOLS.items()},
    "\0": "{}",
    UNKNOWN: "?",
}

_AS_THEY_ARE = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŊŋŐőŒœŔŕŘřŚś"
    "ŞşŠšŢţŤťŮůŰűŸŹźŻżŽž¡¿£§«»"
)
"""Letters that every LaTeX since 2018 has in its fonts of encoding T1."""

_JOINED = re.compile(r"(?<=[-,])(?=[-,])")
"""Between signs that LaTeX would make one of: two hyphens, for example, a dash."""


def latex(text: str) -> str:
    """The text as one line of LaTeX; a letter that it has not is a question mark."""
    return "".join(map(_letter, _JOINED.sub("\0", plain(text))))


def _letter(letter: str) -> str:
    known = letter.isascii() or letter in _AS_THEY_ARE
    return _SPECIAL.get(letter) or (letter if known else "?")
