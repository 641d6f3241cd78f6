"""Sharpens, moves or softens the edge of a matte: pure functions on arrays.

Lengths are in px of a frame 720 px high, so that a setting means the same at every size.
"""

import cv2
import numpy as np

from realtime.frame import Alpha

USUAL_HEIGHT_PX = 720


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


def grow(alpha: Alpha, length_px: float) -> Alpha:
    """Grow a matte, or shrink it if the length is below 0; return ``alpha`` itself for 0.

    Args:
        alpha: ``(H, W) float32 in [0, 1]``.
        length_px: in px of a frame 720 px high; rounded to whole px of this frame, at least 1.
    """
    if not length_px:
        return alpha
    radius = max(1, round(abs(length_px) * min(alpha.shape) / USUAL_HEIGHT_PX))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray((cv2.dilate if length_px > 0 else cv2.erode)(alpha, disc), np.float32)


def feather(alpha: Alpha, length_px: float) -> Alpha:
    """Soften the edge of a matte; return ``alpha`` itself for 0.

    Args:
        alpha: ``(H, W) float32 in [0, 1]``.
        length_px: standard deviation of the Gaussian, in px of a frame 720 px high.
    """
    sigma = length_px * min(alpha.shape) / USUAL_HEIGHT_PX
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma), np.float32) if sigma > 0 else alpha
