"""Stills of drawn persons with exact mattes, for measurements.

No network of greenless was trained on these persons: ``benchmarks/render_people.py`` draws others.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.people.sample import Rendered
from models.pairs import Pair

SEEDS = tuple(range(1000, 1016))
"""Two of each kind of hair."""

MOMENT = 45
"""Index of the frame that is drawn of each person."""


def drawn_pairs(seeds: Sequence[int] = SEEDS, *, size_px: tuple[int, int] = (640, 360)) -> Iterator[Pair]:
    """Draw one image of each person.

    Args:
        seeds: seeds of the persons, see ``benchmarks.people.appearance``.
        size_px: ``(width, height)`` of the images.
    """
    for seed in seeds:
        truth = Rendered(*size_px, seed=seed).truth(MOMENT)
        yield Pair(name=f"drawn_{seed}", pixels=truth.pixels, alpha=truth.alpha)


def empty_rooms(seeds: Sequence[int] = SEEDS, *, size_px: tuple[int, int] = (640, 360)) -> Iterator[Pair]:
    """Draw the rooms of the same persons without them; the matte is empty."""
    for seed in seeds:
        room = Rendered(*size_px, seed=seed).background
        yield Pair(name=f"room_{seed}", pixels=room, alpha=np.zeros(room.shape[:2], np.float32))
