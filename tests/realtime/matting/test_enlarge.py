import numpy as np
import pytest

from realtime.matting.enlarge import bilinear

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("size", [(1280, 720), (512, 288), (100, 60), (1279, 721)])
def test_an_alpha_comes_back_at_the_pictures_size_and_in_range(size):
    alpha = bilinear(RNG.random((288, 512), np.float32), size)
    assert alpha.shape == size[::-1]
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_an_edge_stays_where_it_was():
    coarse = np.zeros((32, 64), np.float32)
    coarse[:, 32:] = 1
    alpha = bilinear(coarse, (640, 320))
    assert alpha[160, 310] < 0.05
    assert alpha[160, 330] > 0.95
    assert alpha[160, 319] + alpha[160, 320] == pytest.approx(1, abs=1e-5)
