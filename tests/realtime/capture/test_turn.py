"""A camera on its side: each of the eight ways, against numpy's own turns."""

import numpy as np
import pytest

from realtime.capture.turn import UPRIGHT, Degrees, Turn, turn_of
from realtime.frame import Frame, Pixels
from realtime.settings.schema import CameraSettings

DEGREES: tuple[Degrees, ...] = (0, 90, 180, 270)


@pytest.fixture
def noise() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)


def in_numbers(pixels: Pixels, degrees: int, *, mirrored: bool) -> Pixels:
    turned = np.rot90(pixels, -degrees // 90)  # numpy turns anticlockwise
    return turned[:, ::-1] if mirrored else turned


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", DEGREES)
def test_every_pixel_is_where_it_belongs(noise: Pixels, degrees: Degrees, mirrored: bool) -> None:
    turned = Turn(degrees=degrees, mirrored=mirrored).pixels(noise)
    np.testing.assert_array_equal(turned, in_numbers(noise, degrees, mirrored=mirrored))
    assert turned.flags.c_contiguous


def test_a_turned_frame_keeps_number_and_time_and_the_frame_before_is_untouched(noise: Pixels) -> None:
    frame, before = Frame(pixels=noise, index=7, captured_s=1.5), noise.copy()
    turned = turn_of(CameraSettings(rotate=90, flip=True)).of(frame)
    assert (turned.index, turned.captured_s, turned.width_px, turned.height_px) == (7, 1.5, 6, 10)
    np.testing.assert_array_equal(frame.pixels, before)


def test_an_upright_camera_costs_nothing(noise: Pixels) -> None:
    frame = Frame(pixels=noise, index=0, captured_s=0.0)
    assert turn_of(CameraSettings()) == UPRIGHT
    assert UPRIGHT.of(frame) is frame
