"""A source that may be changed, closed and opened again while somebody reads it."""

import threading
import time

import numpy as np
import pytest

from realtime.errors import SourceLost
from realtime.frame import Frame
from realtime.loop.stats import Stats
from realtime.loop.switchable_source import SwitchableSource

PATIENCE_S = 180.0


class Source:
    """Gives ``count`` pictures, then ends, is lost, or blocks until it is closed."""

    name, live = "source", True

    def __init__(self, count, then="ends", fps=25.0):
        self.fps = fps
        self.closed = threading.Event()
        self._left, self._index, self._then = count, 0, then

    def __iter__(self):
        return self

    def __next__(self):
        if self._index == self._left:
            if self._then == "ends":
                raise StopIteration
            if self._then == "blocks":
                assert self.closed.wait(PATIENCE_S)
            raise SourceLost("gone")
        frame = Frame(pixels=np.zeros((2, 2, 3), np.uint8), index=self._index, captured_s=time.perf_counter())
        self._index += 1
        return frame

    def close(self):
        self.closed.set()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Reader(threading.Thread):
    """Reads an switchable to its end in a thread of its own."""

    def __init__(self, switchable):
        super().__init__(daemon=True)
        self.switchable, self.indices, self.error = switchable, [], None
        self.start()

    def run(self):
        try:
            for frame in self.switchable.frames():
                self.indices.append(frame.index)
        except SourceLost as error:
            self.error = error

    def has_read(self, count):
        end_s = time.monotonic() + PATIENCE_S
        while len(self.indices) < count:
            assert time.monotonic() < end_s
            time.sleep(0.005)

    def end(self):
        self.join(PATIENCE_S)
        assert not self.is_alive()
        return self.indices


def test_frames_come_until_the_source_ends():
    stats = Stats()
    assert Reader(SwitchableSource(Source(3), stats)).end() == [0, 1, 2]
    assert "capture" in stats.recent().stages


def test_another_source_goes_on_with_the_numbers_and_the_one_before_is_closed():
    first, second = Source(3, "blocks"), Source(2, fps=10.0)
    switchable = SwitchableSource(first, Stats())
    reader = Reader(switchable)
    reader.has_read(3)
    switchable.set(second)
    assert reader.end() == [0, 1, 2, 3, 4]
    assert first.closed.is_set()
    assert switchable.period_s == 1 / 10


def test_the_rate_is_the_one_that_the_source_has_now():
    source = Source(1, fps=25.0)
    switchable = SwitchableSource(source, Stats())
    source.fps = 15.0  # as a camera that was opened anew
    assert switchable.period_s == 1 / 15
    switchable.set(None)
    assert switchable.period_s == 1 / 15


def test_a_source_without_a_rate_counts_as_a_usual_camera():
    assert SwitchableSource(Source(1, fps=0.0), Stats()).period_s == 1 / 30


def test_without_a_source_the_reader_waits_for_the_next():
    first = Source(2, "blocks")
    switchable = SwitchableSource(first, Stats())
    reader = Reader(switchable)
    reader.has_read(2)
    switchable.set(None)
    assert not switchable.has_source
    assert first.closed.is_set()
    assert reader.is_alive()
    switchable.set(Source(1))
    assert reader.end() == [0, 1, 2]


def test_a_loss_is_the_readers():
    reader = Reader(SwitchableSource(Source(1, "is lost"), Stats()))
    assert reader.end() == [0]
    assert isinstance(reader.error, SourceLost)


@pytest.mark.parametrize("waiting", [True, False])
def test_closing_wakes_who_reads_and_who_waits(waiting):
    source = Source(1, "blocks")
    switchable = SwitchableSource(source, Stats())
    reader = Reader(switchable)
    reader.has_read(1)
    if waiting:
        switchable.set(None)
    switchable.close()
    assert reader.end() == [0]
    assert reader.error is None
    assert source.closed.is_set()


def test_a_source_that_comes_after_the_end_is_closed():
    switchable, late = SwitchableSource(Source(1), Stats()), Source(1)
    switchable.close()
    switchable.set(late)
    assert late.closed.is_set()
