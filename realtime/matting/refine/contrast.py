"""The contrast of a matte: pure functions on arrays.

Goes in and comes out: ``(H, W) float32 in [0, 1]``.
"""

import cv2
import numpy as np

from realtime.frame import Alpha


def stretch(alpha: Alpha, black_point: float, white_point: float) -> Alpha:
    """A matte whose values up to ``black_point`` become 0 and from ``white_point`` on 1, linear between.

    Args:
        alpha: ``(H, W) float32 in [0, 1]``.
        black_point: in [0, 1).
        white_point: in (``black_point``, 1].

    Returns:
        ``(H, W) float32 in [0, 1]``; ``alpha`` itself for 0 and 1.
    """
    if (black_point, white_point) == (0, 1):
        return alpha
    gain = 1 / (white_point - black_point)
    stretched = cv2.addWeighted(alpha, gain, alpha, 0, -black_point * gain)
    return np.asarray(np.clip(stretched, 0, 1, out=np.asarray(stretched)), np.float32)
