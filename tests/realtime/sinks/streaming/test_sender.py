"""The process that sends, by itself."""

import io
from types import SimpleNamespace

import pytest

from realtime.sinks.streaming import sender
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.publisher import Format


def test_an_end_that_hangs_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """If greenless was killed, nobody else ends a process that waits for a silent server while it closes."""
    limits_s = [0]
    at_close: list[int] = []

    class Publisher(SimpleNamespace):
        def __enter__(self) -> "Publisher":
            return self

        def __exit__(self, *exc: object) -> None:
            at_close.append(limits_s[-1])

    monkeypatch.setattr(sender.signal, "alarm", limits_s.append, raising=False)
    monkeypatch.setattr(sender, "open_publisher", lambda destination, frames: Publisher())
    destination = Destination(kind="rtmp", url="rtmp://a/b/c")
    sender._send(destination, Format(width_px=16, height_px=16, fps=30), io.BytesIO(), io.BytesIO())
    assert at_close == [sender.GIVES_UP_S]
