"""`archdsl view`: who is served what, what happens on a save, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any
from urllib.parse import urlsplit

import pytest

from archdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent

SOUND = "net Small {\n    input x: 3 x 8 x 8\n    conv(4, 3) -> relu\n}\n"
WRONG = "net Small {\n    input x: 3 x 8 x 8\n    conv(4, 11) -> relu\n}\n"


class Viewer:
    """A running `archdsl view`."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "archdsl", "view", "--no-open", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        self.told = lines(self.process.stderr)
        self.url = self.process.stdout.readline().strip()
        self.host, self.path = urlsplit(self.url).netloc, urlsplit(self.url).path

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)

    def news(self, since: int) -> Iterator[Any]:
        """What the page is told from a version on."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.request("GET", f"{self.path}events?since={since}")
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/event-stream"
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))

    def stop(self) -> tuple[int, str]:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(10)
        rest = []
        while True:
            try:
                rest.append(self.told.get(timeout=0.2))
            except Empty:
                return code, "".join(rest)


def lines(stream: IO[str]) -> Queue[str]:
    """The lines of a stream as they come."""
    queue: Queue[str] = Queue()

    def read() -> None:
        for line in stream:
            queue.put(line)

    Thread(target=read, daemon=True).start()
    return queue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.arch").write_text(SOUND)
    return tmp_path


@pytest.fixture
def viewer(folder: Path) -> Iterator[Viewer]:
    running = Viewer("small.arch", folder=folder)
    yield running
    running.process.kill()
    running.process.wait()


def names(news: Any) -> list[str]:
    return [each["name"] for each in news["networks"]]


# -- who is served what -----------------------------------------------------------------------------


def test_the_page_is_served_at_its_address_and_nothing_else_anywhere(viewer: Viewer) -> None:
    status, body, headers = viewer.ask(viewer.path)
    assert status == 200 and b"<!doctype html>" in body and b'"live":1' in body
    assert (
        headers["Cache-Control"] == "no-store"
        and "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    )
    others = (
        "/",
        "/events",
        "/favicon.ico",
        viewer.path + "x",
        viewer.path[:-1],
        "/small.arch",
        "/../small.arch",
    )
    assert [viewer.ask(path)[0] for path in others] == [404] * len(others)
    assert viewer.ask(viewer.path, "POST")[0] == 501


def test_the_address_cannot_be_guessed(folder: Path, viewer: Viewer) -> None:
    other = Viewer("small.arch", folder=folder)
    assert other.path != viewer.path and len(other.path) > 16
    other.stop()


def test_another_host_s_name_is_refused(viewer: Viewer) -> None:
    port = viewer.host.partition(":")[2]
    assert viewer.ask(viewer.path, Host=f"localhost:{port}")[0] == 200
    for host in (f"evil.example:{port}", "evil.example", f"127.0.0.1.evil.example:{port}", ""):
        assert viewer.ask(viewer.path, Host=host)[0] == 403
        assert viewer.ask(viewer.path + "events", Host=host)[0] == 403


def test_nobody_else_can_connect(viewer: Viewer) -> None:
    port = int(viewer.host.partition(":")[2])
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    elsewhere = [address for address in addresses if not str(address).startswith("127.")]
    if not elsewhere:
        pytest.skip("this machine has no address but the loopback's")
    with pytest.raises(OSError):
        socket.create_connection((str(elsewhere[0]), port), timeout=2).close()


# -- saving -----------------------------------------------------------------------------------------


def test_a_save_is_told_and_a_mistake_with_its_place(viewer: Viewer, folder: Path) -> None:
    spec, news = folder / "small.arch", viewer.news(since=1)
    spec.write_text(SOUND.replace("conv(4", "conv(16"))
    first = next(news)
    assert names(first) == ["Small"] and "3x3 conv, 16" in {call["label"] for call in first["calls"]}
    spec.write_text(WRONG)
    second = next(news)
    assert names(second) == [] and second["files"][0]["text"] == WRONG
    (error,) = second["diagnostics"]
    assert second["places"][error["place"]][1] == 3
    (wrong,) = second["wrong"]
    assert wrong["name"] == "Small" and "does not fit into a height of 8" in wrong["picture"]
    spec.write_text(SOUND)
    assert names(next(news)) == ["Small"]
    assert "small.arch: redrawn" in viewer.told.get(timeout=5)


def test_who_missed_a_save_is_told_at_once(viewer: Viewer, folder: Path) -> None:
    news = viewer.news(since=1)
    (folder / "small.arch").write_text(SOUND.replace("relu", "tanh"))
    assert names(next(news)) == ["Small"]
    assert "tanh" in {call["op"] for call in next(viewer.news(since=1))["calls"]}


def test_what_is_imported_is_followed_too_even_before_it_is_there(folder: Path) -> None:
    (folder / "main.arch").write_text('import "part.arch"\nnet Main { input x: 3 x 8 x 8; part }\n')
    running = Viewer("main.arch", folder=folder)
    news = running.news(since=1)
    (folder / "part.arch").write_text("block part { conv(4, 3) }\n")
    told = next(news)
    assert names(told) == ["Main"]
    assert {os.path.basename(file["name"]) for file in told["files"]} == {"main.arch", "part.arch"}
    (folder / "part.arch").write_text("block part { conv(8, 3) }\n")
    assert "3x3 conv, 8" in {call["label"] for call in next(news)["calls"]}
    running.stop()


def test_a_file_that_goes_away_is_said_and_comes_back(viewer: Viewer, folder: Path) -> None:
    spec, news = folder / "small.arch", viewer.news(since=1)
    spec.unlink()
    assert "cannot read `small.arch`" in next(news)["notice"]
    spec.write_text(SOUND)
    told = next(news)
    assert names(told) == ["Small"] and not told["notice"]


def test_a_network_that_goes_away_is_said(folder: Path) -> None:
    running = Viewer("small.arch", "--net", "Small", folder=folder)
    news = running.news(since=1)
    (folder / "small.arch").write_text(SOUND.replace("Small", "Large"))
    assert "no network is named `Small`" in next(news)["notice"]
    running.stop()


# -- beginning and end ------------------------------------------------------------------------------


def test_ctrl_c_ends_it_quietly_while_a_page_listens(viewer: Viewer) -> None:
    Thread(target=lambda: list(viewer.news(since=1)), daemon=True).start()
    time.sleep(0.3)
    begun = time.monotonic()
    code, told = viewer.stop()
    assert code == 0 and "Traceback" not in told
    assert time.monotonic() - begun < 3


def test_a_browser_that_goes_away_is_no_event(viewer: Viewer, folder: Path) -> None:
    address = viewer.host.partition(":")
    listening = socket.create_connection((address[0], int(address[2])))
    listening.sendall(f"GET {viewer.path}events?since=0 HTTP/1.1\r\nHost: {viewer.host}\r\n\r\n".encode())
    listening.recv(100)
    listening.close()
    for text in (SOUND + "# one\n", SOUND + "# another\n"):
        (folder / "small.arch").write_text(text)
        time.sleep(0.6)
    assert viewer.ask(viewer.path)[0] == 200
    code, told = viewer.stop()
    assert code == 0 and "Traceback" not in told


def test_a_wrong_spec_is_shown_and_followed_all_the_same(folder: Path) -> None:
    (folder / "small.arch").write_text(WRONG)
    running = Viewer("small.arch", folder=folder)
    status, body, _ = running.ask(running.path)
    assert status == 200 and b'"severity":"error"' in body
    news = running.news(since=1)
    (folder / "small.arch").write_text(SOUND)
    assert names(next(news)) == ["Small"]
    assert running.stop()[0] == 0


def test_a_port_that_is_taken_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["view", "small.arch", "--no-open", "--port", str(port)]) == 2
    told = capfd.readouterr().err
    assert f"port {port} is taken" in told and "leave out `--port`" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no spec is named"),
        (["missing.arch"], "cannot read `missing.arch`"),
        (["."], "`.` is a folder"),
        (["small.arch", "--net", "Smal"], "did you mean `Small`"),
        (["small.arch", "--set", "width=3"], "--set width"),
        (["small.arch", "--port", "99999"], "99999"),
    ],
)
def test_a_wrong_call_is_refused(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(folder)
    assert main(["view", "--no-open", *arguments]) == 2
    told = capfd.readouterr().err
    assert words in told and not re.search(r"Traceback|line \d+, in", told)
