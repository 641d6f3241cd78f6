"""A stream to an RTMP server: it begins, is refused, is lost, comes back, and never holds the loop."""

import logging
import math
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.base import Remote
from realtime.sinks.streaming import process
from realtime.sinks.streaming import stream as module
from realtime.sinks.streaming.stream import Stream, pause_after
from tests.realtime.sinks.streaming.rtmp_server import RtmpServer
from tests.realtime.stand_ins import until

MakeComposite = Callable[..., Composite]
Serve = Callable[..., RtmpServer]
Open = Callable[..., Stream]


def feed(sink: Stream, make_composite: MakeComposite, done: Callable[[], object]) -> None:
    """Send composites, each when the last one is taken or dropped, until ``done``."""
    count = iter(range(10**9))

    def step() -> object:
        sink.send(make_composite(next(count)))
        return done()

    until(step)


def test_the_key_and_the_frames_arrive(serve: Serve, stream: Open, make_composite: MakeComposite) -> None:
    server = serve(key="hunter2")
    sink = stream(f"{server.url}/hunter2")
    assert isinstance(sink, Remote)
    feed(sink, make_composite, lambda: len(server.videos) > 3)
    assert server.keys == ["hunter2"]
    assert (sink.name, sink.trouble) == (f"stream {server.url}/***, 64x48", "")


def test_a_wrong_key_is_refused_at_the_start(serve: Serve, stream: Open) -> None:
    server = serve(key="right")
    with pytest.raises(
        SinkError, match=r"the server refused it: Server error: .* is no stream. Check the stream key"
    ) as e:
        stream(f"{server.url}/hunter2")
    assert server.keys == ["hunter2"]
    assert "hunter2" not in str(e.value)


def test_no_server_is_an_error_that_names_it(stream: Open, free_port: int) -> None:
    with pytest.raises(
        SinkError, match=rf"127.0.0.1:{free_port}/live/\*\*\*: no server listens there. Start the server"
    ):
        stream(f"rtmp://127.0.0.1:{free_port}/live/hunter2")


def test_an_unknown_host_is_an_error_that_names_it(stream: Open) -> None:
    with pytest.raises(SinkError, match=r"nosuch\.invalid is no known host"):
        stream("rtmp://nosuch.invalid/live/hunter2")


def test_a_server_that_says_nothing_is_an_error(serve: Serve, stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.5)
    with pytest.raises(SinkError, match=r"does not answer within 0\.5 s. Check host, port and firewall"):
        stream(f"{serve(silent=True).url}/hunter2")


@pytest.mark.slow
def test_a_server_that_stops_reading_holds_neither_the_loop_nor_the_end(
    serve: Serve, stream: Open, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = stream(f"{serve(stalls=True).url}/key", width_px=1280, height_px=720, fps=0.1)
    monkeypatch.setattr(module, "ANSWER_S", 2.0)
    noise = np.random.default_rng(0).integers(0, 255, (4, 720, 1280, 3), np.uint8)

    def send(index: int) -> None:
        """So few frames per second are so large that they soon fill the buffers of the connection."""
        composite = make_composite(width_px=1280, height_px=720, captured_s=10.0 * index)
        sink.send(replace(composite, pixels=noise[index % 4]))

    until(lambda: send(sink.sent) or sink.trouble)
    assert "does not answer within 2 s" in sink.trouble


@pytest.mark.slow
def test_a_lost_server_is_reported_once_and_found_again(
    serve: Serve, stream: Open, make_composite: MakeComposite, caplog: pytest.LogCaptureFixture
) -> None:
    first = serve()
    back = threading.Event()
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 3:
            assert back.wait(60)
        return False

    sink = stream(f"{first.url}/hunter2", pause=pause)
    feed(sink, make_composite, lambda: len(first.videos) > 3)
    first.close()
    feed(sink, make_composite, lambda: len(pauses) == 3)
    assert sink.trouble.startswith("not connected: cannot stream to rtmp://")
    second = serve(port=first.port)
    back.set()
    feed(sink, make_composite, lambda: len(second.videos) > 3)
    assert sink.trouble == ""
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warned) == 2
    assert "*** ended the stream: " in warned[0]
    assert "Next attempt in 1 s. Check the stream key" in warned[0]  # it was short
    assert "connected again" in warned[1]
    assert pauses == [1.0, 2.0, 4.0]
    assert "hunter2" not in caplog.text


