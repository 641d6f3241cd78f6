import math
import os
import threading
from itertools import islice

import cv2
import numpy as np
import pytest

from realtime.capture import camera as module
from realtime.errors import SourceError, SourceLost
from realtime.frame import Frame, Pixels
from tests.realtime.capture.opened_camera import Fake, opened

WIDTH, HEIGHT, FPS = cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS


FORMAT, BUFFER = cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_BUFFERSIZE


MJPG = cv2.VideoWriter.fourcc(*"MJPG")


class TestWhatIsAsked:
    def test_v4l2_gets_the_format_before_the_size_and_one_buffer(self, camera: Fake) -> None:
        opened(width=1280, height=720, fps=30).close()
        assert camera.made[0].asked == [(FORMAT, MJPG), (WIDTH, 1280), (HEIGHT, 720), (FPS, 30), (BUFFER, 1)]

    def test_directshow_gets_it_after_the_size(self, camera: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "BACKENDS", (cv2.CAP_MSMF, cv2.CAP_DSHOW))
        camera.opens_with = {cv2.CAP_DSHOW}
        opened().close()
        assert [made.backend for made in camera.made] == [cv2.CAP_MSMF, cv2.CAP_DSHOW]
        assert [key for key, _ in camera.made[1].asked] == [WIDTH, HEIGHT, FORMAT, FPS, BUFFER]
        assert camera.made[0].released

    def test_an_empty_format_is_left_to_the_driver(self, camera: Fake) -> None:
        opened(pixel_format="").close()
        assert FORMAT not in dict(camera.made[0].asked)

    def test_media_foundation_skips_its_slow_transforms(self) -> None:
        assert os.environ["OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS"] == "0"

    def test_v4l2_does_not_wait_ten_seconds_for_a_camera_that_sleeps(self) -> None:
        assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "1"


