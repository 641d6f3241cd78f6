"""What every source keeps to; see ``realtime.capture.source``."""

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.capture import open_source
from realtime.capture.source import Source
from realtime.frame import Frame
from realtime.settings.schema import CameraSettings

SETTINGS = CameraSettings(width=96, height=64, fps=120)

Open = Callable[[bool], Source]
"""``open(paced)``."""

SOURCES = [
    "sample:rendered",
    "sample:portrait",
    "picture",
    "folder",
    "video",
    "gif",
    "file over http",
    "stream",
    "camera",
]


@pytest.fixture(params=SOURCES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    kind = request.param
    if kind == "camera":
        request.getfixturevalue("camera")
    if kind == "sample:portrait" and not importlib.util.find_spec("skimage"):
        pytest.skip("no scikit-image; pip install '.[demo]'")
    spec = kind
    if kind in ("video", "folder", "file over http"):
        spec = str(request.getfixturevalue("folder" if kind == "folder" else "video"))
    if kind == "picture":
        spec = str(tmp_path / "one.png")
        cv2.imwrite(spec, np.full((48, 64, 3), 7, np.uint8))
    if kind == "gif":
        spec = str(request.getfixturevalue("write_video")(tmp_path / "clip.gif", codec="gif"))
    if kind == "file over http":
        spec = request.getfixturevalue("serve")() + "/clip.mp4"
    if kind == "stream":
        spec = request.getfixturevalue("serve")() + "/live.mjpg"
    return lambda paced: open_source(spec, SETTINGS, paced=paced)


@pytest.fixture(params=[True, False], ids=["paced", "unpaced"])
def source(request: pytest.FixtureRequest, open_one: Open) -> Iterator[Source]:
    opened = open_one(request.param)
    yield opened
    opened.close()


class TestEverySource:
    def test_gives_frames_numbered_from_0_as_time_goes_by(self, source: Source) -> None:
        before_s = time.perf_counter()
        frames = list(islice(source, 4))
        assert [frame.index for frame in frames] == list(range(len(frames)))
        assert len(frames) == (4 if source.fps else 1)
        moments_s = [before_s, *(frame.captured_s for frame in frames), time.perf_counter()]
        assert moments_s == sorted(moments_s)
        assert all(isinstance(frame, Frame) for frame in frames)

    def test_is_its_own_iterator(self, source: Source) -> None:
        assert iter(source) is source

    def test_never_writes_into_a_frame_that_it_gave(self, source: Source) -> None:
        first = next(source)
        copy = first.pixels.copy()
        list(islice(source, 3))
        assert np.array_equal(first.pixels, copy)

    def test_names_the_size_that_comes(self, source: Source) -> None:
        frame = next(source)
        assert f"{frame.width_px}x{frame.height_px}" in source.name

    def test_ends_when_closed_however_often(self, source: Source) -> None:
        next(source)
        source.close()
        source.close()
        assert list(source) == []

    def test_may_be_closed_before_it_is_read(self, source: Source) -> None:
        source.close()
        assert list(source) == []

    def test_closes_at_the_end_of_a_with_block(self, source: Source) -> None:
        with source as opened:
            assert opened is source
            next(opened)
        assert list(source) == []

    def test_lets_a_reader_go_that_waits_while_another_thread_closes(self, source: Source) -> None:
        started = threading.Event()

        def read() -> None:
            for _ in source:
                started.set()

        reader = threading.Thread(target=read)
        reader.start()
        assert started.wait(60)
        source.close()
        reader.join(60)
        assert not reader.is_alive()

    def test_is_live_when_paced(self, open_one: Open) -> None:
        with open_one(True) as opened:
            assert opened.live
            assert opened.fps > 0

    def test_opens_again_after_it_was_closed(self, open_one: Open) -> None:
        for _ in range(2):
            with open_one(False) as opened:
                assert next(opened).index == 0


@pytest.mark.parametrize(("open_one", "live"), [(k, k in ("stream", "camera")) for k in SOURCES], indirect=["open_one"])
def test_only_what_cannot_wait_is_live_unpaced(open_one: Open, live: bool) -> None:
    with open_one(False) as opened:
        assert opened.live is live
