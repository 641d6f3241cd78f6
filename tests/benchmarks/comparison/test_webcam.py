import threading
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.comparison import webcam as module
from benchmarks.comparison.coded_frames import CodedFrames, coded_frames
from benchmarks.comparison.webcam import BUFFERS, Supply, Webcam


@pytest.fixture
def shown() -> CodedFrames:
    """Pictures of one shade each: 0, 40, 80."""
    drawn = [(np.full((48, 64, 3), shade, np.uint8), np.full((48, 64), shade, np.uint8)) for shade in (0, 40, 80)]
    return coded_frames(drawn, (32, 16), np.zeros((8, 8, 3), np.uint8))


def test_pictures_and_mattes_have_the_size_that_is_asked_for(shown):
    assert shown.decoded(0).shape == shown.room.shape == (16, 32, 3)
    assert [alpha.shape for alpha in shown.alphas] == [(16, 32)] * 3
    assert [int(alpha.mean()) for alpha in shown.alphas] == [0, 40, 80]


def test_it_plays_back_and_forth(shown):
    assert [shown.at(index) for index in range(9)] == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert abs(float(shown.decoded(2).mean()) - 80) < 2


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def wait(self, seconds: float) -> bool:
        self.now_s += seconds
        return False


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: made.now_s))
    return made


def webcam(shown, clock, fps=10.0):
    made = Webcam(shown, fps)
    made._closed = SimpleNamespace(wait=clock.wait, is_set=lambda: False, set=lambda: None)
    return made


def test_who_reads_in_time_gets_every_picture_as_it_is_captured(shown, clock):
    camera = webcam(shown, clock)
    for index in range(10):
        frame = next(camera)
        assert frame.index == index
        assert frame.captured_s == pytest.approx(clock.now_s)


def test_who_reads_late_gets_the_old_pictures_that_wait_and_the_rest_is_lost(shown, clock):
    camera = webcam(shown, clock)
    next(camera)
    clock.now_s += 2.05
    assert [next(camera).index for _ in range(BUFFERS)] == [1, 2, 3, 4]
    frame = next(camera)
    assert frame.index == 21
    assert frame.captured_s == pytest.approx(clock.now_s)


def test_a_slow_reader_is_as_many_of_his_own_rounds_behind_as_there_are_buffers(shown, clock):
    camera = webcam(shown, clock)
    ages_s = []
    for _ in range(20):
        frame = next(camera)
        clock.now_s += 0.5
        ages_s.append(clock.now_s - frame.captured_s)
    assert ages_s[-1] == pytest.approx((BUFFERS + 1) * 0.5, abs=0.2)


def test_it_can_be_closed(shown):
    camera = Webcam(shown, 1000.0)
    next(camera)
    camera.close()
    camera.close()
    assert list(camera) == []


def test_a_supply_gives_the_next_picture_while_one_is_in_work_and_then_waits(shown):
    supply = Supply(shown)
    assert [next(supply).index for _ in range(2)] == [0, 1]
    taken = []
    reader = threading.Thread(target=lambda: taken.extend(frame.index for frame in supply))
    reader.start()
    supply.sent(1)
    supply.sent(0)  # again, in the place of one that is late
    while len(taken) < 2:
        reader.join(0.01)
    supply.close()
    supply.close()
    reader.join()
    assert taken == [2, 3]
