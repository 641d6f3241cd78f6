"""The connection to a run that no longer answers."""

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from realtime.tray.app import App
from realtime.tray.follower import states
from realtime.tray.menu import Action
from realtime.tray.tray import Nowhere, Tray
from realtime.web import client
from realtime.web.access import Access
from tests.realtime.stand_ins import PATIENCE_S

STATE = '{"event": "state", "state": {"running": true}}'


class Silent:
    """A run that sends its state and then answers nothing, not even the end of the connection."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.left = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        protocol = ServerProtocol()
        with connection:
            while data := connection.recv(4096):
                protocol.receive_data(data)
                if requests := [event for event in protocol.events_received() if isinstance(event, Request)]:
                    protocol.send_response(protocol.accept(requests[0]))
                    protocol.send_text(STATE.encode())
                    connection.sendall(b"".join(protocol.data_to_send()))
        self.left.set()

    def close(self) -> None:
        self._thread.join(PATIENCE_S)
        self._listening.close()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    silent = Silent()
    monkeypatch.setattr(client, "running", lambda: Access(token="t", url=silent.url))
    yield silent
    silent.close()


def test_a_run_whose_server_ended_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ended:
        url = f"http://127.0.0.1:{ended.getsockname()[1]}"
    monkeypatch.setattr(client, "running", lambda: Access(token="t", url=url))

    async def first() -> object:
        async with aclosing(states()) as found:
            return await asyncio.wait_for(anext(found), PATIENCE_S)

    assert asyncio.run(first()) is None


def test_it_yields_the_state(silent: Silent) -> None:
    async def first() -> object:
        found = states()
        state = await anext(found)
        await found.aclose()
        return state

    assert asyncio.run(first()) == {"running": True}
    assert silent.left.wait(PATIENCE_S)


def test_quit_leaves_no_connection_open(silent: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second request to end, by the loop, must not cut the end of the connection short: pytest would report it."""
    monkeypatch.setattr("realtime.tray.app.headline", lambda now: "")
    monkeypatch.setattr("realtime.tray.app.menu", lambda now: [])
    monkeypatch.setattr("realtime.tray.app.icon", lambda now: "idle")

    async def nowhere(act: object) -> Tray:
        return Nowhere()

    async def quit_when_it_follows(app: App) -> None:
        running = asyncio.ensure_future(app.run(nowhere))
        while app._now.state is None:
            await asyncio.sleep(0.01)
        quit_now: Action = ("quit",)
        app.act(quit_now)
        await running

    asyncio.run(quit_when_it_follows(App([], tell=lambda line: None, greets=False)))
    gc.collect()
    assert silent.left.is_set() or silent.left.wait(PATIENCE_S)
