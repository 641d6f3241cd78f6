"""A table of weights on a server of its own."""

import hashlib
import http.server
from dataclasses import replace

import pytest

from models.known import Known

CONTENT = bytes(range(256)) * 1000


SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the path: the file, other bytes, half of it, a redirect, or 404."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.end_headers()
            return
        bodies = {"/file": CONTENT, "/wrong": CONTENT[::-1], "/cut": CONTENT}
        if self.path not in bodies:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        body = bodies[self.path]
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Table:
    """A table of known weights that a test writes itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
        self._monkeypatch = monkeypatch
        self._row = Known(name="net", file="net.onnx", url=f"{server}/file", sha256=SHA256, bytes=1, summary="")

    def set(self, *rows: Known) -> None:
        self._monkeypatch.setattr("models.known.KNOWN", rows)
        self._monkeypatch.setattr("models.weights.KNOWN", rows)

    def serve(self, path: str) -> None:
        """Make the one known file come from ``path`` of the server."""
        base = self._row.url.rpartition("/")[0]
        self.set(replace(self._row, url=path if path.startswith("http") else base + path))
