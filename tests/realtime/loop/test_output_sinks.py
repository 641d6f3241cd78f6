"""The sinks of a run: one that fails leaves, the others go on; windows belong to the main thread."""

import logging

import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite, Frame, Matte
from realtime.loop.output import Output
from realtime.loop.stats import Stats
from realtime.sinks.base import Action

PIXELS = np.zeros((4, 4, 3), np.uint8)
COMPOSITE = Composite(
    pixels=PIXELS,
    person=PIXELS,
    matte=Matte(alpha=np.zeros((4, 4), np.float32), frame=Frame(pixels=PIXELS, index=0, captured_s=0.0)),
)


class Recorder:
    """Counts what it gets; fails at the composite of that number, or when closed."""

    def __init__(self, name, fails_at=None, close_error=None):
        self.name = name
        self.got = 0
        self.closed = 0
        self._fails_at = fails_at
        self._close_error = close_error

    def send(self, composite):
        if self.got == self._fails_at:
            raise SinkError(f"{self.name} is gone")
        self.got += 1

    def close(self):
        self.closed += 1
        if self._close_error:
            raise self._close_error

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def output(sinks, stats):
    return Output(sinks, stats, background=lambda matte: None)


class Window(Recorder):
    def __init__(self, name, actions=(), pump_error=None, **more):
        super().__init__(name, **more)
        self.lines = []
        self._actions = actions
        self._pump_error = pump_error

    def pump(self, stats):
        self.lines.append(stats)
        if self._pump_error:
            raise self._pump_error
        return self._actions


def test_every_sink_gets_every_composite_and_is_timed():
    stats, sinks = Stats(), [Recorder("a"), Recorder("b")]
    out = output(sinks, stats)
    for _ in range(3):
        out.send(COMPOSITE)
    assert [sink.got for sink in sinks] == [3, 3]
    assert list(stats.summary(0).stages) == ["a", "b"]


def test_a_sink_that_fails_is_closed_and_the_others_go_on(caplog):
    stats, good, bad = Stats(), Recorder("good"), Recorder("bad", fails_at=1)
    out = output([bad, good], stats)
    for _ in range(4):
        out.send(COMPOSITE)
    assert (good.got, bad.got, bad.closed) == (4, 1, 1)
    assert stats.errors == ["bad: bad is gone"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    out.close()
    assert (good.closed, bad.closed) == (1, 1)


def test_the_error_of_the_last_sink_ends_the_run():
    out = output([Recorder("a", fails_at=0), Recorder("b", fails_at=1)], Stats())
    out.send(COMPOSITE)
    with pytest.raises(SinkError, match="b is gone"):
        out.send(COMPOSITE)


def test_windows_are_pumped_and_others_are_not():
    window = Window("window", actions=(Action.NEXT_BACKGROUND, Action.QUIT))
    out = output([Recorder("a"), window], Stats())
    assert out.has_windows()
    assert out.pump("30 fps") == [Action.NEXT_BACKGROUND, Action.QUIT]
    assert window.lines == ["30 fps"]
    assert not output([Recorder("a")], Stats()).has_windows()


@pytest.mark.parametrize("fault", [{"pump_error": SinkError("no display")}, {"fails_at": 0}])
def test_a_window_that_fails_leaves_and_is_closed_by_the_main_thread(fault):
    window, other = Window("window", **fault), Recorder("a")
    out = output([window, other], Stats())
    out.send(COMPOSITE)
    assert window.closed == 0
    out.pump("")
    out.pump("")
    assert not out.has_windows()
    assert out.sinks == (other,)
    out.close()
    assert (window.closed, other.closed) == (1, 1)


def test_sinks_are_swapped_and_who_swaps_closes_those_that_are_left_out_but_windows():
    window, left_out, kept, new = Window("window"), Recorder("a"), Recorder("b"), Recorder("c")
    out = output([window, left_out, kept], Stats())
    assert out.set([kept, new]) == [left_out]
    out.send(COMPOSITE)
    assert window.closed == 0
    assert out.has_windows()
    out.pump("")
    assert window.closed == 1
    assert not out.has_windows()
    assert (left_out.got, kept.got, new.got) == (0, 1, 1)
    with pytest.raises(ValueError, match="at least one sink"):
        out.set([])


def test_every_sink_is_closed_though_one_fails_to():
    broken, good = Recorder("broken", close_error=SinkError("disk full")), Recorder("good")
    stats = Stats()
    output([broken, good], stats).close()
    assert good.closed == 1
    assert stats.errors == ["broken: disk full"]


def test_an_output_that_cannot_be_finished_is_an_error_when_there_is_no_other():
    out = output([Recorder("broken", close_error=SinkError("disk full"))], Stats())
    with pytest.raises(SinkError, match="disk full"):
        out.close()


def test_no_sink_is_a_programming_error():
    with pytest.raises(ValueError, match="at least one sink"):
        output([], Stats())


def test_a_run_does_not_go_on_for_a_sink_that_stands_aside():
    page, recording = Recorder("page"), Recorder("talk.mp4", fails_at=0)
    page.aside = True
    out = output([page, recording], Stats())
    with pytest.raises(SinkError, match=r"talk\.mp4 is gone"):
        out.send(COMPOSITE)
