"""A picture's way over a GPU in PyTorch: up as it is, prepared and matted there, and only the small matte comes back.

    pinned uint8 ──▶ device uint8 ──▶ shrink, RGB, [-1, 1] ──▶ network ──▶ pinned float32

Goes in: ``(H, W, 3) uint8 BGR`` pictures of one size. Comes out: ``(N, 1, h, w) float32``. All memory is made once, and
on CUDA the steps on the card are recorded once as a graph and replayed: one launch instead of hundreds. On other
devices the same steps run one by one, which is how they are tested where there is no GPU.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from realtime.frame import Pixels
from realtime.matting.batches import Batch, Size
from realtime.matting.resize import LARGE_SHRINK, SMOOTH_SHRINK

_WARM_UPS = 3


def prepared(pictures: Tensor, size: Size) -> Tensor:
    """The same as ``resize.prepare``, on the pictures' own device; rounding apart it gives the same.

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
    """The steps for so many pictures of one size.

    Args:
        network: on its device, in eval mode.
        device: ``cuda``, ``mps`` or ``cpu``.
        dtype: the network's.
        shape: ``(N, H, W, 3)`` of the pictures.
        size: ``(width, height)`` at the network.
    """

    @torch.inference_mode()
    def __init__(
        self, network: nn.Module, *, device: str, dtype: torch.dtype, shape: tuple[int, int, int, int], size: Size
    ) -> None:
        self._network, self._dtype, self._size = network, dtype, size
        pinned = device == "cuda"
        self._sent = torch.zeros(shape, dtype=torch.uint8, pin_memory=pinned)
        self._there = self._sent.to(device, copy=True)
        self._back = torch.zeros((shape[0], 1, size[1], size[0]), dtype=torch.float32, pin_memory=pinned)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._alphas = self._matted()
        if device == "cuda":
            self._record()

    @torch.inference_mode()
    def run(self, pictures: Sequence[Pixels]) -> Batch:
        """The network's output, in a buffer that the next run writes over."""
        for place, picture in zip(self._sent.numpy(), pictures, strict=True):
            place[:] = picture
        self._there.copy_(self._sent, non_blocking=True)
        if self._graph is None:
            self._alphas = self._matted()
        else:
            self._graph.replay()
        if self._alphas.shape != self._back.shape:
            wrong: Batch = self._alphas.cpu().numpy()
            return wrong
        self._back.copy_(self._alphas, non_blocking=True)
        if self._there.is_cuda:
            torch.cuda.current_stream().synchronize()
        elif self._there.device.type == "mps":
            torch.mps.synchronize()
        back: Batch = self._back.numpy()
        return back

    def _matted(self) -> Tensor:
        images = prepared(self._there, self._size).to(self._dtype, memory_format=torch.channels_last)
        alphas: Tensor = self._network(images)
        return alphas.float()

    def _record(self) -> None:
        """Record the steps on the card, after runs that let cuDNN choose its kernels."""
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UPS):
                self._matted()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._alphas = self._matted()
        self._graph = graph
