"""Copies arrays and frames to a PyTorch device and back.

On CUDA both directions use pinned memory of PyTorch's allocator. It reuses a block only after its last reference is
gone, so a returned array is never overwritten.
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
    """Copy ``array`` to the device. The CPU does not wait for the copy."""
    device = torch.device(device)
    kind = torch.from_numpy(np.empty(0, array.dtype)).dtype
    staged = torch.empty(array.shape, dtype=kind, pin_memory=device.type == "cuda")
    np.copyto(staged.numpy(), array)
    return staged.to(device, non_blocking=device.type == "cuda")


def fetched(there: Tensor) -> npt.NDArray[Any]:
    """Copy a tensor to a new array."""
    back = torch.empty(there.shape, dtype=there.dtype, pin_memory=there.is_cuda)
    back.copy_(there, non_blocking=there.is_cuda)
    if there.is_cuda:
        torch.cuda.current_stream(there.device).synchronize()
    array: npt.NDArray[Any] = back.numpy()
    return array


def frame_on_device(frame: Frame, device: torch.device | str) -> Tensor:
    """Copy the frame to the device, keep it as ``frame.on_gpu``, and return it: ``(H, W, 3) uint8``."""
    there = sent(frame.pixels, device)
    object.__setattr__(frame, "on_gpu", there)
    return there


@contextmanager
def failing_as(kind: type[GreenlessError], what: str) -> Iterator[None]:
    """Turn errors of a device (out of memory, device lost, missing kernel) into errors of greenless.

    Args:
        kind: the error.
        what: what failed: "the network failed on a batch of 3".
    """
    try:
        yield
    except RuntimeError as error:
        raise kind(f"{what}: {str(error).partition(chr(10))[0]}", cure=CURE) from error
