"""SOC: adapts a network to one's own camera without a single true matte.

In: a network of three branches and pictures of the camera, ``(1, 3, H, W) float32 RGB in [-1, 1]``. Out: a copy whose
branches agree better on such pictures. The semantic branch and the matte are drawn together, each towards what the
other says; along the edges, where that would smear, a frozen copy of the network holds detail and matte where they are.

Source: MODNet (arXiv 2011.11961), "sub-objectives consistency". By its authors' own word it does not mend edges: it
removes and fills what the branches disagree about, as a lamp that is taken for a person.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.prediction import Prediction

SEMANTIC_WEIGHT = 100.0
"""Of the semantic term; the detail term has 1."""

PERSON = 0.1
"""From this alpha on a pixel counts as the person's when the edges are looked for."""

NOTHING = 0.01
"""Up to here a branch says that nobody is there, and the other shall say 0."""

BAND_SHARE = 0.05
"""Side of the square that makes the band along the edges, as a share of the mean of height and width."""

BETAS = (0.9, 0.99)
"""Of Adam."""

_TAPS = torch.tensor([0.2390, 0.5220, 0.2390])
"""Gaussian of three taps, sigma 0.8."""


Progress = Callable[[int, int], None]
"""Is told after every step: steps done, of how many."""


def adapt(
    network: nn.Module,
    pictures: Sequence[Tensor],
    *,
    epochs: int,
    learning_rate: float,
    seed: int = 1,
    progress: Progress = lambda step, steps: None,
) -> nn.Module:
    """Adapt a copy of ``network`` to ``pictures``: Adam, one picture a step, norm layers as they are.

    Args:
        network: has ``branches``; left as it is.
        pictures: of the camera, each ``(1, 3, H, W) float32 RGB in [-1, 1]`` on the network's device.
        epochs: how often each picture is met. At the start of each the frozen copy is taken anew.
        learning_rate: of Adam.
        seed: of the order of the pictures.
        progress: is told of each step.

    Returns:
        The adapted copy, in eval mode.
    """
    adapted: Any = copy.deepcopy(network).train()  # torch's types do not know of branches
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
    """Keep the statistics and the factors of every norm layer as they are; ``network.train()`` undoes the first."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d):
            module.eval().requires_grad_(False)


def soc_loss(prediction: Prediction, frozen: Prediction) -> dict[str, Tensor]:
    """The terms by name; their sum is what is minimised.

    Args:
        prediction: of the network that is adapted.
        frozen: of the frozen copy, on the same pictures.
    """
    band = edges(prediction.matte.detach(), prediction.semantic.detach())
    return {
        "semantic": disagreement(prediction),
        "detail": _in_band(prediction.detail - frozen.detail, band),
        "matte": _in_band(prediction.matte - frozen.matte, band),
    }


def disagreement(prediction: Prediction) -> Tensor:
    """How far the semantic branch and the matte, shrunk and blurred to its size, are apart; each learns of the other.

    100 times the sum of both mean squared errors; as a figure, without gradients, they are much the same.
    """
    small = F.interpolate(prediction.matte, size=prediction.semantic.shape[-2:], mode="bilinear", align_corners=False)
    small = _blurred(small)
    towards_matte = F.mse_loss(prediction.semantic, _without_little(small))
    towards_semantic = F.mse_loss(small, _without_little(prediction.semantic))
    return SEMANTIC_WEIGHT * (towards_matte + towards_semantic)


def edges(matte: Tensor, semantic: Tensor) -> Tensor:
    """The band along the edges of what both branches hold for a person: where dilated and eroded differ.

    Args:
        matte: ``(N, 1, H, W)``.
        semantic: ``(N, 1, H/16, W/16)``.

    Returns:
        ``(N, 1, H, W)``, 1 in the band, 0 elsewhere; empty where nobody is.
    """
    height, width = matte.shape[-2:]
    coarse = F.interpolate((semantic > PERSON).float(), size=(height, width), mode="bilinear", align_corners=False)
    person = (matte > PERSON).float() * coarse
    side_px = max(2, int((height + width) / 2 * BAND_SHARE))
    return (_dilated(person, side_px) != 1 - _dilated(1 - person, side_px)).float()


def _blurred(x: Tensor) -> Tensor:
    """Gaussian 3x3, reflect padding."""
    taps = (_TAPS / _TAPS.sum()).to(x)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), torch.outer(taps, taps)[None, None])


def _without_little(x: Tensor) -> Tensor:
    """As a target: no gradient, and 0 where it says nothing."""
    return x.detach() * (x.detach() > NOTHING)


def _dilated(x: Tensor, side_px: int) -> Tensor:
    """The largest value in a square, one axis after the other; what lies outside the picture does not count."""
    before, after = side_px // 2, (side_px - 1) // 2
    x = F.max_pool2d(F.pad(x, (0, 0, before, after), value=-1), (side_px, 1), 1)
    return F.max_pool2d(F.pad(x, (before, after, 0, 0), value=-1), (1, side_px), 1)


def _in_band(difference: Tensor, band: Tensor) -> Tensor:
    """Mean absolute difference within the band, by picture, then over the pictures; 0 where the band is empty."""
    return ((band * difference.abs()).sum((1, 2, 3)) / band.sum((1, 2, 3)).clamp(min=1)).mean()
