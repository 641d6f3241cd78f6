from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.augment import shake, veil
from models.training.clutter import clutter
from models.training.data import Mix, Studio, blend, transform
from models.training.pack import load_people, load_rooms, load_sequences
from models.training.people import Person

SIZE = (64, 96)


def studio(people: Path, rooms: Path, mix: Mix) -> Studio:
    return Studio(
        load_people([people], cache=people / "cache"), load_rooms([rooms], cache=rooms / "cache"), mix=mix, seed=7
    )


@pytest.mark.parametrize("mix", [Mix(), Mix(composite=1, nobody=0, group=1), Mix(composite=0, nobody=0)])
def test_a_picture_is_pure_in_its_number(people: Path, rooms: Path, mix: Mix) -> None:
    first, again = (studio(people, rooms, mix) for _ in range(2))
    for number in range(6):
        picture, matte = first.make(number, SIZE)
        assert picture.shape == (*SIZE, 3)
        assert matte.shape == SIZE
        assert picture.dtype == matte.dtype == np.uint8
        same_picture, same_matte = again.make(number, SIZE)
        np.testing.assert_array_equal(picture, same_picture)
        np.testing.assert_array_equal(matte, same_matte)
    assert not np.array_equal(first.make(0, SIZE)[0], first.make(1, SIZE)[0])


def test_nobody_has_an_empty_matte(people: Path, rooms: Path) -> None:
    empty = studio(people, rooms, Mix(nobody=1, composite=0))
    assert not any(empty.make(number, SIZE)[1].any() for number in range(5))


def test_somebody_is_in_most_composites(people: Path, rooms: Path) -> None:
    full = studio(people, rooms, Mix(nobody=0, composite=1))
    assert sum(bool(full.make(number, SIZE)[1].max() > 200) for number in range(20)) >= 17


def test_a_person_cut_by_the_bottom_border_stays_at_the_frames_bottom(people: Path) -> None:
    person = load_people([people], cache=people / "cache")[0]
    for seed in range(50):
        matrix = transform(person, SIZE, np.random.default_rng(seed))
        bottom = matrix[1, 1] * person.alpha.shape[0] + matrix[1, 2]
        assert bottom >= SIZE[0] - 0.01


def test_blending_keeps_both_ends() -> None:
    foreground, background = np.full((1, 3, 3), 200, np.uint8), np.full((1, 3, 3), 100, np.uint8)
    out = blend(foreground, background, np.array([[0, 51, 255]], np.uint8))
    assert out[0, :, 0].tolist() == [100, 120, 200]


def test_the_second_shot_is_the_same_picture_shaken(people: Path, rooms: Path) -> None:
    made = studio(people, rooms, Mix(nobody=0, composite=0, clutter=0))
    first, second = made.make(4, SIZE, 1), made.make(4, SIZE, 2)
    assert not np.array_equal(first[0], second[0])
    assert not np.array_equal(first[1], second[1])
    assert np.abs(first[1].astype(int) - second[1]).mean() < 0.1 * 255


@pytest.mark.parametrize("composite", [0, 1])
def test_a_pair_shows_a_person_who_moves_before_a_room_that_stands(
    people: Path, rooms: Path, sequences: Path, composite: float
) -> None:
    frames = load_sequences([sequences], cache=people / "cache")
    mix = Mix(nobody=0, composite=composite, group=0, small=0, in_front=0, moving=1, poster=0)
    made = Studio(
        load_people([people], cache=people / "cache"),
        load_rooms([rooms], cache=rooms / "cache"),
        frames,
        mix=mix,
        seed=7,
    )
    moved = stood = 0
    for number in range(20):
        (first, before), (second, after) = (made.make(number, SIZE, shot) for shot in (1, 2))
        again = made.make(number, SIZE, 2)
        np.testing.assert_array_equal(again[0], second)
        columns = [np.average(np.arange(SIZE[1]), weights=matte.sum(axis=0) + 1e-6) for matte in (before, after)]
        moved += abs(columns[1] - columns[0]) > 4  # a camera that shakes moves them by 3 px at most
        wall = (before == 0) & (after == 0)
        stood += wall.any() and np.median(np.abs(first[wall].astype(int) - second[wall])) < 40
    assert moved >= 10
    assert stood >= 15


def test_an_image_by_itself_shows_no_sequence(people: Path, rooms: Path, sequences: Path) -> None:
    folk = load_people([people], cache=people / "cache")
    walls = load_rooms([rooms], cache=rooms / "cache")
    frames = load_sequences([sequences], cache=people / "cache")
    plain, with_frames = (Studio(folk, walls, given, mix=Mix(moving=1), seed=7) for given in ((), frames))
    for number in range(5):
        np.testing.assert_array_equal(plain.make(number, SIZE)[0], with_frames.make(number, SIZE)[0])


