from collections.abc import Generator

import numpy as np
import pytest

from realtime.capture import paced as module
from realtime.capture.paced import LATEST_S, Paced, TimedPixels
from realtime.errors import SourceError


def pictures(*due_s: float) -> Generator[TimedPixels]:
    for at_s in due_s:
        yield TimedPixels(at_s, np.zeros((4, 6, 3), np.uint8))


class Clock:
    """Goes on only when somebody waits."""

    now_s = 100.0

    def perf_counter(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> bool:
        self.now_s += seconds
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def opened(clock: Clock, *due_s: float, is_paced: bool = True) -> Paced:
    source = Paced(pictures(*due_s), label="test", fps=10, paced=is_paced)
    source._closed.wait = clock.wait  # type: ignore[method-assign,assignment]
    return source


def test_each_picture_waits_for_its_moment(clock: Clock) -> None:
    frames = list(opened(clock, 0.0, 0.1, 0.5))
    assert [round(frame.captured_s - 100, 3) for frame in frames] == [0.0, 0.1, 0.5]


def test_unpaced_nothing_waits(clock: Clock) -> None:
    assert {frame.captured_s for frame in opened(clock, 0.0, 0.1, 0.5, is_paced=False)} == {100.0}


def test_the_clock_starts_with_the_first_picture_that_is_read(clock: Clock) -> None:
    source = opened(clock, 0.0, 0.1)
    clock.now_s += 60
    assert [round(frame.captured_s - 160, 3) for frame in source] == [0.0, 0.1]


def test_a_little_late_catches_up(clock: Clock) -> None:
    source = opened(clock, 0.0, 0.1, 0.2, 0.3)
    next(source)
    clock.now_s += 0.2
    assert [round(frame.captured_s - 100, 3) for frame in source] == [0.2, 0.2, 0.3]


def test_far_too_late_goes_on_slower_instead_of_racing(clock: Clock) -> None:
    source = opened(clock, *(0.1 * i for i in range(8)))
    next(source)
    clock.now_s += 10
    took_s = [round(frame.captured_s - 110, 3) for frame in source]
    assert took_s[-1] == pytest.approx(0.6 - LATEST_S)


@pytest.mark.parametrize(("fps", "says"), [(25.0, "clip, 6x4 at 25 fps"), (0.0, "clip, 6x4")])
def test_the_name_has_size_and_rate(fps: float, says: str) -> None:
    assert Paced(pictures(0.0), label="clip", fps=fps, paced=False).name == says


def test_no_picture_at_all_is_an_error_at_once() -> None:
    with pytest.raises(SourceError, match="clip contains no frames"):
        Paced(pictures(), label="clip", fps=10, paced=True)


def test_closing_gives_back_what_the_generator_holds() -> None:
    given_back = []

    def held() -> Generator[TimedPixels]:
        try:
            yield from pictures(0.0, 0.1)
        finally:
            given_back.append(True)

    source = Paced(held(), label="test", fps=10, paced=False)
    assert not given_back
    source.close()
    assert given_back
