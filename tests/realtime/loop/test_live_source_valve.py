"""A live source that is shut by the valve, or stands on its side."""

import threading
import time

import numpy as np
import pytest

from realtime.capture.turn import Turn
from realtime.errors import SourceError, SourceLost
from realtime.frame import Frame
from realtime.loop.camera_valve import CameraValve
from realtime.loop.live_source import LiveSource, Unopened
from tests.realtime.loop import scripted_source
from tests.realtime.loop.scripted_source import PIXELS, Scripted, opener


class TestValve:
    """A shut valve closes the camera and opens it again; what is no camera only waits."""

    @pytest.fixture
    def valve(self):
        return CameraValve()

    def resting(self, frames, valve, reason="nobody watches"):
        """Asks for the next frame with the valve shut; returns the thread, and where the frame will be."""
        valve.shut(reason)
        got = []

        def ask():
            got.extend([next(frames, None)])

        asking = threading.Thread(target=ask)
        asking.start()
        return asking, got

    def until(self, true):
        end_s = time.perf_counter() + 60
        while not true():
            assert time.perf_counter() < end_s
            time.sleep(0.002)

    def test_the_first_frame_comes_whatever_the_valve(self, valve):
        valve.shut("nobody watches")
        assert next(LiveSource(opener(Scripted(0, 1)), valve)).index == 0

    def test_the_camera_is_closed_while_it_is_shut_and_gives_frames_after(self, valve):
        first = Scripted(0, 1, 2)
        frames = LiveSource(opener(first, Scripted(0, 1)), valve)
        assert [next(frames).index, next(frames).index] == [0, 1]
        asking, got = self.resting(frames, valve)
        self.until(lambda: first.closed)
        assert not got
        valve.lift("nobody watches")
        asking.join(60)
        assert [got[0].index, next(frames).index] == [0, 1]

    def test_a_camera_that_was_taken_meanwhile_is_tried_for_again(self, valve):
        frames = LiveSource(opener(Scripted(0), SourceError("busy"), Scripted(0)), valve)
        next(frames)
        asking, got = self.resting(frames, valve)
        self.until(lambda: frames._source.closed)
        valve.lift("nobody watches")
        asking.join(60)
        assert got[0].index == 0

    def test_one_that_was_taken_meanwhile_is_reported_once_and_its_return_too(self, valve, caplog):
        away = [SourceError("the camera is busy", cure="See which program has it")] * 2
        frames = LiveSource(opener(Scripted(0), *away, Scripted(0)), valve)
        next(frames)
        asking, _ = self.resting(frames, valve)
        self.until(lambda: frames._source.closed)
        valve.lift("nobody watches")
        asking.join(20)
        assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
            "the camera is busy. See which program has it; trying again",
            "scripted is open again",
        ]

    def test_a_lost_camera_is_not_tried_for_while_it_is_shut(self, valve):
        tries = []
        sources = opener(Scripted(0, SourceLost("unplugged")), *[SourceError("no")] * 1000)

        def open_next():
            tries.append(1)
            return sources()

        frames = LiveSource(open_next, valve)
        next(frames)
        asking = threading.Thread(target=lambda: next(frames, None))
        asking.start()
        self.until(lambda: len(tries) > 1)
        valve.shut("nobody watches")
        self.until(lambda: not frames._waiting and frames._pause_s == 0.0)
        count = len(tries)
        time.sleep(0.3)
        assert len(tries) == count
        frames.close()
        asking.join(60)

    def test_closing_wakes_a_source_that_rests(self, valve):
        frames = LiveSource(opener(Scripted(0, 1)), valve)
        next(frames)
        asking, got = self.resting(frames, valve)
        frames.close()
        asking.join(60)
        assert not asking.is_alive()
        assert got == [None]

    def test_an_unopened_camera_opens_with_the_valve_and_its_first_frame_decides_the_size(self, valve):
        size = Frame(pixels=np.zeros((4, 6, 3), np.uint8), index=7, captured_s=0.0)
        sources = opener(SourceError("busy"), Scripted(0))
        valve.shut("nobody watches")
        frames = LiveSource(sources, valve, unopened=Unopened("camera 1", 25.0, size))
        assert (frames.first, frames.name, frames.fps, frames.live) == (size, "camera 1", 25.0, True)
        asking, got = self.resting(frames, valve)
        valve.lift("nobody watches")
        asking.join(60)
        assert [got[0].index, frames.first.pixels.shape] == [0, PIXELS.shape]
        assert frames.name == "scripted"

    def test_a_size_that_is_only_expected_is_turned_like_the_frames_that_come(self, valve):
        size = Frame(pixels=np.zeros((4, 6, 3), np.uint8), index=0, captured_s=0.0)
        valve.shut("nobody watches")
        unopened = Unopened("camera 1", 25.0, size)
        frames = LiveSource(opener(Scripted(0)), valve, unopened=unopened, turn=Turn(degrees=90))
        assert frames.unturned is size
        assert frames.first.pixels.shape == (6, 4, 3)

    def test_the_reason_why_it_is_closed_is_reported(self, valve, caplog):
        caplog.set_level("INFO")
        frames = LiveSource(opener(Scripted(0, 1)), valve)
        next(frames)
        asking, _ = self.resting(frames, valve)
        frames.close()
        asking.join(60)
        assert "scripted is closed: nobody watches" in caplog.text


class TestTurned:
    """Frames of a camera on its side."""

    @pytest.fixture
    def wide(self, monkeypatch):
        """A picture of 2x1: black, then white."""
        pixels = np.array([[[0] * 3, [255] * 3]], np.uint8)
        monkeypatch.setattr(scripted_source, "PIXELS", pixels)
        return pixels

    def test_every_frame_is_turned_and_the_first_shows_the_size(self, wide):
        frames = LiveSource(opener(Scripted(0, 1, SourceLost("gone")), Scripted(0)), turn=Turn(degrees=270))
        assert frames.first.pixels[:, :, 0].tolist() == [[255], [0]]
        assert [next(frames).pixels[:, :, 0].tolist() for _ in range(3)] == [[[255], [0]]] * 3

    def test_another_turn_is_that_of_the_next_frame(self, wide):
        frames = LiveSource(opener(Scripted(0, 1, 2)))
        assert next(frames).pixels is wide
        frames.turn = Turn(mirrored=True)
        assert next(frames).pixels[0, :, 0].tolist() == [255, 0]
        assert frames.first.pixels[0, :, 0].tolist() == [255, 0]