def test_the_camera_stands_in_some_pairs_of_a_sequence(people: Path, rooms: Path, sequences: Path) -> None:
    (walk,) = load_sequences([sequences], cache=people / "cache")
    still = [walk[0], walk[0]]
    mix = Mix(nobody=0, composite=0, in_front=0, moving=1)
    made = Studio(walk, load_rooms([rooms], cache=rooms / "cache"), [still], mix=mix, seed=7)
    same = [np.array_equal(made.make(n, SIZE, 1)[1], made.make(n, SIZE, 2)[1]) for n in range(20)]
    assert 4 <= sum(same) <= 16


def test_shaking_moves_picture_and_matte_together() -> None:
    alpha = np.zeros((40, 40), np.uint8)
    alpha[10:30, 10:30] = 255
    for seed in range(5):
        shot, matte = shake(np.repeat(alpha[..., None], 3, axis=2), alpha, np.random.default_rng(seed))
        person = shot[..., 1] > 127
        assert np.count_nonzero(person != (matte > 127)) < 60


def test_clutter_stands_behind_the_person_only(people: Path, rooms: Path) -> None:
    person, rng = load_people([people], cache=people / "cache")[0], np.random.default_rng(0)
    changed = [
        clutter(person.picture, person.alpha, load_rooms([rooms], cache=rooms / "cache"), rng) != person.picture
        for _ in range(10)
    ]
    assert not any(pixels[person.alpha == 255].any() for pixels in changed)
    assert sum(pixels[person.alpha == 0].any() for pixels in changed) >= 8  # an object may be hidden altogether


@pytest.mark.parametrize("share", [0, 1])
def test_a_passer_by_is_seen_but_not_in_the_matte(people: Path, share: float) -> None:
    alpha = np.zeros((96, 80), np.uint8)
    alpha[4:92, 30:50] = 255
    white = np.full((96, 80, 3), 255, np.uint8)
    person = Person(picture=white, foreground=white, alpha=alpha, cut=(False,) * 4)
    mix = Mix(nobody=0, composite=1, group=0, small=0, passer_by=share, poster=0, mood=0, clutter=0)
    made = Studio([person], [np.zeros((96, 128, 3), np.uint8)], mix=mix, seed=7)
    seen = 0
    for number in range(20):
        picture, matte = made.make(number, SIZE)
        beside = cv2.dilate(matte, np.ones((9, 9), np.uint8)) == 0
        seen += bool((picture[beside].mean(axis=-1) > 80).any())
    assert (seen >= 10) == bool(share)
    assert seen >= 10 or not seen


def test_a_hand_comes_into_the_image_and_into_its_matte(people: Path, rooms: Path) -> None:
    folk, walls = load_people([people], cache=people / "cache"), load_rooms([rooms], cache=rooms / "cache")
    red = np.full((90, 40, 3), (0, 0, 255), np.uint8)
    hand = Person(picture=red, foreground=red, alpha=np.full((90, 40), 255, np.uint8), cut=(False, False, False, True))
    without, with_hand = (
        Studio(folk, walls, (), hands, mix=Mix(nobody=0, clutter=0, poster=0, hand=1), seed=7)
        for hands in ((), (hand,))
    )
    added = 0
    for number in range(20):
        (_, before), (_, after) = without.make(number, SIZE), with_hand.make(number, SIZE)
        assert (after >= before).all()
        added += bool((after > before).any())
    assert added >= 10


def test_a_hand_is_neither_bent_nor_cut_off_in_mid_air(people: Path, rooms: Path) -> None:
    walls = load_rooms([rooms], cache=rooms / "cache")
    hand = Person(
        picture=(grey := np.full((90, 40, 3), 90, np.uint8)),
        foreground=grey,
        alpha=np.full((90, 40), 255, np.uint8),
        cut=(False, False, False, True),
    )
    made = Studio([hand], walls, (), [hand], mix=Mix(), seed=7)
    empty, picture = np.zeros(SIZE, np.uint8), np.zeros((*SIZE, 3), np.uint8)
    for seed in range(40):
        _, alpha = made._with_hand(picture, empty, np.random.default_rng(seed))
        if not alpha.any():
            continue
        border = np.concatenate([alpha[-1], alpha[:, 0], alpha[:, -1], alpha[0]])
        assert border.max() > 127


def test_a_veiled_head_loses_its_detail_and_nothing_else_changes() -> None:
    rng = np.random.default_rng(0)
    picture = np.asarray(rng.integers(0, 256, (96, 80, 3)), np.uint8)
    alpha = np.zeros((96, 80), np.uint8)
    alpha[20:, 20:60] = 255
    hidden = veil(picture, alpha, rng)
    changed = np.flatnonzero((hidden != picture).any(axis=(1, 2)))
    assert 15 <= changed[0] <= 30
    assert changed[-1] <= 66
    head = slice(int(changed.mean()) - 2, int(changed.mean()) + 3), slice(38, 43)
    assert hidden[head].std() < 0.7 * picture[head].std()
    assert np.array_equal(veil(picture, np.zeros_like(alpha), rng), picture)
