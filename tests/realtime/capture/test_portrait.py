"""The photograph as a camera's frame."""

import numpy as np
import pytest


@pytest.mark.parametrize("size", [(160, 90), (120, 90), (90, 120)])
def test_a_moving_photograph_fills_any_shape(size: tuple[int, int]) -> None:
    pytest.importorskip("skimage")
    from realtime.capture.portrait import Portrait

    portrait = Portrait(*size, 30.0)
    first, later = portrait.pixels(0), portrait.pixels(60)
    assert first.shape == (size[1], size[0], 3)
    assert np.abs(first.astype(int) - later).mean() > 3
    assert np.array_equal(later, Portrait(*size, 30.0).pixels(60))
    assert min(part.std() for part in (first[:8], first[-8:], first[:, :8], first[:, -8:])) > 8  # no empty border
