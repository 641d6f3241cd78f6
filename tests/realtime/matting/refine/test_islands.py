"""Specks vanish and holes fill, and nothing of a person is eaten."""

import cv2
import numpy as np
import pytest

from realtime.frame import Alpha
from realtime.matting.refine.islands import without_islands

HEIGHT, WIDTH = 144, 256


def disc(alpha: Alpha, x: int, y: int, radius: int, level: float = 1.0) -> Alpha:
    """``alpha`` with a soft disc drawn into it."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.clip(radius + 0.5 - np.hypot(across - x, down - y), 0, 1) * level
    return np.maximum(alpha, inside).astype(np.float32)


@pytest.fixture
def nobody() -> Alpha:
    return np.zeros((HEIGHT, WIDTH), np.float32)


@pytest.fixture
def person(nobody: Alpha) -> Alpha:
    """Head and shoulders in the middle, down to the foot of the picture."""
    alpha = disc(nobody, 128, 60, 25)
    alpha[85:, 80:180] = 1
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1), np.float32)


def test_a_clean_matte_passes_untouched(person: Alpha, nobody: Alpha) -> None:
    assert without_islands(person) is person
    assert without_islands(nobody) is nobody


@pytest.mark.parametrize(("x", "y", "radius"), [(30, 40, 3), (220, 20, 4), (40, 100, 2), (128, 2, 3)])
def test_a_speck_vanishes_with_its_rim(person: Alpha, x: int, y: int, radius: int) -> None:
    speck = cv2.GaussianBlur(disc(np.zeros_like(person), x, y, radius), (0, 0), 1)
    cleared = without_islands(np.maximum(person, speck))
    np.testing.assert_allclose(cleared, person, atol=0.02)


def test_what_is_faint_everywhere_vanishes_however_large(person: Alpha) -> None:
    haze = disc(person, 30, 40, 25, level=0.4)
    np.testing.assert_allclose(without_islands(haze), person, atol=0.1)


@pytest.mark.parametrize(("x", "y"), [(0, 60), (255, 100), (30, 143)])
def test_a_hand_that_comes_in_stays(person: Alpha, x: int, y: int) -> None:
    hand = disc(person, x, y, 8)
    np.testing.assert_array_equal(without_islands(hand), hand)


def test_a_hand_that_comes_in_does_not_pop(person: Alpha) -> None:
    """From one frame to the next no more appears than the hand gained itself, and a little."""
    shown = [float(without_islands(disc(person, -10 + step, 60, 10)).sum()) for step in range(30)]
    assert max(np.diff(shown)) < 45
    assert shown[-1] > shown[0] + 200


def test_strands_and_fingers_beside_the_person_stay(person: Alpha) -> None:
    strand = disc(person, 128, 32, 1)
    assert strand[32, 128] == 1
    np.testing.assert_array_equal(without_islands(strand), strand)


def test_a_second_person_stays(person: Alpha) -> None:
    both = disc(person, 30, 60, 15)
    np.testing.assert_array_equal(without_islands(both), both)


def test_a_small_hole_fills_and_a_bent_arm_keeps_its_gap(person: Alpha) -> None:
    holed = np.minimum(person, 1 - disc(np.zeros_like(person), 130, 110, 1))
    np.testing.assert_allclose(without_islands(holed)[100:120, 120:140], 1, atol=0.1)
    gap = np.minimum(person, 1 - disc(np.zeros_like(person), 130, 110, 10))
    np.testing.assert_array_equal(without_islands(gap), gap)


def test_a_doubtful_hole_fills_though_it_is_larger(person: Alpha) -> None:
    doubtful = np.minimum(person, 1 - disc(np.zeros_like(person), 130, 112, 8, level=0.6))
    np.testing.assert_allclose(without_islands(doubtful)[100:125, 120:140], 1, atol=0.1)


def test_nobody_stays_nobody(nobody: Alpha) -> None:
    specks = disc(disc(nobody, 60, 40, 4), 200, 90, 5)
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH), np.float32) * 0.09
    assert without_islands(specks).max() == 0
    assert without_islands(np.maximum(specks, noise)).max() < 0.1


def test_the_matte_that_went_in_is_not_written_into(person: Alpha) -> None:
    speck = disc(person, 30, 40, 3)
    speck.flags.writeable = False
    assert without_islands(speck).dtype == np.float32
