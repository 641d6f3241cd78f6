"""The losses of supervised matting: MODNet's three (arXiv 2011.11961) and the Laplacian pyramid.

All take ``(N, 1, H, W) float32`` and give a scalar; ``band`` is 1 in the unknown band of the matte, 0 elsewhere.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.prediction import Prediction

_GAUSS = torch.tensor([0.2390, 0.5220, 0.2390])
"""Gaussian of three taps, sigma 0.8, normalised."""


def smooth(x: Tensor) -> Tensor:
    """Gaussian 3x3, sigma 0.8, reflect padding."""
    kernel = torch.outer(_GAUSS, _GAUSS).to(x)[None, None]
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel / kernel.sum())


def unknown_band(matte: Tensor, kernel_px: int = 15) -> Tensor:
    """1 where the matte is neither plain foreground nor plain background within ``kernel_px``: the trimap's unknown."""
    return (_dilate(matte, kernel_px) + _dilate(-matte, kernel_px) > 0.05).to(matte.dtype)


def _dilate(x: Tensor, kernel_px: int) -> Tensor:
    """By a square, one axis after the other: fifteen times fewer comparisons."""
    rows = F.max_pool2d(x, (kernel_px, 1), 1, (kernel_px // 2, 0))
    return F.max_pool2d(rows, (1, kernel_px), 1, (0, kernel_px // 2))


def semantic_loss(semantic: Tensor, matte: Tensor) -> Tensor:
    """10 x MSE against the matte at 1/16, smoothed."""
    small = F.interpolate(matte, size=semantic.shape[-2:], mode="bilinear", align_corners=False, antialias=False)
    return 10 * F.mse_loss(semantic, smooth(small))


def detail_loss(detail: Tensor, matte: Tensor, band: Tensor) -> Tensor:
    """10 x L1 inside the unknown band, mean over all pixels."""
    return 10 * (band * (detail - matte).abs()).mean()


def matte_loss(predicted: Tensor, matte: Tensor, band: Tensor, image: Tensor) -> Tensor:
    """L1, four times in the band, and the same on the composite ``image * alpha``."""
    error = (predicted - matte).abs() * (1 + 4 * band)
    return error.mean() + (error * image.abs()).mean()


def laplacian_loss(predicted: Tensor, matte: Tensor, levels: int = 4) -> Tensor:
    """L1 between Laplacian pyramids, coarse levels weighted up: shape, and edges at all scales (Hou and Liu 2019)."""
    difference = predicted - matte
    terms = []
    for level in range(levels):
        low = F.avg_pool2d(difference, 2)
        high = difference - F.interpolate(low, scale_factor=2.0, mode="bilinear", align_corners=False)
        terms.append(2**level * high.abs().mean())
        difference = low
    return torch.stack([*terms, 2**levels * difference.abs().mean()]).sum()


def total_loss(prediction: Prediction, matte: Tensor, image: Tensor) -> dict[str, Tensor]:
    """Every term by name; their sum is what is minimised."""
    band = unknown_band(matte)
    return {
        "semantic": semantic_loss(prediction.semantic, matte),
        "detail": detail_loss(prediction.detail, matte, band),
        "matte": matte_loss(prediction.matte, matte, band, image),
        "laplacian": laplacian_loss(prediction.matte, matte),
    }
