"""What blinks into a matte is counted, and nothing else."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.blink_count import blinks
from models.metrics import Alpha

FPS = 10
PERSON = slice(60, 180), slice(120, 200)
BESIDE = slice(0, 60), slice(0, 60)
NEAR = slice(100, 160), slice(203, 260)


def mattes(
    seconds: float, region: tuple[slice, slice], *shown: tuple[float, float], person: bool = True
) -> Iterator[tuple[float, Alpha]]:
    """A person, and a region in the matte between those times."""
    for index in range(round(seconds * FPS)):
        alpha = np.zeros((180, 320), np.float32)
        alpha[PERSON] = person
        if any(start <= index / FPS < stop for start, stop in shown):
            alpha[region] = 1
        yield index / FPS, alpha


def test_a_region_that_comes_and_goes_is_one_blink():
    (blink,) = blinks(mattes(6, BESIDE, (2, 3)))
    assert (blink.start_s, round(blink.length_s, 3)) == (2, 0.9)
    assert blink.share == pytest.approx(3600 / (180 * 320), rel=0.1)


@pytest.mark.parametrize(
    ("region", "shown"),
    [
        (BESIDE, [(2, 4.5)]),  # it stays
        (BESIDE, [(0, 1)]),  # it was there
        (BESIDE, [(5, 6)]),  # nobody knows how long it stays
        (NEAR, [(2, 3)]),  # a part of the person
        ((slice(0, 14), slice(0, 18)), [(2, 3)]),  # too small
    ],
)
def test_what_stays_or_belongs_to_the_person_or_is_small_is_none(region, shown):
    assert blinks(mattes(6, region, *shown)) == []


def test_a_region_that_flickers_is_one_blink_and_one_that_comes_back_two():
    assert len(blinks(mattes(6, BESIDE, (2, 2.5), (2.6, 3)))) == 1
    assert len(blinks(mattes(6, BESIDE, (1, 2), (3, 4)))) == 2


def test_a_part_that_comes_loose_from_the_person_is_none():
    def loose() -> Iterator[tuple[float, Alpha]]:
        for at_s, alpha in mattes(6, BESIDE):
            alpha[80:110, 20:120] = 1
            if 2 <= at_s < 3:
                alpha[:, 90:120] = 0
            yield at_s, alpha

    assert blinks(loose()) == []


def test_an_empty_clip_and_one_without_a_person_have_none():
    assert blinks([]) == []
    assert blinks(mattes(6, BESIDE, person=False)) == []
