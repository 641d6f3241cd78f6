"""Mattes by PyTorch: MODNet and greenless-lite from their checkpoints, on cuda (in fp16), mps or cpu.

A GPU receives whole frames and prepares them itself; on the CPU OpenCV prepares them faster. Only the small matte is
copied back:

    device uint8 ──▶ shrink, RGB, [-1, 1] ──▶ network ──▶ pinned float32

On cuda the frames stay in GPU memory as ``Frame.on_gpu``, for the stages after the network.
"""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.checkpoint import load_network
from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame, Pixels
from realtime.gpu.memory import failing_as, fetched, frame_on_device, sent
from realtime.gpu.recorded import Recorded
from realtime.matting.resize import prepare
from realtime.matting.runtimes.batches import Batch, NetworkMatter, Size, checked
from realtime.media.shrink import LARGE_SHRINK, SMOOTH_SHRINK


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


_SHAPES_KEPT = 8

LABELS = {"cuda": "CUDA fp16", "mps": "MPS", "cpu": "CPU"}
"""The devices, best first, and their names for people."""


class TorchMatter(NetworkMatter):
    """A network in PyTorch.

    Args:
        path: a ``.ckpt`` or ``.safetensors`` file.
        title: name of the network for people.
        reference_px: the reference size, see ``resize.network_size``.
        device: ``auto`` or a key of ``LABELS``.
        threads: CPU threads of PyTorch in the whole process; 0 lets it use one thread per core.

    Raises:
        realtime.errors.WeightsError: the checkpoint is damaged or of another network.
        realtime.errors.MatterError: the requested device is not available.
    """

    def __init__(self, path: Path, *, title: str, reference_px: int, device: str = "auto", threads: int = 0) -> None:
        super().__init__(title, reference_px)
        self._device = choose_device(device)
        self._runs_on = f"torch, {LABELS[self._device]}"
        # Half precision is faster on cuda and agrees within the gates; elsewhere it is slow or emulated.
        self._dtype = torch.float16 if self._device == "cuda" else torch.float32
        if threads:
            torch.set_num_threads(threads)
        network = load_network(path).to(device=self._device, dtype=self._dtype)
        # Channels last suits the kernels of cuDNN and oneDNN.
        self._network: nn.Module | None = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._on_gpu, self._keeps_frames = self._device != "cpu", self._device == "cuda"
        self._steps = lru_cache(_SHAPES_KEPT)(self._recorded)
        self._lock = threading.Lock()

    @torch.inference_mode()
    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames``, see ``matter.Matter``."""
        if not self._on_gpu:
            return super().matte_batch(frames, size_px)
        with self._lock:  # one frame at a time: there is one device
            return [self._on_device(frame, self._size_for(frame, size_px)) for frame in frames]

    def close(self) -> None:
        """Release the network."""
        self._network = None
        self._steps.cache_clear()

    def _infer(self, pictures: Sequence[Pixels], size: Size) -> Batch:
        network = self._open_network(size)
        with self._failing(len(pictures), size):
            batch = torch.from_numpy(np.stack([prepare(picture, size) for picture in pictures]))
            alphas: Batch = network(batch.to(memory_format=torch.channels_last)).numpy()
        return checked(alphas, len(pictures), size)

    def _on_device(self, frame: Frame, size: Size) -> CoarseMatte:
        """Matte one frame on the GPU."""
        network = self._open_network(size)
        with self._failing(1, size):
            picture = frame_on_device(frame, self._device) if self._keeps_frames else sent(frame.pixels, self._device)
            alphas = fetched(self._steps(network, picture.shape, size)(picture[None]))
        return CoarseMatte(alpha=checked(alphas, 1, size)[0, 0], frame=frame)

    def _recorded(self, network: nn.Module, shape: torch.Size, size: Size) -> Recorded:
        """Record the steps for one frame of that shape: ``(1, H, W, 3) uint8`` to ``(1, 1, h, w) float32``."""

        def matted(pictures: Tensor) -> Tensor:
            images = prepared(pictures, size).to(self._dtype, memory_format=torch.channels_last)
            alphas: Tensor = network(images)
            return alphas.float()

        return Recorded(matted, torch.zeros((1, *shape), dtype=torch.uint8, device=self._device))

    def _open_network(self, size: Size) -> nn.Module:
        if self._network is None:
            raise MatterError(f"{self.name} is closed")
        self._size = size
        return self._network

    def _failing(self, count: int, size: Size) -> AbstractContextManager[None]:
        return failing_as(MatterError, f"{self.name} failed on a batch of {(count, 3, *size[::-1])}")


def choose_device(wanted: str) -> str:
    """Return the device to use: the requested one, or for ``auto`` the best available.

    Raises:
        realtime.errors.MatterError: the requested device is unknown or not available.
    """
    works = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    there = [device for device in LABELS if works[device]]
    if wanted not in ("auto", *there):
        raise MatterError(
            f"PyTorch {torch.__version__} cannot run on {wanted} (available: {', '.join(there)})",
            cure="Install a build for this machine from https://pytorch.org, or set --provider auto",
        )
    return there[0] if wanted == "auto" else wanted
