"""A camera that goes and comes back, from the feed to the outputs: fakes for camera, network and output."""

import threading
import time

import numpy as np
import pytest

from realtime.errors import SourceError, SourceLost
from realtime.failsafe import WAITING
from realtime.frame import CoarseMatte, Frame
from realtime.notice import draw_notice
from realtime.pipeline import Pipeline
from realtime.scene.compose import Scene
from realtime.settings import SceneSettings

PATIENCE_S = 60.0


class Camera:
    """Gives pictures of one size until it is pulled."""

    name, fps, live = "camera", 50.0, True

    def __init__(self, width_px, height_px):
        self._shape = (height_px, width_px, 3)
        self._index = -1
        self.pulled = threading.Event()
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        if self.pulled.wait(1 / self.fps):
            raise SourceLost("camera stopped giving pictures")
        self._index += 1
        return Frame(pixels=np.full(self._shape, 200, np.uint8), index=self._index, captured_s=time.perf_counter())

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Half:
    """A network that takes the left half for the person."""

    name = "half"

    def matte_batch(self, frames):
        alpha = np.zeros((6, 8), np.float32)
        alpha[:, :4] = 1
        return [CoarseMatte(alpha=alpha, frame=frame) for frame in frames]

    def close(self):
        pass


class Shown:
    """An output that keeps what it was shown."""

    name = "shown"

    def __init__(self):
        self.pictures = []

    def send(self, composite):
        self.pictures.append(composite.pixels.copy())

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


@pytest.fixture
def run(monkeypatch):
    """``run(camera, ...)``: a pipeline that opens these one after the other; None is a camera that is not there."""
    monkeypatch.setattr("realtime.failsafe.NOTICE_AFTER_S", 0.3)
    running = []

    def start(*cameras):
        rest, shown = iter(cameras), Shown()

        def open_source():
            if (camera := next(rest)) is None:
                raise SourceError("no such camera")
            return camera

        scene = Scene(SceneSettings(background="#00ff00"))
        pipeline = Pipeline(open_source, Half(), scene, [shown], drop=True)
        thread = threading.Thread(target=pipeline.run)
        thread.start()
        running.append((pipeline, thread))
        return shown

    yield start
    for pipeline, thread in running:
        pipeline.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(condition):
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.01)


def is_notice(picture):
    height_px, width_px = picture.shape[:2]
    return np.array_equal(picture, draw_notice(WAITING, width_px, height_px))


def test_outputs_go_on_while_the_camera_is_away_and_it_comes_back_by_itself(run):
    first, second = Camera(64, 48), Camera(64, 48)
    shown = run(first, None, None, second)
    until(lambda: shown.pictures)
    first.pulled.set()
    until(lambda: is_notice(shown.pictures[-1]))
    assert first.closed
    until(lambda: not is_notice(shown.pictures[-1]))
    away = [is_notice(picture) for picture in shown.pictures]
    assert not any(away[: away.index(True)]), "first the last picture again"
    assert not second.closed


def test_a_camera_that_comes_back_at_another_size_is_shown_at_that(run):
    first, second, third = Camera(64, 48), Camera(96, 48), Camera(32, 24)
    shown = run(first, second, third)
    until(lambda: shown.pictures)
    first.pulled.set()
    until(lambda: shown.pictures[-1].shape == (48, 96, 3))
    second.pulled.set()
    until(lambda: shown.pictures[-1].shape == (24, 32, 3))
    assert shown.pictures[-1][0, -1].tolist() == [0, 255, 0]


def test_nothing_is_left_of_a_camera_that_came_and_went(run):
    cameras = [Camera(64, 48) for _ in range(6)]
    shown = run(*cameras)
    until(lambda: shown.pictures)
    threads = threading.active_count()
    for camera in cameras[:-1]:
        camera.pulled.set()
        until(lambda camera=camera: camera.closed)
    until(lambda: cameras[-1]._index > 1)
    assert threading.active_count() == threads
