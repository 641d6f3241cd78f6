"""The compositing equation on uint8, through OpenCV's fast paths.

Goes in: foreground, background plate, alpha. Comes out: ``alpha * foreground + (1 - alpha) * plate``.
"""

import cv2
import numpy as np

from realtime.frame import Alpha, Pixels

BAND_PX = 64
"""Rows worked on at a time: what lies between the steps stays in the processor's cache, which halves the time."""


def blend(foreground: Pixels, plate: Pixels, alpha: Alpha) -> Pixels:
    """The person before a new background.

    Exact where alpha is 0 or 1, else within 1.5 of the real-valued result: alpha and both products are 8 bits.

    Args:
        foreground: ``(H, W, 3) uint8 BGR``, straight.
        plate: ``(H, W, 3) uint8 BGR``.
        alpha: ``(H, W) float32 in [0, 1]``.

    Returns:
        ``(H, W, 3) uint8 BGR``, a fresh array.
    """
    height, width = alpha.shape
    out = np.empty_like(foreground)
    weights = np.empty((min(BAND_PX, height), width, 3), np.uint8)
    behind = np.empty_like(weights)
    for top in range(0, height, BAND_PX):
        rows = slice(top, top + BAND_PX)
        band = out[rows]
        weight, rest = weights[: len(band)], behind[: len(band)]
        alpha8 = cv2.convertScaleAbs(alpha[rows], alpha=255)
        cv2.merge((alpha8, alpha8, alpha8), weight)
        cv2.multiply(foreground[rows], weight, band, scale=1 / 255)
        cv2.bitwise_not(weight, weight)
        cv2.multiply(plate[rows], weight, rest, scale=1 / 255)
        cv2.add(band, rest, band)
    return out
