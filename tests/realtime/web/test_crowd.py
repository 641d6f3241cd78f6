"""Connections that keep others out, if they are let: silent, slow, half-open, or too many. All over the loopback."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import connect

from realtime.cli import main
from realtime.web import connection_limiter
from tests.realtime.web.conftest import PATIENCE_S, Served

ROOT = Path(__file__).resolve().parents[3]
SILENT = 120
SHORT_S = 1.0
"""In place of the patience of the limiter, where a test waits for its end."""


def knock(port: int) -> socket.socket:
    """A connection that is not used."""
    time.sleep(0.003)  # so that it is accepted: the kernel repeats one that finds no place in the queue only after 1 s
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def is_ended(connection: socket.socket) -> bool:
    """Whether the server ends it, read or not, within the patience of a test."""
    connection.settimeout(PATIENCE_S)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


def head(served: Served, line: str, *more: str) -> bytes:
    lines = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{served.port}", *more, "", ""]
    return "\r\n".join(lines).encode()


def bearer(served: Served) -> str:
    return f"Authorization: Bearer {served.token}"


@pytest.fixture
def crowd(served: Served) -> Iterator[ExitStack]:
    """Silent connections without a token; more can be added."""
    with ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(knock(served.port))
        yield stack


class TestSilentConnections:
    def test_keep_out_neither_page_nor_programs(self, served: Served, crowd: ExitStack) -> None:
        for path in ("/", "/static/page.js"):
            assert served.ask("GET", path, token=None).status == 200
        assert served.ask("GET", "/api/state").status == 200
        assert served.ask("POST", "/api/shutter", {"closed": True}).status == 200
        assert served.session.shutter_closed

    @pytest.mark.usefixtures("crowd")
    def test_keep_out_no_shortcut(self, served: Served) -> None:
        for words in (["shutter", "close"], ["next"], ["stop"], ["page"]):
            assert main(["ctl", *words]) == 0
        assert served.session.shutter_closed
        assert not served.session.running

    @pytest.mark.slow
    def test_end_no_socket_of_the_page(self, served: Served, crowd: ExitStack) -> None:
        headers = {"Authorization": f"Bearer {served.token}"}
        url = f"ws://127.0.0.1:{served.port}/api/events"
        with connect(url, additional_headers=headers, open_timeout=PATIENCE_S) as events:
            for _ in range(SILENT):
                crowd.enter_context(knock(served.port))
            for _ in range(4):
                assert events.recv(timeout=PATIENCE_S)

    def test_are_ended_in_time(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection_limiter, "ANONYMOUS_S", SHORT_S)
        with knock(served.port) as silent:
            assert is_ended(silent)


class TestSlowConnections:
    """Each by itself would hold a connection for ever."""

    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection_limiter, "ANONYMOUS_S", SHORT_S)
        monkeypatch.setattr(connection_limiter, "AUTHENTICATED_S", 2 * SHORT_S)

    @pytest.mark.parametrize("line", ["GET /api/state", "POST /api/login"])
    def test_bytes_that_are_dribbled_are_no_request(self, served: Served, line: str) -> None:
        over = threading.Event()
        with knock(served.port) as slow:
            if line.startswith("POST"):
                slow.sendall(head(served, line, "Content-Length: 60000"))
            else:
                slow.sendall(head(served, line)[:-2])

            def dribble() -> None:
                with contextlib.suppress(OSError):
                    while not over.wait(0.1):
                        slow.sendall(b"a")

            thread = threading.Thread(target=dribble)
            thread.start()
            try:
                assert is_ended(slow)
            finally:
                over.set()
                thread.join()

    @pytest.mark.slow
    def test_an_answer_that_is_not_read_is_not_kept(self, served: Served) -> None:
        """Requests one after the other, and no answer read: the server cannot write any more."""
        with knock(served.port) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.settimeout(0.2)
            asked = 20 * head(served, "GET /static/page.css")

            def ended() -> bool:
                try:
                    deaf.sendall(asked)
                except TimeoutError:
                    return False
                except ConnectionError:
                    return True
                return False

            until(ended)

    def test_a_file_that_is_sent_half_is_not_waited_for(self, served: Served, greenless_home: Path) -> None:
        with knock(served.port) as half:
            half.sendall(head(served, "POST /api/backgrounds?name=a.png", bearer(served), "Content-Length: 1000"))
            half.sendall(b"half")
            assert is_ended(half)
        folder = greenless_home / "backgrounds"
        until(lambda: not folder.is_dir() or list(folder.iterdir()) == [])

    def test_a_websocket_whose_other_end_is_gone_is_ended(self, served: Served) -> None:
        """As of a phone that left the network: it neither reads nor answers a ping."""
        with knock(served.port) as gone, served.flowing(0.02):
            key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
            upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
            gone.sendall(head(served, "GET /api/pictures/preview", bearer(served), *upgrade))
            until(lambda: served.server.broadcast.watching("preview") == 1)
            until(lambda: served.server.broadcast.watching("preview") == 0)

    def test_an_authenticated_connection_that_waits_stays(
        self, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A new network may take long to load."""
        change = served.session.change

        def slowly(tables: dict[str, object]) -> object:
            time.sleep(2.5 * SHORT_S)  # the server looks once a second for connections whose time is over
            return change(tables)

        monkeypatch.setattr(connection_limiter, "AUTHENTICATED_S", SHORT_S)
        monkeypatch.setattr(served.session, "change", slowly)
        assert served.ask("POST", "/api/settings", {"scene": {"background": "none"}}).status == 200


