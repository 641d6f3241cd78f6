import numpy as np
import pytest

from realtime.scene.rim import FAINT, FULL, Rim

RNG = np.random.default_rng(4)


def ramp(height: int = 40, width: int = 60) -> np.ndarray:
    """Nothing on the left, full on the right, a slope of 20 px between them."""
    return np.tile(np.clip((np.arange(width, dtype=np.float32) - 19.5) / 20, 0, 1), (height, 1))


def test_the_rim_is_what_is_partly_person() -> None:
    rim = Rim.of(ramp())
    assert len(rim.at) == 40 * 20
    assert set(rim.x.tolist()) == set(range(20, 40))
    np.testing.assert_array_equal(rim.alpha, ramp()[rim.y, rim.x])


@pytest.mark.parametrize("level", [0.0, 1.0, np.nan])
def test_a_matte_without_a_rim_has_an_empty_one(level: float) -> None:
    rim = Rim.of(np.full((9, 16), level, np.float32))
    assert rim.gather(np.zeros((9, 16, 3), np.uint8)).shape == (3, 0)
    assert rim.sample(np.zeros((3, 4, 4), np.float32)).shape == (4, 0)


def test_what_is_gathered_and_put_back_changes_nothing() -> None:
    rim = Rim.of(RNG.random((90, 160), np.float32))
    pixels = RNG.integers(0, 256, (90, 160, 3), np.uint8)
    back = np.zeros_like(pixels)
    rim.put(back, rim.gather(pixels))
    inside = (rim.alpha8 > FAINT) & (rim.alpha8 < FULL)
    np.testing.assert_array_equal(back[inside], pixels[inside])
    assert not back[~inside].any()


def test_what_is_put_is_rounded_and_clipped() -> None:
    rim = Rim.of(np.full((1, 4), 0.5, np.float32))
    pixels = np.zeros((1, 4, 3), np.uint8)
    rim.put(pixels, np.tile(np.array([-3.0, 1.4, 1.6, 300.0], np.float32), (3, 1)))
    assert pixels[0, :, 0].tolist() == [0, 1, 2, 255]


def test_a_reduced_picture_is_sampled_where_its_pixels_stand() -> None:
    y, x = np.mgrid[:30, :40].astype(np.float32)
    reduced = np.dstack([x, y, x + y, np.ones_like(x)])
    rim = Rim.of(np.full((90, 120), 0.5, np.float32))
    found = rim.sample(reduced)
    inside = (rim.x > 1) & (rim.x < 118) & (rim.y > 1) & (rim.y < 88)
    np.testing.assert_allclose(found[0, inside], (rim.x[inside] + 0.5) / 3 - 0.5, atol=0.03)
    np.testing.assert_allclose(found[1, inside], (rim.y[inside] + 0.5) / 3 - 0.5, atol=0.03)