def test_pauses_grow_until_a_connection_lasts() -> None:
    pauses = [0.0]
    for lasted_s in (100.0, *[-math.inf] * 6, 3.0, 11.0, 3.0):  # minus: no connection at all
        pauses.append(pause_after(lasted_s, pauses[-1]))
    assert pauses[1:] == [1, 2, 4, 8, 16, 30, 30, 30, 1, 2]


def test_a_process_that_cannot_start_is_an_error(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_command", lambda: ["/nonesuch/python"])
    with pytest.raises(SinkError, match=r"cannot start the process that streams to rtmp://a/b/\*\*\*: No such file"):
        stream("rtmp://a/b/hunter2")


def test_a_process_that_dies_is_replaced(serve: Serve, stream: Open, make_composite: MakeComposite) -> None:
    server = serve()
    sink = stream(f"{server.url}/key", pause=lambda pause_s: False)
    feed(sink, make_composite, lambda: server.videos)
    first = sink._sender
    assert first is not None
    first.kill()
    feed(sink, make_composite, lambda: sink._sender is not first and not sink.trouble)
    server.videos.clear()
    feed(sink, make_composite, lambda: server.videos)


def test_an_error_of_the_thread_is_raised_by_send(
    serve: Serve, stream: Open, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = stream(f"{serve().url}/key")
    monkeypatch.setattr(module, "as_bt709", lambda *what: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        feed(sink, make_composite, lambda: False)


def test_frames_that_the_encoder_could_not_take_are_counted(
    serve: Serve, stream: Open, make_composite: MakeComposite, caplog: pytest.LogCaptureFixture
) -> None:
    sink = stream(f"{serve().url}/hunter2", width_px=1280, height_px=720)
    composite = make_composite(width_px=1280, height_px=720)
    for _ in range(100):  # at once: the first conversion takes longer
        sink.send(composite)
    sink.close()
    assert re.search(r"\*\*\*, 1280x720: too slow, dropped \d+ frames", caplog.text)


def test_a_closed_stream_waits_no_longer(
    serve: Serve, stream: Open, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 1000.0)
    server = serve()
    sink = stream(f"{server.url}/key")
    feed(sink, make_composite, lambda: server.videos)
    server.close()
    feed(sink, make_composite, lambda: sink.trouble)
    sink.close()
    assert not sink._thread.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_list_of_processes_shows_the_key(serve: Serve, stream: Open) -> None:
    sink = stream(f"{serve().url}/hunter2")
    assert sink._sender is not None
    proc = Path(f"/proc/{sink._sender._process.pid}")
    assert b"hunter2" not in (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()


def test_a_bundle_without_python_streams_too(
    serve: Serve, stream: Open, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the program is the only interpreter: one word makes it the process that sends."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    [program, word] = process._command()
    assert program == sys.executable
    monkeypatch.setattr(process, "_command", lambda: [program, "-m", "realtime", word])
    server = serve()
    feed(stream(f"{server.url}/key"), make_composite, lambda: server.videos)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows has no such signals")
@pytest.mark.parametrize("reconnects", [False, True], ids=["at the start", "later"])
def test_a_server_that_says_nothing_does_not_delay_the_end(
    serve: Serve, stream: Open, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch, reconnects: bool
) -> None:
    """Ctrl-C while it connects leaves no process, and is quick: the server's time and the polite end are longer."""
    monkeypatch.setattr(module, "ANSWER_S", 1000.0)
    monkeypatch.setattr(module, "_END_S", 500.0)
    started: list[process.SenderProcess] = []

    class Sender(process.SenderProcess):
        def __init__(self, *what: Any) -> None:
            super().__init__(*what)
            started.append(self)

    monkeypatch.setattr(module, "SenderProcess", Sender)
    if reconnects:
        first = serve()
        silent = threading.Event()
        sink = stream(f"{first.url}/key", pause=lambda seconds: not silent.wait(60))
        feed(sink, make_composite, lambda: first.videos)
        first.close()
        feed(sink, make_composite, lambda: sink.trouble)
        serve(silent=True, port=first.port)
        silent.set()
        until(lambda: len(started) == 2)
        sink.close()
    else:
        main = threading.get_ident()
        server = serve(silent=True)
        ctrl_c = threading.Thread(target=lambda: until(lambda: started) or signal.pthread_kill(main, signal.SIGINT))
        ctrl_c.start()
        with pytest.raises(KeyboardInterrupt):
            stream(f"{server.url}/key")
        ctrl_c.join()
    assert all(sender._process.poll() is not None for sender in started)
