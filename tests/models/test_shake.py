"""A shaken still trembles as it says, its matte with it."""

import numpy as np
import pytest

from models.metrics import Alpha
from models.pairs import Pixels
from models.shake import Tremor, shake

CALM = Tremor(shift_px=0, noise=0, exposure=0)


@pytest.fixture
def still() -> tuple[Pixels, Alpha]:
    """A smooth picture of 48x64 and a matte that is its red channel."""
    y, x = np.mgrid[:48, :64]
    red = np.rint(127.5 + 80 * np.sin(x / 9) * np.cos(y / 7)).astype(np.uint8)
    pixels = np.dstack([red // 2, red // 3, red])
    return pixels, np.asarray(red / 255, np.float32)


def test_a_clip_is_the_same_for_the_same_seed(still: tuple[Pixels, Alpha]) -> None:
    clips = [list(shake(*still, frames=3, seed=seed)) for seed in (1, 1, 2)]
    same = [np.array_equal(a.pixels, b.pixels) for a, b in zip(clips[0], clips[1], strict=True)]
    other = [np.array_equal(a.pixels, b.pixels) for a, b in zip(clips[0], clips[2], strict=True)]
    assert (same, other) == ([True] * 3, [False] * 3)


def test_without_tremor_nothing_changes(still: tuple[Pixels, Alpha]) -> None:
    for moment in shake(*still, frames=2, tremor=CALM):
        assert moment.alpha is not None
        assert np.array_equal(moment.pixels, still[0])
        assert np.array_equal(moment.alpha, still[1])
        assert moment.place_px == (0, 0)


def test_picture_and_matte_move_together_as_far_as_it_says(still: tuple[Pixels, Alpha]) -> None:
    inside = (slice(8, 40), slice(8, 56))
    y, x = np.mgrid[:48, :64]
    moments = list(shake(*still, tremor=Tremor(shift_px=20, noise=0, exposure=0)))
    for moment in moments:
        assert moment.alpha is not None
        assert moment.place_px is not None
        right, down = moment.place_px
        expected = (127.5 + 80 * np.sin((x - right) / 9) * np.cos((y - down) / 7)) / 255
        assert moment.alpha[inside] == pytest.approx(expected[inside], abs=0.005)
        assert moment.pixels[..., 2][inside] / 255 == pytest.approx(expected[inside], abs=0.005)
    reach_px = 20 * np.sqrt(48 * 64) / 384
    places = np.array([moment.place_px for moment in moments])
    assert reach_px / 3 < np.abs(places).max() <= reach_px


def test_noise_is_as_strong_as_it_says_and_leaves_the_matte_alone(still: tuple[Pixels, Alpha]) -> None:
    moment, other = shake(*still, frames=2, tremor=Tremor(shift_px=0, noise=5, exposure=0))
    assert moment.alpha is not None
    assert np.array_equal(moment.alpha, still[1])
    difference = moment.pixels.astype(float) - still[0]
    assert difference.std() == pytest.approx(5, rel=0.05)
    assert np.corrcoef(difference.ravel(), (other.pixels.astype(float) - still[0]).ravel())[0, 1] < 0.05


def test_exposure_scales_the_whole_picture(still: tuple[Pixels, Alpha]) -> None:
    gains = [
        moment.pixels.sum(dtype=float) / still[0].sum(dtype=float)
        for moment in shake(*still, frames=20, tremor=Tremor(shift_px=0, noise=0, exposure=0.1))
    ]
    assert 0.05 < np.std(np.log(gains)) < 0.2
