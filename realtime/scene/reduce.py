"""Reduced pictures and the weighed means of their neighbourhoods: what is smooth is worked out where pixels are few.

Goes in: pictures and weights. Comes out: sums of four channels, colour times weight and the weight itself, which
OpenCV filters in a third of the time of three; divided by one another they are means.
"""

import cv2
import numpy as np

from realtime.frame import Pixels, halved
from realtime.media.edge_pixels import Floats

LITTLE = np.float32(1e-3)
"""Added to a sum of weights (of 255), against a division by nothing."""


def reduced(pixels: Pixels, side_px: int) -> Pixels:
    """A picture, halved while its shorter side stays at least ``side_px``; a ``Frame`` keeps its own, see there.

    Args:
        pixels: ``(H, W, C)`` or ``(H, W)``, uint8.
        side_px: at least 1.
    """
    while min(pixels.shape[:2]) >= 2 * side_px:
        pixels = halved(pixels)
    return pixels


def four(colours: Pixels | Floats) -> Floats:
    """``(h, w, 3)`` in levels of 255 as ``(h, w, 4) float32`` with 255 in the fourth place, to be weighed."""
    return cv2.merge((*cv2.split(colours), np.full(colours.shape[:2], 255, colours.dtype))).astype(np.float32)


def weighed(colours: Floats, weight: Floats) -> Floats:
    """``(h, w, 4)`` times ``(h, w) in [0, 1]``."""
    return np.asarray(cv2.multiply(colours, cv2.merge((weight,) * 4)), np.float32)


def box(sums: Floats, side_px: int) -> Floats:
    """The sums of square neighbourhoods (divided by their number of pixels)."""
    return np.asarray(cv2.blur(sums, (side_px, side_px)), np.float32)


def mean(sums: Floats) -> Floats:
    """The mean colours of sums, ``(h, w, 4)``, about 255 in the fourth place."""
    return np.asarray(cv2.divide(sums, cv2.merge((sums[..., 3] + LITTLE,) * 4), scale=255), np.float32)
