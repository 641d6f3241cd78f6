"""Persons drawn by the ``sample`` source as pictures with their exact mattes: what every install can measure on.

Out: ``Pair``s. No network of greenless was trained on these persons: ``benchmarks/render_people.py`` draws others.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.people.sample import Rendered
from models.pairs import Pair

SEEDS = tuple(range(1000, 1016))
"""Two of each kind of hair."""

MOMENT = 45
"""The frame that is taken of each."""


def drawn_pairs(seeds: Sequence[int] = SEEDS, *, size_px: tuple[int, int] = (640, 360)) -> Iterator[Pair]:
    """Draw one picture of each person.

    Args:
        seeds: who; ``benchmarks.people.appearance`` tells what they look like.
        size_px: ``(width, height)`` of the pictures.
    """
    for seed in seeds:
        truth = Rendered(*size_px, seed=seed).truth(MOMENT)
        yield Pair(name=f"drawn_{seed}", pixels=truth.pixels, alpha=truth.alpha)


def empty_rooms(seeds: Sequence[int] = SEEDS, *, size_px: tuple[int, int] = (640, 360)) -> Iterator[Pair]:
    """Draw the rooms of the same persons while nobody is in them: the matte is empty."""
    for seed in seeds:
        room = Rendered(*size_px, seed=seed).background
        yield Pair(name=f"room_{seed}", pixels=room, alpha=np.zeros(room.shape[:2], np.float32))
