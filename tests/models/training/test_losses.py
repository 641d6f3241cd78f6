import pytest
import torch

from models.prediction import Prediction
from models.training.losses import (
    detail_loss,
    laplacian_loss,
    matte_loss,
    semantic_loss,
    smooth,
    total_loss,
    unknown_band,
)


def half(size: int = 64) -> torch.Tensor:
    """A matte whose left half is a person."""
    matte = torch.zeros(1, 1, size, size)
    matte[..., : size // 2] = 1
    return matte


def test_the_band_is_a_kernel_wide_round_the_edge() -> None:
    band = unknown_band(half(), kernel_px=15)
    assert band[0, 0, 10].nonzero().flatten().tolist() == list(range(32 - 7, 32 + 7))


def test_smoothing_keeps_a_constant() -> None:
    torch.testing.assert_close(smooth(torch.full((1, 1, 8, 8), 0.3)), torch.full((1, 1, 8, 8), 0.3))


def test_semantic_loss_is_ten_times_the_squared_error() -> None:
    assert float(semantic_loss(torch.full((1, 1, 4, 4), 0.5), torch.ones(1, 1, 64, 64))) == pytest.approx(2.5)


def test_detail_counts_inside_the_band_only() -> None:
    matte, band = half(), unknown_band(half())
    wrong_outside = torch.where(band > 0, matte, 1 - matte)
    assert float(detail_loss(wrong_outside, matte, band)) == 0
    assert float(detail_loss(1 - matte, matte, band)) == pytest.approx(10 * 14 / 64)


def test_the_matte_counts_five_times_in_the_band_and_again_on_the_composite() -> None:
    matte, band = torch.zeros(1, 1, 2, 2), torch.tensor([[[[1.0, 0], [0, 0]]]])
    predicted = torch.full((1, 1, 2, 2), 0.5)
    expected = 0.5 * (5 + 3) / 4
    assert float(matte_loss(predicted, matte, band, torch.zeros(1, 3, 2, 2))) == pytest.approx(expected)
    assert float(matte_loss(predicted, matte, band, torch.ones(1, 3, 2, 2))) == pytest.approx(2 * expected)


def test_the_laplacian_loss_weighs_a_constant_error_at_its_coarsest_level() -> None:
    matte = half()
    assert float(laplacian_loss(matte + 0.1, matte, levels=4)) == pytest.approx(1.6, rel=1e-4)


def test_a_perfect_prediction_costs_next_to_nothing() -> None:
    matte = half()
    small = smooth(torch.nn.functional.interpolate(matte, size=(4, 4), mode="bilinear", align_corners=False))
    terms = total_loss(Prediction(small, matte, matte), matte, torch.rand(1, 3, 64, 64))
    assert {name: float(term) for name, term in terms.items()} == pytest.approx(dict.fromkeys(terms, 0.0), abs=1e-6)
