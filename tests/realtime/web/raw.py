"""Requests as they lie on the wire: many at once from one thread, which knows the order in which they were sent."""

import http.client
import json
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any, Self

from tests.realtime.web.conftest import PATIENCE_S, Served


class Request:
    """One request at a connection of its own.

    Args:
        served: who is asked.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE_S)

    def post(self, path: str, body: object = None) -> None:
        """Connect, send it whole, and wait for no answer."""
        self.socket.connect(("127.0.0.1", self._served.port))
        data = json.dumps(body).encode() if body is not None else b""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._served.port}\r\nContent-Length: {len(data)}\r\n"
            f"Authorization: Bearer {self._served.token}\r\nContent-Type: application/json\r\n\r\n"
        )
        self.socket.sendall(head.encode() + data)

    def answer(self) -> Any:
        """What was answered, as JSON."""
        with http.client.HTTPResponse(self.socket, method="POST") as response:
            response.begin()
            return json.loads(response.read())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()


def answers(requests: Iterable[Request]) -> Iterator[Any]:
    """What was answered, in the order in which the answers come."""
    end_s = time.monotonic() + PATIENCE_S
    with selectors.DefaultSelector() as selector:
        for request in requests:
            selector.register(request.socket, selectors.EVENT_READ, request)
        while selector.get_map():
            assert time.monotonic() < end_s, f"{len(selector.get_map())} requests are not answered"
            for key, _ in selector.select(1.0):
                selector.unregister(key.fileobj)
                yield key.data.answer()
