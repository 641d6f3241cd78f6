"""The shutter's own way in: who may use it, and that nothing holds it up."""

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.home import tidy
from realtime.cli import main
from realtime.settings import paths
from realtime.web import access, shutter_socket
from tests.realtime.web.conftest import PATIENCE_S, Served

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")

WAITING = 8
"""Changes that wait, far fewer than the anonymous connections that the server allows at once."""


@pytest.fixture(autouse=True)
def short_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A socket's path has 107 bytes at most, and tests that run side by side have longer ones."""
    with tempfile.TemporaryDirectory(prefix="home") as home:
        monkeypatch.setenv("GREENLESS_HOME", home)
        yield


def dial(served: Served) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(PATIENCE_S)
    client.connect(served.server.access.socket)
    return client


def test_only_its_owner_may_open_it(served: Served) -> None:
    path = Path(served.server.access.socket)
    assert path.parent == paths.instances_folder()
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("closed", "then"), [(True, True), (False, False), (None, True)])
def test_it_closes_opens_and_toggles(served: Served, closed: bool | None, then: bool) -> None:
    assert shutter_socket.ask(served.server.access.socket, closed) is then
    assert served.session.shutter_closed is then


@pytest.mark.parametrize("sent", [b"", b"\n", b"x\n", b"{}\n", b"[1]\n", b'{"closed": 1}\n', b"[" * 4000 + b"\n"])
def test_what_is_no_wish_changes_nothing(served: Served, sent: bytes) -> None:
    with dial(served) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        said = client.recv(4096)
    assert said == b"" or "error" in json.loads(said)
    assert not served.session.shutter_closed
    assert shutter_socket.ask(served.server.access.socket, True) is True


def test_clients_that_say_nothing_delay_it_and_no_more(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutter_socket, "_CLIENT_S", 0.2)
    silent = [dial(served) for _ in range(8)]
    try:
        assert main(["ctl", "shutter", "close"]) == 0
    finally:
        for client in silent:
            client.close()
    assert served.session.shutter_closed


def test_an_error_is_said_and_the_next_client_is_served(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(served.session, "shutter", lambda closed: 1 / 0)
        assert main(["ctl", "shutter", "close"]) == 2
    assert main(["ctl", "shutter", "close"]) == 0


@pytest.fixture
def stuck(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server with a change that never ends, and more that wait for it."""
    over = threading.Event()
    began: list[None] = []

    def never(tables: object) -> None:
        began.append(None)
        over.wait(PATIENCE_S)

    monkeypatch.setattr(served.session, "change", never)
    asking = [
        threading.Thread(target=served.ask, args=["POST", "/api/settings", {"source": "sample"}])
        for _ in range(1 + WAITING)
    ]
    for thread in asking:
        thread.start()
        while not began:
            threading.Event().wait(0.02)
    yield served
    over.set()
    for thread in asking:
        thread.join()


def test_changes_that_never_end_do_not_hold_it_up(stuck: Served) -> None:
    assert main(["ctl", "shutter", "close"]) == 0
    assert stuck.session.shutter_closed


def test_a_path_that_is_too_long_is_stood_elsewhere(
    make_served: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLESS_HOME", str(tmp_path / ("long" * 40)))
    served = make_served()
    path = Path(served.server.access.socket)
    assert path.is_socket()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert main(["ctl", "shutter", "close"]) == 0
    assert served.session.shutter_closed
    served.server.close()
    assert not path.exists()
    tidy()  # as at the end of the process
    assert not path.parent.exists()


def test_without_one_the_server_is_asked(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutter_socket, "ask", lambda *_: pytest.fail("there is none"))
    with access.served("1-1", served.url):  # as on a system without Unix sockets
        assert main(["ctl", "shutter", "close"]) == 0
    assert served.session.shutter_closed


def test_a_wish_that_was_taken_and_not_answered_is_not_said_twice(served: Served, tmp_path: Path) -> None:
    """To turn it over twice would open it again."""
    path = str(tmp_path / "mute")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.bind(path)
        mute.listen()
        taking = threading.Thread(target=lambda: mute.accept()[0].close())
        taking.start()
        with access.served("1-1", served.url, path):
            assert main(["ctl", "shutter"]) == 2
        taking.join()
    assert not served.session.shutter_closed


def test_one_that_was_killed_hides_no_other_and_leaves_nothing(served: Served) -> None:
    folder = paths.instances_folder()
    script = (
        "import os, socket\n"
        "from realtime.web import access\n"
        f"path = {str(folder)!r} + f'/{{os.getpid()}}-1.sock'\n"
        "socket.socket(socket.AF_UNIX).bind(path)\n"
        "with access.served(f'{os.getpid()}-1', 'http://127.0.0.1:9', path):\n"
        "    print(os.getpid(), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    own = set(folder.iterdir())
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ)
    assert {path.name for path in set(folder.iterdir()) - own} == {
        f"{int(done.stdout)}-1.{kind}" for kind in ("lock", "json", "sock")
    }
    assert main(["ctl", "shutter", "close"]) == 0
    assert served.session.shutter_closed
    assert set(folder.iterdir()) == own


def test_it_ends_with_the_server(served: Served) -> None:
    path = served.server.access.socket
    served.server.close()
    assert not Path(path).exists()
    assert shutter_socket.ask(path, True) is None
    served.server.close()
