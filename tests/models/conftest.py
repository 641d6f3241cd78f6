"""Fixtures."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.weights_server import Handler, Table


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http_server.server_port}"
        http_server.shutdown()
        thread.join()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, server: str) -> Table:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Table(monkeypatch, server)
    made.serve("/file")
    return made


@pytest.fixture
def cache(greenless_home: Path) -> Path:
    return greenless_home / "weights"
