"""The persons of the built-in sample as frames with their exact mattes: what every install can measure on.

Out: ``Pair``s. No network of greenless was trained on these persons: ``benchmarks/render_people.py`` draws others.
"""

from collections.abc import Iterator

from models.pairs import Pair
from realtime.capture.sample_clip import labelled


def sample_pairs() -> Iterator[Pair]:
    """Sixteen persons, one frame each."""
    for number, (pixels, alpha) in enumerate(labelled("persons")):
        yield Pair(name=f"sample_{number:02}", pixels=pixels, alpha=alpha)
