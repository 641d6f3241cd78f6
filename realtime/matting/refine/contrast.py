"""Stretches the contrast of a matte: a pure function on arrays."""

import cv2
import numpy as np

from realtime.frame import Alpha


def stretch(alpha: Alpha, black_point: float, white_point: float) -> Alpha:
    """Map ``black_point`` and below to 0, ``white_point`` and above to 1, linearly between them.

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
