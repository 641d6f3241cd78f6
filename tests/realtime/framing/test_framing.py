"""Auto-framing: head and shoulders stay in view, and a still person gives a still picture."""

import numpy as np
import pytest

from realtime.framing.framing import WHOLE, Crop, Framing, target_crop

FPS = 30.0


def person(x=0.5, top=0.3, width=0.2, height_px=90, width_px=160):
    """A head on shoulders as wide as ``width``, which go down to the lower border."""
    alpha = np.zeros((height_px, width_px), np.float32)
    rows, columns = np.mgrid[0.5:height_px, 0.5:width_px]
    rows, columns = rows / height_px, columns / width_px
    head = ((columns - x) / (0.25 * width)) ** 2 + ((rows - top - 0.1) / 0.1) ** 2 < 1
    shoulders = (np.abs(columns - x) < width / 2) & (rows > top + 0.17)
    alpha[head | shoulders] = 1
    return alpha


def after(framing, alpha, seconds, start_s=0.0):
    """The crops of a person who sits still."""
    return [framing.crop(alpha, start_s + index / FPS) for index in range(round(seconds * FPS))]


@pytest.mark.parametrize("x", [0.25, 0.5, 0.8])
@pytest.mark.parametrize("top", [0.15, 0.4])
def test_head_and_shoulders_are_in_view_with_room_above_them(x, top):
    crop = target_crop(person(x=x, top=top), 1 / 3)
    assert crop.size == pytest.approx(0.2 / 0.55, abs=0.03)
    assert crop.x == pytest.approx(x, abs=0.03)
    upper = crop.y - crop.size / 2
    assert 0.05 * crop.size < top - upper < 0.25 * crop.size
    assert crop.y + crop.size / 2 > top + 0.2


def test_the_zoom_is_limited():
    assert target_crop(person(width=0.05), 1 / 1.5).size == pytest.approx(1 / 1.5)
    assert target_crop(person(width=0.8), 1 / 4).size == 1


@pytest.mark.parametrize("x", [0.02, 0.98])
def test_the_crop_stays_inside_the_picture(x):
    crop = target_crop(person(x=x), 1 / 3)
    assert crop.x - crop.size / 2 >= -1e-9
    assert crop.x + crop.size / 2 <= 1 + 1e-9


def test_specks_are_nobody_and_do_not_pull_the_crop():
    alpha = person(x=0.3)
    assert target_crop(np.zeros_like(alpha), 0.5) is None
    alpha[80:84, 150:154] = 1
    assert target_crop(alpha, 0.5) == target_crop(person(x=0.3), 0.5)


def test_two_persons_are_both_in_view():
    crop = target_crop(np.maximum(person(x=0.2, width=0.15), person(x=0.7, width=0.15)), 1 / 4)
    assert crop.x - crop.size / 2 <= 0.13
    assert crop.x + crop.size / 2 >= 0.77


def test_a_stretched_arm_stays_in_view():
    alpha = person(x=0.3)
    alpha[50:56, 48:110] = 1
    crop = target_crop(alpha, 1 / 4)
    assert crop.x + crop.size / 2 > 110 / 160
    assert crop.x - crop.size / 2 < 0.2


def test_it_begins_with_the_whole_picture_and_comes_near_without_swinging():
    crops = after(Framing(3.0), person(x=0.3), 4)
    goal = target_crop(person(x=0.3), 1 / 3)
    assert crops[0] == WHOLE
    sizes = np.array([crop.size for crop in crops])
    assert (np.diff(sizes) <= 1e-9).all()
    np.testing.assert_allclose(crops[-1], goal, atol=0.005)


def test_a_person_who_trembles_leaves_the_picture_still():
    framing, random = Framing(3.0), np.random.default_rng(0)
    after(framing, person(), 5)
    crops = [
        framing.crop(person(x=0.5 + random.normal(0, 0.004), width=0.2 + random.normal(0, 0.004)), 5 + index / FPS)
        for index in range(90)
    ]
    assert np.ptp(np.array(crops), axis=0).max() < 0.002


def test_a_person_who_walks_is_followed_without_a_jerk():
    framing = Framing(3.0)
    after(framing, person(x=0.3), 5)
    walk = [framing.crop(person(x=x), 5 + index / FPS) for index, x in enumerate(np.linspace(0.3, 0.7, 60))]
    walk += after(framing, person(x=0.7), 3, 5 + 60 / FPS)
    x = np.array([crop.x for crop in walk])
    assert x[-1] == pytest.approx(0.7, abs=0.05)
    assert np.abs(np.diff(x)).max() < 0.02
    assert np.abs(np.diff(x, 2)).max() < 0.006


def test_with_nobody_in_view_it_goes_back_to_the_whole_picture_slowly():
    framing, nobody = Framing(3.0), np.zeros((90, 160), np.float32)
    near = after(framing, person(), 5)[-1]
    assert after(framing, nobody, 1.5, 5)[-1].size == pytest.approx(near.size, abs=0.01)
    assert after(framing, nobody, 1.0, 6.5)[-1].size < 0.6
    assert after(framing, nobody, 12, 7.5)[-1].size > 0.99


def test_a_pause_in_the_pictures_is_no_jump():
    framing = Framing(3.0)
    first = framing.crop(person(), 0.0)
    later = framing.crop(person(), 60.0)
    assert abs(later.size - first.size) < 0.1
    assert isinstance(later, Crop)
