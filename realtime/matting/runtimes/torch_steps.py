"""Prepares and mattes images on a GPU in PyTorch; only the small matte is copied back.

device uint8 ──▶ shrink, RGB, [-1, 1] ──▶ network ──▶ pinned float32
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from realtime.gpu.memory import fetched
from realtime.gpu.recorded import Recorded
from realtime.matting.resize import LARGE_SHRINK, SMOOTH_SHRINK
from realtime.matting.runtimes.batches import Batch, Size


def prepared(pictures: Tensor, size: Size) -> Tensor:
    """Do the same as ``resize.prepare``, on the device of the images; the results differ only by rounding.

    Args:
        pictures: ``(N, H, W, 3) uint8 BGR``.
        size: ``(width, height)`` at the network.

    Returns:
        ``(N, 3, height, width) float32 RGB in [-1, 1]``.
    """
    width, height = size
    planes = pictures.permute(0, 3, 1, 2).flip(1).float()
    factor = max(planes.shape[3] / width, planes.shape[2] / height)
    while factor > LARGE_SHRINK:
        planes = F.interpolate(planes, (max(1, planes.shape[2] // 2), max(1, planes.shape[3] // 2)), mode="area")
        factor /= 2
    if factor <= SMOOTH_SHRINK:
        planes = F.interpolate(planes, (height, width), mode="bilinear", align_corners=False)
    else:
        planes = F.interpolate(planes, (2 * height, 2 * width), mode="bilinear", align_corners=False)
        planes = F.avg_pool2d(planes, 2)
    return planes / 127.5 - 1


class Steps:
    """The steps for a fixed number of images of one size.

    Args:
        network: on its device, in eval mode.
        dtype: that of the network.
        pictures: ``(N, H, W, 3) uint8`` on the network's device: an example of the inputs.
        size: ``(width, height)`` at the network.
    """

    def __init__(self, network: nn.Module, *, dtype: torch.dtype, pictures: Tensor, size: Size) -> None:
        self._network, self._dtype, self._size = network, dtype, size
        self._run = Recorded(self._matted, pictures)

    def run(self, pictures: Tensor) -> Batch:
        """Return the network's output, ``(N, 1, h, w) float32``, in a new array."""
        return fetched(self._run(pictures))

    def _matted(self, pictures: Tensor) -> Tensor:
        images = prepared(pictures, self._size).to(self._dtype, memory_format=torch.channels_last)
        alphas: Tensor = self._network(images)
        return alphas.float()
