"""Makes a short clip of a still image: the camera trembles, with sensor noise and varying exposure; nobody moves.

The frames have exact mattes and motion. Any other change between two mattes of such a clip is flicker of the network. A
pure function of its arguments, including the seed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from models.metrics import Alpha
from models.pairs import ClipFrame, Pixels


@dataclass(frozen=True, kw_only=True)
class Tremor:
    """The strength of the shaking."""

    shift_px: float = 0.75
    """Largest offset in each direction, in px of a 384x384 image; a larger image moves further."""

    noise: float = 3.0
    """Standard deviation of the sensor noise, in levels of 255, new in every frame."""

    exposure: float = 0.04
    """Standard deviation of the exposure, as a share, new in every frame."""


NATURAL_PX = 384
"""The side of the square image to which ``Tremor.shift_px`` refers."""


def shake(
    pixels: Pixels, alpha: Alpha, *, frames: int = 6, seed: int = 0, tremor: Tremor = Tremor()
) -> Iterator[ClipFrame]:
    """Yield ``frames`` frames of a still image, mirrored beyond its borders.

    Args:
        pixels: ``(H, W, 3) uint8 BGR``.
        alpha: its matte, ``(H, W) float32 in [0, 1]``.
        frames: how many.
        seed: each seed makes another clip.
        tremor: how strongly.
    """
    rng = np.random.default_rng(seed)
    reach_px = tremor.shift_px * math.sqrt(alpha.size) / NATURAL_PX
    for _ in range(frames):
        x, y = rng.uniform(-reach_px, reach_px, 2)
        gain = math.exp(rng.normal(0, tremor.exposure))
        noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(tremor.noise)
        seen = np.clip(np.rint(_moved(pixels, x, y) * np.float32(gain) + noise), 0, 255)
        yield ClipFrame(pixels=seen.astype(np.uint8), alpha=_moved(alpha, x, y), place_px=(float(x), float(y)))


def _moved(array: Pixels | Alpha, x_px: float, y_px: float) -> Alpha:
    """Move ``array`` right and down, as float32; each new pixel is the exact bilinear mean of four old ones."""
    # Not cv2.warpAffine, which rounds the shift to 1/32 px: mattes and motion must match exactly.
    left, top = math.floor(x_px), math.floor(y_px)
    across, down = x_px - left, y_px - top
    margin = 1 + max(abs(left), abs(top))
    wide = cv2.copyMakeBorder(array.astype(np.float32), *(margin,) * 4, cv2.BORDER_REFLECT_101)
    height, width = array.shape[:2]
    out = np.zeros(array.shape, np.float32)
    for dy, row_share in ((0, 1 - down), (1, down)):
        for dx, share in ((0, 1 - across), (1, across)):
            y, x = margin - top - dy, margin - left - dx
            out += np.float32(row_share * share) * wide[y : y + height, x : x + width]
    return out
