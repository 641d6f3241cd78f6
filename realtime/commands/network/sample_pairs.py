"""The drawn persons of the built-in sample with their exact mattes, which every installation contains.

No network of greenless was trained on these persons: ``benchmarks/render_people.py`` draws others.
"""

from collections.abc import Iterator

from models.pairs import Pair
from realtime.capture.sample_clip import labelled


def sample_pairs() -> Iterator[Pair]:
    """Yield sixteen persons, one frame each."""
    for number, (pixels, alpha) in enumerate(labelled("persons")):
        yield Pair(name=f"sample_{number:02}", pixels=pixels, alpha=alpha)
