"""Pictures for whoever has no camera: persons drawn by code, with the exact alpha, foreground and background known.

In: a size, a frame rate, a seed. Out: ``Truth`` of any frame, a pure function of seed and index.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from realtime.capture.studio.look import look
from realtime.capture.studio.motion import pose
from realtime.capture.studio.paint import Floats
from realtime.capture.studio.person import Person
from realtime.capture.studio.room import room
from realtime.frame import Alpha, Pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """A drawn frame and everything it was made of."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``: ``foreground * alpha + background * (1 - alpha)``, then sensor noise."""

    alpha: Alpha
    """``(H, W) float32 in [0, 1]``, exact by construction."""

    foreground: Pixels
    """``(H, W, 3) uint8 BGR``, straight colour; goes on smoothly where alpha is 0."""

    background: Pixels
    """``(H, W, 3) uint8 BGR``, the empty room."""


class Rendered:
    """Persons before a room, drawn by code alone.

    Args:
        width_px: width of the pictures.
        height_px: their height.
        fps: frames a second of the motion.
        seed: who and where; ``seed % 8`` is the kind of hair, the first eight are the kinds as designed.
        noise: standard deviation of the sensor noise in mid-tones, in levels of 255; 0 turns it off.
    """

    def __init__(
        self, width_px: int = 1280, height_px: int = 720, fps: float = 30.0, *, seed: int = 0, noise: float = 2.2
    ) -> None:
        self.width_px, self.height_px, self.fps, self.seed, self.noise = width_px, height_px, fps, seed, noise
        self._look = look(seed)
        self._person = Person(self._look, width_px=width_px, height_px=height_px)

    @cached_property
    def background(self) -> Pixels:
        """The empty room, ``(H, W, 3) uint8 BGR``."""
        return room(self.seed, self.width_px, self.height_px, self._look.light.side)

    def truth(self, index: int) -> Truth:
        """Frame ``index`` and what it was made of; the same for the same seed, size and index."""
        layer = self._person.draw(pose(self.seed, index / self.fps))
        alpha = np.ascontiguousarray(layer[..., 3])
        foreground = straight(layer)
        pixels = blend(foreground, self.background, alpha)
        return Truth(pixels=self._sensed(pixels, index), alpha=alpha, foreground=foreground, background=self.background)

    @cached_property
    def _grain(self) -> Floats:
        rng = np.random.default_rng((self.seed, 9))
        size = self.height_px + 64, self.width_px + 64
        fine = rng.standard_normal((*size, 3), np.float32)
        luma = cv2.GaussianBlur(rng.standard_normal(size, np.float32), (0, 0), 0.6) * 1.8
        return (0.45 * fine + luma[..., None]) * self.noise

    def _sensed(self, pixels: Pixels, index: int) -> Pixels:
        """``pixels`` as a small sensor sees them: another cut of the grain each time, stronger in the dark."""
        if not self.noise:
            return pixels
        x, y = np.random.default_rng((self.seed, 10, index)).integers(0, 64, 2)
        grain = self._grain[y : y + self.height_px, x : x + self.width_px]
        noise = cv2.multiply(grain, cv2.LUT(pixels, _LOUDNESS))
        return cv2.add(pixels, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


_LOUDNESS = (1.25 - 0.75 * np.linspace(0, 1, 256)).astype(np.float32)
"""How loud the noise is at each level."""

_LITTLE = 0.004
"""The alpha at which the person's own colour and that of the surroundings weigh the same."""


def straight(layer: Floats) -> Pixels:
    """Straight colour ``(H, W, 3) uint8`` of a premultiplied ``(H, W, 4)``; goes on smoothly where there is nothing."""
    height, width = layer.shape[:2]
    small = cv2.resize(layer, (max(1, width // 16), max(1, height // 16)), interpolation=cv2.INTER_AREA)
    small = small + 0.05 * cv2.GaussianBlur(small, (0, 0), 2) + 0.002 * small.mean((0, 1))
    around = cv2.resize(small[..., :3] / np.maximum(small[..., 3:], 1e-6), (width, height))
    share = cv2.divide(255.0, layer[..., 3] + _LITTLE)
    colour = cv2.scaleAdd(around, _LITTLE, layer[..., :3])
    return cv2.multiply(colour, cv2.merge([share, share, share]), dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def blend(foreground: Pixels, background: Pixels, alpha: Alpha) -> Pixels:
    """``foreground * alpha + background * (1 - alpha)``, rounded."""
    return cv2.blendLinear(foreground, background, alpha, 1 - alpha).astype(np.uint8, copy=False)
