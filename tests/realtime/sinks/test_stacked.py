"""Colour and alpha in one JPEG, decoded again."""

import cv2
import numpy as np
import pytest

from realtime.frame import Composite, Frame, Matte
from realtime.sinks.stacked import BLOCK_PX, stacked


def composite(width_px: int, height_px: int, alpha: np.ndarray, colour: tuple[int, int, int]) -> Composite:
    camera = np.full((height_px, width_px, 3), 250, np.uint8)
    foreground = np.full((height_px, width_px, 3), colour, np.uint8)
    matte = Matte(alpha=alpha.astype(np.float32), frame=Frame(pixels=camera, index=0, captured_s=0.0))
    return Composite(pixels=foreground, matte=matte, person=foreground)


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(("width_px", "height_px"), [(64, 48), (64, 47), (65, 49), (1, 1), (16, 16), (100, 31)])
def test_both_come_back_at_any_size(width_px: int, height_px: int) -> None:
    ramp = np.tile(np.linspace(0, 1, width_px), (height_px, 1))
    data, top = stacked(composite(width_px, height_px, ramp, (200, 200, 200)))
    stack = decoded(data)
    assert stack.shape == (top + height_px, width_px, 3)
    assert top >= height_px
    assert top % BLOCK_PX == 0
    assert np.abs(stack[top:, :, 1] - 255 * ramp).mean() < 2
    assert np.abs(stack[:height_px, :, 1] - 200 * ramp).mean() < 2


def test_no_colour_reaches_into_the_alpha() -> None:
    for height_px in (40, 48):
        data, top = stacked(composite(64, height_px, np.ones((height_px, 64)), (0, 0, 255)))
        stack = decoded(data).astype(int)
        assert np.abs(stack[top:] - 255).max() <= 1
        assert np.abs(stack[:height_px] - (0, 0, 255)).max() <= 2


def test_nothing_of_the_room_travels() -> None:
    """Where alpha is nothing, and nearly nothing, the colour is black: a program that drops the alpha shows no room."""
    alpha = np.zeros((48, 64))
    alpha[:, 32:] = 1 / 255
    data, _ = stacked(composite(64, 48, alpha, (255, 255, 255)))
    assert decoded(data)[:48].max() <= 2
