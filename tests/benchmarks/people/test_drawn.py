"""Drawn persons as pairs, and their rooms."""

import numpy as np
import pytest

from benchmarks.people.drawn import SEEDS, drawn_pairs, empty_rooms


@pytest.mark.slow
def test_the_drawn_persons_have_exact_mattes_and_their_rooms_are_empty() -> None:
    (person,) = drawn_pairs(SEEDS[:1], size_px=(96, 54))
    (room,) = empty_rooms(SEEDS[:1], size_px=(96, 54))
    assert person.pixels.shape == room.pixels.shape == (54, 96, 3)
    assert 0.1 < person.alpha.mean() < 0.9
    assert not room.alpha.any()
    outside = person.alpha == 0
    assert np.abs(person.pixels[outside].astype(float) - room.pixels[outside]).mean() < 6
