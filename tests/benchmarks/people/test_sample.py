from functools import cache

import cv2
import numpy as np
import pytest

from benchmarks.people.appearance import KINDS, look
from benchmarks.people.motion import HAND_FOR_S, pose
from benchmarks.people.person import Person
from benchmarks.people.sample import Rendered, blend, straight

SIZE = (128, 72)
SEEDS = range(len(KINDS))


@cache
def clean(seed: int) -> Rendered:
    return Rendered(*SIZE, seed=seed, noise=0)


@pytest.mark.parametrize("index", [0, 47, 1000])
def test_the_picture_is_the_foreground_over_the_background_by_alpha(index: int) -> None:
    truth = clean(0).truth(index)
    alpha = truth.alpha[..., None].astype(np.float64)
    composite = truth.foreground * alpha + truth.background * (1 - alpha)
    assert np.abs(truth.pixels - composite).max() <= 0.51
    assert truth.alpha.dtype == np.float32
    assert truth.alpha.min() == 0
    assert truth.alpha.max() == 1


def test_noise_is_on_the_picture_alone_and_even() -> None:
    truth, noisy = clean(0).truth(30), Rendered(*SIZE, seed=0, noise=2.2).truth(30)
    for name in ("alpha", "foreground", "background"):
        assert np.array_equal(getattr(truth, name), getattr(noisy, name))
    noise = noisy.pixels.astype(float) - truth.pixels
    assert abs(noise.mean()) < 0.2
    assert 1 < noise.std() < 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
def test_a_frame_depends_on_seed_and_index_alone(seed: int) -> None:
    forwards, alone = Rendered(*SIZE, seed=seed), Rendered(*SIZE, seed=seed)
    alone._person = Person(look(seed), width_px=SIZE[0], height_px=SIZE[1])  # nothing drawn before
    for index in (0, 60, 90):
        late = forwards.truth(index)
    assert np.array_equal(late.pixels, alone.truth(90).pixels)
    assert np.array_equal(late.alpha, alone.truth(90).alpha)


def test_a_frame_is_the_same_moment_at_any_rate() -> None:
    assert np.array_equal(Rendered(*SIZE, 30, noise=0).truth(30).pixels, Rendered(*SIZE, 15, noise=0).truth(15).pixels)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4])
def test_alpha_is_the_coverage_that_a_larger_drawing_has(seed: int) -> None:
    large = Rendered(2 * SIZE[0], 2 * SIZE[1], seed=seed).truth(10).alpha
    reduced = cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA)
    difference = np.abs(reduced - clean(seed).truth(10).alpha)
    assert difference.mean() < 0.006
    assert np.quantile(difference, 0.999) < 0.4


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2, 3, 7])
def test_hair_is_partly_transparent(seed: int) -> None:
    alpha = clean(seed).truth(0).alpha
    hair = alpha[: SIZE[1] // 2]
    between = (hair > 0.05) & (hair < 0.95)
    outline = np.count_nonzero(np.diff((hair > 0.5).astype(int), axis=1))
    assert between.sum() > 2 * outline  # a hard edge has one such pixel for each that it crosses


@pytest.mark.slow
def test_every_look_is_another_person() -> None:
    pictures = [clean(seed).truth(0) for seed in SEEDS]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            both = (one.alpha > 0.9) & (other.alpha > 0.9)
            assert np.abs(one.foreground[both].astype(int) - other.foreground[both]).mean() > 12


@pytest.mark.parametrize("seed", SEEDS)
def test_a_person_fills_a_webcams_picture(seed: int) -> None:
    alpha = clean(seed).truth(0).alpha
    assert 0.15 < alpha.mean() < 0.6
    assert alpha[-1].max() == 1  # the body goes on below
    assert alpha[0].max() == 0  # there is air above the hair
    assert alpha[:, [0, -1]].max() < 0.5


@pytest.mark.parametrize("seed", range(40))
def test_within_six_seconds_a_hand_has_crossed_and_the_eyes_have_closed(seed: int) -> None:
    poses = [pose(seed, moment_s) for moment_s in np.arange(0, 6, 1 / 30)]
    hands = [p.hand for p in poses if p.hand is not None]
    assert len(hands) > 0.7 * HAND_FOR_S * 30
    assert min(h[0] for h in hands) < 0.2 < 0.5 < max(abs(h[0]) for h in hands) or max(h[0] for h in hands) > -0.2
    assert min(p.lid for p in poses) < 0.5 < max(p.lid for p in poses)
    assert pose(seed, 0.0).hand is None


def test_the_hand_covers_what_is_behind_it() -> None:
    from dataclasses import replace

    waving = next(p for p in (pose(1, t) for t in np.arange(1, 6, 0.1)) if p.hand is not None and p.hand[1] < 0.6)
    person = Person(look(1), width_px=SIZE[0], height_px=SIZE[1])
    with_hand, without = person.draw(waving), person.draw(replace(waving, hand=None))
    changed = np.abs(with_hand - without).max(axis=2) > 0.05
    assert changed.mean() > 0.02
    assert (with_hand[..., 3] >= without[..., 3] - 1e-3).all()


def test_the_person_moves_and_the_room_does_not() -> None:
    first, later = clean(0).truth(0), clean(0).truth(30)
    assert np.abs(first.alpha - later.alpha).mean() > 0.002
    assert first.background is later.background


def test_straight_colour_goes_on_where_there_is_nothing() -> None:
    layer = np.zeros((64, 64, 4), np.float32)
    layer[16:48, 16:48] = (0.2, 0.4, 0.8, 1.0)
    layer[20:44, 10:16] = np.array([0.2, 0.4, 0.8, 1.0]) * 0.25
    assert np.abs(straight(layer).astype(int) - [51, 102, 204]).max() <= 1


def test_blending_rounds_to_the_nearest() -> None:
    one, half = np.full((2, 2, 3), 1, np.uint8), np.full((2, 2), 0.6, np.float32)
    assert (blend(one, 0 * one, half) == 1).all()
