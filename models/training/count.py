"""Counts the multiply-accumulates of a network's convolutions and linear layers in one ``forward``."""

import copy

import torch
from torch import Tensor, nn


def count_macs(network: nn.Module, size_px: tuple[int, int]) -> int:
    """Count the multiply-accumulates of one ``forward`` on torch's ``meta`` device, which computes nothing.

    Norms, activations and resampling do not count, as in papers.

    Args:
        network: takes ``(1, 3, H, W)``; not modified.
        size_px: ``(H, W)``.
    """
    counts: list[int] = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        counts.append(output.numel() * layer.weight[0].numel())

    shadow = copy.deepcopy(network).to("meta").eval()
    for layer in shadow.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    with torch.no_grad():
        shadow(torch.empty(1, 3, *size_px, device="meta"))
    return sum(counts)
