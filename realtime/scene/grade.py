"""``Grade``: adapts the person's lightness and tint to the background, and lifts a dark person.

It follows changes over about half a second, so that the person does not flash at a cut in a background video.
"""

import math

import numpy as np

from realtime.frame import Pixels
from realtime.media.edge_pixels import Floats

FOLLOWS = 0.08
"""Share of the distance to the newest measurement that the grade moves with each frame."""

LIGHTNESS, TINT = 0.5, 0.35
"""Exponents of the lightness and tint ratios at full strength: half of the way, a third of the way."""

BRIGHTEST, STRONGEST = 1.35, 1.18
"""Largest gain of lightness and of a single colour; their inverses are the smallest gains."""

LIT = 110.0
"""Mean level of a well-lit person: the low-light lift aims at it."""

LEAST_GAMMA = 0.45

_STRIDE_PX = 12
_LEAST_SHARE = 0.01
_WEIGHTS = np.array([0.114, 0.587, 0.299], np.float32)
"""Lightness of blue, green and red, BT.601."""


class Grade:
    """The grade of one stream.

    Args:
        match: how far the person follows the background's light, from 0 to 1.
        low_light: how far to lift a dark person, from 0 to 1.
    """

    def __init__(self, *, match: float, low_light: float) -> None:
        self._match = match
        self._low_light = low_light
        self._gains = np.ones(3)
        self._gamma = 1.0
        self._seen = False

    def table(self, pixels: Pixels, alpha8: Pixels, plate: Pixels | None) -> Pixels | None:
        """Return the new levels as a table for ``cv2.LUT``, ``(1, 256, 3) uint8``; None if nothing changes.

        Args:
            pixels: the frame's pixels, ``(H, W, 3) uint8 BGR``.
            alpha8: ``(H, W) uint8``.
            plate: the background to follow, ``(H, W, 3) uint8 BGR``; None to follow none.
        """
        thin = np.s_[_STRIDE_PX // 2 :: _STRIDE_PX, _STRIDE_PX // 2 :: _STRIDE_PX]
        weight = alpha8[thin] * np.float32(1 / 255)
        if weight.size and weight.mean() > _LEAST_SHARE:
            person = _mean(pixels[thin], weight)
            gains = self._towards(person, _mean(plate[thin], 1 - weight)) if plate is not None else np.ones(3)
            share = FOLLOWS if self._seen else 1.0
            self._gains = self._gains + share * (gains - self._gains)
            self._gamma += share * (self._lifted(float(person @ _WEIGHTS)) - self._gamma)
            self._seen = True
        if abs(self._gamma - 1) < 1e-3 and abs(self._gains - 1).max() < 1e-3:
            return None
        levels = 255 * (np.arange(256) / 255) ** self._gamma
        return np.rint(np.clip(levels[:, None] * self._gains, 0, 255)).astype(np.uint8)[None]

    def _towards(self, person: Floats, plate: Floats) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the gain of each colour that moves the person towards the plate."""
        light, there = (max(1.0, float(colour @ _WEIGHTS)) for colour in (person, plate))
        gain = np.clip((there / light) ** (LIGHTNESS * self._match), 1 / BRIGHTEST, BRIGHTEST)
        tint = np.clip((np.maximum(plate, 1) / there) ** (TINT * self._match), 1 / STRONGEST, STRONGEST)
        return np.asarray(gain * tint / (tint @ _WEIGHTS), np.float64)

    def _lifted(self, light: float) -> float:
        """Return the gamma that lifts a person of this mean level."""
        light = max(light, 2.0)
        if light >= LIT:
            return 1.0
        target = light + self._low_light * (LIT - light)
        return max(LEAST_GAMMA, math.log(target / 255) / math.log(light / 255))


def _mean(pixels: Pixels, weight: Floats) -> Floats:
    total = max(float(weight.sum()), 1e-3)
    return np.asarray(np.tensordot(weight, pixels.astype(np.float32), 2) / total, np.float32)
