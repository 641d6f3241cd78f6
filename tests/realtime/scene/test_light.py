"""Light wrap, spill and grade: what the new background, a coloured wall and a dark room do to the person."""

import cv2
import numpy as np
import pytest

from realtime.frame import Alpha, Pixels
from realtime.scene.edge_light import WRAP_REACH, light_wrap, without_spill
from realtime.scene.grade import LIT, Grade
from realtime.scene.rim import Rim

HEIGHT, WIDTH = 180, 320


def disc() -> Alpha:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(alpha, (160, 90), 60, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1), np.float32)


def even(*bgr: int) -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), bgr, np.uint8)


ALPHA = disc()
RIM = Rim.of(ALPHA)


def test_light_wraps_round_the_edge_and_fades_inwards() -> None:
    wrapped = light_wrap(even(50, 50, 50), even(250, 250, 250), RIM, 1.0)[90, :, 0].astype(int)
    edge, near, deep = wrapped[102], wrapped[105], wrapped[160]
    assert edge > near > deep == 50
    assert 100 < edge < 220
    reach = round(WRAP_REACH * HEIGHT)
    assert wrapped[102 + 3 * reach] == 50


@pytest.mark.parametrize("strength", [0.2, 0.5])
def test_the_wrap_is_as_strong_as_asked(strength: float) -> None:
    person, plate = even(50, 50, 50), even(250, 250, 250)
    full = light_wrap(person, plate, RIM, 1.0).astype(int) - 50
    part = light_wrap(person, plate, RIM, strength).astype(int) - 50
    assert abs(part - strength * full).max() <= 2


def spilled(wall: tuple[int, int, int], share: float) -> tuple[Pixels, Pixels, Pixels]:
    """The picture, the person with the wall's colour on the edge, and the person without."""
    clean = even(120, 140, 170)
    hue = np.array(wall, np.float32) - np.dot(wall, (0.114, 0.587, 0.299))
    near = np.clip(1 - cv2.distanceTransform((ALPHA > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / 9, 0, 1)
    person = np.clip(np.rint(clean + share * near[..., None] * hue), 0, 255).astype(np.uint8)
    picture = cv2.blendLinear(person, even(*wall), ALPHA, 1 - ALPHA)
    return np.asarray(picture, np.uint8), np.where(RIM.alpha8[..., None] > 0, person, 0), clean


@pytest.mark.parametrize("wall", [(40, 200, 40), (200, 60, 30), (40, 40, 210)])
def test_half_of_a_coloured_walls_spill_is_gone(wall: tuple[int, int, int]) -> None:
    picture, person, clean = spilled(wall, 0.25)
    found = without_spill(person, picture, RIM, 1.0)
    there = ALPHA > 0.5
    before, after = (np.abs(p[there].astype(float) - clean[there]).mean() for p in (person, found))
    assert after < 0.5 * before


def test_a_grey_wall_spills_nothing() -> None:
    picture, person, _ = spilled((90, 90, 90), 0.25)
    np.testing.assert_array_equal(without_spill(person, picture, RIM, 1.0), person)


def test_what_is_of_the_walls_colour_all_over_stays() -> None:
    shirt = even(60, 160, 60)
    picture = np.asarray(cv2.blendLinear(shirt, even(40, 200, 40), ALPHA, 1 - ALPHA), np.uint8)
    person = np.where(RIM.alpha8[..., None] > 0, shirt, 0).astype(np.uint8)
    assert np.abs(without_spill(person, picture, RIM, 1.0).astype(int) - person).max() <= 6


def level(table: Pixels | None, at: int) -> list[int]:
    return [at] * 3 if table is None else table[0, at].tolist()


def test_a_warm_bright_plate_makes_the_person_warmer_and_brighter_and_not_too_much() -> None:
    table = Grade(match=1.0, low_light=0.0).table(even(100, 100, 100), RIM.alpha8, even(120, 180, 240))
    blue, green, red = level(table, 100)
    assert red > green > blue
    assert 105 < green < 140
    assert blue > 80


def test_a_plate_of_the_persons_own_light_changes_nothing() -> None:
    assert Grade(match=1.0, low_light=0.0).table(even(100, 100, 100), RIM.alpha8, even(100, 100, 100)) is None


def test_a_dark_person_is_lifted_and_a_bright_one_left() -> None:
    dark = Grade(match=0.0, low_light=1.0).table(even(30, 30, 30), RIM.alpha8, None)
    assert level(dark, 30)[0] == pytest.approx(LIT, abs=15)
    assert level(dark, 0) == [0, 0, 0]
    assert level(dark, 255) == [255, 255, 255]
    assert Grade(match=0.0, low_light=1.0).table(even(150, 150, 150), RIM.alpha8, None) is None


def test_a_cut_in_the_background_does_not_make_the_person_jump() -> None:
    grade, person = Grade(match=1.0, low_light=0.0), even(100, 100, 100)
    grade.table(person, RIM.alpha8, even(60, 60, 60))
    levels = [level(grade.table(person, RIM.alpha8, even(240, 240, 240)), 100)[1] for _ in range(60)]
    steps = np.diff(levels)
    assert abs(steps).max() <= 6
    assert levels[-1] - levels[0] > 25


def test_while_nobody_is_there_the_grade_stays() -> None:
    grade, person = Grade(match=1.0, low_light=0.0), even(100, 100, 100)
    before = grade.table(person, RIM.alpha8, even(200, 200, 200))
    after = grade.table(person, np.zeros((HEIGHT, WIDTH), np.uint8), even(10, 10, 10))
    np.testing.assert_array_equal(before, after)
