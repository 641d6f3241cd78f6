"""A stream by WebRTC to a WHIP server on this machine."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.streaming import process
from realtime.sinks.streaming.stream import Stream
from tests.realtime.sinks.streaming.stamps import FPS, HEIGHT, WIDTH, check_colours, number, stamped
from tests.realtime.stand_ins import until

pytest.importorskip("aiortc", reason="no aiortc: pip install '.[whip]'")
from aioice.ice import get_host_addresses

from realtime.sinks.streaming.destination import destination
from realtime.sinks.streaming.publisher import Format
from realtime.sinks.streaming.whip import WhipPublisher
from tests.realtime.sinks.streaming.whip_server import WhipServer

pytestmark = pytest.mark.slow
MakeComposite = Callable[..., Composite]
Open = Callable[..., Stream]
Start = Callable[..., WhipServer]


@pytest.fixture
def serve() -> Iterator[Start]:
    """``serve(TOKEN)`` starts a server."""
    if not get_host_addresses(use_ipv4=True, use_ipv6=True):
        pytest.skip("WebRTC does not use 127.0.0.1, and this machine has no other address")
    servers: list[WhipServer] = []

    def start(token: str = "", **how: Any) -> WhipServer:
        servers.append(WhipServer(token, **how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def publish(sink: Stream, make_composite: MakeComposite, done: Callable[[], object]) -> None:
    """Send stamped frames until ``done``, no faster than a camera does."""
    like = make_composite(width_px=WIDTH, height_px=HEIGHT)
    for index in count():
        frame = replace(like.frame, index=index, captured_s=index / FPS)
        before = sink.sent
        sink.send(replace(like, pixels=stamped(index % 100), matte=replace(like.matte, frame=frame)))
        until(lambda before=before: sink.sent > before or sink.trouble)  # type: ignore[misc]
        if done():
            return
        time.sleep(1 / FPS)


def test_frames_and_silence_arrive(serve: Start, stream: Open, make_composite: MakeComposite) -> None:
    server = serve("hunter2")
    sink = stream(f"whip:{server.url.replace('//', '//hunter2@')}", width_px=WIDTH, height_px=HEIGHT, fps=FPS)
    assert sink.name == f"stream whip:{server.url.replace('//', '//***@').replace('live/whip', '***')}, 320x240"
    publish(sink, make_composite, lambda: len(server.frames) >= 20 and server.sounds)
    sink.close()
    frames = server.frames.copy()
    assert {frame.shape for frame in frames} == {(HEIGHT, WIDTH, 3)}
    numbers = [number(frame) for frame in frames]
    assert numbers == sorted(numbers)
    check_colours(frames[-1])
    assert not any(sound.any() for sound in server.sounds)
    assert server.ended == 1


def test_a_server_without_sound_gets_the_video(serve: Start, make_composite: MakeComposite) -> None:
    """Nobody takes the packets of the sound, so they must not pile up."""
    server = serve(takes=["video"])
    publisher = WhipPublisher(destination(f"whip:{server.url}"), Format(width_px=WIDTH, height_px=HEIGHT, fps=FPS))
    with publisher:
        for index in count():
            publisher.send(np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8), index / FPS)
            if server.frames:
                break
            time.sleep(0.01)
        assert publisher._sound._packets.qsize() == 0


def test_a_server_without_h264_is_refused(serve: Start, stream: Open) -> None:
    with pytest.raises(SinkError, match=r"the server takes no H\.264 video"):
        stream(f"whip:{serve(takes=['audio']).url}")


def test_a_wrong_token_is_refused(serve: Start, stream: Open) -> None:
    server = serve("right")
    with pytest.raises(
        SinkError, match=r"the server refused the token\. Check the address whip:.*TOKEN@HOST"
    ) as refused:
        stream(f"whip:{server.url.replace('//', '//hunter2@')}")
    assert "hunter2" not in str(refused.value)


def test_a_wrong_path_is_refused(serve: Start, stream: Open) -> None:
    with pytest.raises(SinkError, match="the server answers 404 Not Found"):
        stream(f"whip:{serve().url}/else")


def test_no_server_is_an_error(stream: Open, free_port: int) -> None:
    with pytest.raises(SinkError, match=rf"whip:http://127.0.0.1:{free_port}/\*\*\*: the server cannot be reached"):
        stream(f"whip:http://127.0.0.1:{free_port}/live/whip")


def prefixed(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Run ``code`` first in the processes that stream."""
    command = process._command()
    monkeypatch.setattr(process, "_command", lambda: [sys.executable, "-c", code + command[2]])


def test_a_server_that_hangs_up_is_called_again(
    serve: Start, stream: Open, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefixed(monkeypatch, "import aioice.ice; aioice.ice.CONSENT_INTERVAL = 0.5; ")  # instead of 5 s
    server = serve()
    pauses: list[float] = []
    sink = stream(
        f"whip:{server.url}", width_px=WIDTH, height_px=HEIGHT, fps=FPS, pause=lambda s: bool(pauses.append(s))
    )
    publish(sink, make_composite, lambda: server.frames)
    server.hang_up()
    publish(sink, make_composite, lambda: pauses)
    server.frames.clear()
    publish(sink, make_composite, lambda: server.frames)
    assert pauses[0] == 1.0


def test_without_aiortc_the_error_names_the_extra(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    prefixed(monkeypatch, "import sys; sys.modules['aiortc'] = None; ")
    with pytest.raises(
        SinkError, match=r"aiortc is not installed. In the folder of greenless, type: pip install '.\[whip\]'"
    ):
        stream("whip:http://127.0.0.1:9/live/whip")
