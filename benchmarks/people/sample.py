"""``Rendered``: drawn persons with exact alpha, foreground and background, as a pure function of seed and index."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from benchmarks.people.appearance import look
from benchmarks.people.motion import pose
from benchmarks.people.paint import Floats
from benchmarks.people.person import Person
from benchmarks.people.room import room
from realtime.capture.sensor import STRENGTH, Sensor
from realtime.frame import Alpha, Pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """A drawn frame and its parts."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``: ``foreground * alpha + background * (1 - alpha)``, then sensor noise."""

    alpha: Alpha
    """``(H, W) float32 in [0, 1]``, exact by construction."""

    foreground: Pixels
    """``(H, W, 3) uint8 BGR``, straight colour; it extends smoothly to pixels of alpha 0."""

    background: Pixels
    """``(H, W, 3) uint8 BGR``, the empty room."""


class Rendered:
    """A person in front of a room, drawn by code.

    Args:
        width_px: width of the frames.
        height_px: height of the frames.
        fps: frame rate of the motion.
        seed: selects person and room; ``seed % 8`` is the kind of hair, the first eight are the designed kinds.
        noise: standard deviation of the sensor noise in mid-tones, in levels of 0 to 255; 0 turns it off.
    """

    def __init__(
        self, width_px: int = 1280, height_px: int = 720, fps: float = 30.0, *, seed: int = 0, noise: float = STRENGTH
    ) -> None:
        self.width_px, self.height_px, self.fps, self.seed = width_px, height_px, fps, seed
        self._sensor = Sensor(width_px, height_px, seed=seed, strength=noise) if noise else None
        self._look = look(seed)
        self._person = _person(seed, width_px, height_px)

    @cached_property
    def background(self) -> Pixels:
        """The empty room, ``(H, W, 3) uint8 BGR``."""
        return room(self.seed, self.width_px, self.height_px, self._look.light.side)

    def truth(self, index: int) -> Truth:
        """Draw frame ``index`` and its parts; the same for the same seed, size and index."""
        layer = self._person.draw(pose(self.seed, index / self.fps))
        alpha = np.ascontiguousarray(layer[..., 3])
        foreground = straight(layer)
        pixels = blend(foreground, self.background, alpha)
        if self._sensor is not None:
            pixels = self._sensor.see(pixels, index)
        return Truth(pixels=pixels, alpha=alpha, foreground=foreground, background=self.background)

    def pixels(self, index: int) -> Pixels:
        """Draw frame ``index`` as the camera sees it, ``(H, W, 3) uint8 BGR``."""
        return self.truth(index).pixels


@lru_cache(maxsize=2)
def _person(seed: int, width_px: int, height_px: int) -> Person:
    """Make a person; the last two are cached, because drawing the parts takes seconds."""
    return Person(look(seed), width_px=width_px, height_px=height_px)


_LITTLE = 0.004
"""Alpha at which the person's colour and that of its surroundings have equal weight."""


def straight(layer: Floats) -> Pixels:
    """Return straight colour ``(H, W, 3) uint8`` of a premultiplied ``(H, W, 4)``; it extends smoothly to alpha 0."""
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
