"""Pictures on their way to a device of PyTorch and back.

Goes in: numpy's arrays, the frames. Comes out: tensors; and arrays again. On CUDA both ways go over pinned memory of
PyTorch's own allocator, which takes a piece back only when nobody holds it: nothing that was handed out is ever
written over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from realtime.errors import GreenlessError
from realtime.frame import Frame

CURE = "Try --provider cpu, and --reference-size smaller if memory ran out"


def sent(array: npt.NDArray[Any], device: torch.device | str) -> Tensor:
    """A copy of ``array`` on the device. The processor does not wait until it is there."""
    device = torch.device(device)
    kind = torch.from_numpy(np.empty(0, array.dtype)).dtype
    staged = torch.empty(array.shape, dtype=kind, pin_memory=device.type == "cuda")
    np.copyto(staged.numpy(), array)
    return staged.to(device, non_blocking=device.type == "cuda")


def fetched(there: Tensor) -> npt.NDArray[Any]:
    """An array with what a tensor holds, in memory of its own."""
    back = torch.empty(there.shape, dtype=there.dtype, pin_memory=there.is_cuda)
    back.copy_(there, non_blocking=there.is_cuda)
    if there.is_cuda:
        torch.cuda.current_stream(there.device).synchronize()
    array: npt.NDArray[Any] = back.numpy()
    return array


def frame_on_device(frame: Frame, device: torch.device | str) -> Tensor:
    """The frame's picture on the device, ``(H, W, 3) uint8``; from now on the frame's ``on_gpu``."""
    there = sent(frame.pixels, device)
    object.__setattr__(frame, "on_gpu", there)
    return there


@contextmanager
def failing_as(kind: type[GreenlessError], what: str) -> Iterator[None]:
    """Turn what a device raises (out of memory, lost, a kernel that is missing) into an error of greenless's own.

    Args:
        kind: the error.
        what: what was being done: "the network failed on a batch of 3".
    """
    try:
        yield
    except RuntimeError as error:
        raise kind(f"{what}: {str(error).partition(chr(10))[0]}", cure=CURE) from error
