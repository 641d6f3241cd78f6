import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime.sinks.streaming.destination import destination
from realtime.sinks.streaming.stream import Stream
from tests.realtime.sinks.streaming.rtmp_server import RtmpServer


@pytest.fixture
def serve() -> Iterator[Callable[..., RtmpServer]]:
    """``serve(key=, ...)`` starts an RTMP server."""
    servers: list[RtmpServer] = []

    def start(**how: Any) -> RtmpServer:
        servers.append(RtmpServer(**how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def stream() -> Iterator[Callable[..., Stream]]:
    """``stream(URL)`` opens a small stream."""
    streams: list[Stream] = []

    def start(url: str, *, width_px: int = 64, height_px: int = 48, fps: float = 30, **how: Any) -> Stream:
        streams.append(Stream(destination(url), width_px=width_px, height_px=height_px, fps=fps, **how))
        return streams[-1]

    yield start
    for opened in streams:
        opened.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stream ") and not thread.daemon]


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
