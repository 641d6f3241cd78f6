"""The motion between two small pictures: found inside a box, with what changed and what was uncovered."""

import cv2
import numpy as np
import pytest

from realtime.frame import Frame, Pixels
from realtime.matting.refine.motion import SMALL_PX, Box, MotionSearch, fetched, small_picture

HEIGHT, WIDTH = 90, 160
WHOLE: Box = (slice(0, HEIGHT), slice(0, WIDTH))


def texture(seed: int = 0) -> Pixels:
    grain = np.random.default_rng(seed).uniform(40, 210, (HEIGHT // 5, WIDTH // 5, 3)).astype(np.float32)
    return np.asarray(cv2.resize(grain, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0, 255), np.uint8)


def moved(pixels: Pixels, x: float, y: float) -> Pixels:
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(cv2.warpAffine(pixels, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.uint8)


@pytest.mark.parametrize("box", [WHOLE, (slice(20, 80), slice(30, 120)), (slice(40, 58), slice(60, 84))])
def test_a_moved_picture_is_found_where_it_was(box: Box) -> None:
    before = texture()
    motion = MotionSearch().between(before, moved(before, 2, -1), box)
    height, width = before[box].shape[:2]
    assert motion.flow.shape == (height, width, 2)
    assert motion.difference.shape == motion.stretch.shape == (height, width)
    inside = motion.flow[5:-5, 5:-5].reshape(-1, 2)
    np.testing.assert_allclose(np.median(inside, axis=0), (-2, 1), atol=0.3)


def test_what_went_along_with_the_motion_or_the_light_is_no_difference() -> None:
    before = texture()
    brighter = cv2.convertScaleAbs(moved(before, 2, 0), alpha=1.1)
    motion = MotionSearch().between(before, np.asarray(brighter, np.uint8), WHOLE)
    assert np.median(motion.difference) <= 3


def test_what_came_in_is_a_difference_where_it_is() -> None:
    before, picture = texture(), texture()
    picture[30:60, 60:90] = texture(1)[30:60, 60:90] // 3
    difference = MotionSearch().between(before, picture, WHOLE).difference
    assert np.median(difference[35:55, 65:85]) > 20
    assert np.median(difference[:, :40]) < 10


def test_the_picture_is_pulled_apart_where_something_is_uncovered() -> None:
    """One half stays and the other goes to the right: between them is what was behind."""
    room, before = texture(2), texture()
    picture = before.copy()
    picture[:, 80:] = room[:, 80:]
    picture[:, 86:] = before[:, 80:154]
    stretch = MotionSearch().between(before, picture, WHOLE).stretch
    assert stretch.min() >= 0
    assert stretch[20:-20, 72:94].mean() > 5 * stretch[20:-20, 20:50].mean()


def test_a_box_is_fetched_from_the_whole_array() -> None:
    array = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    flow = np.broadcast_to(np.array([-20, 10], np.float32), (30, 40, 2)).copy()
    got = fetched(array, flow, (slice(10, 40), slice(30, 70)), cv2.INTER_LINEAR)
    np.testing.assert_array_equal(got, array[20:50, 10:50])


@pytest.mark.parametrize(("height", "width"), [(1080, 1920), (720, 1280), (480, 640), (90, 160), (1280, 720)])
def test_the_small_picture_keeps_aspect_and_colours(height: int, width: int) -> None:
    pixels = cv2.resize(texture(), (width, height))
    small = small_picture(Frame(pixels=np.asarray(pixels, np.uint8), index=0, captured_s=0.0))
    assert max(small.shape[:2]) == min(SMALL_PX, max(height, width))
    assert small.shape[1] / small.shape[0] == pytest.approx(width / height, rel=0.02)
    expected = cv2.resize(pixels, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected).mean() < 3
