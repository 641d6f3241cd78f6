"""Sends a request whose every header is given."""

import http.client
import socket

from tests.realtime.web.conftest import PATIENCE_S, Served


def raw(served: Served, lines: list[str], body: bytes = b"") -> tuple[int, bytes]:
    """Status and content of a request whose every header is given."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_S) as connection:
        connection.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()
