"""The losses of supervised matting: MODNet's three (arXiv 2011.11961), the Laplacian pyramid and flicker.

All take ``(N, 1, H, W) float32`` and return a scalar. ``band`` is 1 in the trimap's unknown band, 0 elsewhere, see
``batches.unknown_band``.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.prediction import Prediction

LEAST_SHARE = 0.02
"""A smaller band, or rest, counts less: a few pixels do not decide over a step."""


def semantic_loss(semantic: Tensor, matte: Tensor) -> Tensor:
    """2 x cross entropy against the matte at the resolution of ``semantic``.

    MODNet has 10 x MSE. Its gradient vanishes if the network is confident and wrong, when it has most to learn.
    """
    return 2 * F.binary_cross_entropy(semantic, F.interpolate(matte, size=semantic.shape[-2:], mode="area"))


def detail_loss(detail: Tensor, matte: Tensor, band: Tensor) -> Tensor:
    """10 x L1 inside the unknown band, averaged over all pixels."""
    return 10 * (band * (detail - matte).abs()).mean()


def matte_loss(predicted: Tensor, matte: Tensor, band: Tensor, image: Tensor, *, separate: bool = False) -> Tensor:
    """L1, with more weight in the band, plus the same on the composite ``image * alpha``.

    The weight is five times that of other pixels. ``separate`` adds the means over band and rest of each image instead,
    so that the short edge of a small person counts as much as a long one (Yao et al., ViTMatte, 2023).
    """
    weight = 1 + 4 * band
    if separate:
        share = band.mean((1, 2, 3), keepdim=True)
        weight = band / share.clamp(min=LEAST_SHARE) + (1 - band) / (1 - share).clamp(min=LEAST_SHARE)
    error = (predicted - matte).abs() * weight
    return error.mean() + (error * image.abs()).mean()


def laplacian_loss(predicted: Tensor, matte: Tensor, levels: int = 4) -> Tensor:
    """L1 between Laplacian pyramids, with more weight on coarse levels (Hou and Liu 2019)."""
    difference = predicted - matte
    terms = []
    for level in range(levels):
        low = F.avg_pool2d(difference, 2)
        high = difference - F.interpolate(low, scale_factor=2.0, mode="bilinear", align_corners=False)
        terms.append(2**level * high.abs().mean())
        difference = low
    return torch.stack([*terms, 2**levels * difference.abs().mean()]).sum()


def flicker_loss(predicted: Tensor, matte: Tensor) -> Tensor:
    """2 x dtSSD (Erofeev et al. 2015) between two shots of one image, averaged over a batch of such pairs.

    An error that is the same in both shots costs nothing.
    """
    error = predicted - matte
    return 2 * ((error[0::2] - error[1::2]).square().mean((1, 2, 3)) + 1e-8).sqrt().mean()


def total_loss(
    prediction: Prediction, matte: Tensor, band: Tensor, image: Tensor, *, pairs: bool, separate: bool = False
) -> dict[str, Tensor]:
    """Return every term by name; training minimises their sum.

    Args:
        prediction: the outputs of the network.
        matte: the true mattes.
        band: the unknown bands.
        image: the input of the network.
        pairs: whether the batch holds two shots of each image.
        separate: see ``matte_loss``.
    """
    terms = {
        "semantic": semantic_loss(prediction.semantic, matte),
        "detail": detail_loss(prediction.detail, matte, band),
        "matte": matte_loss(prediction.matte, matte, band, image, separate=separate),
        "laplacian": laplacian_loss(prediction.matte, matte),
    }
    return terms | ({"flicker": flicker_loss(prediction.matte, matte)} if pairs else {})
