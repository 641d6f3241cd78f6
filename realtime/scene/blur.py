"""The blurred room, with the person left out of it.

Goes in: a matte. Comes out: a background plate that holds no colour of the person, so that no halo stands round the
silhouette. Works on a reduced picture: a wide blur needs few pixels.
"""

import cv2
import numpy as np

from realtime.frame import Matte, Pixels

WIDEST = 0.06
"""Standard deviation of the blur at strength 1, as a part of the picture's shorter side."""

LEAST_SIGMA = 1.2
"""The picture is halved while the blur stays at least so wide in reduced px, too wide for the reduction to show."""

LEAST_HALVINGS = 2
TRACE = 1e-5
"""Weight of the room's mean colour: it is seen only where the blur reaches no pixel of the room."""

TOUCHED = np.ones((3, 3), np.uint8)
"""A reduced pixel beside the person is mixed with the person's colour, and left out as well."""

IN_ROOM = ((255 - np.arange(256, dtype=np.float32)) / 255) ** 16
"""Weight of a reduced pixel by its alpha: the power keeps out what a soft matte takes for half a person."""


class Blur:
    """A blur of the camera's own background.

    Args:
        strength: 0 (furniture can be told) to 1 (only light and colour are left).
    """

    transparent = False

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def plate(self, matte: Matte) -> Pixels:
        """The room without the person, blurred: ``blur(room * weight) / blur(weight)``."""
        pixels = matte.frame.pixels
        alpha = np.asarray(cv2.convertScaleAbs(matte.alpha, alpha=255), np.uint8)
        sigma = self._strength * WIDEST * min(alpha.shape)
        halvings = 0
        while min(pixels.shape[:2]) > 2 and (sigma / 2 >= LEAST_SIGMA or halvings < LEAST_HALVINGS):
            pixels, alpha, sigma = _halved(pixels), _halved(alpha), sigma / 2
            halvings += 1
        weight = cv2.LUT(cv2.dilate(alpha, TOUCHED), IN_ROOM)
        room = cv2.multiply(pixels, cv2.merge((weight, weight, weight)), dtype=cv2.CV_32F)
        mean = np.divide(cv2.mean(room)[:3], cv2.mean(weight)[0] + TRACE)
        sigma = max(sigma, LEAST_SIGMA)
        reached = cv2.GaussianBlur(weight, (0, 0), sigma) + np.float32(TRACE)
        spread = cv2.GaussianBlur(room, (0, 0), sigma) + np.float32(TRACE * mean)
        smooth = cv2.divide(spread, cv2.merge((reached, reached, reached)), dtype=cv2.CV_8U)
        size = (matte.frame.width_px, matte.frame.height_px)
        return np.asarray(cv2.resize(smooth, size, interpolation=cv2.INTER_LINEAR), np.uint8)

    def close(self) -> None:
        """Nothing to give back."""


def _halved(pixels: Pixels) -> Pixels:
    size = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
