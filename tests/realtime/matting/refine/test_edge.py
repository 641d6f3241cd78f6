import numpy as np
import pytest

from realtime.matting.refine.edge import feather, grow


def square(height_px=72):
    """A person of a third of the picture's height, in its middle."""
    alpha = np.zeros((height_px, height_px), np.float32)
    third = height_px // 3
    alpha[third : 2 * third, third : 2 * third] = 1
    return alpha


@pytest.mark.parametrize("height_px", [72, 360, 720])
def test_a_length_means_the_same_at_every_size(height_px):
    alpha = square(height_px)
    for length_px, rows in ((20, 20 / 720), (-20, -20 / 720)):
        change = (grow(alpha, length_px)[:, height_px // 2].sum() - height_px // 3) / 2 / height_px
        assert change == pytest.approx(rows, abs=0.6 / height_px)


def test_the_least_step_is_one_pixel():
    assert grow(square(), 0.1)[:, 36].sum() == 26
    assert grow(square(), -0.1)[:, 36].sum() == 22


def test_feathering_softens_the_edge_and_leaves_it_where_it_is():
    alpha = feather(square(360), 10)
    line = alpha[:, 180]
    assert ((line > 0.05) & (line < 0.95)).sum() > 20
    assert line[119] + line[120] == pytest.approx(1, abs=0.01)
    assert alpha.max() <= 1


def test_nothing_asked_for_is_nothing_done():
    alpha = square()
    assert grow(alpha, 0) is alpha
    assert feather(alpha, 0) is alpha
