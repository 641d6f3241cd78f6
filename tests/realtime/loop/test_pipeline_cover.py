"""A cover in the place of every picture: it is there when ``cover`` returns, whatever camera and network do."""

import threading

import pytest

from realtime.errors import SinkError
from realtime.loop.failsafe import SHUTTER_CLOSED, WAITING
from realtime.loop.pipeline import Pipeline
from tests.realtime.stand_ins import PATIENCE_S, ROOM, Camera, Half, Hangs, Room, Shown, is_notice, until


class Running:
    """A pipeline that runs in a thread of its own, with one picture out."""

    def __init__(self, matter, *sinks):
        self.camera = Camera(None, fps=50.0)
        self.pipeline = Pipeline(self.camera, matter, Room(), sinks)
        self.error = None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            self.pipeline.run()
        except SinkError as error:
            self.error = error

    def __enter__(self):
        self._thread.start()
        until(lambda: self.pipeline.output.latest)
        return self

    def __exit__(self, *exc):
        self.pipeline.stop()
        self.join()

    def join(self):
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("background", [False, True])
def test_while_the_network_hangs_the_notice_is_there_at_once_and_no_late_picture_comes_after_it(background):
    matter, sink = Hangs(first=5), Shown()
    with Running(matter, sink) as running:
        assert matter.entered.wait(PATIENCE_S)
        running.pipeline.cover(SHUTTER_CLOSED, background=background)
        assert is_notice(sink.pictures[-1], SHUTTER_CLOSED)
        covered = len(sink.pictures)
        matter.let_go.set()
        until(lambda: len(sink.pictures) > covered + 5)
        later = sink.composites[covered:]
        running.pipeline.cover(None)
        until(lambda: (sink.pictures[-1] == ROOM).all())
    assert all(composite.matte.alpha.max() == 0 for composite in later)
    if not background:
        assert all(is_notice(composite.pixels, SHUTTER_CLOSED) for composite in later)


@pytest.mark.usefixtures("hasty")
def test_the_background_alone_is_there_at_once_while_no_frame_comes():
    sink = Shown()
    with Running(Half(), sink) as running:
        running.pipeline.source.set(None)
        until(lambda: is_notice(sink.pictures[-1], WAITING))
        running.pipeline.cover(SHUTTER_CLOSED, background=True)
        assert (sink.pictures[-1] == ROOM).all()
        assert sink.composites[-1].matte.alpha.max() == 0
        assert is_notice(sink.composites[-1].frame.pixels, SHUTTER_CLOSED)


def test_the_last_sink_that_fails_at_the_cover_ends_the_run_and_not_who_covers():
    matter, sink = Hangs(first=5), Shown()
    with Running(matter, sink) as running:
        assert matter.entered.wait(PATIENCE_S)
        sink.fails_at = 0
        running.pipeline.cover(SHUTTER_CLOSED)
        matter.let_go.set()
        running.join()
    assert str(running.error) == "the disk is full"


def test_after_the_run_a_cover_sends_nothing():
    sink = Shown()
    with Running(Half(), sink) as running:
        pass
    shown = len(sink.pictures)
    running.pipeline.cover(SHUTTER_CLOSED)
    assert len(sink.pictures) == shown
