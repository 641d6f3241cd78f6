"""Files, servers and a camera that sources are opened on; none of them leaves the test's own folder."""

import http.server
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

import av
import cv2
import cv2_enumerate_cameras
import numpy as np
import pytest

from realtime.frame import Pixels

WIDTH_PX, HEIGHT_PX = 64, 48


def numbered(index: int) -> Pixels:
    """64x48, white in the top left quarter, and its number as the grey of the lower half."""
    pixels = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    pixels[: HEIGHT_PX // 2, : WIDTH_PX // 2] = 255
    pixels[HEIGHT_PX // 2 :] = 10 * index
    return pixels


def _write_video(path: Path, *, frames: int = 12, rotation: float | None = None, codec: str = "libx264") -> Path:
    """A film of ``numbered`` pictures at 10 fps."""
    with av.open(str(path), "w") as container:
        track = cast(av.VideoStream, container.add_stream(codec, rate=10))
        track.width, track.height, track.pix_fmt = WIDTH_PX, HEIGHT_PX, "rgb8" if codec == "gif" else "yuv420p"
        if rotation is not None:
            track.set_display_rotation(rotation)
        for index in range(frames):
            container.mux(track.encode(av.VideoFrame.from_ndarray(numbered(index), format="bgr24")))
        container.mux(track.encode())
    return path


@pytest.fixture
def write_video() -> Callable[..., Path]:
    """``write_video(path, frames=, rotation=, codec=)``: a film of numbered pictures at 10 fps."""
    return _write_video


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """12 numbered pictures at 10 fps."""
    return _write_video(tmp_path / "clip.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures 0 to 11, named without leading zeros."""
    place = tmp_path / "pictures"
    place.mkdir()
    for index in range(12):
        cv2.imwrite(str(place / f"shot {index}.png"), numbered(index))
    return place


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and under /live.mjpg pictures as a network camera does, at most ``pictures`` of them.

    Then it says goodbye when ``polite``, else it hangs up in mid-picture.
    """

    pictures = 10_000
    polite = True
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.path.startswith("/live"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=shot")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for index in range(self.pictures):
            jpeg = cv2.imencode(".jpg", numbered(index % 12))[1].tobytes()
            part = b"--shot\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(jpeg), jpeg)
            try:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            except OSError:  # the reader left
                return
            time.sleep(0.002)
        self.wfile.write(b"0\r\n\r\n" if self.polite else b"ffff\r\nhalf a pi")
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """``serve(pictures=, polite=)`` starts a server of the test's folder and returns its address."""
    servers = []

    def start(**how: Any) -> str:
        handler = partial(type("Handler", (_Handler,), how), directory=str(tmp_path))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


class FakeCamera:
    """Stands for ``cv2.VideoCapture``: grants 64x48 whatever is asked, and writes down what was asked."""

    opens_with: ClassVar[set[int]] = set()
    """Backends that get the camera; empty: all."""
    pictures: ClassVar[float] = float("inf")
    """How many reads give a picture before it is pulled out."""
    grey: ClassVar[bool] = False
    granted: ClassVar[dict[int, float]] = {}
    made: ClassVar[list["FakeCamera"]] = []

    def __init__(self, handle: int | str, backend: int) -> None:
        self.handle, self.backend = handle, backend
        self.asked: list[tuple[int, float]] = []
        self.reads = 0
        self.released = False
        self.made.append(self)

    def isOpened(self) -> bool:
        return not self.released and (not self.opens_with or self.backend in self.opens_with)

    def set(self, key: int, value: float) -> bool:
        self.asked.append((key, value))
        return True

    def get(self, key: int) -> float:
        return self.granted.get(key, 0.0)

    def read(self) -> tuple[bool, Pixels | None]:
        if self.released or self.reads >= self.pictures:
            return False, None
        time.sleep(0.001)
        self.reads += 1
        pixels = numbered(self.reads % 12)
        return True, pixels[..., 0] if self.grey else pixels

    def release(self) -> None:
        self.released = True


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch, listed: Callable[..., None]) -> type[FakeCamera]:
    """The class whose instances OpenCV now gives for cameras; two cameras are listed."""
    fake = type("Fake", (FakeCamera,), {"made": []})
    monkeypatch.setattr(cv2, "VideoCapture", fake)
    listed(("Logitech C920", "/dev/video0"), ("Integrated Webcam", "/dev/video2"))
    return fake


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """``listed((name, path), ...)``: let these be the cameras of this machine, for the library and for the kernel."""

    def let(*cameras: tuple[str, str]) -> None:
        found = [cv2_enumerate_cameras.CameraInfo(int(path[-1]), name, path, None, None, 0) for name, path in cameras]
        monkeypatch.setattr(cv2_enumerate_cameras, "enumerate_cameras", lambda backend: found[::-1])
        nodes = tmp_path / "video4linux"
        shutil.rmtree(nodes, ignore_errors=True)
        for name, path in cameras:
            node = nodes / Path(path).name
            node.mkdir(parents=True)
            (node / "name").write_text(f"{name}\n")
            (node / "index").write_text("0\n")
        monkeypatch.setattr("realtime.capture.cameras.NODES", nodes)

    return let
