"""Clients that leave at any moment: nothing of theirs stands in the log."""

import asyncio
import base64
import gc
import io
import logging
import os
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from realtime.sinks.broadcast import Broadcast
from realtime.web.api import Api
from tests.realtime.web.conftest import PATIENCE_S, Served
from tests.realtime.web.fake_session import FakeSession, disc

STORM = 40
"""Clients of each kind."""


def picture() -> bytes:
    data = io.BytesIO()
    Image.effect_noise((640, 360), 90).save(data, "PNG")
    return data.getvalue()


def request(served: Served, line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{served.port}", f"Authorization: Bearer {served.token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def upgrade(served: Served, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    asks = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13")
    return request(served, f"GET {path}", *asks)


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """A WebSocket message from a client, under a mask of zeros."""
    return struct.pack("!BB4x", 0x80 | opcode, 0x80 | len(payload)) + payload


def leave(served: Served, said: bytes, chance: random.Random) -> None:
    """Say a part of it, or all, take a part of the answer, or none, and go, politely or not."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_S) as connection:
        if chance.random() < 0.5:  # no good-bye
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(said[: chance.choice((len(said), len(said), chance.randrange(len(said))))])
        connection.settimeout(chance.choice((0.001, 0.02, 0.1)))
        try:
            connection.recv(chance.choice((1, 1000)))
            if said.startswith(b"GET /api/pictures") or said.startswith(b"GET /api/events"):
                connection.sendall(
                    chance.choice((b"", frame(b"1"), frame(b"x"), frame(b"\x03\xe8", 8), frame(b"b", 2)))
                )
                connection.recv(chance.choice((1, 1000)))
        except OSError:
            pass


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """What is logged from a warning on, by whatever."""
    records: list[logging.LogRecord] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Kept(logging.WARNING)
    loggers = [logging.getLogger(name) for name in (None, "greenless", "asyncio", "uvicorn", "uvicorn.error")]
    for logger in loggers:
        logger.addHandler(handler)
    yield records
    for logger in loggers:
        logger.removeHandler(handler)


SAID: dict[str, Callable[[Served], bytes]] = {
    "an upload": lambda served: request(
        served, "POST /api/backgrounds?name=a.png", f"Content-Length: {len(picture())}", body=picture()
    ),
    "a change": lambda served: request(
        served, "POST /api/settings", "Content-Length: 30", body=b'{"scene": {"background": "blur"}}'[:30]
    ),
    "a log-in": lambda served: request(served, "POST /api/login", "Content-Length: 9000", body=b" " * 8000),
    "the page": lambda served: request(served, "GET /static/page.css"),
    "the state": lambda served: request(served, "GET /api/state"),
    "the events": lambda served: upgrade(served, "/api/events"),
    "pictures": lambda served: upgrade(served, "/api/pictures/preview"),
    "no pictures": lambda served: upgrade(served, "/api/pictures/none"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAID)
def test_clients_that_leave_put_nothing_into_the_log(
    served: Served, logged: list[logging.LogRecord], capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    chance = random.Random(0)
    with served.flowing(0.01):
        for _ in range(STORM):
            leave(served, SAID[kind](served), chance)
        assert served.ask("GET", "/api/state").status == 200
    end_s = time.monotonic() + PATIENCE_S
    while served.server.broadcast.watching("preview"):
        assert time.monotonic() < end_s
        time.sleep(0.01)
    served.server.close()
    gc.collect()  # a task whose exception nobody took says so when it goes
    assert [(record.getMessage(), record.exc_info) for record in logged] == []
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("error", [WebSocketDisconnect(1006), RuntimeError("after close"), OSError("gone")])
@pytest.mark.parametrize("verb", ["accept", "close", "receive", "send"])
@pytest.mark.parametrize("path", ["/api/events", "/api/pictures/matte", "/api/pictures/none"])
def test_a_socket_may_fail_at_any_verb(greenless_home: Path, path: str, verb: str, error: Exception) -> None:
    """The moments that a storm does not meet."""

    messages: Iterator[Message] = iter(
        [{"type": "websocket.connect"}, *[{"type": "websocket.receive", "text": "x"}] * 3]
    )

    async def receive() -> Message:
        await asyncio.sleep(0.01)
        message = next(messages, {"type": "websocket.disconnect", "code": 1006})
        if verb == "receive" and message["type"] != "websocket.connect":
            raise error
        return message

    async def send(message: Message) -> None:
        if message["type"] == f"websocket.{verb}":
            raise error

    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "subprotocols": []}
    application = Api(FakeSession([disc()]), Broadcast(), overlay="").application()

    async def answered() -> None:
        await asyncio.wait_for(application(scope, receive, send), PATIENCE_S)

    asyncio.run(answered())
