"""Prepares images for a network: pure functions on arrays.

``network_size`` chooses the size, ``prepare`` resizes and normalises. ``refine.enlarge`` enlarges the matte afterwards.
Images are resized, never padded or cropped: InstanceNorm reads the statistics of the whole image, so padding would
change the matte.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from models.network_size import on_grid
from realtime.frame import Pixels
from realtime.media.shrink import shrink

Planes = npt.NDArray[np.float32]
"""One image for a network: ``(3, h, w) float32 RGB in [-1, 1]``."""

LANDSCAPE, WIDE = 1.3, 16 / 9
"""Width by height from about 4:3 on and up to 16:9: the shapes of cameras."""

LONGEST = 2.5
"""The long side at the network is at most this many reference sizes: 21:9 (2.33) passes, 600x4000 does not explode."""

_NORMALISED = (np.arange(256) / 127.5 - 1).astype(np.float32)


def network_size(width_px: int, height_px: int, reference_px: int) -> tuple[int, int]:
    """Choose the size ``(width, height)`` in px at which a network sees an image.

    A landscape frame, from 4:3 to 16:9, gets the reference size as its shorter side. Every other shape gets as many
    pixels as a 16:9 frame, because the shorter side alone (the rule of the MODNet paper) gives a square little more
    than half of them. A 4:3 frame with so many pixels takes 30 % longer, and its matte is no better (measured).

    The aspect stays, but for the rounding to multiples of 32. An extreme shape gets fewer pixels: its long side has a
    limit, and no side is under 32. A small image is enlarged, also if only one side is under the reference size (the
    paper leaves that one as it is), so that persons have the same size at every resolution.

    Args:
        width_px: width of the image.
        height_px: height of the image.
        reference_px: the shorter side of a landscape frame at the network.
    """
    if LANDSCAPE <= width_px / height_px <= WIDE:
        scale = reference_px / height_px
    else:
        scale = math.sqrt(reference_px**2 * WIDE / (width_px * height_px))
    scale = min(scale, LONGEST * reference_px / max(width_px, height_px))
    return on_grid(width_px * scale), on_grid(height_px * scale)


class Scratch:
    """Buffers of ``prepare`` for one size. Only one thread may use them at a time.

    Args:
        size: ``(width, height)`` in px.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self.double = np.empty((2 * height, 2 * width, 3), np.uint8)
        self.small = np.empty((height, width, 3), np.uint8)
        self.channels = [np.empty((height, width), np.uint8) for _ in range(3)]


def prepare(pixels: Pixels, size: tuple[int, int], out: Planes | None = None, scratch: Scratch | None = None) -> Planes:
    """Return an image at a network's size: channels first, RGB, ``x / 127.5 - 1``.

    Args:
        pixels: ``(H, W, 3) uint8 BGR``.
        size: ``(width, height)`` in px, as ``network_size`` gives it.
        out: the array to write, ``(3, height, width) float32``; None allocates one.
        scratch: buffers of that size; None allocates them. With both, nothing is allocated unless the image is more
            than six times as large.

    Returns:
        ``(3, height, width) float32 RGB in [-1, 1]``.
    """
    planes = np.empty((3, size[1], size[0]), np.float32) if out is None else out
    scratch = scratch or Scratch(size)
    small = shrink(pixels, size, scratch.small, scratch.double)
    for channel, plane in zip(cv2.split(small, scratch.channels), planes[::-1], strict=True):
        cv2.LUT(channel, _NORMALISED, dst=plane)  # conversion, scale and shift in one pass
    return planes
