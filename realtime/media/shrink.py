"""Shrinks images and mattes by area averaging, fast: a network's input, the motion search, a person in a corner."""

from typing import TypeVar

import cv2
import numpy as np

from realtime.frame import Alpha, Pixels

SMOOTH_SHRINK = 1.25
"""Up to this factor one bilinear step shrinks an image."""

LARGE_SHRINK = 6.0
"""Above this factor the image is halved first."""

_Array = TypeVar("_Array", Pixels, Alpha)


def shrink(array: _Array, size: tuple[int, int], small: _Array | None = None, double: _Array | None = None) -> _Array:
    """Resize an image as ``INTER_AREA`` does, in a third of the time.

    OpenCV's area mode is fast only for a factor of exactly 2. So the image is resized bilinearly to twice the size,
    then halved: 1280x720 to 512x288 takes 1.3 ms instead of 4.0, and differs from the area mode by 0.26 of 255 on
    average (bilinear alone: 0.4 ms and 1.5, with aliasing up to 17). Above a factor of 6 the bilinear step would skip
    pixels, so the image is halved first. Below 1.25 bilinear alone is as good.

    Args:
        array: ``(H, W, 3) uint8 BGR``, or a matte, ``(H, W) float32``.
        size: ``(width, height)`` in px.
        small: a buffer of that size, which holds the result until the next call; None allocates one.
        double: a buffer of twice that size; None allocates one.

    Returns:
        ``(height, width[, 3])``, as ``array``.
    """
    factor = max(array.shape[1] / size[0], array.shape[0] / size[1])
    while factor > LARGE_SHRINK:
        half = (max(1, array.shape[1] // 2), max(1, array.shape[0] // 2))
        array = _scaled(array, half, cv2.INTER_AREA)
        factor /= 2
    if factor <= SMOOTH_SHRINK:
        return _scaled(array, size, cv2.INTER_LINEAR, small)
    double = _scaled(array, (2 * size[0], 2 * size[1]), cv2.INTER_LINEAR, double)
    return _scaled(double, size, cv2.INTER_AREA, small)


def _scaled(array: _Array, size: tuple[int, int], interpolation: int, out: _Array | None = None) -> _Array:
    return np.asarray(cv2.resize(array, size, dst=out, interpolation=interpolation), array.dtype)
