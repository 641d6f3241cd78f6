import cv2
import numpy as np
import pytest

from realtime.matting.saving.stillness import blocks, changed

RNG = np.random.default_rng(7)
SCENE = cv2.GaussianBlur(RNG.integers(0, 256, (180, 320, 3), np.uint8), (0, 0), 9)


ROOM = cv2.normalize(SCENE, None, 0, 255, cv2.NORM_MINMAX)
"""The same with a room's contrast: the scene's own is 21 levels."""

STATE = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def same_noise():
    """Whatever tests ran before in this process."""
    RNG.bit_generator.state = STATE


def seen(scene, noise=4.0):
    return np.clip(scene + RNG.normal(0, noise, scene.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 2.0, 4.0, 7.0])
def test_noise_is_no_movement(noise):
    first = blocks(seen(SCENE, noise))
    assert first.shape == (11, 20, 3)
    moved = sum(int(changed(first, blocks(seen(SCENE, noise))).any()) for _ in range(20))
    assert moved <= 1


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_a_hand_that_moves_a_little_is_seen_where_it_is(noise):
    before, after = SCENE.copy(), SCENE.copy()
    before[60:120, 100:140] = after[60:120, 104:144] = 230
    found = changed(blocks(seen(before, noise)), blocks(seen(after, noise)))
    assert found.any()
    rows, columns = np.nonzero(found)
    assert set(rows) <= {3, 4, 5, 6, 7}
    assert set(columns) <= {6, 8, 9}


def test_light_that_changes_is_seen():
    assert changed(blocks(seen(SCENE)), blocks(seen(SCENE + 12.0))).any()


def test_a_camera_that_pans_is_seen():
    found = changed(blocks(seen(ROOM)), blocks(seen(np.roll(ROOM, 25, axis=1))))
    assert found.any()


def test_small_pictures_have_a_block():
    assert blocks(np.zeros((3, 5, 3), np.uint8)).shape == (1, 1, 3)
