"""Reduces frames and averages neighbourhoods like OpenCV, on the device of the frames.

All tensors are ``(1, C, H, W) float32``. Frames hold whole levels of 255, as in 8 bits.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def planes(picture: Tensor) -> Tensor:
    """Convert ``(H, W, C)`` or ``(H, W)``, of any type, to ``(1, C, H, W) float32``."""
    channels = picture if picture.dim() == 3 else picture[..., None]
    return channels.permute(2, 0, 1)[None].float()


def halved(levels: Tensor) -> Tensor:
    """Do the same as ``frame.halved``: half the size, rounded up, by area averaging."""
    height, width = levels.shape[2:]
    return torch.floor(area(levels, -(-height // 2), -(-width // 2)) + 0.5)


def area(values: Tensor, height: int, width: int) -> Tensor:
    """Do the same as ``cv2.resize`` by ``INTER_AREA``, to a smaller size."""
    if values.shape[2:] == (2 * height, 2 * width):
        return F.avg_pool2d(values, 2)
    return _shares(values.shape[2], height, values) @ values @ _shares(values.shape[3], width, values).T


def _shares(side: int, less: int, like: Tensor) -> Tensor:
    """Return ``(less, side)``: the share of each of ``side`` pixels in each of ``less`` larger ones."""
    scale = side / less
    starts = torch.arange(less, device=like.device, dtype=like.dtype)[:, None] * scale
    pixels = torch.arange(side, device=like.device, dtype=like.dtype)
    shares = torch.minimum(starts + scale, pixels + 1) - torch.maximum(starts, pixels)
    return shares.clamp(min=0) / scale


def reduced(levels: Tensor, side_px: float) -> Tensor:
    """Do the same as ``Frame.reduced``: halve while the shorter side stays at least ``side_px``."""
    while min(levels.shape[2:]) >= 2 * max(1, side_px):
        levels = halved(levels)
    return levels


def box(values: Tensor, side_px: int) -> Tensor:
    """Do the same as ``cv2.blur``: means of square neighbourhoods, mirrored at the borders."""
    radius = side_px // 2
    mirrored = F.pad(values, (radius, radius, radius, radius), mode="reflect")
    return F.avg_pool2d(F.avg_pool2d(mirrored, (side_px, 1), stride=1), (1, side_px), stride=1)


def resized(values: Tensor, height: int, width: int) -> Tensor:
    """Do the same as ``cv2.resize`` by ``INTER_LINEAR``."""
    return F.interpolate(values, (height, width), mode="bilinear", align_corners=False)