def test_too_many_authenticated_connections_are_refused_and_the_shutter_is_not(
    make_served: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = connection_limiter.Limits(authenticated=4, anonymous=8, anonymous_each=8, at_once=2)
    monkeypatch.setattr(connection_limiter.Limits, "of_this_process", classmethod(lambda cls: limits))
    served = make_served()
    headers = {"Authorization": f"Bearer {served.token}"}
    with ExitStack() as stack:
        for _ in range(limits.authenticated):
            url = f"ws://127.0.0.1:{served.port}/api/events"
            stack.enter_context(connect(url, additional_headers=headers, open_timeout=PATIENCE_S))
        answer = served.ask("GET", "/api/state")
        assert (answer.status, answer.json["error"]) == (503, "too many connections are open")
        if hasattr(socket, "AF_UNIX"):
            assert main(["ctl", "shutter", "close"]) == 0
            assert served.session.shutter_closed


CHILD = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from realtime.web.server import Server
from realtime.settings.schema import ControlSettings
from tests.realtime.web.fake_session import FakeSession, disc

session = FakeSession([disc()])
opened = []
with Server(ControlSettings(port=0)) as server:
    server.serve(session)
    print(server.access.url, flush=True)
    for word in sys.stdin:
        said = session.shutter_closed
        if word == "open what can be opened\\n":
            try:
                while True:
                    opened.append(os.open(os.devnull, os.O_RDONLY))
            except OSError as error:
                said = len(opened)
        print(said, flush=True)
"""


class Child:
    """A server in a process of its own, which may open 256 descriptors."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._said().rpartition(":")[2])

    def ask(self, word: str) -> str:
        assert self._process.stdin is not None
        print(word, file=self._process.stdin, flush=True)
        return self._said()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def child(greenless_home: Path) -> Iterator[Child]:
    if os.name != "posix":
        pytest.skip("Windows has no limit of descriptors")
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Child(process)
        process.kill()


def test_no_number_of_connections_uses_up_the_descriptors(child: Child) -> None:
    """Else the camera could not be opened again, nor a recording be begun."""
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(knock(child.port))
        assert main(["ctl", "next"]) == 0
        assert int(child.ask("open what can be opened")) > 150


def test_the_shutter_closes_though_every_descriptor_is_used_up(child: Child) -> None:
    assert int(child.ask("open what can be opened")) > 100
    for words, closed in ((["close"], "True"), (["open"], "False"), (["toggle"], "True")):
        assert main(["ctl", "shutter", *words]) == 0
        assert child.ask("closed?") == closed
