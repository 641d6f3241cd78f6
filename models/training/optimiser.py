"""``Optimiser``: Muon for the matrices of a network, AdamW for its other parameters.

Muon (Jordan et al. 2024) makes every update of a matrix orthogonal, so that the network learns rare directions of the
gradient as fast as dominant ones. PyTorch's Muon takes matrices only, so a convolution becomes ``(outputs, inputs x
height x width)`` in the same memory. AdamW handles depthwise filters, biases and norms.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon

_MIN_SIDE = 8


class Optimiser:
    """Muon and AdamW with one learning rate.

    Args:
        network: a network in channels-last memory.
        weight_decay: weight decay of both optimisers.
    """

    def __init__(self, network: nn.Module, weight_decay: float) -> None:
        self._kernels = [p for p in network.parameters() if _is_matrix(p)]
        self._matrices = [nn.Parameter(_flat(kernel.detach())) for kernel in self._kernels]
        chosen = {id(kernel) for kernel in self._kernels}
        rest = [p for p in network.parameters() if id(p) not in chosen]
        self._parts = (
            Muon(self._matrices, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            AdamW(rest, weight_decay=weight_decay),
        )
        self._all = [*self._kernels, *rest]

    def clear(self) -> None:
        """Clear the gradients."""
        for parameter in self._all:
            parameter.grad = None

    def step(self, rate: float) -> None:
        """Update the parameters by their gradients at learning rate ``rate``."""
        for kernel, matrix in zip(self._kernels, self._matrices, strict=True):
            matrix.grad = None if kernel.grad is None else _flat(kernel.grad)
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()  # type: ignore[no-untyped-call]

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state for ``load_state_dict``."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restore ``states``."""
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim == 4 and min(parameter.shape[0], parameter.shape[1]) >= _MIN_SIDE


def _flat(kernel: Tensor) -> Tensor:
    """View channels-last memory as ``(outputs, height x width x inputs)``."""
    return kernel.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).flatten(1)
