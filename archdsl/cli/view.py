"""`archdsl view`: the page of a spec in a browser, redrawn whenever the spec is saved."""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from archdsl.cli.calls import SOUND, CallError, net_options, paint_for, put, tell

if TYPE_CHECKING:
    from threading import Event

    from archdsl.cli.serve import Server, Site
    from archdsl.cli.watch import Look, Watched

INTERVAL = 0.2
"""Seconds between two looks at the files."""


@click.command(short_help="Show a spec in a browser, redrawn when it is saved.")
@click.argument("path", required=False, metavar="PATH")
@net_options
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen; by default any free port.")
@click.option("--open/--no-open", "opens", default=True, help="Whether to open the page in the browser.")
def view(
    path: str | None, nets: tuple[str, ...], settings: dict[str, str], port: int | None, opens: bool
) -> int:
    """Show the networks of a spec as a page whose blocks open and close, and redraw it on every save.

    Mistakes are shown beside the text, and the last sound drawing stays. The page is served to this
    machine alone, at an address that nobody can guess. Ctrl-C stops it.
    """
    from archdsl.cli.serve import Server, Site
    from archdsl.cli.watch import Watched

    if path is None:
        raise CallError("no spec is named", "name one, as in `archdsl view vgg.arch`")
    if os.path.isdir(path):
        raise CallError(f"`{path}` is a folder", "name a spec in it")
    gc.enable()  # unlike other calls this one lasts, and every save leaves a whole analysis behind
    watched, site = Watched(path, nets, settings), Site()
    _publish(site, watched.look(), path)
    try:
        server = Server(site, port or 0)
    except OSError as problem:
        raise _no_port(problem, port) from None
    put(f"{server.url}\nshows {path} and follows it; Ctrl-C stops")
    _serve(server, watched, opens)
    return SOUND


def _serve(server: Server, watched: Watched, opens: bool) -> None:
    """Until Ctrl-C."""
    from threading import Event, Thread

    stopped = Event()
    Thread(target=_follow, args=(server.site, watched, stopped), daemon=True).start()
    if opens and _has_screen():
        import webbrowser

        Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        stopped.set()
        server.site.close()
        server.server_close()


def _follow(site: Site, watched: Watched, stopped: Event) -> None:
    """Publish anew whenever a file has changed."""
    while not stopped.wait(INTERVAL):
        if watched.changed():
            _publish(site, watched.look_again(), watched.path)


def _publish(site: Site, look: Look, path: str) -> None:
    from archdsl.diagnostics.terminal import brief
    from archdsl.outputs.page import news, page

    errors = [each for each in look.diagnostics if each.severity == "error"]
    paint = paint_for(sys.stderr)
    if look.notice:
        tell(f"{paint('error', 'error')}: {look.notice}")
    elif errors:
        tell(brief(errors, paint))
    elif site.version:
        tell(f"{path}: redrawn")
    told = look.diagnostics, look.sources, look.notice, _drawn(look)
    title = os.path.basename(path)
    site.publish(page(look.networks, title, *told, live=site.version + 1), news(look.networks, *told))


def _drawn(look: Look) -> dict[str, bytes]:
    """The networks that are wrong, as far as they go."""
    from archdsl.outputs.drawing import CannotDraw, draw
    from archdsl.outputs.drawing.faults import faulty

    drawn = {}
    for broken in look.broken:
        with suppress(CannotDraw):
            drawn[broken.name] = draw(faulty(broken), theme="auto").data
    return drawn


def _has_screen() -> bool:
    """Whether a browser would have a window; one in the terminal itself would be in the way."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _no_port(problem: OSError, port: int | None) -> CallError:
    remedy = "leave out `--port`, or choose another"
    if problem.errno == errno.EADDRINUSE:
        return CallError(f"port {port} is taken", remedy)
    if problem.errno == errno.EACCES:
        return CallError(f"port {port} may not be used", "choose one above 1023, or leave out `--port`")
    return CallError(f"cannot listen: {problem.strerror or problem}", remedy if port else "")
