"""Makes a short clip of a still: the camera trembles, its sensor is noisy, its exposure wavers; nobody moves.

In: a picture ``(H, W, 3) uint8 BGR`` and its matte ``(H, W) float32 in [0, 1]``. Out: ``ClipFrame``s with the matching
mattes and the exact motion. Whatever else changes between two mattes of such a clip is the network's flicker. A pure
function of its arguments, the seed among them.
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
    """How strongly a still is shaken."""

    shift_px: float = 0.75
    """Farthest the picture moves from its place, each way, in px of a picture of 384x384; larger ones move more."""

    noise: float = 3.0
    """Standard deviation of the sensor noise, in levels of 255; every frame has its own."""

    exposure: float = 0.04
    """Standard deviation of the exposure, as a share; every frame has its own."""


NATURAL_PX = 384
"""The side of the square picture in whose pixels ``Tremor.shift_px`` is told."""


def shake(
    pixels: Pixels, alpha: Alpha, *, frames: int = 6, seed: int = 0, tremor: Tremor = Tremor()
) -> Iterator[ClipFrame]:
    """Give ``frames`` frames of the still; the picture's border is mirrored into what comes in from outside.

    Args:
        pixels: ``(H, W, 3) uint8 BGR``.
        alpha: its matte, ``(H, W) float32 in [0, 1]``.
        frames: how many.
        seed: another seed, another clip.
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
    """``array`` as float32, moved to the right and down; each new pixel is the exact bilinear mean of four old ones."""
    # Not cv2.warpAffine, which rounds the shift to 1/32 px: mattes and motion shall match exactly.
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
