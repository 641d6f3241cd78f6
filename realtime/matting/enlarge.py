"""A matte's way from the network's size to the picture's: pure functions on arrays.

Goes in: ``(h, w) float32 in [0, 1]``. Comes out: ``(H, W) float32 in [0, 1]``.
"""

import cv2
import numpy as np

from realtime.frame import Alpha


def bilinear(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """A matte at the picture's size, by interpolation alone; by area averaging where it shrinks.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``.
        size: ``(width, height)`` of the picture in px.

    Returns:
        ``(height, width) float32 in [0, 1]``; ``alpha`` itself where it has that size.
    """
    height, width = alpha.shape
    if (width, height) == size:
        return alpha
    shrinks = width > size[0] or height > size[1]
    resized = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)
