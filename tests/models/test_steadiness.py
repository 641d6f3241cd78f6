"""How steady a network is, by networks whose flicker is known."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from models.errors import GreenlessError
from models.evaluation import network_input
from models.metrics import Alpha, mean_of_rows
from models.pairs import ClipFrame, Pixels
from models.steadiness import Steadiness, motion, steadiness


def brightness(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
    return np.asarray((network_input(pixels, size_px)[0, 0] + 1) / 2, np.float32)


class Flickering:
    """Says half of a person everywhere, and nobody in every second frame."""

    calls = 0

    def __call__(self, _pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        self.calls += 1
        return np.full(size_px[::-1], 0.5 * (self.calls % 2), np.float32)


def texture(right_px: int) -> Pixels:
    """A smooth random texture, 96x128, moved to the right."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 255, (12, 20)).astype(np.float32)
    grey = np.kron(coarse, np.ones((8, 8), np.float32))
    for axis in (0, 1):
        grey = np.mean([np.roll(grey, shift, axis) for shift in range(-3, 4)], axis=0)
    return np.dstack([np.roll(grey, right_px, 1)[:, 16:144]] * 3).astype(np.uint8)


def clip(*, truth: bool) -> Iterator[ClipFrame]:
    empty = np.zeros((96, 128), np.float32)
    return (ClipFrame(pixels=texture(0), alpha=empty if truth else None, place_px=(0, 0)) for _ in range(3))


def test_flicker_is_measured_as_strong_as_it_is() -> None:
    figures = steadiness(Flickering(), clip(truth=True))
    assert figures.mad == pytest.approx(1 / 3)
    assert figures.dtssd == pytest.approx(0.5)
    assert figures.messddt == pytest.approx(0.25)
    assert figures.warp == pytest.approx(0.5)


def test_without_mattes_only_the_warp_error_is_measured() -> None:
    figures = steadiness(Flickering(), clip(truth=False))
    assert figures.warp == pytest.approx(0.5)
    assert all(math.isnan(value) for value in (figures.mad, figures.dtssd, figures.messddt))


@pytest.mark.parametrize("known", [True, False])
def test_a_matte_that_moves_with_its_picture_is_steady(known: bool) -> None:
    moving = [ClipFrame(pixels=texture(4 * i), place_px=(4.0 * i, 0) if known else None) for i in range(2)]
    standing = [ClipFrame(pixels=moment.pixels, place_px=(0, 0)) for moment in moving]
    assert steadiness(brightness, moving).warp < 0.01
    assert steadiness(brightness, standing).warp > 0.05


def test_optical_flow_finds_the_motion_and_trusts_it() -> None:
    flow, trusted = motion(ClipFrame(pixels=texture(0)), ClipFrame(pixels=texture(4)))
    inside = (slice(16, 80), slice(16, 112))
    assert np.median(flow[inside], axis=(0, 1)) == pytest.approx([4, 0], abs=0.3)
    assert trusted[inside].mean() > 0.95


def test_what_is_covered_in_the_next_frame_is_not_trusted() -> None:
    before, after = texture(0), texture(0)
    patch = texture(40)[::-1][24:72, 60:108]
    before[24:72, 60:108] = after[24:72, 50:98] = patch
    _, trusted = motion(ClipFrame(pixels=before), ClipFrame(pixels=after))
    assert trusted[32:64, 50:60].mean() < 0.5
    assert trusted[32:64, 78:98].mean() > 0.8
    assert trusted[:, :30].mean() > 0.95


def test_a_clip_of_one_frame_is_an_error() -> None:
    with pytest.raises(GreenlessError, match="fewer than two frames"):
        steadiness(brightness, [ClipFrame(pixels=texture(0))])


def test_a_clip_that_changes_its_size_is_an_error() -> None:
    with pytest.raises(GreenlessError, match="size changes"):
        steadiness(brightness, [ClipFrame(pixels=texture(0)), ClipFrame(pixels=texture(0)[:64])])


def test_the_mean_leaves_out_what_could_not_be_measured() -> None:
    with_truth = Steadiness(mad=0.1, dtssd=0.2, messddt=0.3, warp=0.4)
    without = Steadiness(mad=math.nan, dtssd=math.nan, messddt=math.nan, warp=0.2)
    assert mean_of_rows([with_truth, without]) == Steadiness(mad=0.1, dtssd=0.2, messddt=0.3, warp=pytest.approx(0.3))
