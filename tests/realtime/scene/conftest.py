from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.people.sample import Rendered, Truth
from realtime.frame import Alpha, Frame, Matte, Pixels

MakeMatte = Callable[..., Matte]


@pytest.fixture
def noise() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)


@pytest.fixture
def make_matte(noise: Pixels) -> MakeMatte:
    """A matte for a picture: noise and a person on its right half, unless told otherwise."""

    def make(pixels: Pixels = noise, alpha: Alpha | None = None, captured_s: float = 0.0) -> Matte:
        if alpha is None:
            alpha = np.zeros(pixels.shape[:2], np.float32)
            alpha[:, alpha.shape[1] // 2 :] = 1
        pixels.flags.writeable = False
        return Matte(alpha=alpha, frame=Frame(pixels=pixels, index=0, captured_s=captured_s))

    return make


@pytest.fixture(scope="package")
def hair() -> Truth:
    """A drawn person with loose hair, whose alpha, colours and room are known."""
    return Rendered(640, 360, seed=2).truth(20)
