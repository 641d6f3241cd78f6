import numpy as np
import pytest

from realtime.frame import Frame, Matte, halved

RNG = np.random.default_rng(6)


def frame(width_px: int = 160, height_px: int = 90) -> Frame:
    return Frame(pixels=RNG.integers(0, 256, (height_px, width_px, 3), np.uint8), index=0, captured_s=0.0)


@pytest.mark.parametrize(("side_px", "shape"), [(90, (90, 160)), (46, (90, 160)), (45, (45, 80)), (22, (23, 40))])
def test_a_picture_is_halved_while_its_shorter_side_stays_long_enough(side_px: int, shape: tuple[int, int]) -> None:
    assert frame().reduced(side_px).shape[:2] == shape


@pytest.mark.parametrize("side_px", [1, 0.3])
def test_no_picture_becomes_smaller_than_a_pixel(side_px: float) -> None:
    assert min(frame(7, 5).reduced(side_px).shape) >= 1


def test_a_reduced_picture_is_the_mean_of_its_pixels_and_worked_out_once() -> None:
    whole = frame()
    small = whole.reduced(45)
    exact = whole.pixels.reshape(45, 2, 80, 2, 3).mean((1, 3))
    assert abs(small - exact).max() <= 0.5
    assert whole.reduced(45) is small
    np.testing.assert_array_equal(whole.reduced(22), halved(small))


def test_the_alpha_in_8_bits_is_rounded_and_what_is_no_number_is_nothing() -> None:
    alpha = np.zeros((90, 160), np.float32)
    alpha[0, :4] = 1, 0.5, np.nan, 0.499
    assert Matte(alpha=alpha, frame=frame()).alpha8[0, :5].tolist() == [255, 128, 0, 127, 0]


def test_a_matte_sent_again_is_the_same_but_for_its_time() -> None:
    matte = Matte(alpha=np.full((90, 160), 0.5, np.float32), frame=frame())
    again = matte.as_of(3.0)
    assert (again.frame.captured_s, matte.frame.captured_s) == (3.0, 0.0)
    assert again.alpha is matte.alpha
    assert again.frame.pixels is matte.frame.pixels
