"""SOC: adapts a network to the user's camera without true mattes.

The semantic branch and the matte learn from each other until they agree on the camera's frames. At the edges this would
blur the matte, so a frozen copy of the network keeps detail and matte as they are.

Source: MODNet (arXiv 2011.11961), "sub-objectives consistency". As its authors say, it does not improve edges. It
corrects regions about which the branches disagree, such as a lamp taken for a person.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.prediction import Prediction

SEMANTIC_WEIGHT = 100.0
"""Weight of the semantic term; the detail term has weight 1."""

PERSON = 0.1
"""Alpha above which a pixel belongs to the person, for finding the edges."""

NOTHING = 0.01
"""A branch's alpha up to this value becomes 0 as the other branch's target."""

BAND_SHARE = 0.05
"""Side of the square that makes the band along the edges, as a share of the mean of height and width."""

BETAS = (0.9, 0.99)
"""Betas of Adam."""

_TAPS = torch.tensor([0.2390, 0.5220, 0.2390])
"""Three taps of a Gaussian of sigma 0.8."""

Progress = Callable[[int, int], None]
"""Called after every step with the steps done and their total."""


def adapt(
    network: nn.Module,
    pictures: Sequence[Tensor],
    *,
    epochs: int,
    learning_rate: float,
    seed: int = 1,
    progress: Progress = lambda step, steps: None,
) -> nn.Module:
    """Adapt a copy of ``network`` to ``pictures``: Adam, one frame per step, norm layers frozen.

    Args:
        network: a network with ``branches``; it does not change.
        pictures: frames of the camera, each ``(1, 3, H, W) float32 RGB in [-1, 1]`` on the network's device.
        epochs: how often to use each frame. Each epoch starts with a new frozen copy.
        learning_rate: learning rate of Adam.
        seed: seed of the order of the frames.
        progress: called after every step.

    Returns:
        The adapted copy, in eval mode.
    """
    adapted: Any = copy.deepcopy(network).train()  # torch's types do not know ``branches``
    freeze_norms(adapted)
    learnt = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(learnt, lr=learning_rate, betas=BETAS)
    order = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        frozen = copy.deepcopy(adapted).eval()
        for done, index in enumerate(torch.randperm(len(pictures), generator=order).tolist(), start=1):
            with torch.no_grad():
                anchor = frozen.branches(pictures[index])
            terms = soc_loss(adapted.branches(pictures[index]), anchor)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(torch.stack(tuple(terms.values())).sum())
            optimiser.step()
            progress(epoch * len(pictures) + done, epochs * len(pictures))
    return adapted.eval().requires_grad_(True)  # type: ignore[no-any-return]


def freeze_norms(network: nn.Module) -> None:
    """Freeze statistics and factors of every norm layer; ``network.train()`` unfreezes the statistics."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d):
            module.eval().requires_grad_(False)


def soc_loss(prediction: Prediction, frozen: Prediction) -> dict[str, Tensor]:
    """Return the terms by name; adaptation minimises their sum.

    Args:
        prediction: output of the network that is adapted.
        frozen: output of the frozen copy for the same frames.
    """
    band = edges(prediction.matte.detach(), prediction.semantic.detach())
    return {
        "semantic": disagreement(prediction),
        "detail": _in_band(prediction.detail - frozen.detail, band),
        "matte": _in_band(prediction.matte - frozen.matte, band),
    }


def disagreement(prediction: Prediction) -> Tensor:
    """Measure how far the semantic branch and the matte, reduced and blurred to its size, differ.

    It is 100 times the sum of two mean squared errors of nearly equal value. Each carries the gradient of one branch.
    """
    small = F.interpolate(prediction.matte, size=prediction.semantic.shape[-2:], mode="bilinear", align_corners=False)
    small = _blurred(small)
    towards_matte = F.mse_loss(prediction.semantic, _without_little(small))
    towards_semantic = F.mse_loss(small, _without_little(prediction.semantic))
    return SEMANTIC_WEIGHT * (towards_matte + towards_semantic)


def edges(matte: Tensor, semantic: Tensor) -> Tensor:
    """Find the band along the edges of the person that both branches see: dilated and eroded masks differ there.

    Args:
        matte: ``(N, 1, H, W)``.
        semantic: ``(N, 1, H/16, W/16)``.

    Returns:
        ``(N, 1, H, W)``, 1 in the band, 0 elsewhere; all 0 if nobody is in view.
    """
    height, width = matte.shape[-2:]
    coarse = F.interpolate((semantic > PERSON).float(), size=(height, width), mode="bilinear", align_corners=False)
    person = (matte > PERSON).float() * coarse
    side_px = max(2, int((height + width) / 2 * BAND_SHARE))
    return (_dilated(person, side_px) != 1 - _dilated(1 - person, side_px)).float()


def _blurred(x: Tensor) -> Tensor:
    """Blur by a Gaussian of 3x3 with reflect padding."""
    taps = (_TAPS / _TAPS.sum()).to(x)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), torch.outer(taps, taps)[None, None])


def _without_little(x: Tensor) -> Tensor:
    """Make a target: no gradient, and 0 instead of alpha up to ``NOTHING``."""
    return x.detach() * (x.detach() > NOTHING)


def _dilated(x: Tensor, side_px: int) -> Tensor:
    """Return the largest value in a square, one axis after the other; pixels outside the frame do not count."""
    before, after = side_px // 2, (side_px - 1) // 2
    x = F.max_pool2d(F.pad(x, (0, 0, before, after), value=-1), (side_px, 1), 1)
    return F.max_pool2d(F.pad(x, (before, after, 0, 0), value=-1), (1, side_px), 1)


def _in_band(difference: Tensor, band: Tensor) -> Tensor:
    """Return the mean absolute difference in the band of each frame, averaged over frames; 0 if the band is empty."""
    return ((band * difference.abs()).sum((1, 2, 3)) / band.sum((1, 2, 3)).clamp(min=1)).mean()
