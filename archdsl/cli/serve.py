"""A page served to this machine alone, which is told when it has changed.

Promises to listen on the loopback address only, to answer only who knows the address (it holds a token
that nobody can guess) and names this machine as the host, and to serve nothing but the page and its news.
"""

from __future__ import annotations

import os
import secrets
import socketserver
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"

HEARTBEAT = 15.0
"""Seconds after which a silent connection is told that it still is one."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """The page as it is now, and its news; whoever waits for them is woken by the next."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(12)
        self.version = 0
        self.page = b""
        self.news = ""
        self.closed = False
        self._changed = Condition()

    def publish(self, page: bytes, news: str) -> None:
        """Show something else; `page` is to say that it is of version `self.version + 1`."""
        with self._changed:
            self.page, self.news = page, news
            self.version += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of everyone who waits."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def newer(self, than: int) -> tuple[int, str] | None:
        """The news after a version, as soon as there are any; None after a while without."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self.version > than, HEARTBEAT)
            return (self.version, self.news) if self.version > than else None


class Server(ThreadingHTTPServer):
    """Serves a site on a port of the loopback address; 0 means any that is free. Raises OSError."""

    daemon_threads = True
    block_on_close = False
    # elsewhere two servers could then have the same port
    allow_reuse_address = os.name == "posix"

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        super().__init__((HOST, port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/{self.site.token}/"

    def server_bind(self) -> None:
        """As the base does, without asking the network for this machine's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site, asked = self.server.site, urlsplit(self.path)
        if not self._is_for_us():
            self._refuse(HTTPStatus.FORBIDDEN)
        elif asked.path == f"/{site.token}/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", site.page)
        elif asked.path == f"/{site.token}/events":
            self._tell(_number(self.headers.get("Last-Event-ID") or _since(asked.query)))
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _is_for_us(self) -> bool:
        """Whether the browser meant this machine: a foreign name that leads here is no good sign."""
        return self.headers.get("Host") in (f"{HOST}:{self.server.port}", f"localhost:{self.server.port}")

    def _tell(self, version: int) -> None:
        """Everything after a version, as server-sent events, for as long as somebody listens."""
        site = self.server.site
        self.close_connection = True
        self._head(HTTPStatus.OK, "text/event-stream")
        self.end_headers()
        while not site.closed:
            found = site.newer(version)
            if found is None:
                self.wfile.write(b":\n\n")
            else:
                version, news = found
                self.wfile.write(f"id: {version}\ndata: {news}\n\n".encode())
            self.wfile.flush()

    def _refuse(self, status: HTTPStatus) -> None:
        self._answer(status, "text/plain; charset=utf-8", f"{status.phrase}\n".encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self._head(status, kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in _HEADERS.items():
            self.send_header(name, value)

    def version_string(self) -> str:
        return "archdsl"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are nobody's business."""


def _since(query: str) -> str:
    return parse_qs(query).get("since", ["0"])[-1]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
