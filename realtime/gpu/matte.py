"""``GpuMatte``: a matte in GPU memory, copied to the CPU on first use."""

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
    """The alpha of one frame, at the size of the frame, on a device.

    Args:
        alpha: ``(H, W) float32 in [0, 1]`` there.
        frame: the frame of the alpha.
    """

    def __init__(self, *, alpha: Tensor, frame: Frame) -> None:
        if alpha.dtype != torch.float32 or alpha.shape != frame.pixels.shape[:2]:
            raise ValueError(f"expected alpha {frame.pixels.shape[:2]} float32, got {alpha.shape} {alpha.dtype}")
        object.__setattr__(self, "on_gpu", alpha)
        object.__setattr__(self, "frame", frame)

    @cached_property
    def alpha(self) -> Alpha:
        """``(H, W) float32 in [0, 1]``, copied once."""
        assert self.on_gpu is not None
        with failing_as(MatterError, "a matte could not be fetched"):
            return cast(Alpha, fetched(self.on_gpu))

    @cached_property
    def alpha8(self) -> npt.NDArray[np.uint8]:
        """The alpha in 8 bits: a quarter of the data to copy."""
        assert self.on_gpu is not None
        with failing_as(MatterError, "a matte could not be fetched"), torch.inference_mode():
            return cast(npt.NDArray[np.uint8], fetched(in_255ths(self.on_gpu).to(torch.uint8)))


def in_255ths(alpha: Tensor) -> Tensor:
    """Return an alpha in whole levels of 255, rounded as OpenCV does; NaN becomes 0."""
    return (alpha * 255).round().nan_to_num(0.0).clamp(0, 255)
