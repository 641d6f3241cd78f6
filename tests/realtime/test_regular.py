"""Whatever a user names: a FIFO, a device or a socket is refused at once, in words, and nothing waits for it."""

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import regular, weights
from models.regular import NotRegular, open_regular
from realtime.capture import open_source
from realtime.errors import GreenlessError
from realtime.media.image_file import read_picture, write_picture
from realtime.media.video_writer import VideoWriter
from realtime.offline.clip import Clip
from realtime.offline.outputs import Outputs
from realtime.scene.background import open_background
from realtime.settings import file as settings_file
from realtime.settings import presets
from realtime.settings.schema import CameraSettings, Settings
from realtime.sinks import open_sink
from tests.realtime.stand_ins import PATIENCE_S

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither FIFOs nor devices in folders")

KINDS = {"FIFO": "a FIFO", "socket": "a socket", "device": "a device"}


@pytest.fixture(params=list(KINDS))
def special(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[str], Path]]]:
    """What it is, and a function that makes one of that name."""
    with socket.socket(socket.AF_UNIX) as listening:

        def make(name: str) -> Path:
            path = tmp_path / name
            if request.param == "FIFO":
                os.mkfifo(path)
            elif request.param == "socket":
                listening.bind(str(path))
            else:
                path.symlink_to("/dev/zero")  # which never ends
            return path

        yield KINDS[request.param], make


def refused(act: Callable[[], object]) -> str:
    """The error that ``act`` raises; it comes, though nobody writes into the FIFO."""
    said: list[Exception | None] = []

    def run() -> None:
        try:
            act()
            said.append(None)
        except (GreenlessError, OSError) as error:
            said.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert said, "it blocks"
    assert isinstance(said[0], GreenlessError), said[0]
    return str(said[0])


def source(spec: object) -> object:
    return open_source(str(spec), CameraSettings(), paced=True)


READ: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "source, picture": ("wall.png", source),
    "source, video": ("film.mp4", source),
    "source, URL": ("film.mkv", lambda path: source(f"file://{path}")),
    "background, picture": ("wall.jpg", lambda path: open_background(str(path), "cover")),
    "background, video": ("film.webm", lambda path: open_background(str(path), "cover")),
    "settings": ("settings.toml", settings_file.load),
    "presets": ("settings.toml", presets.Presets),
    "settings, written": ("settings.toml", lambda path: settings_file.write(path, Settings(quality="best"))),
    "image": ("wall.webp", read_picture),
    "clip": ("film.mov", Clip),
}
"""Each way in which a file is read: the file's name, and what reads it."""

WRITTEN: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "recording": ("film.mp4", lambda path: open_sink(str(path), width_px=64, height_px=48, fps=10)),
    "clip": ("film.mkv", lambda path: VideoWriter(path, width_px=64, height_px=48, fps=Fraction(10))),
    "image": ("wall.png", lambda path: write_picture(path, np.zeros((8, 8, 3), np.uint8))),
    "archive": ("walls.zip", lambda path: Outputs(None, path)),
}
"""Each way in which a file of the user's is written."""


@pytest.mark.parametrize("way", READ)
def test_what_is_no_regular_file_is_not_read(special: tuple[str, Callable[[str], Path]], way: str) -> None:
    kind, make = special
    name, read = READ[way]
    assert f"it is {kind}, not a regular file" in refused(lambda: read(make(name)))


@pytest.mark.parametrize("way", WRITTEN)
def test_what_is_no_regular_file_is_not_replaced(special: tuple[str, Callable[[str], Path]], way: str) -> None:
    kind, make = special
    name, write = WRITTEN[way]
    path = make(name)
    before = os.lstat(path)
    assert f"it is {kind}, not a regular file" in refused(lambda: write(path))
    assert os.lstat(path).st_ino == before.st_ino


def test_weights_are_a_regular_file(special: tuple[str, Callable[[str], Path]]) -> None:
    _, make = special
    path = make("net.onnx")
    assert "is not a regular file" in refused(lambda: weights.find(str(path)))


def test_a_camera_is_no_other_file(special: tuple[str, Callable[[str], Path]]) -> None:
    _, make = special
    path = make("video0")
    assert refused(lambda: open_source("camera", CameraSettings(camera=str(path)), paced=True))


def test_a_playlist_does_not_lead_to_one(special: tuple[str, Callable[[str], Path]], tmp_path: Path) -> None:
    _, make = special
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\n{make('part.ts')}\n#EXT-X-ENDLIST\n")
    assert "cannot" in refused(lambda: source(playlist))
    assert "cannot" in refused(lambda: open_background(str(playlist), "cover"))


@pytest.mark.parametrize("url", ["pipe://0", "fd://0", "cache:file:///dev/zero", "concat://a|b", "unix:///tmp/x"])
def test_a_stream_is_one_of_a_network(url: str) -> None:
    assert "is not a stream" in refused(lambda: source(url))


def test_one_that_takes_the_place_of_a_file_meanwhile_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "wall.png")
    (tmp_path / "file").touch()
    found = os.stat(tmp_path / "file")
    monkeypatch.setattr(regular.os, "stat", lambda path: found)
    with pytest.raises(NotRegular):
        open_regular(tmp_path / "wall.png")
