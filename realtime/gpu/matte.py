"""``GpuMatte``: a matte that lies on the device it was made on, and comes down when somebody reads it."""

from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from realtime.errors import MatterError
from realtime.frame import Alpha, Frame, Matte
from realtime.gpu.memory import failing_as, fetched


class GpuMatte(Matte):
    """The alpha of one frame, at the frame's own size, on a device.

    Args:
        alpha: ``(H, W) float32 in [0, 1]`` there; an array makes it the plain matte that it is replaced by.
        frame: the very picture that the alpha was made from.
    """

    def __init__(self, *, alpha: Tensor | Alpha, frame: Frame) -> None:
        if not isinstance(alpha, Tensor):
            super().__init__(alpha=alpha, frame=frame)
            return
        if alpha.dtype != torch.float32 or alpha.shape != frame.pixels.shape[:2]:
            raise ValueError(f"expected alpha {frame.pixels.shape[:2]} float32, got {alpha.shape} {alpha.dtype}")
        object.__setattr__(self, "on_gpu", alpha)
        object.__setattr__(self, "frame", frame)

    @cached_property
    def alpha(self) -> Alpha:
        """``(H, W) float32 in [0, 1]``, fetched once."""
        assert self.on_gpu is not None
        with failing_as(MatterError, "a matte could not be fetched"):
            return cast(Alpha, fetched(self.on_gpu))

    @cached_property
    def alpha8(self) -> npt.NDArray[np.uint8]:
        """The alpha in 8 bits, a quarter of it to fetch."""
        if self.on_gpu is None:
            return super().alpha8
        with failing_as(MatterError, "a matte could not be fetched"), torch.inference_mode():
            return cast(npt.NDArray[np.uint8], fetched(in_255ths(self.on_gpu).to(torch.uint8)))


def in_255ths(alpha: Tensor) -> Tensor:
    """An alpha in whole levels of 255, rounded as OpenCV does; what is no number is 0."""
    return (alpha * 255).round().nan_to_num(0.0).clamp(0, 255)
