"""``Blur``: the blurred room as background.

The blur leaves the person's pixels out. Otherwise their colours would form a halo around the silhouette. It works on a
reduced frame, because a wide blur needs few pixels.
"""

import cv2
import numpy as np

from realtime.frame import Matte, Pixels
from realtime.media.edge_pixels import Floats
from realtime.scene.background import Background
from realtime.scene.window_means import four, mean, reduced, weighed

WIDEST = 0.06
"""Standard deviation of the blur at strength 1, as a share of the frame's shorter side."""

LEAST_SIGMA = 1.2
"""Smallest standard deviation, in reduced px, at which the reduction stays invisible. It limits the reduction."""

LEAST_REDUCTION = 4
TRACE = 1e-5
"""Weight of the room's mean colour. It is visible only if the blur reaches no pixel of the room."""

TOUCHED = np.ones((3, 3), np.uint8)
"""Reduced pixels next to the person hold some of the person's colour, so the blur leaves them out too."""

IN_ROOM = ((255 - np.arange(256, dtype=np.float32)) / 255) ** 16
"""Weight of a reduced pixel by its alpha. The high power suppresses half-covered pixels of a soft matte."""

GLOW = 3.0
"""Exponent from levels to light for ``lens``. It exceeds sRGB's, so that lamps and windows become bright discs."""

_TO_LIGHT = np.asarray(255 * (np.arange(256) / 255) ** GLOW, np.float32)


class Blur(Background):
    """A blur of the camera's own background.

    Args:
        strength: from 0 (furniture is recognisable) to 1 (only light and colour are left).
        lens: blur like an open lens: every point becomes a disc, and bright points stand out. Otherwise Gaussian.
    """

    of_room = True

    def __init__(self, strength: float, *, lens: bool = False) -> None:
        self._strength = strength
        self._lens = lens

    def plate(self, matte: Matte) -> Pixels:
        """Return the room without the person, blurred: ``blur(room * weight) / blur(weight)``."""
        share = self._strength * WIDEST
        side_px = min(matte.frame.pixels.shape[:2]) / LEAST_REDUCTION
        if share:
            side_px = min(side_px, LEAST_SIGMA / share)
        pixels, alpha = matte.frame.reduced(max(1.0, side_px)), reduced(matte.alpha8, max(1.0, side_px))
        sigma = max(LEAST_SIGMA, share * min(alpha.shape))
        weight = np.asarray(cv2.LUT(cv2.dilate(alpha, TOUCHED), IN_ROOM), np.float32)
        room = weighed(four(np.asarray(cv2.LUT(pixels, _TO_LIGHT), np.float32) if self._lens else pixels), weight)
        *colour, seen = cv2.mean(room)
        trace = TRACE * np.array([*np.multiply(colour, 255 / (seen + 255 * TRACE)), 255.0])
        smooth = mean(np.asarray(cv2.add(self._spread(room, sigma), trace), np.float32))[..., :3]
        if self._lens:
            smooth = 255 * np.power(smooth * np.float32(1 / 255), np.float32(1 / GLOW))
        size = (matte.frame.width_px, matte.frame.height_px)
        levels = np.asarray(cv2.convertScaleAbs(smooth), np.uint8)
        return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR), np.uint8)

    def _spread(self, room: Floats, sigma: float) -> Floats:
        if self._lens:
            return np.asarray(cv2.filter2D(room, -1, _disc(2 * sigma)), np.float32)  # a disc of deviation ``sigma``
        return np.asarray(cv2.GaussianBlur(room, (0, 0), sigma), np.float32)


def _disc(radius: float) -> Floats:
    """Return an antialiased disc as a kernel of sum 1. Its standard deviation is half the radius."""
    half = int(np.ceil(radius))
    fine = np.hypot(*np.mgrid[-half - 0.45 : half + 0.5 : 0.1, -half - 0.45 : half + 0.5 : 0.1]) <= radius
    cells = fine.reshape(2 * half + 1, 10, 2 * half + 1, 10).mean((1, 3), dtype=np.float32)
    return np.asarray(cells / cells.sum(), np.float32)