class TestWhatComes:
    def test_the_name_says_what_was_granted(self, camera: Fake) -> None:
        camera.granted = {FPS: 25.0, FORMAT: float(cv2.VideoWriter.fourcc(*"YUYV")), WIDTH: 1280, HEIGHT: 720}
        with opened(camera="logitech") as source:
            assert source.name == "Logitech C920 (/dev/video0), 64x48 at 25 fps, YUYV, V4L2"
            assert source.fps == 25

    @pytest.mark.parametrize(("fps", "told"), [(10.0, True), (25.0, False)])
    def test_a_camera_that_is_slow_at_this_size_is_reported(
        self, camera: Fake, caplog: pytest.LogCaptureFixture, fps: float, told: bool
    ) -> None:
        camera.granted = {FPS: fps}
        with opened(camera="logitech", fps=30) as source:
            source.again().close()  # type: ignore[attr-defined]
        said = "Logitech C920 (/dev/video0) gives only 10 frames per second at 64x48; for a higher rate, use"
        assert caplog.text.count(said) == told

    @pytest.mark.parametrize("fps", [0.0, -1.0, math.nan, math.inf])
    def test_a_rate_that_is_none_is_not_believed(self, camera: Fake, fps: float) -> None:
        camera.granted = {FPS: fps}
        with opened(fps=24) as source:
            assert source.fps == 24

    @pytest.mark.parametrize("code", [0.0, -1.0, 22.0, 4294967295.0])
    def test_a_driver_that_knows_no_format_and_no_rate_gets_neither_made_up(self, camera: Fake, code: float) -> None:
        camera.granted = {FORMAT: code}
        with opened(fps=24) as source:
            assert source.name == "Logitech C920 (/dev/video0), 64x48 at 24 fps, V4L2"

    def test_the_picture_read_while_opening_is_not_lost(self, camera: Fake) -> None:
        with opened() as source:
            assert [frame.pixels[-1, 0, 0] for frame in islice(source, 3)] == [10, 20, 30]

    def test_grey_becomes_colour(self, camera: Fake) -> None:
        camera.grey = True
        with opened() as source:
            assert next(source).pixels.shape == (48, 64, 3)

    def test_a_camera_may_need_a_few_reads_to_wake(self, camera: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        reads = iter([(False, None), (True, None), (True, np.zeros((4, 4, 3), np.uint8))])
        monkeypatch.setattr(camera, "read", lambda self: next(reads))
        with opened() as source:
            assert next(source).pixels.shape == (4, 4, 3)

    def test_a_read_that_fails_is_a_loss(self, camera: Fake) -> None:
        camera.pictures = 2
        with opened() as source:
            assert len(list(islice(source, 2))) == 2
            with pytest.raises(SourceLost, match=r"Logitech C920 \(/dev/video0\) stopped giving frames"):
                next(source)

    def test_a_read_that_throws_is_a_loss(self, camera: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        with opened() as source:
            next(source)
            monkeypatch.setattr(camera, "read", lambda self: cv2.cvtColor(np.zeros((0, 0), np.uint8), 0))
            with pytest.raises(SourceLost):
                next(source)

    def test_the_device_is_given_back(self, camera: Fake) -> None:
        opened().close()
        assert camera.made[0].released

    def test_closing_does_not_wait_for_a_camera_that_hangs_and_the_read_gives_it_back(
        self, camera: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_CLOSING_S", 0.01)
        reading, go = threading.Event(), threading.Event()

        def hang(capture: Fake) -> tuple[bool, Pixels]:
            reading.set()
            assert go.wait(120)
            assert not capture.released
            return True, np.zeros((4, 4, 3), np.uint8)

        source = opened()
        next(source)
        monkeypatch.setattr(camera, "read", hang)
        reader = threading.Thread(target=lambda: frames.extend(source))
        frames: list[Frame] = []
        reader.start()
        assert reading.wait(60)
        closer = threading.Thread(target=source.close)
        closer.start()
        closer.join(60)
        waited = closer.is_alive()
        go.set()
        reader.join(60)
        closer.join(60)
        assert not waited
        assert camera.made[0].released
        assert frames == []

    def test_a_camera_that_hangs_while_it_wakes_is_not_waited_for_again_and_again(
        self, camera: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads: list[int] = []
        monkeypatch.setattr(camera, "read", lambda capture: (bool(reads.append(1)), None))
        monkeypatch.setattr(module, "_WAKING_S", 0.0)
        with pytest.raises(SourceError, match="gives no frame"):
            opened()
        assert len(reads) == 1

    def test_a_camera_without_pictures_is_refused_and_given_back(self, camera: Fake) -> None:
        camera.pictures = 0
        with pytest.raises(SourceError, match="opened but gives no frame"):
            opened()
        assert camera.made[0].released


class TestFrozen:
    """A camera that repeats its picture is opened afresh."""

    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("realtime.capture.frozen.FIRST_PATIENCE_S", 0.05)

    @pytest.fixture
    def hung(self, camera: Fake, monkeypatch: pytest.MonkeyPatch) -> Fake:
        """The first one to be opened hangs, those after it do not."""
        lively = camera.read

        def read(capture: Fake) -> tuple[bool, Pixels]:
            good, picture = lively(capture)
            return good, np.full((4, 4, 3), 9, np.uint8) if capture is camera.made[0] else picture

        monkeypatch.setattr(camera, "read", read)
        return camera

    def test_it_moves_again(self, hung: Fake) -> None:
        with opened() as source:
            frames = []
            while len(hung.made) < 2:
                frames.append(next(source))
            frames.extend(islice(source, 3))
        assert [frame.index for frame in frames] == list(range(len(frames)))
        assert [frame.pixels.shape for frame in frames[-4:]] == [(48, 64, 3)] * 4
        assert hung.made[0].released
        assert hung.made[1].asked == hung.made[0].asked

    def test_one_that_does_not_come_back_is_a_loss(self, hung: Fake) -> None:
        with opened() as source:
            hung.opens_with = {-1}
            with pytest.raises(SourceLost, match="cannot open the camera Logitech"):
                list(source)

    def test_a_picture_that_is_still_goes_on(self, camera: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camera, "read", lambda self: (True, np.zeros((4, 4, 3), np.uint8)))
        with opened() as source:
            while len(camera.made) < 3:
                assert next(source).pixels.shape == (4, 4, 3)
