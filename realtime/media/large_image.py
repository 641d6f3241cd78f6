"""Reduces a large image while it is read, so that never more than its stored pixels and a strip are in memory."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from realtime.media.image_decoding import LARGE_PX
from realtime.media.still_image import Part, StillImage

LONGEST_PX = 32766
"""Longest side of an image that is read at once: OpenCV indexes pixels with 16 bits."""

REDUCED_PX = 10_000_000
"""Most pixels of the reduced image."""

STRIP_PX = 6_000_000
"""Pixels of a strip, about."""

_Values = npt.NDArray[Any]


def is_large(image: StillImage) -> bool:
    """Whether an image has too many pixels for the stages, or too long a side."""
    return image.width_px * image.height_px > LARGE_PX or max(image.width_px, image.height_px) > LONGEST_PX


def factor_of(image: StillImage) -> int:
    """Return by how much both sides of a large image are reduced."""
    sides = max(image.width_px, image.height_px) / LONGEST_PX
    return math.ceil(max(math.sqrt(image.width_px * image.height_px / REDUCED_PX), sides))


def reduced(image: StillImage, done: Callable[[int], None] = lambda row: None) -> Part:
    """Return a large image with both sides divided by ``factor_of``, rounded up, with 8 bits.

    Args:
        image: the image.
        done: is called with the number of rows that were read.
    """
    factor = factor_of(image)
    pixels, alphas = [], []
    for top, bottom in strips_of(image, factor):
        part = image.rows(top, bottom)
        pixels.append(_shrunk(part.pixels, factor))
        if part.alpha is not None:
            alphas.append(_shrunk(part.alpha, factor))
        done(bottom)
    return Part(pixels=np.concatenate(pixels), alpha=np.concatenate(alphas) if alphas else None)


def strips_of(image: StillImage, factor: int) -> Iterator[tuple[int, int]]:
    """Yield first row and row after the last of each strip; their heights are multiples of ``factor``."""
    count = max(1, math.ceil(image.width_px * image.height_px / STRIP_PX))  # of equal heights: a low one guides nothing
    high = math.ceil(image.height_px / count / factor) * factor
    for top in range(0, image.height_px, high):
        yield top, min(top + high, image.height_px)


def _shrunk(values: _Values, factor: int) -> _Values:
    size = tuple(-(-side // factor) for side in values.shape[1::-1])
    whole = padded(values, (size[0] * factor, size[1] * factor))
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA))


def padded(values: _Values, size: tuple[int, int]) -> _Values:
    """Repeat the last row and column until the size ``(width, height)``."""
    height, width = values.shape[:2]
    if (width, height) == size:
        return np.ascontiguousarray(values)
    below, right = size[1] - height, size[0] - width
    return np.asarray(cv2.copyMakeBorder(values, 0, below, 0, right, cv2.BORDER_REPLICATE))
