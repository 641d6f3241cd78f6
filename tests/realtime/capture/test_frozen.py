import numpy as np
import pytest

from realtime.capture.frozen import FIRST_PATIENCE_S, Frozen
from realtime.frame import Pixels

STILL = np.full((40, 40, 3), 7, np.uint8)


def seen(frozen: Frozen, pixels: Pixels, *, from_s: float, seconds: float) -> list[float]:
    """When a camera at 10 fps that gives ``pixels`` is to be opened afresh."""
    moments = [from_s + index / 10 for index in range(round(10 * seconds) + 1)]
    return [now_s for now_s in moments if frozen.sees(pixels.copy(), now_s)]


def test_the_same_picture_for_seconds_is_frozen() -> None:
    assert seen(Frozen(), STILL, from_s=100.0, seconds=5) == [100.0 + FIRST_PATIENCE_S]


def test_one_that_stays_whatever_is_done_is_tried_less_and_less_often() -> None:
    assert seen(Frozen(), STILL, from_s=0.0, seconds=60) == [3.0, 6.0, 12.0, 24.0, 48.0]


@pytest.mark.parametrize("place", [(0, 0, 0), (3, 5, 1), (39, 39, 2)])
def test_a_single_value_that_moves_is_life(place: tuple[int, int, int]) -> None:
    frozen = Frozen()
    other = STILL.copy()
    other[place] += 1
    assert not [now_s for now_s in range(60) if frozen.sees((STILL, other)[now_s % 2], float(now_s))]


def test_after_a_change_the_patience_is_the_first_again() -> None:
    frozen = Frozen()
    assert seen(frozen, STILL, from_s=0.0, seconds=20) == [3.0, 6.0, 12.0]
    assert seen(frozen, STILL + 1, from_s=30.0, seconds=4) == [33.0]


def test_another_size_is_a_change() -> None:
    frozen = Frozen()
    seen(frozen, STILL, from_s=0.0, seconds=2.5)
    assert seen(frozen, STILL[:20], from_s=2.6, seconds=2.5) == []
