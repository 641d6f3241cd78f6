import cv2
import numpy as np
import pytest

from benchmarks.people.sample import Rendered
from models import metrics
from realtime.frame import Frame
from realtime.matting.refine.enlarge import bilinear, guided

RNG = np.random.default_rng(3)


def framed(pixels):
    return Frame(pixels=pixels, index=0, captured_s=0.0)


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


@pytest.fixture(scope="module")
def hair():
    """A drawn person with loose hair, whose alpha is exact."""
    return Rendered(640, 360, seed=2).truth(20)


@pytest.mark.slow
def test_the_picture_leads_the_edges_to_where_they_are():
    """At the size that counts: 1080p hair from a matte of 512x288."""
    hair = Rendered(1920, 1080, seed=2).truth(20)
    coarse = cv2.resize(hair.alpha, (512, 288), interpolation=cv2.INTER_AREA)
    plain, led = bilinear(coarse, (1920, 1080)), guided(coarse, framed(hair.pixels))
    assert metrics.grad(led, hair.alpha) < 0.75 * metrics.grad(plain, hair.alpha)
    assert metrics.mad(led, hair.alpha) < 0.9 * metrics.mad(plain, hair.alpha)


def test_a_matte_that_is_a_little_soft_is_sharpened_not_moved(hair):
    coarse = cv2.GaussianBlur(cv2.resize(hair.alpha, (176, 96), interpolation=cv2.INTER_AREA), (0, 0), 1)
    plain, led = bilinear(coarse, (640, 360)), guided(coarse, framed(hair.pixels))
    assert metrics.grad(led, hair.alpha) < 0.75 * metrics.grad(plain, hair.alpha)
    assert metrics.mad(led, hair.alpha) < metrics.mad(plain, hair.alpha)


def test_away_from_the_edges_a_busy_picture_changes_nothing(hair):
    coarse = np.zeros((72, 128), np.float32)
    coarse[20:50, 40:80] = 1
    busy = RNG.integers(0, 256, (216, 384, 3), np.uint8)
    away = cv2.dilate(bilinear(cv2.morphologyEx(coarse, cv2.MORPH_GRADIENT, np.ones((9, 9))), (384, 216)), None) == 0
    np.testing.assert_array_equal(guided(coarse, framed(busy))[away], bilinear(coarse, (384, 216))[away])


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 97), (300, 500)])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_any_size_of_picture_gets_a_matte_in_range(shape, grey):
    coarse = RNG.random((64, 96), np.float32)
    alpha = guided(coarse, framed(np.full((*shape, 3), grey, np.uint8)))
    assert alpha.shape == shape
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_a_picture_of_one_colour_leaves_a_matte_about_as_it_is():
    coarse = cv2.GaussianBlur(RNG.random((48, 64), np.float32), (0, 0), 4)
    plain = np.full((144, 192, 3), 128, np.uint8)
    assert abs(guided(coarse, framed(plain)) - bilinear(coarse, (192, 144))).mean() < 0.02


def test_nothing_that_went_in_is_written_into(hair):
    coarse = cv2.resize(hair.alpha, (176, 96), interpolation=cv2.INTER_AREA)
    before, pixels = coarse.copy(), hair.pixels.copy()
    for picture in (hair.pixels, hair.pixels[:96, :176]):
        guided(coarse, framed(picture))
    np.testing.assert_array_equal(coarse, before)
    np.testing.assert_array_equal(hair.pixels, pixels)
