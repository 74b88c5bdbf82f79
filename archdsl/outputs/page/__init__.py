"""Drawings that can be opened and closed: one page, self-contained, for any browser.

Assumes sound networks. `tree` has every part, `data` writes it all down with the `tables` of what is
shared, `embed` puts it into the page with its script. The script is built from the folder `page` of the
repository: `npm ci && npm run build` there writes `built`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from archdsl.check.model import Checked
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.style import clean
from archdsl.outputs.page.data import document
from archdsl.outputs.page.embed import embedded, encoded
from archdsl.source import Source

__all__ = ["news", "page"]


def page(
    networks: Sequence[Checked],
    title: str | None = None,
    diagnostics: Iterable[Diagnostic] = (),
    sources: Iterable[Source] = (),
    notice: str = "",
    wrong: Mapping[str, bytes] = MappingProxyType({}),
    *,
    live: int | None = None,
) -> bytes:
    """One HTML page with all of the networks, which makes no request.

    `diagnostics` are shown beside the spec; `sources` are texts to show although no network comes from
    them; `notice` says why there is nothing to show; `wrong` has drawings, in svg, of networks that are
    not sound, by their names. A page that is `live` is of that version, and
    listens at `events`, below its own address, for `news` of later ones.
    """
    shown = clean(_title(networks) if title is None else title)
    return embedded(_document(networks, diagnostics, sources, notice, wrong), shown, live=live).encode()


def news(
    networks: Sequence[Checked],
    diagnostics: Iterable[Diagnostic] = (),
    sources: Iterable[Source] = (),
    notice: str = "",
    wrong: Mapping[str, bytes] = MappingProxyType({}),
) -> str:
    """What a live page is told when its spec has changed: the same data, on one line."""
    return encoded(_document(networks, diagnostics, sources, notice, wrong))


def _document(
    networks: Sequence[Checked],
    diagnostics: Iterable[Diagnostic],
    sources: Iterable[Source],
    notice: str,
    wrong: Mapping[str, bytes],
) -> dict[str, Any]:
    pictures = [{"name": clean(name), "picture": drawn.decode()} for name, drawn in wrong.items()]
    return {"notice": clean(notice), "wrong": pictures, **document(networks, diagnostics, sources)}


def _title(networks: Sequence[Checked]) -> str:
    families = list(dict.fromkeys(each.name.partition(".")[0] for each in networks)) or ["archdsl"]
    return families[0] if len(families) == 1 else f"{families[0]} and {len(families) - 1} more"
