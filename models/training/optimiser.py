"""``Optimiser``: Muon for the matrices of a network, AdamW for the rest of its parameters.

Muon (Jordan et al. 2024) makes every update of a matrix orthogonal, so that directions the gradient rarely shows are
learnt as fast as the loud ones. PyTorch's takes matrices only: a convolution is given to it as ``(outputs, inputs x
height x width)``, over the same memory. Depthwise filters, biases and norms are no matrices.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon

_MIN_SIDE = 8


class Optimiser:
    """Both as one, at one rate.

    Args:
        network: in channels-last memory.
        weight_decay: of both.
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
        """Forget the gradients."""
        for parameter in self._all:
            parameter.grad = None

    def step(self, rate: float) -> None:
        """One update at ``rate``, by the gradients that the network's parameters hold."""
        for kernel, matrix in zip(self._kernels, self._matrices, strict=True):
            matrix.grad = None if kernel.grad is None else _flat(kernel.grad)
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()  # type: ignore[no-untyped-call]

    def state_dict(self) -> list[dict[str, Any]]:
        """What ``load_state_dict`` takes."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Go on where ``states`` stood."""
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim == 4 and min(parameter.shape[0], parameter.shape[1]) >= _MIN_SIDE


def _flat(kernel: Tensor) -> Tensor:
    """``(outputs, the rest)``, a view of channels-last memory."""
    return kernel.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).flatten(1)
