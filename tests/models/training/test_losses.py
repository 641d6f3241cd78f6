import math

import pytest
import torch

from models.prediction import Prediction
from models.training.losses import (
    detail_loss,
    flicker_loss,
    laplacian_loss,
    matte_loss,
    semantic_loss,
    total_loss,
)


def half(size: int = 64) -> torch.Tensor:
    """A matte whose left half is a person."""
    matte = torch.zeros(1, 1, size, size)
    matte[..., : size // 2] = 1
    return matte


def band_of(matte: torch.Tensor) -> torch.Tensor:
    """Seven pixels to either side of the edge of ``half``."""
    band = torch.zeros_like(matte)
    band[..., 25:39] = 1
    return band


def test_semantic_loss_is_twice_the_cross_entropy_at_a_sixteenth() -> None:
    predicted = torch.full((1, 1, 4, 4), 0.25)
    expected = -math.log(0.25) - math.log(0.75)  # half the matte is a person
    assert float(semantic_loss(predicted, half())) == pytest.approx(expected)


def test_detail_counts_inside_the_band_only() -> None:
    matte, band = half(), band_of(half())
    wrong_outside = torch.where(band > 0, matte, 1 - matte)
    assert float(detail_loss(wrong_outside, matte, band)) == 0
    assert float(detail_loss(1 - matte, matte, band)) == pytest.approx(10 * 14 / 64)


def test_the_matte_counts_five_times_in_the_band_and_again_on_the_composite() -> None:
    matte, band = torch.zeros(1, 1, 2, 2), torch.tensor([[[[1.0, 0], [0, 0]]]])
    predicted = torch.full((1, 1, 2, 2), 0.5)
    expected = 0.5 * (5 + 3) / 4
    assert float(matte_loss(predicted, matte, band, torch.zeros(1, 3, 2, 2))) == pytest.approx(expected)
    assert float(matte_loss(predicted, matte, band, torch.ones(1, 3, 2, 2))) == pytest.approx(2 * expected)


@pytest.mark.parametrize("wide", [4, 16])
def test_separate_edges_count_the_same_however_short_they_are(wide: int) -> None:
    matte, band = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    band[..., :wide, :16] = 1
    image = torch.zeros(1, 3, 32, 32)
    wrong_edge, wrong_rest = 0.5 * band, 0.25 * (1 - band)
    assert float(matte_loss(wrong_edge, matte, band, image, separate=True)) == pytest.approx(0.5)
    assert float(matte_loss(wrong_rest, matte, band, image, separate=True)) == pytest.approx(0.25)


@pytest.mark.parametrize("band", [0.0, 1.0])
def test_separate_edges_are_finite_without_an_edge(band: float) -> None:
    predicted, matte = torch.full((1, 1, 8, 8), 0.5), torch.zeros(1, 1, 8, 8)
    loss = matte_loss(predicted, matte, torch.full_like(matte, band), torch.zeros(1, 3, 8, 8), separate=True)
    assert float(loss) == pytest.approx(0.5)


def test_the_laplacian_loss_weighs_a_constant_error_at_its_coarsest_level() -> None:
    matte = half()
    assert float(laplacian_loss(matte + 0.1, matte, levels=4)) == pytest.approx(1.6, rel=1e-4)


def test_an_error_that_stays_does_not_flicker() -> None:
    matte = half().repeat(2, 1, 1, 1)
    assert float(flicker_loss(matte * 0.5, matte)) == pytest.approx(2e-4)
    changes = torch.cat([matte[:1], matte[1:] - 0.25])
    assert float(flicker_loss(changes, matte)) == pytest.approx(2 * 0.25, rel=1e-4)


def test_a_perfect_prediction_costs_next_to_nothing() -> None:
    matte = half().repeat(2, 1, 1, 1)
    small = torch.nn.functional.interpolate(matte, size=(4, 4), mode="area")
    terms = total_loss(Prediction(small, matte, matte), matte, band_of(matte), torch.rand(2, 3, 64, 64), pairs=True)
    assert {name: float(term) for name, term in terms.items()} == pytest.approx(dict.fromkeys(terms, 0.0), abs=1e-3)
    assert "flicker" in terms
