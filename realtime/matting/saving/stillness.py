"""Finds the blocks of 16x16 px that changed between two frames, cheaply and despite sensor noise.

The means of blocks contain little noise. A block has changed if it differs by more than the noise of all blocks
explains. Compare with the frame of the last matte, not with the previous frame: then slow movement adds up.
"""

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Pixels

BLOCK_PX = 16
"""Side of a block."""

Blocks = npt.NDArray[np.uint8]
"""Means of blocks: ``(H / 16, W / 16, 3) uint8 BGR``."""

_EVERY_ROW = 4
_LEAST, _MOST = 3.0, 8.0
_CALM = 0.75
_TIMES_CALM = 10.0


def blocks(pixels: Pixels) -> Blocks:
    """Return the mean colour of each block, from every fourth row: 0.2 ms at 1280x720 instead of 0.8 from all rows.

    Args:
        pixels: ``(H, W, 3) uint8 BGR``.
    """
    height, width = (max(1, side // BLOCK_PX) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels[::_EVERY_ROW], (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def changed(before: Blocks, now: Blocks) -> npt.NDArray[np.bool_]:
    """Return which blocks differ by more than noise: ``(H / 16, W / 16) bool``.

    The frames themselves show the noise: it is the mean of the smallest three quarters of the differences, which is
    half their standard deviation if nothing moves. A difference above 8 of 255 always counts as a change.
    """
    difference = cv2.absdiff(before, now)
    counts = np.minimum(np.cumsum(np.bincount(difference.ravel(), minlength=256)), _CALM * difference.size)
    calm = float(np.diff(counts, prepend=0) @ np.arange(256)) / (_CALM * difference.size)
    return np.asarray(difference.max(axis=2) > min(max(_LEAST, _TIMES_CALM * calm), _MOST), np.bool_)
