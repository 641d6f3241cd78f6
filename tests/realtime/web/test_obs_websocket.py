"""What listens where OBS is expected, and is silent, hostile or another program."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from realtime.errors import ControlError
from realtime.web import obs_websocket
from tests.realtime.commands.fake_obs import FakeObs, Listening

LONG_S, SHORT_S = 120, 1
"""A time limit that no test waits for, and one that a test waits for."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time limit ends, unless a test sets a shorter one: the machine may have much else to do."""
    monkeypatch.setattr(obs_websocket, "_GREETING_S", LONG_S)
    monkeypatch.setattr(obs_websocket, "_ANSWER_S", LONG_S)


def error_of(url: str) -> str:
    """Ask what listens there for its scenes; return the error."""
    with pytest.raises(ControlError) as raised, obs_websocket.opened(url, "") as ask:
        ask("GetSceneList")
    return str(raised.value)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:99999", "http://127.0.0.1:9", "nonsense", ""])
def test_what_is_no_address_is_an_error(url: str) -> None:
    assert f"expected an address of obs-websocket like ws://127.0.0.1:4455, got {url!r}" in error_of(url)


def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "socks_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fake = FakeObs()
    try:
        with obs_websocket.opened(fake.url, "") as ask:
            assert ask("GetSceneList")["currentProgramSceneName"] == "Scene"
    finally:
        fake.close()


def hangs(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        connection.recv()


def hangs_later(connection: ServerConnection) -> None:
    connection.send(json.dumps({"op": 0, "d": {"rpcVersion": 1}}))
    connection.recv()
    connection.send(json.dumps({"op": 2, "d": {}}))
    for _ in connection:
        pass


@pytest.mark.parametrize(
    ("talk", "limit", "said"),
    [
        (hangs, "_GREETING_S", "OBS does not answer at ws://"),
        (hangs_later, "_ANSWER_S", "OBS does not answer at ws://"),
        (lambda there: there.send("welcome"), "", "the program that answers is not OBS"),
        (lambda there: there.send("[1]"), "", "the program that answers is not OBS"),
        (lambda there: there.close(1000, ""), "", "OBS closed the connection: status 1000"),
        (lambda there: there.close(4011, "Over\x1b[2J"), "", "OBS closed the connection: Over\\x1b[2J"),
        (lambda there: there.socket.shutdown(socket.SHUT_RDWR), "", "OBS closed the connection: it ended"),
    ],
)
def test_another_server_and_a_silent_one_are_errors(
    monkeypatch: pytest.MonkeyPatch, talk: Callable[[ServerConnection], None], limit: str, said: str
) -> None:
    if limit:
        monkeypatch.setattr(obs_websocket, limit, SHORT_S)
    server = Listening(talk)
    try:
        assert said in error_of(server.url)
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"", "OBS does not answer at ws://"), (b"HTTP/1.0 404 Not Found\r\n\r\n", "the program that answers is not OBS")],
)
def test_what_is_no_websocket_server_is_an_error(monkeypatch: pytest.MonkeyPatch, answer: bytes, said: str) -> None:
    if not answer:
        monkeypatch.setattr(obs_websocket, "_GREETING_S", SHORT_S)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            with listener.accept()[0] as there:
                asked = there.recv(1 << 12)
                while asked and not asked.endswith(b"\r\n\r\n"):
                    asked += there.recv(1 << 12)
                there.sendall(answer)
                if answer:
                    there.shutdown(socket.SHUT_WR)
                while there.recv(1 << 12):
                    pass

        thread = threading.Thread(target=talk)
        thread.start()
        assert said in error_of(f"ws://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
