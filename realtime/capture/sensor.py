"""``Sensor``: the noise of a webcam's small sensor, the same for the same frame index."""

import cv2
import numpy as np

from realtime.frame import Pixels

STRENGTH = 2.2
"""Standard deviation in mid-tones, in levels of 0 to 255."""

_ROOM_PX = 64
_LOUDNESS = (1.25 - 0.75 * np.linspace(0, 1, 256)).astype(np.float32)
"""Relative strength of the noise at each level: a sensor is noisier in the dark."""


class Sensor:
    """A sensor: a sheet of noise, from which each frame takes another part.

    Args:
        width_px: width of the frames.
        height_px: height of the frames.
        seed: seed of the noise.
        strength: standard deviation in mid-tones, in levels of 0 to 255; 0 adds no noise.
    """

    def __init__(self, width_px: int, height_px: int, *, seed: int = 0, strength: float = STRENGTH) -> None:
        rng = np.random.default_rng((seed, 9))
        size = height_px + _ROOM_PX, width_px + _ROOM_PX
        colour = 0.45 * rng.standard_normal((*size, 3), np.float32)
        luma = 1.8 * cv2.GaussianBlur(rng.standard_normal(size, np.float32), (0, 0), 0.6)
        self._grain = ((colour + luma[..., None]) * np.float32(strength)).astype(np.float32)
        self._seed = seed

    def see(self, pixels: Pixels, index: int) -> Pixels:
        """Add the noise of frame ``index`` to ``pixels``, ``(H, W, 3) uint8 BGR``."""
        height, width = pixels.shape[:2]
        x, y = np.random.default_rng((self._seed, 10, index)).integers(0, _ROOM_PX, 2)
        noise = cv2.multiply(self._grain[y : y + height, x : x + width], cv2.LUT(pixels, _LOUDNESS))
        return np.asarray(cv2.add(pixels, noise, dtype=cv2.CV_8U), np.uint8)
