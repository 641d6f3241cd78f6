"""Reduced frames and weighted means of neighbourhoods: smooth quantities need few pixels.

Sums have four channels: colour times weight, and the weight. Dividing the first three by the fourth gives the mean.
OpenCV filters four channels in a third of the time of three.
"""

import cv2
import numpy as np

from realtime.frame import Pixels, halved
from realtime.media.edge_pixels import Floats

LITTLE = np.float32(1e-3)
"""Added to a sum of weights (from 0 to 255) to avoid a division by zero."""


def reduced(pixels: Pixels, side_px: int) -> Pixels:
    """Halve pixels while their shorter side stays at least ``side_px``. For frames, ``Frame.reduced`` caches this.

    Args:
        pixels: ``(H, W, C)`` or ``(H, W)``, uint8.
        side_px: at least 1.
    """
    while min(pixels.shape[:2]) >= 2 * side_px:
        pixels = halved(pixels)
    return pixels


def four(colours: Pixels | Floats) -> Floats:
    """Turn ``(h, w, 3)`` from 0 to 255 into ``(h, w, 4) float32`` with 255 in the fourth channel."""
    return cv2.merge((*cv2.split(colours), np.full(colours.shape[:2], 255, colours.dtype))).astype(np.float32)


def weighed(colours: Floats, weight: Floats) -> Floats:
    """Multiply ``(h, w, 4)`` by ``(h, w) in [0, 1]``."""
    return np.asarray(cv2.multiply(colours, cv2.merge((weight,) * 4)), np.float32)


def box(sums: Floats, side_px: int) -> Floats:
    """Return the sums of square neighbourhoods, divided by their number of pixels."""
    return np.asarray(cv2.blur(sums, (side_px, side_px)), np.float32)


def mean(sums: Floats) -> Floats:
    """Return the mean colours of sums, ``(h, w, 4)``, with about 255 in the fourth channel."""
    return np.asarray(cv2.divide(sums, cv2.merge((sums[..., 3] + LITTLE,) * 4), scale=255), np.float32)
