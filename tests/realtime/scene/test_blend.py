import numpy as np
import pytest

from realtime.frame import Pixels
from realtime.scene.blend import blend
from realtime.scene.rim import Rim

RNG = np.random.default_rng(1)
SIZES = [(1, 1), (7, 5), (64, 16), (200, 33), (300, 400)]


def picture(shape: tuple[int, int]) -> Pixels:
    return RNG.integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", SIZES)
def test_alpha_of_zero_is_the_plate_and_of_one_the_foreground_to_the_bit(shape: tuple[int, int]) -> None:
    foreground, plate = picture(shape), picture(shape)
    np.testing.assert_array_equal(blend(foreground, plate, Rim.of(np.zeros(shape, np.float32))), plate)
    np.testing.assert_array_equal(blend(foreground, plate, Rim.of(np.ones(shape, np.float32))), foreground)


@pytest.mark.parametrize("shape", SIZES)
def test_between_them_the_error_stays_within_three_levels(shape: tuple[int, int]) -> None:
    foreground, plate, alpha = picture(shape), picture(shape), RNG.random(shape, dtype=np.float32)
    exact = alpha[..., None] * foreground.astype(float) + (1 - alpha[..., None]) * plate.astype(float)
    assert abs(blend(foreground, plate, Rim.of(alpha)) - exact).max() <= 3


def test_every_alpha_leaves_a_colour_on_the_same_colour_almost_alone() -> None:
    alpha = np.tile(np.arange(256, dtype=np.float32) / 255, (256, 1))
    grey = np.repeat(np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, 256))[..., None], 3, axis=2)
    assert abs(blend(grey, grey, Rim.of(alpha)).astype(int) - grey).max() <= 1


def test_alpha_that_is_no_number_shows_the_plate() -> None:
    shape = (4, 4)
    foreground, plate = np.full((*shape, 3), 200, np.uint8), np.full((*shape, 3), 10, np.uint8)
    assert (blend(foreground, plate, Rim.of(np.full(shape, np.nan, np.float32))) == 10).all()


def test_each_result_is_a_separate_array() -> None:
    foreground, plate, rim = picture((9, 9)), picture((9, 9)), Rim.of(np.full((9, 9), 0.5, np.float32))
    assert not np.shares_memory(blend(foreground, plate, rim), blend(foreground, plate, rim))


def test_linear_light_mixes_light_and_keeps_both_ends_to_the_bit() -> None:
    foreground, plate = picture((40, 60)), picture((40, 60))
    for level, expected in ((0.0, plate), (1.0, foreground)):
        rim = Rim.of(np.full((40, 60), level, np.float32))
        np.testing.assert_array_equal(blend(foreground, plate, rim, linear_light=True), expected)
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    half = Rim.of(np.full((4, 4), 0.5, np.float32))
    assert abs(blend(black, white, half, linear_light=True).astype(int) - 188).max() <= 1  # sRGB of half the light
    grey = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    same = blend(grey, grey, Rim.of(np.full((1, 256), 0.3, np.float32)), linear_light=True)
    assert abs(same.astype(int) - grey).max() <= 1
