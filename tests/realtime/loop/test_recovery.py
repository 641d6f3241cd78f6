"""A camera that goes and comes back, from the source to the outputs: fakes for camera, network and output."""

import threading

import pytest

from realtime.errors import SourceError
from realtime.loop.failsafe import WAITING
from realtime.loop.live_source import LiveSource
from realtime.loop.pipeline import Pipeline
from realtime.scene.compose import Scene
from realtime.settings.schema import SceneSettings
from tests.realtime.stand_ins import PATIENCE_S, Camera, Half, Shown, is_notice, until


def sized(width_px, height_px):
    """A camera that gives pictures of one size until it is pulled."""
    return Camera(None, fps=50.0, size=(width_px, height_px))


@pytest.fixture
def run(monkeypatch):
    """``run(camera, ...)``: a pipeline that opens these one after the other; None is a camera that is not there."""
    monkeypatch.setattr("realtime.loop.delays.NOTICE_AFTER_S", 0.3)
    running = []

    def start(*cameras):
        rest, shown = iter(cameras), Shown()

        def open_source():
            if (camera := next(rest)) is None:
                raise SourceError("no such camera")
            return camera

        scene = Scene(SceneSettings(background="#00ff00"))
        pipeline = Pipeline(LiveSource(open_source), Half(), scene, [shown])
        thread = threading.Thread(target=pipeline.run)
        thread.start()
        running.append((pipeline, thread))
        return shown

    yield start
    for pipeline, thread in running:
        pipeline.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_outputs_go_on_while_the_camera_is_away_and_it_comes_back_by_itself(run):
    first, second = sized(64, 48), sized(64, 48)
    shown = run(first, None, None, second)
    until(lambda: shown.pictures)
    first.pull()
    until(lambda: is_notice(shown.pictures[-1], WAITING))
    assert first.closed
    until(lambda: not is_notice(shown.pictures[-1], WAITING))
    away = [is_notice(picture, WAITING) for picture in shown.pictures]
    assert not any(away[: away.index(True)]), "first the last picture again"
    assert not second.closed


def test_a_camera_that_comes_back_at_another_size_is_shown_at_that(run):
    first, second, third = sized(64, 48), sized(96, 48), sized(32, 24)
    shown = run(first, second, third)
    until(lambda: shown.pictures)
    first.pull()
    until(lambda: shown.pictures[-1].shape == (48, 96, 3))
    second.pull()
    until(lambda: shown.pictures[-1].shape == (24, 32, 3))
    assert shown.pictures[-1][0, -1].tolist() == [0, 255, 0]


def test_nothing_is_left_of_a_camera_that_came_and_went(run):
    cameras = [sized(64, 48) for _ in range(6)]
    shown = run(*cameras)
    until(lambda: shown.pictures)
    threads = threading.active_count()
    for camera in cameras[:-1]:
        camera.pull()
        until(lambda camera=camera: camera.closed)
    until(lambda: cameras[-1].given > 2)
    assert threading.active_count() == threads
