"""The loop with stand-ins: its threads, its sinks and windows, what it is told, and what is replaced meanwhile."""

import signal
import threading
import time

import pytest

from realtime.errors import SinkError
from realtime.loop.governor import Governor
from realtime.loop.pipeline import Pipeline
from realtime.settings.schema import MattingSettings
from realtime.sinks.base import Action
from tests.realtime.stand_ins import PATIENCE_S, ROOM, Camera, InStep, Nobody, Room, Shown, Window, until


@pytest.mark.parametrize("takes_s", [0.0, 0.002])
def test_without_load_every_frame_comes_in_order(takes_s, patient):
    matter, sinks = Nobody(takes_s=takes_s), [Shown("a"), Shown("b")]
    summary = Pipeline(InStep(Camera(frames=50), matter), matter, Room(), sinks).run()
    for sink in sinks:
        assert sink.indices() == list(range(50))
    assert (summary.frames, summary.dropped, summary.held) == (50, 0, 0)
    assert list(summary.stages) == ["capture", "infer", "finish", "scene", "a", "b"]


def test_under_load_the_newest_frame_wins_and_the_last_one_is_sent():
    camera, sink = Camera(frames=60, fps=400.0), Shown()
    summary = Pipeline(camera, Nobody(takes_s=0.02), Room(), [sink]).run()
    assert sink.indices() == sorted(set(sink.indices()))
    assert sink.indices()[-1] == 59
    assert summary.dropped > 10
    assert summary.frames + summary.dropped == 60
    assert summary.held == 0


def test_everything_is_closed_but_the_matter_which_is_the_callers():
    camera, matter, scene, sink = Camera(), Nobody(), Room(), Shown()
    Pipeline(camera, matter, scene, [sink]).run()
    assert (camera.closed, scene.closed, sink.closed, matter.closed) == (1, 1, 1, 0)


def test_a_run_lasts_as_long_as_requested():
    camera = Camera(frames=100_000, fps=200.0)
    summary = Pipeline(camera, Nobody(), Room(), [Shown()]).run(seconds=0.2)
    assert 0.2 <= summary.seconds < 20
    assert summary.frames < 1000
    assert camera.closed == 1


def once_it_shows(sink, act):
    """Act, from a thread of its own, when the sink has a picture."""

    def wait():
        until(lambda: sink.pictures)
        act()

    threading.Thread(target=wait, daemon=True).start()


def test_the_end_of_a_run_is_no_part_of_it(monkeypatch):
    monkeypatch.setattr("realtime.loop.delays.JOIN_S", 10.0)
    camera = Camera(frames=100_000, fps=200.0)
    started_s = time.perf_counter()
    summary = Pipeline(camera, Nobody(), Room(), [Shown()]).run(seconds=0.3)
    assert time.perf_counter() - started_s < 8, "the capture thread went on"
    assert summary.seconds < 8


def test_stop_ends_a_run_from_another_thread():
    pipeline = Pipeline(Camera(frames=100_000, fps=200.0), Nobody(), Room(), [sink := Shown()])
    once_it_shows(sink, pipeline.stop)
    assert pipeline.run().frames == len(sink.pictures) > 0


@pytest.fixture
def hears_ctrl_c():
    """A shell that starts the tests in the background makes them deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_ends_a_run_cleanly():
    sink = Shown()
    pipeline = Pipeline(Camera(frames=100_000, fps=200.0), Nobody(), Room(), [sink])
    once_it_shows(sink, lambda: signal.raise_signal(signal.SIGINT))
    assert pipeline.run(seconds=120).seconds < 100
    assert sink.closed == 1


def test_a_blocked_camera_does_not_hold_up_the_end(caplog):
    class Blocked(Camera):
        def __next__(self):
            self.fps = 0.0  # it said a tenth: so long whoever takes its pictures is patient
            if self.given:
                assert self._over.wait(PATIENCE_S)
            return super().__next__()

    Pipeline(camera := Blocked(fps=0.1), Nobody(), Room(), [Shown()]).run(seconds=0.1)
    assert camera.closed == 1
    assert "does not end" not in caplog.text


def test_a_sink_that_fails_leaves_and_the_others_go_on():
    bad, good = Shown("bad", fails_at=3), Shown("good")
    summary = Pipeline(Camera(frames=30, fps=200.0), Nobody(), Room(), [bad, good]).run()
    assert len(bad.pictures) == 3
    assert good.indices()[-1] == 29
    assert summary.errors == ("bad: the disk is full",)
    assert (bad.closed, good.closed) == (1, 1)


def test_the_only_sink_that_fails_ends_the_run_with_its_error():
    camera, scene = Camera(frames=100_000, fps=200.0), Room()
    with pytest.raises(SinkError, match="the disk is full"):
        Pipeline(camera, Nobody(), scene, [Shown(fails_at=3)]).run(seconds=120)
    assert (camera.closed, scene.closed) == (1, 1)


def test_a_window_is_pumped_from_the_main_thread_and_can_quit():
    window = Window(Action.QUIT)
    pipeline = Pipeline(Camera(frames=100_000, fps=200.0), Nobody(), Room(), [window])
    assert pipeline.run(seconds=120).seconds < 100
    assert window.threads == {threading.main_thread()}
    assert window.closed == 1


def test_what_is_asked_for_at_a_window_is_handed_on():
    rooms = [Room(shade) for shade in (20, 30)]
    first, window = Room(), Window(Action.NEXT_BACKGROUND, Action.NEXT_BACKGROUND, Action.NEXT_BACKGROUND, after=10)
    waiting, asked = iter(rooms), []

    def swap(action):
        asked.append(action)
        if (room := next(waiting, None)) is not None:
            pipeline.chain.swap(scene=room)

    camera = Camera(frames=120, fps=200.0)
    pipeline = Pipeline(camera, Nobody(), first, [window], on_action=swap)
    pipeline.run()
    assert (window.pictures[0] == ROOM).all()
    assert (window.pictures[-1] == 30).all()
    assert [room.closed for room in (first, *rooms)] == [1, 1, 1]
    assert asked == [Action.NEXT_BACKGROUND] * 3


def test_scenes_swap_without_a_torn_picture():
    sink = Shown()
    pipeline = Pipeline(Camera(frames=100_000, fps=500.0), Nobody(), Room(0, takes_s=0.001), [sink])
    rooms = [Room(shade, takes_s=0.001) for shade in range(1, 60)]
    closed_on_the_way = []

    def swap_all():
        for room in rooms:
            time.sleep(0.003)
            pipeline.chain.swap(scene=room)
            pipeline.chain.retire()
        until(lambda: sink.pictures[-1].min() == 59)
        closed_on_the_way.extend(room.closed for room in rooms)
        pipeline.stop()

    threading.Thread(target=swap_all).start()
    pipeline.run()
    shades = []
    for picture in sink.pictures:
        assert picture.min() == picture.max()
        shades.append(int(picture[0, 0, 0]))
    assert shades == sorted(shades)
    assert shades[-1] == 59
    assert closed_on_the_way == [1] * 58 + [0]
    assert all(room.closed == 1 for room in rooms)


def test_the_governor_learns_how_long_each_frame_took(monkeypatch):
    told = []
    monkeypatch.setattr(Governor, "observe", lambda self, busy_s, period_s: told.append((busy_s, period_s)))
    sink = Shown()
    governor = Governor(Nobody(takes_s=0.02), MattingSettings())
    Pipeline(Camera(6, fps=20.0), governor, Room(), [sink]).run()
    assert len(told) >= len(sink.composites) > 0
    assert all(busy_s >= 0.02 and period_s == 1 / 20 for busy_s, period_s in told)
