"""A slow sink beside the loop."""

import threading
from collections.abc import Callable

import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.null import Null
from realtime.sinks.threaded import Threaded

MakeComposite = Callable[..., Composite]


class Slow(Null):
    """Works on its first composite until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.busy, self.go = threading.Event(), threading.Event()
        self.got: list[int] = []
        self.closed = False

    def send(self, composite: Composite) -> None:
        self.busy.set()
        assert self.go.wait(60)
        self.got.append(composite.frame.index)

    def close(self) -> None:
        self.closed = True


class Full(Null):
    """Its disk is full."""

    def send(self, composite: Composite) -> None:
        raise SinkError("no space left")


def test_a_slow_sink_holds_nobody_and_gets_the_newest(
    make_composite: MakeComposite, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()
    sink = Threaded(slow)
    sink.send(make_composite(0))
    assert slow.busy.wait(60)
    for index in range(1, 5):
        sink.send(make_composite(index))
    assert slow.got == []
    slow.go.set()
    sink.close()
    assert slow.got == [0, 4]
    assert slow.closed
    assert "too slow, dropped 3 frames" in caplog.text


def test_a_sink_that_hangs_does_not_hold_up_the_end(
    make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.sinks.threaded._CLOSING_S", 0.05)
    slow = Slow()
    threaded = Threaded(slow)
    threaded.send(make_composite())
    assert slow.busy.wait(60)
    with pytest.raises(SinkError, match="null hangs"):
        threaded.close()
    monkeypatch.undo()
    threaded.close()  # told once, and waited for once
    assert not slow.closed  # its own thread is still in it
    slow.go.set()
    threaded._thread.join(60)
    threaded.close()
    assert slow.closed


def test_an_error_comes_back_once(make_composite: MakeComposite) -> None:
    sink = Threaded(Full())
    sink.send(make_composite())
    sink._thread.join(60)
    with pytest.raises(SinkError, match="no space"):
        sink.send(make_composite())
    with pytest.raises(SinkError, match="no space"):
        sink.close()
    sink.close()
