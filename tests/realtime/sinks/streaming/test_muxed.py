"""What arrives at a server by RTMP, RTSP and SRT, as Debian's ffmpeg receives it: size, times, colours, sound."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.streaming import srt
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.stream import Stream
from tests.conftest import FFmpeg
from tests.realtime.sinks.streaming.rtmp_server import RtmpServer
from tests.realtime.sinks.streaming.stamps import FPS, HEIGHT, WIDTH, check_colours, number, stamped
from tests.realtime.stand_ins import PATIENCE_S, until

MakeComposite = Callable[..., Composite]
Open = Callable[..., Stream]

FRAMES = 75  # three seconds: key frames at 0 and 2 s

LISTEN: dict[str, tuple[list[str], str]] = {
    "rtmp": (["-listen", "1", "-i", "rtmp://127.0.0.1:{port}/live/key"], "rtmp://127.0.0.1:{port}/live/key"),
    "rtsp": (["-rtsp_flags", "listen", "-i", "rtsp://127.0.0.1:{port}/live"], "rtsp://127.0.0.1:{port}/live"),
    "srt": (["-i", "srt://127.0.0.1:{port}?mode=listener"], "srt://127.0.0.1:{port}?streamid=publish:live"),
    "srt with a passphrase": (
        ["-i", "srt://127.0.0.1:{port}?mode=listener&passphrase=hunter2hunter2"],
        "srt://127.0.0.1:{port}?passphrase=hunter2hunter2&latency=200000",
    ),
}
"""How ffmpeg listens, and what greenless calls."""


@dataclass(kw_only=True)
class Listener:
    """An ffmpeg that writes what it receives to a file."""

    url: str
    path: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)


@pytest.fixture
def listen(ffmpeg: FFmpeg, tmp_path: Path, free_port: int) -> Iterator[Callable[[str], Listener]]:
    """``listen(KIND)`` starts a server of ``LISTEN``."""
    started: list[Listener] = []

    def start(kind: str) -> Listener:
        words, url = LISTEN[kind]
        path = tmp_path / "got.mkv"
        command = ["ffmpeg", "-loglevel", "error", "-y", *(word.format(port=free_port) for word in words)]
        process = subprocess.Popen([*command, "-c", "copy", str(path)], stdin=subprocess.DEVNULL)
        started.append(Listener(url=url.format(port=free_port), path=path, process=process))
        return started[-1]

    yield start
    for listener in started:
        listener.process.kill()
        listener.process.wait()


def opened(stream: Open, url: str) -> Stream:
    """Open the stream once the server listens."""
    found: list[Stream] = []

    def attempt() -> bool:
        with suppress(SinkError):
            found.append(stream(url, width_px=WIDTH, height_px=HEIGHT, fps=FPS))
        return bool(found)

    until(attempt)
    return found[0]


def publish(sink: Stream, make_composite: MakeComposite) -> None:
    """Send every stamped frame, each after the one before it is taken."""
    like = make_composite(width_px=WIDTH, height_px=HEIGHT)
    for index in range(FRAMES):
        frame = replace(like.frame, index=index, captured_s=100 + index / FPS)
        sink.send(replace(like, pixels=stamped(index), matte=replace(like.matte, frame=frame)))
        until(lambda count=index + 1: sink.sent >= count)  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.parametrize("kind", LISTEN)
def test_every_frame_arrives_at_its_time_in_its_colours(
    kind: str, listen: Callable[[str], Listener], stream: Open, make_composite: MakeComposite, ffmpeg: FFmpeg
) -> None:
    server = listen(kind)
    sink = opened(stream, server.url)
    publish(sink, make_composite)
    sink.close()
    assert server.process.wait(PATIENCE_S) in (0, 1)  # 1: the end of SRT is an error to ffmpeg

    video = ffmpeg.probe(server.path, "stream=codec_name,profile,width,height,has_b_frames,color_space,color_range")
    assert video["streams"][0] == {
        **{"codec_name": "h264", "profile": "High", "width": WIDTH, "height": HEIGHT, "has_b_frames": 0},
        **{"color_space": "bt709", "color_range": "tv"},
    }
    assert video["streams"][1]["codec_name"] == "aac"

    raw = ffmpeg("-i", server.path, "-f", "rawvideo", "-pix_fmt", "bgr24", "-fps_mode", "passthrough", "-")
    frames = np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)
    numbers = [number(frame) for frame in frames]
    first = numbers[0]
    assert numbers == list(range(first, FRAMES))
    assert first == 0 or kind == "rtsp"  # ffmpeg's RTSP server begins to read a moment late
    check_colours(frames[-1])

    found = ffmpeg.probe(server.path, "packet=pts_time,flags", "-select_streams", "v")["packets"]
    times = [Fraction(packet["pts_time"]) for packet in found]
    if kind == "rtsp":
        times.pop(0)  # it precedes the report that ties the clocks of RTP
    assert max(abs(t - times[0] - Fraction(i, FPS)) for i, t in enumerate(times)) <= Fraction(2, 1000)
    keys = [first + i for i, packet in enumerate(found) if packet["flags"].startswith("K")]
    assert keys[-1] == 2 * FPS
    assert keys == [0, 2 * FPS] or kind == "rtsp"

    sound = np.frombuffer(ffmpeg("-i", server.path, "-map", "a", "-f", "s16le", "-"), np.int16)
    assert sound.size > 48_000 * 2
    assert not sound.any()


@pytest.mark.slow
def test_a_wrong_passphrase_is_refused(listen: Callable[[str], Listener], stream: Open) -> None:
    server = listen("srt with a passphrase")
    said: list[str] = []

    def refused() -> bool:
        with pytest.raises(SinkError) as error:
            stream(server.url.replace("hunter2hunter2", "hunter3hunter3"))
        said.append(str(error.value))
        return "listens there" not in said[-1]

    until(refused)
    assert said[-1].endswith("the server refused the passphrase. Check passphrase=... in the address")
    assert "hunter3" not in said[-1]


@pytest.mark.parametrize(
    ("status", "why"), [("401 Unauthorized", r"401 \(Unauthorized\)"), ("404 Not Found", r"404 \(Not Found\)")]
)
def test_an_rtsp_server_that_refuses_is_quoted(status: str, why: str, stream: Open) -> None:
    def serve() -> None:
        with server, server.accept()[0] as publisher, publisher.makefile("rb") as lines:
            head = b""
            for line in lines:
                head += line
                if line == b"\r\n" and head.startswith(b"OPTIONS"):
                    publisher.sendall(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: ANNOUNCE, SETUP, RECORD\r\n\r\n")
                    head = b""
                elif line == b"\r\n":
                    publisher.sendall(f"RTSP/1.0 {status}\r\nCSeq: 2\r\n\r\n".encode())
                    return

    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(SinkError, match=f"the server refused it: .*{why}. Check user, password and path") as refused:
        stream(f"rtsp://me:hunter2@127.0.0.1:{port}/live")
    thread.join()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("mode=listener", "Let the other program listen"),
        ("passphrase=short", "A passphrase has 10 to 79 characters"),
        ("latency=soon", "an option that is no number"),
        ("streamId=live", "unknown option streamId. Known: latency, mode, passphrase"),
    ],
)
def test_an_invalid_option_of_srt_is_named(query: str, why: str, stream: Open) -> None:
    pytest.importorskip("ctypes.util")
    with pytest.raises(SinkError) as refused:
        stream(f"srt://127.0.0.1:9?{query}")
    if "libsrt" in refused.value.what:
        pytest.skip("no libsrt")
    assert why in str(refused.value)


@pytest.mark.slow
def test_srt_tries_each_address_of_a_host(listen: Callable[[str], Listener], monkeypatch: pytest.MonkeyPatch) -> None:
    """localhost is ::1 first on many systems, and most servers listen on IPv4 only."""
    url = listen("srt").url
    port = int(url.split(":")[2].split("?")[0])
    monkeypatch.setattr(srt, "_ANSWER_MS", 500)
    addresses = [("127.0.0.1", free) for free in (_unused_udp_port(), port)]
    rows = [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", address) for address in addresses]
    monkeypatch.setattr(srt.socket, "getaddrinfo", lambda *asked, **how: rows)

    def connects() -> bool:
        try:
            srt.SrtSocket(Destination(kind="srt", url=url)).close()
        except SinkError as error:
            if "libsrt" in error.what:
                pytest.skip("no libsrt")
            if "nobody listens there" in error.what:  # not yet
                return False
            raise
        return True

    until(connects)


def _unused_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_rtmps_is_rtmp_over_tls(tmp_path: Path, stream: Open, make_composite: MakeComposite) -> None:
    server = RtmpServer(tls=certificate(tmp_path))
    try:
        sink = stream(f"{server.url}/hunter2")
        until(lambda: sink.send(make_composite()) or server.videos)
    finally:
        server.close()
    assert server.keys == ["hunter2"]


def certificate(folder: Path) -> ssl.SSLContext:
    """A context with a certificate that nobody has signed."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    key, cert = folder / "key.pem", folder / "cert.pem"
    try:
        subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
