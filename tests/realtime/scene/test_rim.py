import numpy as np
import pytest

from realtime.scene.rim import FAINT, FULL, Rim

RNG = np.random.default_rng(4)


def ramp(height: int = 40, width: int = 60) -> np.ndarray:
    """Nothing on the left, full on the right, a slope of 20 px between them."""
    return np.tile(np.clip((np.arange(width, dtype=np.float32) - 19.5) / 20, 0, 1), (height, 1))


@pytest.mark.parametrize("width", [60, 64, 63])
def test_the_rim_is_what_is_partly_person(width: int) -> None:
    alpha = ramp(width=width)
    rim = Rim.of(alpha)
    inside = rim.inside > 0
    assert inside.sum() == 40 * 20
    np.testing.assert_allclose(rim.alpha[inside, 0].reshape(40, 20), alpha[:, 20:40], atol=0.5 / 255 + 1e-6)


def test_a_matte_in_8_bits_has_the_same_rim() -> None:
    rim = Rim.of(ramp())
    same = Rim.of(rim.alpha8)
    np.testing.assert_array_equal(same.alpha, rim.alpha)
    np.testing.assert_array_equal(same.inside, rim.inside)


@pytest.mark.parametrize("level", [0.0, 1.0, np.nan])
def test_a_matte_without_a_rim_has_an_empty_one(level: float) -> None:
    rim, pixels = Rim.of(np.full((9, 16), level, np.float32)), np.zeros((9, 16, 3), np.uint8)
    assert len(rim.runs) == 0
    assert rim.runs.colours(pixels).shape == rim.alpha.shape == (0, 4)
    rim.put(pixels, rim.runs.colours(pixels))


def test_what_is_gathered_and_put_back_changes_nothing() -> None:
    rim = Rim.of(RNG.random((90, 160), np.float32))
    pixels = RNG.integers(0, 256, (90, 160, 3), np.uint8)
    back = np.zeros_like(pixels)
    rim.put(back, rim.runs.colours(pixels))
    inside = (rim.alpha8 > FAINT) & (rim.alpha8 < FULL)
    np.testing.assert_array_equal(back[inside], pixels[inside])
    assert not back[~inside].any()


def test_what_is_put_is_rounded_and_clipped() -> None:
    rim = Rim.of(np.full((1, 4), 0.5, np.float32))
    pixels = np.zeros((1, 4, 3), np.uint8)
    rim.put(pixels, np.tile(np.array([-3.0, 1.4, 1.6, 300.0], np.float32)[:, None], (1, 4)))
    assert pixels[0, :, 0].tolist() == [0, 1, 2, 255]
